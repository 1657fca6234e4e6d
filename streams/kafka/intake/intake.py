"""Intake: one deterministic fold for each assigned partition, its changed rows sent on.

    getmany ─► generation still the same? ─► fold (a thread) ─► set aside, summaries, batch, marker ─► snapshot
                                                               each acknowledged before the next

The lock is held by a step, a snapshot and both callbacks of a rebalance, never across ``getmany``: heartbeats and
rebalances go on while Kafka is silent. The output and the snapshots decide where a partition stands, never the commits
of the group. So an assignment seeks, and whatever was fetched around a seek is fetched again. Any exception ends the
service and with it the process; the next one folds on from what is acknowledged.
"""

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError
from mode import Service

from processors.admission.details import fault_of_value
from processors.admission.ledger import Ledger
from processors.protocol.brake import Brake
from processors.protocol.intake import Output, PartitionIntake, SnapshotRefusedError, Watermark, believable
from processors.protocol.partition import LogError, PartitionFold
from processors.protocol.records import Records, joined
from schemas.faults import WITHHELD
from schemas.settings import FigureSettings
from streams.kafka.clients import consumer, high_watermarks, producing, stopped
from streams.kafka.intake.summaries import send_summaries
from streams.kafka.intake.watermarks import group_of, watermarks
from streams.kafka.intake.whole_batches import install, whole
from streams.kafka.settings import KafkaSettings
from streams.kafka.slot import Slot
from streams.kafka.snapshots import Keeper, load_partition, partition_snapshot
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DEAD_LETTERS, DOSSIERS, rows_topic
from streams.shell.metrics import Metrics
from streams.shell.services import task

LOG = structlog.get_logger("ocmw.intake")
POLL_MS = 500
GATHER_BYTES, GATHER_MS = 1 << 20, 50
"""What trickles in is let gather, at most so long: a round costs as much for ten records of a partition as for 500."""
TELL_SECONDS = 5.0
"""Least time between summaries of a partition, but for those that are due by their number of events."""
COMMIT_SECONDS = 2.0
"""Least time between commits of positions."""


class Ends(NamedTuple):
    """Where a partition ends: for a reader (its last stable offset), and with what is in open transactions."""

    reachable: int
    highest: int


@dataclass(slots=True)
class Assigned:
    """A partition of this worker: its intake, when snapshot and summaries are due next (loop time).

    ``until`` is where the log ended when the partition was assigned: who stands there has caught up. ``passed`` is the
    position of the reader once all before it was folded and its output acknowledged, and ``committed`` what of it was
    committed: behind the last record aborted ones and markers of transactions may stand, which nobody folds.
    """

    intake: PartitionIntake
    snapshot_due: float
    tell_due: float
    until: int
    passed: int = 0
    committed: int = 0

    @property
    def position(self) -> int:
        """The next offset to read."""
        return max(self.intake.fold.position.stop, self.passed)


@dataclass(slots=True)
class Held:
    """What others may read of a running intake: the partitions it has, by number."""

    assigned: dict[int, Assigned] = field(default_factory=dict)

    @property
    def folds(self) -> dict[int, PartitionFold]:
        """The folds, with ``outcomes`` (L2), ``position`` and ledger."""
        return {partition: assigned.intake.fold for partition, assigned in self.assigned.items()}


