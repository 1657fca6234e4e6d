"""Moves: what a table may be changed by and still fit all that is shown (F3).

    a person of Gent and one of Aalst change places in LL_STUD, and two others change back in LL_OTHER
    a man of Gent and a woman of Aalst change sex

A move adds to some municipalities of one or two leaves what it takes from others, along all areas, supports, totals and
wide classes that hold them. It may be made as often as no shown count changes, none falls below 0 (a total below 1, for
zeros are shown), and no part exceeds its unique count by more than it truly does. Every move keeps all overlaps, so what
several moves make together fits too.

Persons who come to a municipality in a month must come to it in what holds the month (``longer``). So few come in one
search: ``MOST_LIFTED`` times the threshold, of all municipalities and leaves together.
"""

from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, inlined, loop
from processors.disclosure.shape import NONE, Shape
from processors.disclosure.sheets import CLASS, FREE, NODE, PERSON, PLACE, Sheet, may_change
from schemas.arrays import Int32, Int64
from schemas.rungs import HIDDEN

MOST_LIFTED = 6
"""How many persons may come to municipalities in one search, in times of the threshold."""
UNITS, COLUMNS, CHANGES, MOVES, GAINS, LOSES, LIFTED, MOST = range(8)
"""Places in the sizes of ``Work``."""
_MOST_COLUMNS = 32
_MOST_UNITS = 256
_MOST_CHANGES = 1 << 16


class Work(NamedTuple):
    """What a search writes on: how far each count was moved, a move, and what was changed.

    A move is ``sign[u]`` for each of its units and ``step[c]`` for each of its columns: a count changes by their
    product. Elsewhere both are 0. ``sizes``: how many units, columns, changes and moves there were, how many
    municipalities of leaves gain and lose in the move, how many persons came to some and how many may; ``stamp`` is
    the last move that a unit was gathered for.
    """

    moved: Int32
    sign: Int32
    stamp: Int64
    units: Int32
    step: Int32
    columns: Int32
    changes: Int64
    amounts: Int64
    sizes: Int64


def work_for(sheet: Sheet, most_lifted: int) -> Work:
    """Return room for a search."""
    units, columns = sheet.counts.shape
    sizes = np.zeros(8, np.int64)
    sizes[MOST] = most_lifted
    return Work(
        np.zeros_like(sheet.counts),
        np.zeros(units, np.int32),
        np.zeros(units, np.int64),
        np.zeros(_MOST_UNITS, np.int32),
        np.zeros(columns, np.int32),
        np.zeros(_MOST_COLUMNS, np.int32),
        np.zeros(_MOST_CHANGES, np.int64),
        np.zeros(_MOST_CHANGES, np.int64),
        sizes,
    )


