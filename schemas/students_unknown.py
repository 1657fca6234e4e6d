"""Municipalities and months in which no form told who is a student: the parameter ``students_unknown`` (F4).

There each living wage counts as that of no student. So LL_STUD says too few, LL_OTHER too many, and LL is right; as LL
is shown, either of the two would tell the other. A row is one text, ``44021,2023-01,2023-12``: the NIS code of the
OCMW as its statements write it, the first month and the last one that its living wages cover.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from schemas.periods import Period, month_code, parse_month
from schemas.places import MUNICIPALITY, PLACE_NUMBER, valid_code

COLUMNS: tuple[str, ...] = ("nis", "from", "to")
SUPPORTS: frozenset[str] = frozenset({"LL_OTHER", "LL_STUD"})
"""Nodes that say too few or too many there; both are hidden, for LL less one of them is the other."""


class StudentsUnknownError(ValueError):
    """A row that cannot be; the text is a sentence about it, and shows nothing of it."""


def row_of(nis: str, first: str, last: str) -> str:
    """Return a row. Raises StudentsUnknownError with the column, never with what stands in it."""
    if nis not in MUNICIPALITY:
        message = "nis is no NIS code of a municipality; write its five digits, as 44021"
        raise StudentsUnknownError(message)
    for name, month in (("from", first), ("to", last)):
        try:
            parse_month(month)
        except ValueError:
            message = f"{name} is no month; write it as 2023-01"
            raise StudentsUnknownError(message) from None
    if parse_month(first) > parse_month(last):
        message = "from is after to"
        raise StudentsUnknownError(message)
    return f"{nis},{first},{last}"


def months(rows: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Return the (NIS code, month) that rows name."""
    parsed = (_parsed(row) for row in rows)
    return frozenset((nis, month) for nis, first, last in parsed for month in range(first, last + 1))


def rows_of(months: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Return the fewest rows that name some (NIS code, month), ascending."""
    rows: list[list[Any]] = []
    for nis, month in sorted(set(months)):
        if rows and rows[-1][0] == nis and rows[-1][2] == month - 1:
            rows[-1][2] = month
        else:
            rows.append([nis, month, month])
    return tuple(row_of(nis, month_code(first), month_code(last)) for nis, first, last in rows)


def hidden_places(rows: tuple[str, ...], period: Period, fixed: int | None) -> tuple[int, ...]:
    """Return the numbers of the municipalities of which a period holds such a month, ascending.

    ``fixed`` is the month of a fixed geography (D3), None where places are as they were in each month (D2).
    """
    by_month = _by_month(rows, fixed)
    nowhere: frozenset[int] = frozenset()
    inside = (by_month.get(month, nowhere) for month in range(period.first, period.last + 1))
    return tuple(sorted(nowhere.union(*inside)))


@lru_cache(maxsize=8)
def _by_month(rows: tuple[str, ...], fixed: int | None) -> dict[int, set[int]]:
    places: dict[int, set[int]] = {}
    for nis, month in months(rows):
        code = valid_code(nis, month if fixed is None else fixed)
        places.setdefault(month, set()).add(PLACE_NUMBER["municipality", code])
    return places


def _parsed(row: str) -> tuple[str, int, int]:
    nis, first, last = row.split(",")
    return nis, parse_month(first), parse_month(last)
