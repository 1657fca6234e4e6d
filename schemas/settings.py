"""The settings that change figures; a store remembers those it was made with and refuses others."""

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal, Self, get_args

from schemas.periods import FIRST_MONTH, LAST_MONTH, month_of, parse_month
from schemas.students_unknown import months, row_of

AS_THEN = "as_then"
_FIXED = "fixed:"
LEAST_THRESHOLD = 3
SpellSupports = Literal["LL", "LL+FH"]


@dataclass(frozen=True, slots=True)
class FigureSettings:
    """``recoveries_in_balance``: amount types 3 and 6 enter the balance (A3).

    ``threshold``: no small count can be told in the public zone (F3), None where small counts are published.
    ``geography``: ``as_then``, or ``fixed:2025-01-01`` for the municipalities of one day (D3). However that day was
    written, it is held as here, so that equal settings are equal texts. ``spells``: by which supports a month belongs
    to a spell (H1). ``first_month``: ``2015-01``, the month L before which no spell is looked at; None: the store's
    first update tells it. ``earliest_month``: ``1999-01``, events that cover a month before it are too old; None: all
    lawful months are taken. ``students_unknown``: rows of ``schemas.students_unknown``, held sorted, each once (F4).
    Raises ValueError for anything else.
    """

    recoveries_in_balance: bool = False
    geography: str = AS_THEN
    threshold: int | None = None
    spells: SpellSupports = "LL"
    first_month: str | None = None
    earliest_month: str | None = None
    students_unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be; hold the day of a geography and the rows of students in one spelling."""
        if self.threshold is not None and self.threshold < LEAST_THRESHOLD:
            message = f"{self.threshold} hides too little; write {LEAST_THRESHOLD} or more, or nothing"
            raise ValueError(message)
        rows = sorted({row_of(*row.split(",")) for row in self.students_unknown})
        object.__setattr__(self, "students_unknown", tuple(rows))
        if self.geography_day is not None:
            object.__setattr__(self, "geography", f"{_FIXED}{self.geography_day.isoformat()}")
        if self.spells not in get_args(SpellSupports):
            message = "no supports of spells; write LL or LL+FH"
            raise ValueError(message)
        for month in (self.first, self.earliest):
            if month is not None and not FIRST_MONTH <= month <= LAST_MONTH:
                message = "no month of an event; write one from 1900-01 to 2199-12"
                raise ValueError(message)

    @property
    def first(self) -> int | None:
        """The month L as it was set, None where the store's first update tells it."""
        return None if self.first_month is None else parse_month(self.first_month)

    @property
    def earliest(self) -> int | None:
        """The first month that an event may cover, None where all lawful ones may be."""
        return None if self.earliest_month is None else parse_month(self.earliest_month)

    @property
    def geography_day(self) -> date | None:
        """The day whose municipalities are shown, None for those of each month."""
        return None if self.geography == AS_THEN else _day(self.geography)

    @property
    def remembered(self) -> dict[str, Any]:
        """What a store or a snapshot holds of them; what came later and is unset is not named."""
        later = {"threshold", "earliest_month", "students_unknown"}
        return {name: value for name, value in asdict(self).items() if name not in later or value not in (None, ())}

    @property
    def counted(self) -> Self:
        """The settings that change the counts: all but the list of municipalities without forms of students."""
        return replace(self, students_unknown=())

    def hides_more_than(self, other: Self) -> bool:
        """Tell whether these are other settings and hide what they hide, and students of more months (F4)."""
        mine, known = months(self.students_unknown), months(other.students_unknown)
        return self.counted == other.counted and self != other and mine >= known

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
