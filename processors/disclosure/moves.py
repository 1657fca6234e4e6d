"""Moves: what a table may be changed by and still fit all that is shown (F3).

    a person of Gent and one of Aalst change places in LL_STUD, and two others change back in LL_OTHER
    a man of Gent and a woman of Aalst change sex

A move adds to some municipalities of one or two leaves what it takes from others, along all areas, supports, totals and
wide classes that hold them. It may be made as often as no shown count changes, none falls below 0 (a total below 1, for
zeros are shown; a count of a longer period below that of a month in it), and no part exceeds its unique count by more
than it truly does. Every move keeps all overlaps, so what several moves make together fits too.
"""

from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, inlined, loop
from processors.disclosure.shape import NONE, Shape
from processors.disclosure.sheets import Sheet, may_change
from schemas.arrays import Int32, Int64
from schemas.rungs import HIDDEN

FREE = 1 << 30
"""Much: as often as one likes."""
UNITS, COLUMNS, CHANGES, MOVES = range(4)
"""Places in the sizes of ``Work``."""
_MOST_COLUMNS = 32
_MOST_UNITS = 256
_MOST_CHANGES = 1 << 16


class Work(NamedTuple):
    """What a search writes on: the counts as they are moved, a move, and what was changed.

    A move is ``sign[u]`` for each of its units and ``step[c]`` for each of its columns: a count changes by their
    product. Elsewhere both are 0. ``sizes``: how many units, columns, changes and moves there were; ``stamp`` is the
    last move that a unit was gathered for.
    """

    values: Int32
    sign: Int32
    stamp: Int64
    units: Int32
    step: Int32
    columns: Int32
    changes: Int64
    sizes: Int64


def work_for(sheet: Sheet) -> Work:
    """Return room for a search."""
    units, columns = sheet.counts.shape
    return Work(
        sheet.counts.copy(),
        np.zeros(units, np.int32),
        np.zeros(units, np.int64),
        np.zeros(_MOST_UNITS, np.int32),
        np.zeros(columns, np.int32),
        np.zeros(_MOST_COLUMNS, np.int32),
        np.zeros(_MOST_CHANGES, np.int64),
        np.zeros(4, np.int64),
    )


@loop
def gather_move(work: Work, shape: Shape, gains: tuple[Whole, Whole], loses: tuple[Whole, Whole]) -> None:
    """Write down the units of a move: municipalities of leaves that gain and lose, and all that hold them."""
    work.sizes[UNITS] = 0
    work.sizes[MOVES] += 1
    for unit in gains:
        _gather(work, shape, unit, np.int64(1))
    for unit in loses:
        _gather(work, shape, unit, np.int64(-1))
    kept = 0
    for at in range(work.sizes[UNITS]):
        if work.sign[work.units[at]] != 0:
            work.units[kept] = work.units[at]
            kept += 1
    work.sizes[UNITS] = kept


@loop
def _gather(work: Work, shape: Shape, unit: Whole, sign: Whole) -> None:
    """Let a move change a unit and all that hold it, in both directions."""
    if unit == NONE:
        return
    wide = len(shape.places.above)
    node = unit // wide
    while node != NONE:
        place = unit % wide
        while place != NONE:
            one = node * wide + place
            if work.stamp[one] != work.sizes[MOVES]:
                work.stamp[one] = work.sizes[MOVES]
                work.units[work.sizes[UNITS]] = one
                work.sizes[UNITS] += 1
            work.sign[one] += sign
            place = shape.places.above[place]
        node = shape.nodes.above[node]


@loop
def forget_move(work: Work) -> None:
    """Forget the units of a move."""
    for at in range(work.sizes[UNITS]):
        work.sign[work.units[at]] = 0
    work.sizes[UNITS] = 0


