"""The vocabulary as lookup arrays, so that kernels hold no rule of their own: they index what stands here.

``Rules`` travels into kernels. Numbers of leaves, municipalities, places and
categories are places in the lists of ``schemas``; months are ordinals.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np

from schemas import breakdowns, events, nationalities, periods, places
from schemas.arrays import Int8, Int16, Int32, Mask
from schemas.indicators import PARTS
from schemas.parameters import document
from schemas.settings import FigureSettings
from schemas.supports import LEAVES

_LIMITS = document("limits")["events"]
_EPOCH = date(1970, 1, 1)
FIRST_DAY = (periods.day_in(periods.FIRST_MONTH, 1) - _EPOCH).days
LAST_DAY = (periods.day_in(periods.LAST_MONTH, 31) - _EPOCH).days
MAX_MONTHS: int = _LIMITS["max_months_touched"]
MAX_DAYS_PER_MONTH: int = _LIMITS["max_days_per_month"]
MAX_AMOUNT: int = _LIMITS["max_amount_cents"]

LEAF_COUNT = len(LEAVES)
AGE5_COUNT = len(breakdowns.SIMPLE["age5"])
AGE13_COUNT = len(breakdowns.SIMPLE["age13"])
MAX_NIS = 99_999
RECOVERY, REG_RECOVERY = 2, 5
"""Symbols of the enum AmountType that enter the balance only where the settings say so (A3)."""


class Rules(NamedTuple):
    """Lookup arrays of the fold and the count (see the functions that make them)."""

    municipality_of_nis: Int16
    era_of_month: Int8
    valid_municipality: Int16
    month_of_day: Int16
    first_day_of_month: Int32
    age13_of_age: Int8
    group_from: Int16
    group_until: Int16
    household_class: Int8
    household_new_from: int
    status_class: Int8
    in_spells: Mask
    recoveries_in_balance: bool
    earliest_day: int


@cache
def rules(settings: FigureSettings) -> Rules:
    """Return the lookup arrays under some settings."""
    starts = places.boundaries()
    group_from, group_until = _membership()
    return Rules(
        municipality_of_nis=_municipality_of_nis(),
        era_of_month=(np.searchsorted(starts, np.arange(periods.MONTH_COUNT), side="right") - 1).astype(np.int8),
        valid_municipality=np.array([_valid(start) for start in starts], np.int16),
        month_of_day=_month_of_day(),
        first_day_of_month=_first_day_of_month(),
        age13_of_age=_classes(breakdowns.AGE13_BOUNDS),
        group_from=group_from,
        group_until=group_until,
        household_class=_household_class(),
        household_new_from=breakdowns.HOUSEHOLD_NEW_FROM,
        status_class=_status_class(),
        in_spells=np.isin(np.arange(LEAF_COUNT), [leaf for part in PARTS[settings.spells] for leaf in part]),
        recoveries_in_balance=settings.recoveries_in_balance,
        earliest_day=_earliest_day(settings),
    )


def _municipality_of_nis() -> Int16:
    numbers = np.full(MAX_NIS + 1, -1, np.int16)
    for number, nis in enumerate(places.MUNICIPALITIES):
        numbers[int(nis)] = number
    return numbers


def _valid(month: int) -> list[int]:
    """Return the number of the municipality under which each one counts in a month (D2)."""
    return [places.MUNICIPALITIES.index(places.valid_code(nis, month)) for nis in places.MUNICIPALITIES]


def _first_day_of_month() -> Int32:
    """First day (since 1970-01-01) of each month by ordinal, and of the month after the last."""
    months = range(periods.MONTH_COUNT)
    return np.array([*((periods.day_in(month, 1) - _EPOCH).days for month in months), LAST_DAY + 1], np.int32)


def _month_of_day() -> Int16:
    """Ordinal of the month of each day from 1900-01-01 on."""
    return np.repeat(np.arange(periods.MONTH_COUNT, dtype=np.int16), np.diff(_first_day_of_month()))


def _classes(bounds: tuple[int, ...]) -> Int8:
    """Class of each whole age up to the last bound; higher ages are in the last class."""
    ages = np.arange(bounds[-1] + 1)
    return (np.searchsorted(bounds, ages, side="right") - 1).astype(np.int8)


def _membership() -> tuple[Int16, Int16]:
    """First and last month of European Union membership by nationality number; never a member: an empty range."""
    first = np.full(len(breakdowns.NATIONALITIES), 1, np.int16)
    last = np.zeros(len(breakdowns.NATIONALITIES), np.int16)
    for number, code in enumerate(breakdowns.NATIONALITIES):
        member = nationalities.MEMBERS.get(code)
        if member is not None:
            first[number] = member.first
            last[number] = periods.MONTH_COUNT if member.last is None else member.last
    return first, last


def _symbols(field: str) -> tuple[str, ...]:
    return dict(events.shapes()[events.CLAIM].fields)[field].symbols


def _household_class() -> Int8:
    """Category by (new era?, symbol): a letter outside its era is unknown (C4)."""
    classes = breakdowns.SIMPLE["household"]
    eras = (breakdowns.HOUSEHOLD_OLD, breakdowns.HOUSEHOLD_NEW)
    return np.array(
        [[classes.index(era.get(symbol, breakdowns.UNKNOWN)) for symbol in _symbols("household")] for era in eras],
        np.int8,
    )


def _status_class() -> Int8:
    classes = breakdowns.SIMPLE["status"]
    return np.array([classes.index(s if s in classes else breakdowns.UNKNOWN) for s in _symbols("status")], np.int8)


def month_days(settings: FigureSettings) -> Int8:
    """Return how many days each month has."""
    return np.diff(rules(settings).first_day_of_month).astype(np.int8)


def _earliest_day(settings: FigureSettings) -> int:
    """Return the first day that an event may cover (days since 1970-01-01)."""
    return FIRST_DAY if settings.earliest is None else (periods.day_in(settings.earliest, 1) - _EPOCH).days


@cache
def shown_municipality(settings: FigureSettings) -> Int16:
    """Return the municipality number under which a row's municipality is shown: itself, or as on the day of D3."""
    if settings.geography_day is None:
        return np.arange(len(places.MUNICIPALITIES), dtype=np.int16)
    return np.array(_valid(periods.month_of(settings.geography_day)), np.int16)


