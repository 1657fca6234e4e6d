"""Thousands of schedules against the protocol's own objects: whatever is killed, paused or late, releases are exact.

A world of a log, its output and a home of releases, in memory. Workers are the project's own ``PartitionIntake``,
``Alignment`` and ``Gathered``; the schedule decides who acts next, dies in the middle of a step, wakes up as a zombie,
loses its disk, or closes at the same time as another, and when the broker loses the end of the output. At the end
fresh workers finish, and every release must hold what one gulp of each partition up to its first closing gives.

What this is worth is tried beside it: with one rule of the protocol left out, some schedule must go wrong. Five rules
are tried so. The rest is either replayed here and not the project's own code (who is elected, what is read again, the
order in which a closer writes: the tests of a real broker have those), or only turns an error into a sentence.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random

import numpy as np
import pytest
from kafka_events import claim, closing

from processors.admission.keys import person_in, row_place_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS, Ledger, Tables
from processors.protocol import intake
from processors.protocol.all_rows import Gathered
from processors.protocol.barrier import Alignment, GapError, Source
from processors.protocol.intake import (
    Output,
    PartitionIntake,
    SnapshotRefusedError,
    Watermark,
    believable,
    watermark_of,
)
from processors.protocol.partition import LogError, PartitionFold
from processors.protocol.partitioner import partitions_of
from processors.protocol.receipt_sums import Tally
from processors.protocol.receipts import OcmwSummary, Sources, heard
from processors.protocol.records import records_of
from schemas.periods import parse_month, to_yyyymm
from schemas.releases import Update
from schemas.rows import CutReached, Rows, RowsBatch, message_of
from schemas.settings import FigureSettings

SETTINGS = FigureSettings()
PARTITIONS = 2
UPDATES = 3
SCHEDULES, CHUNKS = 2000, 8
ACTS = 100

Record = tuple[bytes | None, bytes, int | None]
"""Key, value, number of a closing."""
Message = bytes
Receipts = dict[tuple[int, int], Sources]
"""What the agents know, by OCMW and statement month."""
TELL_EVERY = 7


def persons() -> list[list[bytes]]:
    """Return a few person keys of each partition."""
    data = np.random.default_rng(1).bytes(16 * 12)
    targets = partitions_of(np.frombuffer(data, np.uint8), np.arange(0, len(data), 16), PARTITIONS).tolist()
    keys = [data[at : at + 16] for at in range(0, len(data), 16)]
    return [
        [key for key, target in zip(keys, targets, strict=True) if target == number] for number in range(PARTITIONS)
    ]


PERSONS = persons()


@cache
def _claim(person: bytes, number: int) -> bytes:
    return claim(person, number, 1 + number % 4, 1000 * number)


@cache
def copy_of(update: Update) -> Record:
    return None, closing(update.update_id, to_yyyymm(update.reference_month)), update.sequence


ACCEPTED = [Update(number, f"u{number}", parse_month("2024-06")) for number in range(1, UPDATES + 1)]

Figures = Counter[frozenset[tuple[int, ...]]]
"""What a ledger holds, persons without names: how many have exactly these rows."""


def figures(rows: np.ndarray) -> Figures:
    held: dict[int, set[tuple[int, ...]]] = {}
    for row in rows.tolist():
        measures = (row_place_in(row[KEY]), row[AMOUNT], row[STATE_SHARE], row[DAYS], row[TRAITS])
        held.setdefault(person_in(row[KEY]), set()).add(measures)
    return Counter(frozenset(of_person) for of_person in held.values())


def copied(ledger: Ledger) -> Ledger:
    return Ledger(SETTINGS, Tables._make(np.array(table) for table in ledger.trimmed()))


def kept(fold: PartitionFold) -> PartitionFold:
    """Return the fold as a snapshot gives it back."""
    closings = type(fold.closings)(list(fold.closings.accepted))
    return PartitionFold(
        fold.partition,
        PARTITIONS,
        copied(fold.ledger),
        closings,
        fold.position,
        fold.barrier,
        fold.outcomes.copy(),
        Tally(*(column.copy() for column in fold.tally.trimmed())),
    )


@dataclass
class IntakeWorker:
    """An assignment of a partition, alive until it is forgotten; ``due`` is what its step still sends."""

    intake: PartitionIntake
    position: int
    disk: int
    due: list[Message | OcmwSummary] = field(default_factory=list)


@dataclass
class PublishWorker:
    """A publisher that believes to be active."""

    alignment: Alignment
    gathered: Gathered
    positions: list[int]
    lasts: list[Message] = field(default_factory=lambda: [b""] * PARTITIONS)


@dataclass
class Closer:
    """Someone who closes all accepted updates from one on, partition by partition."""

    update: int
    partition: int = 0


class World:
    """The log, the output, the home, and everybody who acts on them."""

    def __init__(self, seed: int) -> None:
        """Begin with an empty log; the seed decides everything that happens."""
        self.random = Random(seed)  # noqa: S311 - a schedule, no secret
        self.log: list[list[Record]] = [[] for _ in range(PARTITIONS)]
        self.output: list[list[Message]] = [[] for _ in range(PARTITIONS)]
        self.home: list[Figures] = []
        self.requested = 0
        self.closers: list[Closer] = []
        self.intakes: list[list[IntakeWorker]] = [[] for _ in range(PARTITIONS)]
        self.publishers: list[PublishWorker] = []
        self.disks: list[dict[int, PartitionFold]] = [{}, {}]
        self.publish_disk: PublishWorker | None = None
        self.receipts: Receipts = {}
        self.events = 0

    # the outside

    def append(self) -> None:
        """Let claims arrive: new ones, repeated ones, one that is cut short, one in the wrong partition."""
        partition = self.random.randrange(PARTITIONS)
        for _ in range(self.random.randint(1, 4)):
            self.events += 1
            number = self.random.choice([self.events, self.events, self.random.randint(1, self.events)])
            person = self.random.choice(PERSONS[partition if self.random.random() < 0.9 else 0])
            value = _claim(person, number)
            if self.random.random() < 0.05:
                value = value[: self.random.randrange(len(value))]
            self.log[partition].append((person, value, None))

    def request(self) -> None:
        """Ask to close the next update."""
        if self.requested < UPDATES:
            self.requested += 1
            self.closers.append(Closer(len(self.home) + 1))

    def close_again(self) -> None:
        """Repeat a request that was accepted."""
        self.closers.append(Closer(len(self.home) + 1))

    def closer_acts(self) -> None:
        """Write one closing into one partition, or die."""
        closer = self.random.choice(self.closers)
        if closer.update > self.requested or self.random.random() < 0.1:
            self.closers.remove(closer)
            return
        self.log[closer.partition].append(copy_of(ACCEPTED[closer.update - 1]))
        closer.partition += 1
        if closer.partition == PARTITIONS:
            closer.partition = 0
            closer.update += 1

    # intake

    def assign(self) -> None:
        """Give a partition to a new worker; the old one may not know it yet."""
        partition = self.random.randrange(PARTITIONS)
        if self.random.random() < 0.4:
            self.intakes[partition].clear()
        self.intakes[partition].append(self.taken_over(partition, self.random.randrange(2)))

    def taken_over(self, partition: int, disk: int) -> IntakeWorker:
        """Return a worker as an assignment makes it."""
        mark = watermark_of(map(message_of, self.output[partition])) or Watermark()
        fold = self.disks[disk].get(partition)
        fold = PartitionFold(partition, PARTITIONS, Ledger(SETTINGS)) if fold is None else kept(fold)
        if not believable(fold, mark):
            fold = PartitionFold(partition, PARTITIONS, Ledger(SETTINGS))
        intake = PartitionIntake(fold, mark, self.random.randbytes(16), TELL_EVERY)
        return IntakeWorker(intake, intake.seek, disk)

    def intake_acts(self) -> None:
        """Let some worker act, zombies too."""
        alive = [worker for workers in self.intakes for worker in workers]
        if alive:
            self.act(self.random.choice(alive), self.random.randint(1, 6))

    def act(self, worker: IntakeWorker, most: int) -> None:
        """Send one message of the step, or begin the next step."""
        partition = worker.intake.fold.partition
        if worker.due:
            self.send(partition, worker.due.pop(0))
            return
        if self.random.random() < 0.1:
            worker.due = list(worker.intake.tell())
            return
        fetched = self.log[partition][worker.position : worker.position + most]
        if fetched:
            offsets = range(worker.position, worker.position + len(fetched))
            numbers = {row: number for row, (_, _, number) in enumerate(fetched) if number is not None}
            keys, values = [key for key, _, _ in fetched], [value for _, value, _ in fetched]
            outputs = list(worker.intake.take(records_of(offsets, keys, values, numbers)))
            worker.due = [message for output in outputs for message in _messages(output)]
            worker.position += len(fetched)

    def send(self, partition: int, message: Message | OcmwSummary) -> None:
        """Send a message, sometimes twice; the agents hear a summary at once."""
        if isinstance(message, OcmwSummary):
            key = (message.ocmw, message.statement_month)
            self.receipts[key] = heard(self.receipts.get(key, {}), partition, message.summary)
        else:
            self.output[partition].extend([message] * (2 if self.random.random() < 0.05 else 1))

    def snapshot(self) -> None:
        """Keep a snapshot between two steps."""
        idle = [worker for workers in self.intakes for worker in workers if not worker.due]
        if idle:
            worker = self.random.choice(idle)
            self.disks[worker.disk][worker.intake.fold.partition] = kept(worker.intake.fold)

    def lose_disk(self) -> None:
        """Lose the snapshots of a machine."""
        self.disks[self.random.randrange(2)].clear()

    def lose_output(self) -> None:
        """Lose the last messages of a partition with the broker; whoever was connected to it starts again."""
        partition = self.random.randrange(PARTITIONS)
        self.intakes[partition].clear()
        self.publishers.clear()
        del self.output[partition][len(self.output[partition]) - self.random.randint(0, 4) :]

    # publish

    def elect(self) -> None:
        """Make a publisher active; the old one may not know it yet."""
        if self.random.random() < 0.6:
            self.publishers.clear()
        self.publishers.append(self.elected(fresh=self.random.random() < 0.3))

    def elected(self, *, fresh: bool) -> PublishWorker:
        """Return a publisher as an election makes it."""
        snapshot = self.publish_disk
        if fresh or snapshot is None or snapshot.alignment.released > len(self.home) or not self.same_output(snapshot):
            sources = [Source() for _ in range(PARTITIONS)]
            gathered = Gathered(Ledger(SETTINGS), PARTITIONS)
            return PublishWorker(Alignment(sources, len(self.home)), gathered, [0] * PARTITIONS)
        worker = _copied(snapshot)
        while worker.alignment.released < len(self.home):
            worker.alignment.release()
        return worker

    def same_output(self, worker: PublishWorker) -> bool:
        """Tell whether the last message that a publisher read of each partition is still there."""
        read = zip(self.output, worker.positions, worker.lasts, strict=True)
        return all(not position or output[position - 1 : position] == [last] for output, position, last in read)

    def publish_acts(self) -> None:
        """Let some publisher act, zombies too; who loses the creation of a release ends."""
        if self.publishers:
            worker = self.random.choice(self.publishers)
            if not self.publish(worker, self.random.randint(1, 8)):
                self.publishers.remove(worker)

    def publish(self, worker: PublishWorker, most: int) -> bool:
        """Hear messages of one partition after the other, release what is due; False when another released it."""
        for partition in range(PARTITIONS):
            for _ in range(most):
                position = worker.positions[partition]
                waits = worker.alignment.sources[partition].marker is not None
                if waits or position >= len(self.output[partition]):
                    break
                worker.positions[partition] += 1
                worker.lasts[partition] = self.output[partition][position]
                _hear(worker, message_of(self.output[partition][position]))
        update = worker.alignment.aligned()
        if update is None:
            return True
        if update.sequence <= len(self.home):
            return False
        assert update == ACCEPTED[len(self.home)]
        self.home.append(figures(worker.gathered.ledger.rows))
        worker.alignment.release()
        return True

    def publish_snapshot(self) -> None:
        """Keep a snapshot of a publisher."""
        if self.publishers:
            self.publish_disk = _copied(self.random.choice(self.publishers))

    # the schedule

    def run(self, acts: int) -> None:
        """Let the schedule decide what happens."""
        actions = {
            self.append: 20, self.request: 3, self.close_again: 2, self.closer_acts: 8, self.assign: 4,
            self.intake_acts: 40, self.snapshot: 5, self.lose_disk: 1, self.elect: 3, self.publish_acts: 14,
            self.publish_snapshot: 2, self.lose_output: 1,
        }  # fmt: skip
        for act in self.random.choices(list(actions), list(actions.values()), k=acts):
            if act != self.closer_acts or self.closers:
                act()

    def finish(self) -> None:
        """Let fresh workers end what was begun; old ones are gone."""
        while self.requested < UPDATES:
            self.request()
        for update in ACCEPTED[len(self.home) :]:
            for log in self.log:
                log.append(copy_of(update))
        for partition in range(PARTITIONS):
            worker = self.taken_over(partition, 0)
            while worker.due or worker.position < len(self.log[partition]):
                self.act(worker, 7)
            for summary in worker.intake.tell():
                self.send(partition, summary)
        publisher = self.elected(fresh=False)
        while len(self.home) < UPDATES:
            before = (len(self.home), list(publisher.positions))
            self.publish(publisher, 50)
            assert (len(self.home), publisher.positions) != before, "publish does not get on"

    def expected(self) -> Iterator[Figures]:
        """Yield what each release must hold: each partition in one gulp up to its first copy of the closing."""
        for number in range(1, UPDATES + 1):
            total: Figures = Counter()
            for partition, log in enumerate(self.log):
                until = next(row for row, record in enumerate(log) if record[2] == number) + 1
                total += figures(gulp(partition, log[:until]).ledger.rows)
            yield total

    def expected_receipts(self) -> Receipts:
        """Return what the agents must know: what each partition, in one gulp, says of its senders."""
        receipts: Receipts = {}
        for partition, log in enumerate(self.log):
            for one in gulp(partition, log).tally.touched_after(0):
                receipts.setdefault((one.ocmw, one.statement_month), {})[partition] = one.summary
        return receipts


def gulp(partition: int, log: list[Record]) -> PartitionFold:
    fold = PartitionFold(partition, PARTITIONS, Ledger(SETTINGS))
    numbers = {row: number for row, (_, _, number) in enumerate(log) if number is not None}
    keys, values = [key for key, _, _ in log], [value for _, value, _ in log]
    for _ in fold.fold(records_of(range(len(log)), keys, values, numbers)):
        pass
    return fold


def _messages(output: Output) -> Iterator[Message | OcmwSummary]:
    yield from output.summaries
    for batch in output.batches:
        yield from _in_parts(batch)
    if output.marker is not None:
        yield output.marker.encoded()


def _in_parts(batch: RowsBatch) -> Iterator[Message]:
    """Cut a batch as if two rows filled a part: small histories have batches of several parts too."""
    count = len(batch.rows.person)
    parts = max(1, -(-count // 2))
    for part in range(parts):
        rows = batch.rows.slice(2 * part, 2 * part + 2)
        yield batch._replace(part=part, parts=parts, rows=rows).encoded()


def _hear(worker: PublishWorker, message: RowsBatch | CutReached) -> None:
    if isinstance(message, CutReached):
        worker.alignment.hear_marker(message)
        return
    for rows in worker.alignment.hear_batch(message) or []:
        worker.gathered.put(message.partition, rows)


def _copied(worker: PublishWorker) -> PublishWorker:
    sources = [
        Source(source.stop, {key: dict(parts) for key, parts in source.halves.items()}, source.marker)
        for source in worker.alignment.sources
    ]
    gathered = Gathered(copied(worker.gathered.ledger), PARTITIONS, worker.gathered.touched.copy())
    return PublishWorker(
        Alignment(sources, worker.alignment.released), gathered, list(worker.positions), list(worker.lasts)
    )


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_schedule_gives_exact_releases_once_and_in_order(chunk: int) -> None:
    size = SCHEDULES // CHUNKS
    for seed in range(chunk * size, (chunk + 1) * size):
        world = World(seed)
        world.run(ACTS)
        world.finish()
        assert world.home == list(world.expected()), f"schedule {seed}"
        assert world.receipts == world.expected_receipts(), f"schedule {seed}"


def wrong(seed: int) -> bool:
    """Tell whether a schedule goes wrong: another release, other receipts, or an error of the protocol."""
    world = World(seed)
    try:
        world.run(ACTS)
        world.finish()
    except (AssertionError, GapError, LogError):
        return True
    return world.home != list(world.expected()) or world.receipts != world.expected_receipts()


def hear_what_is_had(self: Alignment, batch: RowsBatch) -> list[Rows] | None:
    """Hear a batch without asking whether it reaches further."""
    source = self.sources[batch.partition]
    half = source.halves.setdefault((batch.session, batch.start, batch.stop), {})
    half[batch.part] = batch.rows
    source.stop = max(source.stop, batch.stop)
    return [half[part] for part in range(batch.parts)] if len(half) == batch.parts else None


def watermark_of_any_part(messages: Iterable[RowsBatch | CutReached]) -> Watermark | None:
    """Take a batch for sent when a part of it was."""
    stops = [Watermark(one.stop, one.digest) for one in messages if not isinstance(one, CutReached)]
    return max(stops, key=lambda watermark: watermark.stop, default=None)


def first_marker(self: Alignment) -> Update | None:
    """Release as soon as one partition has reached the closing."""
    return next((source.marker.update for source in self.sources if source.marker), None)


LEFT_OUT: dict[str, list[tuple[object, str, Callable[..., object]]]] = {
    "what is had is ignored": [(Alignment, "hear_batch", hear_what_is_had)],
    "a batch is sent when all its parts are": [(sys.modules[__name__], "watermark_of", watermark_of_any_part)],
    "a snapshot beyond the watermark is dropped": [
        (place, "believable", lambda _fold, _watermark: True) for place in (intake, sys.modules[__name__])
    ],
    "the marker at the watermark is sent again": [(PartitionIntake, "_arrived", lambda _self: iter(()))],
    "a release waits for all partitions": [(Alignment, "aligned", first_marker)],
}


@pytest.mark.parametrize("rule", LEFT_OUT)
def test_without_a_rule_some_schedule_goes_wrong(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name, without in LEFT_OUT[rule]:
        monkeypatch.setattr(place, name, without)
    assert any(wrong(seed) for seed in range(SCHEDULES))


def test_a_log_that_was_replaced_is_noticed_by_its_snapshot() -> None:
    world = World(0)
    world.log[0] = [(PERSONS[0][0], claim(PERSONS[0][0], 1, 1, 100), None)]
    worker = world.taken_over(0, 0)
    world.act(worker, 1)
    while worker.due:
        world.act(worker, 1)
    world.disks[0][0] = kept(worker.intake.fold)
    world.log[0] = [(PERSONS[0][0], claim(PERSONS[0][0], 2, 1, 100), None)]
    with pytest.raises(SnapshotRefusedError):
        world.act(world.taken_over(0, 0), 1)
