"""Live figures of an active publisher: what rows reached, counted again and shown about every second.

    heard ─► reached ─► due, caught up, admitted? ─► rows copied ─► counted, in a thread ─► home ─► copies, in threads

Rows are copied between two calls of ``run_once``, when nothing else touches the ledger; the count works on the copy
and delays nobody. One count runs at a time; a copy that is slow or refuses is left behind and made up later, and
neither the home nor a release ever waits for it.

While a partition waits at a closing its later rows are not heard, so they are not live either. What precedes the
closing is counted once more when all have reached it, beside the cut, and shown before the release is.

A publisher that reads its topic again shows nothing before each partition has passed the closing of the current
release, and has come as far as what is shown (the guard of ``sinks.directory.live``).
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import structlog

from processors.admission.ledger import Ledger
from processors.live.reached import Reached, open_months
from processors.live.running_totals import Standing, Turn
from processors.protocol.all_rows import Gathered
from schemas.arrays import Mask
from schemas.figures import Cells
from schemas.live import Reflects
from schemas.releases import BlockRef, Release
from schemas.rows import Rows
from schemas.settings import FigureSettings
from schemas.supports import NODES
from sinks.directory.live import LiveHome, lines
from sinks.errors import StoreWriteError
from streams.shell import clock
from streams.shell.metrics import Metrics

LOG = structlog.get_logger("ocmw.publish")

ReadBlocks = Callable[[Iterable[BlockRef]], Iterator[Cells]]


class LiveCopy(Protocol):
    """A copy of the live figures for readers elsewhere."""

    def follow(self, home: LiveHome) -> None:
        """Show what the home shows. Raises StoreWriteError where it refuses; then the next call makes it up."""
        ...


class _Taken(NamedTuple):
    """A turn to count, the state that it reflects, and when its events were written (ms)."""

    turn: Turn
    reflects: Reflects
    written: list[int]


class Live:
    """The live figures of one active publisher; ``begin`` first."""

    def __init__(
        self,
        home: LiveHome,
        figures: FigureSettings,
        seconds: float,
        metrics: Metrics,
        copies: Sequence[LiveCopy] = (),
    ) -> None:
        """Take where they are shown, and the least time between two turns."""
        self._home = home
        self._figures = figures
        self._seconds = seconds
        self._copies = [_Following(copy, home) for copy in copies]
        self._metrics = metrics
        self._due = 0.0
        self._counting: asyncio.Task[None] | None = None

    def begin(self, gathered: Gathered, release: Release | None, behind: Sequence[int]) -> None:
        """Begin with a ledger as it stands: what it touched since the release may have reached any municipality.

        ``behind`` is the number of the last closing that each partition is known to have passed.
        """
        self._behind = list(behind)
        self._open = open_months(release)
        self._reached = Reached(gathered.partitions, self._figures)
        self._standing = Standing(self._figures)
        for partition, touched in enumerate(gathered.touched):
            self._reached.note_months(partition, touched.any(axis=0))
        self._waits = bool(gathered.touched.any())
        self._written: list[list[int]] = [[] for _ in behind]
        state = self._home.state()
        self._seen = state.reflects.positions if state else (0,) * len(behind)

    def hears(self, partition: int, rows: Rows, gathered: Gathered) -> None:
        """Note what rows are about to replace in the ledger."""
        self._standing.note(gathered.persons_of(partition, rows), rows, gathered.ledger)

    def heard(self, partition: int, rows: Sequence[Rows], stop: int, written: int) -> None:
        """Note rows that now stand in the ledger: up to which position, and when they were written (ms)."""
        for part in rows:
            self._reached.note(partition, part)
        self._waits = True
        if stop > self._seen[partition]:
            self._written[partition].append(written)

    def passed(self, partition: int, number: int) -> None:
        """Note that a partition has passed the closing of a release: all it reached so far is in that release."""
        self._behind[partition] = number
        self._reached.forget([partition])
        self._written[partition] = []

    async def turn(self, ledger: Ledger, reflects: Reflects, *, at_once: bool = False) -> None:
        """Begin a count where one is due; ``at_once`` does not wait until it is. Raises what a count failed with."""
        for copy in self._copies:
            copy.go_on()
        if at_once and self._counting is not None:
            await asyncio.wait([self._counting])
        if self._counting is not None and self._counting.done():
            self._counting.result()
            self._counting = None
        now = asyncio.get_running_loop().time()
        if self._counting is not None or not self._waits or not (at_once or now >= self._due):
            return
        self._due = now + self._seconds
        if min(self._behind) >= reflects.release and await asyncio.to_thread(self._home.admits, reflects):
            taken = await asyncio.to_thread(self._taken, ledger, reflects)
            self._counting = asyncio.create_task(self._counted(taken))

    async def released(self, release: Release, reflects: Reflects, read: ReadBlocks) -> None:
        """Begin anew above a release, whose blocks can be read: all that was live is in it."""
        await self.settle()
        self._open = open_months(release)
        await asyncio.to_thread(self._standing.begin, _open_blocks(release, self._open, read))
        for partition in range(len(self._behind)):
            self.passed(partition, release.update.sequence)
        self._waits = False
        await asyncio.to_thread(self._home.show, reflects, [])
        self._copy_on()

    async def settle(self) -> None:
        """Wait for the count that is running. Raises what it failed with."""
        if self._counting is not None:
            counting, self._counting = self._counting, None
            await counting

    def _taken(self, ledger: Ledger, reflects: Reflects) -> _Taken:
        wanted = self._reached.take() & self._open.any(axis=0)
        written = [at for of_one in self._written for at in of_one]
        self._written = [[] for _ in self._written]
        self._waits = False
        return _Taken(self._standing.take(ledger, wanted, self._open), reflects, written)

    async def _counted(self, taken: _Taken) -> None:
        if await asyncio.to_thread(self._show, taken):
            now = clock.now()
            for written in taken.written:
                self._metrics.took("ocmw_live_delay_seconds", max(0.0, now - written / 1000))
            self._copy_on()

    def _show(self, taken: _Taken) -> bool:
        """Count even where the home then refuses: the next turn counts from what this one left."""
        return self._home.show(taken.reflects, lines(self._standing.recounted(taken.turn)))

    def _copy_on(self) -> None:
        for copy in self._copies:
            copy.is_behind = True
            copy.go_on()


def _open_blocks(release: Release, open_: Mask, read: ReadBlocks) -> Iterator[tuple[int, int, Cells]]:
    number = {node.code: at for at, node in enumerate(NODES)}
    open_blocks = [
        (number[key.support], key.period.first, entry.latest)
        for key, entry in release.entries.items()
        if key.period.kind == "month" and open_[number[key.support], key.period.first] and entry.latest is not None
    ]
    for (node, month, _), cells in zip(open_blocks, read([ref for _, _, ref in open_blocks]), strict=True):
        yield node, month, cells


class _Following:
    """One copy, kept up with the home by one call at a time."""

    def __init__(self, copy: LiveCopy, home: LiveHome) -> None:
        self.is_behind = True
        self._copy = copy
        self._home = home
        self._task: asyncio.Task[None] | None = None

    def go_on(self) -> None:
        """Make the copy up where it is behind and no call is under way."""
        if self.is_behind and (self._task is None or self._task.done()):
            self.is_behind = False
            self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        try:
            await asyncio.to_thread(self._copy.follow, self._home)
        except StoreWriteError as refused:
            LOG.warning("live figures", reason=str(refused))
            self.is_behind = True
