"""The rungs of one period: which tables of which unit may be shown, until nothing more has to be hidden (F3).

The attacker knows every printed figure, the threshold t, which figures are hidden, and by how much the parts of each
unique count exceed it. A hidden total is one person at least, for zeros are shown. He asks for the least and the most
that a hidden small count can be. Closed form, over the hidden children H of one shown parent:

*Totals.* Hidden totals add up to a known N0 and each is at least its ``least``: one person, what shorter periods show
of it, or what lies below it needs. So each can be anything from least to least + slack, slack = N0 - sum of leasts.

*Categories.* Children's rows and the parent's categories are the margins of a table. A cell is at most the smaller of
its margins and at least what both margins together exceed the whole: min(R, T) - max(0, R + T - N) wide.

Where a small count is less than t wide, the smallest child that is still shown falls below the rung too; where no
child is left, the parent falls, and so on upward. What falls takes along all that lies below it: else the sum of the
shown parts would be the hidden whole. Rungs only fall, so this ends.

Worked example, t = 5: an area of 40 has municipalities of 3, 17, 20. The 3 is hidden; it would be 40 - 37. The 17 falls
too: N0 = 20, both at least 1, slack 18 >= 5.
"""

from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, kernel
from processors.disclosure.shape import Lists, Shape
from schemas.arrays import Bytes, Int8, Int32, Int64, Mask
from schemas.rungs import FULL, HIDDEN, TOTAL, WIDE

SMALL, SMALL_BEFORE = 1, 2
"""Bits of a flag: the count is small in this period; it is small, and hidden, in a month of it."""
_MUCH = np.iinfo(np.int64).max


class Sheet(NamedTuple):
    """The counts of one period, a line for each unit and a column for each column of the shape.

    ``least`` is what shorter periods show of each count (0 for months), ``flags`` which counts are small, ``printed``
    which units have figures in the zone at all: one without is hidden, and hides nothing that lies below it.
    """

    counts: Int32
    least: Int32
    flags: Bytes
    printed: Mask


def own_rungs(counts: Int32, rung_of_column: Int8, threshold: int) -> Int8:
    """Return the rung of each unit by its own counts alone: all that is shown is 0 or at least the threshold."""
    small = (counts > 0) & (counts < threshold)
    rungs = np.full(len(counts), FULL, np.int8)
    for rung in (FULL, WIDE, TOTAL):
        rungs[small[:, rung_of_column == rung].any(axis=1)] = rung - 1
    return rungs


@kernel
def settle(sheet: Sheet, rungs: Int8, shape: Shape, threshold: Whole) -> None:
    """Lower rungs, in place, until every small count is as wide as the threshold; see the head of this file."""
    low = np.zeros(len(rungs), np.int64)
    hides = np.zeros(len(rungs), np.uint8)
    for unit in range(len(rungs) - 1, -1, -1):
        for at in range(shape.within.first[unit], shape.within.first[unit + 1]):
            hides[unit] |= sheet.flags[shape.within.items[at], 0]
    for unit in range(len(rungs)):
        _close(sheet, rungs, shape, unit)
    for unit in range(len(rungs)):
        if rungs[unit] == HIDDEN:
            _lower(sheet, rungs, shape, low, unit)
    falling = True
    while falling:
        falling = False
        for family in range(len(shape.parent)):
            if not sheet.printed[shape.parent[family]]:
                continue
            while rungs[shape.parent[family]] > HIDDEN and not _totals_hold(
                sheet, rungs, shape, low, hides, family, threshold
            ):
                _fall(sheet, rungs, shape, low, family, TOTAL)
                falling = True
            for rung in range(WIDE, FULL + 1):
                while _categories_fall(sheet, rungs, shape, low, family, rung, threshold):
                    falling = True


@kernel
def _close(sheet: Sheet, rungs: Int8, shape: Shape, unit: Whole) -> None:
    """Let all that lies below a unit stand no higher than it; a zero is shown as long as it is not hidden itself."""
    if not sheet.printed[unit]:
        return
    for at in range(shape.within.first[unit], shape.within.first[unit + 1]):
        below = shape.within.items[at]
        if sheet.counts[below, 0] > 0 and rungs[below] > rungs[unit]:
            rungs[below] = rungs[unit]


@kernel
def _lower(sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, unit: Whole) -> None:
    """Find the least that the totals of a hidden unit and of those below it can be, narrower ones first."""
    for at in range(shape.within.first[unit + 1] - 1, shape.within.first[unit] - 1, -1):
        below = shape.within.items[at]
        total = sheet.counts[below, 0]
        if total == 0:
            continue
        least = max(1, sheet.least[below, 0])
        least = max(least, _needed(sheet, rungs, shape.by_place, low, below))
        least = max(least, _needed(sheet, rungs, shape.by_node, low, below))
        low[below] = min(least, total)


