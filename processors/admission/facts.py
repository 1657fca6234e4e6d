"""What the log says of a person beside claims: employments, exits from youth care, residences (H4, H5).

One int64 table, a row a fact. Exits and residences are rows that never change. An employment is one row for each
(person, dimona_period), and each declaration changes it: the last one in log order wins, field by field; a null changes
nothing. Its status moves as follows:

| status | IN | OUT, UPDATE | CANCEL |
|---|---|---|---|
| none, WAITS | OPEN: what waits holds over what the IN says | WAITS | WAITS_CANCELLED |
| WAITS_CANCELLED | CANCELLED | WAITS_CANCELLED | WAITS_CANCELLED |
| OPEN | OPEN | OPEN | CANCELLED |
| CANCELLED | OPEN, nothing of before holds | CANCELLED | CANCELLED |

A declaration that waits is set aside as ``dimona-unknown-period`` when it comes (L2), but it is kept and its id is
used; when the IN comes, it takes effect as if it had come right behind it. So the balance of a log never changes
afterwards, and nothing has to be sent again.

Worked example: OUT until 30 June comes before the IN of 1 March until 31 December. The OUT is set aside and waits; with
the IN the period is open, from 1 March until 30 June.
"""

import numpy as np

from processors.admission.decoding import (
    EMPLOYMENT,
    FOREVER,
    NO_BIRTH_DATE,
    NO_DATE,
    YOUTH_EXIT,
    Events,
    mixed,
)
from processors.admission.hash_table import EMPTY, Slots, first_likely, likely, place_in, word
from processors.compiled import Whole, inlined
from schemas import faults
from schemas.arrays import Int64
from schemas.events import DECLARE_CANCEL, DECLARE_IN

WAITING = faults.NUMBER["dimona-unknown-period"]
"""Value of ``Events.fault`` after the fold for a declaration that waits for its IN."""

PERSON, NAME, FROM, UNTIL, WHAT, STATE = range(6)
"""Columns. Employment: dimona_period, first and last day (NO_DATE: not told, no end), packed worker type. Exit from
youth care: -, day, birth or NO_BIRTH_DATE, sex. Residence: -, first day, -, municipality number or -1."""
COLUMNS = 6
KIND_MASK, STATUS_SHIFT, STATUS_MASK, BY_OCMW, COUNT_SHIFT = 0x7, 3, 0x3, 0x20, 8
"""STATE packs the kind of the event, the status and who employs, and how many declarations wait."""
WAITS, OPEN, CANCELLED, WAITS_CANCELLED = range(4)

FACTS, SINCE = 3, 4
"""Places in ``Tables.used``: number of facts, and the first day about which something changed."""
FAR = 1 << 40


@inlined
def is_employment(facts: Int64, fact: Whole) -> bool:
    """Tell whether a fact is an employment: only these are found by their name."""
    return bool(facts[fact, STATE] & KIND_MASK == EMPLOYMENT)


@inlined
def employment_hash(person: Whole, name: Whole) -> np.uint64:
    """Return the hash by which an employment is found."""
    return mixed(np.uint64(person), np.uint64(name))


@inlined
def fact_of(events: Events, event: Whole, person: Whole, facts: Int64, slots: Slots, used: Int64) -> Whole:  # noqa: PLR0913, PLR0917 - numba takes positional arguments
    """Return the place of the fact that an admitted event tells: an employment's own, else a new one."""
    if events.kind[event] == EMPLOYMENT:
        return employment_of(person, events.amount[event], facts, slots, used)
    fact = used[FACTS]
    used[FACTS] += 1
    facts[fact, PERSON] = person
    return np.int64(fact)


@inlined
def kept(events: Events, event: Whole, fact: Whole, facts: Int64, used: Int64) -> Whole:
    """Let an admitted event change its fact; return 0, or WAITING."""
    if events.kind[event] == EMPLOYMENT:
        return _declared(events, event, facts, fact, used)
    youth = events.kind[event] == YOUTH_EXIT
    facts[fact, NAME] = 0
    facts[fact, FROM] = events.first[event]
    facts[fact, UNTIL] = events.birth[event] if youth else NO_BIRTH_DATE
    facts[fact, WHAT] = events.traits[event, 0] if youth else events.municipality[event]
    facts[fact, STATE] = events.kind[event]
    used[SINCE] = min(used[SINCE], np.int64(events.first[event]))
    return np.int64(0)


@inlined
def employment_of(person: Whole, name: Whole, facts: Int64, slots: Slots, used: Int64) -> Whole:
    """Return the employment of a person with this name, a new one that waits when there was none."""
    hashed = employment_hash(person, name)
    slot = first_likely(slots, hashed)
    while slots[slot] != EMPTY:
        fact = place_in(slots[slot])
        if facts[fact, PERSON] == person and facts[fact, NAME] == name:
            return np.int64(fact)
        slot = likely(slots, hashed, slot + 1)
    fact = used[FACTS]
    used[FACTS] += 1
    slots[slot] = word(hashed, fact)
    facts[fact, PERSON] = person
    facts[fact, NAME] = name
    facts[fact, STATE] = EMPLOYMENT | WAITS << STATUS_SHIFT
    _forget(facts, fact)
    return np.int64(fact)


