"""How many persons could leave some municipalities, and all counts still be what they may be (F3).

A person stands in one leaf and one municipality, in one class of each characteristic, and in all that holds these. Who
leaves is taken from all of that. As many may leave as no count falls below what it must be, and no part comes to exceed
its whole by more than it truly does. What several could leave together, fewer of them could too.
"""

from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, inlined, loop
from processors.disclosure.shape import NONE, Shape
from processors.disclosure.sheets import CLASS, FREE, NODE, PERSON, PLACE, Sheet
from schemas.arrays import Int32, Int64, Mask

_CHANGES, _UNITS, _COLUMNS, _DEPTH = range(4)
"""Places in the sizes of ``Left``."""
_MOST_CHANGES = 1 << 18
_MOST_UNITS = 64


class Left(NamedTuple):
    """Who left so far: how many of each count, and each change of one for it to be undone; the last person's places.

    ``units`` hold the municipality and the leaf of a person, support by support, from the municipality upward (so many
    is the depth), ``columns`` the total and the classes; ``stands`` tells of each column whether it is one of them.
    """

    counts: Int32
    cells: Int64
    amounts: Int64
    units: Int64
    columns: Int64
    stands: Mask
    sizes: Int64


def nobody_left(sheet: Sheet) -> Left:
    """Return that nobody left."""
    changes = np.zeros(_MOST_CHANGES, np.int64)
    units, columns = np.zeros(_MOST_UNITS, np.int64), np.zeros(sheet.counts.shape[1], np.int64)
    stands, sizes = np.zeros(len(columns), np.bool_), np.zeros(4, np.int64)
    return Left(np.zeros_like(sheet.counts), changes, changes.copy(), units, columns, stands, sizes)


@loop
def leave(sheet: Sheet, left: Left, shape: Shape, who: tuple[Int64, Int64, Whole, Whole], enough: Whole) -> int:
    """Let persons leave, up to ``enough``; return how many did.

    ``who``: leaves of supports, municipalities and how many of these, the column that all stand in, 0 for anybody.
    """
    leaves, towns, number, column = who
    wide = len(shape.places.above)
    done = 0
    for at in range(number):
        for leaf in leaves:
            unit = leaf * wide + towns[at]
            times: Whole = sheet.counts[unit, 0]
            while times > 0 and done < enough:
                times = 0
                if _stand(sheet, left, shape, unit, column):
                    times = min(_often(sheet, left, shape), enough - done)
                    _take(left, times)
                done += times
    return done


