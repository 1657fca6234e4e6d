"""Kafka clients as this program uses them: one place for the settings that exactness leans on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import MIB

LARGEST = 8 * MIB
_FIRST_LOOK, _WIDER = 32, 8
"""Records looked at from the end, and how many times more when what is looked for is not among them."""

_LOOK_MS = 200
"""How long a reader waits at most before it looks whether it has come far enough: a marker brings no record."""

_Read = TypeVar("_Read")


@asynccontextmanager
async def producing(settings: KafkaSettings, linger_ms: int = 0) -> AsyncIterator[AIOKafkaProducer]:
    """Yield an idempotent producer whose sends are acknowledged by all in-sync replicas."""
    producer = AIOKafkaProducer(
        **settings.connection(),
        enable_idempotence=True,
        acks="all",
        linger_ms=linger_ms,
        request_timeout_ms=30_000,
        max_request_size=LARGEST,
        max_batch_size=256 << 10,
    )
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()


def consumer(settings: KafkaSettings, **more: Any) -> AIOKafkaConsumer:  # noqa: ANN401 - aiokafka's own arguments
    """Return a consumer, not started; it commits nothing by itself.

    It reads what is committed: senders may use transactions. Its ``end_offsets`` are then last stable offsets, the ends
    that a reader can reach, and a partition may end in the marker of a transaction: whether all is read its position
    says, not the offset of the last record.
    """
    chosen: dict[str, Any] = {"isolation_level": "read_committed", "max_partition_fetch_bytes": MIB, **more}
    return AIOKafkaConsumer(
        **settings.connection(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=16 * MIB,
        **chosen,
    )


@asynccontextmanager
async def reading(settings: KafkaSettings, *where: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer of some partitions, in no group."""
    made = consumer(settings, fetch_max_wait_ms=50)
    try:
        await made.start()
        made.assign(list(where))
        yield made
    finally:
        await stopped(made)


async def stopped(made: AIOKafkaConsumer) -> None:
    """Stop a consumer, started or not; whoever stops it is not cancelled by that.

    aiokafka awaits the fetches that it cancels. One that failed, and waits until it may be repeated, lets the
    cancellation escape: of the whole stop, and of the task that asked for it, while the broker is away.
    """
    stopping = asyncio.ensure_future(made.stop())
    await asyncio.wait([stopping])
    if stopping.cancelled():
        await made._client.close()  # noqa: SLF001 - the step that the stop did not come to
    else:
        stopping.result()


async def high_watermarks(settings: KafkaSettings, *where: TopicPartition) -> dict[TopicPartition, int]:
    """Return where partitions end, with what no reader can reach yet because a transaction is open."""
    made = consumer(settings, isolation_level="read_uncommitted")
    try:
        await made.start()
        return dict(await made.end_offsets(list(where)))
    finally:
        await stopped(made)


async def records_between(
    reader: AIOKafkaConsumer, where: TopicPartition, start: int, stop: int
) -> AsyncIterator[list[ConsumerRecord]]:
    """Yield the records [start, stop) of a partition in order, a fetch at a time; ``stop`` must be one of its ends.

    There may be none: offsets of aborted records and of markers hold nothing for a reader.
    """
    if start >= stop:
        return
    reader.seek(where, start)
    while await reader.position(where) < stop:
        for fetched in (await reader.getmany(where, timeout_ms=_LOOK_MS)).values():
            inside = [record for record in fetched if record.offset < stop]
            if inside:
                yield inside


async def found_from_end(
    reader: AIOKafkaConsumer, where: TopicPartition, read: Callable[[list[ConsumerRecord]], _Read | None]
) -> _Read | None:
    """Return what ``found`` makes of the last records of a partition, as many as it takes; at least one.

    None when all are not enough, or there is none.

    The reader's other partitions are paused meanwhile, and this one too afterwards.
    """
    end = (await reader.end_offsets([where]))[where]
    look = _FIRST_LOOK
    reader.pause(*reader.assignment())
    while end:
        start = max(0, end - look)
        reader.resume(where)
        records = [record async for fetched in records_between(reader, where, start, end) for record in fetched]
        reader.pause(where)
        made = read(records) if records else None
        if made is not None or start == 0:
            return made
        look *= _WIDER
    return None
