"""The rungs of one period: which tables of which unit may be shown, until nothing more has to be hidden (F3).

The attacker knows every printed figure, the threshold t, which figures are hidden, and by how much the parts of each
unique count exceed it. A hidden total is one person at least, for zeros are shown.

*Totals of a family.* The k hidden children of a shown parent add up to a known N0, and N0 - k must be t at least; else
the smallest shown child falls, or the parent where there is none.

*Small counts.* Each hidden count from 1 to t - 1 needs witnesses that it can be t wide (``witnesses``). Where they are
not found, what stands in the way of the cheapest move falls: of two places and two supports whose persons change, the
figures that would show it, with the fewest persons for each that moves. A unit of fewer than 2t persons falls itself
first, for its total bounds what is in it; what holds a unit falls last.

What falls takes along all that lies below it: else the sum of the shown parts would be the hidden whole. Rungs only
fall, and hiding more never makes a count narrower: so each count is proved once, and this ends.

What it costs, in a month of national size: 78,000 small counts, about twenty moves tried for each, half the time; the
rest goes to the few hundred counts for which something falls, for these look at all towns in vain before.

Worked example, t = 5: an area of 40 has municipalities of 3, 17, 20. The 3 is hidden; it would be 40 - 37. The 17 falls
too: N0 = 20, 20 - 2 >= 5, and of 17 persons five may as well be in the first.
"""

import numpy as np

from processors.compiled import Whole, loop
from processors.disclosure.moves import MOST_LIFTED, UNITS, Work, forget_move, gather_move, work_for
from processors.disclosure.shape import NONE, Shape
from processors.disclosure.sheets import FREE, Sheet
from processors.disclosure.witnesses import lies_in, span_of, top_of, width
from schemas.arrays import Int8, Int32
from schemas.rungs import FULL, HIDDEN, TOTAL, WIDE


def own_rungs(counts: Int32, rung_of_column: Int8, threshold: int) -> Int8:
    """Return the rung of each unit by its own counts alone: all that is shown is 0 or at least the threshold."""
    small = (counts > 0) & (counts < threshold)
    rungs = np.full(len(counts), FULL, np.int8)
    for rung in (FULL, WIDE, TOTAL):
        rungs[small[:, rung_of_column == rung].any(axis=1)] = rung - 1
    return rungs


def settle(sheet: Sheet, shape: Shape, threshold: int) -> None:
    """Lower the rungs of a sheet, in place, until every small count has witnesses; see the head of this file."""
    _settle(sheet, work_for(sheet, MOST_LIFTED * threshold), shape, threshold)


@loop
def _settle(sheet: Sheet, work: Work, shape: Shape, threshold: Whole) -> None:
    units, columns = sheet.counts.shape
    for unit in range(units):
        _close(sheet, shape, unit)
    _families(sheet, shape, threshold)
    for unit in range(units):
        for column in range(columns):
            if not 0 < sheet.counts[unit, column] < threshold or sheet.rungs[unit] >= shape.rung[column]:
                continue
            while width(sheet, work, shape, unit, column, threshold) < threshold:
                if not _fall_for(sheet, work, shape, unit, column, threshold):
                    break
                _families(sheet, shape, threshold)


@loop
def _families(sheet: Sheet, shape: Shape, threshold: Whole) -> None:
    """Let units fall until the hidden totals of each family leave as much as the threshold."""
    rungs = sheet.rungs
    falling = True
    while falling:
        falling = False
        for family in range(len(shape.parent)):
            parent = shape.parent[family]
            while rungs[parent] > HIDDEN and not _totals_hold(sheet, shape, family, threshold):
                _put(sheet, shape, _smallest(sheet, shape, family, parent), np.int64(HIDDEN))
                falling = True


@loop
def _totals_hold(sheet: Sheet, shape: Shape, family: Whole, threshold: Whole) -> bool:
    hidden, whole = 0, 0
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        child = shape.children.items[at]
        if sheet.rungs[child] == HIDDEN and sheet.counts[child, 0] > 0:
            hidden += 1
            whole += sheet.counts[child, 0]
    return hidden == 0 or whole - hidden >= threshold


@loop
def _smallest(sheet: Sheet, shape: Shape, family: Whole, parent: Whole) -> int:
    """Return the smallest child of a family that is shown, the parent where there is none."""
    fallen, smallest = parent, FREE
    for at in range(shape.children.first[family], shape.children.first[family + 1]):
        child = shape.children.items[at]
        if sheet.rungs[child] > HIDDEN and 0 < sheet.counts[child, 0] < smallest:
            fallen, smallest = child, sheet.counts[child, 0]
    return int(fallen)


@loop
def _put(sheet: Sheet, shape: Shape, unit: Whole, rung: Whole) -> None:
    """Put a unit, and all below it, on a lower rung."""
    sheet.rungs[unit] = rung
    _close(sheet, shape, unit)


@loop
def _close(sheet: Sheet, shape: Shape, unit: Whole) -> None:
    """Let all that lies below a unit with somebody stand no higher than it; zeros stay as they are."""
    for at in range(shape.within.first[unit], shape.within.first[unit + 1]):
        below = shape.within.items[at]
        if sheet.counts[below, 0] > 0 and sheet.rungs[below] > sheet.rungs[unit]:
            sheet.rungs[below] = sheet.rungs[unit]


