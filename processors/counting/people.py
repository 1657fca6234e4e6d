"""Rows of some months, those of a person together: what the count and the indicators read."""

from typing import NamedTuple

import numpy as np

from processors.admission.hash_table import EMPTY
from processors.admission.keys import MUNICIPALITY_MASK, month_in, municipality_in, person_in
from processors.admission.ledger import KEY, PERSONS, ROWS, Ledger, Tables
from processors.compiled import inlined, loop
from schemas.arrays import Int16, Int32, Int64, Mask
from schemas.periods import MONTH_COUNT

FEW = 16
"""Rows fewer than one in so many are found by the chains of their months; to look at all rows in turn is quicker."""


class People(NamedTuple):
    """Rows of the months at hand, a person's together and by month, persons of a municipality near each other.

    The latter only for speed: their cells lie near each other too, and stay in the processor's cache.
    ``rows`` has the columns of ``Ledger.rows``; ``months`` is the mask of months (by ordinal) that it holds in full.
    """

    rows: Int64
    months: Mask


def people(ledger: Ledger, months: Mask) -> People:
    """Return the rows of some months (a mask by ordinal), sorted by person."""
    tables = ledger.tables
    places = np.empty(tables.held[months].sum(), np.int32)
    if len(places) * FEW < tables.used[ROWS]:
        _follow_chains(tables, months, places)
    else:
        _scan(tables, months, np.zeros(len(months), np.int64), places)
    rows = np.empty((len(places), ledger.rows.shape[1]), np.int64)
    _by_person(tables, places, _Order.of(int(tables.used[PERSONS])), rows)
    return People(rows, months)


def everyone(ledger: Ledger) -> People:
    """Return all rows of a ledger, person by person."""
    return people(ledger, np.ones(MONTH_COUNT, np.bool_))


class _Order(NamedTuple):
    """What sorts rows by person, zero at first: by person how many rows, where they begin and the municipality of one.

    ``sizes`` is by municipality. numpy makes them, as it makes the rows: it lays large arrays on large pages, and a
    kernel does not. On small pages they would cost as much again as all the sorting.
    """

    lines: Int32
    starts: Int32
    homes: Int16
    sizes: Int32

    @classmethod
    def of(cls, persons: int) -> "_Order":
        lines, starts = np.zeros(persons, np.int32), np.zeros(persons, np.int32)
        return cls(lines, starts, np.zeros(persons, np.int16), np.zeros(MUNICIPALITY_MASK + 2, np.int32))


@loop
def _by_person(tables: Tables, places: Int32, order: _Order, rows: Int64) -> None:
    """Copy rows person by person: two counting sorts, of persons by municipality, of rows."""
    for row in places:
        key = tables.rows[row, KEY]
        order.lines[person_in(key)] += 1
        order.homes[person_in(key)] = municipality_in(key)
    _find_starts(order)
    for row in places:
        person = person_in(tables.rows[row, KEY])
        for column in range(rows.shape[1]):
            rows[order.starts[person], column] = tables.rows[row, column]
        order.starts[person] += 1


@inlined
def _find_starts(order: _Order) -> None:
    """Find where the rows of each person begin, those of one municipality next to each other."""
    lines, starts, homes, sizes = order
    for person in range(len(homes)):
        sizes[homes[person] + 1] += lines[person]
    for municipality in range(1, len(sizes)):
        sizes[municipality] += sizes[municipality - 1]
    for person in range(len(homes)):
        starts[person] = sizes[homes[person]]
        sizes[homes[person]] += lines[person]


@loop
def _follow_chains(tables: Tables, months: Mask, places: Int32) -> None:
    """List the rows month by month, the newest of each first: each names the next, so each is waited for."""
    at = 0
    for month in range(len(months)):
        row = tables.newest[month] if months[month] else EMPTY
        while row != EMPTY:
            places[at] = row
            at += 1
            row = tables.before[row]


@loop
def _scan(tables: Tables, months: Mask, left: Int64, places: Int32) -> None:
    """List the same rows in the same order, from one pass over all; ``left`` is where the next of a month comes."""
    start = np.int64(0)
    for month in range(len(months)):
        if months[month]:
            start += tables.held[month]
            left[month] = start
    for row in range(tables.used[ROWS]):
        month = month_in(tables.rows[row, KEY])
        if months[month]:
            left[month] -= 1
            places[left[month]] = row
