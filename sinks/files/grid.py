"""Public figures of one support as grids: for each breakdown a row for each place and category, a column a period.

Kinds of nothing stay apart. A cell that was published without beneficiaries is 0. A code under which no OCMW of the
period counts can have none, nor can a municipality without OCMW: that cell is MISSING, unless someone was counted.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.breakdowns import CATEGORIES, CATEGORY_NUMBER, codes
from schemas.parameters import document
from schemas.periods import LENGTH, Period
from schemas.places import LEVELS, MUNICIPALITY, PLACE_NUMBER, PLACES, ancestors, valid_code
from schemas.releases import Entry
from schemas.rungs import CATEGORY_RUNG, FULL, rungs_of
from sinks.protocol import Store

MISSING = -1
HIDDEN = -2
"""A count that nobody may know (F3); a workbook shows a mark in its place."""
WITHOUT_OCMW: frozenset[str] = frozenset(document("publication")["without_ocmw"])


class PublicPeriod(NamedTuple):
    """A period whose figures are public, and what the release says of it."""

    period: Period
    entry: Entry


class Area(NamedTuple):
    """Which places have rows: ``fixed`` is the month of a fixed geography (ordinal), None for the codes of then (D3).

    ``ocmw`` keeps one municipality, None all places.
    """

    fixed: int | None = None
    ocmw: str | None = None


class Grid(NamedTuple):
    """Beneficiaries of one breakdown: ``values[place, category, period]``, MISSING where nothing can be counted.

    ``places`` are place numbers; only categories that occur in some period are there, in a reader's order.
    """

    places: tuple[int, ...]
    categories: tuple[str, ...]
    periods: tuple[PublicPeriod, ...]
    values: npt.NDArray[np.int32]


def grids(store: Store, periods: tuple[PublicPeriod, ...], breakdowns: Iterable[str], area: Area) -> dict[str, Grid]:
    """Return the grids of some breakdowns, reading each block once.

    Rows are the places of the area that exist in some of the periods, or that someone was counted in, by level, then
    code.
    """
    keys = [(breakdown, code) for breakdown in breakdowns for code in codes(breakdown)]
    counts = _values(store, periods, [CATEGORY_NUMBER[key] for key in keys])
    exists = _exists(periods, area.fixed)
    has_row = np.logical_or(exists.any(axis=1), (counts != 0).any(axis=(1, 2)))
    places = _in_order(has_row, area.ocmw)
    values = counts[places]
    values[~_has_ocmw(exists, places)[:, None, :] & (values == 0)] = MISSING
    return {breakdown: _grid(breakdown, keys, tuple(places), periods, values) for breakdown in dict(keys)}


def mean_of_months(grid: Grid, at: int, months: Grid) -> npt.NDArray[np.float64] | None:
    """Return the mean of the months of period ``at``, to one decimal (half up), for each place and category.

    None when not all of its months are public; MISSING where the period's own figure is. A mean is no unique count.
    """
    period = grid.periods[at].period
    inside = [n for n, one in enumerate(months.periods) if period.first <= one.period.last <= period.last]
    if len(inside) < LENGTH[period.kind]:
        return None
    sums = np.zeros((len(PLACES), len(grid.categories)), np.int64)
    unknown = np.zeros((len(PLACES), len(grid.categories)), np.bool_)
    for column, category in enumerate(grid.categories):
        if category in months.categories:
            counts = months.values[:, months.categories.index(category), inside]
            sums[list(months.places), column] = counts.clip(0).sum(axis=1)
            unknown[list(months.places), column] = (counts == HIDDEN).any(axis=1)
    hidden = unknown[list(grid.places)]
    tenths = (sums[list(grid.places)] * 20 + len(inside)) // (2 * len(inside))
    hidden |= grid.values[:, :, at] == HIDDEN
    means = np.where(grid.values[:, :, at] == MISSING, MISSING, tenths / 10)
    return np.where(hidden, HIDDEN, means)


def _grid(
    breakdown: str,
    keys: list[tuple[str, str]],
    places: tuple[int, ...],
    periods: tuple[PublicPeriod, ...],
    values: npt.NDArray[np.int32],
) -> Grid:
    occurring = np.asarray((values > 0).any(axis=(0, 2)))
    chosen = [at for at, (name, _) in enumerate(keys) if name == breakdown and occurring[at]]
    return Grid(places, tuple(keys[at][1] for at in chosen), periods, values[:, chosen])


def _values(store: Store, periods: tuple[PublicPeriod, ...], categories: list[int]) -> npt.NDArray[np.int32]:
    """Return the beneficiaries of all places, by their number."""
    values = np.zeros((len(PLACES), len(categories), len(periods)), np.int32)
    column = np.full(len(CATEGORIES), -1)
    column[categories] = np.arange(len(categories))
    _hide(values, store, periods, categories)
    filled = [(at, one.entry.public) for at, one in enumerate(periods) if one.entry.public]
    for (at, _), cells in zip(filled, store.read_blocks(ref for _, ref in filled), strict=True):
        place, at_column = cells.place, column[cells.category]
        kept = at_column >= 0
        values[place[kept], at_column[kept], at] = cells.beneficiaries[kept]
    return values


def _hide(
    values: npt.NDArray[np.int32], store: Store, periods: tuple[PublicPeriod, ...], categories: list[int]
) -> None:
    """Mark what stands above the rung of its place, in place; crosses where anybody is counted (F3)."""
    for at, one in enumerate(periods):
        if one.entry.hidden is not None:
            rungs = rungs_of(store.read_block(one.entry.hidden))
            counted = rungs < FULL
            if one.entry.public is not None:
                counted[store.read_block(one.entry.public).place] = True
            hidden = (CATEGORY_RUNG[categories][None, :] > rungs[:, None]) & counted[:, None]
            values[:, :, at][hidden] = HIDDEN


def _in_order(has_row: npt.NDArray[np.bool_], ocmw: str | None) -> npt.NDArray[np.intp]:
    numbers = [number for number in np.flatnonzero(has_row).tolist() if ocmw in (None, PLACES[number][1])]
    order = sorted(numbers, key=lambda number: (LEVELS.index(PLACES[number][0]), PLACES[number][1]))
    return np.array(order, np.intp)


def _has_ocmw(exists: npt.NDArray[np.bool_], places: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    served = np.array([PLACES[number][1] not in WITHOUT_OCMW for number in places], np.bool_)
    served_then: npt.NDArray[np.bool_] = exists[places] & served[:, None]
    return served_then


def _exists(periods: tuple[PublicPeriod, ...], fixed: int | None) -> npt.NDArray[np.bool_]:
    """Whether an OCMW of each period counts in a place (by number), under its code of then or of the fixed day."""
    first, last = _validity()
    start = np.array([one.period.first for one in periods])
    end = np.array([one.period.last for one in periods])
    overlaps = (first[:, None] <= end) & (start <= last[:, None])
    exists = np.zeros((len(PLACES), len(periods)), np.bool_)
    for nis, lives in zip(MUNICIPALITY, overlaps, strict=True):
        for place in ancestors(nis if fixed is None else valid_code(nis, fixed)).items():
            exists[PLACE_NUMBER[place]] |= lives
    return exists


@cache
def _validity() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    for_ever = np.iinfo(np.int64).max
    entries = MUNICIPALITY.values()
    first = np.array([entry.first for entry in entries], np.int64)
    return first, np.array([for_ever if entry.last is None else entry.last for entry in entries], np.int64)
