"""What keyed services know, in one SQLite file of a store: records in log order, and a state for each service and key.

A run is one transaction, so a kill leaves the store as it was or with the whole run. The one writer holds the lock of
the store; readers may read meanwhile and see the last whole run.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sinks.durability import explained
from sinks.errors import StoreCorruptError, StoreMismatchError, StoreWriteError

FILE = "services.sqlite"
VERSION = 1
_PATIENCE = 30.0
"""Seconds that a reader waits for a writer that is about to end its run."""
_TABLES = """
create table records (number integer primary key, topic text not null, key blob not null, value blob not null);
create table states (service text not null, key blob not null, value blob not null, waiting integer not null,
                     primary key (service, key)) without rowid;
create index records_of_topic on records (topic, number);
"""


_STATE = "select value from states where service = ? and key = ?"


class Kept(NamedTuple):
    """A record of a topic, framed as Kafka would hold it; its key is the topic's."""

    topic: str
    key: bytes
    value: bytes


class KeyState(NamedTuple):
    """What a service knows under a key, and how many of its events wait there."""

    service: str
    key: bytes
    value: bytes
    waiting: int


class ServiceDatabase:
    """The services' part of the store at ``root``; nothing is made before something is written."""

    def __init__(self, root: Path) -> None:
        """Name the store."""
        self._path = root / FILE

    @classmethod
    def reading(cls, root: Path) -> "ServiceDatabase":
        """Return it for reading. Raises StoreMismatchError where no service was ever admitted to the store."""
        if not (root / FILE).is_file():
            message = f"{root}: no keyed service is kept here; admit its records first: ocmw admit FILE --store {root}"
            raise StoreMismatchError(message)
        return cls(root)

    def state(self, service: str, key: bytes) -> bytes | None:
        """Return what a service knows under a key, None where that is nothing."""
        rows = self._rows(_STATE, service, key)
        return next((bytes(row[0]) for row in rows), None)

    @contextmanager
    def looking_up(self) -> Iterator[Callable[[str, bytes], bytes | None]]:
        """Yield what returns as ``state`` does, over one connection: for runs that ask for many keys."""
        if not self._path.exists():
            yield lambda _service, _key: None
            return
        with self._opened() as connection:
            next(self._checked(connection, "select 1"), None)

            def state(service: str, key: bytes) -> bytes | None:
                with _in_a_sentence(self._path):
                    rows = self._checked(connection, _STATE, service, key)
                    return next((bytes(row[0]) for row in [*rows]), None)

            yield state

    def states(self, service: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, what a service knows there), by key."""
        for row in self._rows("select key, value from states where service = ? order by key", service):
            yield bytes(row[0]), bytes(row[1])

    def waiting(self, service: str) -> int:
        """Return how many events of a service wait for another one."""
        counts = self._rows("select coalesce(sum(waiting), 0) from states where service = ?", service)
        return int(next(iter(counts), (0,))[0])

    def records(self, *topics: str) -> Iterator[Kept]:
        """Yield the records of topics that were applied or sent, in log order."""
        places = ", ".join("?" * len(topics))
        rows = self._rows(f"select topic, key, value from records where topic in ({places}) order by number", *topics)  # noqa: S608 - places only
        for topic, key, value in rows:
            yield Kept(str(topic), bytes(key), bytes(value))

    def write(self, records: Iterable[Kept], states: Iterable[KeyState]) -> None:
        """Add records and replace states, durably and all together. Raises StoreWriteError where the disk refuses."""
        with explained(self._path), self._opened() as connection, _in_a_sentence(self._path), connection:
            if not connection.execute("pragma user_version").fetchone()[0]:
                connection.executescript(f"begin; {_TABLES} pragma user_version = {VERSION};")
            connection.executemany("insert into records (topic, key, value) values (?, ?, ?)", records)
            connection.executemany("insert or replace into states values (?, ?, ?, ?)", states)

    def _rows(self, query: str, *of: str | bytes) -> Iterator[tuple[Any, ...]]:
        if not self._path.exists():
            return
        with self._opened() as connection, _in_a_sentence(self._path):
            yield from self._checked(connection, query, *of)

    def _checked(self, connection: sqlite3.Connection, query: str, *of: str | bytes) -> Iterator[tuple[Any, ...]]:
        version = connection.execute("pragma user_version").fetchone()[0]
        if version not in (0, VERSION):
            message = f"{self._path}: of version {version}, not {VERSION}; use the program that wrote it"
            raise StoreMismatchError(message)
        if version:
            yield from connection.execute(query, of)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with _in_a_sentence(self._path), closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as connection:
            connection.execute("pragma synchronous = full")
            yield connection


@contextmanager
def _in_a_sentence(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a sentence about the store."""
    try:
        yield
    except sqlite3.OperationalError as error:
        message = (
            f"{path}: cannot be read or written ({error}); what was there before stands, see the disk and run again"
        )
        raise StoreWriteError(message) from error
    except sqlite3.DatabaseError as error:
        message = f"{path}: damaged ({error}); put it back from a copy, or admit the files again into a new store"
        raise StoreCorruptError(message) from error
