"""How many lines equal to one came before it in a file, in at most 28 bytes a line.

An open-addressing table of 64-bit digests of any size: a digest begins where its upper half, times the size, falls.
With it stand how often each came, up to 255; a digest that came more often has a count of its own.

    eight bytes and one a slot, at most 4 of 5 slots taken:   9 / 0.8  = 11 bytes a line
    as it grows by a half, the old table beside the new one: 11 + 17   = 28 bytes a line, for that moment
"""

from collections import Counter

import numpy as np

from schemas.arrays import Bytes, Int64, UInt64
from schemas.compiled import Whole, inlined, kernel

_FIRST_SIZE = 1 << 12
_MOST_TAKEN = 0.8
_GROWTH = 1.5
_FULL = 255
_FREE = np.uint64(0)


class Occurrences:
    """Of one file: ``of`` gets the digests of its lines in order; equal lines alone share one, and none is 0."""

    def __init__(self) -> None:
        """Begin a file."""
        self._digests = np.zeros(_FIRST_SIZE, np.uint64)
        self._came = np.zeros(_FIRST_SIZE, np.uint8)
        self._count = 0
        self._often: Counter[int] = Counter()

    def of(self, digests: UInt64) -> Int64:
        """Return how many equal lines came before each."""
        self._make_room(self._count + len(digests))
        before = np.zeros(len(digests), np.int64)
        self._count += _noted(digests, self._digests, self._came, before)
        for row in np.flatnonzero(before == _FULL).tolist():
            digest = int(digests[row])
            before[row] += self._often[digest]
            self._often[digest] += 1
        return before

    @property
    def held(self) -> int:
        """Bytes that are held."""
        return self._digests.nbytes + self._came.nbytes

    def _make_room(self, wanted: int) -> None:
        if wanted > _MOST_TAKEN * len(self._digests):
            size = int(max(_GROWTH * len(self._digests), wanted / _MOST_TAKEN)) + 1
            digests, came = np.zeros(size, np.uint64), np.zeros(size, np.uint8)
            _moved(self._digests, self._came, digests, came)
            self._digests, self._came = digests, came


@inlined
def _slot(digest: Whole, digests: UInt64) -> Whole:
    """Return where a digest stands, or the free place where it would."""
    half = np.uint64(32)
    slot: Whole = np.int64(((digest >> half) * np.uint64(len(digests))) >> half)
    while digests[slot] != _FREE and digests[slot] != digest:
        slot += 1
        if slot == len(digests):
            slot = 0
    return slot


@kernel
def _noted(lines: UInt64, digests: UInt64, came: Bytes, before: Int64) -> Whole:
    """Note lines; say of each how often it came before, and return how many never did."""
    fresh: Whole = 0
    for row in range(len(lines)):
        slot = _slot(lines[row], digests)
        fresh += digests[slot] == _FREE
        digests[slot] = lines[row]
        before[row] = came[slot]
        if came[slot] < _FULL:
            came[slot] += 1
    return fresh


@kernel
def _moved(old: UInt64, old_came: Bytes, digests: UInt64, came: Bytes) -> None:
    """Note the digests of a table, and how often they came, in a larger one."""
    for at in range(len(old)):
        if old[at] != _FREE:
            slot = _slot(old[at], digests)
            digests[slot], came[slot] = old[at], old_came[at]
