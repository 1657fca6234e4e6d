"""Facts of a synthetic history: who works after leaving or beside, art. 60 at an OCMW, who leaves youth care.

Only those who leave youth care have residences: a register is asked about nobody else.
"""

from dataclasses import dataclass
from dataclasses import replace as _with

import numpy as np

from schemas.arrays import Mask
from schemas.breakdowns import DAYS_PER_YEAR
from schemas.events import (
    DECLARE_CANCEL,
    DECLARE_IN,
    DECLARE_OUT,
    DECLARE_UPDATE,
    EMPLOYMENT,
    LEFT_REGISTER,
    RESIDENCE,
    YOUTH_EXIT,
)
from synthetic.calendar import Calendar
from synthetic.columns import Floats, Ints, Small, Tiny, draws, rows, stacked
from synthetic.places import Towns
from synthetic.population import BIRTH_DATE_UNKNOWN, Population
from synthetic.settings import settings
from synthetic.trajectories import PHASES, Phases, Stays, mixture

SETTINGS = settings("employment")
YOUTH = settings("youth_care")
TYPES: tuple[str, ...] = tuple(SETTINGS["types"])
NO_DATE = -(2**30)
_LEEFLOON = [PHASES.index(name) for name in ("LL", "STUD")]
_ART60 = [PHASES.index(name) for name in ("ART60", "RMH_ART60")]
_DAYS_A_MONTH = 30.4
_YOUNG = 26


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts, one a row: ``kind`` as in ``schemas.events``; days since 1970-01-01, NO_DATE where there is none.

    ``first`` is the start, the exit or the day of residence; ``declaration`` and ``worker`` are symbols (numbers of
    ``TYPES``); ``code`` is the sex or the municipality; ``arrives`` and ``order`` as for events.
    """

    kind: Tiny
    person: Small
    first: Ints
    last: Ints
    declaration: Tiny
    period: Ints
    employer: Ints
    by_ocmw: Mask
    worker: Tiny
    code: Small
    birth: Ints
    arrives: Small
    order: Floats


@dataclass(frozen=True, slots=True)
class _Jobs:
    """Employments before they are declared: person, first and last day, by an OCMW, number of the worker type."""

    person: Small
    first: Ints
    last: Ints
    by_ocmw: Mask
    worker: Tiny


@dataclass(frozen=True, slots=True)
class Lives:
    """The lives that facts are drawn from: chains of phases and stays, their persons and places."""

    phases: Phases
    stays: Stays
    people: Population
    towns: Towns


def facts(rng: np.random.Generator, lives: Lives, calendar: Calendar) -> Facts:
    """Return the facts that arrive by the calendar's last month, in no order."""
    made = stacked([_declared(rng, _jobs(rng, lives, calendar), calendar), *_youth(rng, lives, calendar)])
    return rows(made, made.arrives <= calendar.last)


def _first_days(rng: np.random.Generator, month: Ints, calendar: Calendar) -> Ints:
    """Return a day in each month; months may lie outside of the calendar."""
    day = calendar.day_of(month)
    return day + rng.integers(0, 28, len(month))


def _jobs(rng: np.random.Generator, lives: Lives, calendar: Calendar) -> _Jobs:
    lived, region = lives.phases, _regions(lives)
    ends_a_chain = np.r_[lived.person[1:] != lived.person[:-1], True]
    next_start = np.r_[lived.start[1:], 0]
    goes_on = ~ends_a_chain & (next_start == lived.end + 1)
    leaves = np.isin(lived.phase, _LEEFLOON) & ~goes_on & (lived.end <= calendar.last)
    share = np.array([SETTINGS["after_exit"][name] for name in _REGIONS])[region]
    after = np.flatnonzero(leaves & (rng.random(len(leaves)) < share))
    begun = lived.end[after] + mixture(rng, SETTINGS["waits"], len(after))
    beside = np.flatnonzero(np.isin(lived.phase, _LEEFLOON) & (rng.random(len(leaves)) < SETTINGS["during"]))
    art60 = np.flatnonzero(np.isin(lived.phase, _ART60))
    return stacked([
        _made(rng, lived.person[after], begun, mixture(rng, SETTINGS["duration"], len(after)), calendar),
        _made(rng, lived.person[beside], lived.start[beside], mixture(rng, SETTINGS["beside"], len(beside)), calendar),
        _Jobs(
            person=lived.person[art60],
            first=calendar.day_of(lived.start[art60]),
            last=calendar.day_of(lived.end[art60] + 1) - 1,
            by_ocmw=np.ones(len(art60), np.bool_),
            worker=np.full(len(art60), TYPES.index("OTH"), np.int8),
        ),
    ])  # fmt: skip


def _made(rng: np.random.Generator, person: Small, month: Small, months: Small, calendar: Calendar) -> _Jobs:
    size = len(person)
    first = _first_days(rng, month.astype(np.int64), calendar)
    return _Jobs(
        person=person,
        first=first,
        last=first + np.rint(months * _DAYS_A_MONTH).astype(np.int64),
        by_ocmw=np.zeros(size, np.bool_),
        worker=draws(rng, list(SETTINGS["types"].values()), size).astype(np.int8),
    )


_REGIONS: tuple[str, ...] = tuple(SETTINGS["after_exit"])


def _regions(lives: Lives) -> Ints:
    """Return the region of each phase as a place in ``_REGIONS``: that of the person's first stay."""
    towns = np.zeros(int(lives.stays.person.max(initial=0)) + 1, np.int64)
    towns[lives.stays.person[::-1]] = lives.stays.town[::-1]
    numbers = np.array([_REGIONS.index(name) for name in lives.towns.regions])
    regions: Ints = numbers[towns[lives.phases.person]]
    return regions


