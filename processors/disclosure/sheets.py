"""The counts of one period and by how much they may shrink and still fit all that is known of them (F3)."""

from typing import NamedTuple

import numpy as np

from processors.disclosure.shape import NONE, Lists, Shape
from schemas.arrays import Int32, Int64, Mask

FREE = 1 << 30
"""Much: as often as one likes."""
PLACE, NODE, PERSON, CLASS = range(4)
"""Wholes of a count: the area, the support above, all persons, the wide class."""


class Sheet(NamedTuple):
    """The counts of one period, a line for each unit and a column for each column of the shape.

    A count may shrink by ``spare``, and come nearer by ``slack`` to each of its wholes. ``counted`` (support,
    characteristic) tells whether the period has the characteristic for a support. ``towns`` are the municipalities of
    each place, those with most persons first.
    """

    counts: Int32
    spare: Int32
    slack: Int32
    counted: Mask
    towns: Int64


def sheet_of(counts: Int32, floor: Int32, shape: Shape, ample: int) -> Sheet:
    """Return the sheet of a period.

    ``floor`` is the most that any period within this one has of each count, which its own is never below; where it is,
    for it was published at another update, nobody can be spared. What can spare ``ample`` persons is never in the way,
    so it counts as free.
    """
    counted = _counted(counts, shape)
    has = _has(counted, shape)
    least = floor.copy()
    least[:, 0] = np.maximum(least[:, 0], counts[:, 0] > 0)
    spare = np.maximum(counts - least, 0)
    spare[~has] = FREE
    slack = _slack(counts, has, shape)
    spare[spare >= ample] = FREE
    slack[slack >= ample] = FREE
    most = np.maximum(counts, floor)
    totals = most[:, 0].reshape(-1, len(shape.places.above)).sum(axis=0)
    return Sheet(most, spare.astype(np.int32), slack, counted, _largest_first(shape.places.leaves, totals))


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


def _largest_first(lists: Lists, size: Int64) -> Int64:
    """Return the items of lists, within each list those of most persons first."""
    number = np.repeat(np.arange(len(lists.first) - 1), np.diff(lists.first))
    return lists.items[np.lexsort((lists.items, -size[lists.items], number))].astype(np.int64)
