"""The figures of a question, counted both ways for many groups of contracts at once (I).

``as_tool`` counts distinct (contract, values that the figure reads) over the versions in the period; ``unique`` counts
each contract once, by its last version in the period, or each person once. A group is an OCMW, or the kingdom: a
contract is in one group or in none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from processors.services.gpmi.columns import KINDS, NO_DAY, OUTCOMES, PROJECT_TYPES
from processors.services.gpmi.reading import NEVER, Reading, months_later
from schemas.arrays import Int64, Mask
from schemas.breakdowns import AGE5_BOUNDS, DAYS_PER_YEAR, SIMPLE, codes
from schemas.parameters import document
from schemas.services.days import day_of

_PARAMETERS = document("gpmi")
EVALUATION_MONTHS: int = _PARAMETERS["evaluation_months"]
HALF_YEAR: int = _PARAMETERS["durations"]["at_least_half"]
YEAR: int = _PARAMETERS["durations"]["year"]
_TRANSITION = tuple(day_of(_PARAMETERS["needs_analysis_transition"][edge]) for edge in ("from", "to"))
WHEN = ("before", "after", "transition", "none")
BEFORE, AFTER, IN_TRANSITION, NONE = range(len(WHEN))
UNKNOWN_RESIDENCE = 0
TOTAL = ("total",)
FINAL = KINDS.index("FINAL")
_AGES = len(SIMPLE["age5"])
_DAY_SHIFT = 2**16
"""Makes any day that an event may name, from 1900 to 2199, a number above 0."""


class Counted(NamedTuple):
    """Counts of one breakdown of a figure: arrays of (group, category)."""

    figure: str
    breakdown: str
    categories: tuple[str, ...]
    as_tool: Int64
    unique: Int64


class Means(NamedTuple):
    """A mean of each group as a sum and the number it is divided by, both ways of counting."""

    figure: str
    as_tool: tuple[Int64, Int64]
    unique: tuple[Int64, Int64]


class PerWorker(NamedTuple):
    """Counts of each (group, worker) that has one, ascending by worker within its group."""

    figure: str
    group: Int64
    worker: Int64
    as_tool: Int64
    unique: Int64


def figures(reading: Reading, groups: Int64, count: int) -> Iterator[Counted | Means | PerWorker]:
    """Yield all figures in the order of the table; ``groups`` gives the group of each contract, -1 for none."""
    question = _Question(reading, groups, count)
    yield from _beneficiaries(question)
    yield from _residence(question)
    yield from _projects(question)
    yield from _workers(question)
    yield from _durations(question)
    yield from _contents(question)
    yield from _evaluations(question)
    yield _needs_analysis(question)
    yield _without_evaluation(question)


def running(reading: Reading) -> Mask:
    """Tell which contracts run on the last day of the period."""
    mask = np.zeros(reading.contracts.count, np.bool_)
    mask[reading.contracts.versions.contract[reading.latest]] = True
    return mask & (reading.begin <= reading.last_day) & (reading.end > reading.last_day)


def needs_evaluation(reading: Reading) -> Mask:
    """Tell which contracts run on the last day and have had no evaluation for EVALUATION_MONTHS."""
    return running(reading) & (months_later(last_looked_at(reading), EVALUATION_MONTHS) < reading.last_day)


def last_looked_at(reading: Reading) -> Int64:
    """Return of each contract the later of its beginning and its last evaluation until the last day."""
    contracts = reading.contracts
    held = contracts.held_on <= reading.last_day
    looked = reading.begin.copy()
    np.maximum.at(looked, contracts.evaluated[held], contracts.held_on[held])
    return looked


@dataclass(frozen=True)
class _Question:
    """A reading of the contracts that are in some group."""

    reading: Reading
    groups: Int64
    count: int

    @cached_property
    def rows(self) -> Int64:
        """The versions in the period."""
        return self._grouped(self.reading.rows)

    @cached_property
    def latest(self) -> Int64:
        """The last version in the period of each contract."""
        return self._grouped(self.reading.latest)

    def _grouped(self, rows: Int64) -> Int64:
        return rows[self.groups[self.contract(rows)] >= 0]

    def contract(self, rows: Int64) -> Int64:
        """Return the contracts of versions."""
        return self.reading.contracts.versions.contract[rows]

    def persons(self, rows: Int64) -> Int64:
        """Return the persons of versions."""
        return self.reading.contracts.person[self.contract(rows)]

    def group(self, rows: Int64) -> Int64:
        """Return the groups of versions."""
        return self.groups[self.contract(rows)]

    @cached_property
    def by_person(self) -> Int64:
        """One version for each person of a group: that with the latest F, then B, then place in the log."""
        rows, reading = self.latest, self.reading
        order = reading.contracts.versions.order[rows]
        begin, holds = reading.begin[self.contract(rows)], reading.holds_from[rows]
        sorted_ = rows[np.lexsort((order, begin, holds, self.persons(rows), self.group(rows)))]
        holders = self.group(sorted_), self.persons(sorted_)
        return sorted_[_last_of(*holders)]

    def where(self, holds: Mask, rows: Int64) -> Int64:
        """Return the versions of those contracts for which something holds."""
        return rows[holds[self.contract(rows)]]

    def marked(self, rows: Int64) -> Mask:
        """Return a mask of all versions that tells which are among some."""
        mask = np.zeros(len(self.reading.contracts.versions.contract), np.bool_)
        mask[rows] = True
        return mask

    def counted(self, rows: Int64, categories: Int64 | None = None, width: int = 1) -> Int64:
        """Return for (group, category) how many versions are of it; ``categories`` are those of ``rows``."""
        places = self.group(rows) if categories is None else self.group(rows) * width + categories
        return np.bincount(places, minlength=self.count * width).reshape(self.count, width).astype(np.int64)


def _last_of(*keys: Int64) -> Mask:
    """Tell which of sorted rows is the last of its keys."""
    if not len(keys[0]):
        return np.zeros(0, np.bool_)
    return np.append(np.any([key[1:] != key[:-1] for key in keys], axis=0), True)


def _distinct(*keys: Int64) -> Int64:
    """Return one row for each distinct combination of numbers that are not negative, ascending by them."""
    packed = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        packed = packed * (int(key.max(initial=0)) + 1) + key
    return np.unique(packed, return_index=True)[1].astype(np.int64)


def _age_class(question: _Question, rows: Int64) -> Int64:
    """Return the age class of versions on the last day, a place in the breakdown age5."""
    birth = question.reading.contracts.versions.birth_date[rows]
    age = (question.reading.last_day - birth) // DAYS_PER_YEAR
    known = (birth != NO_DAY) & (age >= 0)
    return np.where(known, np.searchsorted(AGE5_BOUNDS, age, "right") - 1, _AGES - 1).astype(np.int64)


def _beneficiaries(question: _Question) -> Iterator[Counted]:
    sex = question.reading.contracts.versions.sex - 1

    def attributes(rows: Int64) -> dict[str, Int64]:
        ages = _age_class(question, rows)
        return {"total": ages * 0, "sex": sex[rows], "age5": ages, "sex_age5": sex[rows] * _AGES + ages}

    versions, persons = attributes(question.rows), attributes(question.by_person)
    one = _distinct(question.contract(question.rows), versions["sex_age5"])
    for breakdown in persons:
        categories = codes(breakdown)
        yield Counted(
            "beneficiaries",
            breakdown,
            categories,
            question.counted(question.rows[one], versions[breakdown][one], len(categories)),
            question.counted(question.by_person, persons[breakdown], len(categories)),
        )


def _residence(question: _Question) -> Iterator[Counted]:
    residence, ocmw = question.reading.residence, question.reading.ocmw

    def elsewhere(rows: Int64) -> Int64:
        away: Mask = (residence[rows] != UNKNOWN_RESIDENCE) & (residence[rows] != ocmw[question.contract(rows)])
        return rows[away]

    def unknown(rows: Int64) -> Int64:
        nowhere: Mask = residence[rows] == UNKNOWN_RESIDENCE
        return rows[nowhere]

    for figure, among in (("not_resident", elsewhere), ("residence_unknown", unknown)):
        rows = among(question.rows)
        one = rows[_distinct(question.contract(rows), residence[rows])]
        yield _total(question, figure, one, among(question.by_person))


def _total(question: _Question, figure: str, as_tool: Int64, unique: Int64) -> Counted:
    """Return a figure without breakdown, from the versions that count."""
    return Counted(figure, "total", TOTAL, question.counted(as_tool), question.counted(unique))


def _projects(question: _Question) -> Iterator[Counted]:
    reading = question.reading
    versions = reading.contracts.versions
    own_start = np.maximum(versions.start_date, reading.signature[versions.contract])
    yield from _on_days(question, "projects_started", reading.begin, own_start)
    yield from _on_days(question, "projects_closed", reading.end, reading.own_end)
    now = running(reading)
    yield from _by_type(
        question, "projects_running", question.where(now, question.rows), question.where(now, question.latest)
    )


def _by_type(question: _Question, figure: str, rows: Int64, latest: Int64, *read: Int64) -> Iterator[Counted]:
    """Yield a figure by project type; ``read`` are further values of ``rows`` that make versions distinct."""
    types, width = question.reading.contracts.versions.project_type, len(PROJECT_TYPES)
    one = rows[_distinct(question.contract(rows), *read, types[rows])]
    yield _total(question, figure, one, latest)
    counts = question.counted(one, types[one], width), question.counted(latest, types[latest], width)
    yield Counted(figure, "project_type", PROJECT_TYPES, *counts)


def _on_days(question: _Question, figure: str, day: Int64, own_day: Int64) -> Iterator[Counted]:
    """Yield projects by a day of theirs in the period; beside it counts each version's own day in the period."""
    latest = question.where(question.reading.in_period(day), question.latest)
    own = question.rows[question.reading.in_period(own_day[question.rows])]
    days = np.concatenate((day[question.contract(latest)], own_day[own])) + _DAY_SHIFT
    yield from _by_type(question, figure, np.concatenate((latest, own)), latest, days)


