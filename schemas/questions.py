"""A question of research: a TOML file of one of eight shapes, and nothing else can be asked.

A field that the shape does not take is refused; each error names its field in one sentence. A whole question:

    study = "mobility"
    shape = 2
    measure = "persons"
    support = "LL"
    period = "2023"
    level = "province"
    place = "10000"
    by = ["sex"]
"""

from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from schemas.breakdowns import HOUSEHOLD_NEW, HOUSEHOLD_NEW_FROM, HOUSEHOLD_OLD, SIMPLE, UNKNOWN
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import KINGDOM, PLACES
from schemas.protocols import MOST_CONDITIONS, Condition, Level
from schemas.supports import NODE
from schemas.toml_forms import read_form

THRESHOLD = 5
ROUNDED_TO = 5
MOST_MONTHS, MOST_YEARS = 120, 20
LEAST_OF_CONDITIONS = 10
"""A condition has so many times the threshold of persons, or the question is refused; so has a row of one outcome."""
QUESTIONS_AN_APPROVAL = 20
TOO_FEW = "too few persons, or too near another question"
_LONG_SIDE, _SHORT_SIDE = 14, 6
"""Most categories of the two sides of shape 3: 13 by 5, and unknown of each."""

Trait = Literal["sex", "age5", "age13", "household", "nationality_group", "status"]
Measure = Literal["persons", "spells", "entering"]
TRAITS: tuple[str, ...] = ("sex", "age5", "age13", "household", "nationality_group", "status")
WIDE: tuple[Level, ...] = ("kingdom", "region", "province", "arrondissement")


class QuestionError(ValueError):
    """A question that is none of the eight shapes; the text is one sentence."""


class Shape(NamedTuple):
    """What a shape takes: fields that it needs beside study and shape, those it may have, and their values."""

    needs: frozenset[str]
    may: frozenset[str]
    levels: tuple[Level, ...]
    kinds: tuple[str, ...]
    by: int
    measures: tuple[Measure, ...] = ("persons",)


def _shape(  # noqa: PLR0913, PLR0917 - a row of the table below
    needs: str, may: str, levels: tuple[Level, ...], kinds: str, by: int, measures: str = "persons"
) -> Shape:
    given: Any = tuple(measures.split())
    return Shape(frozenset(needs.split()), frozenset(may.split()), levels, tuple(kinds.split()), by, given)


SHAPES: dict[int, Shape] = {
    1: _shape("support level", "measure period from to place round", WIDE, "month year", 0, "persons spells entering"),
    2: _shape("support period level by", "measure place round", WIDE, "month year", 1, "persons entering"),
    3: _shape("support period level by", "measure place round", WIDE[:3], "year", 2),
    4: _shape("support period level place by", "measure round", (*WIDE[1:], "municipality"), "year", 1),
    5: _shape("conditions level by", "measure place", WIDE[:2], "", 1),
    6: _shape("support period level", "measure place round", WIDE[:2], "month year", 0),
    7: _shape("support period level", "measure round", WIDE, "month", 0),
    8: _shape("support period", "measure level by round", WIDE[1:2], "year", 0),
}
TITLES: dict[int, str] = {
    1: "a series of periods of one place",
    2: "one characteristic, one period, one place",
    3: "two characteristics, a year, one place",
    4: "one characteristic by the places below a place, a year",
    5: "persons who meet one or two conditions (a support in a year), by one characteristic",
    6: "what persons of the living wage are twelve months later",
    7: "how long persons of a month have the living wage, by place",
    8: "the labour-market position of those who left the living wage in a year, by region",
}
_LEAFED = (6, 7, 8)
"""Shapes that exist for the living wage alone."""
POSITIONS = ("position", "position_later")
"""What shape 8 takes as ``by``: the position of the quarter after the exit, and crossed with four quarters on."""


