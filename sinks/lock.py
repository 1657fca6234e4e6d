"""One writer at a time: the system's lock on a file of the store, which dies with the process that holds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sinks.durability import explained, require_text
from sinks.errors import StoreLockedError

_FILE = ".writer.lock"
_PATIENCE = 30.0
"""Seconds to wait for what takes a moment."""


class WriterLock:
    """The lock of a store; not yet held when made."""

    def __init__(self, root: Path) -> None:
        """Name the store; nothing is made."""
        self._root = root
        self._lock = FileLock(root / _FILE, timeout=0)

    def acquire(self) -> None:
        """Take the lock; the directory is made. Raises StoreLockedError at once when another writer holds it."""
        require_text(self._root)
        with explained(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire()
            except Timeout:
                message = f"{self._root}: another program is writing to this store; wait until it has ended"
                raise StoreLockedError(message) from None

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


def writer_lock(root: Path) -> WriterLock:
    """Return the lock of the store at ``root``, not yet held."""
    return WriterLock(root)


@contextmanager
def turn_at(path: Path, patience: float = _PATIENCE) -> Iterator[None]:
    """Have one program at a time in the body, for short work on a file; others wait for their turn.

    Its lock stands beside the file. Raises StoreLockedError where the turn does not come within so many seconds.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=patience)
    with explained(path):
        try:
            lock.acquire()
        except Timeout:
            message = f"{path}: another program has been writing to it for {patience:.0f} s; end it and run again"
            raise StoreLockedError(message) from None
    try:
        yield
    finally:
        lock.release()
