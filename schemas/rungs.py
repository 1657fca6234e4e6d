"""Rungs: what the public zone shows of a place under a threshold (F3) or of students (F4), and how a store holds them.

A rung belongs to a (support, period, place). A cell that is not there is 0 only at or under the rung of its place; what
stands above it is hidden, small or not: one mark for all.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from schemas.arrays import Int8
from schemas.breakdowns import (
    BREAKDOWNS,
    CATEGORY_NUMBER,
    RESTRICTED_BREAKDOWNS,
    ROLLING_YEAR_BREAKDOWNS,
)
from schemas.figures import CATEGORY_BREAKDOWN, BlockKey, Cells
from schemas.places import KINGDOM, MUNICIPALITIES, PLACE_NUMBER, PLACES, valid_code
from schemas.supports import NODE

HIDDEN, TOTAL, WIDE, FULL, CROSSED = 0, 1, 2, 3, 4
"""Rungs: nothing, the total, wide classes too, all characteristics, and for the kingdom the crosses."""

BREAKDOWN_RUNG: dict[str, int] = {
    "total": TOTAL,
    "sex": WIDE,
    "age5": WIDE,
    "household": WIDE,
    "nationality_group": WIDE,
    "age13": FULL,
    "status": FULL,
}
"""The lowest rung at which a breakdown is shown; one that is not here is a cross."""

CATEGORY_RUNG: Int8 = np.array(
    [BREAKDOWN_RUNG.get(BREAKDOWNS[number], CROSSED) for number in CATEGORY_BREAKDOWN], np.int8
)
"""The lowest rung at which each category is shown."""

KINGDOM_AT = PLACE_NUMBER["kingdom", KINGDOM]
_WIDE = len(PLACES)


def rung_cells(rungs: Int8) -> Cells:
    """Return the places of one support that do not show everything, as a block: ``beneficiaries`` holds the rung.

    The kingdom always stands in it, so that a block of rungs says that a threshold holds.
    """
    limited = rungs < FULL
    limited[KINGDOM_AT] = True
    places = np.flatnonzero(limited)
    nothing = np.zeros(len(places), np.int64)
    return Cells(
        places.astype(np.uint16),
        np.full(len(places), CATEGORY_NUMBER["total", "total"], np.uint16),
        rungs[places].astype(np.int32),
        nothing,
        nothing,
        nothing,
    )


def hidden_cells(places: Sequence[int]) -> Cells:
    """Return places (numbers, ascending) that show nothing as a block of rungs, where no threshold holds (F4)."""
    nothing = np.zeros(len(places), np.int64)
    total = np.full(len(places), CATEGORY_NUMBER["total", "total"], np.uint16)
    rungs = np.full(len(places), HIDDEN, np.int32)
    return Cells(np.array(places, np.uint16), total, rungs, nothing, nothing, nothing)


def rungs_of(cells: Cells | None) -> Int8:
    """Return the rungs of all places of a support from its block of rungs; without one all is shown.

    A block in which the kingdom does not stand is of no threshold: places that it does not name show crosses too.
    """
    by_threshold = cells is None or not len(cells) or KINGDOM_AT in cells.place
    rungs = np.full(_WIDE, FULL if by_threshold else CROSSED, np.int8)
    rungs[KINGDOM_AT] = CROSSED
    if cells is not None:
        rungs[cells.place] = cells.beneficiaries
    return rungs


def hidden_municipalities(rungs: Int8, month: int) -> Iterator[str]:
    """Yield the NIS codes that count, by the codes of a month (ordinal), in a municipality that shows nothing."""
    for nis in MUNICIPALITIES:
        if rungs[PLACE_NUMBER["municipality", valid_code(nis, month)]] == HIDDEN:
            yield nis


def hidden_breakdowns(cells: Cells, rungs: Int8, key: BlockKey) -> Iterator[tuple[int, str]]:
    """Yield each (place, breakdown) that is hidden, places ascending; ``cells`` are those that are shown.

    Crosses are hidden in every place but the kingdom where anybody is counted.
    """
    breakdowns = [one for one in BREAKDOWNS if one not in RESTRICTED_BREAKDOWNS]
    if not NODE[key.support].status:
        breakdowns.remove("status")
    if key.period.kind == "rolling_year":
        breakdowns = [one for one in breakdowns if one in ROLLING_YEAR_BREAKDOWNS]
    counted = np.zeros(_WIDE, np.bool_)
    counted[cells.place] = True
    for place in np.flatnonzero(counted | (rungs < FULL)).tolist():
        for breakdown in breakdowns:
            if BREAKDOWN_RUNG.get(breakdown, CROSSED) > rungs[place]:
                yield place, breakdown
