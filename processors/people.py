"""Rows of some months, those of a person together: what the count and the indicators read."""

from typing import NamedTuple

import numpy as np

from processors.compiled import inlined, kernel
from processors.keys import MUNICIPALITY_MASK, month_in, municipality_in, person_in
from processors.ledger import KEY, PERSONS, ROWS, Ledger, Tables
from processors.slots import EMPTY
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
    places = np.empty(ledger.tables.held[months].sum(), np.int32)
    rows = np.empty((len(places), ledger.rows.shape[1]), np.int64)
    _by_person(ledger.tables, months, places, rows)
    return People(rows, months)


def everyone(ledger: Ledger) -> People:
    """Return all rows of a ledger, person by person."""
    return people(ledger, np.ones(MONTH_COUNT, np.bool_))


@kernel
def _by_person(tables: Tables, months: Mask, places: Int32, rows: Int64) -> None:
    """Find the rows of the months, then sort by person: two counting sorts, of persons by municipality, of rows.

    ``places`` and ``rows`` have room for them. They come from numpy, which lays large arrays on large pages; those that
    a kernel makes are not, and that cost as much as all that is done here.
    """
    if len(places) * FEW < tables.used[ROWS]:
        _follow_chains(tables, months, places)
    else:
        _scan(tables, months, np.zeros(len(months), np.int64), places)
    lines = np.zeros(tables.used[PERSONS], np.int32)
    homes = np.zeros(tables.used[PERSONS], np.int16)
    for row in places:
        key = tables.rows[row, KEY]
        lines[person_in(key)] += 1
        homes[person_in(key)] = municipality_in(key)
    starts = _starts(lines, homes)
    for row in places:
        person = person_in(tables.rows[row, KEY])
        for column in range(rows.shape[1]):
            rows[starts[person], column] = tables.rows[row, column]
        starts[person] += 1


@inlined
def _follow_chains(tables: Tables, months: Mask, places: Int32) -> None:
    """List the rows month by month, the newest of each first: each names the next, so each is waited for."""
    found = 0
    for month in range(len(months)):
        row = tables.newest[month] if months[month] else EMPTY
        while row != EMPTY:
            places[found] = row
            found += 1
            row = tables.before[row]


@inlined
def _scan(tables: Tables, months: Mask, left: Int64, places: Int32) -> None:
    """List the same rows in the same order, from one pass over all; ``left`` is where the next of a month comes."""
    found = np.int64(0)
    for month in range(len(months)):
        if months[month]:
            found += tables.held[month]
            left[month] = found
    for row in range(tables.used[ROWS]):
        month = month_in(tables.rows[row, KEY])
        if months[month]:
            left[month] -= 1
            places[left[month]] = row


@kernel
def _starts(lines: Int32, homes: Int16) -> Int32:
    """Return where the rows of each person begin, those of one municipality next to each other."""
    sizes = np.zeros(MUNICIPALITY_MASK + 2, np.int32)
    for person in range(len(homes)):
        sizes[homes[person] + 1] += lines[person]
    for municipality in range(1, len(sizes)):
        sizes[municipality] += sizes[municipality - 1]
    starts = np.empty(len(homes), np.int32)
    for person in range(len(homes)):
        starts[person] = sizes[homes[person]]
        sizes[homes[person]] += lines[person]
    return starts
