"""The ledger: what all admitted events of the log amount to, per row (person, leaf support, OCMW, month).

It is the only state that the fold keeps, and a function of the log's prefix alone: the same events in the same order,
in batches of any size, give the same rows in the same places.

How it is laid out (bytes a row and an event id are printed by the benchmark):

- ``rows`` is one int64 table, a row of five numbers in one cache line: key, amount, state share, days, traits. The key
  packs person, municipality, month and leaf (``admission.keys``). The municipality is the one whose code is valid
  in that month (D2). Traits pack the categories of the last event that touched the row (A6; ``admission.traits``).
- ``ids`` is one uint32 table, seven words an event id: the id itself, the person, a hash of the content (A4). Identity
  is exact; only "same content?" is asked of a hash.
- ``persons`` holds the sixteen bytes of each person in order of first appearance; that order numbers the persons.
  ``births`` holds the birth date of each by the last event that touched a row in the supports of spells (H3).
- ``facts`` holds employments, residences and exits from youth care (``admission.facts``): no figure of A-G reads them.
- Four open-addressing tables find a place in each (``admission.hash_table``); where that of ids has no slot at all, ids
  are not compared. They grow before a batch, by what it can add at most, so the loop itself never has to ask.
- ``before`` chains the rows of a month, newest first: the running month is found without a scan of all rows.

Room is taken in advance, twice what is needed, but pages that nothing was written to cost no memory; and large arrays
that are allocated whole lie on large pages, without which each look-up waits for the address before it waits for the
data.
"""

from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt

from processors.admission.decoding import UPDATE_CLOSED, Events, mixed
from processors.admission.facts import COLUMNS, FACTS, FAR, PERSON, SINCE, employment_hash, fact_of, kept
from processors.admission.hash_table import (
    EMPTY,
    Slots,
    empty_slots,
    first_likely,
    home,
    likely,
    place_in,
    roomier,
    word,
)
from processors.admission.keys import key_at, row_place
from processors.admission.splitting import Parts, room_for_parts, split
from processors.admission.traits import traits_of
from processors.compiled import Whole, inlined, loop
from processors.rules import FIRST_DAY, LEAF_COUNT, RECOVERY, REG_RECOVERY, Rules, rules
from schemas import faults
from schemas.arrays import Int32, Int64, Mask, UInt32, UInt64
from schemas.periods import MONTH_COUNT
from schemas.settings import FigureSettings

Array = TypeVar("Array", bound=npt.NDArray[Any])

DUPLICATE = 255
"""Value of ``Events.fault`` after the fold for an event that was seen before and changes nothing (A4)."""
CONFLICT = faults.NUMBER["conflicting-duplicate"]

ROW_WIDTH = 5
KEY, AMOUNT, STATE_SHARE, DAYS, TRAITS = range(ROW_WIDTH)
"""Columns of ``rows``."""

BORN_NEVER = -(2**31)
"""In ``births``: no date is known. Who is said to be born on that day was no minor in any month, as nobody known is."""

ID_WORDS = 7
ID_STEP = 1.25
"""Ids are most of what a ledger holds: their table grows in small steps, an id takes 40 bytes instead of 42."""
SMALLEST = 1024
CHUNK = 512


class Tables(NamedTuple):
    """The arrays of a ledger.

    ``used`` holds how many persons, ids, rows and facts there are, and the first day whose facts changed since the last
    cut; ``held`` how many rows each month has, ``exists`` which
    (leaf, month) has a row, ``touched`` which of them an event reached since the last cut.
    """

    used: Int64
    persons: UInt64
    births: Int32
    person_slots: Slots
    ids: UInt32
    id_slots: Slots
    rows: Int64
    row_slots: Slots
    before: Int32
    newest: Int32
    held: Int32
    exists: Mask
    touched: Mask
    facts: Int64
    fact_slots: Slots


class Reached(NamedTuple):
    """Places of the rows and of the facts that some events reached, in their order, some more than once."""

    rows: Int32
    facts: Int32


class Scratch(NamedTuple):
    """Room that the fold works in; it holds nothing between calls. ``sizes`` counts the rows and facts reached."""

    places: Int64
    parts: Parts
    sizes: Int64
    rows: Int32
    facts: Int32


