"""Which rows of a ledger a stretch of events reached: what intake sends on, as it stands afterwards."""

import numpy as np
import numpy.typing as npt

from processors.compiled import Whole, inlined, kernel
from processors.decoding import EMPLOYMENT, UPDATE_CLOSED, Events
from processors.facts import WAITING, employment_of
from processors.keys import person_in, row_place_in
from processors.ledger import (
    AMOUNT,
    DAYS,
    KEY,
    STATE_SHARE,
    TRAITS,
    Ledger,
    Tables,
    first_month,
    person_slot,
    row_key,
    row_slot,
)
from processors.rules import RECOVERY, REG_RECOVERY, Rules
from processors.slots import place_in
from schemas.rows import NO_FACTS, Rows


def changed_rows(ledger: Ledger, events: Events, first: int, stop: int, known_facts: int) -> Rows:
    """Return the rows and facts that the events in [first, stop) reached, after the fold, in the ledger's order.

    ``known_facts`` is how many facts there were before them.
    """
    reached = np.sort(_reached(events, first, stop, ledger.rules, ledger.tables))
    reached = reached[np.diff(reached, prepend=-1) != 0]  # each once; np.unique builds a hash table first
    rows = ledger.rows[reached]
    return Rows(
        person=person_in(rows[:, KEY]).astype(np.uint32),
        place=row_place_in(rows[:, KEY]).astype(np.uint32),
        amount=rows[:, AMOUNT].copy(),
        state_share=rows[:, STATE_SHARE].copy(),
        days=rows[:, DAYS].copy(),
        traits=rows[:, TRAITS].astype(np.uint32),
        facts=_changed_facts(ledger, events, first, stop, known_facts),
    )


def _changed_facts(ledger: Ledger, events: Events, first: int, stop: int, known: int) -> npt.NDArray[np.int64]:
    outcomes = events.fault[first:stop]
    told = np.flatnonzero((events.kind[first:stop] == EMPLOYMENT) & ((outcomes == 0) | (outcomes == WAITING)))
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
        person = _known_person(events, row, tables)
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
        person = _known_person(events, event, tables)
        month = first_month(events, event, rules)
        for part in range(events.parts[event]):
            key = row_key(events, event, person, month + part, rules)
            reached[size] = place_in(tables.row_slots[row_slot(key, tables)])
            size += 1
    return reached[:size]


@inlined
def _known_person(events: Events, event: Whole, tables: Tables) -> Whole:
    """Return the number of the person of an event that the ledger has admitted."""
    return place_in(tables.person_slots[person_slot(events.identity[event, 2], events.identity[event, 3], tables)])
