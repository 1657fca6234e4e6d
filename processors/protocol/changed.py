"""The rows and facts that some events reached: what intake sends on, as it stands afterwards."""

from collections.abc import Sequence

import numpy as np

from processors.admission.keys import person_in, row_place_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS, Ledger, Reached
from processors.compiled import kernel
from schemas.arrays import Int32, Int64, UInt32
from schemas.rows import NO_FACTS, Rows

_Columns = tuple[UInt32, UInt32, Int64, Int64, Int64, UInt32, Int32]


def changed_rows(ledger: Ledger, reached: Sequence[Reached]) -> Rows:
    """Return what was reached, each once, in the ledger's order."""
    person, place, amount, state_share, days, traits, births = _columns(
        ledger.rows, ledger.births, _each_once([some.rows for some in reached])
    )
    facts = NO_FACTS
    if any(len(some.facts) for some in reached):
        places = _each_once([some.facts for some in reached])
        facts = np.column_stack([places, ledger.facts[places]])
    return Rows(person, place, amount, state_share, days, traits, facts, births)


def _each_once(places: Sequence[Int32]) -> Int32:
    """Return places in rising order; np.unique would build a hash table first."""
    rising = np.sort(np.concatenate(places))
    once: Int32 = rising[np.diff(rising, prepend=-1) != 0]
    return once


@kernel
def _columns(rows: Int64, births_of: Int32, places: Int32) -> _Columns:
    """Return some rows as the columns of ``Rows``, in one pass."""
    count = len(places)
    person, place, traits = np.empty(count, np.uint32), np.empty(count, np.uint32), np.empty(count, np.uint32)
    amount, state_share, days = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    births = np.empty(count, np.int32)
    for at in range(count):
        row = places[at]
        person[at], place[at] = person_in(rows[row, KEY]), row_place_in(rows[row, KEY])
        amount[at], state_share[at], days[at] = rows[row, AMOUNT], rows[row, STATE_SHARE], rows[row, DAYS]
        traits[at] = rows[row, TRAITS]
        births[at] = births_of[person[at]]
    return person, place, amount, state_share, days, traits, births
