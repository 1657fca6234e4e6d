"""The embedded home of releases: a directory.

    store.json                                    version, settings and codebook (identity.py)
    blocks/000012/internal-<attempt>.parquet      blocks of update 12, a row group each, whole or patches (blocks.py)
    vintages/000012-<attempt>.parquet             the vintages of update 12, never dropped (sinks/vintages.py)
    releases/000012.parquet                       release 12: which block stands where, and the history
    indicators/000012.parquet                     what update 12 wrote beside its release, a folder a table (tables.py)

A release is written and synced under a temporary name, after all that it names, and then given its number. That fails
when the number exists, so of two writers that both believe to be the only one, one loses and nothing of the other is
touched. The current release is the highest number; there is no other pointer, so nothing can disagree with it. Every
other file carries the random name of an attempt and exists for readers only when a release names it. A file that no
kept release names is swept, but only of updates up to the current one: a later one may belong to a release in the
making.

An update writes as many block files of a zone as threads write at once, and syncs four things: each block file and
then their directory, so that a manifest never names what a power cut takes; the vintages; the manifest before it is
linked; the directory of manifests, with which the release stands. Blocks for the public zone are stored whole, for
their files are copied by whoever publishes them; of others a release stores what it changed (patches.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Self, TypeVar

import pyarrow as pa

from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release, Update
from schemas.settings import FigureSettings
from sinks.access_log import head
from sinks.directory import identity, retention, tables
from sinks.directory.blocks import Bases, BlockFile, FilesInTheMaking, OpenFiles, Patch, read_chain, row_groups
from sinks.directory.manifests import (
    Chapter,
    Manifest,
    named_files,
    named_groups,
    read_accesses,
    read_history,
    read_manifest,
    write_manifest,
)
from sinks.directory.orphans import sweep
from sinks.directory.patches import base_of, patch, paying
from sinks.durability import (
    BackgroundSync,
    attempt,
    explained,
    making,
    put_once,
    require_put_once,
    require_text,
    sync,
    temporary,
)
from sinks.errors import ReleaseExistsError, StoreCorruptError, UnknownReleaseError
from sinks.protocol import BlockZone, TableName, Written
from sinks.vintages import VINTAGE_SCHEMA, read_vintages, write_vintages

_Read = TypeVar("_Read")


class DirectoryStore:
    """A ``sinks.protocol.Store`` in a directory; open it with ``reading`` or ``writing``."""

    def __init__(self, root: Path, settings: FigureSettings, keep_releases: int | None) -> None:
        """Take what ``reading`` and ``writing`` have verified."""
        self.root = root
        self.name = str(root)
        self.settings = settings
        self._keep = keep_releases
        self._syncing = BackgroundSync()
        self._groups: dict[int, frozenset[tuple[str, int]]] = {}
        self._making = FilesInTheMaking()
        self._open = OpenFiles()
        self._bases = Bases()
        self._before: Release | None = None
        self._reading_before, self._finishing = Lock(), Lock()

    @classmethod
    def reading(cls, root: Path) -> Self:
        """Open a store for reading. Raises StoreMismatchError where there is none, or one of another version."""
        return cls(root, identity.settings_of(root), None)

    @classmethod
    def writing(
        cls,
        root: Path,
        settings: FigureSettings,
        keep_releases: int | None = None,
        *,
        locked: bool = False,
    ) -> Self:
        """Open a store for writing, make it where there is none, and sweep what earlier attempts left.

        ``keep_releases`` bounds the manifests that are kept (default all; at least 1). With ``locked`` the caller
        holds the lock of the store, so what lies above the current release is nobody's and is swept too. Raises
        StoreMismatchError for a store of another version or other settings, StoreWriteError where the disk refuses.
        """
        if keep_releases is not None and keep_releases < 1:
            message = f"keep_releases is {keep_releases}; keep at least 1"
            raise ValueError(message)
        require_text(root)
        with explained(root):
            if identity.exists(root):
                identity.remember_students(root, settings)
                identity.require(root, settings)
            else:
                root.mkdir(parents=True, exist_ok=True)
                require_put_once(root)
                identity.create(root, settings)
            for name in ("blocks", "vintages", "releases"):
                (root / name).mkdir(exist_ok=True)
            sync(root)
            store = cls(root, settings, keep_releases)
            store._sweep(everything=locked)
        return store

    def write_blocks(
        self,
        update: Update,
        zone: BlockZone,
        support: str,
        blocks: Iterable[tuple[Period, Cells]],
    ) -> dict[Period, BlockRef | None]:
        """Write blocks of one node; see ``sinks.protocol.Store``. Threads may call it at once."""
        with self._file(update.sequence, zone) as file:
            return {period: self._written(file, zone, BlockKey(support, period), cells) for period, cells in blocks}

    def _written(self, file: BlockFile, zone: BlockZone, key: BlockKey, cells: Cells) -> BlockRef | None:
        over = self._patch(key, cells) if zone == "internal" else None
        ref = file.add(f"{key.support} {key.period.code}", cells, over)
        if ref and zone == "internal" and not over:
            self._bases.hold(key, ref, cells)
        return ref

    @contextmanager
    def _file(self, number: int, zone: BlockZone) -> Iterator[BlockFile]:
        """Lend a file of the update that nobody else writes to; one that could not be written to is removed."""
        file = self._making.taken(zone) or self._new_file(number, zone)
        with making(file.path):
            yield file
        self._making.give_back(zone, file)

    def _new_file(self, number: int, zone: BlockZone) -> BlockFile:
        name = f"blocks/{number:06d}/{zone}-{attempt()}.parquet"
        path = self.root / name
        with making(path):
            path.parent.mkdir(exist_ok=True)
            return BlockFile(path, name, zone)

    def _patch(self, key: BlockKey, cells: Cells) -> Patch | None:
        """Return what a block changed of one that is stored whole; None where it is to be stored whole itself."""
        entry = self._release_before().get(key)
        base = base_of(entry.latest, len(cells)) if entry and entry.latest else None
        if base is None:
            return None
        try:
            over = patch(self._base(key, base), cells, paying(len(cells)))
        except StoreCorruptError:
            return None  # what is whole does not hang on what is torn
        return Patch(base, over) if over else None  # an empty one cannot be stored

    def _base(self, key: BlockKey, ref: BlockRef) -> Cells:
        held = self._bases.of(key, ref)
        return self.read_block(ref) if held is None else held

    def _release_before(self) -> dict[BlockKey, Entry]:
        """Return what the newest release says, read once for an update."""
        with self._reading_before:
            if self._before is None and self.latest():
                self._before = self.release()
            return self._before.entries if self._before else {}

    def read_block(self, ref: BlockRef) -> Cells:
        """Return a block, verified against its digest; its arrays may be read-only. Threads may call it at once."""
        with self._finishing:  # who comes second waits until the file is whole
            self._finish([file for file in self._making.free() if any(part.file == file.name for part in ref.chain)])
        return read_chain(self.root, ref, self._open)

    def _finish(self, files: Iterable[BlockFile]) -> None:
        """Make files whole that blocks were written to; they are brought to the disk while others are written."""
        for file in files:
            self._making.done(file)
            with making(file.path):
                file.close()
            self._syncing.add(file.path)

    def read_blocks(self, refs: Iterable[BlockRef]) -> Iterator[Cells]:
        """Yield blocks in the order of ``refs``; footers of the last files stay parsed."""
        return map(self.read_block, refs)

    def publish(self, release: Release) -> Release:
        """Make a release visible, atomically; see ``sinks.protocol.Store``."""
        number = release.update.sequence
        self._require_next(number)
        kept = self._kept_beside(number)
        self._finish(self._making.free())
        stored = self._spared(release, kept)
        self._finish(self._making.free())
        self._await_blocks(number)
        vintages = self._write_vintages(stored)
        history = (*self._history(), Chapter(release.update, vintages))
        self._number(Manifest(stored, history, head(self.root)))
        self._forget((*kept, number))
        self._before = stored
        return stored

    def _require_next(self, number: int) -> None:
        current = self.latest()
        if number <= current:
            raise _lost(number)
        if number > current + 1:
            message = f"release {number} does not follow release {current}"
            raise ValueError(message)

    def _kept_beside(self, number: int) -> tuple[int, ...]:
        numbers = self.numbers()
        return numbers if self._keep is None else tuple(old for old in numbers if old > number - self._keep)

    def _spared(self, release: Release, kept: tuple[int, ...]) -> Release:
        if self._keep is None:
            return release
        self._groups = {old: self._groups.get(old) or named_groups(self._manifest(old)) for old in kept}
        dying = retention.to_copy(retention.homes(release), self._groups.values(), self._row_groups)
        copies: dict[BlockRef, BlockRef | None] = {}
        for (zone, support), refs in dying.items():
            with self._file(release.update.sequence, zone) as file:
                for ref, cells in zip(refs, self.read_blocks(refs), strict=True):
                    copies[ref] = file.add(f"{support}, copied", cells)
        return retention.moved(release, copies)

    def _row_groups(self, file: str) -> int:
        return row_groups(self.root / file)

    def _await_blocks(self, number: int) -> None:
        directory = self.root / "blocks" / f"{number:06d}"
        with explained(directory):
            self._syncing.wait()
            if directory.exists():
                sync(directory)
            sync(directory.parent)

    def _write_vintages(self, release: Release) -> str:
        name = f"vintages/{release.update.sequence:06d}-{attempt()}.parquet"
        path = self.root / name
        with making(path):
            write_vintages(path, release)
            sync(path)
            sync(path.parent)
        return name

    def _number(self, manifest: Manifest) -> None:
        number = manifest.release.update.sequence
        path = self._manifest(number)
        with temporary(path) as written:
            write_manifest(written, manifest)
            try:
                put_once(written, path)
            except FileExistsError:
                raise _lost(number) from None

    def _forget(self, kept: tuple[int, ...]) -> None:
        dropped = set(self.numbers()).difference(kept)
        for number in dropped:
            self._manifest(number).unlink(missing_ok=True)
        if dropped:
            self._sweep()

    def _sweep(self, *, everything: bool = False) -> None:
        numbers = self.numbers()
        latest = max(numbers, default=0)
        named = {chapter.vintages for chapter in self._history()}.union(
            *(named_files(self._manifest(number)) for number in numbers),
        )
        sweep(self.root, named, last=None if everything else latest)

    def latest(self) -> int:
        """Return the number of the newest release, 0 when there is none."""
        return max(self.numbers(), default=0)

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the kept releases, ascending."""
        return tuple(sorted(int(path.stem) for path in (self.root / "releases").glob("[0-9]*.parquet")))

    def release(self, number: int | None = None) -> Release:
        """Return a release (default the newest). Raises UnknownReleaseError for one that is not there."""
        if number is None:
            newest = self._newest(read_manifest)
            if newest is None:
                message = f"{self.root}: no release yet; close an update first"
                raise UnknownReleaseError(message)
            return newest.release
        try:
            return read_manifest(self._manifest(number)).release
        except FileNotFoundError:
            kept = self.numbers()
            there = f"{kept[0]} to {kept[-1]} are" if kept else "none is"
            message = f"{self.root}: release {number} is not there; {there} kept"
            raise UnknownReleaseError(message) from None

    def accesses(self, number: int) -> str:
        """Return the last entry of the log of accesses when a kept release was made, by its digest; "" for none."""
        return read_accesses(self._manifest(number))

    def updates(self) -> Iterator[Update]:
        """Yield all updates ever released, in order."""
        return (chapter.update for chapter in self._history())

    def vintages(self) -> pa.Table:
        """Return the vintages of all updates ever released, as ``VINTAGE_SCHEMA``."""
        paths = (self.root / chapter.vintages for chapter in self._history())
        return pa.concat_tables([VINTAGE_SCHEMA.empty_table(), *map(read_vintages, paths)])

    def write_table(self, name: Written, number: int, table: pa.Table) -> None:
        """Keep a table that an update wrote; see ``sinks.protocol.Tables``."""
        tables.write(self.root, name, number, table)

    def read_table(self, name: TableName, number: int, columns: Sequence[str] | None = None) -> pa.Table | None:
        """Return a table of an update; see ``sinks.protocol.Tables``."""
        if name != "vintages":
            return tables.read(self.root, name, number, columns)
        paths = [self.root / chapter.vintages for chapter in self._history() if chapter.update.sequence == number]
        return read_vintages(paths[0], columns) if paths else None

    def _history(self) -> tuple[Chapter, ...]:
        return self._newest(read_history) or ()

    def _newest(self, read: Callable[[Path], _Read]) -> _Read | None:
        """Read the newest manifest; retention may drop it while it is read, and then there is a newer one."""
        number = self.latest()
        while number:
            try:
                return read(self._manifest(number))
            except FileNotFoundError:
                number = self.latest()
        return None

    def _manifest(self, number: int) -> Path:
        return self.root / "releases" / f"{number:06d}.parquet"


def _lost(number: int) -> ReleaseExistsError:
    message = f"release {number} is published already; another writer came first, start again"
    return ReleaseExistsError(message)
