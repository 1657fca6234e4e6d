"""Kafka's default partitioner (murmur2), for the one kind of key that the dossier log has: the 16 bytes of a person.

An event in another partition than this one says would meet another ledger than the rest of its person's events, and be
counted twice; so producers use this, and intake verifies it.
"""

import numpy as np
import numpy.typing as npt

from processors.compiled import kernel

KEY_BYTES = 16
_SEED = 0x9747B28C
_FACTOR = 0x5BD1E995


@kernel
def murmur2(data: npt.NDArray[np.uint8], at: int) -> int:
    """Return the murmur2 of the 16 bytes at ``data[at:]``, its sign bit cleared as Kafka does."""
    factor = np.uint32(_FACTOR)
    state = np.uint32(_SEED) ^ np.uint32(KEY_BYTES)
    for word in range(np.uint64(at), np.uint64(at + KEY_BYTES), np.uint64(4)):
        part = np.uint32(
            np.uint32(data[word])
            | np.uint32(data[word + np.uint64(1)]) << np.uint32(8)
            | np.uint32(data[word + np.uint64(2)]) << np.uint32(16)
            | np.uint32(data[word + np.uint64(3)]) << np.uint32(24)
        )
        part = np.uint32(part * factor)
        part = np.uint32(part ^ np.uint32(part >> np.uint32(24)))
        part = np.uint32(part * factor)
        state = np.uint32(np.uint32(state * factor) ^ part)
    state = np.uint32(state ^ np.uint32(state >> np.uint32(13)))
    state = np.uint32(state * factor)
    state = np.uint32(state ^ np.uint32(state >> np.uint32(15)))
    return int(np.int64(state) & 0x7FFFFFFF)


@kernel
def partitions_of(data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int32]:
    """Return the partition, of ``count``, of the key of 16 bytes at each of ``starts``."""
    partitions = np.empty(len(starts), np.int32)
    for row in range(len(starts)):
        partitions[row] = murmur2(data, starts[row]) % count
    return partitions
