"""Youth-care leavers from facts and rows, in columns: they are few (H5); reference_outcomes says what is counted."""

from typing import NamedTuple

import numpy as np

from processors.admission.decoding import NO_BIRTH_DATE
from processors.admission.facts import FROM, KIND_MASK, PERSON, STATE, UNTIL, WHAT
from processors.admission.keys import LEAF_MASK, key_at, leaf_in, month_in, municipality_in, person_in, row_place
from processors.admission.ledger import AMOUNT, KEY
from processors.counting.plan import ABSENT
from processors.rules import FIRST_DAY, rules, shown_municipality
from processors.time.outcomes import node_of_leaf
from schemas.arrays import Int64, Mask
from schemas.breakdowns import DAYS_PER_YEAR, REFERENCE_DAY
from schemas.events import RESIDENCE, YOUTH_EXIT
from schemas.indicators import HALF_YEAR, SITUATIONS, YOUTH_ADULT_AGE
from schemas.settings import FigureSettings


class Leavers(NamedTuple):
    """Youth-care leavers of one half-year X months after their exit.

    ``municipality`` is a number, -1 for none, valid in the month looked at; ``situation`` a place in ``SITUATIONS``.
    """

    person: Int64
    municipality: Int64
    situation: Int64


def half_years_of_exits(facts: Int64, settings: FigureSettings) -> list[int]:
    """Return the half-years, by their last month, in which somebody leaves youth care."""
    days = facts[facts[:, STATE] & KIND_MASK == YOUTH_EXIT, FROM]
    months = rules(settings).month_of_day[days - FIRST_DAY].astype(np.int64)
    ends: list[int] = np.unique(months - months % HALF_YEAR + HALF_YEAR - 1).tolist()
    return ends


def leavers(rows: Int64, facts: Int64, half_year: int, after: int, settings: FigureSettings) -> Leavers:
    """Return the last exit of each person in the half-year that ends with a month, and what became of it (H5)."""
    lookup = rules(settings)
    left = facts[facts[:, STATE] & KIND_MASK == YOUTH_EXIT]
    month = lookup.month_of_day[left[:, FROM] - FIRST_DAY].astype(np.int64)
    inside = (month > half_year - HALF_YEAR) & (month <= half_year)
    left, month = left[inside], month[inside]
    order = np.lexsort((np.arange(len(left)), left[:, FROM], left[:, PERSON]))
    latest = order[np.r_[left[order[1:], PERSON] != left[order[:-1], PERSON], np.ones(min(len(left), 1), np.bool_)]]
    left, month = left[latest], month[latest] + after
    day = lookup.first_day_of_month[month].astype(np.int64) + REFERENCE_DAY - 1
    registered, municipality = _residences(facts, left[:, PERSON], day)
    known = municipality >= 0
    there = np.where(known, lookup.valid_municipality[lookup.era_of_month[month], municipality], -1).astype(np.int64)
    benefits = _beneficiaries(rows, left[:, PERSON], month, there, settings)
    age = (day - left[:, UNTIL]) // DAYS_PER_YEAR
    conditions = {
        "no_residence": ~registered,
        "left_register": ~known,
        "age_unknown": left[:, UNTIL] == NO_BIRTH_DATE,
        "under_18": age < YOUTH_ADULT_AGE,
        "beneficiary": benefits,
    }
    numbers = [SITUATIONS.index(name) for name in conditions]
    situation = np.select(list(conditions.values()), numbers, SITUATIONS.index("not_beneficiary"))
    return Leavers(left[:, PERSON], there, situation.astype(np.int64))


def _residences(facts: Int64, persons: Int64, days: Int64) -> tuple[Mask, Int64]:
    """Return whether a residence was registered by a day, and its municipality number, -1 where it is none."""
    lived = facts[facts[:, STATE] & KIND_MASK == RESIDENCE]
    order = np.lexsort((np.arange(len(lived)), lived[:, FROM], lived[:, PERSON]))
    keys = _person_day(lived[order, PERSON], lived[order, FROM])
    place = np.searchsorted(keys, _person_day(persons, days), side="right") - 1
    if not len(lived):
        return np.zeros(len(persons), np.bool_), np.full(len(persons), -1, np.int64)
    registered = (place >= 0) & (lived[order, PERSON][place] == persons)
    return registered, np.where(registered, lived[order, WHAT][place], -1)


_DAY_BITS = 20


def _person_day(person: Int64, day: Int64) -> Int64:
    return person << _DAY_BITS | (day - FIRST_DAY)


def _beneficiaries(rows: Int64, persons: Int64, months: Int64, municipalities: Int64, settings: FigureSettings) -> Mask:
    """Return who is above zero in one of the four nodes at a municipality in a month."""
    keys = rows[:, KEY]
    mine = np.isin(person_in(keys), persons)
    keys, amount = keys[mine], rows[mine, AMOUNT]
    node = node_of_leaf()[leaf_in(keys)].astype(np.int64)
    shown_as = shown_municipality(settings)
    place = shown_as[municipality_in(keys)].astype(np.int64)
    cell = key_at(person_in(keys), row_place(place, month_in(keys), node))  # the node in the place of the leaf
    cells, number = np.unique(cell[node != ABSENT], return_inverse=True)
    balances = np.zeros(len(cells), np.int64)
    np.add.at(balances, number, amount[node != ABSENT])
    standing = cells[balances > 0] & ~LEAF_MASK
    there = np.where(municipalities < 0, 0, shown_as[municipalities]).astype(np.int64)
    return np.isin(key_at(persons, row_place(there, months, 0)), standing) & (municipalities >= 0)
