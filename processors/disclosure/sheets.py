"""The counts of one period and what they allow, as what hides and what proves read them (F3)."""

from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, inlined
from processors.disclosure.shape import NONE, Lists, Shape
from schemas.arrays import Int8, Int32, Int64, Mask

FREE = 1 << 30
"""Much: as often as one likes."""
PLACE, NODE, PERSON, CLASS = range(4)
"""Wholes of a count: the area, the support above, all persons, the wide class."""


class Sheet(NamedTuple):
    """The counts of one period, a line for each unit and a column for each column of the shape, and its rungs.

    A count may shrink by ``spare``, and come nearer by ``slack`` to each of its wholes. ``counted`` (support,
    characteristic) tells whether the period has the characteristic for a support. ``towns`` and ``leaves`` are the
    leaves of the trees of places and supports, within each list those with most persons first, for they give most in
    one move.
    """

    counts: Int32
    spare: Int32
    slack: Int32
    rungs: Int8
    counted: Mask
    towns: Int32
    leaves: Int32


def sheet_of(counts: Int32, rungs: Int8, shape: Shape, floor: Int32 | None = None) -> Sheet:
    """Return the sheet of a period; the rungs are copied.

    ``floor`` is the most that any period within this one has of each count, which its own is never below.
    """
    places = len(shape.places.above)
    by_node = counts.reshape(-1, places, counts.shape[1])
    counted = _counted(counts, shape)
    least = np.zeros_like(counts) if floor is None else floor.copy()
    least[:, 0] = np.maximum(least[:, 0], counts[:, 0] > 0)
    has = _has(counted, shape)
    return Sheet(
        counts,
        np.where(has, np.maximum(counts - least, 0), FREE).astype(np.int32),
        _slack(counts, has, shape),
        rungs.astype(np.int8),
        counted,
        _largest_first(shape.places.leaves, by_node[:, :, 0].sum(axis=0)),
        _largest_first(shape.nodes.leaves, by_node[:, :, 0].sum(axis=1)),
    )


def _counted(counts: Int32, shape: Shape) -> Mask:
    """Return which characteristics each support has."""
    by_node = counts.reshape(-1, len(shape.places.above), counts.shape[1])
    has = [by_node[:, :, first:stop].any(axis=(1, 2)) for first, stop in shape.groups.span]
    return np.array(has, np.bool_).reshape(len(has), -1).T.copy()


def _has(counted: Mask, shape: Shape) -> Mask:
    """Return for each unit and column whether the period has it."""
    columns = np.ones((len(counted), len(shape.group)), np.bool_)
    in_group = shape.group != NONE
    columns[:, in_group] = counted[:, shape.group[in_group]]
    return np.repeat(columns, len(shape.places.above), axis=0)


def _slack(counts: Int32, has: Mask, shape: Shape) -> Int32:
    """Return how near each count may come to its wholes: a part exceeds none by more than it truly does."""
    slack = np.full((*counts.shape, 4), FREE, np.int32)
    wide = len(shape.places.above)
    node, place = np.divmod(np.arange(len(counts)), wide)
    wholes = (
        (PLACE, shape.places.above[place], node * wide + shape.places.above[place]),
        (NODE, shape.nodes.above[node], shape.nodes.above[node] * wide + place),
    )
    for which, above, whole in wholes:
        mine = np.flatnonzero(above != NONE)
        slack[mine, :, which] = np.maximum(counts[whole[mine]] - counts[mine], 0)
    slack[:, 1:, PERSON] = np.maximum(counts[:, :1] - counts[:, 1:], 0)
    inner = shape.wide != NONE
    slack[:, inner, CLASS] = np.maximum(counts[:, shape.wide[inner]] - counts[:, inner], 0)
    slack[~has] = FREE
    return slack


def _largest_first(lists: Lists, size: Int64) -> Int32:
    """Return the items of lists, within each list those of most persons first."""
    number = np.repeat(np.arange(len(lists.first) - 1), np.diff(lists.first))
    return lists.items[np.lexsort((lists.items, -size[lists.items], number))]


@inlined
def may_change(sheet: Sheet, shape: Shape, unit: Whole, column: Whole) -> bool:
    """Tell whether a count is hidden, or is not there at all."""
    group = shape.group[column]
    if group != NONE and not sheet.counted[unit // len(shape.places.above), group]:
        return True
    return bool(sheet.rungs[unit] < shape.rung[column])
