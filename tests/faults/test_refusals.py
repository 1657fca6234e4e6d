"""What must stop a worker, stops it with a sentence; what must not, is set aside and the rest goes on."""

import asyncio
import secrets
import time
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from kafka_workers import Workers
from test_exactness import PATIENCE, UPDATES, start, verdict

from sinks.directory import DirectoryStore
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.dead_letters import dead_letters
from streams.kafka.emit import emit
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS, make_topics, topics

pytestmark = pytest.mark.faults


async def nonsense(settings: KafkaSettings) -> None:
    """Send a null, bytes that do not decode, ids that nobody knows, and 5 MB."""
    values = [None, b"", b"\x00\x00", secrets.token_bytes(90), b"\x00\x00\x00\x03\xe7" + bytes(60), bytes(5 << 20)]
    values.append(b"\x00\x00\x00\x00\x01" + secrets.token_bytes(40))
    async with producing(settings) as producer:
        for value in values:
            await producer.send_and_wait(DOSSIERS, key=secrets.token_bytes(16), value=value)


async def elsewhere(settings: KafkaSettings, count: int) -> None:
    """Send copies of lawful events of partition 0 with a partitioner that is not Kafka's."""
    place = TopicPartition(DOSSIERS, 0)
    async with producing(settings) as producer, reading(settings, place) as reader:
        async for fetched in records_between(reader, place, 0, count):
            for record in fetched:
                if record.key:
                    await producer.send(DOSSIERS, key=record.key, value=record.value, partition=1)
        await producer.flush()


async def slugs(settings: KafkaSettings) -> dict[str, int]:
    found: dict[str, int] = {}
    async for letter in dead_letters(settings):
        found[letter.fault.slug] = found.get(letter.fault.slug, 0) + 1
    return found


def test_nonsense_and_foreign_partitioners_are_set_aside(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    asyncio.run(nonsense(workers.settings))
    start(workers)
    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(elsewhere(workers.settings, 500))
    asyncio.run(emit(workers.settings, [history]))
    workers.await_release(UPDATES, PATIENCE)
    assert verdict(workers, embedded) == "EXACT"
    deadline = time.monotonic() + 60
    found: dict[str, int] = {}
    while time.monotonic() < deadline and found.get("wrong-partition", 0) < 499:
        found = asyncio.run(slugs(workers.settings))
    assert found["wrong-partition"] >= 499
    assert found["undecodable"] >= 5
    assert found["unknown-schema"] >= 1


def test_lost_data_of_the_broker_stops_intake_with_a_sentence(workers: Workers, history: Path) -> None:
    start(workers, "intake-1")
    asyncio.run(emit(workers.settings, [history]))
    time.sleep(8)
    workers.kill("intake-1")
    asyncio.run(lose_log(workers.settings))
    start(workers, "intake-1")
    code, sentence = workers.await_end("intake-1", 60)
    assert code == 1
    assert "rows were sent up to" in sentence
    assert "restore the log" in sentence


def test_a_topic_made_again_with_other_events_stops_intake_with_a_sentence(workers: Workers, history: Path) -> None:
    start(workers, "intake-1")
    asyncio.run(emit(workers.settings, [history]))
    time.sleep(8)
    assert workers.stop("intake-1") == 0
    asyncio.run(lose_log(workers.settings))
    asyncio.run(nonsense(workers.settings))
    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(emit(workers.settings, [history]))
    start(workers, "intake-1")
    code, sentence = workers.await_end("intake-1", 60)
    assert code == 1
    assert "is not the one whose rows were sent" in sentence


async def lose_log(settings: KafkaSettings) -> None:
    """Delete the dossier log and make it again, empty."""
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    await admin.delete_topics([DOSSIERS])
    await asyncio.sleep(2)
    await admin.close()
    await make_topics(settings, topics(settings)[:1])


def test_the_brake_stops_intake_and_an_operator_may_override_it(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(elsewhere(workers.settings, 15_000))
    start(workers, "intake-1")
    code, sentence = workers.await_end("intake-1", 90)
    assert code == 1
    assert "would be set aside" in sentence
    workers.environment["OCMW_KAFKA_BRAKE_OVERRIDE"] = "true"
    start(workers)
    workers.await_release(UPDATES, PATIENCE)
    assert verdict(workers, embedded) == "EXACT"
