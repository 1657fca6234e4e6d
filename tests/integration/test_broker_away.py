"""Whoever waits for a broker that is away can stop, and a service none of whose tasks goes on does not live on."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from mode import Service

from streams.kafka.clients import consumer, stopped
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import Topic
from streams.servers.kafka import KafkaServer
from streams.shell.services import StrayCancellationError, run_service, task

TOPIC = "away"
PARTITION = TopicPartition(TOPIC, 0)


async def stop_while_it_waits_to_fetch_again(kafka: KafkaServer) -> None:
    settings = KafkaSettings(servers=kafka.servers)
    await make_topics(settings, (Topic(TOPIC, 1, 1 << 20),))
    reader = consumer(settings, retry_backoff_ms=5_000)
    await reader.start()
    reader.assign([PARTITION])
    await reader.getmany(timeout_ms=100)
    kafka.kill()
    await asyncio.sleep(1)  # the fetch under way has failed, and waits its five seconds
    await stopped(reader)


def test_a_consumer_that_waits_to_fetch_again_stops_without_cancelling_who_stops_it(tmp_path: Path) -> None:
    kafka = KafkaServer(tmp_path / "kafka").start()
    try:
        asyncio.run(asyncio.wait_for(stop_while_it_waits_to_fetch_again(kafka), 30))
    finally:
        kafka.kill()


class Lost(Service):
    """A service whose task is cancelled by something it waits for; without ``task`` mode would only note that."""

    @task
    async def _run(self) -> None:
        waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waits.cancel()
        await waits


class Idle(Service):
    """A service that works until it is told to stop."""

    @task
    async def _run(self) -> None:
        while not self.should_stop:
            await self.sleep(0.01)


def test_a_task_that_was_cancelled_by_nobody_ends_its_service() -> None:
    with pytest.raises(StrayCancellationError, match=r"Lost\._run"):
        asyncio.run(asyncio.wait_for(run_service(Lost(), Idle()), 10))


async def stopped_in_order() -> BaseException | None:
    service = Idle()
    await service.start()
    await asyncio.sleep(0.1)
    await service.stop()
    return service.crash_reason


def test_a_task_that_is_cancelled_because_its_service_stops_is_no_crash() -> None:
    assert asyncio.run(asyncio.wait_for(stopped_in_order(), 10)) is None
