"""The tables of exits, transitions and youth-care leavers from what kernels and columns count (H4, H5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from processors.admission.ledger import Ledger
from processors.counting.plan import ABSENT
from processors.rules import rules
from processors.time.leavers import half_years_of_exits, leavers
from processors.time.outcomes import (
    ANY_WORK_AT,
    LATER_COUNT,
    Spelled,
    Work,
    exits,
    exits_of_each,
    transitions,
    where,
    work,
)
from processors.time.spells import Layout, Spells
from processors.time.tables import EMPTY, Each, Question, joined, made_by, rows_of
from schemas.arrays import Int8, Mask
from schemas.indicators import (
    EXIT_MONTHS,
    GAPS,
    HALF_YEAR,
    NUMBER,
    OUTCOME_NODES,
    SITUATIONS,
    SUPPORTS,
    TRANSITION_MONTHS,
    YOUTH_MONTHS,
    Table,
)
from schemas.periods import MONTH_COUNT
from schemas.places import KINGDOM, LEVELS, PLACE_NUMBER, PLACES
from schemas.settings import FigureSettings
from schemas.supports import NODE

Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What outcomes are made from.

    The question of the spells, the facts, how many persons there are, and the first and last month with a row of a
    support that outcomes read: there is no reference beyond them.
    """

    question: Question
    facts: npt.NDArray[np.int64]
    persons: int
    oldest: int
    newest: int

    @classmethod
    def of(cls, ledger: Ledger, question: Question) -> Self:
        """Return what a ledger says."""
        leaves = [leaf for node in OUTCOME_NODES for leaf in NODE[node].leaves]
        rows = np.flatnonzero(ledger.tables.exists[leaves].any(axis=0))
        oldest, newest = (int(rows[0]), int(rows[-1])) if len(rows) else (MONTH_COUNT, -1)
        return cls(question, ledger.facts, ledger.persons, oldest, newest)

    @property
    def months(self) -> Integers:
        """The reference months."""
        return np.arange(max(self.question.first, self.oldest), self.newest + 1)

    def all_there(self, month: Integers) -> Mask:
        """Tell of months whether they are there, of every support that outcomes read."""
        return self.question.windows.outcomes.after(month, month + 1)

    def exits_shown(self, gap: int, after: int) -> Mask:
        """Tell of each reference month whether its exits are known, and what became of them after so many months."""
        months, there = self.months, self.question.windows.spells.since(self.question.since)
        known = there.after(months, months + gap + 2) & self.all_there(months + after)
        return np.asarray(known & (months >= self.question.since))

    def transitions_shown(self) -> Mask:
        """Tell of each reference month whether it is there, and the one that it is compared with."""
        return np.asarray(self.all_there(self.months) & self.all_there(self.months + TRANSITION_MONTHS))


def outcome_tables(outcomes: Outcomes, each: Each = map) -> Table:
    """Return the rows of exits and transitions for the references wanted (H4)."""
    if not len(outcomes.months):
        return EMPTY
    worked = work(outcomes.facts, outcomes.persons, outcomes.question.settings)
    exits_of = (partial(_exit_tables, outcomes, worked, gap) for gap in GAPS)
    return made_by([partial(_transition_tables, outcomes, worked), *exits_of], each)


def _transition_tables(outcomes: Outcomes, worked: Work) -> Iterator[Table]:
    question, months, wanted = outcomes.question, outcomes.months, outcomes.transitions_shown()
    first = int(months[0])
    counts = transitions(question.people.rows, first, wanted, TRANSITION_MONTHS, worked, where(question.settings))
    states = counts.reshape(*counts.shape[:2], -1, LATER_COUNT)
    base = np.repeat(states.sum(axis=-1), LATER_COUNT, axis=-1)
    place, month, category = np.nonzero(counts)
    number = NUMBER["transitions", "own", "state|later"]
    yield rows_of(number, first + month, place, category, counts[place, month, category], base[place, month, category])


