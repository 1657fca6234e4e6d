"""From what a worker is to what it tells: every few seconds its state is read and set as gauges.

Nothing here is counted: a gauge is what the fold, the alignment or the store says now, so it is right after a restart
and a replay trips nothing. Partitions that went to another worker are forgotten, so that sums over workers are sums.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shutil import disk_usage

from mode import Service

from processors.ledger import DUPLICATE
from schemas.faults import FAULTS
from schemas.releases import Release, State
from sinks.errors import StoreError
from sinks.redis import RedisCopy
from streams.kafka.intake import Intake
from streams.kafka.publish import Publish
from streams.metrics import Metrics

EVERY = 5.0
"""Seconds between two looks."""

Tell = Callable[[Metrics], None]


class Watch(Service):
    """Looks at a worker every few seconds; what it cannot see this time it tells the next."""

    def __init__(self, metrics: Metrics, *tells: Tell) -> None:
        """Take what to look at."""
        super().__init__()
        self._metrics = metrics
        self._tells = tells

    @Service.timer(EVERY)
    async def _look(self) -> None:
        for tell in self._tells:
            tell(self._metrics)


def intake_told(intake: Intake) -> Tell:
    """Return what tells of an intake worker: outcomes (L2), rows, updates reached, for each of its partitions."""
    had: set[int] = set()

    def tell(metrics: Metrics) -> None:
        folds = intake.held.folds
        for gone in had - folds.keys():
            metrics.forget(gone)
        had.clear()
        had.update(folds)
        metrics.tell("ocmw_active", int(bool(folds)), "intake")
        for partition, fold in folds.items():
            tell_outcomes(metrics, partition, fold.outcomes.tolist())
            metrics.tell("ocmw_rows", len(fold.ledger.rows), partition)
            metrics.tell("ocmw_update", len(fold.closings.accepted), partition)

    return tell


def tell_outcomes(metrics: Metrics, partition: int, outcomes: list[int]) -> None:
    """Tell the outcomes of a fold: 0 applied, DUPLICATE, or the number of a fault."""
    aside = {fault.slug: outcomes[number] for number, fault in enumerate(FAULTS, start=1)}
    metrics.tell("ocmw_events", outcomes[0], partition, "applied")
    metrics.tell("ocmw_events", outcomes[DUPLICATE], partition, "duplicate")
    metrics.tell("ocmw_events", sum(aside.values()), partition, "set_aside")
    for slug, events in aside.items():
        metrics.tell("ocmw_set_aside", events, partition, slug)


def publish_told(publish: Publish) -> Tell:
    """Return what tells of a publisher: whether it is active, its release, and the states of the gate."""

    def tell(metrics: Metrics) -> None:
        publisher = publish.publisher
        metrics.tell("ocmw_active", int(publisher is not None), "publish")
        if publisher is not None and publisher.release is not None:
            tell_release(metrics, publisher.release)

    return tell


def tell_release(metrics: Metrics, release: Release) -> None:
    """Tell the number of a release, and how many figures of each support are in each state."""
    metrics.tell("ocmw_release", release.update.sequence, "home")
    states = Counter((key.support, entry.vintage.state) for key, entry in release.entries.items())
    for support in {key.support for key in release.entries}:
        for state in State:
            metrics.tell("ocmw_gate_state", states[support, state], support, state.value)


def copy_told(copy: RedisCopy, home: Callable[[], Release | None]) -> Tell:
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


def disk_told(place: str, folder: Path) -> Tell:
    """Return what tells how much of the disk below a folder is free."""

    def tell(metrics: Metrics) -> None:
        if folder.exists():
            used = disk_usage(folder)
            metrics.tell("ocmw_disk_free_ratio", used.free / used.total, place)

    return tell