@loop
def gather_move(work: Work, shape: Shape, gains: tuple[Whole, Whole], loses: tuple[Whole, Whole]) -> None:
    """Write down the units of a move: municipalities of leaves that gain and lose, and all that hold them."""
    work.sizes[UNITS] = 0
    work.sizes[MOVES] += 1
    work.sizes[GAINS] = (gains[0] != NONE) + (gains[1] != NONE)
    work.sizes[LOSES] = (loses[0] != NONE) + (loses[1] != NONE)
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
def spare_of(sheet: Sheet, work: Work, units: tuple[Whole, Whole], column: Whole) -> int:
    """Return by how much the counts of some units in a column may still shrink; much for no unit."""
    least: Whole = FREE
    for unit in units:
        if unit != NONE:
            least = min(least, sheet.spare[unit, column] + work.moved[unit, column])
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
    lifts = _lifts(work)
    if lifts > 0:
        enough = min(enough, (work.sizes[MOST] - work.sizes[LIFTED]) // lifts)
    times = _often(sheet, work, shape, enough) if enough > 0 else 0
    if work.sizes[CHANGES] + work.sizes[UNITS] * work.sizes[COLUMNS] > len(work.changes):
        times = 0
    if times > 0:
        _apply(work, times)
        work.sizes[LIFTED] += lifts * times
    forget_columns(work)
    return int(times)


@loop
def forget_columns(work: Work) -> None:
    """Forget the columns of a move."""
    for at in range(work.sizes[COLUMNS]):
        work.step[work.columns[at]] = 0
    work.sizes[COLUMNS] = 0


@inlined
def _lifts(work: Work) -> int:
    """Return to how many municipalities of leaves somebody comes in the move that is written down."""
    comes, goes = False, False
    for at in range(work.sizes[COLUMNS]):
        comes |= work.step[work.columns[at]] > 0
        goes |= work.step[work.columns[at]] < 0
    return int(comes * work.sizes[GAINS] + goes * work.sizes[LOSES])


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
    """Return how often a count may change as a move wants: not below what it must be, no part above its whole."""
    wide = len(shape.places.above)
    node, place = unit // wide, unit % wide
    change = work.sign[unit] * work.step[column]
    times: Whole = FREE
    if change < 0:
        times = (sheet.spare[unit, column] + work.moved[unit, column]) // -change
    above = shape.places.above[place]
    if above != NONE:
        times = min(times, _below(sheet, work, unit, column, node * wide + above, column, PLACE))
    above = shape.nodes.above[node]
    if above != NONE:
        times = min(times, _below(sheet, work, unit, column, above * wide + place, column, NODE))
    if column != 0:
        times = min(times, _below(sheet, work, unit, column, unit, 0, PERSON))
        if shape.wide[column] != NONE:
            times = min(times, _below(sheet, work, unit, column, unit, shape.wide[column], CLASS))
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
        times = min(times, _below(sheet, work, one, column, unit, column, PLACE))
    for at in range(shape.nodes.below.first[node], shape.nodes.below.first[node + 1]):
        one = shape.nodes.below.items[at] * wide + place
        times = min(times, _below(sheet, work, one, column, unit, column, NODE))
    if column == 0:
        for other in range(1, len(shape.rung)):
            times = min(times, _below(sheet, work, unit, other, unit, column, PERSON))
    elif shape.group[column] != NONE and shape.groups.finer[shape.group[column]] != NONE:
        for other in range(1, len(shape.rung)):
            if shape.wide[other] == column:
                times = min(times, _below(sheet, work, unit, other, unit, column, CLASS))
    return int(times)


@inlined
def _below(sheet: Sheet, work: Work, part: Whole, column: Whole, whole: Whole, over: Whole, which: Whole) -> int:
    """Return how often a move may be made until a part exceeds a whole of it by more than it truly does."""
    nears = work.sign[part] * work.step[column] - work.sign[whole] * work.step[over]
    if nears <= 0:
        return FREE
    left = sheet.slack[part, column, which] + work.moved[whole, over] - work.moved[part, column]
    return int(left // nears)


@loop
def _apply(work: Work, times: Whole) -> None:
    """Change the counts by a move."""
    columns = work.moved.shape[1]
    for i in range(work.sizes[UNITS]):
        unit = work.units[i]
        for j in range(work.sizes[COLUMNS]):
            column = work.columns[j]
            change = work.sign[unit] * work.step[column] * times
            if change != 0:
                work.moved[unit, column] += change
                work.changes[work.sizes[CHANGES]] = unit * columns + column
                work.amounts[work.sizes[CHANGES]] = change
                work.sizes[CHANGES] += 1


@inlined
def mark(work: Work) -> tuple[int, int]:
    """Return how far a search is, to come back to."""
    return work.sizes[CHANGES], work.sizes[LIFTED]


@loop
def undo(work: Work, to: tuple[Whole, Whole]) -> None:
    """Put the counts back to what they were at a mark; (0, 0) is the begin."""
    columns = work.moved.shape[1]
    for at in range(to[0], work.sizes[CHANGES]):
        work.moved[work.changes[at] // columns, work.changes[at] % columns] -= work.amounts[at]
    work.sizes[CHANGES], work.sizes[LIFTED] = to
