"""A command that would work on topics other than its settings say refuses with a sentence, before it does anything."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from program import Done, ocmw

from streams.kafka.clients import reading
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import DOSSIERS, UPDATES
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow
PARTITIONS = 24
COMMANDS = {
    "close-update": (["close-update", "u1", "--reference-month", "2024-03"], "ocmw.dossiers.v1"),
    "log-export": (["log-export", "--out", "OUT"], "ocmw.dossiers.v1"),
    "status": (["status"], "ocmw.dossiers.v1"),
    "receipts": (["receipts", "--ocmw", "44021"], "ocmw.receipts.v1"),
    "dead-letters list": (["dead-letters", "list"], "ocmw.dead-letters.v1"),
    "dead-letters resend": (["dead-letters", "resend", "unknown-schema"], "ocmw.dossiers.v1"),
}
"""Commands, and the topic that each names first when it is not as it must be."""


def run(command: str, kafka: KafkaServer, folder: Path) -> Done:
    arguments, _ = COMMANDS[command]
    out = str(folder / "log.avro")
    return ocmw(*(word.replace("OUT", out) for word in arguments), OCMW_KAFKA_SERVERS=kafka.servers)


@pytest.fixture(scope="module")
def settings(shared_kafka: KafkaServer) -> KafkaSettings:
    made = KafkaSettings(servers=shared_kafka.servers, partitions=PARTITIONS)
    asyncio.run(make_topics(made))
    return made


async def records(settings: KafkaSettings) -> int:
    places = [TopicPartition(DOSSIERS, partition) for partition in range(PARTITIONS)]
    async with reading(settings, *places, TopicPartition(UPDATES, 0)) as reader:
        return sum((await reader.end_offsets([*places, TopicPartition(UPDATES, 0)])).values())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_log_of_more_partitions_than_the_settings_say_is_refused_and_left_alone(
    shared_kafka: KafkaServer, settings: KafkaSettings, tmp_path: Path, command: str
) -> None:
    done = run(command, shared_kafka, tmp_path)
    assert done.stderr == (
        f"ocmw: topic {COMMANDS[command][1]} has {PARTITIONS} partitions, not 12; their number never changes: set "
        "OCMW_KAFKA_PARTITIONS as it was, or emit the log again into a new topic\n"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert list(tmp_path.iterdir()) == []
    assert asyncio.run(records(settings)) == 0


def test_topics_that_are_missing_are_a_sentence(kafka: KafkaServer, tmp_path: Path) -> None:
    sentences = {command: run(command, kafka, tmp_path).stderr for command in COMMANDS}
    assert sentences == {
        command: f"ocmw: topic {topic} is missing; run ocmw topics\n" for command, (_, topic) in COMMANDS.items()
    }
