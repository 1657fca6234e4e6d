"""Record batches from the client whole, as lists, instead of one ConsumerRecord for each record.

The client makes an object of twelve fields for each record; for bulk work that costs more than the work. Here the one
private piece of aiokafka that this program leans on is widened: the iterator that unpacks what a fetch brought. It
still does all that concerns the protocol (checksums, control batches, aborted transactions, positions); it is only
given batches that pretend to hold one record, and that record is the batch. Hence the version of aiokafka is pinned,
and a test reads the same records both ways.

A consumer asks for it by ``key_deserializer=whole``, so that others in the process are served as always. Its
``max_records`` counts batches.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher

from processors.records import Records, records_of
from streams.kafka.updates import NUMBER_HEADER


class Fetched(NamedTuple):
    """Consecutive records of one partition; ``numbers`` holds the number header of the closings, by row."""

    offsets: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]
    numbers: dict[int, int]

    def columns(self) -> Records:
        """Return them as the fold takes them."""
        return records_of(self.offsets, self.keys, self.values, self.numbers)

    def at(self, offset: int) -> tuple[bytes | None, bytes | None]:
        """Return key and value of a record."""
        row = bisect_left(self.offsets, offset)
        return self.keys[row], self.values[row]


def joined(parts: Sequence[Fetched]) -> Fetched:
    """Return parts that follow each other as one."""
    if len(parts) == 1:
        return parts[0]
    made = Fetched([], [], [], {})
    for part in parts:
        made.numbers.update({len(made.offsets) + row: number for row, number in part.numbers.items()})
        made.offsets.extend(part.offsets)
        made.keys.extend(part.keys)
        made.values.extend(part.values)
    return made


def unpacked(records: Iterator[Any], first: int = 0) -> Fetched:
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
    return Fetched(offsets, keys, values, numbers)


def whole(key: bytes) -> bytes:
    """Mark a consumer that wants batches whole; never called."""
    return key


def install() -> None:
    """Let consumers of this process ask for whole batches; harmless to repeat."""
    fetcher.PartitionRecords = _partition_records


_PartitionRecords: Any = fetcher.PartitionRecords


class _WholeBatches(_PartitionRecords):  # type: ignore[misc]  # aiokafka is not typed
    """The client's iterator over batches that pretend to hold one record."""

    def __init__(self, tp: TopicPartition, records: Any, *rest: Any) -> None:  # noqa: ANN401 - the client's own
        super().__init__(tp, _Pretending(records), *rest)

    def _consumer_record(self, _tp: TopicPartition, record: "_Batch") -> Fetched:
        return unpacked(iter(record.batch), self.next_fetch_offset)


def _partition_records(tp: TopicPartition, *given: Any) -> Any:  # noqa: ANN401 - the client's own
    return (_WholeBatches if whole in given else _PartitionRecords)(tp, *given)


class _Pretending:
    """What a fetch brought, batch by batch."""

    def __init__(self, records: Any) -> None:  # noqa: ANN401 - the client's own
        self._records = records

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def next_batch(self) -> "_Batch":
        return _Batch(self._records.next_batch())


class _Batch:
    """A batch that, asked for its records, gives itself; in all else it is the client's batch."""

    def __init__(self, batch: Any) -> None:  # noqa: ANN401 - the client's own
        self.batch = batch

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
