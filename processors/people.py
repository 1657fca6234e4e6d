"""Rows of some months, those of a person together: what the count and the indicators read."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.compiled import kernel
from processors.ledger import (
    EMPTY,
    KEY,
    PERSON_SHIFT,
    PERSONS,
    Ledger,
    Tables,
)

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Int8 = npt.NDArray[np.int8]
UInt16 = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]


class People(NamedTuple):
    """Rows of the months at hand, those of a person together.

    ``rows`` has the columns of ``Ledger.rows``; ``months`` is the mask of months (by ordinal) that it holds in full.
    """

    rows: Int64
    months: Mask


def people(ledger: Ledger, months: Mask) -> People:
    """Return the rows of some months (a mask by ordinal), sorted by person."""
    return People(_by_person(ledger.tables, months), months)


@kernel
def _by_person(tables: Tables, months: Mask) -> Int64:
    """Follow the chains of the months, then sort by person number (a counting sort)."""
    places = np.empty(tables.held[months].sum(), np.int32)
    starts = np.zeros(tables.used[PERSONS] + 1, np.int32)
    found = 0
    for month in np.flatnonzero(months):
        row = tables.newest[month]
        while row != EMPTY:
            places[found] = row
            starts[(tables.rows[row, KEY] >> PERSON_SHIFT) + 1] += 1
            found += 1
            row = tables.before[row]
    for person in range(1, len(starts)):
        starts[person] += starts[person - 1]
    rows = np.empty((found, tables.rows.shape[1]), np.int64)
    for at in range(found):
        row = places[at]
        person = tables.rows[row, KEY] >> PERSON_SHIFT
        for column in range(rows.shape[1]):
            rows[starts[person], column] = tables.rows[row, column]
        starts[person] += 1
    return rows