@kernel
def _needed(sheet: Sheet, rungs: Int8, lists: Lists, low: Int64, unit: Whole) -> int:
    """Return what the children of a unit need it to be: the largest of them, or their sum without the overlap."""
    needed, true, largest = 0, 0, 0
    for at in range(lists.first[unit], lists.first[unit + 1]):
        child = lists.items[at]
        if sheet.counts[child, 0] > 0:
            least = low[child] if rungs[child] == HIDDEN else sheet.counts[child, 0]
            needed += least
            true += sheet.counts[child, 0]
            largest = max(largest, least)
    return max(needed - (true - sheet.counts[unit, 0]), largest) if true else 0


@kernel
def _fall(sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, family: Whole, rung: Whole) -> None:
    """Let the smallest child that is shown at a rung fall below it; the parent where there is none."""
    fallen = shape.parent[family]
    smallest = _MUCH
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        child = shape.children.items[at]
        if rungs[child] >= rung and 0 < sheet.counts[child, 0] < smallest:
            fallen, smallest = child, sheet.counts[child, 0]
    _put(sheet, rungs, shape, low, fallen, rung - 1)


@kernel
def _put(sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, unit: Whole, rung: Whole) -> None:
    """Put a unit, and all below it, on a lower rung."""
    rungs[unit] = rung
    _close(sheet, rungs, shape, unit)
    if rung == HIDDEN:
        _lower(sheet, rungs, shape, low, unit)


@kernel
def _totals_hold(
    sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, hides: Bytes, family: Whole, threshold: Whole
) -> bool:
    hidden, whole = 0, 0
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        child = shape.children.items[at]
        if rungs[child] == HIDDEN and sheet.counts[child, 0] > 0:
            hidden += 1
            whole += sheet.counts[child, 0]
    if hidden == 0:
        return True
    if whole - hidden < threshold:
        return False
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        child = shape.children.items[at]
        if rungs[child] == HIDDEN and sheet.counts[child, 0] > 0:
            up, down = _moves(
                sheet, rungs, shape, low, family, child, whole - (hidden - 1) * _above(sheet, shape, family)
            )
            if _narrow(hides[child], up + down, sheet.counts[child, 0] + up, threshold):
                return False
    return True


@kernel
def _above(sheet: Sheet, shape: Shape, family: Whole) -> int:
    return int(sheet.counts[shape.parent[family], 0])


@kernel
def _moves(
    sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, family: Whole, unit: Whole, floor: Whole
) -> tuple[int, int]:
    """Return by how much a hidden total can surely grow and shrink; ``floor``: what the others leave it."""
    above = _above(sheet, shape, family)
    up, takes = 0, 0
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        sibling = shape.children.items[at]
        total = sheet.counts[sibling, 0]
        if sibling != unit and rungs[sibling] == HIDDEN and total > 0:
            spare = total - min(max(low[sibling], floor), total)
            up += min(spare, _corner(sheet, rungs, shape, low, family, unit, sibling, 0, 0))
            takes += min(max(above - total, 0), _corner(sheet, rungs, shape, low, family, sibling, unit, 0, 0))
    total = sheet.counts[unit, 0]
    down = min(total - min(max(low[unit], floor), total), takes)
    up = min(up, _line(sheet, rungs, shape, low, family, unit, 0))
    return min(up, max(above - total, 0)), down


