"""What must stop a worker, stops it with a sentence; what must not, is set aside and the rest goes on."""

import asyncio
import json
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from broken_program import RECORDS
from judged import PACE, PATIENCE, UPDATES, emitting, judge, start
from kafka_workers import Workers

from sinks.directory.store import DirectoryStore
from streams.agents.table import every_topic
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.dead_letters import dead_letters
from streams.kafka.emit import emit
from streams.kafka.settings import KafkaSettings
from streams.kafka.status import sentences
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import DOSSIERS, Topic, rows_topic, topics
from streams.kafka.updates import closing

pytestmark = pytest.mark.faults
PROGRAM = Path(__file__).with_name("broken_program.py")


async def nonsense(settings: KafkaSettings) -> None:
    """Send a null, bytes that do not decode, ids that nobody knows, and 5 MB; all to partition 1."""
    values = [
        None,
        b"",
        b"\x00\x00",
        b"\x01" + secrets.token_bytes(90),
        b"\x00\x00\x00\x03\xe7" + bytes(60),
        bytes(5 << 20),
    ]
    values.append(b"\x00\x00\x00\x00\x01" + secrets.token_bytes(40))
    async with producing(settings) as producer:
        for value in values:
            await producer.send_and_wait(DOSSIERS, key=secrets.token_bytes(16), value=value, partition=1)


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
    counts: dict[str, int] = {}
    async for letter in dead_letters(settings):
        counts[letter.fault.slug] = counts.get(letter.fault.slug, 0) + 1
    return counts


