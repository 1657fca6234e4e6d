"""The settings that change figures; a store remembers those it was made with and refuses others."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from schemas.periods import month_of

AS_THEN = "as_then"
_FIXED = "fixed:"


@dataclass(frozen=True, slots=True)
class FigureSettings:
    """``recoveries_in_balance``: amount types 3 and 6 enter the balance (A3).

    ``geography``: ``as_then``, or ``fixed:2025-01-01`` for the municipalities of one day (D3). However that day was
    written, it is held as here, so that equal settings are equal texts. Raises ValueError for anything else.
    """

    recoveries_in_balance: bool = False
    geography: str = AS_THEN

    def __post_init__(self) -> None:
        """Refuse a geography that names no day; hold the day in one spelling."""
        if self.geography_day is not None:
            object.__setattr__(self, "geography", f"{_FIXED}{self.geography_day.isoformat()}")

    @property
    def geography_day(self) -> date | None:
        """The day whose municipalities are shown, None for those of each month."""
        return None if self.geography == AS_THEN else _day(self.geography)

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
