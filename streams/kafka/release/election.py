"""Publish: one active, one standby. Who holds the single partition of the updates topic is active.

A standby waits and does nothing. There is no lock file: a stopped holder would block the standby. Two that both
believe to be active are harmless: the home directory takes each release once, and the loser ends.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from mode import Service

from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.directory.live import LiveHome
from sinks.directory.store import DirectoryStore
from sinks.public.writer import Publishing
from streams.kafka.clients import consumer, producing, stopped
from streams.kafka.release.downstream import Announcements, TreeFollower
from streams.kafka.release.followers import Follower, Preparing, Repairing
from streams.kafka.release.live import Live, LiveCopy
from streams.kafka.release.releasing import Publisher
from streams.kafka.settings import KafkaSettings
from streams.kafka.slot import Slot
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import UPDATES
from streams.release.publishing import shown_to_public, unsealed
from streams.shell.metrics import Metrics
from streams.shell.services import task

LOG = structlog.get_logger("ocmw.publish")
REPAIR_SECONDS = 10.0
"""How often a publisher looks whether its copies hold the current release whole."""

MakeFollowers = Callable[[AIOKafkaProducer, DirectoryStore], list[Follower]]
"""Makes the copies that follow (Redis) when this worker becomes active; what is said on Kafka comes after them."""


@dataclass(frozen=True, slots=True)
class Home:
    """The directory of the releases, and how many of them it keeps (default: all)."""

    root: Path
    keep_releases: int | None = None
    how: Publishing | None = None
    """How releases become public; by default at once, without a seal."""


def no_more(_producer: AIOKafkaProducer, _store: DirectoryStore) -> list[Follower]:
    """No further followers."""
    return []


class Publish(Service):
    """The publisher of one worker, active or standby; ``publisher`` is None while it stands by."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it serves, where, and who follows
        self,
        settings: KafkaSettings,
        figures: FigureSettings,
        home: Home,
        metrics: Metrics,
        followers: MakeFollowers = no_more,
        live_copies: Sequence[LiveCopy] = (),
    ) -> None:
        """Nothing is opened before the service starts; the home only when it becomes active."""
        super().__init__()
        self.settings = settings
        self.figures = figures
        self.home = home
        self.publisher: Publisher | None = None
        self._metrics = metrics
        self._make_followers = followers
        self._live_copies = live_copies
        self._turn: AIOKafkaConsumer = None  # a start that fails is stopped too
        self._slot = Slot(settings, "publish", _group_of(settings))
        self._active = asyncio.Event()
        self._listener = _Listener(self._active)

    async def on_start(self) -> None:
        """Verify the topics, connect, and join the group. Raises TopicsError, SlotTakenError."""
        await verify_topics(self.settings)
        await self._slot.take()
        self._producer = await self.add_async_context(producing(self.settings))
        self._turn = consumer(
            self.settings,
            group_id=_group_of(self.settings),
            group_instance_id=self._slot.member,
            client_id=self._slot.client_id,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=45_000,
            partition_assignment_strategy=[StickyPartitionAssignor],
        )
        await self._turn.start()
        self._turn.subscribe([UPDATES], listener=self._listener)

    async def on_stop(self) -> None:
        """Leave the group."""
        if self._turn is not None:
            await stopped(self._turn)
        self._slot.leave()

    async def reaches(self) -> dict[int, tuple[int, int]]:
        """Return, for each partition of the rows, the next offset to read and where it ends; nothing on standby."""
        publisher = self.publisher
        if publisher is None:
            return {}
        ends = await publisher.ends()
        return {partition: (position, ends[partition]) for partition, position in publisher.positions.items()}

    def waits(self) -> str:
        """Say what is missing until it stands by or, being active, has caught up; "" when nothing is."""
        if self.publisher is not None:
            return self.publisher.waits()
        if self._active.is_set():
            return "the home is being opened"
        return "" if self._listener.heard else "it is not known yet whose turn it is"

    @task
    async def _run(self) -> None:
        while not self.should_stop:
            await self._turn.getmany(timeout_ms=200)
            if self._active.is_set():
                LOG.info("active")
                await self._publish()
                LOG.info("standby")

    async def _publish(self) -> None:
        """Publish until the turn is another's."""
        store = await asyncio.to_thread(DirectoryStore.writing, self.home.root, self.figures, self.home.keep_releases)
        public = TreeFollower(store, self.home.how or unsealed())
        followers: list[Follower] = [public, *self._make_followers(self._producer, store)]
        if not self.settings.silent:
            published = shown_to_public(store.root, approval=public.approval)
            followers.append(Announcements(self.settings, self._producer, store, published))

        async def released(release: Release) -> None:
            preparing = asyncio.gather(*(one.prepare(release) for one in followers if isinstance(one, Preparing)))
            try:
                for follower in followers:
                    await follower.follow(release)
            finally:
                await preparing

        reader, repairing = consumer(self.settings), None
        await reader.start()
        try:
            publisher = Publisher(self.settings, self.figures, store, reader, self._live(), self._metrics)
            await publisher.resume()
            self.publisher = publisher
            publisher.follow(released)
            repairing = asyncio.ensure_future(_repairs(publisher, followers))
            while self._active.is_set() and not self.should_stop:
                await publisher.run_once(released)
                if repairing.done():
                    repairing.result()
                if public.approved_since():
                    await publisher.follow_again(released)
            await publisher.end()
        finally:
            self.publisher = None
            if repairing is not None:
                repairing.cancel()
            await stopped(reader)

    def _live(self) -> Live:
        """Return the live figures of the store."""
        seconds = self.settings.live_seconds
        return Live(LiveHome(self.home.root), self.figures, seconds, self._metrics, self._live_copies)


def _group_of(settings: KafkaSettings) -> str:
    return f"ocmw.publish.v{settings.epoch}"


async def _repairs(publisher: Publisher, followers: Sequence[Follower]) -> None:
    """Look every few seconds whether a copy lost something of the current release; never beside the release itself."""
    repairing = [follower for follower in followers if isinstance(follower, Repairing)]
    while repairing:
        await asyncio.sleep(REPAIR_SECONDS)
        for follower in repairing:
            if publisher.release is not None:
                await follower.repair(publisher.release)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is not typed
    """Knows whose turn it is. A rebalance that gives the turn back at once is no change."""

    def __init__(self, active: asyncio.Event) -> None:
        self._active = active
        self.heard = False

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Wait for the assignment: publishing on meanwhile does no harm."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self.heard = True
        if assigned:
            self._active.set()
        else:
            self._active.clear()
