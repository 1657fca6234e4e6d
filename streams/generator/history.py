"""A whole synthetic history, from its seed to its file.

Each stage draws from a stream of its own, so that a later stage (employment, youth care) can be added without changing
what the earlier ones draw.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from schemas.parameters import document
from streams.generator.blemishes import blemished
from streams.generator.calendar import Calendar
from streams.generator.claims import Lines, Spans, lines, spans
from streams.generator.columns import Ints, rows, stacked
from streams.generator.events import claimed, corrected, corrections
from streams.generator.places import Towns, towns
from streams.generator.population import Population, population
from streams.generator.trajectories import Phases, Stays, phases, stays
from streams.generator.write import random_keys, write

_STAGES = ("phases", "stays", "spans", "population", "lines", "corrections", "claims", "corrected", "blemishes", "keys")
_MORE = 1.25


@dataclass(frozen=True, slots=True)
class Summary:
    """What a file holds: persons, events (the closings of updates not among them), closings, and the blemishes."""

    persons: int
    events: int
    updates: int
    duplicates: int
    set_aside: dict[str, int]


@dataclass(frozen=True, slots=True)
class History:
    """The persons of a history (numbers 0 to ``persons`` - 1), what they are, and what they are claimed for."""

    persons: int
    calendar: Calendar
    towns: Towns
    people: Population
    phases: Phases
    stays: Stays
    lines: Lines


def generate(
    persons: int, first: int, last: int, seed: int, out: Path, progress: Callable[[int, int], None] | None = None
) -> Summary:
    """Write a history of ``persons`` distinct persons with an update for each month from ``first`` to ``last``.

    Months are ordinals. The same arguments give the same bytes in the same environment. ``progress`` hears (months
    written, months in all). Raises ValueError for fewer than one person or a last month before the first.
    """
    if persons < 1 or last < first:
        message = f"a history needs a person and a month: {persons} persons, months {first} to {last}"
        raise ValueError(message)
    streams = _streams(seed)
    made = history(persons, first, last, seed)
    claims = claimed(streams["claims"], made.lines, made.people, made.towns, made.calendar)
    later = corrections(streams["corrections"], made.lines, last)
    events = stacked([claims, corrected(streams["corrected"], later, made.lines, claims, made.people)])
    found = blemished(streams["blemishes"], events)
    keys = random_keys(streams["keys"], persons)
    identities = random_keys(streams["keys"], int(found.events.identity.max()) + 1)
    write(out, found.events, range(first, last + 1), keys, identities, progress or (lambda _done, _all: None))
    return Summary(persons, len(found.events.kind), last - first + 1, found.duplicates, found.set_aside)


def history(persons: int, first: int, last: int, seed: int) -> History:
    """Return the persons, phases, stays and claim lines behind ``generate``: each person has a line by ``last``."""
    candidates = int(persons * _settings()["candidates"]) + 100
    while True:
        found = _drawn(candidates, first, last, seed)
        seen = np.unique(found[1].person[found[2].stay])
        if len(seen) >= persons:
            return _history(found, seen[:persons], first, last, seed)
        candidates = int(candidates * _MORE)


def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = document("generator")["trajectories"]
    return settings


def _streams(seed: int) -> dict[str, np.random.Generator]:
    children = np.random.SeedSequence(seed).spawn(len(_STAGES))
    return {stage: np.random.default_rng(child) for stage, child in zip(_STAGES, children, strict=True)}


def _drawn(candidates: int, first: int, last: int, seed: int) -> tuple[Phases, Stays, Spans]:
    streams = _streams(seed)
    found = phases(streams["phases"], candidates, first, last)
    cut = stays(streams["stays"], found, towns(first, last))
    return found, cut, spans(streams["spans"], cut, first, last)


def _history(found: tuple[Phases, Stays, Spans], chosen: Ints, first: int, last: int, seed: int) -> History:
    """Keep the chosen persons alone and number them from 0."""
    streams = _streams(seed)
    calendar, places = Calendar(first, last), towns(first, last)
    kept_phases, kept_stays = (_of_persons(table, chosen) for table in found[:2])
    stay_number = np.cumsum(np.isin(found[1].person, chosen)) - 1
    kept = rows(found[2], np.isin(found[1].person[found[2].stay], chosen))
    kept = replace(kept, stay=stay_number[kept.stay])
    people = population(streams["population"], kept_phases, len(chosen), calendar)
    made = lines(streams["lines"], kept, kept_stays, people, places, calendar)
    return History(len(chosen), calendar, places, people, kept_phases, kept_stays, made)


def _of_persons(table: Any, chosen: Ints) -> Any:  # noqa: ANN401 - Phases or Stays
    kept = rows(table, np.isin(table.person, chosen))
    return replace(kept, person=np.searchsorted(chosen, kept.person).astype(np.int32))
