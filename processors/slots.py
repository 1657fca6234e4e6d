"""Where things are found by their hash: open-addressing tables of int32, EMPTY where nothing is."""

import numpy as np

from processors.compiled import Whole, inlined

EMPTY = -1


@inlined
def home(hashed: np.uint64, size: Whole) -> Whole:
    """Return the slot where a hash belongs: its upper half scaled to the size, which need not be a power of two."""
    return np.int64(((hashed >> np.uint64(32)) * np.uint64(size)) >> np.uint64(32))
