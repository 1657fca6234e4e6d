"""Crossed characteristics in the public zone: for the kingdom alone, and only where no region can be told (F3).

Crosses of the kingdom are shown when each of them is 0 or at least the threshold, when the linear programs over the
regions leave every small cross of a region as wide as the threshold, and when the supports below, whose crosses are
hidden, cannot be told from those that are shown.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from processors.disclosure.audit import Equation, Unknowns, too_narrow
from schemas.arrays import Int32
from schemas.breakdowns import CATEGORY_NUMBER, CROSSES, SIMPLE
from schemas.rungs import BREAKDOWN_RUNG, TOTAL


class Line(NamedTuple):
    """A support in a place, for the audit: its counts by category number, and its rung."""

    counts: Int32
    rung: int


def fine(counts: Int32, threshold: int) -> bool:
    """Tell whether every cross of a place is 0 or at least the threshold."""
    numbers = [number for (breakdown, _), number in CATEGORY_NUMBER.items() if breakdown in CROSSES]
    crosses = counts[numbers]
    return not ((crosses > 0) & (crosses < threshold)).any()


def hold(hidden: Sequence[Line], threshold: int) -> bool:
    """Tell whether crosses of some lines stay hidden though the sums of these lines are known."""
    counted = [line for line in hidden if line.counts[CATEGORY_NUMBER["total", "total"]] > 0]
    return all(_holds(cross, counted, threshold) for cross in CROSSES)


def _holds(cross: str, lines: Sequence[Line], threshold: int) -> bool:
    left, right = CROSSES[cross]
    numbers = [[CATEGORY_NUMBER[cross, f"{first}|{second}"] for second in SIMPLE[right]] for first in SIMPLE[left]]
    table = np.array([line.counts[numbers] for line in lines], np.int64).reshape(len(lines), *np.shape(numbers))
    small = np.flatnonzero((table > 0) & (table < threshold))
    if not len(small):
        return True
    at = np.arange(table.size).reshape(table.shape)
    equations = [Equation(tuple(at[:, a, b].tolist()), int(table[:, a, b].sum())) for a, b in np.ndindex(at.shape[1:])]
    most = np.empty(table.shape, np.int64)
    for number, line in enumerate(lines):
        equations += _margins(line, (left, right), at[number], table[number])
        most[number] = _caps(line, (left, right), table[number])
    unknowns = Unknowns([0] * table.size, most.ravel().tolist(), equations)
    return not too_narrow(unknowns, small.tolist(), threshold)


def _shows(line: Line, breakdown: str) -> bool:
    return line.rung >= BREAKDOWN_RUNG[breakdown]


def _margins(line: Line, sides: tuple[str, str], at: Int32, table: Int32) -> Iterator[Equation]:
    """Yield what a line shows of the sums of its crosses, its overlap included."""
    for axis, side in enumerate(sides):
        if _shows(line, side):
            for cells, true in zip(np.moveaxis(at, axis, 0), np.moveaxis(table, axis, 0), strict=True):
                yield Equation(tuple(cells.tolist()), int(true.sum()))
    if line.rung >= TOTAL:
        yield Equation(tuple(at.ravel().tolist()), int(table.sum()))


def _caps(line: Line, sides: tuple[str, str], table: Int32) -> Int32:
    """Return the most that each cross can be: the smaller of what is shown above it."""
    total = line.counts[CATEGORY_NUMBER["total", "total"]] if line.rung >= TOTAL else table.sum()
    caps = np.full(table.shape, total, np.int64)
    for axis, side in enumerate(sides):
        if _shows(line, side):
            margin = line.counts[[CATEGORY_NUMBER[side, code] for code in SIMPLE[side]]]
            caps = np.minimum(caps, margin[:, None] if axis == 0 else margin[None, :])
    return np.maximum(caps, table)
