"""Files that are whole and on the disk, or not there at all.

A file is written under a temporary name that starts with a dot, synced, then renamed or linked, and its directory
synced: a kill or a power cut leaves the old state or the new one. Temporary files are swept by the next writer.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from sinks.errors import StoreWriteError

_SYNC_THREADS = 4
"""Files brought to the disk at once."""
_OWNER_ONLY = 0o600
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def attempt() -> str:
    """Return a random name of one attempt at writing, so that two writers never write to one file."""
    return secrets.token_hex(8)


def sync(path: Path) -> None:
    """Bring a file's content, or a directory's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a refusal of the disk while writing ``path`` into StoreWriteError, one sentence."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "the disk refused"
        remedy = "make room and run again" if error.errno in _FULL else "see who may write there, or name another place"
        message = f"{path}: cannot be written ({reason}); what was there before stands, {remedy}"
        raise StoreWriteError(message) from error


@contextmanager
def making(path: Path) -> Iterator[None]:
    """Remove ``path`` again when the body that makes it fails. Raises StoreWriteError where the disk refuses."""
    try:
        with explained(path):
            yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def temporary(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; afterwards it is gone, unless the body renamed it.

    Raises StoreWriteError where the disk refuses, and for a path that is there and no file: a device, a directory.
    """
    if path.exists() and not path.is_file():
        message = f"{path}: cannot be written, it is there and is no file; name another"
        raise StoreWriteError(message)
    written = path.with_name(f".{path.name}-{attempt()}.tmp")
    try:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield written
    finally:
        with suppress(NotADirectoryError):
            written.unlink(missing_ok=True)


def put_in_place(written: Path, path: Path) -> None:
    """Give a written file its name, replacing what was there, durably."""
    sync(written)
    written.replace(path)
    sync(path.parent)


def write_for_owner(path: Path, text: str) -> None:
    """Write a file durably that its owner alone may read, whoever could read the one it replaces.

    Raises StoreWriteError where the disk refuses; what was there before stands.
    """
    with temporary(path) as written:
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        put_in_place(written, path)


def sweep_temporaries(directory: Path) -> None:
    """Remove what unfinished attempts left in a directory; only its one writer may do so."""
    for left in directory.glob(".*.tmp"):
        left.unlink(missing_ok=True)


class BackgroundSync:
    """Brings files to the disk while the next are being made; threads may add at once."""

    def __init__(self) -> None:
        """Start nothing yet: threads come with the first file."""
        self._threads = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="sync")
        self._files: list[Future[None]] = []

    def add(self, path: Path) -> None:
        """Begin to sync a file that is written."""
        self._files.append(self._threads.submit(sync, path))

    def wait(self) -> None:
        """Return when all files are on the disk. Raises the OSError of one that is not, and again when asked again."""
        for synced in self._files:
            synced.result()
        self._files = []
