"""The spells of an extraction: those of the time dimension in the kingdom, without gaps (H1-H4), a row each.

What begins in L, the first month known, has no known beginning: ``spell_start`` and ``spell_rank`` are 0, and so is the
rank of a later spell that does not follow from what was seen. A spell that reaches the last month asked for has
``spell_end`` 0 and no outcome yet: ``running``. An outcome is ``unknown`` while a month that it reads is not published:
the month after the exit, or the one so many months after.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from processors.admission.keys import month_in, person_in
from processors.admission.ledger import KEY
from processors.counting.people import People
from processors.counting.plan import ABSENT
from processors.research.extraction import YYYYMM, Column, Population, Table, Text, taken
from processors.time.outcome_tables import outcomes_of_each
from processors.time.spells import KINGDOM_LEVEL, Spells, layout, spells
from schemas.arrays import Int8
from schemas.breakdowns import UNKNOWN
from schemas.indicators import BANDS, CENSORED_MONTHS, EXIT_MONTHS, OUTCOMES, UNKNOWN_BAND, UNKNOWN_RANK, YEARS
from schemas.periods import MONTH_COUNT, MONTHS_PER_YEAR

RUNNING = "running"
_RUNNING, _UNKNOWN = len(OUTCOMES), len(OUTCOMES) + 1
_CODES = (*OUTCOMES, RUNNING, UNKNOWN)


def national_spells(population: Population, benefit: Literal["LL"] | None = None) -> Spells:
    """Return the spells in the kingdom, up to the last month asked for, of the persons of a population (H1).

    Of a benefit, or of that of the store's setting.
    """
    question = population.source.outcomes.question
    settings = question.settings if benefit is None else replace(question.settings, spells=benefit)
    _, last = population.protocol.population.months
    rows = question.people.rows
    mine = (population.rank[person_in(rows[:, KEY])] != ABSENT) & (month_in(rows[:, KEY]) <= last)
    people = People(rows[mine], np.arange(MONTH_COUNT) <= last)
    geography = layout(people, question.births, question.since, last, settings)
    kingdom = np.full_like(geography.place_of, ABSENT)
    kingdom[:, KINGDOM_LEVEL] = geography.place_of[:, KINGDOM_LEVEL]
    return spells(people, 0, geography._replace(place_of=kingdom)).own


def spell_rows(population: Population) -> Table:
    """Return the table of kind ``spell``, by (person, first month)."""
    seen = national_spells(population)
    order = np.lexsort((seen.first, population.rank[seen.person]))
    outcomes = outcomes_of_each(population.source.outcomes, seen)

    def stretches() -> Iterator[dict[str, Column]]:
        columns = spell_columns(population, seen, outcomes)
        wanted = (name for name in columns if name == "person" or name in population.protocol.variables)
        yield {name: taken(columns[name], order) for name in wanted}

    return Table(len(order), stretches)


def spell_columns(population: Population, seen: Spells, outcomes: Int8) -> dict[str, Column]:
    """Return the columns of spells, all of them; ``outcomes`` is what ``outcomes_of_each`` says of them."""
    _, last = population.protocol.population.months
    unseen = seen.first == population.source.outcomes.question.since
    length, running = seen.last - seen.first, seen.last == last
    bands = np.minimum(length // MONTHS_PER_YEAR, YEARS)
    columns: dict[str, Column] = {
        "person": population.pseudonyms[population.rank[seen.person]],
        "spell_start": np.where(unseen, 0, YYYYMM[seen.first]).astype(np.int32),
        "spell_end": np.where(running, 0, YYYYMM[seen.last]).astype(np.int32),
        "spell_rank": np.where(unseen | (seen.rank == UNKNOWN_RANK), 0, seen.rank + 1).astype(np.int8),
        "duration_band": Text(np.where(unseen & (length < CENSORED_MONTHS), UNKNOWN_BAND, bands), BANDS),
    }
    for after, each in zip(EXIT_MONTHS, outcomes, strict=True):
        outcome = np.where(running, _RUNNING, np.where(each == ABSENT, _UNKNOWN, each))
        columns[f"outcome_x{after}"] = Text(outcome, _CODES)
    return columns
