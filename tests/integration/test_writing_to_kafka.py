"""The example for confluent-kafka of docs/events.md is applied; a number in clear stands in nothing that we write."""

import asyncio
import subprocess
import sys
import time

import pytest
from kafka_events import claim
from kafka_workers import Workers
from program import ocmw_apart
from writers import SCHEMA, example

from schemas.framing import framed
from streams.kafka.clients import producing
from streams.kafka.dead_letters import DeadLetter, dead_letters
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS

pytestmark = pytest.mark.slow
IN_CLEAR = b"90661512345\0\0\0\0\0"
KEYED = bytes(range(16))
PATIENCE = 60


async def _send(settings: KafkaSettings) -> None:
    async with producing(settings) as producer:
        await producer.send_and_wait(DOSSIERS, key=IN_CLEAR, value=claim(IN_CLEAR, 1))
        await producer.send_and_wait(DOSSIERS, key=KEYED, value=framed(99, claim(KEYED, 1)[5:]))


async def _letters(settings: KafkaSettings) -> list[DeadLetter]:
    return [letter async for letter in dead_letters(settings)]


def _await_letters(settings: KafkaSettings, count: int) -> dict[str, DeadLetter]:
    deadline = time.monotonic() + PATIENCE
    letters: list[DeadLetter] = []
    while len(letters) < count and time.monotonic() < deadline:
        time.sleep(0.5)
        letters = asyncio.run(_letters(settings))
    return {letter.fault.slug: letter for letter in letters}


def test_an_example_is_applied_and_a_number_in_clear_stands_in_no_dead_letter_and_no_log(workers: Workers) -> None:
    workers.start("intake", "intake")
    command = [sys.executable, "-c", example("confluent-kafka"), str(SCHEMA), workers.settings.servers]
    subprocess.run(command, check=True)  # noqa: S603 - our own example
    asyncio.run(_send(workers.settings))
    letters = _await_letters(workers.settings, 2)
    assert set(letters) == {"person-not-keyed", "unknown-schema"}  # and nothing of the example
    letter = letters["person-not-keyed"].record
    assert (letter.key, letter.value) == (None, b"")
    assert b"9066151" not in b"".join(value for _, value in letter.headers)
    assert "9066151" not in workers.log("intake")
    assert letters["unknown-schema"].fault.reason == "schema id 99 is none that this version knows"
    resent = ocmw_apart("dead-letters", "resend", "person-not-keyed", OCMW_KAFKA_SERVERS=workers.settings.servers)
    assert resent.returncode == 2
    assert "nothing of these events was kept" in resent.stderr
