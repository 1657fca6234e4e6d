"""The rows and facts that some events reached: what intake sends on, as it stands afterwards."""

from collections.abc import Sequence

import numpy as np

from processors.admission.keys import person_in, row_place_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS, Ledger, Reached
from processors.compiled import kernel
from schemas.arrays import Int32, Int64, UInt32
from schemas.rows import Rows

_Columns = tuple[UInt32, UInt32, Int64, Int64, Int64, UInt32]


def changed_rows(ledger: Ledger, reached: Sequence[Reached]) -> Rows:
    """Return what was reached, each once, in the ledger's order."""
    columns = _columns(ledger.rows, _each_once([some.rows for some in reached]))
    if not any(len(some.facts) for some in reached):
        return Rows(*columns)
    facts = _each_once([some.facts for some in reached])
    return Rows(*columns, np.column_stack([facts, ledger.facts[facts]]))


def _each_once(places: Sequence[Int32]) -> Int32:
    """Return places in rising order; np.unique would build a hash table first."""
    rising = np.sort(np.concatenate(places))
    once: Int32 = rising[np.diff(rising, prepend=-1) != 0]
    return once


@kernel
def _columns(rows: Int64, places: Int32) -> _Columns:
    """Return some rows as the columns of ``Rows``, in one pass."""
    count = len(places)
    person, place, traits = np.empty(count, np.uint32), np.empty(count, np.uint32), np.empty(count, np.uint32)
    amount, state_share, days = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    for at in range(count):
        row = places[at]
        person[at], place[at] = person_in(rows[row, KEY]), row_place_in(rows[row, KEY])
        amount[at], state_share[at], days[at] = rows[row, AMOUNT], rows[row, STATE_SHARE], rows[row, DAYS]
        traits[at] = rows[row, TRAITS]
    return person, place, amount, state_share, days, traits
