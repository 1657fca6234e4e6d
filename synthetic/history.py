"""A whole synthetic history, from its seed to its file.

Each stage draws from a stream of its own, so that a later stage (employment, youth care) can be added without changing
what the earlier ones draw.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from schemas.periods import FIRST_MONTH, LAST_MONTH, month_code
from synthetic.blemishes import blemished
from synthetic.calendar import Calendar
from synthetic.claims import Lines, Spans, lines, spans
from synthetic.columns import Small, rows, stacked
from synthetic.events import Events, claimed, corrected, corrections
from synthetic.facts import Lives, facts
from synthetic.places import Towns, towns
from synthetic.population import Population, population
from synthetic.statements import FIRST as FIRST_STATEMENT
from synthetic.statements import reduced, write_statements
from synthetic.trajectories import SETTINGS, Phases, Stays, phases, stays
from synthetic.write import Keys, Log, Progress, write

_STAGES = (
    "phases", "stays", "spans", "population", "lines", "corrections", "claims", "corrected", "blemishes", "keys",
    "facts", "fact_keys",
)  # fmt: skip
_MORE = 1.25
"""How many more histories are drawn when too few had a claim in the log."""

_NONE = np.zeros(0, np.int64)

Streams = dict[str, np.random.Generator]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a file holds: persons, events (the closings of updates not among them), closings, and the blemishes.

    ``facts`` counts those of the events that are no claims; ``set_aside`` counts, by slug, the claims that are no
    lawful ones on purpose.
    """

    persons: int
    events: int
    facts: int
    updates: int
    duplicates: int
    set_aside: dict[str, int]


