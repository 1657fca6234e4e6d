"""Nationality groups (C5): Belgian, other member of the European Union on the 15th of the month, other."""

from dataclasses import dataclass
from datetime import date

from schemas.breakdowns import NATIONALITY_UNKNOWN, REFERENCE_DAY
from schemas.parameters import table
from schemas.periods import month_of


@dataclass(frozen=True, slots=True)
class Membership:
    """Months (ordinals, both inclusive) whose 15th a country spent in the European Union; ``last`` None: still."""

    first: int
    last: int | None


def _membership(row: dict[str, str]) -> Membership:
    joined = date.fromisoformat(row["member_from"])
    first = month_of(joined) + (joined.day > REFERENCE_DAY)
    if not row["member_to_inclusive"]:
        return Membership(first, None)
    left = date.fromisoformat(row["member_to_inclusive"])
    return Membership(first, month_of(left) - (left.day < REFERENCE_DAY))


MEMBERS: dict[str, Membership] = {row["iso2"]: _membership(row) for row in table("eu_membership")}


def group(nationality: str, month: int) -> str:
    """Return ``BE``, ``EU``, ``nonEU`` or ``unknown`` for a country code on the 15th of a month (ordinal)."""
    if nationality == NATIONALITY_UNKNOWN:
        return "unknown"
    if nationality == "BE":
        return "BE"
    member = MEMBERS.get(nationality)
    if member is None or month < member.first or (member.last is not None and month > member.last):
        return "nonEU"
    return "EU"