def _scratch() -> Scratch:
    return Scratch(
        places=np.empty((CHUNK, 2), np.int64),
        parts=room_for_parts(),
        sizes=np.zeros(2, np.int64),
        rows=np.empty(0, np.int32),
        facts=np.empty(0, np.int32),
    )


PERSONS, IDS, ROWS = range(3)
"""Places in ``Tables.used``."""


def _new_tables() -> Tables:
    return Tables(
        used=np.array([0, 0, 0, 0, FAR], np.int64),
        persons=np.zeros((0, 2), np.uint64),
        births=np.zeros(0, np.int32),
        person_slots=empty_slots(),
        ids=np.zeros((0, ID_WORDS), np.uint32),
        id_slots=empty_slots(),
        rows=np.zeros((0, ROW_WIDTH), np.int64),
        row_slots=empty_slots(),
        before=np.zeros(0, np.int32),
        newest=np.full(MONTH_COUNT, EMPTY, np.int32),
        held=np.zeros(MONTH_COUNT, np.int32),
        exists=np.zeros((LEAF_COUNT, MONTH_COUNT), np.bool_),
        touched=np.zeros((LEAF_COUNT, MONTH_COUNT), np.bool_),
        facts=np.zeros((0, COLUMNS), np.int64),
        fact_slots=empty_slots(),
    )


class Ledger:
    """Rows, persons and event ids of the admitted events so far."""

    def __init__(self, settings: FigureSettings, tables: Tables | None = None) -> None:
        """Start empty, or from the tables of a snapshot that was made under the same settings."""
        self.rules = rules(settings)
        self.tables = _new_tables() if tables is None else tables
        self._scratch = _scratch()

    @classmethod
    def of_admitted(cls, settings: FigureSettings, rows: int = 0) -> "Ledger":
        """Return an empty one for events that were admitted before, each once: no id is compared or remembered (A4).

        That takes half the time and half the memory. There is room for so many rows from the beginning: to move them
        again and again would take a sixth of the time.
        """
        tables = _new_tables()
        roomy = tables._replace(
            id_slots=np.empty(0, np.int64),
            rows=extended(tables.rows, rows),
            before=extended(tables.before, rows),
            row_slots=roomier(tables.row_slots, rows),
        )
        return cls(settings, roomy)

    def fold(self, events: Events, first: int, stop: int) -> Reached:
        """Apply the events in [first, stop), and return what they reached.

        ``events.fault`` becomes 0, DUPLICATE or the number of a fault. Closings are left alone. Events that have a
        fault already keep it and change nothing.
        """
        chosen = slice(first, stop)
        lawful = (events.fault[chosen] == 0) & (events.kind[chosen] != UPDATE_CLOSED)
        facts = int((lawful & (events.kind[chosen] > UPDATE_CLOSED)).sum())
        parts = int(events.parts[chosen][lawful].sum())
        self._reserve(int(lawful.sum()), parts, facts)
        room = self._scratch._replace(rows=np.empty(parts, np.int32), facts=np.empty(facts, np.int32))
        room.sizes[:] = 0
        _fold(events, first, stop, self.rules, self.tables, room)
        rows, reached_facts = room.sizes.tolist()
        return Reached(room.rows[:rows], room.facts[:reached_facts])

    @property
    def persons(self) -> int:
        """Number of persons seen."""
        return int(self.tables.used[PERSONS])

    @property
    def ids(self) -> int:
        """Number of event ids seen."""
        return int(self.tables.used[IDS])

    @property
    def rows(self) -> Int64:
        """The rows, in order of first touch, with the columns KEY … TRAITS."""
        return self.tables.rows[: self.tables.used[ROWS]]

    def trimmed(self) -> Tables:
        """Return the tables without room to grow, as views: what a snapshot holds."""
        persons, ids, rows, facts = (int(number) for number in self.tables.used[:SINCE])
        tables = self.tables
        return tables._replace(
            persons=tables.persons[:persons],
            births=self.births,
            ids=tables.ids[:ids],
            rows=tables.rows[:rows],
            before=tables.before[:rows],
            facts=tables.facts[:facts],
        )

    def take_touched(self) -> Mask:
        """Return which (leaf, month) were touched since the last call, and forget it."""
        touched = self.tables.touched.copy()
        self.tables.touched[:] = False
        return touched

    def take_facts_since(self) -> int:
        """Return the first day whose facts changed since the last call (FAR: none), and forget it."""
        since = int(self.tables.used[SINCE])
        self.tables.used[SINCE] = FAR
        return since

    @property
    def births(self) -> Int32:
        """The birth dates of persons by number, BORN_NEVER where none is known (H3)."""
        return self.tables.births[: self.persons]

    @property
    def facts(self) -> Int64:
        """The facts, in order of first arrival, with the columns of ``processors.admission.facts``."""
        return self.tables.facts[: self.tables.used[FACTS]]

    def _reserve(self, events: int, parts: int, new_facts: int) -> None:
        tables = self.tables
        persons, ids, rows, facts = (int(number) for number in tables.used[:SINCE])
        compared = len(tables.id_slots) > 0
        self.tables = tables._replace(
            persons=extended(tables.persons, persons + events),
            births=extended(tables.births, persons + events),
            ids=extended(tables.ids, ids + events) if compared else tables.ids,
            rows=extended(tables.rows, rows + parts),
            before=extended(tables.before, rows + parts),
            person_slots=roomier(tables.person_slots, persons + events),
            id_slots=roomier(tables.id_slots, ids + events, ID_STEP) if compared else tables.id_slots,
            row_slots=roomier(tables.row_slots, rows + parts),
            facts=extended(tables.facts, facts + new_facts),
            fact_slots=roomier(tables.fact_slots, facts + new_facts),
        )


