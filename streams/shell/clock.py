"""The wall clock, read here and nowhere else: for ages, approvals and logs that people look at, never for figures."""

import time
from datetime import UTC, date, datetime

from schemas.periods import month_of


def now() -> float:
    """Return seconds since 1970."""
    return time.time()


def instant() -> datetime:
    """Return the time, in UTC."""
    return datetime.fromtimestamp(now(), UTC)


def minute(seconds: float) -> str:
    """Return a moment (seconds since 1970) as people read it, to the minute, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def today() -> date:
    """Return the day, in UTC."""
    return instant().date()


def next_month() -> int:
    """Return the month after this one, as an ordinal: the last that an update may refer to without being asked."""
    return month_of(today()) + 1
