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

_Found = TypeVar("_Found")


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
    """Return a consumer, not started; it commits nothing by itself."""
    return AIOKafkaConsumer(
        **settings.connection(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=MIB,
        fetch_max_bytes=16 * MIB,
        **more,
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


async def records_between(
    reader: AIOKafkaConsumer, where: TopicPartition, start: int, stop: int
) -> AsyncIterator[list[ConsumerRecord]]:
    """Yield the records [start, stop) of a partition in order, a fetch at a time; ``stop`` must exist."""
    if start >= stop:
        return
    reader.seek(where, start)
    while await reader.position(where) < stop:
        for fetched in (await reader.getmany(where, timeout_ms=1000)).values():
            inside = [record for record in fetched if record.offset < stop]
            if inside:
                yield inside


async def found_from_end(
    reader: AIOKafkaConsumer, where: TopicPartition, found: Callable[[list[bytes]], _Found | None]
) -> _Found | None:
    """Return what ``found`` makes of the last values of a partition, as many as it takes; None when all are not enough.

    The reader's other partitions are paused meanwhile, and this one too afterwards.
    """
    end = (await reader.end_offsets([where]))[where]
    look = _FIRST_LOOK
    reader.pause(*reader.assignment())
    while end:
        start = max(0, end - look)
        reader.resume(where)
        values = [
            record.value or b"" async for fetched in records_between(reader, where, start, end) for record in fetched
        ]
        reader.pause(where)
        made = found(values)
        if made is not None or start == 0:
            return made
        look *= _WIDER
    return None
