"""Records of keyed services to and from Kafka: one sent, all that a service knows read back from its changelog."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka import TopicPartition

from processors.services.protocol import Service, key_of
from schemas.services.reading import Record, TopicFile, value_of
from schemas.services.topics import TOPIC, TopicName
from streams.agents.known import HeldCodec, is_balance
from streams.agents.table import agents_of
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify, verify_topics
from streams.shell.progress import Report, silent

_UNDER_WAY = 5_000
"""Records sent and not acknowledged yet."""


async def send_record(settings: KafkaSettings, topic: TopicName, record: Record) -> None:
    """Send a record to its topic, under its key, and return when it is acknowledged. Raises TopicsError."""
    await send_records(settings, [(topic, record)])


async def send_records(settings: KafkaSettings, records: Sequence[tuple[TopicName, Record]]) -> None:
    """Send records to their topics, in order, and return when all are acknowledged. Raises TopicsError."""
    await verify_topics(settings, *{TOPIC[topic].address for topic, _ in records})
    async with producing(settings) as producer:
        for topic, record in records:
            await producer.send_and_wait(TOPIC[topic].address, key=key_of(record), value=value_of(TOPIC[topic], record))


async def emit_records(
    settings: KafkaSettings, files: Sequence[TopicFile], progress: Report = silent
) -> tuple[int, int]:
    """Send the records of files to their topics; return how many were sent, and how many cannot be read and were not.

    Sending them again changes nothing. A file is acknowledged before the next one begins. Raises CorruptFileError and
    TopicsError.
    """
    sent = unreadable = 0
    await verify_topics(settings, *{file.topic.address for file in files})
    async with producing(settings, linger_ms=5) as producer:
        for number, file in enumerate(files):
            progress(f"emitting {file.file.path.name}", number, len(files))
            under_way: list[asyncio.Future[Any]] = []
            for record in file.records():
                if isinstance(record, str):
                    unreadable += 1
                    continue
                value = value_of(file.topic, record)
                under_way.append(await producer.send(file.topic.address, key=key_of(record), value=value))
                sent += 1
                if len(under_way) >= _UNDER_WAY:
                    await asyncio.gather(*under_way)
                    under_way.clear()
            await asyncio.gather(*under_way)
    return sent, unreadable


async def states_known(settings: KafkaSettings, service: Service[Any]) -> list[tuple[bytes, Any]]:
    """Return (key, state) of all that a service's workers keep, by key: what they last wrote. Raises TopicsError."""
    codec, (row,) = HeldCodec(service), agents_of(service.name)
    changelog = row.changelog(settings)
    await verify(settings, [changelog])
    last = {key: value async for key, value in _changes(settings, changelog.name)}
    return [(key, codec.read(value).known.state) for key, value in sorted(last.items()) if not is_balance(key)]


async def _changes(settings: KafkaSettings, topic: str) -> AsyncIterator[tuple[bytes, bytes]]:
    for partition in range(settings.partitions):
        place = TopicPartition(topic, partition)
        async with reading(settings, place) as reader:
            start, end = (await reader.beginning_offsets([place]))[place], (await reader.end_offsets([place]))[place]
            async for fetched in records_between(reader, place, start, end):
                for record in fetched:
                    if record.key is not None and record.value is not None:
                        yield record.key, record.value
