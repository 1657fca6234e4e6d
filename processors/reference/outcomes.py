"""The slow truth of where people go: outcomes of exits, transitions, and who leaves youth care (H4, H5).

One person at a time, from four questions asked of each month: in which places is LL, FH, TW_RMI, TW_RMH above zero?
And of its 15th: is somebody employed, by an OCMW or by another, and where does somebody live?

- The outcome of an exit of month m at a place is the first that holds in month m + X: LL at an OCMW of that place at
  which the spell's supports were above zero in m (``ll_same``), LL at any other (``ll_elsewhere``), FH, TW_RMI or
  TW_RMH anywhere, work, work for an OCMW, none. In a municipality "same" is that municipality; in an area it is where
  the person stood. These stay LL and FH where spells are of LL or FH.
- A transition counts a person at the places where a state holds in month t, in the geography of t; twelve months later
  it asks what holds anywhere.
- A leaver of youth care counts where the register says that he or she lives on the 15th of month X after the exit.

Worked example: LL in Gent until 2023-05, LL in Aalst in 2023-11, work from 2023-06 on. The exit of 2023-05 in Gent is
``work`` after 1 and 3 months, ``ll_elsewhere`` after 6, ``work`` again after 12; any work holds each time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from processors.reference.facts import Employment, Fact, employments, residence, youth_exits
from processors.reference.parts import first_day
from processors.reference.spells import HOLDER, PLACE, SpellSource, era_of
from schemas.breakdowns import DAYS_PER_YEAR, REFERENCE_DAY
from schemas.events import LEFT_REGISTER
from schemas.indicators import ANY_WORK, HALF_YEAR, OUTCOME_NODES, STATES, YOUTH_ADULT_AGE
from schemas.periods import month_of_days
from schemas.places import KINGDOM, ancestors, valid_code

LL, FH, TW_RMI, TW_RMH = OUTCOME_NODES


@dataclass(frozen=True)
class Lives:
    """What is known of everybody, as far as outcomes ask."""

    source: SpellSource
    _cells: dict[tuple[str, int], set[tuple[str, str, int, int]]] = field(default_factory=dict)
    _standing: dict[tuple[str, int], dict[tuple[int, int], set[str]]] = field(default_factory=dict)

    @cached_property
    def _employments(self) -> dict[int, list[Employment]]:
        by_person: dict[int, list[Employment]] = {}
        for employment in employments(self.source.facts()):
            by_person.setdefault(employment.person, []).append(employment)
        return by_person

    def cells(self, node: str, geography: int) -> set[tuple[str, str, int, int]]:
        """Return every (level, geo, person, month) where a node is above zero."""
        key = node, era_of(geography)
        if key not in self._cells:
            positive = self.source.of(node).positive(geography)  # type: ignore[arg-type]  # a node is a benefit
            self._cells[key] = set(positive[[*HOLDER, "month"]].itertuples(index=False, name=None))
        return self._cells[key]

    def anywhere(self, node: str, person: int, month: int) -> bool:
        """Tell whether a node is above zero in the kingdom."""
        return ("kingdom", KINGDOM, person, month) in self.cells(node, 0)  # the kingdom is one in every geography

    def with_leefloon(self, person: int, month: int, geography: int) -> set[str]:
        """Return the municipalities where a person has LL above zero in a month."""
        return self._municipalities("LL", self.cells(LL, geography), geography).get((person, month), set())

    def in_spells(self, person: int, month: int, geography: int) -> set[str]:
        """Return the municipalities where a month of a person belongs to a spell, if not to one of a tolerance."""
        positive = self.source.positive(geography)
        cells = positive[[*HOLDER, "month"]].itertuples(index=False, name=None)
        return self._municipalities("spells", cells, geography).get((person, month), set())

    def _municipalities(
        self, name: str, cells: Iterable[tuple[str, str, int, int]], geography: int
    ) -> dict[tuple[int, int], set[str]]:
        key = name, era_of(geography)
        if key not in self._standing:
            places = self._standing[key] = {}
            for level, geo, person, when in cells:
                if level == "municipality":
                    places.setdefault((person, when), set()).add(geo)
        return self._standing[key]

    def works(self, person: int, month: int, *, by_ocmw: bool) -> bool:
        """Tell whether an employment covers the 15th of a month, by an OCMW or by anybody else."""
        day = fifteenth(month)
        held = self._employments.get(person, ())
        return any(job.covers(day, month) for job in held if job.by_ocmw == by_ocmw)

    def later_state(self, person: int, month: int) -> str:
        """Return the state of a person in a month, anywhere: the first of ``LATER_STATES`` that holds."""
        for node, state in zip(OUTCOME_NODES, STATES, strict=True):
            if self.anywhere(node, person, month):
                return state
        return self.work_state(person, month)

    def work_state(self, person: int, month: int) -> str:
        """Return work, ocmw_work or none."""
        if self.works(person, month, by_ocmw=False):
            return "work"
        return "ocmw_work" if self.works(person, month, by_ocmw=True) else "none"


def fifteenth(month: int) -> int:
    """Return the day of a month on which people are looked at, since 1970-01-01."""
    return int(first_day(pd.Series([month]))[0]) + REFERENCE_DAY - 1


def exits(lives: Lives, month: int, gap: int, after: int) -> pd.DataFrame:
    """Return level, geo, base and a column for each outcome that occurs, and any work, of the exits of a month."""
    geography = month + max(after, gap + 1)
    spells = lives.source.spells(geography, gap)
    ended = list(spells.loc[spells["last"] == month, HOLDER].itertuples(index=False, name=None))
    outcomes = [
        (holder[0], holder[1], category)
        for holder in ended
        for category in _categories(lives, holder, month, month + after, geography)
    ]
    return _counted(outcomes, ((level, geo) for level, geo, _ in ended))


def _categories(lives: Lives, holder: tuple[str, str, int], month: int, later: int, geography: int) -> Iterator[str]:
    yield _outcome(lives, holder, month, later, geography)
    if lives.works(holder[2], later, by_ocmw=False):
        yield ANY_WORK


def _outcome(lives: Lives, holder: tuple[str, str, int], month: int, later: int, geography: int) -> str:
    level, geo, person = holder
    back = lives.with_leefloon(person, later, geography)
    before = {nis for nis in lives.in_spells(person, month, geography) if ancestors(nis).get(level) == geo}
    if back & before:
        return "ll_same"
    if back:
        return "ll_elsewhere"
    if lives.anywhere(FH, person, later):
        return "fh"
    if lives.anywhere(TW_RMI, person, later) or lives.anywhere(TW_RMH, person, later):
        return "tw"
    return lives.work_state(person, later)


def transitions(lives: Lives, month: int, after: int) -> pd.DataFrame:
    """Return level, geo, category and count, and base: who is in the same state at that place in the month."""
    states: dict[tuple[str, str, int], str] = {}
    for node, state in zip(OUTCOME_NODES, STATES, strict=True):
        for level, geo, person, when in lives.cells(node, month):
            if when == month:
                states.setdefault((level, geo, person), state)
    changes = [
        (level, geo, state, lives.later_state(person, month + after)) for (level, geo, person), state in states.items()
    ]
    pairs = pd.DataFrame(changes, columns=[*PLACE, "state", "later"])
    counts = pairs.groupby([*PLACE, "state", "later"]).size().rename("count").reset_index()
    counts["base"] = counts.groupby([*PLACE, "state"])["count"].transform("sum")
    return counts.assign(category=counts["state"] + "|" + counts["later"])


def leavers(source: SpellSource, half_year: int) -> list[Fact]:
    """Return the last exit of each person in the half-year that ends with a month."""
    latest: dict[int, Fact] = {}
    for fact in youth_exits(source.facts()):
        day = fact.fields["exit_date"]
        within = half_year - HALF_YEAR < month_of_days(day) <= half_year
        if within and (fact.person not in latest or day >= latest[fact.person].fields["exit_date"]):
            latest[fact.person] = fact
    return list(latest.values())


@dataclass(frozen=True, slots=True)
class Situation:
    """What a leaver is after X months: where (NIS code, empty: in no municipality) and which of ``SITUATIONS``."""

    person: int
    nis: str
    situation: str


def situations(lives: Lives, half_year: int, after: int) -> list[Situation]:
    """Return the situation of each leaver of a half-year, X months after the exit."""
    facts = lives.source.facts()
    return [_situation(lives, facts, leaver, after) for leaver in leavers(lives.source, half_year)]


def _situation(lives: Lives, facts: Iterable[Fact], leaver: Fact, after: int) -> Situation:
    month = month_of_days(leaver.fields["exit_date"]) + after
    day = fifteenth(month)
    municipality = residence(facts, leaver.person, day)
    if municipality is None:
        return Situation(leaver.person, "", "no_residence")
    if municipality == LEFT_REGISTER:
        return Situation(leaver.person, "", "left_register")
    nis = valid_code(f"{municipality:05d}", month)
    shown_code = _code_shown(lives.source, nis, month)
    born = leaver.fields["birth_date"]
    if born is None:
        return Situation(leaver.person, nis, "age_unknown")
    if (day - born) // DAYS_PER_YEAR < YOUTH_ADULT_AGE:
        return Situation(leaver.person, nis, "under_18")
    cell = ("municipality", shown_code, leaver.person, month)
    there = any(cell in lives.cells(node, month) for node in OUTCOME_NODES)
    return Situation(leaver.person, nis, "beneficiary" if there else "not_beneficiary")


def youth(lives: Lives, half_year: int, after: int) -> pd.DataFrame:
    """Return level, geo, base and a column for each situation that occurs, of the leavers of a half-year."""
    geography = half_year + after
    lines = []
    for leaver in situations(lives, half_year, after):
        areas = ancestors(_code_shown(lives.source, leaver.nis, geography)) if leaver.nis else {"kingdom": KINGDOM}
        lines += [(level, geo, leaver.situation) for level, geo in areas.items()]
    return _counted(lines, ((level, geo) for level, geo, _ in lines))


def _code_shown(source: SpellSource, nis: str, month: int) -> str:
    """Return the code under which a municipality is shown in the geography of a month; a fixed one wins (D3)."""
    fixed = source.settings.geography_month
    return valid_code(nis, month if fixed is None else fixed)


def _counted(placed: Iterable[tuple[str, str, str]], base: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Return level, geo, category, count, base: how often each was found, and how many stand in ``base`` there."""
    together = Counter(base)
    lines = [(*line, count, together[line[:2]]) for line, count in Counter(placed).items()]
    return pd.DataFrame(lines, columns=[*PLACE, "category", "count", "base"])
