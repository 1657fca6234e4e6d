"""Claim lines of the stays: what the OCMW asks back, for which days, and in which update it arrives.

Social integration: a decision comes late, then the months since the beginning are claimed in one line of arrears, and
each later month as it passes. Social aid and medical help: each month's line has its own lateness.
"""

from dataclasses import dataclass, replace

import numpy as np

from schemas.arrays import Mask
from schemas.supports import LEAVES
from synthetic.calendar import Calendar, living_wages
from synthetic.columns import Ints, Small, Tiny, expanded, rows, stacked
from synthetic.lateness import SETTINGS as LATENESS
from synthetic.lateness import WAY_OF_LEAF, WAYS, late_months
from synthetic.population import Population
from synthetic.settings import settings
from synthetic.trajectories import PHASES, Stays
from synthetic.trajectories import SETTINGS as TRAJECTORIES

GRANT, ARREARS = 0, 1
_LEAF_OF_PHASE = np.array([LEAVES.index(TRAJECTORIES["phases"][name]["leaf"]) for name in PHASES], dtype=np.int8)
_MEDICAL_LEAVES = [LEAVES.index("MH_NDMH"), LEAVES.index("MH_DMH")]
_PREMIUM_LEAVES = [LEAVES.index(name) for name in TRAJECTORIES["premiums"]]
_BY_BEGINNING = np.array([LATENESS[way]["by"] == "beginning" for way in WAYS])[WAY_OF_LEAF]


@dataclass(frozen=True, slots=True)
class Spans:
    """A line before its money: ``stay`` number, leaf, first and last covered month, month of the statement."""

    stay: Ints
    leaf: Tiny
    start: Ints
    end: Ints
    statement: Ints


@dataclass(frozen=True, slots=True)
class Lines:
    """Claim lines: months as ordinals, days since 1970-01-01, cents at 100 %, calendar days covered."""

    stay: Ints
    person: Small
    town: Small
    dossier: Ints
    leaf: Tiny
    kind: Tiny
    start: Ints
    end: Ints
    first_day: Ints
    last_day: Ints
    statement: Ints
    cents: Ints
    days: Ints


def spans(rng: np.random.Generator, stays: Stays, calendar: Calendar) -> Spans:
    """Return the lines of all stays that cover months of the calendar and arrive by its last one."""
    leaf = _LEAF_OF_PHASE[stays.phase]
    number = np.arange(len(leaf))
    late = late_months(rng, leaf)
    parts = [
        _arrears(stays, leaf, late, number[_BY_BEGINNING[leaf]], calendar),
        _running(stays, leaf, late, number[_BY_BEGINNING[leaf]], calendar),
        _monthly(rng, stays, leaf, number[~_BY_BEGINNING[leaf]], calendar),
        _bills(rng, stays, calendar),
        *(_premiums(rng, stays, name, calendar) for name in TRAJECTORIES["premiums"]),
    ]
    joined = stacked(parts)
    return rows(joined, (joined.start >= calendar.first) & (joined.statement <= calendar.last))


def _arrears(stays: Stays, leaf: Tiny, late: Ints, chosen: Ints, calendar: Calendar) -> Spans:
    chosen = chosen[late[chosen] > 0]
    start = stays.start[chosen].astype(np.int64)
    end = np.minimum(start + late[chosen] - 1, stays.end[chosen])
    made = Spans(chosen, leaf[chosen], np.maximum(start, calendar.first), end, start + late[chosen])
    return rows(made, end >= calendar.first)


def _months(stays: Stays, chosen: Ints, start: Ints, calendar: Calendar) -> tuple[Ints, Ints]:
    """Return (stay, month) of every month of the chosen stays from ``start`` on, within the calendar."""
    start = np.maximum(start, calendar.first).astype(np.int64)
    counts = (np.minimum(stays.end[chosen], calendar.last) - start + 1).clip(min=0)
    row, step = expanded(counts)
    return chosen[row], start[row] + step


def _running(stays: Stays, leaf: Tiny, late: Ints, chosen: Ints, calendar: Calendar) -> Spans:
    stay, month = _months(stays, chosen, stays.start[chosen] + late[chosen], calendar)
    return Spans(stay, leaf[stay], month, month, month)


def _monthly(rng: np.random.Generator, stays: Stays, leaf: Tiny, chosen: Ints, calendar: Calendar) -> Spans:
    stay, month = _months(stays, chosen, stays.start[chosen].astype(np.int64), calendar)
    billed = ~np.isin(leaf[stay], _MEDICAL_LEAVES) | (rng.random(len(stay)) < TRAJECTORIES["medical"]["MED"])
    stay, month = stay[billed], month[billed]
    return _with_lateness(rng, stay, leaf[stay], month)


