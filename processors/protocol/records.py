"""Records of one partition as columns, their digest, and their way to the decoder of the files.

A value that frames and names a schema of ours becomes a block of its own in a batch of today's union, so that one bad
value harms no other; a value that does not is set aside before the decoder sees it.

The digest of a partition's prefix is a chain over its records, one by one, so it does not depend on how they were
fetched. It tells a log from another log; it does not withstand someone who forges.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.admission.decoding import Batch, Events, copied, decode, mixed, word_at
from processors.compiled import Whole, inlined, kernel, loop
from processors.protocol.partitioner import KEY_BYTES, murmur2
from processors.rules import Rules
from schemas import events, faults
from schemas.arrays import Bytes, Int64
from schemas.framing import HEADER_BYTES
from schemas.log import LeftOverError

UNDECODABLE, UNKNOWN_SCHEMA = faults.NUMBER["undecodable"], faults.NUMBER["unknown-schema"]
WRONG_PARTITION = faults.NUMBER["wrong-partition"]
_LARGEST_ID = max(events.schema_ids())
NOT_OURS, WITH_BRANCH = -2, -1
_HALF_KEY = KEY_BYTES // 2


class Records(NamedTuple):
    """Consecutive records of one partition: ``offsets``, and keys and values laid end to end.

    The key of record i is ``keys[key_bounds[i]:key_bounds[i+1]]``, its value alike; null and empty are one.
    ``numbers`` holds the number header of the closings among them, by row.
    """

    offsets: Int64
    keys: Bytes
    key_bounds: Int64
    values: Bytes
    value_bounds: Int64
    numbers: dict[int, int]

    def __len__(self) -> int:  # noqa: D105 - what it says
        return len(self.offsets)

    def at(self, offset: int) -> tuple[bytes | None, bytes | None]:
        """Return key and value of a record, None for what is empty."""
        row = int(np.searchsorted(self.offsets, offset))
        key = self.keys[self.key_bounds[row] : self.key_bounds[row + 1]].tobytes()
        value = self.values[self.value_bounds[row] : self.value_bounds[row + 1]].tobytes()
        return key or None, value or None

    def slice(self, first: int, stop: int) -> "Records":
        """Return some of the records."""
        return Records(
            self.offsets[first:stop],
            self.keys,
            self.key_bounds[first : stop + 1],
            self.values,
            self.value_bounds[first : stop + 1],
            {row - first: number for row, number in self.numbers.items() if first <= row < stop},
        )


def records_of(
    offsets: Sequence[int], keys: Sequence[bytes | None], values: Sequence[bytes | None], numbers: dict[int, int]
) -> Records:
    """Return records that a client gave one by one."""
    return Records(np.array(offsets, np.int64), *_joined(keys), *_joined(values), numbers)


def _joined(column: Sequence[bytes | None]) -> tuple[Bytes, Int64]:
    try:
        data = b"".join(column)  # type: ignore[arg-type]  # one that holds a null is refused
    except TypeError:
        return _joined([item or b"" for item in column])
    bounds = np.zeros(len(column) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, column), np.int64, len(column)), out=bounds[1:])  # type: ignore[arg-type]
    return np.frombuffer(bytearray(data), np.uint8), bounds  # read-only columns would need kernels of their own


def joined(parts: Sequence[Records]) -> Records:
    """Return records that follow each other as one."""
    if len(parts) == 1:
        return parts[0]
    numbers: dict[int, int] = {}
    before = 0
    for part in parts:
        numbers.update({before + row: number for row, number in part.numbers.items()})
        before += len(part)
    return Records(
        np.concatenate([part.offsets for part in parts]),
        *_end_to_end([(part.keys, part.key_bounds) for part in parts]),
        *_end_to_end([(part.values, part.value_bounds) for part in parts]),
        numbers,
    )


def _end_to_end(columns: Sequence[tuple[Bytes, Int64]]) -> tuple[Bytes, Int64]:
    lengths = np.concatenate([np.diff(bounds) for _, bounds in columns])
    data = np.concatenate([data[bounds[0] : bounds[-1]] for data, bounds in columns])
    return data, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def _branches() -> npt.NDArray[np.int64]:
    """Return by schema id: the branch index to write in front of the body, WITH_BRANCH, or NOT_OURS."""
    branches = np.full(_LARGEST_ID + 1, NOT_OURS, np.int64)
    for number, record in events.schema_ids().items():
        branches[number] = WITH_BRANCH if record is None else events.RECORDS.index(record)
    return branches


def batch_of_records(records: Records) -> Batch:
    """Return the records as a batch of today's union, a block for each."""
    data, bounds, preset = _unframed(records.values, records.value_bounds, _branches())
    return Batch(
        data=data,
        bounds=bounds,
        counts=np.ones(len(records), np.int64),
        kinds=np.arange(len(events.RECORDS), dtype=np.int8),
        single=False,
        first=0,
        preset=preset,
    )


