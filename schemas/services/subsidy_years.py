"""What the law of a year's subsidy says: its parts, their activities, and the amounts that divide OCMWs (K)."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas.parameters import document


@dataclass(frozen=True, slots=True)
class SubsidyYear:
    """The dated parameters of a year; amounts in cents, ``bounds`` the least share of the grant of a part, percent."""

    year: int
    detailed_from: int
    small_to: int
    staff_percent: int
    activities: dict[str, tuple[str, ...]]
    least_percent: dict[str, int]

    @property
    def parts(self) -> tuple[str, ...]:
        """The letters of the parts."""
        return tuple(self.activities)


YEARS: tuple[int, ...] = tuple(document("subsidies")["years"])


@cache
def subsidy_year(year: int) -> SubsidyYear:
    """Return the parameters of a year. Raises KeyError for a year without any."""
    law: dict[str, Any] = document("subsidies")["years"][year]
    parts = law["parts"]
    return SubsidyYear(
        year=year,
        detailed_from=law["detailed_from_cents"],
        small_to=law["small_to_cents"],
        staff_percent=law["staff_percent"],
        activities={part: tuple(part_law["activities"]) for part, part_law in parts.items()},
        least_percent={
            part: part_law["bounds"]["least"] for part, part_law in parts.items() if "least" in part_law["bounds"]
        },
    )


def label(year: int, code: str, language: str) -> str:
    """Return the name of a part or activity in ``nl`` or ``fr``; the code itself where it is neither."""
    parts = document("subsidies")["years"][year]["parts"]
    names = parts.get(code) or parts.get(code[:1], {}).get("activities", {}).get(code)
    return str(names[language]) if names else code