@loop
def highest_rung(sheet: Sheet, work: Work, shape: Shape, column: Whole) -> int:
    """Return the highest rung of what a move changes; what a table does not have counts as hidden."""
    highest = HIDDEN
    group = shape.group[column]
    for at in range(work.sizes[UNITS]):
        unit = work.units[at]
        is_there = group == NONE or sheet.counted[unit // len(shape.places.above), group]
        if is_there and sheet.rungs[unit] > highest:
            highest = sheet.rungs[unit]
    return int(highest)


@inlined
def least_of(work: Work, units: tuple[Whole, Whole], column: Whole) -> int:
    """Return the smallest count of some units in a column; much for no unit."""
    least: Whole = FREE
    for unit in units:
        if unit != NONE:
            least = min(least, work.values[unit, column])
    return int(least)


@inlined
def take(sheet: Sheet, work: Work, shape: Shape, leaf: Whole, column: Whole, step: Whole) -> None:
    """Let a move step in a column, and in the wide class that holds it."""
    while column != NONE:
        group = shape.group[column]
        if group != NONE and not sheet.counted[leaf, group]:
            return
        known = False
        for at in range(work.sizes[COLUMNS]):
            known |= work.columns[at] == column
        if not known:
            work.columns[work.sizes[COLUMNS]] = column
            work.sizes[COLUMNS] += 1
        work.step[column] += step
        column = shape.wide[column]


@loop
def made(sheet: Sheet, work: Work, shape: Shape, enough: Whole) -> int:
    """Make the move that is written down as often as fits, up to ``enough``; forget its columns, return how often."""
    times = _often(sheet, work, shape, enough)
    if work.sizes[CHANGES] + work.sizes[UNITS] * work.sizes[COLUMNS] > len(work.changes):
        times = 0
    if times > 0:
        _apply(work, times)
    for at in range(work.sizes[COLUMNS]):
        work.step[work.columns[at]] = 0
    work.sizes[COLUMNS] = 0
    return int(times)


@loop
def _often(sheet: Sheet, work: Work, shape: Shape, enough: Whole) -> int:
    """Return how often the move that is written down fits, up to ``enough``."""
    for i in range(work.sizes[UNITS]):
        for j in range(work.sizes[COLUMNS]):
            column = work.columns[j]
            if work.step[column] != 0 and not may_change(sheet, shape, work.units[i], column):
                return 0
    times: Whole = enough
    for i in range(work.sizes[UNITS]):
        for j in range(work.sizes[COLUMNS]):
            if work.step[work.columns[j]] != 0 and times > 0:
                times = min(times, _room(sheet, work, shape, work.units[i], work.columns[j]))
    return int(max(times, 0))


@loop
def _room(sheet: Sheet, work: Work, shape: Shape, unit: Whole, column: Whole) -> int:
    """Return how often a count may change as a move wants: not below nothing, no part above its whole."""
    wide = len(shape.places.above)
    node, place = unit // wide, unit % wide
    change = work.sign[unit] * work.step[column]
    times: Whole = FREE
    if change < 0:
        floor = max(sheet.least[unit, column], 1 if column == 0 and sheet.counts[unit, 0] > 0 else 0)
        times = (work.values[unit, column] - floor) // -change
    above = shape.places.above[place]
    if above != NONE:
        times = min(times, _above(sheet, work, unit, column, node * wide + above, column))
    above = shape.nodes.above[node]
    if above != NONE:
        times = min(times, _above(sheet, work, unit, column, above * wide + place, column))
    if column != 0:
        times = min(times, _above(sheet, work, unit, column, unit, 0))
        if shape.wide[column] != NONE:
            times = min(times, _above(sheet, work, unit, column, unit, shape.wide[column]))
    if change < 0 and times > 0:
        times = min(times, _room_for_parts(sheet, work, shape, unit, column))
    return int(times)


@loop
def _room_for_parts(sheet: Sheet, work: Work, shape: Shape, unit: Whole, column: Whole) -> int:
    """Return how often a count may shrink until one of its parts exceeds it."""
    wide = len(shape.places.above)
    node, place = unit // wide, unit % wide
    times: Whole = FREE
    for at in range(shape.places.below.first[place], shape.places.below.first[place + 1]):
        one = node * wide + shape.places.below.items[at]
        times = min(times, _above(sheet, work, one, column, unit, column))
    for at in range(shape.nodes.below.first[node], shape.nodes.below.first[node + 1]):
        one = shape.nodes.below.items[at] * wide + place
        times = min(times, _above(sheet, work, one, column, unit, column))
    if column == 0 or (shape.group[column] != NONE and shape.groups.finer[shape.group[column]] != NONE):
        for other in range(1, len(shape.rung)):
            if column == 0 or shape.wide[other] == column:
                times = min(times, _above(sheet, work, unit, other, unit, column))
    return int(times)


@inlined
def _above(sheet: Sheet, work: Work, part: Whole, column: Whole, whole: Whole, over: Whole) -> int:
    """Return how often a move may be made until a part exceeds its unique count by more than it truly does."""
    nears = work.sign[part] * work.step[column] - work.sign[whole] * work.step[over]
    if nears <= 0:
        return FREE
    counts, values = sheet.counts, work.values
    excess: Whole = max(0, counts[part, column] - counts[whole, over])
    return int((values[whole, over] + excess - values[part, column]) // nears)


@loop
def _apply(work: Work, times: Whole) -> None:
    """Change the counts by a move."""
    columns = work.values.shape[1]
    for i in range(work.sizes[UNITS]):
        unit = work.units[i]
        for j in range(work.sizes[COLUMNS]):
            column = work.columns[j]
            change = work.sign[unit] * work.step[column] * times
            if change != 0:
                work.values[unit, column] += change
                work.changes[work.sizes[CHANGES]] = unit * columns + column
                work.sizes[CHANGES] += 1


@loop
def undo(sheet: Sheet, work: Work) -> None:
    """Put the counts back to what they are."""
    columns = sheet.counts.shape[1]
    for at in range(work.sizes[CHANGES]):
        unit, column = work.changes[at] // columns, work.changes[at] % columns
        work.values[unit, column] = sheet.counts[unit, column]
    work.sizes[CHANGES] = 0
