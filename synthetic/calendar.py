"""Days and amounts of months, for arrays of months (ordinals)."""

from datetime import date

import numpy as np

from schemas.parameters import table
from schemas.periods import day_in, days_in, month_of
from synthetic.columns import Floats, Ints, Small

NEVER = 2**30
"""A month after all months."""

_EPOCH = date(1970, 1, 1).toordinal()
_EPOCH_MONTH = month_of(date(1970, 1, 1))


class Calendar:
    """First day (days since 1970-01-01) and length of each month from ``first`` to ``last``."""

    def __init__(self, first: int, last: int) -> None:
        """Look up the months once."""
        self.first, self.last = first, last
        months = range(first, last + 1)
        self._starts = np.array([day_in(month, 1).toordinal() - _EPOCH for month in months], dtype=np.int64)
        self._lengths = np.array([days_in(month) for month in months], dtype=np.int64)

    def start(self, month: Ints | Small) -> Ints:
        """Return the first day of each month."""
        return self._starts[month - self.first]

    @staticmethod
    def day_of(month: Ints | Small) -> Ints:
        """Return the first day of each month, also of months outside of the calendar."""
        days: Ints = (
            (np.asarray(month, np.int64) - _EPOCH_MONTH).astype("datetime64[M]").astype("datetime64[D]").view(np.int64)
        )
        return days

    @staticmethod
    def month_of_day(day: Ints) -> Ints:
        """Return the month that holds each day."""
        months: Ints = day.astype("datetime64[D]").astype("datetime64[M]").view(np.int64) + _EPOCH_MONTH
        return months

    def length(self, month: Ints | Small) -> Ints:
        """Return the number of days of each month."""
        return self._lengths[month - self.first]


def living_wages(first: int, last: int) -> Ints:
    """Return euro cents a month for each month from ``first`` to ``last`` (row) and category A, B, E (column).

    Before the first amount known the first is used; a category that a date does not give keeps its last amount.
    """
    known: list[tuple[int, list[float]]] = []
    for row in table("leefloon_amounts"):
        cells = [row["cat1_cohabitant_A_month"], row["cat2_single_B_month"], row["cat3_family_E_month"]]
        before = known[-1][1] if known else [0.0, 0.0, 0.0]
        euros = [float(cell) if cell else kept for cell, kept in zip(cells, before, strict=True)]
        known.append((month_of(date.fromisoformat(row["valid_from"])), euros))
    since = np.array([month for month, _ in known])
    version: Ints = np.searchsorted(since, np.arange(first, last + 1), side="right").clip(min=1) - 1
    cents: Floats = np.rint(100 * np.array([euros for _, euros in known])[version])
    return cents.astype(np.int64)