@dataclass(frozen=True, slots=True)
class History:
    """The persons of a history (numbers 0 to ``persons`` - 1), what they are, and what they are claimed for.

    Phases and stays may begin before the calendar's first month and end after its last.
    """

    persons: int
    calendar: Calendar
    towns: Towns
    people: Population
    phases: Phases
    stays: Stays
    lines: Lines


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Histories of candidates, before those without a claim are dropped."""

    phases: Phases
    stays: Stays
    spans: Spans


@dataclass(frozen=True, slots=True)
class HistorySize:
    """Which history: how many persons, first and last month (ordinals), seed."""

    persons: int
    first: int
    last: int
    seed: int


def _refuse(size: HistorySize) -> None:
    if size.persons < 1 or not FIRST_MONTH <= size.first <= size.last <= LAST_MONTH:
        span = f"from {month_code(size.first)} to {month_code(size.last)}"
        bounds = f"between {month_code(FIRST_MONTH)} and {month_code(LAST_MONTH)}"
        message = f"no history of {size.persons} persons {span}; it needs one person, and one month {bounds}"
        raise ValueError(message)


def generate(  # noqa: PLR0913, PLR0917 - the arguments of the command
    persons: int, first: int, last: int, seed: int, out: Path, progress: Progress | None = None
) -> Summary:
    """Write a history of ``persons`` distinct persons with an update for each month from ``first`` to ``last``.

    Months are ordinals. The same arguments give the same bytes in the same environment. ``progress`` hears (months
    written, months in all). Raises ValueError for fewer than one person, a last month before the first, or months that
    no event may name.
    """
    _refuse(HistorySize(persons, first, last, seed))
    streams = _streams(seed)
    made = history(persons, first, last, seed)
    blemished_log = blemished(streams["blemishes"], _events(streams, made))
    made_facts = facts(streams["facts"], Lives(made.phases, made.stays, made.people, made.towns), made.calendar)
    keys = Keys.drawn(streams["keys"], persons, int(blemished_log.events.identity.max()) + 1)
    fact_keys = replace(keys, identities=Keys.drawn(streams["fact_keys"], 0, len(made_facts.kind)).identities)
    log = Log(blemished_log.events, keys, made_facts, fact_keys)
    write(out, log, range(first, last + 1), progress or (lambda _done, _all: None))
    events = len(blemished_log.events.kind) + len(made_facts.kind)
    return Summary(
        persons, events, len(made_facts.kind), last - first + 1, blemished_log.duplicates, blemished_log.set_aside
    )


def generate_statements(size: HistorySize, out: Path, folder: Path, progress: Progress | None = None) -> Summary:
    """Write a history as monthly statements, with register and forms, and the events that they say.

    The events have no blemishes and no facts, and an update is called as its month, as that of an import. Raises
    ValueError as ``generate`` does, and for months before 2016, of which not all budget articles are known.
    """
    if size.first < FIRST_STATEMENT:
        message = f"statements can be written from {month_code(FIRST_STATEMENT)} on: earlier articles are not known"
        raise ValueError(message)
    _refuse(size)
    streams = _streams(size.seed)
    made = history(size.persons, size.first, size.last, size.seed)
    events = reduced(_events(streams, made), made.people, made.calendar)
    keys = Keys.drawn(streams["keys"], size.persons, int(events.identity.max()) + 1)
    nothing = rows(
        facts(streams["facts"], Lives(made.phases, made.stays, made.people, made.towns), made.calendar), _NONE
    )
    months = range(size.first, size.last + 1)
    write_statements(folder, events, made.people, months)
    write(out, Log(events, keys, nothing, keys, ""), months, progress or (lambda _done, _all: None))
    return Summary(size.persons, len(events.kind), 0, len(months), 0, {})


def history(persons: int, first: int, last: int, seed: int) -> History:
    """Return the persons, phases, stays and claim lines behind ``generate``: each person has a line by ``last``."""
    calendar = Calendar(first, last)
    places = towns(calendar)
    candidates = int(persons * SETTINGS["candidates"]) + 100
    while True:
        streams = _streams(seed)
        drawn = _drawn(streams, candidates, places, calendar)
        claimants = np.unique(drawn.stays.person[drawn.spans.stay])
        if len(claimants) >= persons:
            kept = _of_persons(drawn, claimants[:persons])
            people = population(streams["population"], kept.phases, persons, calendar)
            made = lines(streams["lines"], kept.spans, kept.stays, people, calendar)
            return History(persons, calendar, places, people, kept.phases, kept.stays, made)
        candidates = int(candidates * _MORE)


def _streams(seed: int) -> Streams:
    children = np.random.SeedSequence(seed).spawn(len(_STAGES))
    return {stage: np.random.default_rng(child) for stage, child in zip(_STAGES, children, strict=True)}


def _events(streams: Streams, made: History) -> Events:
    claims = claimed(streams["claims"], made.lines, made.people, made.towns, made.calendar)
    later = corrections(streams["corrections"], made.lines, made.calendar.last)
    return stacked([claims, corrected(streams["corrected"], later, made.lines, claims, made.people)])


def _drawn(streams: Streams, candidates: int, places: Towns, calendar: Calendar) -> _Drawn:
    lived = phases(streams["phases"], candidates, calendar)
    cut = stays(streams["stays"], lived, places)
    return _Drawn(lived, cut, spans(streams["spans"], cut, calendar))


def _of_persons(drawn: _Drawn, chosen: Small) -> _Drawn:
    """Keep the chosen persons (ascending) alone, numbered from 0."""
    kept_phases = rows(drawn.phases, np.isin(drawn.phases.person, chosen))
    stays_kept = np.isin(drawn.stays.person, chosen)
    kept_stays = rows(drawn.stays, stays_kept)
    kept_spans = rows(drawn.spans, stays_kept[drawn.spans.stay])
    return _Drawn(
        replace(kept_phases, person=np.searchsorted(chosen, kept_phases.person).astype(np.int32)),
        replace(kept_stays, person=np.searchsorted(chosen, kept_stays.person).astype(np.int32)),
        replace(kept_spans, stay=(np.cumsum(stays_kept) - 1)[kept_spans.stay]),
    )
