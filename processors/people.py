"""Rows of some months, those of a person together: what the count and the indicators read."""

from typing import NamedTuple

import numpy as np

from processors.compiled import kernel
from processors.keys import MUNICIPALITY_MASK, municipality_in, person_in
from processors.ledger import KEY, PERSONS, Ledger, Tables
from processors.slots import EMPTY
from schemas.arrays import Int16, Int32, Int64, Mask


class People(NamedTuple):
    """Rows of the months at hand, a person's together and by month, persons of a municipality near each other.

    The latter only for speed: their cells lie near each other too, and stay in the processor's cache.
    ``rows`` has the columns of ``Ledger.rows``; ``months`` is the mask of months (by ordinal) that it holds in full.
    """

    rows: Int64
    months: Mask


def people(ledger: Ledger, months: Mask) -> People:
    """Return the rows of some months (a mask by ordinal), sorted by person."""
    return People(_by_person(ledger.tables, months), months)


@kernel
def _by_person(tables: Tables, months: Mask) -> Int64:
    """Follow the chains of the months, then sort by person: two counting sorts, of persons by municipality, of rows."""
    places = np.empty(tables.held[months].sum(), np.int32)
    lines = np.zeros(tables.used[PERSONS], np.int32)
    homes = np.zeros(tables.used[PERSONS], np.int16)
    found = 0
    for month in np.flatnonzero(months):
        row = tables.newest[month]
        while row != EMPTY:
            key = tables.rows[row, KEY]
            places[found] = row
            lines[person_in(key)] += 1
            homes[person_in(key)] = municipality_in(key)
            found += 1
            row = tables.before[row]
    starts = _starts(lines, homes)
    rows = np.empty((found, tables.rows.shape[1]), np.int64)
    for at in range(found):
        row = places[at]
        person = person_in(tables.rows[row, KEY])
        for column in range(rows.shape[1]):
            rows[starts[person], column] = tables.rows[row, column]
        starts[person] += 1
    return rows


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
