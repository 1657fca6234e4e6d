"""What leaves a release for Kafka and for copies, in this order, once the home has it.

    public tree ─► copies (Redis) ─► ocmw.vintages.v1 ─► ocmw.stable-figures.v1 ─► ocmw.releases.v1

The record on ``ocmw.releases.v1`` comes last and holds the end offsets of the stable figures, so whoever has read that
far has all of the release and none of the next. Its number is also the memory of this file: after a crash anywhere,
releases above it are said again, whole and in order. So records may stand twice; a reader keeps the highest release per
key, and applies a release once. (Exactly once would need Kafka transactions, which are not used.)

Blocks of the release are put into copies beside the tree; nobody sees them before the copy's own turn.

Where releases wait for approval, none of this says anything of one before the public tree shows it; a skipped one is
never announced.

The topics are those of all pipelines. Another pipeline announces other figures. So the first release that a pipeline
announces after another one says every public figure, not only those that changed.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition

from schemas.audience import is_public
from schemas.figures import BlockKey, Cells
from schemas.framing import encode
from schemas.periods import to_yyyymm
from schemas.releases import Entry, Release, Update, Vintage
from schemas.stable_figures import hidden_places, stable_figures, vintages
from sinks.directory.store import DirectoryStore
from sinks.errors import ReleaseExistsError, StoreWriteError
from sinks.protocol import Copy, Store
from sinks.public.tree import PublicTree
from sinks.public.writer import PublicWriter, Publishing
from sinks.redis.store import Published, RedisCopy, every
from sinks.redis.tree import RedisTree
from streams.kafka.clients import reading
from streams.kafka.release.followers import Follower
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import RELEASES, STABLE_FIGURES, VINTAGES
from streams.kafka.updates import EPOCH_HEADER, last_announced
from streams.release.vintage_history import kept

LOG = structlog.get_logger("ocmw.publish")

STABLE_FIGURES_ID, VINTAGES_ID, RELEASE_RECORD_ID = 19, 20, 21
HIDING_FIGURES_ID = 25
"""Stable figures under a threshold: a reader that knows only the others must not take what is hidden for 0 (F3)."""

_IN_FLIGHT = 64
_TRIES = 6
_PAUSE = 5.0


class CopyFollower:
    """Keeps a copy up with its home. A copy that refuses for half a minute does not hold the home back.

    Readers of the copy then see the release before, whole; the alert on copies behind their home says so, and
    ``repair`` makes it up as soon as it takes writes again, as it does with a copy that came back empty.
    """

    def __init__(
        self,
        copy: Copy,
        home: Store,
        tries: int = _TRIES,
        pause: float = _PAUSE,
        tree: tuple[RedisTree, PublicTree] | None = None,
    ) -> None:
        """Take the copy and its home, and a copy of its public tree with the tree; ``pause`` is in seconds."""
        self._tree = tree
        self._copy = copy
        self._home = home
        self._tries = tries
        self._pause = pause
        self._busy = asyncio.Lock()

    async def prepare(self, release: Release) -> None:
        """Put the blocks of a release; see ``followers.Preparing``."""
        async with self._busy:
            with suppress(StoreWriteError):
                await asyncio.to_thread(self._copy.prepare, release, self._home)

    async def follow(self, release: Release) -> None:
        """Make the copy up to the home; see ``followers.Follower``."""
        for _ in range(self._tries):
            if await self._made_up():
                return
            await asyncio.sleep(self._pause)
        LOG.error("the copy refuses; readers of it see an older release", release=release.update.sequence)

    async def repair(self, release: Release) -> None:
        """Make the copy up where it lacks something of the current release; one that refuses is tried the next time."""
        if not self._busy.locked() and await asyncio.to_thread(self._lacks, release) and await self._made_up():
            LOG.warning("the copy had lost values, and was made up", release=release.update.sequence)

    async def _made_up(self) -> bool:
        async with self._busy:
            try:
                await asyncio.to_thread(self._make_up)
            except (StoreWriteError, ReleaseExistsError):  # it refuses; or ocmw redis-fill was quicker
                return False
            return True

    def _lacks(self, release: Release) -> bool:
        return self._copy.lacks(release) or self._tree_lacks()

    def _tree_lacks(self) -> bool:
        if self._tree is None:
            return False
        copy, tree = self._tree
        try:
            return copy.current() < tree.current()
        except StoreWriteError:
            return False

    def _make_up(self) -> None:
        self._copy.make_up(self._home)
        if self._tree is not None:  # after the blocks, which it points at
            copy, tree = self._tree
            copy.make_up(tree)


class TreeFollower:
    """Keeps the public tree up with its store; see ``sinks.public.writer``."""

    def __init__(self, store: DirectoryStore, how: Publishing) -> None:
        """Take a store that is open for writing; a new one gets its empty tree."""
        self.writer = PublicWriter(store, how)
        self.approval = how.approval
        self._current = self.writer.tree.current()
        self._latest = store.latest()
        if not self._latest:
            self.writer.begin(store.root)

    async def follow(self, release: Release) -> None:
        """Make the tree up to the store; an older store gets its tree with its next release."""
        if self.writer.tree.root.exists() or release.update.sequence > self._latest:
            await asyncio.to_thread(self.writer.make_up)

    def approved_since(self) -> bool:
        """Tell whether somebody approved a release since this was last asked; never where none waits for approval."""
        if not self.approval:
            return False
        before, self._current = self._current, self.writer.tree.current()
        return before != self._current


class Announcements:
    """Says on Kafka what a release holds, and last that it is out."""

    def __init__(
        self, settings: KafkaSettings, producer: AIOKafkaProducer, home: Store, published: Published = every
    ) -> None:
        """Take an idempotent producer, the home of the releases, and which of them the public may see."""
        self._published = published
        self._settings = settings
        self._producer = producer
        self._home = home

    async def follow(self, release: Release) -> None:
        """Announce every release not announced yet, up to this one; see ``followers.Follower``."""
        last = await last_announced(self._settings)
        whole = last.epoch != self._settings.epoch
        before = last.number
        for update in self._home.updates():
            if last.number < update.sequence <= release.update.sequence and self._published(update.sequence):
                await self._announce(update, 0 if whole else before)
                whole, before = False, update.sequence

    async def _announce(self, update: Update, number_before: int) -> None:
        """Announce a release against the one announced before; 0: all of it."""
        release = kept(self._home, update.sequence)
        if release is not None:
            await self._send_vintages(release)
        before = kept(self._home, number_before) if number_before else None
        ends = [await self._send_figures(release, before)] if release is not None else []
        record = {**_about(update), "number": update.sequence, "stable_figures_ends": ends}
        value, headers = encode(RELEASE_RECORD_ID, record), [(EPOCH_HEADER, str(self._settings.epoch).encode())]
        await self._producer.send_and_wait(RELEASES, value=value, partition=0, headers=headers)

    async def _send_vintages(self, release: Release) -> None:
        by_support: dict[str, dict[str, Vintage]] = {}
        for key, entry in release.entries.items():
            by_support.setdefault(key.support, {})[key.period.code] = entry.vintage
        for support, figures in sorted(by_support.items()):
            record = {**_about(release.update), "sequence": release.update.sequence, **vintages(support, figures)}
            value = encode(VINTAGES_ID, record)
            await self._producer.send_and_wait(VINTAGES, key=support.encode(), value=value, partition=0)

    async def _send_figures(self, release: Release, before: Release | None) -> int:
        """Send the public figures that differ from the release before, all without one; return the offset behind."""
        waiting = []
        for key, entry in changed(release, before):
            value = await asyncio.to_thread(self._figures, release.update.sequence, key, entry)
            name = f"{key.support}|{key.period.code}".encode()
            waiting.append(await self._producer.send(STABLE_FIGURES, key=name, value=value, partition=0))
            if len(waiting) >= _IN_FLIGHT:
                await asyncio.gather(*waiting)
                waiting = []
        await asyncio.gather(*waiting)
        return await self._end()

    def _figures(self, release: int, key: BlockKey, entry: Entry) -> bytes:
        cells = self._home.read_block(entry.public) if entry.public else Cells.empty()
        fields = stable_figures(release, key, entry.vintage, cells)
        if entry.hidden is None:
            return encode(STABLE_FIGURES_ID, fields)
        return encode(HIDING_FIGURES_ID, fields | {"hidden": hidden_places(self._home.read_block(entry.hidden))})

    async def _end(self) -> int:
        place = TopicPartition(STABLE_FIGURES, 0)
        async with reading(self._settings, place) as reader:
            end: int = (await reader.end_offsets([place]))[place]
        return end


def kept_up(copy: RedisCopy) -> Callable[[AIOKafkaProducer, DirectoryStore], list[Follower]]:
    """Return what makes the follower of an active publisher that keeps a copy up with its home and its tree."""
    return lambda _producer, home: [
        CopyFollower(copy, home, tree=(RedisTree(copy.client, copy.keep), PublicTree.of(home.root)))
    ]


def changed(release: Release, before: Release | None) -> Iterator[tuple[BlockKey, Entry]]:
    """Yield the public figures whose cells, state or update differ from the release before, by support and period."""
    known = {} if before is None else before.entries
    for key, entry in sorted(release.entries.items()):
        if is_public(key, entry) and (key not in known or _said(known[key]) != _said(entry)):
            yield key, entry


def _said(entry: Entry) -> tuple[object, ...]:
    return (
        entry.vintage.state,
        entry.vintage.published_update,
        entry.public.digest if entry.public else None,
        entry.hidden and entry.hidden.digest,
    )


def _about(update: Update) -> dict[str, object]:
    return {"update_id": update.update_id, "reference_month": to_yyyymm(update.reference_month)}
