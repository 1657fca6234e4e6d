"""Who is supported when, by what, and where: chains of phases, cut into stays at one OCMW.

Warm start: histories begin anywhere in the years before the log, so that in its first month a stock of people stands
in the middle of a phase and the first year looks like the others. What lies before the log is in no event.
"""

from dataclasses import dataclass

import numpy as np

from schemas.arrays import Mask
from synthetic.calendar import Calendar
from synthetic.columns import Ints, Small, Tiny, draws, expanded, rows, stacked
from synthetic.places import Towns
from synthetic.settings import settings

SETTINGS = settings("trajectories")
_PLACES = settings("places")
PHASES: tuple[str, ...] = tuple(SETTINGS["phases"])


@dataclass(frozen=True, slots=True)
class Phases:
    """Uninterrupted support of one kind: person, number of ``PHASES``, first and last month (ordinals, inclusive)."""

    person: Small
    phase: Tiny
    start: Small
    end: Small


@dataclass(frozen=True, slots=True)
class Stays:
    """A phase, or the part of it, at one OCMW.

    ``town`` is a number of ``Towns``; ``first_day`` (from 1) counts in the first month, ``cut`` days are missing at
    the end of the last one; ``dossier`` is the keyed hash; ``begins``: the phase begins here (not after a move).
    """

    person: Small
    phase: Tiny
    start: Small
    end: Small
    town: Small
    first_day: Tiny
    cut: Tiny
    dossier: Ints
    begins: Mask


def phases(rng: np.random.Generator, candidates: int, calendar: Calendar) -> Phases:
    """Return the phases of ``candidates`` histories that touch the months of the calendar, by person and start."""
    first, last = calendar.first, calendar.last
    person = np.arange(candidates, dtype=np.int32)
    start = rng.integers(first - SETTINGS["warm_up"], last + 1, candidates).astype(np.int32)
    entry: dict[str, float] = SETTINGS["entry"]
    numbers: Tiny = np.array([PHASES.index(name) for name in entry], dtype=np.int8)
    phase = numbers[draws(rng, list(entry.values()), candidates)]
    steps = []
    for _ in range(SETTINGS["most_phases"]):
        end = start + _lengths(rng, phase) - 1
        step = Phases(person, phase, start, end)
        steps.append(rows(step, (end >= first) & (start <= last)))
        after, gap = _successors(rng, phase)
        start = end + 1 + gap
        goes_on = (after >= 0) & (start <= last)
        person, phase, start = person[goes_on], after[goes_on], start[goes_on]
    joined = stacked(steps)
    return rows(joined, np.lexsort((joined.start, joined.person)))


def mixture(rng: np.random.Generator, parts: list[list[float]], size: int) -> Small:
    """Draw months from a mixture of geometric lengths, [share, mean months]."""
    means = np.array([mean for _, mean in parts])[draws(rng, [share for share, _ in parts], size)]
    months: Small = rng.geometric(1 / np.maximum(means, 1.0)).astype(np.int32)
    return months


def _lengths(rng: np.random.Generator, phase: Tiny) -> Small:
    length = np.zeros(len(phase), dtype=np.int32)
    for number, name in enumerate(PHASES):
        chosen = phase == number
        length[chosen] = mixture(rng, SETTINGS["phases"][name]["duration"], int(chosen.sum()))
    return length


def _successors(rng: np.random.Generator, phase: Tiny) -> tuple[Tiny, Small]:
    """Draw the phase that follows (-1: none) and the months between."""
    after = np.full(len(phase), -1, dtype=np.int8)
    gap = np.zeros(len(phase), dtype=np.int32)
    for number, name in enumerate(PHASES):
        chosen = np.flatnonzero(phase == number)
        at_once, later = (SETTINGS["phases"][name].get(way, {}) for way in ("next", "later"))
        targets = np.array([PHASES.index(target) for target in (*at_once, *later)] + [-1], dtype=np.int8)
        weights = [*at_once.values(), *later.values()]
        drawn = draws(rng, [*weights, 1 - sum(weights)], len(chosen))
        after[chosen] = targets[drawn]
        waits = chosen[(drawn >= len(at_once)) & (after[chosen] >= 0)]
        gap[waits] = mixture(rng, SETTINGS["gap"], len(waits))
    return after, gap


def stays(rng: np.random.Generator, lived: Phases, towns: Towns) -> Stays:
    """Return the phases cut at moves; in the month of a move both OCMWs pay their days."""
    moves_a_month: float = _PLACES["moves_a_month"]
    moved = rng.random(len(lived.person)) < -np.expm1((lived.end - lived.start) * np.log1p(-moves_a_month))
    moved &= lived.end > lived.start
    origin, target = _towns(rng, lived, moved, towns)
    row, part = expanded(1 + moved)
    month = lived.start + 1 + (rng.random(len(moved)) * (lived.end - lived.start)).astype(np.int32)
    day = rng.integers(2, 28, len(moved)).astype(np.int8)
    goes, comes = moved[row] & (part == 0), part == 1
    return Stays(
        person=lived.person[row],
        phase=lived.phase[row],
        start=np.where(comes, month[row], lived.start[row]),
        end=np.where(goes, month[row], lived.end[row]),
        town=np.where(comes, target[row], origin[row]).astype(np.int32),
        first_day=np.where(comes, day[row], _edges(rng, "start", len(moved))[row] + 1).astype(np.int8),
        cut=np.where(goes, 30 - day[row], _edges(rng, "end", len(moved))[row]).astype(np.int8),
        dossier=rng.integers(-(2**63), 2**63 - 1, len(row)),
        begins=part == 0,
    )


def _edges(rng: np.random.Generator, edge: str, size: int) -> Tiny:
    """Draw the days missing at an edge of a phase: most begin with a month, some within it."""
    partial = rng.random(size) < SETTINGS["partial_month"][edge]
    return np.where(partial, rng.integers(1, 27, size), 0).astype(np.int8)


def _towns(rng: np.random.Generator, lived: Phases, moved: Mask, towns: Towns) -> tuple[Small, Small]:
    """Draw the town where each phase begins and the one it moves to; the next phase begins where the last one ended."""
    size = len(lived.person)
    head = np.r_[True, lived.person[1:] != lived.person[:-1]]
    home = np.maximum.accumulate(np.where(head, np.arange(size), 0))
    drawn = towns.drawn(rng, size)
    near = rng.random(size) < _PLACES["same_region"]
    target = np.where(near, towns.drawn_near(rng, drawn[home]), towns.drawn(rng, size)).astype(np.int32)
    latest = np.maximum.accumulate(np.where(moved, np.arange(size), -1))
    before = np.r_[-1, latest[:-1]]
    origin = np.where(before >= home, target[before], drawn[home]).astype(np.int32)
    return origin, target
