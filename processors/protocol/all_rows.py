"""The ledger of all rows, as publish holds it: no events, no ids, no person keys; rows arrive absolute.

A person's number is (number in its partition) x partitions + partition: unique, dense enough to count by, and the
same whenever it is built again; so is the place of a fact. Partitions are put in separately and never meet in a row.
"""

from collections.abc import Iterable

import numpy as np

from processors.admission.facts import FACTS, FAR, FROM, PERSON, STATE, WHAT, changed_since, end_of, is_employment
from processors.admission.hash_table import roomier
from processors.admission.keys import key_at, leaf_in, month_in
from processors.admission.ledger import (
    AMOUNT,
    BORN_NEVER,
    DAYS,
    PERSONS,
    ROWS,
    STATE_SHARE,
    TRAITS,
    Ledger,
    Tables,
    extended,
    row_number,
)
from processors.compiled import kernel
from schemas.arrays import Int64, Mask
from schemas.periods import MONTH_COUNT
from schemas.rows import Rows
from schemas.supports import LEAVES


class Gathered:
    """Rows of all partitions, and which (leaf, month) each partition touched since it was last told to forget."""

    def __init__(
        self, ledger: Ledger, partitions: int, touched: Mask | None = None, since: Int64 | None = None
    ) -> None:
        """Start with an empty ledger, or with that of a snapshot and its ``touched`` (partition, leaf, month).

        ``since`` is by partition the first day about which a fact said something new (FAR: none).
        """
        self.ledger = ledger
        self.partitions = partitions
        shape = (partitions, len(LEAVES), MONTH_COUNT)
        self.touched = np.zeros(shape, np.bool_) if touched is None else touched
        self.since = np.full(partitions, FAR, np.int64) if since is None else since

    def persons_of(self, partition: int, rows: Rows) -> Int64:
        """Return the numbers in this ledger of the persons of some rows."""
        return np.asarray(rows.person.astype(np.int64) * self.partitions + partition)

    def put(self, partition: int, rows: Rows) -> None:
        """Let rows and facts of a partition stand as they are given."""
        self._put_facts(partition, rows.facts)
        if not len(rows.person):
            return
        persons = self.persons_of(partition, rows)
        self._reserve(len(persons))
        self._make_room_for_births(int(persons.max()) + 1)
        _put(persons, rows, self.ledger.tables, self.touched[partition])

    def forget_touched(self, partitions: Iterable[int]) -> None:
        """Forget what these partitions touched so far: it is in a release."""
        chosen = list(partitions)
        self.touched[chosen] = False
        self.since[chosen] = FAR

    def touched_by_any(self) -> Mask:
        """Return which (leaf, month) some partition touched."""
        return np.asarray(self.touched.any(axis=0))

    def facts_since(self) -> int:
        """Return the first day about which a fact of some partition said something new, FAR: none did."""
        return int(self.since.min())

    def _put_facts(self, partition: int, sent: Int64) -> None:
        if not len(sent):
            return
        places = sent[:, 0] * self.partitions + partition
        tables, needed = self.ledger.tables, int(places.max()) + 1
        known = int(tables.used[FACTS])
        facts = extended(tables.facts, needed)
        facts[known:needed] = 0  # places of other partitions that nobody filled yet are no facts of any kind
        tables.used[FACTS] = max(known, needed)
        self.ledger.tables = tables._replace(facts=facts)
        self._make_room_for_births(int(sent[:, 1 + PERSON].max() + 1) * self.partitions)
        since = _put_facts(sent, places, self.partitions, partition, self.ledger.tables)
        self.since[partition] = min(int(self.since[partition]), int(since))

    def _make_room_for_births(self, persons: int) -> None:
        """Make room for the birth dates of so many persons; of those not heard of yet none is known."""
        tables = self.ledger.tables
        births = extended(tables.births, persons)
        if births is not tables.births:
            births[len(tables.births) :] = BORN_NEVER
            self.ledger.tables = tables._replace(births=births)

    def _reserve(self, rows: int) -> None:
        before = self.ledger.tables
        needed = int(before.used[ROWS]) + rows
        self.ledger.tables = before._replace(
            rows=extended(before.rows, needed),
            before=extended(before.before, needed),
            row_slots=roomier(before.row_slots, needed),
        )


@kernel
def _put_facts(sent: Int64, places: Int64, partitions: int, partition: int, tables: Tables) -> int:
    """Write facts at their places; return the first day about which they say something new."""
    since = np.int64(FAR)
    facts = tables.facts
    for at in range(len(sent)):
        fact = places[at]
        before = facts[fact, FROM], end_of(facts, fact), facts[fact, WHAT], facts[fact, STATE]
        facts[fact, PERSON] = sent[at, 1 + PERSON] * partitions + partition
        for column in range(PERSON + 1, facts.shape[1]):
            facts[fact, column] = sent[at, 1 + column]
        if is_employment(facts, fact):
            since = min(since, changed_since(before, facts, fact))
        else:
            since = min(since, facts[fact, FROM])
        tables.used[PERSONS] = max(tables.used[PERSONS], facts[fact, PERSON] + 1)
    return int(since)


@kernel
def _put(persons: Int64, rows: Rows, tables: Tables, touched: Mask) -> None:
    for at in range(len(persons)):
        person = persons[at]
        place = np.int64(rows.place[at])
        month, leaf = month_in(place), leaf_in(place)
        key = key_at(person, place)
        row = tables.rows[row_number(int(key), int(leaf), int(month), tables)]
        row[AMOUNT] = rows.amount[at]
        row[STATE_SHARE] = rows.state_share[at]
        row[DAYS] = rows.days[at]
        row[TRAITS] = np.int64(rows.traits[at])
        touched[leaf, month] = True
        if len(rows.births):
            tables.births[person] = rows.births[at]
        tables.used[PERSONS] = max(tables.used[PERSONS], person + 1)
