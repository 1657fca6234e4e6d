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

    A count may shrink by ``spare``, and come nearer by ``slack`` to each of its wholes; ``has_tight`` tells whether it
    has areas or supports within it that may come only so near to it, ``is_tight`` whether a unit has such classes.
    ``counted`` (support, characteristic) tells whether the period has the characteristic for a support. ``towns`` are
    the municipalities of each place, those with most persons first.
    """

    counts: Int32
    spare: Int32
    slack: Int32
    has_tight: Mask
    is_tight: Mask
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
    tight = slack < FREE
    return Sheet(
        most,
        spare.astype(np.int32),
        slack,
        _has_tight(tight, shape),
        np.asarray(tight[:, :, (PERSON, CLASS)].any(axis=(1, 2))),
        counted,
        _largest_first(shape.places.leaves, totals),
    )


def _has_tight(tight: Mask, shape: Shape) -> Mask:
    """Return which counts have an area or a support within them that may come only so near."""
    has = np.zeros(tight.shape[:2], np.bool_)
    for which, whole, parts in _wholes(shape):
        np.logical_or.at(has, whole, tight[parts, :, which])
    return has


def _wholes(shape: Shape) -> list[tuple[int, Int32, Int32]]:
    """Return the areas and the supports right above units: which they are, the wholes and the parts."""
    wide = len(shape.places.above)
    node, place = np.divmod(np.arange(len(shape.nodes.above) * wide, dtype=np.int32), np.int32(wide))
    over_place, over_node = shape.places.above[place], shape.nodes.above[node]
    units = node * wide + place
    return [
        (PLACE, (node * wide + over_place)[over_place != NONE], units[over_place != NONE]),
        (NODE, (over_node * wide + place)[over_node != NONE], units[over_node != NONE]),
    ]


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
    for which, whole, parts in _wholes(shape):
        slack[parts, :, which] = np.maximum(counts[whole] - counts[parts], 0)
    slack[:, 1:, PERSON] = np.maximum(counts[:, :1] - counts[:, 1:], 0)
    inner = shape.wide != NONE
    slack[:, inner, CLASS] = np.maximum(counts[:, shape.wide[inner]] - counts[:, inner], 0)
    slack[~has] = FREE
    return slack


def _largest_first(lists: Lists, size: Int64) -> Int64:
    """Return the items of lists, within each list those of most persons first."""
    number = np.repeat(np.arange(len(lists.first) - 1), np.diff(lists.first))
    return lists.items[np.lexsort((lists.items, -size[lists.items], number))].astype(np.int64)