class Intake(Service):
    """The intake of one worker; ``held`` may be read at any time."""

    def __init__(self, settings: KafkaSettings, figures: FigureSettings, metrics: Metrics) -> None:
        """Nothing is opened before the service starts."""
        super().__init__()
        self.settings = settings
        self.figures = figures
        self.held = Held()
        self._consumer: AIOKafkaConsumer = None  # a start that fails is stopped too
        self._lock = asyncio.Lock()
        self._metrics = metrics
        self._slot = Slot(settings, "intake", group_of(settings))
        self._generation = 0
        self._commit_at = 0.0
        self._keeper = Keeper()
        self._braking = Brake(settings.brake_events, settings.brake_percent)

    async def on_start(self) -> None:
        """Verify the topics, connect, and join the group. Raises TopicsError, SlotTakenError."""
        await verify_topics(self.settings)
        await self._slot.take()
        self._producer: AIOKafkaProducer = await self.add_async_context(producing(self.settings))
        install()
        self._consumer = consumer(
            self.settings,
            key_deserializer=whole,
            fetch_min_bytes=GATHER_BYTES,
            fetch_max_wait_ms=GATHER_MS,
            group_id=group_of(self.settings),
            group_instance_id=self._slot.member,
            client_id=self._slot.client_id,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=45_000,
            max_poll_interval_ms=300_000,
            partition_assignment_strategy=[StickyPartitionAssignor],
        )
        await self._consumer.start()
        self._consumer.subscribe([DOSSIERS], listener=_Listener(self))

    async def on_stop(self) -> None:
        """Keep snapshots of acknowledged state, unless something failed, and leave the group."""
        if self.crash_reason is None:
            async with self._lock:
                await self._drop(list(self.held.assigned))
        if self._consumer is not None:
            await stopped(self._consumer)
        self._slot.leave()

    @task
    async def _run(self) -> None:
        while not self.should_stop:
            generation = self._generation
            fetched = await self._consumer.getmany(timeout_ms=POLL_MS)
            async with self._lock:
                if generation != self._generation:
                    self._seek_all()
                    continue
                await asyncio.gather(
                    *(self._step(where.partition, joined(records)) for where, records in fetched.items() if records)
                )
                await self._note_passed()
                await self._tell_due(busy=bool(fetched))
                await self._snapshot_one()
                await self._commit_due()

    async def assign(self, partitions: Iterable[int]) -> None:
        """Take partitions over: state from snapshot or empty, position from the state."""
        async with self._lock:
            self._generation += 1
            wanted = sorted(partitions)
            marks = await watermarks(self.settings, wanted)
            ends = await self._required_log(marks)
            for partition in wanted:
                fold = await asyncio.to_thread(self._fold, partition, marks[partition], ends[partition].highest)
                self._begin(fold, marks[partition], ends[partition].reachable)
            LOG.info("assigned", count=len(wanted))

    async def revoke(self, partitions: Iterable[int]) -> None:
        """Give partitions away: keep snapshots of acknowledged state, then forget it."""
        async with self._lock:
            self._generation += 1
            await self._drop([partition for partition in partitions if partition in self.held.assigned])

    async def reaches(self) -> dict[int, tuple[int, int]]:
        """Return, for each partition held, the next offset to read and where the log ends.

        What waits for a transaction to end is counted as waiting: a sender that never ends it holds up all behind it.
        """
        where = [TopicPartition(DOSSIERS, partition) for partition in self.held.assigned]
        if not where:
            return {}
        ends = await self._consumer.end_offsets(where)
        assigned, mine = self.held.assigned, self._consumer.assignment()
        return {
            place.partition: (assigned[place.partition].position, max(end, self._consumer.highwater(place) or 0))
            for place, end in ends.items()
            if place.partition in assigned and place in mine
        }

    def waits(self) -> str:
        """Say what is missing until this worker has partitions and has caught up in all of them; "" when it has."""
        if not self.held.assigned:
            return "no partition is assigned to this worker"
        for partition, assigned in self.held.assigned.items():
            behind = assigned.until - assigned.position
            if behind > 0:
                return f"partition {partition} is {behind} records behind"
        return ""

    def snapshot_of(self, partition: int) -> Path:
        """Return where the snapshot of a partition lies."""
        return self.settings.state / f"epoch-{self.settings.epoch}" / f"intake-{partition}.snapshot"

    def _fold(self, partition: int, watermark: Watermark, end: int) -> PartitionFold:
        """Return the fold to go on with. Raises LogError for a snapshot of records that the log no longer holds."""
        kept = load_partition(self.snapshot_of(partition), self._empty(partition), self.figures, DOSSIERS)
        if kept.position.stop > end:
            message = (
                f"{DOSSIERS}, partition {partition}: ends at {end}, but the snapshot here was made at "
                f"{kept.position.stop}; records were lost: restore the log, or begin a new epoch (OCMW_KAFKA_EPOCH)"
            )
            raise LogError(message)
        if believable(kept, watermark):
            return kept
        LOG.warning("snapshot beyond what was sent, dropped", partition=partition)
        return self._empty(partition)

    def _begin(self, fold: PartitionFold, watermark: Watermark, until: int) -> None:
        intake = PartitionIntake(fold, watermark, secrets.token_bytes(16))
        now, pause = asyncio.get_running_loop().time(), self.settings.snapshot_seconds
        due = now + pause * (1 + fold.partition / self.settings.partitions)
        self.held.assigned[fold.partition] = Assigned(intake, due, now + TELL_SECONDS, until)
        self._seek(fold.partition)

    def _empty(self, partition: int) -> PartitionFold:
        return PartitionFold(partition, self.settings.partitions, Ledger(self.figures))

    def _seek(self, partition: int) -> None:
        self._consumer.seek(TopicPartition(DOSSIERS, partition), self.held.assigned[partition].intake.seek)

    def _seek_all(self) -> None:
        """Go back to where the states stand: what was fetched around a rebalance counts for nothing."""
        for where in self._consumer.assignment():
            if where.partition in self.held.assigned:
                self._seek(where.partition)

    async def _required_log(self, marks: Mapping[int, Watermark]) -> dict[int, Ends]:
        """Return where each partition ends for a reader, and at all, open transactions included.

        Raises LogError where the log lost its beginning, or ends before what was sent.
        """
        where = [TopicPartition(DOSSIERS, partition) for partition in marks]
        starts, reachable = await self._consumer.beginning_offsets(where), await self._consumer.end_offsets(where)
        ends = await high_watermarks(self.settings, *where) if where else {}
        for place in where:
            if starts[place]:
                message = f"{place.topic}, partition {place.partition}: begins at {starts[place]}; restore the log"
                raise LogError(message)
            if ends[place] < marks[place.partition].stop:
                message = (
                    f"{place.topic}, partition {place.partition}: ends at {ends[place]}, but rows were sent up to "
                    f"{marks[place.partition].stop}; restore the log, or begin a new epoch (OCMW_KAFKA_EPOCH)"
                )
                raise LogError(message)
        return {place.partition: Ends(reachable[place], ends[place]) for place in where}

    async def _step(self, partition: int, fetched: Records) -> None:
        assigned = self.held.assigned.get(partition)
        if assigned is None:
            return
        try:
            began = asyncio.get_running_loop().time()
            outputs = await asyncio.to_thread(_folded, assigned.intake, fetched)
            self._metrics.took("ocmw_fold_seconds", asyncio.get_running_loop().time() - began)
            for output in outputs:
                self._brake(output)
                await self._send(partition, output, fetched)
        except SnapshotRefusedError as refused:
            LOG.warning("snapshot refused", partition=partition, reason=str(refused))
            self._begin(self._empty(partition), assigned.intake.watermark, assigned.until)
        except BaseException:
            self.held.assigned.pop(partition)  # half a step: nobody may keep a snapshot of it
            raise

    async def _send(self, partition: int, output: Output, fetched: Records) -> None:
        """Send what a step sends, in order, each kind acknowledged before the next. Any refusal ends the worker."""
        if output.set_aside:
            await self._set_aside(partition, output, fetched)
        await send_summaries(self._producer, self.settings, partition, output.summaries)
        sent = [
            await self._producer.send(rows_topic(self.settings), value=batch.encoded(), partition=partition)
            for batch in output.batches
        ]
        for acknowledged in sent:
            await acknowledged
        if output.marker is not None:
            value = output.marker.encoded()
            await self._producer.send_and_wait(rows_topic(self.settings), value=value, partition=partition)

    def _brake(self, output: Output) -> None:
        """Count what is about to be set aside; below the watermark nothing is, so a repeated step counts nothing."""
        if output.batches and not self.settings.brake_override:
            first = output.batches[0]
            self._braking.note(first.stop - first.start, len(output.set_aside))

    async def _set_aside(self, partition: int, output: Output, fetched: Records) -> None:
        sent = []
        for offset, number in output.set_aside:
            key, value = fetched.at(offset)
            fault = fault_of_value(number, value or b"")
            headers = [
                ("slug", fault.slug.encode()),
                ("partition", str(partition).encode()),
                ("offset", str(offset).encode()),
                ("detail", fault.detail.encode()),
            ]
            if fault.slug in WITHHELD:
                key, value = None, None
            kept = value if key else value or b""  # the client refuses a record without anything
            sent.append(
                await self._producer.send(DEAD_LETTERS, key=key, value=kept, partition=partition, headers=headers)
            )
        for acknowledged in sent:
            await acknowledged

    async def _note_passed(self) -> None:
        """Note how far the log is read: what a fetch brought is folded now, and its output acknowledged."""
        mine = self._consumer.assignment()
        for partition, assigned in self.held.assigned.items():
            place = TopicPartition(DOSSIERS, partition)
            if place in mine:
                assigned.passed = await self._consumer.position(place)

    async def _tell_due(self, *, busy: bool) -> None:
        """Tell what receipts are made of, between steps; see processors/protocol/intake.py for what is owed.

        While events come in, one partition a round: all in one round let live figures wait for 0.2 s. Not before all
        partitions have caught up: of one that has not, the last word is far and the words before cost more than the
        fold does; and those of the others would keep it waiting.
        """
        if self.waits():
            return
        now = asyncio.get_running_loop().time()
        for partition, assigned in sorted(self.held.assigned.items(), key=lambda held: held[1].tell_due):
            if assigned.tell_due > now:
                return
            assigned.tell_due = now + TELL_SECONDS
            summaries = assigned.intake.tell()
            await send_summaries(self._producer, self.settings, partition, summaries)
            if busy and summaries:
                return

    async def _snapshot_one(self) -> None:
        """Begin to keep the snapshot that is due longest, one at a time, so that rounds stay short."""
        if self._keeper.is_writing:
            return
        await self._keeper.settle()
        now = asyncio.get_running_loop().time()
        partition = min(self.held.assigned, key=lambda key: self.held.assigned[key].snapshot_due, default=None)
        if partition is not None and self.held.assigned[partition].snapshot_due <= now:
            self.held.assigned[partition].snapshot_due = now + self.settings.snapshot_seconds
            await self._keep(partition)

    async def _commit_due(self) -> None:
        """Commit for who measures lag from outside; where we stand is decided by the output, so it may fail.

        It does when this worker was too slow and is no member any more: it then joins again by itself.
        """
        now = asyncio.get_running_loop().time()
        news = {number: one.position for number, one in self.held.assigned.items() if one.position != one.committed}
        if now < self._commit_at or not news:
            return
        self._commit_at = now + COMMIT_SECONDS
        try:
            await self._consumer.commit({TopicPartition(DOSSIERS, number): at for number, at in news.items()})
        except (CommitFailedError, IllegalStateError):
            LOG.warning("no member of the group any more, joining again", count=len(news))
            return
        for number, at in news.items():
            self.held.assigned[number].committed = at

    async def _keep(self, partition: int) -> None:
        fold = self.held.assigned[partition].intake.fold
        if fold.position.stop:
            made = partial(partition_snapshot, fold, self.figures, DOSSIERS)
            await self._keeper.keep(self.snapshot_of(partition), made)

    async def _drop(self, partitions: list[int]) -> None:
        for partition in partitions:
            await self._keep(partition)
            del self.held.assigned[partition]
        await self._keeper.settle()


def _folded(intake: PartitionIntake, fetched: Records) -> list[Output]:
    return list(intake.take(fetched))


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is not typed
    """Passes rebalances on; what fails in them must end the worker, and aiokafka would only log it."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._guarded(self._intake.revoke, revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        await self._guarded(self._intake.assign, assigned)

    async def _guarded(self, act: object, places: set[TopicPartition]) -> None:
        try:
            await act(place.partition for place in places)  # type: ignore[operator]  # one of the two methods above
        except Exception as error:  # noqa: BLE001 - whatever it is, this worker may not go on
            await self._intake.crash(error)
