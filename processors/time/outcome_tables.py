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
from processors.time.outcomes import ANY_WORK_AT, LATER_COUNT, Work, exits, transitions, where, work
from processors.time.tables import EMPTY, Asked, Each, joined, made_by, rows_of
from schemas.indicators import (
    EXIT_MONTHS,
    GAPS,
    HALF_YEAR,
    NUMBER,
    SITUATIONS,
    TRANSITION_MONTHS,
    YOUTH_MONTHS,
    Table,
)
from schemas.places import KINGDOM, LEVELS, PLACE_NUMBER, PLACES

Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What outcomes are made from.

    The question of the spells, the facts and how many persons there are, which months are published (by ordinal), and
    the last month with a row: there is no reference behind it.
    """

    asked: Asked
    facts: npt.NDArray[np.int64]
    persons: int
    published: npt.NDArray[np.bool_]
    newest: int

    @classmethod
    def of(cls, ledger: Ledger, asked: Asked, published: npt.NDArray[np.bool_]) -> Self:
        """Return what a ledger says."""
        rows = np.flatnonzero(ledger.tables.exists.any(axis=0))
        return cls(asked, ledger.facts, ledger.persons, published, int(rows[-1]) if len(rows) else -1)

    @property
    def months(self) -> Integers:
        """The reference months."""
        return np.arange(self.asked.first, min(self.asked.last, self.newest) + 1)

    def shown(self, needs: int) -> npt.NDArray[np.bool_]:
        """Return for each reference month whether it and the ``needs`` months behind it are published."""
        gaps = np.cumsum(np.r_[0, ~self.published])
        ends = np.minimum(self.months + needs + 1, len(self.published))
        whole: npt.NDArray[np.bool_] = (self.months + needs <= self.asked.last) & (gaps[ends] == gaps[self.months])
        return whole


def outcome_tables(outcomes: Outcomes, each: Each = map) -> Table:
    """Return the rows of exits and transitions for the references wanted (H4)."""
    asked = outcomes.asked
    if not len(outcomes.months):
        return EMPTY
    worked = work(outcomes.facts, outcomes.persons, asked.settings)
    exits_of = (partial(_exit_tables, outcomes, worked, gap) for gap in GAPS)
    return made_by([partial(_transition_tables, outcomes, worked), *exits_of], each)


def _transition_tables(outcomes: Outcomes, worked: Work) -> Iterator[Table]:
    asked = outcomes.asked
    wanted = outcomes.shown(TRANSITION_MONTHS)
    found = transitions(asked.people.rows, asked.first, wanted, TRANSITION_MONTHS, worked, where(asked.settings))
    states = found.reshape(*found.shape[:2], -1, LATER_COUNT)
    base = np.repeat(states.sum(axis=-1), LATER_COUNT, axis=-1)
    place, month, category = np.nonzero(found)
    number = NUMBER["transitions", "own", "state|later"]
    yield rows_of(
        number, asked.first + month, place, category, found[place, month, category], base[place, month, category]
    )


def _exit_tables(outcomes: Outcomes, worked: Work, gap: int) -> Iterator[Table]:
    """Yield the exits with a gap tolerance; the references of one geography together."""
    asked = outcomes.asked
    needs = [max(after, gap + 1) for after in EXIT_MONTHS]
    months = outcomes.months
    era_of_month = rules(asked.settings).era_of_month
    shown = np.array([outcomes.shown(needed) for needed in needs])
    eras = np.array([era_of_month[np.minimum(months + needed, asked.last)] for needed in needs])
    for era in np.unique(eras[shown]).tolist():
        geography = asked.layout(int(np.flatnonzero(era_of_month == era)[0]))
        wanted = shown & (eras == era)
        found = exits(asked.people.rows, asked.spells(gap, geography), asked.first, wanted, worked, geography.place_of)
        base = found[..., :ANY_WORK_AT].sum(axis=-1)
        after, place, month, category = np.nonzero(found)
        numbers = np.array([NUMBER["exit_to_work", f"own_x{x}_g{gap}", "outcome"] for x in EXIT_MONTHS])
        count = found[after, place, month, category]
        yield rows_of(numbers[after], asked.first + month, place, category, count, base[after, place, month])


def youth_tables(outcomes: Outcomes) -> Table:
    """Return the rows of youth-care leavers for the half-years that end in the references wanted (H5)."""
    return joined([part for after in YOUTH_MONTHS for part in _youth_tables(outcomes, after)])


def _youth_tables(outcomes: Outcomes, after: int) -> Iterator[Table]:
    asked = outcomes.asked
    number = NUMBER["youth_care", f"x{after}", "situation"]
    places = where(asked.settings)
    for half_year in half_years_shown(outcomes, after):
        found = leavers(asked.people.rows, outcomes.facts, half_year, after, asked.settings)
        areas = places.place_of[places.era_of_month[half_year + after], found.municipality]
        areas[found.municipality < 0] = [_KINGDOM if level == "kingdom" else ABSENT for level in LEVELS]
        cells = areas.astype(np.int64) * len(SITUATIONS) + found.situation[:, None]
        counts = np.bincount(cells[areas >= 0], minlength=len(PLACES) * len(SITUATIONS))
        counts = counts.reshape(len(PLACES), len(SITUATIONS))
        place, situation = np.nonzero(counts)
        yield rows_of(number, half_year, place, situation, counts[place, situation], counts.sum(axis=1)[place])


def half_years_shown(outcomes: Outcomes, after: int) -> list[int]:
    """Return the half-years (by their last month) whose cohort may be shown X months after the exit."""
    asked, published = outcomes.asked, outcomes.published
    return [
        end
        for end in half_years_of_exits(outcomes.facts, asked.settings)
        if asked.first <= end <= asked.last - after and published[end - HALF_YEAR + 1 + after : end + 1 + after].all()
    ]


_KINGDOM = PLACE_NUMBER["kingdom", KINGDOM]
