"""The log as an Avro file: every partition's events up to each closing, then one UpdateClosed, as files hold it.

Within a person the order is that of the log, so a replay of the file gives the same figures. What intake sets aside
because of its key or partition is left out: a file knows neither. So is an event of a person who is not keyed: no file
is to hold a number in clear.
"""

import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import IO, NamedTuple

from aiokafka import TopicPartition
from fastavro.write import Writer

from processors.admission.decoding import UPDATE_CLOSED
from processors.protocol.records import batch_of_records, decoded, set_wrong_aside
from processors.rules import rules
from schemas import events as avro
from schemas.faults import NUMBER
from schemas.settings import FigureSettings
from sinks.durability import put_in_place, temporary
from streams.kafka.clients import reading, records_between
from streams.kafka.intake.whole_batches import unpacked
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DOSSIERS

_DROPPED = (NUMBER["wrong-partition"], NUMBER["unnumbered-closing"], NUMBER["person-not-keyed"])


class _Piece(NamedTuple):
    """Events of a partition between closings, encoded, and how many; or the number of a closing and its event."""

    data: bytes
    events: int
    closing: int


class _Encoded(NamedTuple):
    """A block as fastavro's writer takes it."""

    num_records: int
    bytes_: io.BytesIO


class Exported(NamedTuple):
    """Records written, and the number of an update that some partitions hold the closing of, others not yet."""

    records: int
    half_closed: int | None


async def export_log(settings: KafkaSettings, out: Path) -> Exported:
    """Write the log as it is now to a file.

    An update is closed in the file when it is closed in every partition. What follows a closing that some do not hold
    yet is left out: there it could only stand in the wrong update. Raises TopicsError and
    StoreWriteError.
    """
    await verify_topics(settings, DOSSIERS)
    places = [TopicPartition(DOSSIERS, partition) for partition in range(settings.partitions)]
    with temporary(out) as path:
        with path.open("wb") as file:
            written = await _write(settings, places, file)
        put_in_place(path, out)
    return written


async def _write(settings: KafkaSettings, places: list[TopicPartition], file: IO[bytes]) -> Exported:
    writer = Writer(file, avro.union(), codec="snappy")
    ends = await _ends(settings, places)
    written = closed = 0
    async with AsyncExitStack() as opened:
        pieces = [await opened.enter_async_context(aclosing(_pieces(settings, *end))) for end in ends.items()]
        while True:
            closings = []
            for piece in pieces:
                events, closing = await _until_closing(piece, closed + 1, writer)
                written += events
                closings.append(closing)
            if not all(closings):
                break
            writer.write_block(_Encoded(1, io.BytesIO(closings[0])))
            written += 1
            closed += 1
    writer.flush()
    return Exported(written, closed + 1 if any(closings) else None)


async def _until_closing(piece: AsyncIterator[_Piece], number: int, writer: Writer) -> tuple[int, bytes]:
    """Write the events of a partition up to a closing; return how many, and the closing, empty where it ends before."""
    written = 0
    async for part in piece:
        if part.closing == number:
            return written, part.data
        if part.events and not part.closing:  # a closing that stands in the file already is a repeated copy
            writer.write_block(_Encoded(part.events, io.BytesIO(part.data)))
            written += part.events
    return written, b""


async def _ends(settings: KafkaSettings, places: list[TopicPartition]) -> dict[TopicPartition, int]:
    async with reading(settings, *places) as reader:
        return dict(await reader.end_offsets(places))


async def _pieces(settings: KafkaSettings, place: TopicPartition, end: int) -> AsyncGenerator[_Piece]:
    async with reading(settings, place) as reader:
        async for fetched in records_between(reader, place, 0, end):
            records = unpacked(iter(fetched))
            batch, events = decoded(batch_of_records(records), rules(FigureSettings()))
            set_wrong_aside(records, batch, events, place.partition, settings.partitions)
            data = batch.data.tobytes()
            kept: list[bytes] = []
            for row in range(len(records)):
                body = data[events.start[row] : events.stop[row]]
                if not body or events.fault[row] in _DROPPED:
                    continue
                encoded = bytes([2 * int(events.kind[row])]) + body
                if events.kind[row] != UPDATE_CLOSED:
                    kept.append(encoded)
                elif row in records.numbers:
                    yield _Piece(b"".join(kept), len(kept), 0)
                    kept = []
                    yield _Piece(encoded, 1, records.numbers[row])
            yield _Piece(b"".join(kept), len(kept), 0)
