"""Files that are whole and on the disk, or not there at all.

A file is written under a temporary name that starts with a dot, synced, then renamed or linked, and its directory
synced: a kill or a power cut leaves the old state or the new one. Temporary files are swept by the next writer.

Network shares may refuse to sync a directory (EINVAL): they keep names by themselves, so that is no failure.
"""

import ctypes
import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from sinks.errors import StoreWriteError

_SYNC_THREADS = 4
"""Files brought to the disk at once."""
OWNER_ONLY = 0o600
"""Mode of a file that its owner alone may read and write."""
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)
_HERE, _NO_REPLACE = -100, 1
"""AT_FDCWD and RENAME_NOREPLACE of Linux."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def attempt() -> str:
    """Return a random name of one attempt at writing, so that two writers never write to one file."""
    return secrets.token_hex(8)


def sync(path: Path) -> None:
    """Bring a file's content, or a directory's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def _sync_names(path: Path) -> None:
    """Bring the name of a file that stands in its place to the disk. Raises StoreWriteError, which says it stands."""
    try:
        sync(path.parent)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "the disk refused"
        message = f"{path}: written and in place, but a power cut may lose it ({reason}); see the disk and run again"
        raise StoreWriteError(message) from error


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
    require_text(path)
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
    _sync_names(path)


def put_once(written: Path, path: Path) -> None:
    """Give a written file its name, durably, where nothing has that name. Raises FileExistsError where something does.

    Of two programs that do so at once, one wins. A file system that can promise this by neither a rename nor a link
    raises OSError: see ``require_put_once``.
    """
    sync(written)
    if not _renamed(written, path):
        os.link(written, path)
    _sync_names(path)


def _renamed(written: Path, path: Path) -> bool:
    """Rename without replacing anything; return False where this system or file system has no such rename."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(written), _HERE, os.fsencode(path), _NO_REPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number == errno.EEXIST:
        raise FileExistsError(number, os.strerror(number), str(path))
    return False


def _refuse_replacing() -> None:
    message = "a rename that may not replace a file did"
    raise OSError(message)


def require_text(path: Path) -> None:
    """Raise StoreWriteError for a path that is no text: bytes that are no UTF-8, which file formats cannot name."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        message = f"{path}: the name of a place to write to must be UTF-8; name another"
        raise StoreWriteError(message) from error


def require_put_once(directory: Path) -> None:
    """Raise StoreWriteError where ``put_once`` cannot work in a directory; found out with two files of no content."""
    first, second, path = (directory / f".{attempt()}.tmp" for _ in range(3))
    try:
        first.touch()
        second.touch()
        put_once(first, path)
        with suppress(FileExistsError):
            put_once(second, path)
            _refuse_replacing()
    except OSError as error:
        message = (
            f"{directory}: no store can stand here, for its file system has neither hard links nor a rename that "
            f"refuses a name that is taken ({error.strerror or error}), as exFAT and some network shares; name another"
        )
        raise StoreWriteError(message) from error
    finally:
        for left in (first, second, path):
            left.unlink(missing_ok=True)


def write_for_owner(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file durably that its owner alone may read, whoever could read the one it replaces.

    Raises StoreWriteError where the disk refuses; what was there before stands.
    """
    with temporary(path) as written:
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            pieces = [content] if isinstance(content, str | bytes) else content
            file.writelines(piece.encode() if isinstance(piece, str) else piece for piece in pieces)
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
