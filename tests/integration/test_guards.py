"""Four ways in which Faust loses data, on a real broker: with our guard nothing is lost, without it something is.

The second half of each pair is what makes the first one worth something. Should it fail one day, Faust was mended, and
the guard can go.
"""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from agents_program import name_of
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from streams.agents.guards import EXIT_CODE
from streams.kafka.clients import producing
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import MIB, Topic
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


async def sent(kafka: KafkaServer, name: str, *values: bytes) -> None:
    settings = KafkaSettings(servers=kafka.servers)
    await make_topics(settings, (Topic(name, 1, MIB),))
    async with producing(settings) as producer:
        for value in values:
            await producer.send_and_wait(name, key=b"key", value=value, partition=0)


async def committed(kafka: KafkaServer, name: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(name)
    except GroupCoordinatorNotAvailableError:  # nobody ever committed anything to this broker
        return 0
    finally:
        await admin.close()
    return max((place.offset for where, place in offsets.items() if where.topic == name), default=0)


def acknowledged(kafka: KafkaServer, name: str, wanted: int) -> int:
    """Return the messages that are acknowledged: as soon as there are as many as wanted, or after our patience."""
    end = time.monotonic() + PATIENCE
    messages = 0
    while messages < wanted and time.monotonic() < end:
        time.sleep(0.3)
        messages = max(messages, asyncio.run(committed(kafka, name)))
    return messages


@pytest.mark.parametrize(
    ("situation", "value", "error"),
    [("refused", b"x" * 50_000, b"MessageSizeTooLargeError"), ("failing", b"poison", b"ValueError")],
)
def test_guarded_the_process_ends_and_the_message_stays(
    shared_kafka: KafkaServer, tmp_path: Path, situation: str, value: bytes, error: bytes
) -> None:
    asyncio.run(sent(shared_kafka, name_of("guarded", situation), value))
    for _ in range(2):  # a restart sees the message again
        with running(shared_kafka, tmp_path / "app", "guarded", situation) as process:
            _, printed = process.communicate(timeout=PATIENCE)
        assert process.returncode == EXIT_CODE
        assert b'"error": "' + error + b'"' in printed
        assert asyncio.run(committed(shared_kafka, name_of("guarded", situation))) <= 0


@pytest.mark.parametrize(("situation", "value"), [("refused", b"x" * 50_000), ("failing", b"poison")])
def test_plain_the_message_is_acknowledged_and_lost(
    shared_kafka: KafkaServer, tmp_path: Path, situation: str, value: bytes
) -> None:
    asyncio.run(sent(shared_kafka, name_of("plain", situation), value, b"next"))
    with running(shared_kafka, tmp_path / "app", "plain", situation):
        assert acknowledged(shared_kafka, name_of("plain", situation), 1) >= 1


def told_by(kafka: KafkaServer, folder: Path, kind: str) -> list[str]:
    """Return what the app says after each of three messages: what it took, how many changes are written."""
    asyncio.run(sent(kafka, name_of(kind, "slow"), b"first", b"second", b"third"))
    with running(kafka, folder, kind, "slow") as process:
        assert process.stdout is not None
        lines = (line.decode().strip() for line in process.stdout)
        return list(islice((line for line in lines if line.startswith("taken")), 3))


def test_guarded_the_next_message_is_taken_when_the_change_of_the_last_is_written(
    shared_kafka: KafkaServer, tmp_path: Path
) -> None:
    lines = told_by(shared_kafka, tmp_path / "app", "guarded")
    assert lines == ["taken first written 1", "taken second written 2", "taken third written 3"]


def test_plain_messages_are_taken_whose_changes_are_not_written(shared_kafka: KafkaServer, tmp_path: Path) -> None:
    lines = told_by(shared_kafka, tmp_path / "app", "plain")
    assert lines[-1] in {"taken third written 0", "taken third written 1", "taken third written 2"}


def ended(kafka: KafkaServer, folder: Path, kind: str) -> tuple[int, list[str]]:
    """End the app by SIGTERM while it works on a message; return what is acknowledged, and what it said after that."""
    asyncio.run(sent(kafka, name_of(kind, "ended"), b"first"))
    with running(kafka, folder, kind, "ended") as process:
        assert process.stdout is not None
        assert any(line == b"waiting\n" for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=PATIENCE)
    done = [line for line in printed.decode().splitlines() if line.startswith("taken")]
    return asyncio.run(committed(kafka, name_of(kind, "ended"))), done


def test_guarded_work_on_a_message_is_done_before_the_process_ends(shared_kafka: KafkaServer, tmp_path: Path) -> None:
    acknowledged_to, lines = ended(shared_kafka, tmp_path / "app", "guarded")
    assert lines == ["taken first written 1"]
    assert acknowledged_to == 1


def test_plain_a_message_is_acknowledged_that_was_only_begun(shared_kafka: KafkaServer, tmp_path: Path) -> None:
    assert ended(shared_kafka, tmp_path / "app", "plain") == (1, [])
