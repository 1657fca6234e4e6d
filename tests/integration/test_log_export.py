"""The exported log holds whole updates: a closing once, after all that precedes it in every partition."""

import asyncio
from pathlib import Path

import fastavro
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from kafka_events import claim, closing

from schemas.periods import parse_month
from schemas.releases import Update
from streams.kafka.clients import producing
from streams.kafka.log_export import Exported, export_log
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import DOSSIERS
from streams.kafka.updates import NUMBER_HEADER, close_everywhere
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow
FIRST, SECOND = (Update(number, f"u{number}", parse_month("2024-03")) for number in (1, 2))


@pytest.fixture(scope="module")
def settings(shared_kafka: KafkaServer) -> KafkaSettings:
    made = KafkaSettings(servers=shared_kafka.servers, partitions=2)
    asyncio.run(make_topics(made))
    return made


def person_of(partition: int) -> bytes:
    keys = (bytes([number]) + b"of one partition"[1:] for number in range(256))
    return next(key for key in keys if DefaultPartitioner()(key, [0, 1], [0, 1]) == partition)


async def send_claim(producer: AIOKafkaProducer, partition: int, number: int) -> None:
    person = person_of(partition)
    await producer.send_and_wait(DOSSIERS, key=person, value=claim(person, number), partition=partition)


async def close_half(producer: AIOKafkaProducer, update: Update) -> None:
    """Write a closing into the first partition alone, as whoever is killed then."""
    headers = [(NUMBER_HEADER, str(update.sequence).encode())]
    await producer.send_and_wait(
        DOSSIERS, value=closing(update.update_id, 202403), partition=0, headers=headers
    )  # fmt: skip


async def sent_and_half_closed(settings: KafkaSettings) -> None:
    async with producing(settings) as producer:
        await send_claim(producer, 0, 1)
        await send_claim(producer, 1, 2)
        await close_everywhere(settings, producer, FIRST)
        await send_claim(producer, 0, 3)
        await close_half(producer, SECOND)
        await send_claim(producer, 0, 4)
        await send_claim(producer, 1, 5)


async def close_again(settings: KafkaSettings) -> None:
    async with producing(settings) as producer:
        await close_everywhere(settings, producer, SECOND)


def read_back(settings: KafkaSettings, out: Path) -> tuple[Exported, list[str]]:
    """Export the log and return what became of it: each claim by its number, each closing by its name."""
    exported = asyncio.run(export_log(settings, out))
    with out.open("rb") as file:
        records = list(fastavro.reader(file))
    return exported, [one.get("update_id") or str(int.from_bytes(one["event_id"], "big")) for one in records]


def test_an_update_that_is_closed_in_some_partitions_alone_is_not_closed_in_the_file(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    asyncio.run(sent_and_half_closed(settings))
    exported, events = read_back(settings, tmp_path / "half.avro")
    assert sorted(events[:2]) == ["1", "2"]
    assert events[2:] == ["u1", "3", "5"]  # 4 follows the closing of an update that is not closed yet
    assert exported == Exported(5, half_closed=2)

    asyncio.run(close_again(settings))
    exported, events = read_back(settings, tmp_path / "whole.avro")
    assert events[2:] == ["u1", "3", "5", "u2", "4"]  # the second copy in the first partition closes nothing again
    assert exported == Exported(7, half_closed=None)
