"""All periods counted again from the journal, beside the newest release; and a store whose releases are made anew."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from processors.admission.ledger import Ledger
from processors.axes import stretches
from processors.counting.counting import turned
from processors.counting.people import people
from processors.gate.publication import counted, digest_of, knows, months_of
from schemas.figures import BlockKey
from schemas.releases import Release
from schemas.supports import NODES
from sinks.directory import identity
from sinks.directory.live import LiveHome
from sinks.directory.retention import homes
from sinks.directory.store import DirectoryStore
from sinks.durability import explained, sync
from sinks.errors import StoreCorruptError
from sinks.lock import writer_lock
from streams.embedded import checkpoint
from streams.embedded.driver import Embedded
from streams.embedded.fold_at_update import folded_at
from streams.release.publishing import withheld
from streams.shell.progress import Report, silent

_ROOM = ".anew"
"""Where releases are made anew, in the store itself: on its disk, and no part of it."""


def unsound(store: DirectoryStore, progress: Report = silent) -> Iterator[str]:
    """Yield a sentence for each torn file of the newest release, and each block that a full count gives otherwise.

    Nothing is written, and no snapshot believed. Raises CorruptFileError, and StoreCorruptError for a journal that
    ends before the release.
    """
    if not store.latest():
        return
    release = store.release()
    ledger = folded_at(store.root, store.settings, release.update.sequence).ledger
    yield from _torn(store, release, progress)
    for key in _miscounted(ledger, release, store, progress):
        yield f"{key.support} {key.period.code}: the store holds other cells than a full count gives"


def _torn(store: DirectoryStore, release: Release, progress: Report) -> Iterator[str]:
    """Yield a sentence for each file in which a block cannot be read as it was written."""
    refs, said = homes(release), set()
    for number, ref in enumerate(refs):
        progress("reading blocks", number, len(refs))
        try:
            store.read_block(ref)
        except StoreCorruptError as error:
            if str(error) not in said:
                said.add(str(error))
                yield str(error)


def _miscounted(ledger: Ledger, release: Release, store: DirectoryStore, progress: Report) -> Iterator[BlockKey]:
    exists = ledger.tables.exists
    known = {node.code: knows(node, exists) for node in NODES}
    axes_of = stretches(np.flatnonzero(exists.any(axis=0)).tolist())
    for number, axes in enumerate(axes_of):
        rows = people(ledger, months_of(axes))
        for node in NODES:
            progress(f"counting {node.code}", number, len(axes_of))
            for figures in counted(turned(rows, axes, node, store.settings)):
                for figure in figures:
                    key = BlockKey(node.code, figure.period)
                    entry = release.entries.get(key)
                    if known[node.code](figure.period) and (entry is None or figure.digest != digest_of(entry.latest)):
                        yield key


def made_anew(root: Path, make: Callable[[Path], int]) -> int:
    """Let ``make`` make all releases of a store in a directory of their own, then put them in the place of the old.

    Return what ``make`` returns, the newest of them. Where it fails, the store is as it was. Raises StoreLockedError
    while another program writes to the store, StoreCorruptError where fewer releases are made than stand there.
    """
    lock, room = writer_lock(root), root / _ROOM
    lock.acquire()
    try:
        with explained(room):
            shutil.rmtree(room, ignore_errors=True)
            room.mkdir()
        newest = make(room)
        _require_all(newest, root)
        with explained(root):
            _put_in_place(room, root)
        return newest
    finally:
        shutil.rmtree(room, ignore_errors=True)
        lock.release()


def _require_all(newest: int, root: Path) -> None:
    before = DirectoryStore.reading(root).latest() if identity.exists(root) else 0
    if newest < before:
        message = f"{root}: its log ends before release {before}, after release {newest}; restore the log from a copy"
        raise StoreCorruptError(message)


def _put_in_place(room: Path, root: Path) -> None:
    """Take the store's releases away, and move in those of the room, manifests last.

    Killed here, the store has no release: whoever opens it next makes them again, from a source that was just read
    whole.
    """
    checkpoint.forget(root)
    LiveHome(root).forget()
    shutil.rmtree(root / "releases", ignore_errors=True)
    stays = ("journal", "public")  # what was published was published, whatever is counted again
    made = [path for path in room.iterdir() if path.name not in stays and not path.name.startswith(".")]
    for path in sorted(made, key=lambda path: path.name == "releases"):
        if path.is_dir():
            shutil.rmtree(root / path.name, ignore_errors=True)
        path.rename(root / path.name)
    sync(root)


def _linked(source: str, target: str) -> None:
    """Link a segment, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def releases_of_journal(store: DirectoryStore, keep_releases: int | None) -> Callable[[Path], int]:
    """Return what makes all releases of a store in another directory, from the store's journal."""

    def make(room: Path) -> int:
        shutil.copytree(store.root / "journal", room / "journal", copy_function=_linked)
        with Embedded(room, store.settings, keep_releases, withheld()) as made:
            made.keep_snapshot()
            return made.store.latest()

    return make
