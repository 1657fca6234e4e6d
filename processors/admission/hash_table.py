"""Where things are found by their hash: open-addressing tables whose words hold a place and half of the hash.

A word of int64 packs the upper half of a hash (its tag) above the place of what it found; EMPTY is where nothing is.
Two things follow from the tag:

- A probe that meets another entry sees it from the word alone. Without tags it had to fetch that entry, and nearly
  each such fetch waited for memory, as most event ids are new ones.
- The tag scaled to the size is the home of an entry. So a larger table is filled from the smaller one alone, and as
  homes rise with tags, it is read and written from the front to the back: a few nanoseconds an entry.

    slot = first_likely(slots, hashed)
    while slots[slot] != EMPTY:
        if <the thing at place_in(slots[slot]) is the one looked for>:
            return ...
        slot = likely(slots, hashed, slot + 1)
    slots[slot] = word(hashed, place)
"""

import numpy as np
import numpy.typing as npt

from processors.compiled import Whole, inlined, loop

Slots = npt.NDArray[np.int64]

EMPTY = -1
_SMALLEST = 1024
_FILL = 0.7  # fuller tables probe longer
_PLACE = 0xFFFFFFFF
_TAG_SHIFT = 32


def empty_slots() -> Slots:
    """Return a small table that finds nothing."""
    return np.full(_SMALLEST, EMPTY, np.int64)


def roomier(slots: Slots, needed: int, step: float = 2.0) -> Slots:
    """Return a table with room for ``needed`` entries that finds the same: the same one, or a larger one.

    A larger one is ``step`` times as large at least: small steps leave less empty and are taken more often.
    """
    if needed <= _FILL * len(slots):
        return slots
    larger = np.full(int(max(needed / _FILL, len(slots) * step)) + 1, EMPTY, np.int64)
    _refill(slots, larger)
    return larger


@inlined
def home(hashed: np.uint64, size: Whole) -> Whole:
    """Return the slot where a hash belongs: its upper half scaled to the size, which need not be a power of two."""
    return np.int64(((hashed >> np.uint64(_TAG_SHIFT)) * np.uint64(size)) >> np.uint64(_TAG_SHIFT))


@inlined
def word(hashed: np.uint64, place: Whole) -> Whole:
    """Return what a slot holds for a thing with this hash at this place."""
    return np.int64(hashed >> np.uint64(_TAG_SHIFT) << np.uint64(_TAG_SHIFT)) | place


@inlined
def place_in(slot_word: Whole) -> Whole:
    """Return the place in a word that is not EMPTY."""
    return slot_word & _PLACE


@inlined
def first_likely(slots: Slots, hashed: np.uint64) -> Whole:
    """Return where a search for a hash begins: as ``likely``, from its home on."""
    return likely(slots, hashed, home(hashed, len(slots)))


@inlined
def likely(slots: Slots, hashed: np.uint64, slot: Whole) -> Whole:
    """Return the first slot from ``slot`` on, around the end, that is empty or whose tag is that of the hash."""
    tag = np.int64(hashed >> np.uint64(_TAG_SHIFT))
    if slot == len(slots):
        slot = 0
    while slots[slot] != EMPTY and (slots[slot] >> _TAG_SHIFT) & _PLACE != tag:
        slot += 1
        if slot == len(slots):
            slot = 0
    return slot


@loop
def _refill(slots: Slots, larger: Slots) -> None:
    for at in range(len(slots)):
        if slots[at] != EMPTY:
            slot = home(np.uint64(slots[at]), len(larger))
            while larger[slot] != EMPTY:
                slot += 1
                if slot == len(larger):
                    slot = 0
            larger[slot] = slots[at]