class Question(BaseModel):
    """A question that has one of the eight shapes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    study: str = Field(pattern=r"^[a-z0-9-]{1,45}$")
    shape: StrictInt
    measure: Measure = "persons"
    support: str | None = None
    period: str | None = None
    first: str | None = Field(default=None, alias="from")
    last: str | None = Field(default=None, alias="to")
    level: Level = "region"
    place: str | None = None
    by: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    round_: StrictBool = Field(default=True, alias="round")

    @model_validator(mode="after")
    def _has_a_shape(self) -> Self:
        if self.shape not in SHAPES:
            raise ValueError(f"shape {self.shape} is none; write 1 to {max(SHAPES)}")
        self._require_fields(SHAPES[self.shape])
        self._require_support()
        self._require_place(SHAPES[self.shape])
        self._require_periods(SHAPES[self.shape])
        self._require_by(SHAPES[self.shape])
        return self

    def _require_fields(self, shape: Shape) -> None:
        given = {type(self).model_fields[name].alias or name for name in self.model_fields_set} - {"study", "shape"}
        for name in sorted(given - shape.needs - shape.may):
            why = "; its answers are always rounded" if name == "round" else ""
            raise ValueError(f"shape {self.shape} takes no {name}{why}")
        for name in sorted(shape.needs - given):
            raise ValueError(f"shape {self.shape} needs {name}")
        if self.measure not in shape.measures:
            raise ValueError(f"shape {self.shape} takes measure {' or '.join(shape.measures)}, not {self.measure}")

    def _require_support(self) -> None:
        if self.support is not None and self.support not in NODE:
            raise ValueError(f"{self.support} is no support")
        if self.shape in _LEAFED and self.support != "LL":
            raise ValueError(f"shape {self.shape} is asked of LL alone")
        if len(self.conditions) > MOST_CONDITIONS:
            raise ValueError(f"conditions are at most {MOST_CONDITIONS}")
        if self.shape == 5 and not self.conditions:  # noqa: PLR2004 - a shape
            raise ValueError("conditions are one or two")

    def _require_place(self, shape: Shape) -> None:
        if self.level not in shape.levels:
            raise ValueError(f"shape {self.shape} takes level {', '.join(shape.levels)}, not {self.level}")
        wanted = ("kingdom", *WIDE[1:]) if self.shape == 4 else (self.level,)  # noqa: PLR2004 - a shape
        if self.place is not None and not any((level, self.place) in PLACES for level in wanted):
            raise ValueError(f"place {self.place} is no {'place' if len(wanted) > 1 else self.level}")
        if self.place is None and self.level != "kingdom" and "place" in shape.may:
            raise ValueError(f"level {self.level} needs a place")

    def _require_periods(self, shape: Shape) -> None:
        if self.shape == 5:  # noqa: PLR2004 - a shape
            return
        if (self.period is None) == (self.first is None) or (self.first is None) != (self.last is None):
            raise ValueError("a period, or from and to, is needed, and not both")
        kinds = {one.kind for one in (self.from_period, self.to_period)}
        if len(kinds) > 1 or not kinds <= set(shape.kinds):
            raise ValueError(f"shape {self.shape} takes a {' or '.join(shape.kinds)}, as 2023-04 or 2023")
        length = len(self.periods)
        if not length:
            raise ValueError(f"to {self.last} lies before from {self.first}")
        if length > (MOST_MONTHS if kinds == {"month"} else MOST_YEARS):
            raise ValueError(f"{length} periods are too many; {MOST_MONTHS} months or {MOST_YEARS} years at most")

    def _require_by(self, shape: Shape) -> None:
        if self.shape == 8:  # noqa: PLR2004 - a shape
            if self.by not in ((), POSITIONS[:1], POSITIONS):
                raise ValueError(f"by is {POSITIONS[0]}, or {' and '.join(POSITIONS)}")
            return
        if len(self.by) != shape.by or len(set(self.by)) != shape.by:
            raise ValueError(f"shape {self.shape} takes {shape.by} characteristics in by")
        for name in self.by:
            if name not in TRAITS:
                raise ValueError(f"by {name} is no characteristic; write {', '.join(TRAITS)}")
        if "status" in self.by and not all(NODE[support].status for support in self.supports):
            raise ValueError("status does not exist in this support")
        if len(self.by) > 1:
            last = self.to_period.last
            short, long = sorted(sum(not empty for _, empty in categories(name, last)) for name in self.by)
            if short > _SHORT_SIDE or long > _LONG_SIDE or {"age5", "age13"} <= set(self.by):
                raise ValueError("by: two characteristics have 13 by 5 categories at most, and not both ages")

    @property
    def supports(self) -> tuple[str, ...]:
        """The supports that it reads."""
        named = () if self.support is None else (self.support,)
        return (*named, *(condition.support for condition in self.conditions))

    @property
    def from_period(self) -> Period:
        """The first period."""
        return Period.parse(self.period or self.first or "")

    @property
    def to_period(self) -> Period:
        """The last period."""
        return Period.parse(self.period or self.last or "")

    @property
    def periods(self) -> tuple[Period, ...]:
        """Every period that it asks for, the earliest first."""
        step = MONTHS_PER_YEAR if self.from_period.kind == "year" else 1
        return tuple(
            Period(self.from_period.kind, last) for last in range(self.from_period.last, self.to_period.last + 1, step)
        )

    @property
    def where(self) -> tuple[str, str]:
        """The level and code of its place."""
        return self.level, self.place or KINGDOM

    @property
    def nearest(self) -> str:
        """What may be asked instead; it is read off the form, never off the data."""
        if len(self.conditions) > 1:
            return "the nearest question allowed has one condition"
        return "the nearest question allowed is that of the kingdom, or of shape 2"


def question(text: str) -> Question:
    """Return the question of a TOML text. Raises QuestionError with a sentence that names the field."""
    return read_form(text, Question, QuestionError, "question")


def rounded(count: int) -> int:
    """Return a count as an answer shows it: a multiple of five, halves away from it."""
    return ROUNDED_TO * ((count + ROUNDED_TO // 2) // ROUNDED_TO)


def rounded_or_few(count: int) -> str:
    """Return a count that stands alone as an answer shows it: rounded, or as under the threshold."""
    return str(rounded(count)) if count >= THRESHOLD else f"fewer than {THRESHOLD}"


def categories(name: str, last: int) -> tuple[tuple[str, bool], ...]:
    """Return the categories of a characteristic and whether each is empty by code in a month (C4)."""
    era = HOUSEHOLD_NEW if last >= HOUSEHOLD_NEW_FROM else HOUSEHOLD_OLD
    return tuple((code, name == "household" and code not in {*era.values(), UNKNOWN}) for code in SIMPLE[name])
