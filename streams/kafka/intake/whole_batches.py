"""Record batches from the client whole, as columns, instead of one ConsumerRecord for each record.

The client makes an object of twelve fields for each record; for bulk work that costs more than the work. This widens
the one private piece of aiokafka that the program leans on: the iterator over a fetched batch. It still does all that
concerns the protocol (checksums, control batches, aborted transactions, positions); it is only given batches that
pretend to hold one record, and that record is the batch with its bytes. A kernel reads those
(processors/protocol/record_batch.py); the client reads a batch that is compressed or has headers, as a closing's is.
Hence the version of aiokafka is pinned, and a test reads the same records both ways.

A consumer asks for it by ``key_deserializer=whole``, so that others in the process are served as always. Its
``max_records`` counts batches.
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords

from processors.protocol.record_batch import plain_records
from processors.protocol.records import Records, records_of
from streams.kafka.updates import NUMBER_HEADER

_LENGTH = struct.Struct(">8xi")
"""How long a batch is, behind its first offset; not counted are these twelve bytes."""


def unpacked(records: Iterator[Any], first: int = 0) -> Records:
    """Return the client's records from an offset on.

    A loop, because each record must die before the next: columns taken from a list of them took four times as long,
    for the collector of garbage then walks over all that live.
    """
    offsets: list[int] = []
    keys: list[bytes | None] = []
    values: list[bytes | None] = []
    numbers: dict[int, int] = {}
    for record in records:
        if record.offset < first:
            continue
        if record.headers:
            number = dict(record.headers).get(NUMBER_HEADER, b"")
            if number.isdigit():
                numbers[len(offsets)] = int(number)
        offsets.append(record.offset)
        keys.append(record.key)
        values.append(record.value)
    return records_of(offsets, keys, values, numbers)


def whole(key: bytes) -> bytes:
    """Mark a consumer that wants batches whole; never called."""
    return key


def install() -> None:
    """Let consumers of this process ask for whole batches; harmless to repeat."""
    fetcher.MemoryRecords = _Known
    fetcher.PartitionRecords = _partition_records


_PartitionRecords: Any = fetcher.PartitionRecords


class _Known(MemoryRecords):  # type: ignore[misc]  # aiokafka is not typed
    """What a fetch brought, and its bytes, which the client keeps to itself."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = memoryview(data)


class _WholeBatches(_PartitionRecords):  # type: ignore[misc]  # aiokafka is not typed
    """The client's iterator over batches that pretend to hold one record."""

    def __init__(self, tp: TopicPartition, records: _Known, *rest: Any) -> None:  # noqa: ANN401 - the client's own
        super().__init__(tp, _Pretending(records), *rest)

    def _consumer_record(self, _tp: TopicPartition, record: "_Batch") -> Records:
        plain = plain_records(record.data, self.next_fetch_offset)
        return unpacked(iter(record.batch), self.next_fetch_offset) if plain is None else plain


def _partition_records(tp: TopicPartition, *given: Any) -> Any:  # noqa: ANN401 - the client's own
    return (_WholeBatches if whole in given else _PartitionRecords)(tp, *given)


class _Pretending:
    """What a fetch brought, batch by batch."""

    def __init__(self, records: _Known) -> None:
        self._records = records
        self._at = 0

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def next_batch(self) -> "_Batch":
        data = self._records.data[self._at :]
        size = _LENGTH.size + _LENGTH.unpack_from(data)[0]
        self._at += size
        return _Batch(self._records.next_batch(), data[:size])


class _Batch:
    """A batch that, asked for its records, gives itself; in all else it is the client's batch."""

    def __init__(self, batch: Any, data: memoryview) -> None:  # noqa: ANN401 - the client's own
        self.batch = batch
        self.data = data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the client's own
        return getattr(self.batch, name)

    def __iter__(self) -> Iterator["_Batch"]:
        yield self

    def __next__(self) -> Any:  # noqa: ANN401 - the client's own: the one record of a control batch
        return next(self.batch)

    @property
    def offset(self) -> int:
        """Offset of the last record."""
        return int(self.batch.next_offset) - 1
