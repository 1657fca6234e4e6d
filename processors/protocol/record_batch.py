"""A record batch of Kafka (format 2 of its messages) read into columns, without an object for each record.

Only the plain case is read here, which is nearly all there is: not compressed, no headers, offsets that rise, every
length right. Whoever has another batch reads it with the client, record by record; checksums are the client's affair.
"""

import struct

import numpy as np

from processors.admission.decoding import copied, varint
from processors.compiled import kernel
from processors.protocol.records import Records
from schemas.arrays import Bytes, Int64

_HEAD = struct.Struct(">q8xb4xh34xi")
"""What is asked of a batch's beginning: its first offset, format, attributes, and number of records."""
_HEAD_BYTES = _HEAD.size
_FORMAT, _COMPRESSED = 2, 7


def plain_records(data: memoryview, first: int) -> Records | None:
    """Return the records of a batch from an offset on; None when the batch is not plain."""
    if len(data) < _HEAD_BYTES:
        return None
    base, layout, attributes, count = _HEAD.unpack_from(data)
    if layout != _FORMAT or attributes & _COMPRESSED or not 0 <= count <= len(data):
        return None
    records = Records(*_read(np.frombuffer(data, np.uint8), base, count), {})
    if len(records) < count:
        return None
    return records.slice(int(np.searchsorted(records.offsets, first)), count)


@kernel
def _read(data: Bytes, base: int, count: int) -> tuple[Int64, Bytes, Int64, Bytes, Int64]:
    """Return offsets, keys and values of the records of a batch; fewer than ``count`` where not all is plain."""
    offsets = np.empty(count, np.int64)
    keys, values = np.empty(len(data), np.uint8), np.empty(len(data), np.uint8)
    key_bounds, value_bounds = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    at = np.int64(_HEAD_BYTES)
    row, last = 0, np.int64(-1)
    while row < count:
        length, at = varint(data, at, len(data))
        if at < 0 or not 0 <= length <= len(data) - at:
            break
        stop = at + length
        if not length or data[at]:  # a byte of attributes, which the protocol does not use yet
            break
        _, at = varint(data, at + 1, stop)  # the time
        delta, at = varint(data, at, stop)
        key, at = varint(data, at, stop)
        key = max(key, 0)
        if at < 0 or key > stop - at:
            break
        key_start = at
        value, at = varint(data, at + key, stop)
        value = max(value, 0)
        if at < 0 or value > stop - at:
            break
        headers, end = varint(data, at + value, stop)
        if headers or end != stop or delta <= last:
            break
        last = delta
        offsets[row] = base + delta
        copied(data, key_start, key, keys, key_bounds[row])
        copied(data, at, value, values, value_bounds[row])
        key_bounds[row + 1], value_bounds[row + 1] = key_bounds[row] + key, value_bounds[row] + value
        at = stop
        row += 1
    if at != len(data):
        row = 0
    return (
        offsets[:row],
        keys[: key_bounds[row]], key_bounds[: row + 1],
        values[: value_bounds[row]], value_bounds[: row + 1],
    )  # fmt: skip
