"""The agents as a process: until a signal ends it, or a guard does."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import cast

from faust.tables.manager import TableManager

from streams.agents.app import build_app, folder_of
from streams.agents.guards import GuardedApp
from streams.agents.table import AgentRow, agents_of
from streams.agents.tables_folder import TablesFolder
from streams.kafka.asking import kafka_answers
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify, verify_topics
from streams.kafka.topics import topic_named
from streams.shell.answers import Answers
from streams.shell.health import HealthSettings
from streams.shell.metrics import Metrics
from streams.shell.services import run_service
from streams.shell.watching import EVERY, SELDOM, Reaches, Watch, disk_told, lag_told


async def run_agents(settings: KafkaSettings, health: HealthSettings, name: str = "agents") -> None:
    """Run an app until SIGTERM or SIGINT.

    Raises TopicsError for a missing topic, TablesInUseError, and what crashed the app otherwise.
    """
    rows = agents_of(name)
    used = {topic for row in rows for topic in row.used}
    await verify_topics(settings, *(topic.format(epoch=settings.epoch) for topic in used))
    await verify(settings, [row.changelog(settings) for row in rows])
    folder = TablesFolder(folder_of(settings, name))
    await asyncio.sleep(await asyncio.to_thread(folder.begin))
    metrics, app = Metrics(), build_app(settings, name=name)
    kafka = kafka_answers(settings, metrics, *(topic_named(settings, source) for row in rows for source in row.sources))
    watches = [*_watches(metrics, app, settings, kafka, rows), Watch(metrics, SELDOM, lambda _: folder.settle())]
    await run_service(app, *watches, kafka, *health.served(metrics, lambda: kafka.waits() or waits(app)))
    folder.end()


def waits(app: GuardedApp) -> str:
    """Say what is missing until the app has its partitions and its tables; "" when nothing is."""
    recovery = cast("TableManager", app.tables).recovery
    if not recovery.completed.is_set():  # nor is there a consumer to ask before that
        return "its tables are being recovered"
    return "its partitions are moving" if app.rebalancing or not app.consumer.assignment() else ""


def _watches(
    metrics: Metrics, app: GuardedApp, settings: KafkaSettings, kafka: Answers, rows: Sequence[AgentRow]
) -> list[Watch]:
    topics = [source.format(epoch=settings.epoch) for row in rows for source in row.sources]
    lags = [lag_told(topic, partial(_reaches, app, topic)) for topic in topics]
    active = partial(active_told, app, kafka, rows[0].app)
    often = Watch(metrics, EVERY, active, disk_told("snapshots", settings.state))
    return [often, Watch(metrics, EVERY, *lags), Watch(metrics, SELDOM, partial(tables_told, app))]


def active_told(app: GuardedApp, kafka: Answers, name: str, metrics: Metrics) -> None:
    """Tell whether the app of a name does its work."""
    metrics.tell("ocmw_active", int(not (waits(app) or kafka.waits())), name)


def tables_told(app: GuardedApp, metrics: Metrics) -> None:
    """Let each agent tell what its table holds here, or take it back while the table is not whole; seldom."""
    for agent in app.ours:
        (agent.withdraw if waits(app) else agent.tell)(metrics)


async def _reaches(app: GuardedApp, topic: str) -> Reaches:
    if waits(app):
        return {}
    places = [place for place in app.consumer.assignment() if place.topic == topic]
    ends = await app.consumer.highwaters(*places)
    ends_of = {place.partition: (await app.consumer.position(place), ends[place]) for place in places}
    return {partition: (at, end) for partition, (at, end) in ends_of.items() if at is not None}
