"""The active publisher: all rows of all partitions, and a release whenever all of them have reached a closing.

Its state is a function of the rows topic; a snapshot spares reading it from the beginning. The home directory decides
what is released: its highest number is the current one. Of two publishers that make the same release only one can link
it, so a publisher that does not know it was replaced does no harm and ends.

Between two closings it shows live figures (``streams.kafka.release.live``); no figure of a release comes from there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import xxhash
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from processors.admission.ledger import Ledger
from processors.protocol.all_rows import Gathered
from processors.protocol.barrier import Alignment, Source
from schemas.live import Reflects
from schemas.releases import Release, Update
from schemas.rows import CutReached, Rows, RowsBatch, message_of
from schemas.settings import FigureSettings
from sinks.directory.snapshot import renew
from sinks.directory.store import DirectoryStore
from streams.kafka.clients import records_between
from streams.kafka.release.live import Live
from streams.kafka.settings import KafkaSettings
from streams.kafka.snapshots import NOTHING, Keeper, Last, load_publish, publish_snapshot
from streams.kafka.topics import rows_topic
from streams.release.closing import counted_at_closing
from streams.release.cut import Cut
from streams.release.indicators import Changes
from streams.shell.metrics import Metrics

LOG = structlog.get_logger("ocmw.publish")
POLL_MS = 200

SELDOM = 100
"""A snapshot is made only so many times its own duration after the last: nothing is heard while it is copied, so live
figures come late, and fewer than one of a hundred may."""

Released = Callable[[Release], Awaitable[None]]

_Reached = tuple[int, dict[int, Last]]
"""The release that all partitions have passed, and the last message heard of each."""


class Publisher:
    """What an active publisher knows and does; ``alignment`` and ``gathered`` may be read at any time."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it reads, keeps and tells
        self,
        settings: KafkaSettings,
        figures: FigureSettings,
        store: DirectoryStore,
        reader: AIOKafkaConsumer,
        live: Live,
        metrics: Metrics,
    ) -> None:
        """Take a store that is open for writing, a started consumer in no group, and the store's live figures."""
        self._settings = settings
        self._figures = figures
        self._store = store
        self._reader = reader
        self._live = live
        self._metrics = metrics
        self._places = [TopicPartition(rows_topic(settings), number) for number in range(settings.partitions)]
        self._lasts: dict[int, Last] = {}
        self._passed: dict[int, int] = {}
        self._snapshot_due = 0.0
        self._keeper = Keeper()
        self._kept: _Reached | None = None
        self._until: dict[int, int] = {}
        self._following: asyncio.Future[None] | None = None
        self.release: Release | None = store.release() if store.latest() else None
        self._begin_anew()

    async def resume(self) -> None:
        """Go to where the snapshot stands, or to the beginning where there is none to believe."""
        self._reader.assign(self._places)
        kept = await asyncio.to_thread(
            load_publish, self.snapshot_path, self._figures, self._settings.partitions, self._made_of
        )
        behind = [0] * len(self._places)
        if kept is not None and kept[1].released <= self._store.latest() and await self._same_topic(kept[2]):
            self.gathered, self.alignment, self._lasts = kept
            self._kept = self._reached
            behind = self._caught_up()
        self._live.begin(self.gathered, self.release, behind)
        self._reader.resume(*self._places)
        for place in self._places:
            self._reader.seek(place, self.positions[place.partition])
        self._pause_waiting()
        self._until = await self.ends()

    @property
    def positions(self) -> dict[int, int]:
        """The next offset to read of each partition of the rows."""
        return {
            place.partition: max(
                self._lasts.get(place.partition, NOTHING).offset + 1, self._passed.get(place.partition, 0)
            )
            for place in self._places
        }

    async def ends(self) -> dict[int, int]:
        """Return where each partition of the rows ends now."""
        return {place.partition: end for place, end in (await self._reader.end_offsets(self._places)).items()}

    def waits(self) -> str:
        """Say what is missing until all is read that there was when this publisher resumed; "" when nothing is."""
        positions = self.positions
        for partition, until in self._until.items():
            if positions[partition] < until:
                return f"{until - positions[partition]} messages of partition {partition} are not read yet"
        return ""

    def has_read(self, ends: Mapping[int, int]) -> bool:
        """Tell whether each partition is read up to an end, or waits at a closing that not all have reached."""
        positions, waiting = self.positions, _waiting(self.alignment)
        return all(partition in waiting or positions[partition] >= end for partition, end in ends.items())

    def _begin_anew(self) -> None:
        self.gathered = Gathered(Ledger(self._figures), self._settings.partitions)
        self.alignment = Alignment([Source() for _ in self._places], self._store.latest())

    def _caught_up(self) -> list[int]:
        """Let partitions go on that wait for a closing which was released after the snapshot was kept.

        Return the number of the last closing that each partition has passed.
        """
        behind = [self.alignment.released] * len(self._places)
        while self.alignment.released < self._store.latest():
            for partition in _waiting(self.alignment):
                self.gathered.forget_touched([partition])
                behind[partition] = self.alignment.released + 1
            self.alignment.release()
        return behind

    async def run_once(self, released: Released) -> None:
        """Hear what there is, and make the release that is due. Raises GapError, ReleaseExistsError."""
        fetched = await self._reader.getmany(timeout_ms=POLL_MS)
        for place, records in fetched.items():
            await self._hear(place, records)
        self._passed = {place.partition: await self._reader.position(place) for place in self._places}
        await self._live.turn(self.gathered.ledger, self._reflects)
        if self._following is not None and self._following.done():
            await self._followed()
        update = self.alignment.aligned()
        if update is not None:
            await self._followed()
            await self._release(update, released)
        await self._snapshot_when_due()

    def follow(self, released: Released) -> None:
        """Begin to tell the followers of the current release; hearing and live figures go on meanwhile.

        The next release waits until they are done, and what fails in them fails the next call of ``run_once``.
        """
        if self.release is not None:
            self._following = asyncio.ensure_future(released(self.release))

    async def follow_again(self, released: Released) -> None:
        """Tell the followers once more, after what they hear now: something else than a release is new."""
        await self._followed()
        self.follow(released)

    async def _followed(self) -> None:
        if self._following is not None:
            following, self._following = self._following, None
            await following

    async def _hear(self, place: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        """Hear records of a partition, up to a closing at which it must wait."""
        heard = await asyncio.to_thread(self._taken, place.partition, records)
        if heard < len(records):
            self._reader.seek(place, records[heard].offset)
        self._pause_waiting()

    def _taken(self, partition: int, records: Sequence[ConsumerRecord]) -> int:
        """Take in messages and return how many: fewer than all when the partition must wait."""
        for number, record in enumerate(records, start=1):
            value = record.value or b""
            waits = self._take(partition, message_of(value), record.timestamp)
            self._lasts[partition] = Last(record.offset, _digest(value), record.timestamp)
            if waits:
                return number
        return len(records)

    def _take(self, partition: int, message: RowsBatch | CutReached, written: int) -> bool:
        if isinstance(message, CutReached):
            if self.alignment.hear_marker(message):
                return True
            if self.alignment.stands_at(message):
                self.gathered.forget_touched([partition])
                self._live.passed(partition, message.update.sequence)
            return False
        rows: list[Rows] | None = self.alignment.hear_batch(message)
        if rows is not None:
            for part in rows:
                self._live.hears(partition, part, self.gathered)
                self.gathered.put(partition, part)
            self._live.heard(partition, rows, message.stop, written)
        return False

    async def _release(self, update: Update, released: Released) -> None:
        await self._live.turn(self.gathered.ledger, self._reflects, at_once=True)
        began = asyncio.get_running_loop().time()
        self.release = await asyncio.to_thread(self._made, update)
        self._metrics.took("ocmw_cut_seconds", asyncio.get_running_loop().time() - began)
        self.gathered.forget_touched(range(self._settings.partitions))
        self.alignment.release()
        self.follow(released)
        await self._live.released(self.release, self._reflects, self._store.read_blocks)
        self._reader.resume(*self._places)
        LOG.info("released", number=update.sequence, update=update.update_id)

    def _made(self, update: Update) -> Release:
        ledger, touched = self.gathered.ledger, self.gathered.touched_by_any()
        cut = Cut(update, self.release, touched, ledger.tables.exists, self._figures, self._store)
        changes = Changes(touched, self.gathered.facts_since())
        return self._store.publish(counted_at_closing(self._store, ledger, cut, changes))

    def _pause_waiting(self) -> None:
        waiting = [self._places[partition] for partition in _waiting(self.alignment)]
        if waiting:
            self._reader.pause(*waiting)

    async def _snapshot_when_due(self) -> None:
        if self._keeper.is_writing:
            return
        await self._keeper.settle()
        began = asyncio.get_running_loop().time()
        if began >= self._snapshot_due:
            await self.snapshot()
            took = asyncio.get_running_loop().time() - began
            self._snapshot_due = began + max(self._settings.snapshot_seconds, SELDOM * took)

    async def end(self) -> None:
        """Finish what is running beside, and keep the state."""
        await self._followed()
        await self._live.settle()
        await self.snapshot()
        await self._keeper.settle()

    async def snapshot(self) -> None:
        """Keep the state as it is between two calls of ``run_once``; written only where it is another than before.

        It is copied, and written while the publisher goes on.
        """
        if self._reached == self._kept and await asyncio.to_thread(renew, self.snapshot_path):
            return
        made = partial(publish_snapshot, self.gathered, self.alignment, self._lasts, self._made_of)
        await self._keeper.keep(self.snapshot_path, made)
        self._kept = self._reached

    @property
    def _reached(self) -> _Reached:
        """What the state is a function of."""
        return self.alignment.released, dict(self._lasts)

    @property
    def _reflects(self) -> Reflects:
        """What live figures made now reflect."""
        positions = tuple(source.stop for source in self.alignment.sources)
        written = max((last.written for last in self._lasts.values()), default=0)
        return Reflects(self.alignment.released, positions, written)

    async def _same_topic(self, lasts: dict[int, Last]) -> bool:
        """Tell whether the last message read of each partition is still there, and still the same."""
        ends = await self._reader.end_offsets(self._places)
        for partition, last in lasts.items():
            place = self._places[partition]
            if ends[place] <= last.offset or await self._digest_at(place, last.offset) != last.digest:
                LOG.error("snapshot of another rows topic, starting from the beginning", partition=partition)
                return False
        return True

    async def _digest_at(self, place: TopicPartition, offset: int) -> str:
        self._reader.pause(*self._places)
        self._reader.resume(place)
        async for fetched in records_between(self._reader, place, offset, offset + 1):
            return _digest(fetched[0].value or b"")
        return ""

    @property
    def snapshot_path(self) -> Path:
        """Where the snapshot lies."""
        return self._settings.state / f"epoch-{self._settings.epoch}" / "publish.snapshot"

    @property
    def _made_of(self) -> dict[str, Any]:
        return {
            "topic": rows_topic(self._settings),
            "partitions": self._settings.partitions,
            "settings": self._figures.counted.remembered,
        }


def _waiting(alignment: Alignment) -> list[int]:
    return [number for number, source in enumerate(alignment.sources) if source.marker is not None]


def _digest(value: bytes) -> str:
    return xxhash.xxh3_128(value).hexdigest()
