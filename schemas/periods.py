"""Months and the periods made of them (E1, E5).

A month is an *ordinal*: whole months since 1900-01, so 2024-03 is 1490. Ordinals index arrays and subtract;
people and events write months as ``YYYYMM`` and periods as ``2024-03``, ``2024-Q1``, ``2024``, ``R12-2024-03``.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from schemas.parameters import document

PeriodKind = Literal["month", "quarter", "year", "rolling_year"]
KINDS: tuple[PeriodKind, ...] = ("month", "quarter", "year", "rolling_year")
LENGTH: dict[PeriodKind, int] = {"month": 1, "quarter": 3, "year": 12, "rolling_year": 12}

EPOCH_YEAR = 1900
MONTHS_PER_YEAR = 12

_CODE = re.compile(r"(?P<rolling>R12-)?(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


def ordinal(year: int, month: int) -> int:
    """Return the ordinal of a calendar month (``month`` from 1)."""
    return (year - EPOCH_YEAR) * MONTHS_PER_YEAR + month - 1


def parse_month(text: str) -> int:
    """Return the ordinal of ``2024-03``; raises ValueError for anything else."""
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if match is None:
        message = f"{text!r} is not a month; write it as 2024-03"
        raise ValueError(message)
    return ordinal(int(match[1]), int(match[2]))


def from_yyyymm(value: int) -> int | None:
    """Return the ordinal of an event's ``YYYYMM``, or None outside the months an event may name."""
    year, month = divmod(value, 100)
    if not 1 <= month <= MONTHS_PER_YEAR:
        return None
    month_ordinal = ordinal(year, month)
    return month_ordinal if FIRST_MONTH <= month_ordinal <= LAST_MONTH else None


def to_yyyymm(month: int) -> int:
    """Return ``YYYYMM`` of an ordinal."""
    year, index = divmod(month, MONTHS_PER_YEAR)
    return (year + EPOCH_YEAR) * 100 + index + 1


def month_code(month: int) -> str:
    """Return ``2024-03`` of an ordinal."""
    year, index = divmod(month, MONTHS_PER_YEAR)
    return f"{year + EPOCH_YEAR:04d}-{index + 1:02d}"


def month_of(day: date) -> int:
    """Return the ordinal of the month that holds ``day``."""
    return ordinal(day.year, day.month)


def month_of_days(days: int) -> int:
    """Return the ordinal of the month that holds a day given since 1970-01-01; the day must be a date of Python."""
    return month_of(date.fromordinal(date(EPOCH_YEAR + 70, 1, 1).toordinal() + days))


def day_in(month: int, day: int) -> date:
    """Return a day (from 1) of the month with this ordinal."""
    year, index = divmod(month, MONTHS_PER_YEAR)
    return date(year + EPOCH_YEAR, index + 1, day)


def days_in(month: int) -> int:
    """Return the number of days of the month with this ordinal."""
    year, index = divmod(month, MONTHS_PER_YEAR)
    return calendar.monthrange(year + EPOCH_YEAR, index + 1)[1]


_EVENTS = document("limits")["events"]
FIRST_MONTH = parse_month(_EVENTS["first_month"])
LAST_MONTH = parse_month(_EVENTS["last_month"])
MONTH_COUNT = LAST_MONTH - FIRST_MONTH + 1


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A month, quarter, year or rolling year; ``last`` is the ordinal of its last month.

    Raises ValueError where no such period exists (a quarter that does not end in March, June, September, December).
    """

    kind: PeriodKind
    last: int

    def __post_init__(self) -> None:
        """Refuse a quarter or year that does not end where the calendar's do."""
        aligned = self.kind in ("month", "rolling_year") or (self.last + 1) % LENGTH[self.kind] == 0
        if self.kind not in LENGTH or not aligned:
            message = f"no {self.kind} ends in {month_code(self.last)}"
            raise ValueError(message)

    @property
    def first(self) -> int:
        """Ordinal of the first month."""
        return self.last - LENGTH[self.kind] + 1

    @property
    def code(self) -> str:
        """The code that people write: ``2024-03``, ``2024-Q1``, ``2024``, ``R12-2024-03``."""
        if self.kind == "month":
            return month_code(self.last)
        if self.kind == "rolling_year":
            return f"R12-{month_code(self.last)}"
        year, index = divmod(self.last, MONTHS_PER_YEAR)
        return f"{year + EPOCH_YEAR:04d}" + (f"-Q{index // 3 + 1}" if self.kind == "quarter" else "")

    @classmethod
    def parse(cls, code: str) -> Self:
        """Return the period of a code; raises ValueError with a sentence for anything else."""
        match = _CODE.fullmatch(code)
        rolling_without_month = match is not None and match["rolling"] and not match["month"]
        if match is None or rolling_without_month:
            message = f"{code!r} is not a period; write 2024-03, 2024-Q1, 2024 or R12-2024-03"
            raise ValueError(message)
        year = int(match["year"])
        if match["month"]:
            return cls("rolling_year" if match["rolling"] else "month", ordinal(year, int(match["month"])))
        if match["quarter"]:
            return cls("quarter", ordinal(year, 3 * int(match["quarter"])))
        return cls("year", ordinal(year, MONTHS_PER_YEAR))

    @classmethod
    def holding(cls, kind: PeriodKind, month: int) -> tuple[Self, ...]:
        """Return the periods of a kind that hold a month: one, or the twelve rolling years (E5)."""
        if kind == "rolling_year":
            return tuple(cls(kind, month + ahead) for ahead in range(LENGTH[kind]))
        length = LENGTH[kind]
        return (cls(kind, month // length * length + length - 1),)