@cache
def place_of_municipality() -> Int16:
    """Return place numbers by (municipality number, level of ``places.LEVELS``); -1 where it has no such area."""
    return np.array(
        [
            [places.PLACE_NUMBER.get((level, places.ancestors(nis).get(level, "")), -1) for level in places.LEVELS]
            for nis in places.MUNICIPALITIES
        ],
        np.int16,
    )


@cache
def parent_of_place() -> Int16:
    """Return by place number that of the next larger area that holds it, -1 for the kingdom."""
    parents = np.full(len(places.PLACES), -1, np.int16)
    for row in place_of_municipality():
        held = row[row >= 0]
        parents[held[1:]] = held[:-1]
    return parents


@cache
def upwards() -> Int16:
    """Return all place numbers, those of smaller areas first."""
    depth = [places.LEVELS.index(level) for level, _ in places.PLACES]
    return np.argsort(depth, kind="stable")[::-1].astype(np.int16)


def part_of_leaf(parts: Iterable[Iterable[int]]) -> Int8:
    """Return by leaf the number of the part that holds it, -1 where none does."""
    numbers = np.full(LEAF_COUNT, -1, np.int8)
    for number, part in enumerate(parts):
        numbers[list(part)] = number
    return numbers


@cache
def category_of_code() -> Int16:
    """Return category numbers by (breakdown of ``BREAKDOWNS``, code): the code is its place in ``codes(breakdown)``."""
    numbers = np.full((len(breakdowns.BREAKDOWNS), len(breakdowns.NATIONALITIES)), -1, np.int16)
    for row, breakdown in enumerate(breakdowns.BREAKDOWNS):
        for column, code in enumerate(breakdowns.codes(breakdown)):
            numbers[row, column] = breakdowns.CATEGORY_NUMBER[breakdown, code]
    return numbers


@cache
def age5_of_age13() -> Int8:
    """Return the class of five that holds each class of thirteen; unknown stays unknown."""
    wide = np.searchsorted(breakdowns.AGE5_BOUNDS, breakdowns.AGE13_BOUNDS, side="right") - 1
    return np.array([*wide, AGE5_COUNT - 1], np.int8)
