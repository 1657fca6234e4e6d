"""The agents as a process, on a real broker: receipts and flags, also when they are killed in the middle."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from processors.protocol.receipts import key_of
from schemas.framing import decode, encode
from streams.agents.table import every_topic
from streams.board.zones.receipts import Receipt, Receipts
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.intake.summaries import SUMMARY_ID
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import RECEIPTS, summaries_topic
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow
PARTITIONS = 3
PATIENCE = 60.0
PROGRAM = """
import asyncio
from streams.shell import logs
from streams.agents.run import run_agents
from streams.shell.health import HealthSettings
from streams.kafka.settings import KafkaSettings
logs.configure()
asyncio.run(run_agents(KafkaSettings(), HealthSettings()))
"""


@contextmanager
def agents(settings: KafkaSettings) -> Iterator[subprocess.Popen[bytes]]:
    given = {
        "OCMW_KAFKA_SERVERS": settings.servers,
        "OCMW_KAFKA_STATE": str(settings.state),
        "OCMW_KAFKA_PARTITIONS": str(PARTITIONS),
    }
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-W", "ignore", "-c", PROGRAM], env={**os.environ, **given}
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def summary(ocmw: int, partition: int, to: int) -> dict[str, Any]:
    counts = {"received": to, "applied": to - 1, "duplicates": 0, "set_aside": {"bad-period": 1}}
    about = {"ocmw": ocmw, "statement_month": 202403, "partition": partition, "to": to}
    return {**about, **counts, "cents_in": to * 100, "cents_applied": to * 100 - 100}


async def send(settings: KafkaSettings, *summaries: dict[str, Any]) -> None:
    async with producing(settings) as producer:
        for one in summaries:
            place = one["ocmw"] % PARTITIONS
            value = encode(SUMMARY_ID, one)
            await producer.send_and_wait(
                summaries_topic(settings), key=str(one["ocmw"]).encode(), value=value, partition=place
            )


async def send_in_vain(settings: KafkaSettings, lost: dict[str, Any]) -> None:
    """Send in a transaction that is aborted."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.servers, transactional_id="in-vain")
    await producer.start()
    await producer.begin_transaction()
    place, value = lost["ocmw"] % PARTITIONS, encode(SUMMARY_ID, lost)
    await producer.send_and_wait(
        summaries_topic(settings), key=str(lost["ocmw"]).encode(), value=value, partition=place
    )
    await producer.abort_transaction()
    await producer.stop()


async def receipts(settings: KafkaSettings) -> dict[bytes, dict[str, Any]]:
    last: dict[bytes, dict[str, Any]] = {}
    for partition in range(PARTITIONS):
        place = TopicPartition(RECEIPTS, partition)
        async with reading(settings, place) as reader:
            end = (await reader.end_offsets([place]))[place]
            async for some in records_between(reader, place, 0, end):
                last |= {record.key or b"": decode(record.value or b"")[1] for record in some}
    return last


def awaited(settings: KafkaSettings, wanted: dict[bytes, int]) -> dict[bytes, int]:
    """Return what each receipt says to have received, as soon as it is what is wanted, or after our patience."""
    end = time.monotonic() + PATIENCE
    received: dict[bytes, int] = {}
    while received != wanted and time.monotonic() < end:
        time.sleep(0.5)
        received = {key: one["received"] for key, one in asyncio.run(receipts(settings)).items()}
    return received


@pytest.fixture
def settings(kafka: KafkaServer, tmp_path: Path) -> KafkaSettings:
    made = KafkaSettings(servers=kafka.servers, partitions=PARTITIONS, state=tmp_path / "state")
    asyncio.run(make_topics(made, every_topic(made)))
    return made


def test_receipts_add_up_the_partitions_and_survive_kills(settings: KafkaSettings) -> None:
    wanted = {key_of(44021, 202403): 30, key_of(11002, 202403): 5}
    with agents(settings):
        asyncio.run(send(settings, summary(44021, 0, 10), summary(44021, 1, 7), summary(11002, 0, 5)))
        asyncio.run(send_in_vain(settings, summary(44021, 0, 99)))
        asyncio.run(send(settings, summary(44021, 0, 23), summary(44021, 0, 10)))
        assert awaited(settings, wanted) == wanted
    # killed: what comes now is added to what was known
    asyncio.run(send(settings, summary(44021, 1, 9), summary(11002, 0, 5)))
    wanted[key_of(44021, 202403)] = 32
    for table in (settings.state / "agents").rglob("receipts-*.db"):
        (table / "CURRENT").write_bytes(b"damaged")  # the tables come back from their changelog
    with agents(settings) as process:
        assert awaited(settings, wanted) == wanted
        shown = Receipts(settings)
        assert shown.of("44021") == (Receipt(202403, 32, 30, 0, (("bad-period", 2),), 3_200, 3_000),)
        assert shown.of("71016") == ()  # another OCMW, which sent nothing
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
