"""From the state of a worker to its gauges: every few seconds it is read and set.

Nothing here is counted: a gauge is what the fold, the alignment or the store says now, so it is right after a restart
and a replay trips nothing. Partitions that went to another worker are forgotten, so that sums over workers are sums.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from shutil import disk_usage

import structlog
from aiokafka.errors import ConsumerStoppedError, KafkaError
from mode import Service

from streams.shell import clock
from streams.shell.metrics import Metrics
from streams.shell.services import task

LOG = structlog.get_logger("ocmw.watch")
EVERY, SELDOM = 5.0, 15.0
"""Seconds between two looks: at values in memory, and at values for which a server must be asked."""

ANSWER = 15.0
"""Seconds after which nobody waits any longer to hear where partitions end."""

Tell = Callable[[Metrics], Awaitable[None] | None]
Reaches = Mapping[int, tuple[int, int]]
"""By partition: the next offset to read, and where the partition ends."""


class Watch(Service):
    """Looks at a worker every few seconds; a gauge that Kafka does not answer this time is set the next."""

    def __init__(self, metrics: Metrics, every: float, *tells: Tell) -> None:
        """Take what to look at, and how many seconds lie between two looks."""
        super().__init__()
        self._metrics = metrics
        self._every = every
        self._tells = tells

    @task
    async def _look(self) -> None:
        while not self.should_stop:
            for tell in self._tells:
                await self._set(tell)
            await self.sleep(self._every)

    async def _set(self, tell: Tell) -> None:
        try:
            waiting = tell(self._metrics)
            if waiting is not None:
                await waiting
        except (KafkaError, ConsumerStoppedError, TimeoutError) as error:
            LOG.warning("cannot look", error=type(error).__name__)


def in_thread(tell: Callable[[Metrics], None]) -> Tell:
    """Return what sets the same gauges without holding up the event loop."""
    return lambda metrics: asyncio.to_thread(tell, metrics)


def lag_told(topic: str, reaches: Callable[[], Awaitable[Reaches]]) -> Tell:
    """Return what sets for each partition of a topic how many records wait, and since when the oldest does.

    A partition that is no longer among them is another worker's: all its gauges are withdrawn. While Kafka does not say
    where partitions end, nobody knows how many records wait, and no lag is set.
    """
    seen: dict[int, Ends] = {}

    async def tell(metrics: Metrics) -> None:
        try:
            reached = await asyncio.wait_for(reaches(), ANSWER)
        except (KafkaError, ConsumerStoppedError, TimeoutError):
            for partition in seen:
                for name in ("ocmw_lag_records", "ocmw_lag_seconds"):
                    metrics.withdraw(name, topic=topic, partition=str(partition))
            raise
        now = asyncio.get_running_loop().time()
        for gone in seen.keys() - reached.keys():
            metrics.forget(gone)
            del seen[gone]
        for partition, (position, end) in reached.items():
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


def disk_told(place: str, folder: Path) -> Callable[[Metrics], None]:
    """Return what sets the free share of the disk below a folder."""

    def tell(metrics: Metrics) -> None:
        if folder.exists():
            used = disk_usage(folder)
            metrics.tell("ocmw_disk_free_ratio", used.free / used.total, place)

    return tell