def _exit_tables(outcomes: Outcomes, worked: Work, gap: int) -> Iterator[Table]:
    """Yield the exits with a gap tolerance; the references of one geography together."""
    question, first = outcomes.question, int(outcomes.months[0])
    for geography, wanted in _wanted_exits(outcomes, gap):
        spelled = Spelled(question.spells(gap, geography).own, geography.place_of, _in_spells(question.settings))
        counts = exits(question.people.rows, spelled, first, wanted, worked)
        base = counts[..., :ANY_WORK_AT].sum(axis=-1)
        after, place, month, category = np.nonzero(counts)
        numbers = np.array([NUMBER["exit_to_work", f"own_x{x}_g{gap}", "outcome"] for x in EXIT_MONTHS])
        count = counts[after, place, month, category]
        yield rows_of(numbers[after], first + month, place, category, count, base[after, place, month])


def outcomes_of_each(outcomes: Outcomes, spells: Spells) -> Int8:
    """Return by (place of ``EXIT_MONTHS``, spell) the outcome of its exit, ABSENT where it may not be known yet.

    ``spells`` are those of some persons without gaps, in the order of the rows. A spell that has not ended is asked
    about as if it had (H4).
    """
    each = np.full((len(EXIT_MONTHS), len(spells.person)), ABSENT, np.int8)
    if not len(outcomes.months):
        return each
    question, first = outcomes.question, int(outcomes.months[0])
    worked = work(outcomes.facts, outcomes.persons, question.settings)
    for geography, wanted in _wanted_exits(outcomes, 0):
        spelled = Spelled(spells, geography.place_of, _in_spells(question.settings))
        each = np.maximum(each, exits_of_each(question.people.rows, spelled, first, wanted, worked))
    return each


def _wanted_exits(outcomes: Outcomes, gap: int) -> Iterator[tuple[Layout, Mask]]:
    """Yield each geography and the exits that stand in it, by (place of ``EXIT_MONTHS``, month)."""
    months = outcomes.months
    read = np.array([max(after, gap + 1) for after in EXIT_MONTHS])
    era_of_month = rules(outcomes.question.settings).era_of_month
    wanted = np.array([outcomes.exits_shown(gap, after) for after in EXIT_MONTHS])
    eras = era_of_month[np.minimum(months + read[:, None], MONTH_COUNT - 1)]
    for era in np.unique(eras[wanted]).tolist():
        yield outcomes.question.layout(int(np.flatnonzero(era_of_month == era)[0])), wanted & (eras == era)


def _in_spells(settings: FigureSettings) -> Mask:
    return np.isin(OUTCOME_NODES, SUPPORTS[settings.spells])


def youth_tables(outcomes: Outcomes) -> Table:
    """Return the rows of youth-care leavers for the half-years that end in the references wanted (H5)."""
    return joined([part for after in YOUTH_MONTHS for part in _youth_tables(outcomes, after)])


def _youth_tables(outcomes: Outcomes, after: int) -> Iterator[Table]:
    question = outcomes.question
    number = NUMBER["youth_care", f"x{after}", "situation"]
    places = where(question.settings)
    for half_year in half_years_shown(outcomes, after):
        cohort = leavers(question.people.rows, outcomes.facts, half_year, after, question.settings)
        areas = places.place_of[places.era_of_month[half_year + after], cohort.municipality]
        areas[cohort.municipality < 0] = [_KINGDOM if level == "kingdom" else ABSENT for level in LEVELS]
        cells = areas.astype(np.int64) * len(SITUATIONS) + cohort.situation[:, None]
        counts = np.bincount(cells[areas >= 0], minlength=len(PLACES) * len(SITUATIONS))
        counts = counts.reshape(len(PLACES), len(SITUATIONS))
        place, situation = np.nonzero(counts)
        yield rows_of(number, half_year, place, situation, counts[place, situation], counts.sum(axis=1)[place])


def half_years_shown(outcomes: Outcomes, after: int) -> list[int]:
    """Return the half-years (by their last month) whose cohort may be shown X months after the exit.

    All months of the cohort are there, and those X months later; L has no part in them, for leavers are in no spell.
    """
    ends = np.array(half_years_of_exits(outcomes.facts, outcomes.question.settings), np.int64)
    there = outcomes.question.windows.outcomes
    complete = there.after(ends - HALF_YEAR + 1, ends + 1) & there.after(ends - HALF_YEAR + 1 + after, ends + 1 + after)
    wanted: list[int] = ends[complete & (ends >= outcomes.question.first)].tolist()
    return wanted


_KINGDOM = PLACE_NUMBER["kingdom", KINGDOM]
