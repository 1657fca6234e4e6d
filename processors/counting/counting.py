"""The count: rows of the ledger to cells of blocks, one node at a time, from scratch (B1-B4, C7, D1, E1-E5).

Nothing is incremental. At a cut the rows of the months concerned are laid out person by person, and every touched
period is counted again; an error can therefore not outlive the next cut, and a rebuild calls the same functions.

For each period, place and category it counts the persons whose balance, in some part of the node, is above zero over
the rows of that cell. Beside it stand three sums over rows. Five observations make it fast.

1. **A person's periods are intervals.** Lay the periods of one kind on an axis. A month then lies in one interval of
   places [low, high] on it: one place for months, quarters and years, up to twelve for rolling years. The balance along
   the axis is a running sum: add the amount at low, take it off behind high. Where its sign turns, a person enters or
   leaves the count; so a person of twenty-four months writes +1 once and -1 once, not twenty-four times twelve
   rolling years, and one running sum over the cells at the end gives every period. (Where
   no row is zero or negative, the places are the joined intervals, and no balance need be run.)
2. **Most people stay what they are.** Where all of a person's rows have the same category of a breakdown, its turns are
   those of the total: they are worked out once and written for each such breakdown. Only where the category changes are
   rows grouped by it and each group run by itself. That is rule B4 to the letter, for unions of parts too: a place on
   the axis counts when some part's balance is above zero there.
3. **Most people stay where they are.** If all rows lie in one municipality, a cell of any area that holds it has the
   same rows, so turns are written for the municipality alone (``own``) and added up from area to area afterwards. A
   person of several municipalities is run for each level separately and written to the areas directly (``wide``).
4. **Sums add up.** Amounts, state shares and days are written per month and municipality, and only for the breakdowns
   of which all others are margins (sex x age13, household x age5, group x age5, nationality, status): five writes a
   row instead of twelve. Categories, areas and longer periods are sums of them. Beneficiaries never add (E1-E3).
5. **Most people receive one kind of support.** Who has rows in one child of a node alone (of LL, of RMI's children)
   turns at the same places in both. So the turns of a node are those of its children together, and only a person of
   several children is run again: as the node sees the rows, and as each child saw them, to take that off. Sums simply
   add. Measured at national size, all nodes: 6.8 to 4.3 seconds on one core, with the same cells.

Cells that can occur are numbered first (``slots``), in order of place and category, so arrays are as small as the node
and blocks come out sorted. Memory of a count: cells x places on the axes x 8 bytes, and cells x months x 24 bytes; at a
cut that of all nodes together, 1 GB for two national years.

Worked example: Ann has 100 euro in 2024-01 and -100 in 2024-02, Bob 50 in both. On the month axis Ann's balance is
100, -100: turns +1 at January, -1 at February. Bob: +1 at January, -1 behind February. Running sums: 2, 1. On the
quarter axis Ann's balance is 0 from the first place on: no turn. Bob +1. So Q1 counts 1: fewer than January (L4).
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from processors.axes import Axis
from processors.compiled import Whole, inlined, loop
from processors.counting.crossings import occurring_in, scratch, write_people
from processors.counting.people import People
from processors.counting.plan import (
    ABSENT,
    CATEGORY_COUNT,
    MOST_MARGINS,
    SUMS,
    Counts,
    Plan,
    plan_of,
)
from processors.rules import age5_of_age13
from schemas import breakdowns
from schemas.arrays import Int16, Int32, Int64, UInt16
from schemas.breakdowns import CATEGORIES, CATEGORY_NUMBER, CROSSES
from schemas.figures import CATEGORY_BREAKDOWN, Cells
from schemas.settings import FigureSettings
from schemas.supports import Node


class Turned(NamedTuple):
    """The turns and sums of one node before they are added up. ``largest``: no person has more rows of the node."""

    axes: tuple[Axis, ...]
    node: Node
    plan: Plan
    counts: Counts
    largest: int


def turned(
    people: People, axes: tuple[Axis, ...], node: Node, settings: FigureSettings, children: Sequence[Turned] = ()
) -> Turned:
    """Write the turns and sums of a node; ``people`` must hold every month of every period.

    ``children`` are those of all nodes right below it, over the same rows and axes, not yet added up. Without them the
    node is counted by itself, which gives the same.
    """
    plan = plan_of(node, axes, people.months, settings, [child.node for child in children])
    if children:
        occurring = np.logical_or.reduce([child.counts.slots != ABSENT for child in children])
        largest = sum(child.largest for child in children)
    else:
        occurring, largest = occurring_in(people.rows, plan)
    cells = np.flatnonzero(occurring)
    slots = np.full(occurring.shape, ABSENT, np.int32)
    slots.flat[cells] = np.arange(len(cells), dtype=np.int32)
    length, months = int(plan.offset[-1]), int(people.months.sum())
    counts = Counts(
        slots,
        np.zeros((len(cells), length), np.int32),
        np.zeros((len(cells), length), np.int32),
        np.zeros((len(cells), months, SUMS), np.int64),
    )
    for child in children:
        _add_child(child.counts, counts)
    write_people(people.rows, plan, scratch(largest, length), counts)
    return Turned(axes, node, plan, counts, largest)


def added_up(node_counts: Turned) -> Iterator[tuple[Axis, list[Cells]]]:
    """Yield each axis with the cells of its periods, in order (blocks, not yet compared or stored).

    An axis' cells share memory: who holds one block holds all. The counts are used up: the parent must be made before.
    """
    axes, _, plan, counts, _ = node_counts
    _add_up(plan, counts, _MARGINS)
    place, category = (numbers.astype(np.uint16) for numbers in np.nonzero(counts.slots != ABSENT))
    for number, axis in enumerate(axes):
        yield axis, _blocks(number, axis, plan, counts, place, category)


def _margins() -> Int16:
    """Return, by category number, the categories that it adds to (ABSENT: no more)."""
    margins = np.full((len(CATEGORIES), MOST_MARGINS), ABSENT, np.int16)
    for (breakdown, code), number in CATEGORY_NUMBER.items():
        if breakdown == "sex_age13":
            sex, age13 = code.split("|")
            age5 = breakdowns.SIMPLE["age5"][age5_of_age13()[breakdowns.SIMPLE["age13"].index(age13)]]
            margins[number] = [
                CATEGORY_NUMBER[key]
                for key in (
                    ("total", "total"),
                    ("sex", sex),
                    ("age5", age5),
                    ("age13", age13),
                    ("sex_age5", f"{sex}|{age5}"),
                )
            ]
        elif breakdown in ("household_age5", "nationality_group_age5"):
            margins[number, 0] = CATEGORY_NUMBER[CROSSES[breakdown][0], code.split("|")[0]]
    return margins


_MARGINS = _margins()


def _blocks(number: int, axis: Axis, plan: Plan, counts: Counts, place: UInt16, category: UInt16) -> list[Cells]:
    """Return the cells of each period of an axis: those with a measure that is not zero."""
    shape = (len(axis.periods), len(place))
    filled = Filled(
        np.empty(shape, np.uint16),
        np.empty(shape, np.uint16),
        np.empty(shape, np.int32),
        np.empty(shape, np.int64),
        np.empty(shape, np.int64),
        np.empty(shape, np.int64),
    )
    first = plan.month_place[np.maximum(axis.first, 0)]
    last = plan.month_place[axis.last]
    chosen = np.flatnonzero(plan.active[number][CATEGORY_BREAKDOWN[category]])
    turns = counts.wide[:, plan.offset[number] :]
    columns: tuple[Any, ...] = filled
    sizes = np.zeros(len(axis.periods), np.int64)
    _compact(chosen, place, category, turns, counts.sums, first, last, filled, sizes)
    return [Cells(*(column[period, :size] for column in columns)) for period, size in enumerate(sizes.tolist())]


class Filled(NamedTuple):
    """The columns of ``schemas.figures.Cells`` by (period, cell), filled from the left."""

    place: UInt16
    category: UInt16
    beneficiaries: Int32
    amount_cents: Int64
    state_share_cents: Int64
    days: Int64


@loop
def _add_child(child: Counts, counts: Counts) -> None:
    """Add the turns and sums of a child to those of its parent."""
    for place in range(len(child.slots)):
        for category in range(CATEGORY_COUNT):
            cell, target = child.slots[place, category], counts.slots[place, category]
            if cell != ABSENT:
                for at in range(child.own.shape[1]):
                    counts.own[target, at] += child.own[cell, at]
                    counts.wide[target, at] += child.wide[cell, at]
                _add(child.sums, cell, counts.sums, target)


@loop
def _add_up(plan: Plan, counts: Counts, margins: Int16) -> None:
    """Add base cells to their margins and each place to the next larger one, and run along the axes and months."""
    for number in range(len(plan.upwards)):
        place = plan.upwards[number]
        if number < len(plan.place_of):  # a municipality
            for category in range(CATEGORY_COUNT):
                _add_to_margins(place, category, counts, margins)
        for category in range(CATEGORY_COUNT):
            cell = counts.slots[place, category]
            if cell != ABSENT:
                _add_to_parent(cell, plan.parent_of[place], category, counts)
                _run_along(cell, plan, counts)


@inlined
def _add_to_margins(place: Whole, category: Whole, counts: Counts, margins: Int16) -> None:
    """Add the sums of a base cell to the cells of which it is a part, in the same place."""
    cell = counts.slots[place, category]
    if cell == ABSENT:
        return
    for number in range(MOST_MARGINS):
        margin = margins[category, number]
        if margin != ABSENT:
            _add(counts.sums, cell, counts.sums, counts.slots[place, margin])


@inlined
def _add_to_parent(cell: Whole, parent: Whole, category: Whole, counts: Counts) -> None:
    """Add the sums and turns of a place, whole by now, to the next larger one; its own turns to its persons too."""
    for at in range(counts.own.shape[1]):
        counts.wide[cell, at] += counts.own[cell, at]
    if parent != ABSENT:
        target = counts.slots[parent, category]
        for at in range(counts.own.shape[1]):
            counts.own[target, at] += counts.own[cell, at]
        _add(counts.sums, cell, counts.sums, target)


@inlined
def _add(sums: Int64, cell: Whole, others: Int64, target: Whole) -> None:
    for month in range(sums.shape[1]):
        for measure in range(SUMS):
            others[target, month, measure] += sums[cell, month, measure]


@inlined
def _run_along(cell: Whole, plan: Plan, counts: Counts) -> None:
    """Turn the turns of a cell into persons along each axis, and its sums into running sums along the months."""
    for axis in range(len(plan.low)):
        for place in range(plan.offset[axis] + 1, plan.offset[axis + 1]):
            counts.wide[cell, place] += counts.wide[cell, place - 1]
    for month in range(1, counts.sums.shape[1]):
        for measure in range(SUMS):
            counts.sums[cell, month, measure] += counts.sums[cell, month - 1, measure]


@loop
def _compact(
    chosen: Int64,
    place: UInt16,
    category: UInt16,
    persons: Int32,
    sums: Int64,
    first: Int16,
    last: Int16,
    filled: Filled,
    sizes: Int64,
) -> None:
    """Copy the cells that are not all zero, period by period; count in ``sizes`` how many each period has."""
    for number in range(len(chosen)):
        cell = chosen[number]
        for period in range(len(first)):
            beneficiaries = persons[cell, period]
            end, before = last[period], first[period] - 1
            amount, share, days = sums[cell, end, 0], sums[cell, end, 1], sums[cell, end, 2]
            if before >= 0:
                amount -= sums[cell, before, 0]
                share -= sums[cell, before, 1]
                days -= sums[cell, before, 2]
            if beneficiaries == 0 and amount == 0 and share == 0 and days == 0:
                continue
            at = sizes[period]
            sizes[period] += 1
            filled.place[period, at] = place[cell]
            filled.category[period, at] = category[cell]
            filled.beneficiaries[period, at] = beneficiaries
            filled.amount_cents[period, at] = amount
            filled.state_share_cents[period, at] = share
            filled.days[period, at] = days
