"""Three ways in which Faust loses data, on a real broker: with our guard nothing is lost, without it something is.

The second half of each pair is what makes the first one worth something. Should it fail one day, Faust was mended, and
the guard can go.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from agents_program import TOPIC
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from streams.agents.guards import EXIT_CODE
from streams.kafka.clients import producing
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import MIB, Topic, make_topics
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("agents_program.py")
PATIENCE = 60.0


@contextmanager
def running(kafka: KafkaServer, folder: Path, kind: str, situation: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-W", "ignore", str(PROGRAM), kafka.servers, str(folder), kind, situation]
    process = subprocess.Popen(command, cwd=PROGRAM.parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def sent(kafka: KafkaServer, *values: bytes) -> None:
    settings = KafkaSettings(servers=kafka.servers)
    await make_topics(settings, (Topic(TOPIC, 1, MIB),))
    async with producing(settings) as producer:
        for value in values:
            await producer.send_and_wait(TOPIC, key=b"key", value=value, partition=0)


async def committed(kafka: KafkaServer, group: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:  # nobody ever committed anything to this broker
        return 0
    finally:
        await admin.close()
    return max((place.offset for where, place in found.items() if where.topic == TOPIC), default=0)


def acknowledged(kafka: KafkaServer, group: str, wanted: int) -> int:
    """Return the messages that are acknowledged: as soon as there are as many as wanted, or after our patience."""
    end = time.monotonic() + PATIENCE
    found = 0
    while found < wanted and time.monotonic() < end:
        time.sleep(0.3)
        found = max(found, asyncio.run(committed(kafka, group)))
    return found


@pytest.mark.parametrize(
    ("situation", "value", "error"),
    [("refused", b"x" * 50_000, b"MessageSizeTooLargeError"), ("failing", b"poison", b"ValueError")],
)
def test_guarded_the_process_ends_and_the_message_stays(
    kafka: KafkaServer, tmp_path: Path, situation: str, value: bytes, error: bytes
) -> None:
    asyncio.run(sent(kafka, value))
    for _ in range(2):  # a restart sees the message again
        with running(kafka, tmp_path / "app", "guarded", situation) as process:
            _, told = process.communicate(timeout=PATIENCE)
        assert process.returncode == EXIT_CODE
        assert b'"error": "' + error + b'"' in told
        assert asyncio.run(committed(kafka, f"trial-guarded-{situation}")) <= 0


@pytest.mark.parametrize(("situation", "value"), [("refused", b"x" * 50_000), ("failing", b"poison")])
def test_plain_the_message_is_acknowledged_and_lost(
    kafka: KafkaServer, tmp_path: Path, situation: str, value: bytes
) -> None:
    asyncio.run(sent(kafka, value, b"next"))
    with running(kafka, tmp_path / "app", "plain", situation):
        assert acknowledged(kafka, f"trial-plain-{situation}", 1) >= 1


def told_by(kafka: KafkaServer, folder: Path, kind: str) -> list[str]:
    """Return what the app says after each of three messages: how many it took, how many changes are written."""
    asyncio.run(sent(kafka, b"first", b"second", b"third"))
    with running(kafka, folder, kind, "slow") as process:
        assert process.stdout is not None
        lines = (line.decode().strip() for line in process.stdout)
        return list(islice((line for line in lines if line.startswith("taken")), 3))


def test_guarded_the_next_message_is_taken_when_the_change_of_the_last_is_written(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    told = told_by(kafka, tmp_path / "app", "guarded")
    assert told == ["taken 1 written 1", "taken 2 written 2", "taken 3 written 3"]


def test_plain_messages_are_taken_whose_changes_are_not_written(kafka: KafkaServer, tmp_path: Path) -> None:
    told = told_by(kafka, tmp_path / "app", "plain")
    assert told[-1] in {"taken 3 written 0", "taken 3 written 1", "taken 3 written 2"}
