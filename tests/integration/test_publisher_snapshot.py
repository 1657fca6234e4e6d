"""A publisher keeps its state all along, not only when it releases: between two updates lies a month."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka.partitioner import DefaultPartitioner
from kafka_events import claim
from kafka_workers import Workers

from sinks.directory import snapshot
from streams.kafka.clients import producing
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS

pytestmark = pytest.mark.slow
PATIENCE = 60.0
PERSON = bytes(range(16))


async def send_claim(settings: KafkaSettings, number: int) -> None:
    every = list(range(settings.partitions))
    async with producing(settings) as producer:
        where = DefaultPartitioner()(PERSON, every, every)
        await producer.send_and_wait(DOSSIERS, key=PERSON, value=claim(PERSON, number), partition=where)


def heard(path: Path) -> int:
    """Return how many messages of the rows a snapshot holds what they said of."""
    kept = snapshot.load(path)
    return sum(offset + 1 for offset, _, _ in kept.meta["lasts"].values()) if kept else 0


def await_that(happens: Callable[[], bool], workers: Workers) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, workers.log("publish")[-2000:]
        time.sleep(0.1)


def test_what_was_heard_since_the_last_release_is_kept_and_what_is_kept_already_is_not_written_again(
    workers: Workers,
) -> None:
    path = workers.root / "state" / "epoch-1" / "publish.snapshot"
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    asyncio.run(send_claim(workers.settings, 1))
    await_that(lambda: heard(path) > 0, workers)
    kept, before = path.stat(), heard(path)

    await_that(lambda: path.stat().st_mtime > kept.st_mtime, workers)  # said to be of now
    assert path.stat().st_ino == kept.st_ino

    asyncio.run(send_claim(workers.settings, 2))
    await_that(lambda: heard(path) > before, workers)