def extended(array: Array, needed: int) -> Array:
    """Return an array with room for ``needed`` rows: the same, or a copy with twice the room."""
    if needed <= len(array):
        return array
    roomier_one = np.empty((max(needed, 2 * len(array), SMALLEST), *array.shape[1:]), array.dtype)
    roomier_one[: len(array)] = array
    return cast("Array", roomier_one)


@inlined
def person_hash(first: np.uint64, second: np.uint64) -> np.uint64:
    """Return the hash by which a person is found in ``person_slots``."""
    return mixed(first, second)


@inlined
def id_hash(first: np.uint64, second: np.uint64, person: Whole) -> np.uint64:
    """Return the hash by which an event id of a person is found in ``id_slots``."""
    return mixed(mixed(first, second), np.uint64(person))


@inlined
def row_hash(key: Whole) -> np.uint64:
    """Return the hash by which a row is found in ``row_slots``."""
    return mixed(np.uint64(0), np.uint64(key))


@inlined
def person_slot(first: Whole, second: Whole, tables: Tables) -> Whole:
    """Return the slot that holds a person, or the empty one where the person belongs."""
    slots, hashed = tables.person_slots, person_hash(first, second)
    slot = first_likely(slots, hashed)
    while slots[slot] != EMPTY:
        person = place_in(slots[slot])
        if tables.persons[person, 0] == first and tables.persons[person, 1] == second:
            break
        slot = likely(slots, hashed, slot + 1)
    return slot


@inlined
def _person_number(first: Whole, second: Whole, tables: Tables) -> Whole:
    """Return the number of a person, a new one when not seen before."""
    slot = person_slot(first, second, tables)
    if tables.person_slots[slot] != EMPTY:
        return place_in(tables.person_slots[slot])
    person = tables.used[PERSONS]
    tables.used[PERSONS] += 1
    tables.persons[person, 0] = first
    tables.persons[person, 1] = second
    tables.births[person] = BORN_NEVER
    tables.person_slots[slot] = word(person_hash(first, second), person)
    return np.int64(person)


@inlined
def _admission(first: Whole, second: Whole, content: Whole, person: Whole, tables: Tables) -> Whole:
    """Return 0 for a new event id of the person and remember it, else DUPLICATE or CONFLICT (A4)."""
    if not len(tables.id_slots):
        return 0
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    ids, slots, hashed = tables.ids, tables.id_slots, id_hash(first, second, person)
    slot = first_likely(slots, hashed)
    while slots[slot] != EMPTY:
        entry = place_in(slots[slot])
        same = (
            ids[entry, 0] == first & low
            and ids[entry, 1] == first >> half
            and ids[entry, 2] == second & low
            and ids[entry, 3] == second >> half
            and ids[entry, 6] == person
        )
        if same:
            return DUPLICATE if ids[entry, 4] == content & low and ids[entry, 5] == content >> half else CONFLICT
        slot = likely(slots, hashed, slot + 1)
    entry = tables.used[IDS]
    tables.used[IDS] += 1
    ids[entry, 0] = first & low
    ids[entry, 1] = first >> half
    ids[entry, 2] = second & low
    ids[entry, 3] = second >> half
    ids[entry, 4] = content & low
    ids[entry, 5] = content >> half
    ids[entry, 6] = person
    slots[slot] = word(hashed, entry)
    return 0