def test_nonsense_and_foreign_partitioners_are_set_aside(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    asyncio.run(nonsense(workers.settings))
    start(workers)
    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(elsewhere(workers.settings, 500))
    asyncio.run(emit(workers.settings, [history]))
    workers.await_release(UPDATES, PATIENCE)
    judge("sent nonsense, 5 MB, copies with another partitioner, and the files twice", workers, embedded)
    deadline = time.monotonic() + 60
    counts: dict[str, int] = {}
    while time.monotonic() < deadline and counts.get("wrong-partition", 0) < 500:
        counts = asyncio.run(slugs(workers.settings))
    assert counts["wrong-partition"] >= 500
    assert counts["undecodable"] >= 5
    assert counts["unknown-schema"] >= 1


def folded(workers: Workers, history: Path) -> None:
    """Let one intake fold the files and keep its snapshots."""
    start(workers, "intake-1")
    asyncio.run(emit(workers.settings, [history]))
    deadline = time.monotonic() + PATIENCE
    while "all of them folded" not in asyncio.run(sentences(workers.settings))[0]:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def stopped_with(workers: Workers, did: str, *parts: str) -> None:
    """Start the intake, and demand that it stops with a sentence that says so."""
    start(workers, "intake-1")
    code, sentence = workers.await_end("intake-1", 90)
    print(f"\n{did}: stopped ({sentence})", flush=True)  # noqa: T201 - for people
    assert code == 1
    assert all(part in sentence for part in parts)


def test_a_log_that_lost_records_stops_intake(workers: Workers, history: Path) -> None:
    folded(workers, history)
    workers.kill("intake-1")
    asyncio.run(lose_log(workers.settings))
    stopped_with(workers, "lost the dossier log", "rows were sent up to", "restore the log")
    asyncio.run(nonsense(workers.settings))
    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(emit(workers.settings, [history]))
    stopped_with(workers, "filled it again with other events", "is not the one whose rows were sent")


def test_a_broker_that_lost_all_its_data_stops_intake(workers: Workers, history: Path) -> None:
    folded(workers, history)
    assert workers.stop("intake-1") == 0
    workers.server.kill()
    workers.server.lose_data()
    workers.server.start()
    stopped_with(workers, "lost all data of the broker", "topic", "is missing; run ocmw topics")
    asyncio.run(make_topics(workers.settings, every_topic(workers.settings)))
    stopped_with(workers, "made the topics anew under old snapshots", "records were lost", "restore the log")


async def lose_log(settings: KafkaSettings) -> None:
    """Delete the dossier log and make it again, empty."""
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    await admin.delete_topics([DOSSIERS])
    await asyncio.sleep(2)
    await admin.close()
    await make_topics(settings, topics(settings)[:1])


def test_the_brake_stops_intake_an_operator_overrides_it_and_a_replay_does_not_trip_it(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(elsewhere(workers.settings, 15_000))
    stopped_with(workers, "sent 15,000 copies with another partitioner", "would be set aside")
    workers.environment["OCMW_KAFKA_BRAKE_OVERRIDE"] = "true"
    start(workers)
    workers.await_release(UPDATES, PATIENCE)
    judge("overrode the brake", workers, embedded)
    while "all of them folded" not in asyncio.run(sentences(workers.settings))[0]:
        time.sleep(0.5)

    del workers.environment["OCMW_KAFKA_BRAKE_OVERRIDE"]
    for name in ("intake-1", "intake-2"):
        workers.kill(name)
        shutil.rmtree(workers.root / f"disk-{name}")
    start(workers, "intake-1")
    asyncio.run(close(workers.settings, "after"))
    workers.await_release(UPDATES + 1, PATIENCE)
    judge("replayed all from the beginning without the override", workers, embedded, further=1)


async def close(settings: KafkaSettings, update: str) -> None:
    async with producing(settings) as producer, closing(settings, producer) as closer:
        await closer.close(update, 202407)


def failures(log: str) -> list[dict[str, Any]]:
    """Return the lines of a worker's log that say what ended it."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "failed"]


def test_a_bug_in_the_fold_stops_the_worker_and_a_fixed_one_goes_on(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    workers.environment["PYTHONPATH"] = str(PROGRAM.parents[2])
    program = [sys.executable, str(PROGRAM), "raising-fold", "worker", "--role", "intake"]
    start(workers, "publish-1")
    with emitting(workers, history):
        for deaths in (1, 2):  # it may not skip what it stumbled over
            workers.run("intake-1", program, machine="disk-intake-1")
            code, _ = workers.await_end("intake-1", 90)
            assert code == 1
            assert [line["error"] for line in failures(workers.log("intake-1"))] == ["RuntimeError"] * deaths
            assert "broken_program.py" in workers.log("intake-1")  # where it was raised; its text might quote an event
            assert "a bug in the fold" not in workers.log("intake-1")
    start(workers, "intake-1", "intake-2")
    workers.await_release(UPDATES, PATIENCE)
    judge(f"raised an error in the fold at record {RECORDS}, twice, then fixed it", workers, embedded)


def test_a_row_batch_that_the_broker_refuses_stops_the_worker_and_nothing_is_lost(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    rows = next(topic for topic in topics(workers.settings) if topic.name == rows_topic(workers.settings))
    start(workers, "publish-1", "intake-1")
    while "assigned" not in workers.log("intake-1"):
        time.sleep(0.1)
    with emitting(workers, history):
        time.sleep(PACE / 4)  # a limit that is there from the beginning is seen before anything is sent
        asyncio.run(limit(workers.settings, rows, 4000))
        code, _ = workers.await_end("intake-1", 90)
    assert code == 1
    assert "MessageSizeTooLargeError" in workers.log("intake-1")
    stopped_with(workers, "started with the limit of the rows topic too low", "max.message.bytes=4000, less than")
    asyncio.run(limit(workers.settings, rows, rows.max_bytes))
    start(workers, "intake-1", "intake-2")
    workers.await_release(UPDATES, PATIENCE)
    judge("let the broker refuse a row batch, then mended the topic", workers, embedded)


async def limit(settings: KafkaSettings, topic: Topic, size: int) -> None:
    """Set the largest record that a topic takes."""
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    configs = topic.config(1) | {"max.message.bytes": str(size)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, configs)])
    await admin.close()
