"""Figures made by hand, one in every state, and how they get into a store."""

from collections.abc import Iterable

import numpy as np

from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey, Cells
from schemas.periods import Period, ordinal
from schemas.places import PLACE_NUMBER
from schemas.releases import BlockRef, Entry, State, Update, Vintage
from schemas.supports import NODE
from sinks.directory.store import DirectoryStore
from sinks.protocol import BlockZone

Row = tuple[str, str, str, str, int]
"""geo_level, geo, breakdown, category, beneficiaries; amounts are 100 times, days 10 times the persons."""

BELGIUM = ("kingdom", "01000")
GHENT = ("municipality", "44021")
ANTWERP = ("municipality", "11002")

OLD = Update(1, "u1", ordinal(2024, 5))
NEW = Update(2, "u2", ordinal(2024, 6))


def cells(rows: Iterable[Row]) -> Cells:
    """Return the cells of some rows, in the order of a block."""
    numbers = sorted((PLACE_NUMBER[row[0], row[1]], CATEGORY_NUMBER[row[2], row[3]], row[4]) for row in rows)
    place, category, persons = np.array(numbers, np.int64).reshape(-1, 3).T
    return Cells(
        place.astype(np.uint16),
        category.astype(np.uint16),
        persons.astype(np.int32),
        persons * 100,
        persons * 50,
        persons * 10,
    )


def town(persons: int) -> Cells:
    """Return a block of Ghent and Antwerp, of which Ghent has one person of each sex more than ``persons``."""
    return cells(
        [
            (*BELGIUM, "total", "total", 2 * persons + 2),
            (*BELGIUM, "sex", "1", persons + 1),
            (*BELGIUM, "sex", "2", persons + 1),
            (*GHENT, "total", "total", persons + 2),
            (*GHENT, "sex", "1", persons + 1),
            (*GHENT, "sex", "2", 1),
            (*GHENT, "nationality", "FR", persons),
            (*ANTWERP, "total", "total", persons),
            (*ANTWERP, "sex", "2", persons),
            (*ANTWERP, "sex_age5", "2|25-44", persons),
        ],
    )


Figure = tuple[str, str, State, Cells | None, Cells]
"""support, period, state, the block published at the old update or None, the block of the new update."""

FIGURES: tuple[Figure, ...] = (
    ("LL", "2005-03", State.FROZEN, town(30), town(31)),
    ("LL", "2006-01", State.FROZEN, None, town(32)),
    ("LL", "2024-01", State.PUBLISHED, town(10), town(10)),
    ("LL", "2024-02", State.REVISING, town(20), town(29)),
    ("LL", "2024-03", State.PUBLISHED, town(33), town(33)),
    ("LL", "2024-04", State.SETTLING, None, town(40)),
    ("LL", "2024-05", State.PENDING, None, town(50)),
    ("LL", "2024-Q1", State.PUBLISHED, town(35), town(35)),
    ("LL", "2024-Q2", State.PENDING, None, town(60)),
    ("LL", "R12-2024-01", State.PUBLISHED, town(70), town(70)),
    ("FH", "2024-01", State.PUBLISHED, cells([(*BELGIUM, "status", "A", 5), (*BELGIUM, "total", "total", 5)]), town(0)),
    ("FH", "2024-02", State.PUBLISHED, Cells.empty(), Cells.empty()),
    ("IK_RMH", "2024-01", State.PUBLISHED, town(7), town(7)),
    ("IK_RMH", "2024-05", State.PENDING, None, town(8)),
)


def entry(store: DirectoryStore, figure: Figure) -> tuple[BlockKey, Entry]:
    """Write the blocks of a figure and return its entry."""
    support, code, state, published, latest = figure
    period = Period.parse(code)

    def written(update: Update, zone: BlockZone, block: Cells) -> BlockRef | None:
        return store.write_blocks(update, zone, support, [(period, block)])[period]

    vintage = Vintage(len(latest), 0, state)
    if published is None:
        return BlockKey(support, period), Entry(vintage, written(NEW, "internal", latest))
    return BlockKey(support, period), Entry(
        Vintage(len(latest), 0, state, len(published), OLD.update_id),
        written(NEW, "internal", latest),
        written(OLD, "internal", published),
        written(OLD, "public", published.public()) if NODE[support].public else None,
    )