@inlined
def row_slot(key: Whole, tables: Tables) -> Whole:
    """Return the slot that holds a row, or the empty one where it belongs."""
    slots, hashed = tables.row_slots, row_hash(key)
    slot = first_likely(slots, hashed)
    while slots[slot] != EMPTY and tables.rows[place_in(slots[slot]), KEY] != key:
        slot = likely(slots, hashed, slot + 1)
    return slot


@inlined
def row_number(key: Whole, leaf: Whole, month: Whole, tables: Tables) -> Whole:
    """Return the place of a row, a new empty one when there was none."""
    slot = row_slot(key, tables)
    if tables.row_slots[slot] != EMPTY:
        return place_in(tables.row_slots[slot])
    row = tables.used[ROWS]
    tables.used[ROWS] += 1
    tables.row_slots[slot] = word(row_hash(key), row)
    tables.rows[row, KEY] = key
    for column in range(AMOUNT, tables.rows.shape[1]):
        tables.rows[row, column] = 0
    tables.before[row] = tables.newest[month]
    tables.newest[month] = row
    tables.held[month] += 1
    tables.exists[leaf, month] = True
    return np.int64(row)


@loop
def _fold(events: Events, first: Whole, stop: Whole, rules: Rules, tables: Tables, scratch: Scratch) -> Whole:
    """Fold in chunks that fit the cache: fetch what a chunk will look up, then apply it event by event.

    What is fetched decides nothing; the sum of it is returned so that the reads are not optimised away.
    """
    read = np.int64(0)
    for start in range(first, stop, CHUNK):
        end = min(start + CHUNK, stop)
        read += _fetch_persons(events, start, end, tables)
        _number_persons(events, start, end, scratch.places, tables)
        read += _fetch_places(events, start, end, scratch.places, rules, tables)
        for event in range(start, end):
            person = scratch.places[event - start, 0]
            if person != EMPTY:
                _apply(events, event, person, rules, tables, scratch)
    return read


# Many slow reads are under way at once: each loop asks for addresses that the one before has fetched, and none
# branches on what it waits for, as a branch taken wrongly would end all reads behind it. The look-ups that follow
# find all in the cache.


@inlined
def _fetch_persons(events: Events, first: Whole, stop: Whole, tables: Tables) -> Whole:
    """Read the slots of a chunk's persons, and what they name."""
    read: Whole = np.int64(0)
    for event in range(first, stop):
        hashed = person_hash(events.identity[event, 2], events.identity[event, 3])
        read += tables.person_slots[home(hashed, len(tables.person_slots))]
    for event in range(first, stop):
        person = _probable(tables.person_slots, person_hash(events.identity[event, 2], events.identity[event, 3]))
        if person != EMPTY:
            read += np.int64(tables.persons[person, 0] & np.uint64(1))
    return read


@inlined
def _number_persons(events: Events, first: Whole, stop: Whole, places: Int64, tables: Tables) -> None:
    """Put the number of each event's person in the first column of ``places``, EMPTY where nothing is to be done."""
    for event in range(first, stop):
        lawful = events.fault[event] == 0 and events.kind[event] != UPDATE_CLOSED
        identity = events.identity[event]
        person = _person_number(identity[2], identity[3], tables) if lawful else EMPTY
        places[event - first, 0] = person
        events.person[event] = person


