"""The settings that change figures; a store remembers those it was made with and refuses others."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from schemas.periods import month_of

AS_THEN = "as_then"
_FIXED = "fixed:"
LEAST_THRESHOLD = 3


@dataclass(frozen=True, slots=True)
class FigureSettings:
    """``recoveries_in_balance``: amount types 3 and 6 enter the balance (A3).

    ``threshold``: no small count can be told in the public zone (F3), None where small counts are published.
    ``geography``: ``as_then``, or ``fixed:2025-01-01`` for the municipalities of one day (D3). However that day was
    written, it is held as here, so that equal settings are equal texts. Raises ValueError for anything else.
    """

    recoveries_in_balance: bool = False
    geography: str = AS_THEN
    threshold: int | None = None

    def __post_init__(self) -> None:
        """Refuse a geography that names no day, or a threshold that hides too little; hold the day in one spelling."""
        if self.threshold is not None and self.threshold < LEAST_THRESHOLD:
            message = f"{self.threshold} hides too little; write {LEAST_THRESHOLD} or more, or nothing"
            raise ValueError(message)
        if self.geography_day is not None:
            object.__setattr__(self, "geography", f"{_FIXED}{self.geography_day.isoformat()}")

    @property
    def geography_day(self) -> date | None:
        """The day whose municipalities are shown, None for those of each month."""
        return None if self.geography == AS_THEN else _day(self.geography)

    @property
    def remembered(self) -> dict[str, Any]:
        """What a store or a snapshot holds of them; no threshold is no word of one."""
        return {name: value for name, value in asdict(self).items() if name != "threshold" or value is not None}

    @property
    def geography_month(self) -> int | None:
        """The month of that day."""
        return None if self.geography_day is None else month_of(self.geography_day)


def _day(geography: str) -> date:
    if geography.startswith(_FIXED):
        with suppress(ValueError):
            return date.fromisoformat(geography.removeprefix(_FIXED))
    message = "no geography; write as_then or fixed:2025-01-01"
    raise ValueError(message)