class _Names(NamedTuple):
    """Versions in the period and the workers they name; ``worker`` is a place in ``known``."""

    row: Int64
    worker: Int64
    known: Int64


def _names(question: _Question) -> _Names:
    contracts = question.reading.contracts
    named = question.marked(question.rows)[contracts.worker_row]
    known, worker = np.unique(contracts.worker[named], return_inverse=True)
    return _Names(contracts.worker_row[named], worker.astype(np.int64), known)


def _workers(question: _Question) -> Iterator[Counted | Means | PerWorker]:
    names = _names(question)
    row, worker = names.row, names.worker
    now = np.flatnonzero(question.marked(question.latest)[row])
    tool = _distinct(question.contract(row), worker)
    projects = now[_distinct(question.contract(row[now]), worker[now])]
    people = now[_distinct(question.group(row[now]), question.persons(row[now]), worker[now])]
    ways = {"projects": projects, "beneficiaries": people}
    for counted_of, unique in ways.items():
        yield _per_worker(question, f"{counted_of}_per_worker", names, tool, unique)
    each_tool, each_unique = (used[_distinct(question.group(row[used]), worker[used])] for used in (tool, projects))
    counts = _total(question, "workers", row[each_tool], row[each_unique])
    yield counts
    for counted_of, unique in ways.items():
        sums = _total(question, f"mean_{counted_of}", row[tool], row[unique])
        yield Means(sums.figure, (sums.as_tool, counts.as_tool), (sums.unique, counts.unique))


