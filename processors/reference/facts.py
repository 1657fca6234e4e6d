"""The slow truth of facts: which are lawful, which employments, exits and residences they amount to (H4, H5).

Plain Python, fact by fact, to be checked by reading. An employment is the story of one (person, dimona_period): its
declarations in log order, but those that came before the first IN are told right behind it. The story is then read
once: IN opens, CANCEL removes, whatever else is said while it is open holds from then on, field by field, unless null.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from schemas.events import (
    DECLARE_CANCEL,
    DECLARE_IN,
    EMPLOYMENT,
    FOREVER,
    LEFT_REGISTER,
    RESIDENCE,
    YOUTH_EXIT,
)
from schemas.indicators import worker_counts
from schemas.periods import FIRST_MONTH, LAST_MONTH, day_in, days_in
from schemas.places import MUNICIPALITIES

_EPOCH = 719_163  # the proleptic ordinal of 1970-01-01
_FIRST_DAY = day_in(FIRST_MONTH, 1).toordinal() - _EPOCH
_LAST_DAY = day_in(LAST_MONTH, days_in(LAST_MONTH)).toordinal() - _EPOCH
_SEXES = (1, 2, 3)
_OF_NUMBERS = frozenset(b"0123456789 .-\0")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that is kept: place in the log, sequence of its update, kind, number of its person, plain values."""

    order: int
    update: int
    kind: int
    person: int
    fields: dict[str, Any]


def in_clear(person: bytes) -> bool:
    """Tell whether a person is a number that somebody wrote, or one byte again and again: no keyed hash is that."""
    return _OF_NUMBERS.issuperset(person) or len(set(person)) == 1


def fact_fault(kind: int, fields: dict[str, Any]) -> str:
    """Return the slug of the first fault of a fact that parses, nothing where it is lawful."""
    if in_clear(fields["person"]):
        return "person-not-keyed"
    if kind == EMPLOYMENT:
        return _employment_fault(fields["start_date"], fields["end_date"])
    if kind == YOUTH_EXIT:
        return _youth_fault(fields)
    if kind != RESIDENCE:
        return "unknown-schema"
    if not _is_day(fields["from_date"]):
        return "bad-dates"
    known = {LEFT_REGISTER, *map(int, MUNICIPALITIES)}
    return "" if fields["municipality"] in known else "unknown-municipality"


def _is_day(day: int) -> bool:
    return _FIRST_DAY <= day <= _LAST_DAY


def _employment_fault(start: int | None, end: int | None) -> str:
    strange_start = start is not None and not _is_day(start)
    strange_end = end is not None and end != FOREVER and not _is_day(end)
    reversed_ = start is not None and end is not None and end < start
    return "bad-dates" if strange_start or strange_end or reversed_ else ""


def _youth_fault(fields: dict[str, Any]) -> str:
    if fields["sex"] not in _SEXES:
        return "bad-attributes"
    if not _is_day(fields["exit_date"]):
        return "bad-dates"
    born = fields["birth_date"]
    return "exit-before-birth" if born is not None and fields["exit_date"] < born else ""


def unknown_periods(facts: Iterable[Fact]) -> Iterator[int]:
    """Yield the places in the log of declarations about a period that no IN had opened by then."""
    opened = set()
    for fact in facts:
        if fact.kind == EMPLOYMENT:
            period = (fact.person, fact.fields["dimona_period"])
            if fact.fields["declaration"] == DECLARE_IN:
                opened.add(period)
            elif period not in opened:
                yield fact.order


@dataclass(frozen=True, slots=True)
class Employment:
    """An employment that is open: days since 1970-01-01, inclusive; ``start`` None: on no day so far."""

    person: int
    start: int | None
    end: int
    by_ocmw: bool
    worker_type: str

    def covers(self, day: int, month: int) -> bool:
        """Tell whether this is work (of anybody) on a day of a month: covered, and of a type that counts."""
        inside = self.start is not None and self.start <= day <= self.end
        return inside and worker_counts(self.worker_type, month)


def employments(facts: Iterable[Fact]) -> list[Employment]:
    """Return the employments that facts leave open."""
    stories: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for fact in facts:
        if fact.kind == EMPLOYMENT:
            stories.setdefault((fact.person, fact.fields["dimona_period"]), []).append(fact.fields)
    read = ((person, _read(_in_order(story))) for (person, _), story in stories.items())
    return [_employment(person, fields) for person, fields in read if fields is not None]


def _in_order(story: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the declarations with those that waited right behind their IN; none where no IN came."""
    opening = next((at for at, declared in enumerate(story) if declared["declaration"] == DECLARE_IN), None)
    return [] if opening is None else [story[opening], *story[:opening], *story[opening + 1 :]]


def _read(story: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what holds at the end of a story, None where the period is not open then."""
    held: dict[str, Any] | None = None
    for declared in story:
        if declared["declaration"] == DECLARE_CANCEL:
            held = None
        elif held is not None or declared["declaration"] == DECLARE_IN:
            held = (held or {}) | {name: value for name, value in declared.items() if value is not None}
    return held


def _employment(person: int, fields: dict[str, Any]) -> Employment:
    end = fields.get("end_date", FOREVER)
    worker_type = fields["worker_type"].decode("utf-8", "replace")
    return Employment(person, fields.get("start_date"), end, fields["employer_is_ocmw"], worker_type)


def youth_exits(facts: Iterable[Fact]) -> list[Fact]:
    """Return the exits from youth care."""
    return [fact for fact in facts if fact.kind == YOUTH_EXIT]


def residence(facts: Iterable[Fact], person: int, day: int) -> int | None:
    """Return the municipality in which a person is registered on a day (LEFT_REGISTER: none); None: never registered.

    The latest from_date up to that day holds; of several with that date, the last in the log (H5).
    """
    residences = [fact for fact in facts if fact.kind == RESIDENCE and fact.person == person]
    known = [(fact.fields["from_date"], fact.order, fact.fields["municipality"]) for fact in residences]
    return max((entry for entry in known if entry[0] <= day), default=(0, 0, None))[2]