@loop
def come_back(left: Left) -> None:
    """Let all come back who left since ``keep``."""
    columns = left.counts.shape[1]
    for at in range(left.sizes[_CHANGES]):
        left.counts[left.cells[at] // columns, left.cells[at] % columns] -= left.amounts[at]
    left.sizes[_CHANGES] = 0


@loop
def keep(left: Left) -> None:
    """Let those who left stay away."""
    left.sizes[_CHANGES] = 0


@loop
def _stand(sheet: Sheet, left: Left, shape: Shape, unit: Whole, column: Whole) -> bool:
    """Write down where a person of a unit stands; tell whether anybody can be spared in every characteristic.

    It is the class that can spare most; of the column's own characteristic, and of finer ones, one in the column.
    """
    wide = len(shape.places.above)
    left.sizes[_UNITS], left.sizes[_COLUMNS] = 0, 0
    left.stands[:] = False
    _stand_in(left, np.int64(0))
    node = unit // wide
    while node != NONE:
        place = unit % wide
        while place != NONE:
            left.units[left.sizes[_UNITS]] = node * wide + place
            left.sizes[_UNITS] += 1
            place = shape.places.above[place]
        if node == unit // wide:
            left.sizes[_DEPTH] = left.sizes[_UNITS]
        node = shape.nodes.above[node]
    for group in range(len(shape.groups.span)):
        finer = shape.groups.finer[group]
        if not sheet.counted[unit // wide, group] or (finer != NONE and sheet.counted[unit // wide, finer]):
            continue
        best = _spares_most(sheet, left, shape, unit, group, column)
        if best == NONE:
            return False
        while best != NONE:
            _stand_in(left, best)
            best = int(shape.wide[best])
            if best != NONE and not sheet.counted[unit // wide, shape.group[best]]:
                best = NONE
    return True


@inlined
def _stand_in(left: Left, column: Whole) -> None:
    """Add a column to those that a person stands in."""
    left.columns[left.sizes[_COLUMNS]] = column
    left.sizes[_COLUMNS] += 1
    left.stands[column] = True


@loop
def _spares_most(sheet: Sheet, left: Left, shape: Shape, unit: Whole, group: Whole, column: Whole) -> int:
    """Return the class of a characteristic that can spare most, in a column where that is of it or of wider classes."""
    is_own = column != 0 and shape.group[column] == group
    is_wider = column != 0 and shape.groups.finer[shape.group[column]] == group
    best, most = NONE, 0
    for one in range(shape.groups.span[group, 0], shape.groups.span[group, 1]):
        if (is_own and one != column) or (is_wider and shape.wide[one] != column):
            continue
        spare = min(sheet.spare[unit, one], sheet.counts[unit, one]) - left.counts[unit, one]
        if spare > most:
            best, most = one, spare
    return int(best)


@loop
def _often(sheet: Sheet, left: Left, shape: Shape) -> int:
    """Return how many persons who stand as the one written down may leave."""
    times: Whole = FREE
    for i in range(left.sizes[_UNITS]):
        for j in range(left.sizes[_COLUMNS]):
            unit, column = left.units[i], left.columns[j]
            times = min(times, sheet.spare[unit, column] - left.counts[unit, column])
    for i in range(left.sizes[_UNITS]):
        if times > 0 and sheet.is_tight[left.units[i]]:
            times = min(times, _classes(sheet, left, shape, left.units[i]))
        for j in range(left.sizes[_COLUMNS]):
            if times > 0 and sheet.has_tight[left.units[i], left.columns[j]]:
                times = min(times, _parts(sheet, left, shape, i, left.columns[j]))
    return int(max(times, 0))


@loop
def _parts(sheet: Sheet, left: Left, shape: Shape, i: Whole, column: Whole) -> int:
    """Return how often a count may shrink until an area or a support within it, where nobody leaves, exceeds it."""
    wide = len(shape.places.above)
    unit, depth = left.units[i], left.sizes[_DEPTH]
    node, place = unit // wide, unit % wide
    by_place = left.units[i - 1] if i % depth > 0 else np.int64(NONE)
    by_node = left.units[i - depth] if i >= depth else np.int64(NONE)
    times: Whole = FREE
    for at in range(shape.places.below.first[place], shape.places.below.first[place + 1]):
        part = node * wide + shape.places.below.items[at]
        if part != by_place:
            times = min(times, _nearer(sheet, left, part, column, unit, column, PLACE))
    for at in range(shape.nodes.below.first[node], shape.nodes.below.first[node + 1]):
        part = shape.nodes.below.items[at] * wide + place
        if part != by_node:
            times = min(times, _nearer(sheet, left, part, column, unit, column, NODE))
    return int(times)


@loop
def _classes(sheet: Sheet, left: Left, shape: Shape, unit: Whole) -> int:
    """Return how often persons may leave a unit until a class of which nobody leaves exceeds what holds it."""
    times: Whole = FREE
    for other in range(1, len(shape.rung)):
        if left.stands[other]:
            continue
        times = min(times, _nearer(sheet, left, unit, other, unit, 0, PERSON))
        over = shape.wide[other]
        if over != NONE and left.stands[over]:
            times = min(times, _nearer(sheet, left, unit, other, unit, over, CLASS))
    return int(times)


@inlined
def _nearer(sheet: Sheet, left: Left, part: Whole, column: Whole, whole: Whole, over: Whole, which: Whole) -> int:
    """Return by how much a part may still come nearer to a whole of it."""
    return int(sheet.slack[part, column, which] - left.counts[whole, over] + left.counts[part, column])


@loop
def _take(left: Left, times: Whole) -> None:
    """Let so many persons leave who stand as the one written down."""
    if times <= 0:
        return
    columns = left.counts.shape[1]
    for i in range(left.sizes[_UNITS]):
        for j in range(left.sizes[_COLUMNS]):
            unit, column = left.units[i], left.columns[j]
            left.counts[unit, column] += times
            left.cells[left.sizes[_CHANGES]] = unit * columns + column
            left.amounts[left.sizes[_CHANGES]] = times
            left.sizes[_CHANGES] += 1
