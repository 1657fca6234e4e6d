"""What every generator of service records draws from: one stream of numbers, the period, and the rates.

The same options give the same records: draws come in one order, and nothing else is asked.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from schemas.parameters import document
from schemas.periods import day_in, days_in
from schemas.places import MUNICIPALITY
from schemas.services.days import day_of
from schemas.services.records import Day, Instant

_DAY_MILLISECONDS = 24 * 3600 * 1000


def rates() -> dict[str, Any]:
    """Return the rates of the records of services (``generator.yaml``); each is a choice."""
    section: dict[str, Any] = document("generator")["services"]
    return section


@dataclass(frozen=True, slots=True)
class Drawing:
    """A stream of draws, the days of the period, and the OCMWs that there are at its end."""

    numbers: np.random.Generator
    first: Day
    last: Day
    ocmws: tuple[int, ...]

    def happens(self, rate: float) -> bool:
        """Draw whether something happens."""
        return bool(self.numbers.random() < rate)

    def whole(self, least: int, most: int) -> int:
        """Draw a whole number, both ends included."""
        return int(self.numbers.integers(least, most + 1))

    def one(self, *of: Any) -> Any:  # noqa: ANN401 - whatever is chosen from
        """Draw one of some values."""
        return of[self.whole(0, len(of) - 1)]

    def ocmw(self) -> int:
        """Draw an OCMW."""
        return self.ocmws[self.whole(0, len(self.ocmws) - 1)]

    def day(self, first: Day | None = None, last: Day | None = None) -> Day:
        """Draw a day of the period, or between two."""
        return self.whole(self.first if first is None else first, self.last if last is None else last)

    def identity(self) -> bytes:
        """Draw an identity."""
        return self.numbers.bytes(16)

    def keyed_hash(self) -> int:
        """Draw a keyed hash, never 0."""
        return self.whole(1, 2**62)

    def during(self, day: Day) -> Instant:
        """Draw an instant of a day, in office hours."""
        return day * _DAY_MILLISECONDS + self.whole(8 * 3600, 16 * 3600) * 1000


def drawing(first_month: int, last_month: int, seed: int) -> Drawing:
    """Return the draws of a period of months (ordinals) and a seed."""
    codes = tuple(
        int(nis)
        for nis, one in MUNICIPALITY.items()
        if one.first <= last_month and (one.last is None or one.last >= last_month)
    )
    start, end = day_in(first_month, 1), day_in(last_month, days_in(last_month))
    return Drawing(np.random.default_rng([seed, 14]), day_of(start), day_of(end), codes)
