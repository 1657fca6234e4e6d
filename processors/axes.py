"""Which periods an update must count again, and how months fall into them.

A touched month reaches its month, quarter, year and the twelve rolling years that hold it (E1, E5). An *axis* lists
periods of one kind, ascending; the periods of an axis that hold a given month always lie next to each other on it.
Axes are cut in stretches of a few years, so that the arrays of a count stay small however long the history is.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.periods import KINDS, MONTH_COUNT, MONTHS_PER_YEAR, Period, PeriodKind

STRETCH = 4 * MONTHS_PER_YEAR
"""Months spanned by the last months of the periods that are counted together; more memory, less repeated gathering."""


class Axis(NamedTuple):
    """Periods of one kind: period i is ``periods[i]``.

    ``low[m]`` and ``high[m]`` are the first and last place on the axis of the periods that hold month m (an ordinal),
    ``low > high`` where none does; ``first`` and ``last`` are the months of each period.
    """

    kind: PeriodKind
    periods: tuple[Period, ...]
    low: npt.NDArray[np.int16]
    high: npt.NDArray[np.int16]
    first: npt.NDArray[np.int16]
    last: npt.NDArray[np.int16]


def axis(kind: PeriodKind, periods: tuple[Period, ...]) -> Axis:
    """Return the axis of some periods of a kind, ascending."""
    first = np.array([period.first for period in periods], np.int16)
    last = np.array([period.last for period in periods], np.int16)
    months = np.arange(MONTH_COUNT)
    low = np.searchsorted(last, months, side="left").astype(np.int16)
    high = (np.searchsorted(first, months, side="right") - 1).astype(np.int16)
    return Axis(kind, periods, low, high, first, last)


def reached(months: Iterable[int], kind: PeriodKind) -> tuple[Period, ...]:
    """Return the periods of a kind that hold one of the months, ascending; none outside the months there can be."""
    periods = {period for month in months for period in Period.holding(kind, month)}
    return tuple(sorted(period for period in periods if period.last < MONTH_COUNT))


def stretches(months: Iterable[int], kinds: Iterable[PeriodKind] = KINDS) -> list[tuple[Axis, ...]]:
    """Return the axes to count after some months were touched, a tuple of one axis a kind for each stretch."""
    touched = list(months)
    chosen: dict[int, dict[PeriodKind, list[Period]]] = {}
    for kind in kinds:
        for period in reached(touched, kind):
            chosen.setdefault(period.last // STRETCH, {}).setdefault(kind, []).append(period)
    return [
        tuple(axis(kind, tuple(periods)) for kind, periods in of_kind.items()) for _, of_kind in sorted(chosen.items())
    ]