def _declared(rng: np.random.Generator, jobs: _Jobs, calendar: Calendar) -> Facts:
    """Return the declarations of employments: IN, most of them OUT, some UPDATE and CANCEL, a few out of order."""
    jobs = rows(jobs, (jobs.last >= calendar.start(np.array([calendar.first]))[0]))
    size = len(jobs.person)
    in_the_in = rng.random(size) < SETTINGS["end_in_in"]
    opened = _arrivals(rng, "IN", jobs.first, calendar)
    ended = np.maximum(_arrivals(rng, "OUT", jobs.last, calendar), opened)
    early = (rng.random(size) < SETTINGS["out_first"]) & (ended > calendar.first)
    opened = np.where(early, ended, opened)
    in_order, out_order = rng.random(size) * 0.3, 0.4 + rng.random(size) * 0.3
    base = _facts(EMPLOYMENT, jobs.person)
    base = _with(
        base,
        period=np.arange(size) + 1_000_000,
        employer=rng.integers(-(2**62), 2**62, size),
        by_ocmw=jobs.by_ocmw,
        worker=jobs.worker,
    )
    none = np.full(size, NO_DATE, np.int64)
    made = [
        _with(base, declaration=_all(DECLARE_IN, size), first=jobs.first, last=np.where(in_the_in, jobs.last, none),
              arrives=opened.astype(np.int32), order=np.where(early, 0.8, in_order)),
        rows(_with(base, declaration=_all(DECLARE_OUT, size), last=jobs.last, arrives=ended.astype(np.int32),
                   order=out_order), ~in_the_in),
        rows(_with(base, declaration=_all(DECLARE_UPDATE, size), first=jobs.first + 1, arrives=opened.astype(np.int32),
                   order=0.9 + rng.random(size) * 0.05),
             (rng.random(size) < SETTINGS["corrected"]) & (jobs.last > jobs.first + 1)),
        rows(_with(base, declaration=_all(DECLARE_CANCEL, size), arrives=(opened + 1).astype(np.int32),
                   order=0.95 + rng.random(size) * 0.05), rng.random(size) < SETTINGS["cancelled"]),
    ]  # fmt: skip
    return stacked(made)


def _arrivals(rng: np.random.Generator, kind: str, day: Ints, calendar: Calendar) -> Ints:
    """Return the month of the update in which a declaration about a day comes; none comes before the log."""
    late = mixture(rng, SETTINGS["late"][kind], len(day)) - 1
    months: Ints = np.maximum(calendar.month_of_day(day) + late, calendar.first)
    return months


def _youth(rng: np.random.Generator, lives: Lives, calendar: Calendar) -> list[Facts]:
    people = lives.people
    beginning = calendar.start(np.array([calendar.first]))[0]
    young = (people.birth != BIRTH_DATE_UNKNOWN) & (people.birth > beginning - _YOUNG * DAYS_PER_YEAR)
    person = np.flatnonzero(young & (rng.random(len(young)) < YOUTH["share"])).astype(np.int32)
    low, high = YOUTH["ages"]
    day = people.birth[person] + (DAYS_PER_YEAR * rng.uniform(low, high, len(person))).astype(np.int64)
    kept = calendar.month_of_day(day) >= calendar.first
    person, day = person[kept], day[kept]
    arrives = np.minimum(calendar.month_of_day(day), calendar.last).astype(np.int32)
    left = _with(
        _facts(YOUTH_EXIT, person),
        first=day,
        birth=people.birth[person],
        code=people.sex[person].astype(np.int32),
        arrives=arrives,
        order=rng.random(len(person)),
    )
    return [left, *_residences(rng, lives, person, day, calendar)]


def _residences(rng: np.random.Generator, lives: Lives, person: Small, day: Ints, calendar: Calendar) -> list[Facts]:
    """Return where leavers live: at first where they get help later, and some leave the register."""
    towns = np.zeros(len(lives.people.sex), np.int64)
    towns[lives.stays.person[::-1]] = lives.stays.town[::-1]
    arrives = np.minimum(calendar.month_of_day(day), calendar.last).astype(np.int32)
    codes = lives.towns.codes[towns[person], arrives - calendar.first]
    lives_there = _with(
        _facts(RESIDENCE, person),
        first=day - rng.integers(0, 3000, len(person)),
        code=codes.astype(np.int32),
        arrives=arrives,
        order=rng.random(len(person)),
    )
    gone = _with(
        lives_there, first=day + rng.integers(20, 300, len(person)), code=np.full(len(person), LEFT_REGISTER, np.int32)
    )
    return [
        rows(lives_there, rng.random(len(person)) >= YOUTH["never_registered"]),
        rows(gone, rng.random(len(person)) < YOUTH["left_register"]),
    ]


def _all(symbol: int, size: int) -> Tiny:
    return np.full(size, symbol, np.int8)


def _facts(kind: int, person: Small) -> Facts:
    """Return facts of a kind whose fields are all empty yet."""
    size = len(person)
    none = np.full(size, NO_DATE, np.int64)
    return Facts(
        kind=_all(kind, size),
        person=person.astype(np.int32),
        first=none,
        last=none,
        declaration=_all(0, size),
        period=np.zeros(size, np.int64),
        employer=np.zeros(size, np.int64),
        by_ocmw=np.zeros(size, np.bool_),
        worker=_all(0, size),
        code=np.zeros(size, np.int32),
        birth=none,
        arrives=np.zeros(size, np.int32),
        order=np.zeros(size),
    )