def _per_worker(question: _Question, figure: str, names: _Names, tool: Int64, unique: Int64) -> PerWorker:
    """Count entries of ``names`` for each group and worker; hashes ascend as the unsigned numbers that they are."""
    width = len(names.known)
    places, as_tool = np.unique(question.group(names.row[tool]) * width + names.worker[tool], return_counts=True)
    counts = np.zeros(len(places), np.int64)
    np.add.at(counts, np.searchsorted(places, question.group(names.row[unique]) * width + names.worker[unique]), 1)
    group, worker = (places // width, names.known[places % width]) if width else (places, places)
    order = np.lexsort((worker.astype(np.uint64), group))
    return PerWorker(figure, group[order], worker[order], as_tool[order].astype(np.int64), counts[order])


class _Duration(NamedTuple):
    """From the first day of a project to its end, for versions that are ``row``."""

    row: Int64
    start: Int64
    end: Int64

    def lasting(self, months: int, more: int = 0) -> Mask:
        """Tell which last at least so many calendar months and ``more`` days."""
        return months_later(self.start, months) + more <= self.end + 1


def _durations(question: _Question) -> Iterator[Counted]:
    reading = question.reading
    versions = reading.contracts.versions

    def until(rows: Int64, end: Int64) -> _Duration:
        open_ = (end == NEVER) | (end == NO_DAY)
        return _Duration(rows, versions.start_date[rows], np.where(open_, reading.last_day, end))

    rows, latest = question.rows, question.latest
    unique = until(latest, reading.end[question.contract(latest)])
    both = until(
        np.concatenate((rows, rows)), np.concatenate((reading.own_end[rows], reading.end[question.contract(rows)]))
    )
    for figure, length in (
        ("duration_6_months", (HALF_YEAR, 0)),
        ("duration_1_year", (YEAR, 0)),
        ("duration_over_1_year", (YEAR, 1)),
    ):
        long = np.flatnonzero(both.lasting(*length))
        one = long[_distinct(question.contract(both.row[long]), both.end[long] + _DAY_SHIFT)]
        yield _total(question, figure, both.row[one], unique.row[unique.lasting(*length)])


def _contents(question: _Question) -> Iterator[Counted]:
    versions = question.reading.contracts.versions
    for figure, said in (
        ("with_training", versions.training),
        ("with_studies", versions.studies),
        ("with_community_service", versions.community_service),
        ("extra_support_projects", versions.extra_support),
    ):
        yield _total(question, figure, _saying(question, said), question.latest[said[question.latest]])
    said = versions.extra_support
    latest = question.latest[said[question.latest]]
    people = latest[_distinct(question.group(latest), question.persons(latest))]
    yield _total(question, "extra_support_beneficiaries", _saying(question, said), people)


def _saying(question: _Question, said: Mask) -> Int64:
    """Return one version in the period for each contract of which some says so."""
    rows = question.rows[said[question.rows]]
    return rows[_distinct(question.contract(rows))]


def _evaluations(question: _Question) -> Iterator[Counted]:
    reading, contracts = question.reading, question.reading.contracts
    lawful = reading.counts & (question.groups >= 0)
    held = np.flatnonzero(lawful[contracts.evaluated] & reading.in_period(contracts.held_on))
    rows, kinds = reading.first_signed[contracts.evaluated[held]], contracts.kind[held]
    yield _total(question, "evaluations", rows, rows)
    counts = question.counted(rows, kinds, len(KINDS))
    yield Counted("evaluations", "kind", KINDS, counts, counts)
    final = held[kinds == FINAL]
    final = final[np.lexsort((contracts.held_on[final], contracts.evaluated[final]))]
    final = final[_last_of(contracts.evaluated[final])]
    counts = question.counted(reading.first_signed[contracts.evaluated[final]], contracts.outcome[final], len(OUTCOMES))
    yield Counted("final_evaluations", "outcome", OUTCOMES, counts, counts)


def _needs_analysis(question: _Question) -> Counted:
    reading = question.reading
    rows = question.where(reading.in_period(reading.begin), question.latest)
    made = reading.contracts.versions.needs_analysis_on[rows]
    signed = reading.signature[question.contract(rows)]
    transition = (signed >= _TRANSITION[0]) & (signed <= _TRANSITION[1])
    when = np.select([made == NO_DAY, made <= signed, transition], [NONE, BEFORE, IN_TRANSITION], AFTER)
    counts = question.counted(rows, when, len(WHEN))
    return Counted("needs_analysis", "when", WHEN, counts, counts)


def _without_evaluation(question: _Question) -> Counted:
    rows = question.where(needs_evaluation(question.reading), question.latest)
    return _total(question, "without_evaluation", rows, rows)
