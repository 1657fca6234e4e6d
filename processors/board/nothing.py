"""Kinds of nothing: why a cell shows no number above zero, the first reason that holds.

| kind | when |
|---|---|
| no_ocmw | a municipality without an OCMW |
| not_applicable | the place, category or support is not valid in that period |
| waiting | pending, settling, or never published |
| suppressed | below a threshold |
| no_claim | the value is 0, and the OCMW sent no line of the support about any month of the period |

A zero that none of them explains is a zero. An area has no ``no_claim``: others of its OCMWs may have sent lines.
"""

from dataclasses import dataclass
from typing import Literal

from schemas.breakdowns import CROSSES, HOUSEHOLD_NEW, HOUSEHOLD_NEW_FROM, HOUSEHOLD_OLD, ROLLING_YEAR_BREAKDOWNS
from schemas.parameters import document
from schemas.periods import Period
from schemas.places import MUNICIPALITY
from schemas.supports import NODE

Nothing = Literal["no_ocmw", "not_applicable", "waiting", "suppressed", "no_claim"]
KINDS: tuple[Nothing, ...] = ("no_ocmw", "not_applicable", "waiting", "suppressed", "no_claim")
SIGNS: dict[Nothing, str] = {
    "no_ocmw": "×",  # noqa: RUF001 - the sign of the contract
    "not_applicable": "/",
    "waiting": "…",
    "suppressed": "∗",  # noqa: RUF001 - the sign of the contract
    "no_claim": "-",
}
"""What stands in a cell, beside the word."""
JSON_STAT: dict[Nothing, str] = {
    "no_ocmw": "x",
    "not_applicable": "n",
    "waiting": "w",
    "suppressed": "c",
    "no_claim": "q",
}
"""Its letter in the status of a JSON-stat data set."""
WITHOUT_OCMW = frozenset(document("publication")["without_ocmw"])


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as somebody asks for it."""

    support: str
    period: Period
    geo_level: str
    geo: str
    breakdown: str = "total"
    category: str = "total"


@dataclass(frozen=True, slots=True)
class Known:
    """What a release says of a cell.

    ``published`` tells whether its figure is, ``value`` the persons in the cell, ``sent`` whether its OCMW sent a line
    of the support about any month of the period, None where nobody knows.
    """

    published: bool
    value: int = 0
    sent: bool | None = None
    suppressed: bool = False


def nothing(  # noqa: PLR0911 - one return a row of the table above
    cell: Cell, known: Known, fixed_day: int | None = None
) -> Nothing | None:
    """Return why a cell shows nothing; None where it shows its value, which may be 0.

    ``fixed_day`` is the month (ordinal) of a fixed geography (D3), None where places are as they were then.
    """
    if known.published and known.value > 0 and not known.suppressed:
        return None
    if cell.geo_level == "municipality" and cell.geo in WITHOUT_OCMW:
        return "no_ocmw"
    if not applies(cell, fixed_day):
        return "not_applicable"
    if not known.published:
        return "waiting"
    if known.suppressed:
        return "suppressed"
    if known.value == 0 and cell.geo_level == "municipality" and known.sent is False:
        return "no_claim"
    return None


def applies(cell: Cell, fixed_day: int | None = None) -> bool:
    """Tell whether place, category and support are valid in the period."""
    return _place_exists(cell, fixed_day) and _breakdown_exists(cell) and _category_exists(cell)


def _place_exists(cell: Cell, fixed_day: int | None) -> bool:
    if cell.geo_level != "municipality":
        return True
    first, last = (cell.period.first, cell.period.last) if fixed_day is None else (fixed_day, fixed_day)
    entry = MUNICIPALITY.get(cell.geo)
    return entry is not None and entry.first <= last and (entry.last is None or entry.last >= first)


def _breakdown_exists(cell: Cell) -> bool:
    if cell.breakdown == "status":
        return NODE[cell.support].status
    return cell.period.kind != "rolling_year" or cell.breakdown in ROLLING_YEAR_BREAKDOWNS


def _category_exists(cell: Cell) -> bool:
    names = CROSSES.get(cell.breakdown, (cell.breakdown,))
    if "household" not in names:
        return True
    household = cell.category.split("|")[names.index("household")]
    if household in HOUSEHOLD_OLD.values():
        return cell.period.first < HOUSEHOLD_NEW_FROM
    return household not in HOUSEHOLD_NEW.values() or cell.period.last >= HOUSEHOLD_NEW_FROM
