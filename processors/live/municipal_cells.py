"""What a municipality and month amount to in all nodes: the *lines* of live figures.

The count of an update (``processors.counting.counting``) lays whole months of a country out and finds every place and
period at once; that has a cost of its own for each node, which for a few thousand persons is most of it. A line asks
for little: one month, one municipality. A person has a row there for each leaf at most, so the balance of a part in a
category (B1-B4) is a sum over a handful of rows, and nothing needs to be laid out first. Both ways must say the same,
and a test demands it of every cell.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS
from processors.compiled import Whole, inlined, kernel
from processors.counting.crossings import counted_days, profile
from processors.counting.plan import ABSENT, BREAKDOWN_COUNT, CATEGORY_COUNT, STATUS
from processors.rules import age5_of_age13, category_of_code, month_days, part_of_leaf, shown_municipality
from schemas.arrays import Int8, Int16, Int64, Mask
from schemas.figures import MEASURES, Cells
from schemas.periods import MONTH_COUNT
from schemas.places import MUNICIPALITIES, PLACE_NUMBER, PLACES
from schemas.settings import FigureSettings
from schemas.supports import NODES

CELLS_OF_LINE = len(NODES) * CATEGORY_COUNT


class Amounts(NamedTuple):
    """Cells of a line: ``cell`` is node x categories + category and rises; ``values`` has the columns of MEASURES."""

    cell: Int64
    values: Int64


NOTHING = Amounts(np.zeros(0, np.int64), np.zeros((0, len(MEASURES)), np.int64))

Line = tuple[int, Amounts]
"""A line by its number, municipality x months + month; the municipality is the one that shows it."""


class Scheme(NamedTuple):
    """What kernels need to know of all nodes and settings; by node: its parts, how many, and whether it has status."""

    part_of_leaf: Int8
    parts: Int8
    status: Mask
    category_of: Int16
    age5_of: Int8
    month_days: Int8


@cache
def _scheme(settings: FigureSettings) -> Scheme:
    return Scheme(
        part_of_leaf=np.array([part_of_leaf(node.parts) for node in NODES], np.int8),
        parts=np.array([len(node.parts) for node in NODES], np.int8),
        status=np.array([node.status for node in NODES], np.bool_),
        category_of=category_of_code(),
        age5_of=age5_of_age13(),
        month_days=month_days(settings),
    )


PERSON_BITS = 32


def line_and_person(keys: Int64, settings: FigureSettings) -> Int64:
    """Return by the keys of rows the line in which each is shown, and below it, in ``PERSON_BITS``, the person."""
    municipality = shown_municipality(settings)[municipality_in(keys)].astype(np.int64)
    line = municipality * MONTH_COUNT + month_in(keys)
    return np.asarray(line << PERSON_BITS | person_in(keys))


def amounts(now: Int64, was: Int64, open_: Mask, settings: FigureSettings) -> Iterator[Line]:
    """Yield the change of each line, in order: the amounts of the rows ``now`` less those of ``was``.

    Of a person and line all rows must be there, or none; they may stand in any order. ``open_`` says by (node, month)
    what is counted.
    """
    rows = np.concatenate([now, was])
    groups = line_and_person(rows[:, KEY], settings) << 1 | (np.arange(len(rows)) < len(now))
    order = np.argsort(groups)
    lines, starts, cell, values = _amounts(rows[order], groups[order], open_, _scheme(settings))
    for number, (start, stop) in zip(lines.tolist(), pairwise(starts.tolist()), strict=True):
        yield number, Amounts(cell[start:stop], values[start:stop])


_MUNICIPALITY_OF_PLACE = np.full(len(PLACES), -1, np.int64)
_MUNICIPALITY_OF_PLACE[[PLACE_NUMBER["municipality", nis] for nis in MUNICIPALITIES]] = np.arange(len(MUNICIPALITIES))


def lines_of_blocks(blocks: Iterable[tuple[int, int, Cells]]) -> Iterator[Line]:
    """Yield the lines of blocks by node (its place in ``NODES``) and month, of which none comes twice."""
    parts = [_of_block(*block) for block in blocks]
    line, cell = (np.concatenate([np.zeros(0, np.int64), *(part[at] for part in parts)]) for at in (0, 1))
    values = np.concatenate([NOTHING.values, *(part[2] for part in parts)])
    order = np.argsort(line * CELLS_OF_LINE + cell)
    line, cell, values = line[order], cell[order], values[order]
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    for number, (start, stop) in zip(line[starts].tolist(), pairwise([*starts.tolist(), len(line)]), strict=True):
        yield number, Amounts(cell[start:stop], values[start:stop])


def _of_block(node: int, month: int, cells: Cells) -> tuple[Int64, Int64, Int64]:
    """Return line, cell and values of each cell of a municipality in a block."""
    municipality = _MUNICIPALITY_OF_PLACE[cells.place]
    mine = np.flatnonzero(municipality >= 0)
    line = municipality[mine] * MONTH_COUNT + month
    cell = node * CATEGORY_COUNT + cells.category[mine].astype(np.int64)
    return line, cell, np.stack([getattr(cells, name)[mine].astype(np.int64) for name in MEASURES], axis=1)


class Room(NamedTuple):
    """Where a line is added up: measures by cell, the cells ``met`` and how many, the categories of a person's rows."""

    values: Int64
    is_met: Mask
    met: Int64
    size: Int64
    categories: Int16