@inlined
def _forget(facts: Int64, fact: Whole) -> None:
    facts[fact, FROM] = NO_DATE
    facts[fact, UNTIL] = NO_DATE
    facts[fact, WHAT] = 0


@inlined
def _declared(events: Events, event: Whole, facts: Int64, fact: Whole, used: Int64) -> Whole:
    """Let a declaration change its employment, as the table at the head says; return 0, or WAITING."""
    declaration = events.amount_type[event]
    status = status_of(facts[fact, STATE])
    before = facts[fact, FROM], end_of(facts, fact), facts[fact, WHAT], facts[fact, STATE]
    if status in (WAITS, WAITS_CANCELLED):
        if declaration == DECLARE_IN:
            _overlay(events, event, facts, fact, waiting(facts[fact, STATE]) == 0)
            _become(OPEN if status == WAITS else CANCELLED, 0, facts, fact)
            used[SINCE] = min(used[SINCE], changed_since(before, facts, fact))
            return np.int64(0)
        if status == WAITS and declaration != DECLARE_CANCEL:
            _overlay(events, event, facts, fact, True)
        cancelled = status == WAITS_CANCELLED or declaration == DECLARE_CANCEL
        _become(WAITS_CANCELLED if cancelled else WAITS, waiting(facts[fact, STATE]) + 1, facts, fact)
        return np.int64(WAITING)
    if declaration == DECLARE_CANCEL:
        _become(CANCELLED, 0, facts, fact)
    elif status == OPEN:
        _overlay(events, event, facts, fact, True)
    elif declaration == DECLARE_IN:
        _forget(facts, fact)
        _overlay(events, event, facts, fact, True)
        _become(OPEN, 0, facts, fact)
    used[SINCE] = min(used[SINCE], changed_since(before, facts, fact))
    return np.int64(0)


@inlined
def status_of(state: Whole) -> Whole:
    """Return the status in a STATE."""
    return state >> STATUS_SHIFT & STATUS_MASK


@inlined
def waiting(state: Whole) -> Whole:
    """Return how many declarations of a STATE wait for their IN."""
    return state >> COUNT_SHIFT


@inlined
def _become(status: Whole, count: Whole, facts: Int64, fact: Whole) -> None:
    kept_bits = facts[fact, STATE] & (KIND_MASK | BY_OCMW)
    facts[fact, STATE] = kept_bits | status << STATUS_SHIFT | count << COUNT_SHIFT


@inlined
def _overlay(
    events: Events,
    event: Whole,
    facts: Int64,
    fact: Whole,
    wins: bool,  # noqa: FBT001 - numba takes positional arguments
) -> None:
    """Let what a declaration says hold; where it does not win, only in fields of which nothing is known."""
    if events.first[event] != NO_DATE and (wins or facts[fact, FROM] == NO_DATE):
        facts[fact, FROM] = events.first[event]
    if events.last[event] != NO_DATE and (wins or facts[fact, UNTIL] == NO_DATE):
        facts[fact, UNTIL] = events.last[event]
    if wins:
        facts[fact, WHAT] = events.birth[event]
        others = facts[fact, STATE] & ~BY_OCMW
        facts[fact, STATE] = others | (BY_OCMW if events.percentage[event] else 0)


@inlined
def end_of(facts: Int64, fact: Whole) -> Whole:
    """Return the last day of an employment, FOREVER where none was declared."""
    return FOREVER if facts[fact, UNTIL] == NO_DATE else facts[fact, UNTIL]


@inlined
def changed_since(before: tuple[Whole, Whole, Whole, Whole], facts: Int64, fact: Whole) -> Whole:
    """Return the first day on which somebody is employed otherwise than before, FAR where nothing changed.

    ``before`` holds the first and last day (``end_of``), the worker type and the state.
    """
    first, last, worker, state = before
    was = first != NO_DATE and status_of(state) == OPEN
    now = facts[fact, FROM] != NO_DATE and status_of(facts[fact, STATE]) == OPEN
    if not (was or now):
        return np.int64(FAR)
    alike = worker == facts[fact, WHAT] and (state ^ facts[fact, STATE]) & BY_OCMW == 0
    if was and now and alike and first == facts[fact, FROM]:
        end = end_of(facts, fact)
        return np.int64(min(last, end) + 1 if last != end else FAR)
    if was and now:
        return np.int64(min(first, facts[fact, FROM]))
    return np.int64(first if was else facts[fact, FROM])