@loop
def _fall_for(sheet: Sheet, work: Work, shape: Shape, unit: Whole, column: Whole, threshold: Whole) -> bool:
    """Let something fall that may make a small count wide; tell whether anything was left to fall.

    That is what stands in the way of the move that costs least, by persons whose figures fall for each that it moves;
    a unit whose total is hardly larger than the threshold falls itself first.
    """
    rungs = sheet.rungs
    if column != 0 and sheet.counts[unit, 0] < 2 * threshold:
        if rungs[unit] > HIDDEN:
            _put(sheet, shape, unit, rungs[unit] - 1)
            return True
        is_narrow = width(sheet, work, shape, unit, np.int64(0), 2 * threshold) < 2 * threshold
        if is_narrow and _clear(sheet, work, shape, unit, np.int64(0), threshold):
            return True
    if _clear(sheet, work, shape, unit, column, threshold):
        return True
    if column != 0 and rungs[unit] == HIDDEN and _clear(sheet, work, shape, unit, np.int64(0), threshold):
        return True
    over = unit
    if rungs[unit] == HIDDEN:
        over = _over(sheet, shape, unit)
    if over != NONE:
        _put(sheet, shape, over, rungs[over] - 1)
    return bool(over != NONE)


@loop
def _clear(sheet: Sheet, work: Work, shape: Shape, unit: Whole, column: Whole, threshold: Whole) -> bool:
    """Let all fall that stands in the way of the cheapest move, nearest areas first; tell whether there was any."""
    wide = len(shape.places.above)
    leaf = _fullest(sheet, shape, unit, column)
    best, cheapest = (NONE, NONE), float(FREE)
    inner = leaf % wide
    while cheapest >= FREE and inner != NONE:
        outer = shape.places.above[inner]
        first, stop = span_of(shape.places.leaves, outer)
        for at in range(first, stop):
            town = np.int64(shape.places.leaves.items[at] if outer != NONE else NONE)
            if town != NONE and lies_in(shape.places, town, inner):
                continue
            for other in range(NONE, len(shape.nodes.above)):
                cost = _cost(sheet, work, shape, leaf, column, (town, np.int64(other)), threshold)
                if cost < cheapest:
                    best, cheapest = (int(town), int(other)), cost
        inner = outer
    if cheapest >= FREE:
        return False
    corners = _corners(shape, leaf, best[0], best[1])
    gather_move(work, shape, corners[:2], corners[2:])
    for at in range(work.sizes[UNITS]):
        one = work.units[at]
        if sheet.rungs[one] >= shape.rung[column]:
            _put(sheet, shape, np.int64(one), shape.rung[column] - np.int64(1))
    forget_move(work)
    return True


@loop
def _fullest(sheet: Sheet, shape: Shape, unit: Whole, column: Whole) -> int:
    """Return the municipality and leaf of a unit that has most of a category."""
    wide = len(shape.places.above)
    node, place = unit // wide, unit % wide
    best, most = NONE, -1
    for i in range(shape.nodes.leaves.first[node], shape.nodes.leaves.first[node + 1]):
        for j in range(shape.places.leaves.first[place], shape.places.leaves.first[place + 1]):
            one = shape.nodes.leaves.items[i] * wide + shape.places.leaves.items[j]
            if sheet.counts[one, column] > most:
                best, most = one, sheet.counts[one, column]
    return int(best)


@loop
def _cost(
    sheet: Sheet,
    work: Work,
    shape: Shape,
    leaf: Whole,
    column: Whole,
    beside: tuple[Whole, Whole],
    threshold: Whole,
) -> float:
    """Return how many persons' figures fall for each person that a move may then take, much where none need to fall."""
    wide = len(shape.places.above)
    town, other = beside
    node, place = leaf // wide, leaf % wide
    if other != NONE and (
        shape.nodes.below.first[other] != shape.nodes.below.first[other + 1]
        or other == node
        or top_of(shape.nodes, other) != top_of(shape.nodes, node)
    ):
        return float(FREE)
    gain = threshold
    if town != NONE:
        gain = min(gain, sheet.spare[node * wide + town, column])
    if other != NONE:
        gain = min(gain, sheet.spare[other * wide + place, column])
    if gain <= 0 or (town != NONE and other != NONE and sheet.counts[other * wide + town, 0] == 0):
        return float(FREE)
    corners = _corners(shape, leaf, town, other)
    gather_move(work, shape, corners[:2], corners[2:])
    cost = 0
    for at in range(work.sizes[UNITS]):
        one = work.units[at]
        if sheet.rungs[one] >= shape.rung[column]:
            cost += sheet.counts[one, 0]
    forget_move(work)
    return cost / gain if cost > 0 else float(FREE)


@loop
def _corners(shape: Shape, leaf: Whole, town: Whole, other: Whole) -> tuple[int, int, int, int]:
    """Return what a move changes: two that gain, two that lose; ``NONE`` where a town or a support is."""
    wide = len(shape.places.above)
    across = NONE if town == NONE else leaf // wide * wide + town
    beside = NONE if other == NONE else other * wide + leaf % wide
    corner = NONE if town == NONE or other == NONE else other * wide + town
    return leaf + 0 * wide, corner, across, beside


@loop
def _over(sheet: Sheet, shape: Shape, unit: Whole) -> int:
    """Return the smallest of all that hold a unit and are shown, ``NONE`` where all are hidden."""
    wide = len(shape.places.above)
    best, least = NONE, FREE
    node = unit // wide
    while node != NONE:
        place = unit % wide
        while place != NONE:
            one = node * wide + place
            if sheet.rungs[one] > HIDDEN and sheet.counts[one, 0] < least:
                best, least = one, sheet.counts[one, 0]
            place = shape.places.above[place]
        node = shape.nodes.above[node]
    return int(best)