def _bills(rng: np.random.Generator, stays: Stays, calendar: Calendar) -> Spans:
    chosen = np.flatnonzero(stays.phase == PHASES.index("FH"))
    stay, month = _months(stays, chosen, stays.start[chosen].astype(np.int64), calendar)
    billed = rng.random(len(stay)) < TRAJECTORIES["medical"]["FH"]
    leaf = np.full(int(billed.sum()), LEAVES.index("MH_NDMH"), dtype=np.int8)
    return _with_lateness(rng, stay[billed], leaf, month[billed])


def _premiums(rng: np.random.Generator, stays: Stays, name: str, calendar: Calendar) -> Spans:
    premium = TRAJECTORIES["premiums"][name]
    begins = stays.begins & (stays.phase == PHASES.index(premium["phase"])) & (stays.start >= calendar.first)
    stay = np.flatnonzero(begins & (rng.random(len(begins)) < premium["share"]))
    leaf = np.full(len(stay), LEAVES.index(name), dtype=np.int8)
    return _with_lateness(rng, stay, leaf, stays.start[stay].astype(np.int64))


def _with_lateness(rng: np.random.Generator, stay: Ints, leaf: Tiny, month: Ints) -> Spans:
    medical = np.isin(leaf, _MEDICAL_LEAVES)
    longer = medical & (rng.random(len(stay)) < TRAJECTORIES["medical"]["two_months"])
    end = month + longer
    return Spans(stay, leaf, month, end, end + late_months(rng, leaf))


def lines(rng: np.random.Generator, claimed: Spans, stays: Stays, people: Population, calendar: Calendar) -> Lines:
    """Return the lines with their days, money and place."""
    stay = claimed.stay
    person = stays.person[stay]
    first_day, last_day = _covered(claimed, stays, calendar)
    whole = np.isin(claimed.leaf, _PREMIUM_LEAVES + _MEDICAL_LEAVES)
    made = Lines(
        stay=stay,
        person=person,
        town=stays.town[stay],
        dossier=stays.dossier[stay],
        leaf=claimed.leaf,
        kind=np.where(claimed.statement > claimed.end, ARREARS, GRANT).astype(np.int8),
        start=claimed.start,
        end=claimed.end,
        first_day=np.where(whole, calendar.start(claimed.start), first_day),
        last_day=np.where(whole, calendar.start(claimed.end) + calendar.length(claimed.end) - 1, last_day),
        statement=claimed.statement,
        cents=np.zeros(len(stay), dtype=np.int64),
        days=np.zeros(len(stay), dtype=np.int64),
    )
    days = made.last_day - made.first_day + 1
    return replace(made, days=days, cents=_cents(rng, made, people, calendar))


def _covered(claimed: Spans, stays: Stays, calendar: Calendar) -> tuple[Ints, Ints]:
    """Return the first and last day: a stay's own at its edges, else whole months."""
    begins = claimed.start == stays.start[claimed.stay]
    ends = claimed.end == stays.end[claimed.stay]
    first = calendar.start(claimed.start) + np.where(begins, stays.first_day[claimed.stay] - 1, 0)
    last = calendar.start(claimed.end) + calendar.length(claimed.end) - 1
    return first, np.maximum(last - np.where(ends, stays.cut[claimed.stay], 0), first)


def _cents(rng: np.random.Generator, made: Lines, people: Population, calendar: Calendar) -> Ints:
    amounts = settings("amounts")
    wages = living_wages(calendar.first, calendar.last)
    monthly = wages[made.end - calendar.first, people.category(made.person, made.end)] * people.part[made.person]
    begun = (made.first_day - calendar.start(made.start)) / calendar.length(made.start)
    missing = (calendar.start(made.end) + calendar.length(made.end) - 1 - made.last_day) / calendar.length(made.end)
    cents = monthly * (made.end - made.start + 1 - begun - missing)
    premium = np.isin(made.leaf, _PREMIUM_LEAVES)
    cents[premium] = wages[made.start[premium] - calendar.first, amounts["premium_category"]]
    medical: Mask = np.isin(made.leaf, _MEDICAL_LEAVES)
    bills = amounts["medical"]
    cents[medical] = rng.lognormal(bills["mean_log"], bills["sigma_log"], int(medical.sum())).clip(max=5_000_000)
    cents[rng.random(len(cents)) < amounts["zero"]] = 0
    return np.rint(cents).astype(np.int64)