@kernel
def _corner(
    sheet: Sheet,
    rungs: Int8,
    shape: Shape,
    low: Int64,
    family: Whole,
    unit: Whole,
    sibling: Whole,
    column: Whole,
    other: Whole,
) -> int:
    """Return how many persons two units of a family may exchange without a shown line of the other direction telling.

    What two municipalities exchange of one support, they must exchange back of another where their sums are shown.
    """
    rung = shape.rung[column]
    step = sibling - unit
    across = shape.across[family_kind(shape, family)]
    while across[unit] >= 0:
        crossing = across[unit]
        above = shape.parent[crossing]
        if rungs[above] >= rung or rungs[above + step] >= rung:
            free = 0
            for at in range(shape.children.first[crossing], shape.children.first[crossing + 1]):
                near = shape.children.items[at]
                far = near + step
                if near == unit or rungs[near] >= rung or rungs[far] >= rung:
                    continue
                if column == 0:
                    free += max(0, sheet.counts[near, 0] - low[near])
                else:
                    free += max(0, min(sheet.counts[near, column], sheet.counts[far, other]))
            return free
        unit = above
    return int(_MUCH // 4)


@kernel
def _line(sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, family: Whole, unit: Whole, column: Whole) -> int:
    """Return how many persons hidden units beside one can give it along the other direction, all together."""
    rung = shape.rung[column]
    across = shape.across[family_kind(shape, family)]
    while across[unit] >= 0:
        crossing = across[unit]
        if rungs[shape.parent[crossing]] >= rung:
            free = 0
            for at in range(shape.children.first[crossing], shape.children.first[crossing + 1]):
                near = shape.children.items[at]
                if near != unit and rungs[near] < rung:
                    free += sheet.counts[near, column] - (low[near] if column == 0 else 0)
            return free
        unit = shape.parent[crossing]
    return int(_MUCH // 4)


@kernel
def family_kind(shape: Shape, family: Whole) -> int:
    """Return 1 for a family of places and 0 for one of supports: the direction that lies across."""
    return 1 if family < shape.node_families else 0


@kernel
def _narrow(flag: Whole, width: Whole, most: Whole, threshold: Whole) -> bool:
    """Tell whether a small count can be told too well: a month's is at most what its year can be."""
    if flag & SMALL and width < threshold:
        return True
    return bool(flag & SMALL_BEFORE) and width < threshold and most < 2 * threshold - 1


@kernel
def _categories_fall(
    sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, family: Whole, rung: Whole, threshold: Whole
) -> bool:
    """Find a small category that cannot be wide, let something fall for it, and tell whether there was one.

    Under a parent that is hidden at the rung too, the count may grow and shrink with the parent's, if that one can.
    """
    parent = shape.parent[family]
    parent_shown = rungs[parent] >= rung
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        unit = shape.children.items[at]
        if rungs[unit] >= rung or sheet.counts[unit, 0] == 0:
            continue
        for column in range(1, sheet.counts.shape[1]):
            flag = sheet.flags[unit, column]
            if flag == 0 or shape.rung[column] != rung:
                continue
            enough = threshold if flag & SMALL else 2 * threshold
            up = _up(sheet, rungs, shape, low, family, unit, column, enough)
            down = 0
            if up < enough:
                down = _down(sheet, rungs, shape, low, family, unit, column, threshold)
            if not _narrow(flag, up + down, sheet.counts[unit, column] + up, threshold):
                continue
            if parent_shown:
                _fall(sheet, rungs, shape, low, family, rung)
                return True
            if _with_parent(sheet, rungs, shape, family, unit, column) >= threshold:
                sheet.flags[parent, column] |= flag
            elif rungs[unit] > HIDDEN:
                _put(sheet, rungs, shape, low, unit, rungs[unit] - 1)
                return True
            elif rungs[parent] > HIDDEN:
                _put(sheet, rungs, shape, low, parent, rungs[parent] - 1)
                return True
    return False


@kernel
def _with_parent(sheet: Sheet, rungs: Int8, shape: Shape, family: Whole, unit: Whole, column: Whole) -> int:
    """Return how far a count can move together with its parent's, the siblings staying what they are."""
    counts, least = sheet.counts, sheet.least
    parent = shape.parent[family]
    peak = np.zeros(counts.shape[1], np.int64)
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        sibling = shape.children.items[at]
        if sibling != unit:
            for other in range(counts.shape[1]):
                peak[other] = max(peak[other], counts[sibling, other])
    first, stop = shape.group[column, 0], shape.group[column, 1]
    over: Whole = 0
    if shape.wide[column] >= 0 and (rungs[unit] >= WIDE or rungs[parent] >= WIDE):
        first, stop, over = shape.narrow[column, 0], shape.narrow[column, 1], shape.wide[column]
    up: Whole = 0
    down: Whole = 0
    for other in range(first, stop):
        if other != column:
            up += max(0, min(counts[unit, other] - least[unit, other], counts[parent, other] - peak[other]))
            down += max(0, min(counts[unit, over] - counts[unit, other], counts[parent, over] - counts[parent, other]))
    up = min(up, min(counts[unit, over] - counts[unit, column], counts[parent, over] - counts[parent, column]))
    lose = min(counts[unit, column] - least[unit, column], counts[parent, column] - peak[column])
    reach: int = up + max(0, min(down, lose))
    return reach


@kernel
def _up(
    sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, family: Whole, unit: Whole, column: Whole, enough: Whole
) -> int:
    """Return by how much a hidden count can surely grow, up to ``enough``: a sibling gives, and takes another kind."""
    counts, least = sheet.counts, sheet.least
    parent = shape.parent[family]
    most: Whole = max(counts[parent, column], counts[unit, column])
    room: Whole = min(_cap(sheet, rungs, shape, unit, column), most) - counts[unit, column]
    room = min(room, enough)
    left = counts[unit] - least[unit]
    up = 0
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        sibling = shape.children.items[at]
        if up >= enough:
            break
        has, taken = counts[sibling, column] - least[sibling, column], 0
        if sibling == unit or rungs[sibling] >= shape.rung[column] or has <= 0:
            continue
        first, stop = _row(rungs, shape, unit, sibling, column)
        for other in range(first, stop):
            if other != column:
                cap = min(_cap(sheet, rungs, shape, sibling, other), max(counts[parent, other], counts[sibling, other]))
                step = max(0, min(min(has, left[other]), min(cap - counts[sibling, other], room - up)))
                if step > 0:
                    step = min(step, _corner(sheet, rungs, shape, low, family, unit, sibling, column, other))
                up, has, left[other] = up + step, has - step, left[other] - step
                taken += step
        if rungs[sibling] == HIDDEN and rungs[unit] == HIDDEN:
            gives = _gives(sheet, shape, low, sibling, column) - taken
            gives = min(gives, _corner(sheet, rungs, shape, low, family, unit, sibling, column, column))
            up += max(0, min(min(has, gives), min(enough, most - counts[unit, column]) - up))
    return min(up, _line(sheet, rungs, shape, low, family, unit, column))


@kernel
def _down(
    sheet: Sheet, rungs: Int8, shape: Shape, low: Int64, family: Whole, unit: Whole, column: Whole, enough: Whole
) -> int:
    """Return by how much a hidden count can surely shrink, up to ``enough``."""
    counts, least = sheet.counts, sheet.least
    parent = shape.parent[family]
    room = min(counts[unit, column] - least[unit, column], enough)
    added = np.zeros(counts.shape[1], np.int64)
    down = 0
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        sibling = shape.children.items[at]
        if down >= room:
            break
        if sibling == unit or rungs[sibling] >= shape.rung[column] or counts[sibling, 0] == 0:
            continue
        cap = min(_cap(sheet, rungs, shape, sibling, column), max(counts[parent, column], counts[sibling, column]))
        takes = cap - counts[sibling, column]
        first, stop = _row(rungs, shape, unit, sibling, column)
        for other in range(first, stop):
            if other != column:
                top = min(_cap(sheet, rungs, shape, unit, other), max(counts[parent, other], counts[unit, other]))
                can = min(top - counts[unit, other] - added[other], counts[sibling, other] - least[sibling, other])
                step = max(0, min(min(can, takes), room - down))
                if step > 0:
                    step = min(step, _corner(sheet, rungs, shape, low, family, sibling, unit, column, other))
                down, takes, added[other] = down + step, takes - step, added[other] + step
        if rungs[sibling] == HIDDEN and rungs[unit] == HIDDEN:
            gives = _gives(sheet, shape, low, unit, column) - down
            gives = min(gives, _corner(sheet, rungs, shape, low, family, sibling, unit, column, column))
            down += max(0, min(min(takes, gives), room - down))
    return down


@kernel
def _cap(sheet: Sheet, rungs: Int8, shape: Shape, unit: Whole, column: Whole) -> int:
    """Return what no count of a unit in a column can exceed: its wide class where that is shown, else its total."""
    if shape.wide[column] >= 0 and rungs[unit] >= WIDE:
        return int(sheet.counts[unit, shape.wide[column]])
    return int(sheet.counts[unit, 0])


@kernel
def _row(rungs: Int8, shape: Shape, unit: Whole, sibling: Whole, column: Whole) -> tuple[int, int]:
    """Return the columns that may be exchanged for another: of the same wide class where there is one."""
    if shape.wide[column] >= 0 and (rungs[unit] >= WIDE or rungs[sibling] >= WIDE):
        return shape.narrow[column, 0], shape.narrow[column, 1]
    return shape.group[column, 0], shape.group[column, 1]


@kernel
def _gives(sheet: Sheet, shape: Shape, low: Int64, unit: Whole, column: Whole) -> int:
    """Return how many persons a hidden unit can surely lose from its total and one category."""
    total = sheet.counts[unit, 0]
    second = 0
    for other in range(1, sheet.counts.shape[1]):
        if other != column and shape.group[other, 0] == shape.group[column, 0]:
            second = max(second, sheet.counts[unit, other])
    gives: int = min(total - low[unit], total - second)
    return gives
