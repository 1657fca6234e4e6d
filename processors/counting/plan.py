"""What a count of one node needs, as kernels read it, and the arrays it fills; see ``processors.counting.counting``."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from processors.axes import Axis
from processors.rules import (
    age5_of_age13,
    category_of_code,
    month_days,
    parent_of_place,
    part_of_leaf,
    place_of_municipality,
    shown_municipality,
    upwards,
)
from schemas import breakdowns
from schemas.arrays import Int8, Int16, Int32, Int64, Mask
from schemas.breakdowns import BREAKDOWNS, CATEGORIES
from schemas.periods import MONTH_COUNT
from schemas.places import LEVELS
from schemas.settings import FigureSettings
from schemas.supports import Node

ABSENT = -1
LEVEL_COUNT, BREAKDOWN_COUNT, CATEGORY_COUNT = len(LEVELS), len(BREAKDOWNS), len(CATEGORIES)
MUNICIPAL = LEVELS.index("municipality")
TOTAL, SEX, AGE5, AGE13, HOUSEHOLD, GROUP, NATIONALITY, STATUS = (
    BREAKDOWNS.index(name)
    for name in ("total", "sex", "age5", "age13", "household", "nationality_group", "nationality", "status")
)
SEX_AGE5, SEX_AGE13, HOUSEHOLD_AGE5, GROUP_AGE5 = (
    BREAKDOWNS.index(name) for name in ("sex_age5", "sex_age13", "household_age5", "nationality_group_age5")
)
BASES = (SEX_AGE13, HOUSEHOLD_AGE5, GROUP_AGE5, NATIONALITY, STATUS)
"""Breakdowns of which all others are margins: sums of rows are written for these alone."""
MOST_MARGINS = 5
SUMS = 3
"""Amount, state share and days."""


class Plan(NamedTuple):
    """What to count in one node, as kernels read it.

    ``part_of_leaf``: part by view and leaf, ABSENT elsewhere; the first view is that of the node, the others those of
    the children whose counts are at hand; ``child_of_leaf`` tells in which of them a leaf lies. ``shown_as``,
    ``place_of``, ``parent_of``, ``category_of``, ``age5_of``: see ``processors.rules``. ``upwards``: all places, each
    before the one that holds it, so municipalities first. ``low``, ``high``: places of a month on each axis;
    ``offset``: where the axis begins in the arrays of turns; ``active``: breakdowns by axis; ``bases``: those whose
    sums are written. ``month_place``: place of a month in the arrays of sums; ``month_days``: its length.
    """

    part_of_leaf: Int8
    child_of_leaf: Int8
    parts: int
    shown_as: Int16
    place_of: Int16
    parent_of: Int16
    upwards: Int16
    category_of: Int16
    age5_of: Int8
    low: Int16
    high: Int16
    offset: Int64
    active: Mask
    bases: Int8
    month_place: Int16
    month_days: Int8


def plan_of(
    node: Node, axes: tuple[Axis, ...], months: Mask, settings: FigureSettings, children: Sequence[Node] = ()
) -> Plan:
    """Return the plan of a node over some axes; ``months`` is the mask of months whose rows are at hand.

    ``children`` are those below the node whose counts are at hand: all of them, or none.
    """
    month_place = np.full(MONTH_COUNT, ABSENT, np.int16)
    month_place[months] = np.arange(months.sum())
    return Plan(
        part_of_leaf=np.array([part_of_leaf(view.parts) for view in (node, *children)]),
        child_of_leaf=part_of_leaf(child.leaves for child in children),
        parts=len(node.parts),
        shown_as=shown_municipality(settings),
        place_of=place_of_municipality(),
        parent_of=parent_of_place(),
        upwards=upwards(),
        category_of=category_of_code(),
        age5_of=age5_of_age13(),
        low=np.array([axis.low for axis in axes], np.int16),
        high=np.array([axis.high for axis in axes], np.int16),
        offset=np.cumsum([0, *(len(axis.periods) + 1 for axis in axes)]),
        active=np.array([[_tabulated(name, axis, node) for name in BREAKDOWNS] for axis in axes]),
        bases=np.array([base for base in BASES if base != STATUS or node.status], np.int8),
        month_place=month_place,
        month_days=month_days(settings),
    )


def _tabulated(breakdown: str, axis: Axis, node: Node) -> bool:
    if breakdown == "status" and not node.status:
        return False
    return axis.kind != "rolling_year" or breakdown in breakdowns.ROLLING_YEAR_BREAKDOWNS


class Counts(NamedTuple):
    """Arrays of one count, a row a cell that can occur, cells in order of (place, category).

    ``own`` and ``wide`` hold turns, later persons, by place on the axes; ``sums`` amount, state share and days by
    month. ``slots`` gives the row of (place, category), ABSENT where the cell cannot occur.
    """

    slots: Int32
    own: Int32
    wide: Int32
    sums: Int64
