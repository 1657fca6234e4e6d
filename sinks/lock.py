"""One writer at a time: the system's lock on a file of the store, which dies with the process that holds it."""

from pathlib import Path

from filelock import FileLock, Timeout

from sinks.durability import explained
from sinks.errors import StoreLockedError

_FILE = ".writer.lock"


class WriterLock:
    """The lock of a store; not yet held when made."""

    def __init__(self, root: Path) -> None:
        """Name the store; nothing is made."""
        self._root = root
        self._lock = FileLock(root / _FILE, timeout=0)

    def acquire(self) -> None:
        """Take the lock; the directory is made. Raises StoreLockedError at once when another writer holds it."""
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