def decoded(batch: Batch, rules: Rules) -> tuple[Batch, Events]:
    """Return the events of a batch of records, and the batch; a value with bytes left over is ``undecodable``."""
    try:
        return batch, decode(batch, rules)
    except LeftOverError:
        mended = _mended(batch, rules)
        return mended, decode(mended, rules)


def _mended(batch: Batch, rules: Rules) -> Batch:
    """Return the batch with the values that hold too much set aside before decoding; rare, so one by one."""
    preset = batch.preset.copy()
    for row in np.flatnonzero(preset == 0).tolist():
        bounds = batch.bounds[row : row + 2]
        try:
            decode(batch._replace(bounds=bounds, counts=batch.counts[:1], preset=preset[:0]), rules)
        except LeftOverError:
            preset[row] = UNDECODABLE
    kept = np.diff(batch.bounds) * (preset == 0)
    data = [batch.data[batch.bounds[row] : batch.bounds[row + 1]] for row in np.flatnonzero(kept).tolist()]
    return batch._replace(
        data=np.concatenate([batch.data[:0], *data]), bounds=np.concatenate([[0], np.cumsum(kept)]), preset=preset
    )


@kernel
def _unframed(values: Bytes, bounds: Int64, branches: Int64) -> tuple[Bytes, Int64, Bytes]:
    count = len(bounds) - 1
    data = np.empty(bounds[-1] - bounds[0], np.uint8)
    blocks = np.zeros(count + 1, np.int64)
    preset = np.zeros(count, np.uint8)
    at = 0
    for row in range(count):
        start, stop = bounds[row], bounds[row + 1]
        if stop - start < HEADER_BYTES or values[start] != 0:
            preset[row] = UNDECODABLE
            blocks[row + 1] = at
            continue
        schema_id = (
            np.int64(values[start + 1]) << 24
            | np.int64(values[start + 2]) << 16
            | np.int64(values[start + 3]) << 8
            | np.int64(values[start + 4])
        )
        branch = branches[schema_id] if schema_id < len(branches) else NOT_OURS
        if branch == NOT_OURS:
            preset[row] = UNKNOWN_SCHEMA
            blocks[row + 1] = at
            continue
        if branch != WITH_BRANCH:
            data[at] = 2 * branch  # zigzag
            at += 1
        size = stop - start - HEADER_BYTES
        copied(values, start + HEADER_BYTES, size, data, at)
        at += size
        blocks[row + 1] = at
    return data[:at], blocks, preset


def set_wrong_aside(records: Records, batch: Batch, events: Events, partition: int, partitions: int) -> None:
    """Give lawful events whose key is not their person, or belongs elsewhere, the fault ``wrong-partition``."""
    _set_wrong_aside(records.keys, records.key_bounds, batch.data, events, partition, partitions)


@kernel
def _set_wrong_aside(  # noqa: PLR0913, PLR0917 - numba takes positional arguments
    keys: Bytes, bounds: Int64, data: Bytes, judged: Events, partition: int, partitions: int
) -> None:
    for row in range(len(bounds) - 1):
        if judged.fault[row] or judged.kind[row] == events.UPDATE_CLOSED:
            continue
        start = bounds[row]
        person = judged.start[row] + KEY_BYTES
        right = (
            bounds[row + 1] - start == KEY_BYTES
            and word_at(keys, start) == word_at(data, person)
            and word_at(keys, start + _HALF_KEY) == word_at(data, person + _HALF_KEY)
        )
        if not right or murmur2(keys, start) % partitions != partition:
            judged.fault[row] = WRONG_PARTITION


def digest_after(before: int, records: Records, first: int, stop: int) -> int:
    """Return the digest of a prefix, ``before``, with the records [first, stop) behind it; 0 begins a log."""
    return int(
        _chained(
            np.uint64(before), records.offsets[first:stop],
            records.keys, records.key_bounds[first : stop + 1],
            records.values, records.value_bounds[first : stop + 1],
        )
    )  # fmt: skip


@loop
def _chained(  # noqa: PLR0913, PLR0917 - numba takes positional arguments
    state: np.uint64, offsets: Int64, keys: Bytes, key_bounds: Int64, values: Bytes, value_bounds: Int64
) -> np.uint64:
    for row in range(len(offsets)):
        state = mixed(state, np.uint64(offsets[row]))
        state = _stirred(state, keys, key_bounds[row], key_bounds[row + 1])
        state = _stirred(state, values, value_bounds[row], value_bounds[row + 1])
    return state


@inlined
def _stirred(state: np.uint64, data: Bytes, start: Whole, stop: Whole) -> np.uint64:
    state = mixed(state, np.uint64(stop - start))
    while start + 8 <= stop:
        state = mixed(state, word_at(data, start))
        start += 8
    word = np.uint64(0)
    shift = np.uint64(0)
    while start < stop:
        word |= np.uint64(data[start]) << shift
        shift += np.uint64(8)
        start += 1
    return mixed(state, word)
