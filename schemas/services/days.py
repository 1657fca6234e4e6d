"""Days and instants of records, and what the law makes of them: months added, the day in Brussels, codes of a day."""

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR
from schemas.places import MUNICIPALITY, valid_code
from schemas.services.records import Day, Instant

_EPOCH = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = date(1900, 1, 1).toordinal() - _EPOCH, date(2199, 12, 31).toordinal() - _EPOCH
"""Days that a record may name."""
FOREVER: Day = 2**31
"""A day after every other."""
_BRUSSELS = ZoneInfo("Europe/Brussels")
_DAY_MILLISECONDS = 24 * 3600 * 1000


def day_of(value: date) -> Day:
    """Return a date as a day."""
    return value.toordinal() - _EPOCH


def date_of(day: Day) -> date:
    """Return a day as a date; raises ValueError or OverflowError outside the years 1-9999."""
    return date.fromordinal(day + _EPOCH)


def iso_day(day: Day) -> str:
    """Return ``2024-03-01``, or the bare number of days for a day that no calendar has."""
    try:
        return date_of(day).isoformat()
    except (ValueError, OverflowError):
        return str(day)


def iso_instant(at: Instant) -> str:
    """Return ``2024-03-01T10:00:00Z`` (with milliseconds where there are any), or the bare number."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    except OverflowError:
        return str(at)
    return moment.isoformat(timespec="milliseconds" if at % 1000 else "seconds").replace("+00:00", "Z")


def instant_of(moment: datetime) -> Instant:
    """Return a moment with a time zone as milliseconds since 1970, exactly."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def lawful(*days: Day | None) -> bool:
    """Tell whether all days lie in 1900-2199; None is no day."""
    return all(day is None or FIRST_DAY <= day <= LAST_DAY for day in days)


def brussels_day(at: Instant) -> Day:
    """Return the day in Brussels; outside the years that calendars have, the day in UTC."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
        return day_of(moment.astimezone(_BRUSSELS).date())
    except (OverflowError, ValueError):
        return at // _DAY_MILLISECONDS


def plus_months(day: Day, months: int) -> Day:
    """Return the day so many calendar months later; the month's last where there is no such day."""
    start = date_of(day)
    index = start.year * MONTHS_PER_YEAR + start.month - 1 + months
    year, month = divmod(index, MONTHS_PER_YEAR)
    if year > date.max.year:
        return FOREVER
    return day_of(date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1])))


def known_code(ocmw: int) -> bool:
    """Tell whether a code stands in the lists of municipalities."""
    return ocmw >= 0 and f"{ocmw:05d}" in MUNICIPALITY


@lru_cache(maxsize=1 << 16)
def code_on(ocmw: int, day: Day) -> int:
    """Return the code under which a known code counts on a day (D2)."""
    try:
        when = date_of(day)
        month = (when.year - EPOCH_YEAR) * MONTHS_PER_YEAR + when.month - 1
    except (ValueError, OverflowError):
        month = -(2**31) if day < 0 else 2**31
    return int(valid_code(f"{ocmw:05d}", month))


@lru_cache(maxsize=1 << 16)
def same_house(left: int, right: int) -> bool:
    """Tell whether one known code is the other or among those that followed it."""
    return left == right or left in _successors(right) or right in _successors(left)


def _successors(ocmw: int) -> tuple[int, ...]:
    successor = MUNICIPALITY[f"{ocmw:05d}"].successor
    return (int(successor), *_successors(int(successor))) if successor else ()
