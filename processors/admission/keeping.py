"""What is kept of a ledger where it is stored: all but the hash tables, a third of it.

They only say where something stands, so they are made again with the ledger: 5 million ids and 4 million rows take a
quarter of a second. Snapshots of before hold them too; nobody reads them there.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from processors.admission.facts import NAME, PERSON, employment_hash, is_employment
from processors.admission.hash_table import EMPTY, Slots, empty_slots, home, roomier, word
from processors.admission.ledger import KEY, Ledger, Tables, id_hash, person_hash, row_hash
from processors.compiled import Whole, inlined, kernel
from schemas.arrays import Int64, UInt32, UInt64
from schemas.settings import FigureSettings

_OF = {"person_slots": "persons", "id_slots": "ids", "row_slots": "rows", "fact_slots": "facts"}
"""Each hash table, and what it finds."""
_HALF = 32
_BITS = 8

Arrays = Mapping[str, npt.NDArray[Any]]


def to_keep(ledger: Ledger) -> dict[str, npt.NDArray[Any]]:
    """Return what a ledger is made again from, by name: views, which hold until the ledger changes."""
    return {name: array for name, array in ledger.trimmed()._asdict().items() if name not in _OF}


def restored(settings: FigureSettings, arrays: Arrays) -> Ledger:
    """Return the ledger of which ``to_keep`` gave these arrays, under the same settings; others are ignored.

    It takes them over, for a copy would take longer than all the rest.
    Raises KeyError where one is missing.
    """
    names = (name for name in Tables._fields if name not in _OF)
    held: dict[str, Any] = {name: np.require(arrays[name], requirements="W") for name in names}
    held |= {slots: roomier(empty_slots(), len(held[of])) for slots, of in _OF.items()}
    tables = Tables(**held)
    for slots, of in _OF.items():
        _enter(_WORDS[slots](held[of]), held[slots])
    return Ledger(settings, tables)


@kernel
def _words_of_persons(persons: UInt64) -> Slots:
    words = np.empty(len(persons), np.int64)
    for person in range(len(persons)):
        words[person] = word(person_hash(persons[person, 0], persons[person, 1]), person)
    return words


@kernel
def _words_of_ids(ids: UInt32) -> Slots:
    words = np.empty(len(ids), np.int64)
    for entry in range(len(ids)):
        first, second = _joined(ids[entry, 0], ids[entry, 1]), _joined(ids[entry, 2], ids[entry, 3])
        words[entry] = word(id_hash(first, second, ids[entry, 6]), entry)
    return words


@kernel
def _words_of_rows(rows: Int64) -> Slots:
    words = np.empty(len(rows), np.int64)
    for row in range(len(rows)):
        words[row] = word(row_hash(rows[row, KEY]), row)
    return words


@kernel
def _words_of_facts(facts: Int64) -> Slots:
    """Return the words of employments, the only facts that are found."""
    words = np.empty(len(facts), np.int64)
    size = 0
    for fact in range(len(facts)):
        if is_employment(facts, fact):
            words[size] = word(employment_hash(facts[fact, PERSON], facts[fact, NAME]), fact)
            size += 1
    return words[:size]


_WORDS: dict[str, Callable[[Any], Slots]] = {
    "person_slots": _words_of_persons,
    "id_slots": _words_of_ids,
    "row_slots": _words_of_rows,
    "fact_slots": _words_of_facts,
}


@inlined
def _joined(low: Whole, high: Whole) -> np.uint64:
    return np.uint64(low) | np.uint64(high) << np.uint64(_HALF)


@kernel
def _enter(words: Slots, slots: Slots) -> None:
    """Enter words into an empty table with room for them, from its front to its back, so that memory is not waited for.

    They are brought into order by the first bits of their hashes alone.
    """
    starts = np.zeros((1 << _BITS) + 1, np.int64)
    for entered in words:
        starts[_beginning(entered) + 1] += 1
    starts = np.cumsum(starts)
    ordered = np.empty_like(words)
    for entered in words:
        beginning = _beginning(entered)
        ordered[starts[beginning]] = entered
        starts[beginning] += 1
    for entered in ordered:
        slot = home(np.uint64(entered), len(slots))
        while slots[slot] != EMPTY:
            slot += 1
            if slot == len(slots):
                slot = 0
        slots[slot] = entered


@inlined
def _beginning(slot_word: Whole) -> Whole:
    return np.int64(np.uint64(slot_word) >> np.uint64(64 - _BITS))
