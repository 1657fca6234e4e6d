"""What became of the events of each OCMW and statement month in one partition: sums over the prefix that was folded.

Like the ledger beside it, a tally is a function of the log's prefix, however the prefix was cut. It reads OCMW, month
and amount from the bytes of a record, because the decoder keeps none of them of an event that is set aside, and that
is the event its sender asks about. A record that does not parse, a closing, a fact that is no line of a statement, an
OCMW of more than five digits: there is nobody to write a receipt to, so nothing is counted.

A key takes about 150 bytes: 20 MB a partition for twenty years of 565 OCMWs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from processors.admission.decoding import CLAIM, REGULARISATION, Events, mixed
from processors.admission.hash_table import EMPTY, Slots, empty_slots, first_likely, likely, place_in, roomier, word
from processors.admission.ledger import DUPLICATE, extended
from processors.compiled import Whole, inlined, loop
from processors.protocol.partitioner import KEY_BYTES
from processors.protocol.receipts import OcmwSummary, Summary
from processors.rules import MAX_AMOUNT, MAX_NIS
from schemas.arrays import Bytes, Int64
from schemas.faults import FAULTS

TO, CENTS_IN, CENTS_APPLIED, APPLIED, DUPLICATES = range(5)
"""Columns of ``sums``; behind them one for each fault, in the order of their numbers."""
WIDTH = DUPLICATES + 1 + len(FAULTS)

_OCMW_SHIFT = 32
_MONTH_MASK = 0xFFFFFFFF
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_BETWEEN = 5
"""Fields between the OCMW and the statement month: dossier, support, amount type, first and last day."""


class Columns(NamedTuple):
    """The arrays of a tally: ``keys`` pack OCMW and month, ``used[0]`` counts them, ``slots`` find them."""

    used: Int64
    keys: Int64
    sums: Int64
    slots: Slots


class Tally:
    """Sums of one partition by OCMW and statement month."""

    def __init__(self, keys: Int64 | None = None, sums: Int64 | None = None) -> None:
        """Start empty, or from what ``trimmed`` gave."""
        held_keys = np.zeros(0, np.int64) if keys is None else keys
        held = np.zeros((0, WIDTH), np.int64) if sums is None else sums
        slots = roomier(empty_slots(), len(held_keys))
        self._columns = Columns(np.array([len(held_keys)], np.int64), held_keys, held, slots)
        _enter(self._columns)

    def count(self, data: Bytes, events: Events, offsets: Int64, first: int, stop: int) -> None:
        """Count the events in [first, stop) after the fold; ``data`` are their bytes, ``offsets`` all of the batch."""
        self._reserve(stop - first)
        _count(data, events, offsets, first, stop, self._columns)

    def trimmed(self) -> tuple[Int64, Int64]:
        """Return keys and sums, as views: what a snapshot holds."""
        used = int(self._columns.used[0])
        return self._columns.keys[:used], self._columns.sums[:used]

    def touched_after(self, offset: int) -> Iterator[OcmwSummary]:
        """Yield what is known of each (OCMW, month) of which an event stands at ``offset`` or behind it."""
        keys, sums = self.trimmed()
        chosen = np.flatnonzero(sums[:, TO] > offset)
        for key, of_key in zip(keys[chosen].tolist(), sums[chosen].tolist(), strict=True):
            yield OcmwSummary(key >> _OCMW_SHIFT, _signed(key & _MONTH_MASK), _summary(of_key))

    def _reserve(self, more: int) -> None:
        used, keys, sums, slots = self._columns
        needed = int(used[0]) + more
        self._columns = Columns(used, extended(keys, needed), extended(sums, needed), roomier(slots, needed))


def _signed(word: int) -> int:
    return word - (1 << _OCMW_SHIFT) if word > _INT_MAX else word


def _summary(sums: list[int]) -> Summary:
    outcomes = sums[APPLIED:]
    aside = zip(FAULTS, sums[DUPLICATES + 1 :], strict=True)
    return Summary(
        to=sums[TO],
        received=sum(outcomes),
        applied=sums[APPLIED],
        duplicates=sums[DUPLICATES],
        set_aside=tuple(sorted((fault.slug, events) for fault, events in aside if events)),
        cents_in=sums[CENTS_IN],
        cents_applied=sums[CENTS_APPLIED],
    )


@loop
def _count(  # noqa: PLR0913, PLR0917 - numba takes positional arguments
    data: Bytes, events: Events, offsets: Int64, first: Whole, stop: Whole, columns: Columns
) -> None:
    for row in range(first, stop):
        line = events.kind[row] == CLAIM or events.kind[row] == REGULARISATION
        if not line or events.start[row] == events.stop[row]:
            continue
        ocmw, at = _number(data, events.start[row] + 2 * KEY_BYTES)
        for _ in range(_BETWEEN):
            _, at = _number(data, at)
        month, at = _number(data, at)
        cents, at = _number(data, at)
        if not (0 <= ocmw <= MAX_NIS and _INT_MIN <= month <= _INT_MAX):
            continue
        entry, outcome = _entry(ocmw << _OCMW_SHIFT | month & _MONTH_MASK, columns), events.fault[row]
        columns.sums[entry, TO] = offsets[row] + 1
        columns.sums[entry, _column(outcome)] += 1
        if -MAX_AMOUNT <= cents <= MAX_AMOUNT:  # any other would make the sum worthless
            columns.sums[entry, CENTS_IN] += cents
        if outcome == 0:
            columns.sums[entry, CENTS_APPLIED] += cents


@inlined
def _column(outcome: Whole) -> Whole:
    """Return where an outcome (``Events.fault``) is counted."""
    if outcome == 0:
        return APPLIED
    return DUPLICATES if outcome == DUPLICATE else DUPLICATES + outcome


@inlined
def _number(data: Bytes, at: Whole) -> tuple[Whole, Whole]:
    """Return a zigzag varint and the place behind it; the decoder found before that it ends."""
    place = np.uint64(at)  # what cannot be negative is read without a look whether it is
    value = np.uint64(data[place] & 0x7F)
    shift = np.uint64(7)
    while data[place] > 0x7F:  # noqa: PLR2004 - the bit that says that more follows
        place += np.uint64(1)
        value |= np.uint64(data[place] & 0x7F) << shift
        shift += np.uint64(7)
    return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)), np.int64(place) + 1


@inlined
def _hash(key: Whole) -> np.uint64:
    return mixed(np.uint64(0), np.uint64(key))


@inlined
def _slot(key: Whole, columns: Columns) -> Whole:
    """Return the slot that holds a key, or the empty one where it belongs."""
    slots = columns.slots
    slot = first_likely(slots, _hash(key))
    while slots[slot] != EMPTY and columns.keys[place_in(slots[slot])] != key:
        slot = likely(slots, _hash(key), slot + 1)
    return slot


@inlined
def _entry(key: Whole, columns: Columns) -> Whole:
    """Return the row of a key, a new one of zeros when it was not seen before."""
    slot = _slot(key, columns)
    if columns.slots[slot] != EMPTY:
        return place_in(columns.slots[slot])
    entry = columns.used[0]
    columns.used[0] += 1
    columns.keys[entry] = key
    columns.sums[entry] = 0
    columns.slots[slot] = word(_hash(key), entry)
    return entry


@loop
def _enter(columns: Columns) -> None:
    for entry in range(columns.used[0]):
        key = columns.keys[entry]
        columns.slots[_slot(key, columns)] = word(_hash(key), entry)
