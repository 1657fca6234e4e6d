"""The counts and rungs of one period, as what hides and what proves read them (F3)."""

from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, inlined
from processors.disclosure.shape import NONE, Lists, Shape
from schemas.arrays import Bytes, Int8, Int32, Int64, Mask

SMALL, SMALL_BEFORE = 1, 2
"""Bits of a flag: the count is small in this period; it is small, and hidden, in a month of it."""


class Sheet(NamedTuple):
    """The counts of one period, a line for each unit and a column for each column of the shape, and its rungs.

    ``least`` is what the months of the period have of each count (0 for months), ``flags`` which counts are small,
    ``printed`` which units have figures in the zone at all: one without is hidden, and hides nothing that lies below
    it. ``counted`` (support, characteristic) tells whether the period has the characteristic for a support. ``towns``
    and ``leaves`` are the leaves of the trees of places and supports, within each list those with most persons first,
    for they give most in one move.
    """

    counts: Int32
    least: Int32
    flags: Bytes
    rungs: Int8
    printed: Mask
    counted: Mask
    towns: Int32
    leaves: Int32


def sheet_of(counts: Int32, rungs: Int8, shape: Shape, threshold: int) -> Sheet:
    """Return the sheet of a month, with all figures in the zone; the rungs are copied."""
    places = len(shape.places.above)
    by_node = counts.reshape(-1, places, counts.shape[1])
    counted = [by_node[:, :, first:stop].any(axis=(1, 2)) for first, stop in shape.groups.span]
    return Sheet(
        counts,
        np.zeros_like(counts),
        np.where((counts > 0) & (counts < threshold), SMALL, 0).astype(np.uint8),
        rungs.astype(np.int8),
        np.ones(len(counts), np.bool_),
        np.array(counted, np.bool_).reshape(len(counted), -1).T.copy(),
        _largest_first(shape.places.leaves, by_node[:, :, 0].sum(axis=0)),
        _largest_first(shape.nodes.leaves, by_node[:, :, 0].sum(axis=1)),
    )


def with_month(sheet: Sheet, month: Int32, rungs: Int8, shape: Shape, threshold: int) -> Sheet:
    """Return a sheet with a month that it holds: none of its counts can be less than what the month shows of it."""
    before = np.where((month > 0) & (month < threshold), SMALL_BEFORE, 0).astype(np.uint8)
    is_shown = rungs[:, None] >= shape.rung[None, :]
    least = np.minimum(np.maximum(sheet.least, np.where(is_shown, month, 0)), sheet.counts)
    return sheet._replace(least=least, flags=sheet.flags | before)


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
