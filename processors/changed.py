"""Which rows of a ledger a stretch of events reached: what intake sends on, as it stands afterwards."""

import numpy as np
import numpy.typing as npt

from processors.compiled import kernel
from processors.decoding import EMPLOYMENT, UPDATE_CLOSED, Events
from processors.facts import WAITING, employment_of
from processors.ledger import (
    AMOUNT,
    DAYS,
    KEY,
    MONTH_SHIFT,
    MUNICIPALITY_SHIFT,
    PERSON_SHIFT,
    STATE_SHARE,
    TRAITS,
    Ledger,
    Tables,
    person_hash,
    row_hash,
)
from processors.rules import FIRST_DAY, RECOVERY, REG_RECOVERY, Rules
from processors.slots import EMPTY, home, likely, place_in
from schemas.rows import NO_FACTS, Rows

PLACE_MASK = (1 << PERSON_SHIFT) - 1


def changed_rows(ledger: Ledger, events: Events, first: int, stop: int, known_facts: int) -> Rows:
    """Return the rows and facts that the events in [first, stop) reached, after the fold, in the ledger's order.

    ``known_facts`` is how many facts there were before them.
    """
    reached = np.sort(_reached(events, first, stop, ledger.rules, ledger.tables))
    reached = reached[np.diff(reached, prepend=-1) != 0]  # each once; np.unique builds a hash table first
    rows = ledger.rows[reached]
    return Rows(
        person=(rows[:, KEY] >> PERSON_SHIFT).astype(np.uint32),
        place=(rows[:, KEY] & PLACE_MASK).astype(np.uint32),
        amount=rows[:, AMOUNT].copy(),
        state_share=rows[:, STATE_SHARE].copy(),
        days=rows[:, DAYS].copy(),
        traits=rows[:, TRAITS].astype(np.uint32),
        facts=_changed_facts(ledger, events, first, stop, known_facts),
    )


def _changed_facts(ledger: Ledger, events: Events, first: int, stop: int, known: int) -> npt.NDArray[np.int64]:
    told = np.flatnonzero((events.kind[first:stop] == EMPLOYMENT) & np.isin(events.fault[first:stop], (0, WAITING)))
    if not len(told) and len(ledger.facts) == known:
        return NO_FACTS
    reached = _employments(events, first + told, ledger.tables)
    numbers = np.unique(np.concatenate([reached, np.arange(known, len(ledger.facts))]))
    return np.column_stack([numbers, ledger.facts[numbers]])


@kernel
def _employments(events: Events, rows: npt.NDArray[np.int64], tables: Tables) -> npt.NDArray[np.int64]:
    """Return the numbers of the employments of which some declarations speak."""
    found = np.empty(len(rows), np.int64)
    for at in range(len(rows)):
        row = rows[at]
        person = _person(events.identity[row, 2], events.identity[row, 3], tables)
        found[at] = employment_of(np.int64(person), events.amount[row], tables.facts, tables.fact_slots, tables.used)
    return found


@kernel
def _reached(events: Events, first: int, stop: int, rules: Rules, tables: Tables) -> npt.NDArray[np.int32]:
    """Return the places of the rows, some more than once: a mask of all rows would cost as much as the history."""
    parts = events.parts[first:stop][events.fault[first:stop] == 0]  # of what did not parse nothing is known
    reached = np.empty(parts.sum(), np.int32)
    size = 0
    for event in range(first, stop):
        recovery = events.amount_type[event] in (RECOVERY, REG_RECOVERY)
        if events.kind[event] >= UPDATE_CLOSED or events.fault[event]:
            continue
        if recovery and not rules.recoveries_in_balance:
            continue
        person = _person(events.identity[event, 2], events.identity[event, 3], tables)
        month = np.int64(rules.month_of_day[events.first[event] - FIRST_DAY])
        for part in range(events.parts[event]):
            era = rules.era_of_month[month + part]
            municipality = np.int64(rules.valid_municipality[era, events.municipality[event]])
            key = (
                person << PERSON_SHIFT
                | municipality << MUNICIPALITY_SHIFT
                | (month + part) << MONTH_SHIFT
                | np.int64(events.leaf[event])
            )
            reached[size] = _row(int(key), tables)
            size += 1
    return reached[:size]


@kernel
def _person(first: np.uint64, second: np.uint64, tables: Tables) -> int:
    """Return the number of a person that the ledger knows."""
    slots, hashed = tables.person_slots, person_hash(first, second)
    slot = likely(slots, hashed, home(hashed, len(slots)))
    while slots[slot] != EMPTY:
        person = place_in(slots[slot])
        if tables.persons[person, 0] == first and tables.persons[person, 1] == second:
            return int(person)
        slot = likely(slots, hashed, slot + 1)
    return 0


@kernel
def _row(key: int, tables: Tables) -> int:
    """Return the place of a row that the ledger holds."""
    slots, hashed = tables.row_slots, row_hash(key)
    slot = likely(slots, hashed, home(hashed, len(slots)))
    while slots[slot] != EMPTY:
        if tables.rows[place_in(slots[slot]), KEY] == key:
            return int(place_in(slots[slot]))
        slot = likely(slots, hashed, slot + 1)
    return 0
