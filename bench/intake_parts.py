"""Intake beside its parts, on the same records in one process: the client alone, the fold alone, the whole service."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiokafka import TopicPartition

from processors.admission.ledger import Ledger
from processors.protocol.intake import PartitionIntake, Watermark
from processors.protocol.partition import PartitionFold
from processors.protocol.records import Records, joined
from schemas.settings import FigureSettings
from streams.kafka.clients import consumer
from streams.kafka.intake.intake import Intake
from streams.kafka.intake.whole_batches import install, whole
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS
from streams.shell.metrics import Metrics

FIGURES = FigureSettings()
Steps = list[tuple[int, Records]]


class Took(NamedTuple):
    """Events, seconds of a clock, seconds of a processor."""

    events: int
    wall: float
    cpu: float

    def said(self) -> str:
        """Return it as the table says it."""
        rate, cores = self.events / self.cpu, self.events / self.wall
        return f"{rate:,.0f} events/s of processor, {cores:,.0f} by the clock ({self.cpu:.2f} s, {self.wall:.2f} s)"


async def _timed(work: Callable[[], Awaitable[int]]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    events = await work()
    return Took(events, time.perf_counter() - wall, time.process_time() - cpu)


async def client_alone(settings: KafkaSettings) -> tuple[Took, Steps]:
    """Fetch the whole log as intake does, and nothing else; return the steps that came."""
    install()
    reader = consumer(settings, key_deserializer=whole)
    await reader.start()
    places = [TopicPartition(DOSSIERS, partition) for partition in range(settings.partitions)]
    reader.assign(places)
    waiting = sum((await reader.end_offsets(places)).values())
    steps: Steps = []

    async def fetch() -> int:
        events = 0
        while events < waiting:
            for place, records in (await reader.getmany(timeout_ms=500)).items():
                steps.append((place.partition, joined(records)))
                events += len(steps[-1][1])
        return events

    took = await _timed(fetch)
    await reader.stop()
    return took, steps


async def fold_alone(settings: KafkaSettings, steps: Steps) -> Took:
    """Fold the same steps from memory, all that intake would send made and none of it sent."""
    folds = {
        partition: PartitionIntake(
            PartitionFold(partition, settings.partitions, Ledger(FIGURES)), Watermark(), secrets.token_bytes(16)
        )
        for partition in range(settings.partitions)
    }

    async def fold() -> int:
        for partition, fetched in steps:
            for output in folds[partition].take(fetched):
                for batch in output.batches:
                    batch.encoded()
        return sum(len(fetched) for _, fetched in steps)

    return await _timed(fold)


async def whole_intake(settings: KafkaSettings, events: int) -> Took:
    """Run the service on an empty disk until everything that waited is folded and sent."""
    intake = Intake(settings, FIGURES, Metrics())
    await intake.start()
    await _until(intake, lambda: bool(intake.held.assigned))

    async def run() -> int:
        await _until(intake, lambda: sum(fold.position.stop for fold in intake.held.folds.values()) >= events)
        return events

    took = await _timed(run)
    await intake.stop()
    return took


async def _until(intake: Intake, true: Callable[[], bool]) -> None:
    """Wait until something holds of a service. Raises what the service failed with."""
    while not true():
        if intake.crash_reason is not None:
            raise intake.crash_reason
        await asyncio.sleep(0.01)
