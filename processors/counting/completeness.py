"""Completeness: which OCMW sent a line of which support about which month (and so where "no claim" may be said)."""

import numpy as np

from processors.admission.keys import leaf_in, month_in, municipality_in
from processors.admission.ledger import KEY
from processors.compiled import Whole, loop
from processors.rules import LEAF_COUNT, shown_municipality
from schemas.arrays import Int16, Int32, Int64, Mask
from schemas.places import MUNICIPALITIES
from schemas.settings import FigureSettings


def rows_of_ocmws(rows: Int64, months: Mask, settings: FigureSettings) -> tuple[Int16, Int32]:
    """Return the months asked for (ordinals) and how many rows there are by (month among them, leaf, municipality).

    ``rows`` has the columns of the ledger, ``months`` is a mask by ordinal. Municipalities are those under which rows
    are shown (D3). A row of 0 cents counts: it says that somebody sent a line.
    """
    wanted = np.flatnonzero(months).astype(np.int16)
    slot = np.full(len(months), -1, np.int16)
    slot[wanted] = np.arange(len(wanted))
    counts = np.zeros((len(wanted), LEAF_COUNT, len(MUNICIPALITIES)), np.int32)
    _count(rows, slot, shown_municipality(settings), counts)
    return wanted, counts


@loop
def _count(rows: Int64, slot: Int16, shown_as: Int16, counts: Int32) -> Whole:
    for at in range(len(rows)):
        key = rows[at, KEY]
        month = slot[month_in(key)]
        if month >= 0:
            counts[month, leaf_in(key), shown_as[municipality_in(key)]] += 1
    return len(rows)
