"""Pairs of whole numbers by their place: an open-addressing table that grows, filled and asked for whole columns."""

import numpy as np

from schemas.arrays import Int64
from schemas.compiled import Whole, inlined, kernel

_FIRST_SIZE = 1 << 12
_FREE = -1
_MIX_A, _MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(29)


@inlined
def _slot(a: Whole, b: Whole, mask: Whole) -> Whole:
    mixed = (np.uint64(a) * _MIX_A) ^ (np.uint64(b) * _MIX_B)
    mixed ^= mixed >> _SHIFT
    mixed *= _MIX_A
    return np.int64((mixed >> _SHIFT) & np.uint64(mask))


@kernel
def _numbers_of(a: Int64, b: Int64, keys: Int64, slots: Int64, numbers: Int64) -> None:
    mask = len(slots) - 1
    for row in range(len(a)):
        slot = _slot(a[row], b[row], mask)
        numbers[row] = -1
        while slots[slot] != _FREE:
            entry = slots[slot]
            if keys[entry, 0] == a[row] and keys[entry, 1] == b[row]:
                numbers[row] = entry
                break
            slot = (slot + 1) & mask


@kernel
def _added(a: Int64, b: Int64, keys: Int64, slots: Int64, numbers: Int64, fresh: Int64, count: Whole) -> Whole:
    """Fill ``numbers``; of each pair that is new its row goes to ``fresh``. There must be room for all."""
    mask, begun = len(slots) - 1, count
    for row in range(len(a)):
        slot = _slot(a[row], b[row], mask)
        while slots[slot] != _FREE:
            entry = slots[slot]
            if keys[entry, 0] == a[row] and keys[entry, 1] == b[row]:
                break
            slot = (slot + 1) & mask
        if slots[slot] == _FREE:
            keys[count, 0], keys[count, 1] = a[row], b[row]
            slots[slot] = count
            fresh[count - begun] = row
            count += 1
        numbers[row] = slots[slot]
    return count


@kernel
def _rehashed(keys: Int64, count: Whole, slots: Int64) -> None:
    mask = len(slots) - 1
    for entry in range(count):
        slot = _slot(keys[entry, 0], keys[entry, 1], mask)
        while slots[slot] != _FREE:
            slot = (slot + 1) & mask
        slots[slot] = entry


class PairTable:
    """Pairs (a, b) of int64, numbered from 0 in the order in which they came."""

    def __init__(self) -> None:
        """Begin empty."""
        self.count = 0
        self._keys = np.zeros((_FIRST_SIZE, 2), np.int64)
        self._slots = np.full(2 * _FIRST_SIZE, _FREE, np.int64)

    def add(self, a: Int64, b: Int64) -> tuple[Int64, Int64]:
        """Return the number of each pair, and the rows of those that were not here before."""
        self._make_room(self.count + len(a))
        numbers, fresh = np.empty(len(a), np.int64), np.empty(len(a), np.int64)
        before = self.count
        self.count = _added(a, b, self._keys, self._slots, numbers, fresh, before)
        return numbers, fresh[: self.count - before]

    def numbers(self, a: Int64, b: Int64) -> Int64:
        """Return the number of each pair, -1 for one that is not here."""
        numbers = np.empty(len(a), np.int64)
        _numbers_of(a, b, self._keys, self._slots, numbers)
        return numbers

    def _make_room(self, wanted: int) -> None:
        size = len(self._keys)
        if wanted <= size:
            return
        while size < wanted:
            size *= 2
        keys = np.zeros((size, 2), np.int64)
        keys[: self.count] = self._keys[: self.count]
        self._keys, self._slots = keys, np.full(2 * size, _FREE, np.int64)
        _rehashed(self._keys, self.count, self._slots)
