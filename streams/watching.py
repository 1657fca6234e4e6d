"""From what a worker is to what it tells: every few seconds its state is read and set as gauges.

Nothing here is counted: a gauge is what the fold, the alignment or the store says now, so it is right after a restart
and a replay trips nothing. Partitions that went to another worker are forgotten, so that sums over workers are sums.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from shutil import disk_usage

import structlog
from aiokafka.errors import ConsumerStoppedError, KafkaError
from mode import Service

from processors.alignment import Alignment
from processors.ledger import DUPLICATE
from schemas.faults import FAULTS
from schemas.releases import Release, State
from sinks.errors import StoreError
from sinks.redis import RedisCopy
from streams import clock
from streams.kafka.intake import Intake
from streams.kafka.publish import Publish
from streams.kafka.publisher import Publisher
from streams.kafka.settings import KafkaSettings
from streams.kafka.updates import unreleased
from streams.metrics import Metrics

LOG = structlog.get_logger("ocmw.watch")
EVERY, SELDOM = 5.0, 15.0
"""Seconds between two looks: at what is in memory, and at what others must be asked for."""
ALL = "all"
"""Label of what publish holds of all partitions together."""

Tell = Callable[[Metrics], Awaitable[None] | None]
Reaches = Mapping[int, tuple[int, int]]
"""By partition: the next offset to read, and where the partition ends."""


class Watch(Service):
    """Looks at a worker every few seconds; what Kafka does not say this time is told the next."""

    def __init__(self, metrics: Metrics, every: float, *tells: Tell) -> None:
        """Take what to look at, and how many seconds lie between two looks."""
        super().__init__()
        self._metrics = metrics
        self._every = every
        self._tells = tells

    @Service.task
    async def _look(self) -> None:
        while not self.should_stop:
            for tell in self._tells:
                await self._told(tell)
            await self.sleep(self._every)

    async def _told(self, tell: Tell) -> None:
        try:
            waiting = tell(self._metrics)
            if waiting is not None:
                await waiting
        except (KafkaError, ConsumerStoppedError) as error:
            LOG.warning("cannot look", error=type(error).__name__)


def in_thread(tell: Callable[[Metrics], None]) -> Tell:
    """Return what tells the same without holding up the event loop."""
    return lambda metrics: asyncio.to_thread(tell, metrics)


def intake_told(intake: Intake) -> Tell:
    """Return what tells of an intake worker: outcomes (L2), rows, updates reached, for each of its partitions."""

    def tell(metrics: Metrics) -> None:
        folds = intake.held.folds
        metrics.tell("ocmw_active", int(bool(folds)), "intake")
        for partition, fold in folds.items():
            tell_outcomes(metrics, partition, fold.outcomes.tolist())
            metrics.tell("ocmw_rows", len(fold.ledger.rows), partition)
            metrics.tell("ocmw_update", len(fold.closings.accepted), partition)
            tell_age(metrics, partition, intake.snapshot_of(partition))

    return tell


def lag_told(topic: str, reaches: Callable[[], Awaitable[Reaches]]) -> Tell:
    """Return what tells of each partition of a topic how many records wait, and since when the oldest was seen to.

    A partition that is no longer among them is another worker's: all that was told of it is forgotten.
    """
    seen: dict[int, Ends] = {}

    async def tell(metrics: Metrics) -> None:
        found, now = await reaches(), asyncio.get_running_loop().time()
        for gone in seen.keys() - found.keys():
            metrics.forget(gone)
            del seen[gone]
        for partition, (position, end) in found.items():
            waits = seen.setdefault(partition, Ends()).waits(position, end, now)
            metrics.tell("ocmw_lag_records", max(0, end - position), topic, partition)
            metrics.tell("ocmw_lag_seconds", waits, topic, partition)

    return tell


class Ends:
    """Where a partition was seen to end, and when: so a record that is waiting has waited at least since then."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._seen: deque[tuple[int, float]] = deque()

    def waits(self, position: int, end: int, now: float) -> float:
        """Return for how many seconds the record at ``position`` has been seen to wait, 0 when there is none."""
        if not self._seen or self._seen[-1][0] < end:
            self._seen.append((end, now))
        while self._seen and self._seen[0][0] <= position:
            self._seen.popleft()
        return now - self._seen[0][1] if self._seen else 0.0


def tell_age(metrics: Metrics, partition: int | str, snapshot: Path) -> None:
    """Tell how old a snapshot is, where there is one."""
    if snapshot.exists():
        metrics.tell("ocmw_snapshot_age_seconds", max(0.0, clock.now() - snapshot.stat().st_mtime), partition)


def tell_outcomes(metrics: Metrics, partition: int, outcomes: list[int]) -> None:
    """Tell the outcomes of a fold: 0 applied, DUPLICATE, or the number of a fault."""
    aside = {fault.slug: outcomes[number] for number, fault in enumerate(FAULTS, start=1)}
    metrics.tell("ocmw_events", outcomes[0], partition, "applied")
    metrics.tell("ocmw_events", outcomes[DUPLICATE], partition, "duplicate")
    metrics.tell("ocmw_events", sum(aside.values()), partition, "set_aside")
    for slug, events in aside.items():
        metrics.tell("ocmw_set_aside", events, partition, slug)


def publish_told(publish: Publish) -> Tell:
    """Return what tells of a publisher: whether it is active, its release and rows, how long a barrier is open."""
    opened: list[float] = []

    def tell(metrics: Metrics) -> None:
        publisher, now = publish.publisher, asyncio.get_running_loop().time()
        metrics.tell("ocmw_active", int(publisher is not None), "publish")
        if publisher is None or not barrier_is_open(publisher.alignment):
            opened.clear()
        elif not opened:
            opened.append(now)
        metrics.tell("ocmw_barrier_open_seconds", now - opened[0] if opened else 0.0)
        if publisher is not None:
            tell_publisher(metrics, publisher)
        else:
            metrics.forget(ALL)

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
    """Return what tells how long the oldest accepted closing has been without its release."""

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
    """Return what tells of the copy in Redis: its release, and what it lacks of the home's (store against manifest).

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


def disk_told(place: str, folder: Path) -> Callable[[Metrics], None]:
    """Return what tells how much of the disk below a folder is free."""

    def tell(metrics: Metrics) -> None:
        if folder.exists():
            used = disk_usage(folder)
            metrics.tell("ocmw_disk_free_ratio", used.free / used.total, place)

    return tell
