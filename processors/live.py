"""Live figures: what the rows amount to now, for each OCMW and month that is not stable yet.

Between two updates nobody may publish, but an OCMW wants to see its own claims arrive. So what rows reached is noted
by (municipality, month), and of those alone what changed is counted, by the kernel that counts updates
(``processors.standing``). Only cells of municipalities are wanted, and such a cell asks for the rows of its
municipality alone: a person of two municipalities is simply two persons here, each complete. What is shown replaces
what the last release says of that municipality and month; after the next release nothing is left to show.

Nothing here reaches the gate. Which months are open is what the last release says: pending or settling ones, and those
that no release knows yet.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from processors.axes import axis
from processors.compiled import kernel
from processors.counting import count
from processors.ledger import (
    KEY,
    LEAF_MASK,
    MONTH_MASK,
    MONTH_SHIFT,
    MUNICIPALITY_MASK,
    MUNICIPALITY_SHIFT,
    PERSON_SHIFT,
    Ledger,
    Tables,
)
from processors.people import People
from processors.rules import LEAF_COUNT, shown_municipality
from processors.slots import EMPTY
from processors.stability import FROZEN_THROUGH, FROZEN_WHEN
from schemas.arrays import Int16, Int32, Int64, Mask
from schemas.breakdowns import CATEGORIES
from schemas.figures import Cells
from schemas.periods import MONTH_COUNT, Period
from schemas.places import MUNICIPALITIES, PLACE_NUMBER, PLACES
from schemas.releases import UNSTABLE, Release
from schemas.rows import Rows
from schemas.settings import FigureSettings
from schemas.supports import NODES


class Counted(NamedTuple):
    """Cells of municipalities by ``key``, which rises; ``values`` has the columns of ``MEASURES``.

    A key holds municipality, month, node and category, in this order (``CELLS_OF_LINE`` to a municipality and month).
    """

    key: Int64
    values: Int64


MEASURES = ("beneficiaries", "amount_cents", "state_share_cents", "days")
CELLS_OF_LINE = len(NODES) * len(CATEGORIES)

Each = Callable[[Callable[[int], Counted], list[int]], Iterable[Counted]]


class Reached:
    """Which (shown municipality, month) the rows of each partition reached, since they were last taken."""

    def __init__(self, partitions: int, settings: FigureSettings) -> None:
        """Start with nothing reached."""
        self._shown = shown_municipality(settings)
        self._reached = np.zeros((partitions, len(MUNICIPALITIES), MONTH_COUNT), np.bool_)

    def note(self, partition: int, rows: Rows) -> None:
        """Note what some rows of a partition are about."""
        place = rows.place.astype(np.int64)
        municipality = self._shown[place >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK]
        self._reached[partition, municipality, place >> MONTH_SHIFT & MONTH_MASK] = True

    def note_months(self, partition: int, months: Mask) -> None:
        """Note months in all municipalities: for rows of which no more is known."""
        self._reached[partition][:, months] = True

    def forget(self, partitions: Iterable[int]) -> None:
        """Forget what these partitions reached: it is in a release."""
        self._reached[list(partitions)] = False

    def take(self) -> Mask:
        """Return what was reached, by (shown municipality, month), and forget it."""
        found = self._reached.any(axis=0)
        self._reached[:] = False
        return np.asarray(found)


def open_months(release: Release | None) -> Mask:
    """Return which (node of ``NODES``, month) is not stable after a release (None: before the first)."""
    found = np.ones((len(NODES), MONTH_COUNT), np.bool_)
    if release is None:
        return found
    if release.update.reference_month >= FROZEN_WHEN:
        found[:, : FROZEN_THROUGH + 1] = False
    number = {node.code: at for at, node in enumerate(NODES)}
    for key, entry in release.entries.items():
        if key.period.kind == "month":
            found[number[key.support], key.period.first] = entry.vintage.state in UNSTABLE
    return found


def rows_at(ledger: Ledger, wanted: Mask, settings: FigureSettings) -> Int64:
    """Return the rows of the wanted (shown municipality, month), as ``counted`` takes them; a copy.

    The ledger may change once this has returned.
    """
    shown = shown_municipality(settings)
    return by_municipality(ledger.tables.rows[_found(ledger.tables, wanted, shown)], ledger.persons, shown)


def by_municipality(rows: Int64, persons: int, shown: Int16) -> Int64:
    """Return rows by shown municipality, then person (below ``persons``); those of a person as they stand."""
    by_person = _order(rows[:, KEY] >> PERSON_SHIFT, persons)
    municipality = shown[rows[by_person, KEY] >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK].astype(np.int64)
    return np.asarray(rows[by_person[_order(municipality, len(shown))]])


@kernel
def _found(tables: Tables, wanted: Mask, shown: Int16) -> Int32:
    """Follow the chains of the months that are wanted somewhere."""
    size = 0
    for month in range(wanted.shape[1]):
        if wanted[:, month].any():
            size += tables.held[month]
    found = np.empty(size, np.int32)
    size = 0
    for month in range(wanted.shape[1]):
        if not wanted[:, month].any():
            continue
        row = tables.newest[month]
        while row != EMPTY:
            if wanted[shown[tables.rows[row, KEY] >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK], month]:
                found[size] = row
                size += 1
            row = tables.before[row]
    return found[:size]


@kernel
def _order(keys: Int64, size: int) -> Int64:
    """Return the order that sorts keys below ``size``; equal ones stay as they stand."""
    starts = np.zeros(size + 1, np.int64)
    for key in keys:
        starts[key + 1] += 1
    for key in range(size):
        starts[key + 1] += starts[key]
    order = np.empty(len(keys), np.int64)
    for at in range(len(keys)):
        order[starts[keys[at]]] = at
        starts[keys[at]] += 1
    return order


def counted(rows: Int64, open_: Mask, settings: FigureSettings, each: Each = map) -> Counted:
    """Return what rows, in the order of ``by_municipality``, amount to where a month is open in a node.

    ``open_`` is by (node, month). ``each`` maps a function over nodes, which do not depend on each other: ``map``, or
    that of a pool of threads.
    """
    present = np.bincount(rows[:, KEY] & LEAF_MASK, minlength=LEAF_COUNT) > 0
    nodes = [number for number, node in enumerate(NODES) if present[list(node.leaves)].any()]
    return by_key(list(each(partial(_of_node, rows=rows, open_=open_, settings=settings), nodes)))


def by_key(pieces: Sequence[Counted]) -> Counted:
    """Return pieces that have no key in common as one."""
    key = np.concatenate([NOTHING.key, *(piece.key for piece in pieces)])
    order = np.argsort(key, kind="stable")
    return Counted(key[order], np.concatenate([NOTHING.values, *(piece.values for piece in pieces)])[order])


NOTHING = Counted(np.zeros(0, np.int64), np.zeros((0, len(MEASURES)), np.int64))
_MUNICIPALITY_OF_PLACE = np.full(len(PLACES), -1, np.int64)
_MUNICIPALITY_OF_PLACE[[PLACE_NUMBER["municipality", nis] for nis in MUNICIPALITIES]] = np.arange(len(MUNICIPALITIES))


def _of_node(number: int, rows: Int64, open_: Mask, settings: FigureSettings) -> Counted:
    """Return the cells of municipalities of one node, month by month."""
    month = rows[:, KEY] >> MONTH_SHIFT & MONTH_MASK
    held = open_[number] & (np.bincount(month, minlength=MONTH_COUNT) > 0)
    if not held.any():
        return NOTHING
    months = np.flatnonzero(held).tolist()
    periods = axis("month", tuple(Period("month", one) for one in months))
    (_, blocks), *_ = count(People(rows[held[month]], held), (periods,), NODES[number], settings)
    return by_key([municipal(number, one, cells) for one, cells in zip(months, blocks, strict=True)])


def municipal(number: int, month: int, cells: Cells) -> Counted:
    """Return the cells of municipalities of a block, as a copy: the arrays of a count are used again."""
    municipality = _MUNICIPALITY_OF_PLACE[cells.place]
    mine = cells.take(municipality >= 0)
    line = municipality[municipality >= 0] * MONTH_COUNT + month
    key = (line * len(NODES) + number) * len(CATEGORIES) + mine.category
    return Counted(key, np.stack([getattr(mine, name).astype(np.int64) for name in MEASURES], axis=1))
