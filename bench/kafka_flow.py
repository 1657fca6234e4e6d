"""The flow on real workers: a cold start, live figures under load, a late update as far as Redis, kills."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import redis
from aiokafka import AIOKafkaConsumer, TopicPartition

from processors.admission.decoding import UPDATE_CLOSED, batch_of, decode
from processors.rules import rules
from schemas.log import LogFile
from schemas.rows import CutReached, message_of
from schemas.settings import FigureSettings
from sinks.directory.live import LiveHome
from sinks.directory.store import DirectoryStore
from sinks.redis.live import STATE
from sinks.redis.names import prefix
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.emit import Emitter
from streams.kafka.intake.watermarks import watermarks
from streams.kafka.roles.supervisor import command
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS, rows_topic
from streams.kafka.updates import closing, last_released
from streams.servers.redis import RedisServer

HISTORY_UPDATES = 20
"""Closings of the history before the live events. Only the last two are closed here: two releases hold all, so what
did not vary is published, and as many months are open as each month of practice has."""
REFERENCE_MONTHS = {HISTORY_UPDATES - 1: 202307, HISTORY_UPDATES: 202308}
LATE_REFERENCE_MONTH = 202309
RELEASES = len(REFERENCE_MONTHS)
PATIENCE = 600.0

Line = tuple[str, str]


class Sent(NamedTuple):
    """Events acknowledged together: when, how many, and where the log then ended."""

    at: float
    events: int
    ends: tuple[int, ...]


class Seen(NamedTuple):
    """What stood at a moment: how far each partition is in the rows and in the store, and all together in Redis."""

    at: float
    rows: tuple[int, ...]
    positions: tuple[int, ...]
    redis: int


class Nobody:
    """A closer that closes nothing."""

    async def close(self, _update_id: str, _reference_month: int) -> None:
        """Do nothing."""


class Flow:
    """Workers, a Redis and a store of their own; a context manager that ends what it started."""

    def __init__(self, settings: KafkaSettings, folder: Path, log: Path) -> None:
        """Start nothing yet."""
        self.settings = settings
        self.store = folder / "store"
        self._folder = folder
        self._file = LogFile.open(log)
        self._blocks = self._file.blocks()
        self._places = [TopicPartition(DOSSIERS, partition) for partition in range(settings.partitions)]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._server = RedisServer(folder)

    def __enter__(self) -> Self:
        """Start Redis."""
        self._server.start()
        self._redis = redis.Redis.from_url(self._server.url)
        return self

    def __exit__(self, *_: object) -> None:
        """End all."""
        for name in list(self._processes):
            self._kill(name)
        self._server.stop()

    def emitted(self) -> int:
        """Send the history up to its last closing, and close that; return the records that then wait."""

        async def send() -> int:
            async with producing(self.settings) as producer, closing(self.settings, producer) as closer:
                emitter = Emitter(self.settings, producer, Nobody())  # type: ignore[arg-type]
                closed = 0
                for block in self._blocks:
                    batch = batch_of([block], self._file.layout)
                    await emitter.emit(batch)
                    closings = int((decode(batch, rules(FigureSettings())).kind == UPDATE_CLOSED).sum())
                    closed += closings
                    if closings and closed in REFERENCE_MONTHS:
                        await emitter.flush()
                        await closer.close(f"history-{closed}", REFERENCE_MONTHS[closed])
                    if closed == HISTORY_UPDATES:
                        break
                return sum(await self._ends())

        return asyncio.run(send())

    def lines(self, events: int, rate: int, only: str | None = None) -> Iterator[Line]:
        """Measure what needs workers: all of it, or only ``live`` figures, or only the ``late`` update."""
        began = time.perf_counter()
        self._start("intake")
        waiting = asyncio.run(self._folded())
        yield "cold intake, process start included", f"{waiting:,} records in {time.perf_counter() - began:.1f} s"
        began = time.perf_counter()
        self._start("publish")
        self._until(lambda: self._in_redis() == RELEASES)
        yield "two releases, the first of all periods, as far as Redis", f"{time.perf_counter() - began:.0f} s"
        self._until(lambda: self._live_release() == RELEASES == asyncio.run(last_released(self.settings)))
        yield from asyncio.run(self._live(events, rate))
        if only == "live":
            return
        yield from asyncio.run(self._late_update())
        if only == "late":
            return
        for name in ("intake", "publish"):
            yield f"{name} killed (-9), same slot: back to work", f"{asyncio.run(self._resumed(name)):.1f} s"

    async def _live(self, events: int, rate: int) -> list[Line]:
        sent: list[Sent] = []
        seen: list[Seen] = []
        marks = await watermarks(self.settings, range(self.settings.partitions))
        stops = [marks[place.partition].stop for place in self._places]
        following = asyncio.create_task(self._followed(stops))
        watching = asyncio.create_task(self._watched(seen, stops))
        began = time.perf_counter()
        await self._sent(events, rate, sent)
        took = time.perf_counter() - began
        if sum(one.events for one in sent) < events:
            message = f"the history has fewer than {events:,} live events; choose more --persons, or fewer --events"
            raise ValueError(message)
        await asyncio.to_thread(self._until, lambda: bool(seen) and _reached(seen[-1].positions, sent[-1].ends))
        await asyncio.to_thread(self._until, lambda: seen[-1].redis >= sum(sent[-1].ends))
        watching.cancel()
        following.cancel()
        await asyncio.gather(watching, following, return_exceptions=True)
        count = sum(one.events for one in sent)
        rate_of_sending = f"{count:,} events sent, {count / took:,.0f}/s"
        return [
            ("live figures", rate_of_sending),
            ("  acknowledged to its rows sent", _delays(sent, seen, lambda now, one: _reached(now.rows, one.ends))),
            (
                "  acknowledged to shown in the store",
                _delays(sent, seen, lambda now, one: _reached(now.positions, one.ends)) + " (aim: p99 1 s)",
            ),
            ("  acknowledged to shown in Redis", _delays(sent, seen, lambda now, one: now.redis >= sum(one.ends))),
        ]

    async def _sent(self, events: int, rate: int, sent: list[Sent]) -> None:
        """Send the next events of the history at a rate, a block at a time."""
        async with producing(self.settings) as producer, reading(self.settings, *self._places) as reader:
            emitter = Emitter(self.settings, producer, Nobody())  # type: ignore[arg-type]
            began, total = time.perf_counter(), 0
            for block in self._blocks:
                await asyncio.sleep(max(0.0, began + total / rate - time.perf_counter()))
                await emitter.emit(batch_of([block], self._file.layout))
                await emitter.flush()
                at, total = time.perf_counter(), total + block.count
                sent.append(Sent(at, block.count, await self._ends(reader)))
                if total >= events:
                    break

    async def _followed(self, stops: list[int]) -> None:
        """Note how far the rows of each partition reach."""
        places = [TopicPartition(rows_topic(self.settings), place.partition) for place in self._places]
        async with reading(self.settings, *places) as reader:
            await reader.seek_to_end(*places)
            while True:
                for place, records in (await reader.getmany(timeout_ms=50)).items():
                    stops[place.partition] = max(message_of(record.value or b"").stop for record in records)

    async def _watched(self, seen: list[Seen], stops: Sequence[int]) -> None:
        home = LiveHome(self.store)
        while True:
            state = home.state()
            records = int(self._redis.hget(STATE, "records") or 0)
            positions = state.reflects.positions if state else ()
            seen.append(Seen(time.perf_counter(), tuple(stops), positions, records))
            await asyncio.sleep(0.02)

    async def _late_update(self) -> list[Line]:
        places = [TopicPartition(rows_topic(self.settings), place.partition) for place in self._places]
        async with reading(self.settings, *places) as reader:
            before = await reader.end_offsets(places)
            async with producing(self.settings) as producer, closing(self.settings, producer) as closer:
                await closer.close("late", LATE_REFERENCE_MONTH)
            began = time.perf_counter()
            for place in places:
                await _marked(reader, place, before[place])
            reached = time.perf_counter()
        await asyncio.to_thread(self._until, lambda: DirectoryStore.reading(self.store).latest() > RELEASES)
        home = time.perf_counter()
        await asyncio.to_thread(self._until, lambda: self._in_redis() > RELEASES)
        copy = time.perf_counter()
        cells = sum(
            entry.latest.cells
            for entry in DirectoryStore.reading(self.store).release().entries.values()
            if entry.latest
        )
        return [
            ("late update, closing to readable in Redis", f"{copy - began:.1f} s (aim 20 s); {cells:,} cells known"),
            ("  intake, until all partitions have reached it", f"{reached - began:.1f} s"),
            ("  count, gate, blocks and release in the store", f"{home - reached:.1f} s"),
            ("  Redis", f"{copy - home:.1f} s"),
        ]

    async def _resumed(self, name: str) -> float:
        """Kill a worker, send some events, start it again at once; return when its work has caught up with them."""
        self._kill(name)
        began = time.perf_counter()
        sent: list[Sent] = []
        self._start(name)
        await self._sent(1000, 1_000_000, sent)
        if name == "intake":
            await self._folded()
        else:
            home = LiveHome(self.store)
            await asyncio.to_thread(self._until, lambda: _reached(_positions(home), sent[-1].ends))
        return time.perf_counter() - began

    async def _ends(self, reader: AIOKafkaConsumer | None = None) -> tuple[int, ...]:
        if reader is None:
            async with reading(self.settings, *self._places) as made:
                return await self._ends(made)
        ends = await reader.end_offsets(self._places)
        return tuple(ends[place] for place in self._places)

    async def _folded(self) -> int:
        """Wait until all that the log holds is folded and sent; return how many records that are."""
        ends = await self._ends()
        while True:
            marks = await watermarks(self.settings, range(self.settings.partitions))
            if _reached([marks[place.partition].stop for place in self._places], ends):
                return sum(ends)
            self._require_running()
            await asyncio.sleep(0.05)

    def _live_release(self) -> int:
        state = LiveHome(self.store).state()
        return state.reflects.release if state else 0

    def _in_redis(self) -> int:
        return int(self._redis.get(prefix("public") + "current") or 0)

    def _start(self, role: str) -> None:
        given = {
            "OCMW_KAFKA_SERVERS": self.settings.servers,
            "OCMW_KAFKA_STATE": str(self._folder / "state"),
            "OCMW_KAFKA_INSTANCE": role,
            "OCMW_REDIS_URL": self._server.url,
        }
        with (self._folder / f"{role}.log").open("ab") as log:
            self._processes[role] = subprocess.Popen(  # noqa: S603 - this program
                command(role, self.store), env={**os.environ, **given}, stdout=log, stderr=log
            )

    def _kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def _until(self, true: Any) -> None:  # noqa: ANN401 - a question
        """Wait until something holds, with every worker running."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            self._require_running()
            if time.monotonic() > deadline:
                message = f"waited {PATIENCE} s; see the logs in {self._folder}"
                raise TimeoutError(message)
            time.sleep(0.02)

    def _require_running(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None:
                message = f"{name} ended; see {self._folder / name}.log"
                raise RuntimeError(message)


async def _marked(reader: AIOKafkaConsumer, place: TopicPartition, start: int) -> None:
    """Wait until a closing is reached in a partition of the rows topic."""
    while True:
        end = (await reader.end_offsets([place]))[place]
        async for fetched in records_between(reader, place, start, end):
            start = fetched[-1].offset + 1
            if any(isinstance(message_of(record.value or b""), CutReached) for record in fetched):
                return
        await asyncio.sleep(0.01)


def _positions(home: LiveHome) -> tuple[int, ...]:
    state = home.state()
    return state.reflects.positions if state else ()


def _reached(positions: Sequence[int], ends: Sequence[int]) -> bool:
    return len(positions) == len(ends) and all(mine >= end for mine, end in zip(positions, ends, strict=True))


def _delays(sent: list[Sent], seen: list[Seen], shows: Any) -> str:  # noqa: ANN401 - a question of two
    """Return the distribution of delays over events: the first look at which they were shown."""
    delays, at = [], 0
    for one in sent:
        while at < len(seen) - 1 and not shows(seen[at], one):
            at += 1
        delays += [seen[at].at - one.at] * one.events
    half, most, worst = np.percentile(delays, [50, 99, 100])
    return f"p50 {half:.2f} s, p99 {most:.2f} s, most {worst:.2f} s"
