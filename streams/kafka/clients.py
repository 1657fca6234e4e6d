"""Kafka clients as this program uses them: one place for the settings that exactness leans on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import MIB

LARGEST = 8 * MIB


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
    await producer.start()
    try:
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
    await made.start()
    try:
        made.assign(list(where))
        yield made
    finally:
        await made.stop()


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