@inlined
def _fetch_places(events: Events, first: Whole, stop: Whole, places: Int64, rules: Rules, tables: Tables) -> Whole:
    """Read the slots of a chunk's ids, rows and facts, and the rows and facts; hashes are kept in ``places``."""
    read: Whole = np.int64(0)
    for event in range(first, stop):
        person = places[event - first, 0]
        if person == EMPTY:
            continue
        if len(tables.id_slots):
            hashed = id_hash(events.identity[event, 0], events.identity[event, 1], person)
            read += tables.id_slots[home(hashed, len(tables.id_slots))]
        if events.kind[event] < UPDATE_CLOSED:
            hashed = row_hash(_row_key(events, event, person, _first_month(events, event, rules), rules))
            read += tables.row_slots[home(hashed, len(tables.row_slots))]
        else:
            hashed = employment_hash(person, events.amount[event])
            read += tables.fact_slots[home(hashed, len(tables.fact_slots))]
        places[event - first, 1] = np.int64(hashed)
    for event in range(first, stop):
        if places[event - first, 0] == EMPTY:
            continue
        hashed = np.uint64(places[event - first, 1])
        if events.kind[event] < UPDATE_CLOSED:
            row = _probable(tables.row_slots, hashed)
            read += 0 if row == EMPTY else tables.rows[row, KEY]
        else:
            fact = _probable(tables.fact_slots, hashed)
            read += 0 if fact == EMPTY else tables.facts[fact, PERSON]
    return read


@inlined
def _probable(slots: Slots, hashed: np.uint64) -> Whole:
    """Return the first place with the tag of a hash, EMPTY where there is none."""
    slot_word = slots[first_likely(slots, hashed)]
    return slot_word if slot_word == EMPTY else place_in(slot_word)


@inlined
def _first_month(events: Events, event: Whole, rules: Rules) -> Whole:
    """Return the month of the first day that an event covers."""
    return np.int64(rules.month_of_day[events.first[event] - FIRST_DAY])


@inlined
def _row_key(events: Events, event: Whole, person: Whole, month: Whole, rules: Rules) -> Whole:
    """Return the key of the row of a month: the municipality is the one whose code is valid then (D2)."""
    municipality = np.int64(rules.valid_municipality[rules.era_of_month[month], events.municipality[event]])
    leaf = np.int64(events.leaf[event])
    return key_at(person, row_place(municipality, month, leaf))


@inlined
def _apply(events: Events, event: Whole, person: Whole, rules: Rules, tables: Tables, scratch: Scratch) -> None:
    """Admit one lawful event by its id, and add its parts to their rows."""
    content = events.content[event]
    outcome = _admission(events.identity[event, 0], events.identity[event, 1], content, person, tables)
    events.fault[event] = outcome
    if events.kind[event] > UPDATE_CLOSED:
        if outcome == 0:
            _keep(events, event, person, tables, scratch)
        return
    recovery = events.amount_type[event] in (RECOVERY, REG_RECOVERY)
    if outcome or (recovery and not rules.recoveries_in_balance):
        return
    if rules.in_spells[events.leaf[event]]:
        tables.births[person] = max(BORN_NEVER, int(events.birth[event]))
    month = _first_month(events, event, rules)
    split(events, event, month, rules, scratch.parts)
    for part in range(events.parts[event]):
        _touch(events, event, person, month, part, rules, tables, scratch)


@inlined
def _keep(events: Events, event: Whole, person: Whole, tables: Tables, scratch: Scratch) -> None:
    """Keep an admitted fact, and note that it was reached."""
    fact = fact_of(events, event, person, tables.facts, tables.fact_slots, tables.used)
    events.fault[event] = kept(events, event, fact, tables.facts, tables.used)
    scratch.facts[scratch.sizes[1]] = fact
    scratch.sizes[1] += 1


@inlined
def _touch(
    events: Events,
    event: Whole,
    person: Whole,
    since: Whole,
    part: Whole,
    rules: Rules,
    tables: Tables,
    scratch: Scratch,
) -> None:
    """Add one month's part of an event to its row, and let the event's attributes hold for the whole row (A6)."""
    month, leaf, cents = since + part, np.int64(events.leaf[event]), scratch.parts.cents[part]
    row = row_number(_row_key(events, event, person, month, rules), leaf, month, tables)
    tables.rows[row, AMOUNT] += cents
    tables.rows[row, STATE_SHARE] += _state_share(cents, np.int64(events.percentage[event]))
    tables.rows[row, DAYS] += scratch.parts.days[part]
    tables.rows[row, TRAITS] = traits_of(events, event, month, rules)
    tables.touched[leaf, month] = True
    scratch.rows[scratch.sizes[0]] = row
    scratch.sizes[0] += 1


@inlined
def _state_share(cents: Whole, percentage: Whole) -> Whole:
    """Return cents x percentage / 100, halves away from zero."""
    share = (abs(cents) * percentage * 2 + 100) // 200
    return share if cents >= 0 else -share