@kernel
def _amounts(rows: Int64, groups: Int64, open_: Mask, scheme: Scheme) -> tuple[Int64, Int64, Int64, Int64]:
    """Return the lines of rows in their order, where the cells of each begin, their numbers and values.

    ``groups`` rises; of each row it holds line and person, and in the lowest bit whether it adds or is taken off.
    """
    lines, starts = np.empty(len(rows), np.int64), np.zeros(len(rows) + 1, np.int64)
    cells, values = np.empty(CELLS_OF_LINE, np.int64), np.empty((CELLS_OF_LINE, len(MEASURES)), np.int64)
    room = Room(
        np.zeros((CELLS_OF_LINE, len(MEASURES)), np.int64),
        np.zeros(CELLS_OF_LINE, np.bool_),
        np.empty(CELLS_OF_LINE, np.int64),
        np.zeros(1, np.int64),
        np.empty((_longest(groups), BREAKDOWN_COUNT), np.int16),
    )
    number = start = 0
    while start < len(rows):
        line = _line(groups[start])
        while start < len(rows) and _line(groups[start]) == line:
            stop = _next_group(groups, start)
            _add_person(rows[start:stop], 1 if groups[start] & 1 else -1, open_, scheme, room)
            start = stop
        if starts[number] + CELLS_OF_LINE > len(cells):
            cells, values = _twice(cells), _twice(values)
        lines[number] = line
        starts[number + 1] = _taken(room, cells, values, starts[number])
        number += 1
    return lines[:number], starts[: number + 1], cells[: starts[number]], values[: starts[number]]


@inlined
def _line(group: Whole) -> Whole:
    return group >> PERSON_BITS + 1


@inlined
def _next_group(groups: Int64, start: Whole) -> Whole:
    """Return where the rows of the next person, line or sign begin."""
    stop = start + 1
    while stop < len(groups) and groups[stop] == groups[start]:
        stop += 1
    return stop


@kernel
def _longest(groups: Int64) -> int:
    """Return the most rows that one person has in one line."""
    longest = start = 0
    while start < len(groups):
        stop = _next_group(groups, start)
        longest = max(longest, stop - start)
        start = stop
    return longest


@kernel
def _twice(array: Int64) -> Int64:
    roomier = np.empty((2 * len(array), *array.shape[1:]), np.int64)
    roomier[: len(array)] = array
    return roomier


@inlined
def _add_person(rows: Int64, sign: Whole, open_: Mask, scheme: Scheme, room: Room) -> None:
    """Add the rows of one person to the cells of a line, in each node that the month is open in."""
    month = month_in(rows[0, KEY])
    for row in range(len(rows)):
        profile(rows[row, TRAITS], scheme.category_of, scheme.age5_of, room.categories, row)
    for row in range(len(rows)):
        days = counted_days(rows[row, AMOUNT], rows[row, DAYS], scheme.month_days[month])
        for node in range(len(scheme.parts)):
            if not open_[node, month] or scheme.part_of_leaf[node, leaf_in(rows[row, KEY])] == ABSENT:
                continue
            for breakdown in range(BREAKDOWN_COUNT):
                if breakdown == STATUS and not scheme.status[node]:
                    continue
                cell = node * CATEGORY_COUNT + room.categories[row, breakdown]
                _meet(cell, room)
                room.values[cell, 0] += sign * _counts(rows, row, node, breakdown, scheme, room.categories)
                room.values[cell, 1] += sign * rows[row, AMOUNT]
                room.values[cell, 2] += sign * rows[row, STATE_SHARE]
                room.values[cell, 3] += sign * days


@inlined
def _meet(cell: Whole, room: Room) -> None:
    if not room.is_met[cell]:
        room.is_met[cell] = True
        room.met[room.size[0]] = cell
        room.size[0] += 1


@inlined
def _counts(rows: Int64, row: Whole, node: Whole, breakdown: Whole, scheme: Scheme, categories: Int16) -> Whole:
    """Return 1 where a row is a person's first in its category and some part is above zero there, else 0 (B1, B4)."""
    if len(rows) == 1:
        return 1 if rows[row, AMOUNT] > 0 else 0
    for other in range(row):
        there = scheme.part_of_leaf[node, leaf_in(rows[other, KEY])] != ABSENT
        if there and categories[other, breakdown] == categories[row, breakdown]:
            return 0
    for part in range(scheme.parts[node]):
        balance = np.int64(0)
        for other in range(row, len(rows)):
            there = scheme.part_of_leaf[node, leaf_in(rows[other, KEY])] == part
            if there and categories[other, breakdown] == categories[row, breakdown]:
                balance += rows[other, AMOUNT]
        if balance > 0:
            return 1
    return 0


@kernel
def _taken(room: Room, cells: Int64, values: Int64, at: int) -> int:
    """Write the cells that were met from ``at`` on, and empty the room; return where they end."""
    for cell in np.sort(room.met[: room.size[0]]):
        cells[at] = cell
        for measure in range(values.shape[1]):
            values[at, measure] = room.values[cell, measure]
            room.values[cell, measure] = 0
        room.is_met[cell] = False
        at += 1
    room.size[0] = 0
    return at


@kernel
def sum_of(one: Amounts, other: Amounts) -> Amounts:
    """Return a line with what it differs by added; what comes to nothing is no cell."""
    most = len(one.cell) + len(other.cell)
    cell, values = np.empty(most, np.int64), np.empty((most, one.values.shape[1]), np.int64)
    size = here = there = 0
    while here < len(one.cell) or there < len(other.cell):
        mine = one.cell[here] if here < len(one.cell) else CELLS_OF_LINE
        theirs = other.cell[there] if there < len(other.cell) else CELLS_OF_LINE
        cell[size] = min(mine, theirs)
        anything = False
        for measure in range(values.shape[1]):
            value = np.int64(0)
            if mine <= theirs:
                value += one.values[here, measure]
            if theirs <= mine:
                value += other.values[there, measure]
            values[size, measure] = value
            anything |= value != 0
        here += mine <= theirs
        there += theirs <= mine
        size += anything
    return Amounts(cell[:size], values[:size])
