"""The agents as a process: until a signal ends it, or a guard does."""

from functools import partial
from typing import cast

from faust.tables.manager import TableManager

from streams.agents.app import build_app
from streams.agents.flags import states
from streams.agents.guards import GuardedApp, GuardedTable
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import VINTAGES, summaries_topic, verify_topics
from streams.shell.health import HealthSettings
from streams.shell.metrics import Metrics
from streams.shell.services import run_service
from streams.shell.watching import EVERY, SELDOM, Reaches, Watch, disk_told, lag_told


async def run_agents(settings: KafkaSettings, health: HealthSettings) -> None:
    """Run until SIGTERM or SIGINT; raises TopicsError for a missing topic, and what crashed the app otherwise."""
    await verify_topics(settings)
    metrics, app = Metrics(), build_app(settings)
    await run_service(app, *_watches(metrics, app, settings), *health.served(metrics, lambda: waits(app)))


def waits(app: GuardedApp) -> str:
    """Say what is missing until the app has its partitions and its tables; "" when nothing is."""
    recovery = cast("TableManager", app.tables).recovery
    if not recovery.completed.is_set():  # nor is there a consumer to ask before that
        return "its tables are being recovered"
    return "its partitions are moving" if app.rebalancing or not app.consumer.assignment() else ""


def _watches(metrics: Metrics, app: GuardedApp, settings: KafkaSettings) -> list[Watch]:
    topics = [summaries_topic(settings), VINTAGES]
    lags = [lag_told(topic, partial(_reaches, app, topic)) for topic in topics]
    often = Watch(metrics, EVERY, partial(flags_told, app), *lags, disk_told("snapshots", settings.state))
    return [often, Watch(metrics, SELDOM, partial(_receipts_told, app))]


def flags_told(app: GuardedApp, metrics: Metrics) -> None:
    """Tell what the table of flags holds here, if anything: another member of the group may have it now."""
    metrics.tell("ocmw_active", int(not waits(app)), "agents")
    metrics.withdraw("ocmw_stability")
    if waits(app):
        return
    for support, value in _table(app, "flags").items():
        for state, periods in states(value).items():
            metrics.tell("ocmw_stability", periods, support.decode(), state)


def _receipts_told(app: GuardedApp, metrics: Metrics) -> None:
    """Tell how many receipts there are; seldom, for the store knows no better than to count them."""
    if not waits(app):
        metrics.tell("ocmw_receipts", len(_table(app, "receipts")))


def _table(app: GuardedApp, name: str) -> GuardedTable:
    return cast("GuardedTable", app.tables[name])


async def _reaches(app: GuardedApp, topic: str) -> Reaches:
    if waits(app):
        return {}
    places = [place for place in app.consumer.assignment() if place.topic == topic]
    ends = await app.consumer.highwaters(*places)
    found = {place.partition: (await app.consumer.position(place), ends[place]) for place in places}
    return {partition: (at, end) for partition, (at, end) in found.items() if at is not None}
