"""The publisher: its service, its copy and its gauges."""

import asyncio
from collections import Counter
from collections.abc import Callable

from processors.protocol.barrier import Alignment
from schemas.releases import Release, State
from schemas.settings import FigureSettings
from sinks.errors import StoreError
from sinks.redis.live import RedisLive
from sinks.redis.store import RedisCopy
from streams.kafka.asking import kafka_answers
from streams.kafka.release.downstream import kept_up
from streams.kafka.release.election import Home, Publish, no_more
from streams.kafka.release.releasing import Publisher
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import ROWS, UPDATES, rows_topic, topic_named
from streams.kafka.updates import unreleased
from streams.shell import clock
from streams.shell.answers import Answers
from streams.shell.health import HealthSettings
from streams.shell.metrics import Metrics
from streams.shell.services import run_service
from streams.shell.watching import EVERY, SELDOM, Tell, Watch, disk_told, in_thread, lag_told, tell_age

ALL = "all"
"""Label of gauges about all partitions together."""


async def run_publish(
    settings: KafkaSettings, figures: FigureSettings, home: Home, health: HealthSettings, copy: RedisCopy | None = None
) -> None:
    """Run a publisher, active or standby, and its copy if it has one; raises what ended it otherwise."""
    metrics = Metrics()
    followers, live = (kept_up(copy), [RedisLive(copy.client)]) if copy else (no_more, [])
    publish = Publish(settings, figures, home, metrics, followers, live)
    kafka = kafka_answers(settings, metrics, topic_named(settings, ROWS), topic_named(settings, UPDATES))
    servers = [kafka, *_redis_asked(metrics, copy)]
    disks = disk_told("snapshots", settings.state), disk_told("store", home.root)
    beside = [
        Watch(metrics, EVERY, publish_told(publish, kafka), *disks),
        Watch(metrics, EVERY, lag_told(rows_topic(settings), publish.reaches)),
        Watch(metrics, SELDOM, requests_told(settings)),
        Watch(metrics, SELDOM, *_copy_told(publish, copy)),
    ]

    def waits() -> str:
        return next((said for one in servers if (said := one.waits())), "") or publish.waits()

    await run_service(publish, *beside, *servers, *health.served(metrics, waits))


def _redis_asked(metrics: Metrics, copy: RedisCopy | None) -> list[Answers]:
    if copy is None:
        return []
    metric = "ocmw_redis_seconds_since_answer"
    return [Answers("Redis", metric, metrics, lambda: asyncio.to_thread(copy.answers))]


def _copy_told(publish: Publish, copy: RedisCopy | None) -> list[Tell]:
    if copy is None:
        return []
    return [in_thread(copy_told(copy, lambda: publish.publisher.release if publish.publisher else None))]


def publish_told(publish: Publish, kafka: Answers) -> Tell:
    """Return what sets the gauges of a publisher: whether it is active, its release, rows and open barrier.

    Without Kafka nobody is active: another publisher may have taken over, and this one cannot know.
    """
    opened: list[float] = []

    def tell(metrics: Metrics) -> None:
        publisher, now = publish.publisher, asyncio.get_running_loop().time()
        metrics.tell("ocmw_active", int(publisher is not None and not kafka.waits()), "publish")
        if publisher is None or not barrier_is_open(publisher.alignment):
            opened.clear()
        elif not opened:
            opened.append(now)
        metrics.tell("ocmw_barrier_open_seconds", now - opened[0] if opened else 0.0)
        if publisher is not None:
            tell_publisher(metrics, publisher)
        else:
            metrics.forget(ALL)
            metrics.withdraw("ocmw_release", place="home")
            metrics.withdraw("ocmw_gate_state")

    return tell


def barrier_is_open(alignment: Alignment) -> bool:
    """Tell whether some partitions wait at a closing that others have not reached."""
    waiting = [source.marker is not None for source in alignment.sources]
    return any(waiting) and not all(waiting)


def tell_publisher(metrics: Metrics, publisher: Publisher) -> None:
    """Tell what an active publisher holds."""
    metrics.tell("ocmw_rows", len(publisher.gathered.ledger.rows), ALL)
    tell_age(metrics, ALL, publisher.snapshot_path)
    if publisher.release is not None:
        tell_release(metrics, publisher.release)


def requests_told(settings: KafkaSettings) -> Tell:
    """Return what sets the age of the oldest accepted closing without its release."""

    async def tell(metrics: Metrics) -> None:
        waiting = await unreleased(settings)
        age = clock.now() - waiting[0].since if waiting else 0.0
        metrics.tell("ocmw_request_waiting_seconds", max(0.0, age))

    return tell


def tell_release(metrics: Metrics, release: Release) -> None:
    """Tell the number of a release, and how many figures of each support are in each state."""
    metrics.tell("ocmw_release", release.update.sequence, "home")
    states = Counter((key.support, entry.vintage.state) for key, entry in release.entries.items())
    for support in {key.support for key in release.entries}:
        for state in State:
            metrics.tell("ocmw_gate_state", states[support, state], support, state.value)


def copy_told(copy: RedisCopy, home: Callable[[], Release | None]) -> Callable[[Metrics], None]:
    """Return what sets the gauges of the copy in Redis: its release, and how much of the home's it lacks.

    It asks Redis for each name of the release: let it run in a thread, and not every few seconds.
    """

    def tell(metrics: Metrics) -> None:
        release = home()
        try:
            metrics.tell("ocmw_release", copy.latest(), "redis")
            metrics.tell("ocmw_copy_missing", copy.missing(release) if release else 0, "redis")
        except StoreError:
            metrics.tell("ocmw_release", 0, "redis")

    return tell
