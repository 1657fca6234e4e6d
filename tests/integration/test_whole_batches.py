"""The widened client reads what the plain client reads."""

import asyncio
import secrets

import numpy as np
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from processors.protocol.records import Records, joined
from streams.kafka.clients import consumer, producing, reading, records_between
from streams.kafka.intake.whole_batches import install, unpacked, whole
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import DOSSIERS
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow
PLACE = TopicPartition(DOSSIERS, 0)
COUNT = 3000


async def fill(settings: KafkaSettings) -> None:
    async with producing(settings, linger_ms=5) as producer:
        for first in range(0, COUNT, 700):
            sent = [await _sent(producer, number) for number in range(first, min(first + 700, COUNT))]
            for acknowledged in sent:
                await acknowledged


async def _sent(producer: AIOKafkaProducer, number: int) -> asyncio.Future[object]:
    sending: asyncio.Future[object] = await producer.send(
        DOSSIERS,
        key=secrets.token_bytes(16) if number % 7 or not number % 5 else None,
        value=secrets.token_bytes(number % 90) if number % 5 else None,
        headers=[("number", b"12")] if number % 11 == 0 else [],
        partition=0,
    )
    return sending


async def plain(settings: KafkaSettings, start: int) -> Records:
    async with reading(settings, PLACE) as reader:
        batches = [unpacked(iter(fetched)) async for fetched in records_between(reader, PLACE, start, COUNT)]
    return joined(batches)


async def widened(settings: KafkaSettings, start: int) -> Records:
    install()
    reader = consumer(settings, key_deserializer=whole)
    await reader.start()
    reader.assign([PLACE])
    reader.seek(PLACE, start)
    read: list[Records] = []
    while await reader.position(PLACE) < COUNT:
        for batches in (await reader.getmany(timeout_ms=500)).values():
            read.extend(batches)
    await reader.stop()
    assert len(read) > 1 or start  # more than one batch was read, so batches are joined
    return joined(read)


@pytest.fixture(scope="module")
def settings(shared_kafka: KafkaServer) -> KafkaSettings:
    """Return where 3,000 records lie."""
    made = KafkaSettings(servers=shared_kafka.servers)
    asyncio.run(make_topics(made))
    asyncio.run(fill(made))
    return made


@pytest.mark.parametrize("start", [0, 1, 1234, COUNT - 1])
def test_whole_batches_hold_the_records_that_one_by_one_reading_gives(settings: KafkaSettings, start: int) -> None:
    mine, theirs = asyncio.run(widened(settings, start)), asyncio.run(plain(settings, start))
    for column, same in zip(mine[:-1], theirs[:-1], strict=True):
        np.testing.assert_array_equal(column, same)
    assert mine.numbers == theirs.numbers
    assert mine.offsets.tolist() == list(range(start, COUNT))
