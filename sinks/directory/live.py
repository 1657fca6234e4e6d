"""Live figures beside the releases of a store: one small database, ``live.sqlite`` in its directory.

A line for each municipality and month that events reached since the current release: its cells now, in all nodes that
the month is open in (``processors.live.reached``). It stands *above* that release and is emptied by the next one; a
line that is not in it is as the release says. One transaction shows what was counted together, or nothing of it.

It is a cache: nothing is synced, and copies of a store leave it out. The publisher makes a lost or torn database anew.
SQLite because readers and one writer meet here many times a minute: replacing lines in place, all at once, guarded, is
what it is for; a file for each line would be six thousand files.

*Guard.* A publisher that does not know it was replaced, or one that reads its topic again and has not caught up yet,
must not show an older state. A state is shown only when it is of the same release with no partition further back, or
of a later release.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from isal import isal_zlib

from schemas.live import LiveCells, Recounts, Reflects
from schemas.periods import Period
from sinks.errors import StoreWriteError

FORMAT = 1
"""Version of the layout; another one is not read, and is made anew."""

_FILE = "live.sqlite"
_PAGE = 65536
"""Bytes of a page: lines of 3 kB on pages of 4 kB took five times as long to write."""
_LEVEL = 0
"""The least that isal compresses; lines are written again and again, and gone with the next release."""
_WAIT = 10.0
"""Seconds that a reader and the writer wait for each other."""
_TABLES = f"""
CREATE TABLE state (release INTEGER, turn INTEGER, as_of INTEGER, positions TEXT);
CREATE TABLE line (
    nis TEXT, period TEXT, turn INTEGER, cells BLOB, PRIMARY KEY (nis, period)
) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
"""

COLUMNS: tuple[tuple[str, str], ...] = (
    ("support", "B"),
    ("category", "H"),
    ("beneficiaries", "i"),
    ("amount_cents", "q"),
    ("state_share_cents", "q"),
    ("days", "q"),
)
"""Name and type of each column of a line's cells, as Python's ``struct`` writes types."""
_DTYPE: dict[str, np.dtype[Any]] = {letter: np.dtype(f"<{letter}") for letter in "BHiq"}
WIDTH = sum(_DTYPE[kind].itemsize for _, kind in COLUMNS)


_Read = TypeVar("_Read")


class Line(NamedTuple):
    """The cells of a municipality (NIS code) and month (code), encoded."""

    nis: str
    period: str
    cells: bytes


@dataclass(frozen=True, slots=True)
class LiveState:
    """What is shown: ``turn`` grows with each showing, also when the database was lost in between."""

    reflects: Reflects
    turn: int


def decoded(data: bytes) -> LiveCells:
    """Return the cells of a line."""
    raw = zlib.decompress(data)
    size, start, arrays = len(raw) // WIDTH, 0, []
    for _, kind in COLUMNS:
        arrays.append(np.frombuffer(raw, _DTYPE[kind], size, start))
        start += size * _DTYPE[kind].itemsize
    return LiveCells(*arrays)


def lines(counted: Recounts) -> list[Line]:
    """Return what was counted again, as lines.

    Their cells are encoded as ``sinks.columns`` does: little-endian columns one after another, compressed.
    """
    typed = [(getattr(counted.cells, name), _DTYPE[kind]) for name, kind in COLUMNS]
    columns = [(np.ascontiguousarray(column, dtype).view(np.uint8).data, dtype.itemsize) for column, dtype in typed]
    codes = {month: Period("month", month).code for _, month in counted.lines}
    return [
        Line(nis, codes[month], isal_zlib.compress(b"".join([a[start * n : stop * n] for a, n in columns]), _LEVEL))
        for (nis, month), (start, stop) in zip(counted.lines, pairwise(counted.bounds), strict=True)
    ]


class LiveHome:
    """The live figures of the store at ``root``. Every call opens the database anew: it may be lost at any time."""

    def __init__(self, root: Path) -> None:
        """Take the directory of a store; nothing is opened yet."""
        self._path = root / _FILE

    def admits(self, reflects: Reflects) -> bool:
        """Tell whether a state may be shown; see the guard above."""
        state = self.state()
        return state is None or _follows(reflects, state.reflects)

    def show(self, reflects: Reflects, counted: Sequence[Line]) -> bool:
        """Replace the lines that were counted again, and empty what belongs to an earlier release.

        A torn database is made anew. Return False, with nothing changed, where the guard refuses. Raises
        StoreWriteError where the disk refuses.
        """
        try:
            try:
                return self._show(reflects, counted)
            except sqlite3.OperationalError:  # the disk, or a lock: nothing is torn
                raise
            except sqlite3.DatabaseError:  # torn behind its first page, which shows when that page is read
                self.forget()
                return self._show(reflects, counted)
        except sqlite3.Error as error:
            message = f"{self._path}: live figures cannot be written ({error}); make room, or delete the file"
            raise StoreWriteError(message) from error

    def _show(self, reflects: Reflects, counted: Sequence[Line]) -> bool:
        self._make()
        with closing(self._opened("rw")) as database, database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN IMMEDIATE")
            before = _state(database)
            if before is not None and not _follows(reflects, before.reflects):
                return False
            if before is None or before.reflects.release < reflects.release:
                database.execute("DELETE FROM line")
            turn = max(before.turn + 1 if before else 0, reflects.as_of)
            database.executemany(
                "INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?)",
                ((line.nis, line.period, turn, line.cells) for line in counted),
            )
            database.execute("DELETE FROM state")
            state = (reflects.release, turn, reflects.as_of, json.dumps(reflects.positions))
            database.execute("INSERT INTO state VALUES (?, ?, ?, ?)", state)
        return True

    def state(self) -> LiveState | None:
        """Return what is shown, None where nothing is."""
        return self._queried(_state)

    def since(self, turn: int) -> tuple[LiveState, list[Line]] | None:
        """Return what is shown and the lines that came after a turn, of one moment; None where nothing is shown."""
        return self._lines("SELECT nis, period, cells FROM line WHERE turn > ?", turn)

    def of(self, nis: str) -> tuple[LiveState, list[Line]] | None:
        """Return what is shown and the lines of a municipality, of one moment; None where nothing is shown."""
        return self._lines("SELECT nis, period, cells FROM line WHERE nis = ? ORDER BY period", nis)

    def forget(self) -> None:
        """Show nothing any more: for a store whose releases are made again from the first."""
        self._path.unlink(missing_ok=True)

    def _lines(self, query: str, bound: object) -> tuple[LiveState, list[Line]] | None:
        def read(database: sqlite3.Connection) -> tuple[LiveState, list[Line]] | None:
            database.execute("BEGIN")
            state = _state(database)
            lines = [Line(*line) for line in database.execute(query, (bound,))]
            return None if state is None else (state, lines)

        return self._queried(read)

    def _queried(self, query: Callable[[sqlite3.Connection], _Read | None]) -> _Read | None:
        """Return what a query finds, None where no database can be read: then nothing live is shown."""
        try:
            with closing(self._opened("ro")) as database:
                return query(database) if _is_ours(database) else None
        except sqlite3.DatabaseError:
            return None

    def _make(self) -> None:
        """Make the database where there is none of this version, or a torn one."""
        try:
            with closing(self._opened("rwc")) as database:
                if _is_ours(database):
                    return
                if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
                    database.execute(f"PRAGMA page_size = {_PAGE}")
                    database.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
                    return
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            pass
        self._path.unlink(missing_ok=True)
        self._make()

    def _opened(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.absolute().as_uri()}?mode={mode}", _WAIT, isolation_level=None, uri=True)


def _is_ours(database: sqlite3.Connection) -> bool:
    return bool(database.execute("PRAGMA user_version").fetchone()[0] == FORMAT)


def _state(database: sqlite3.Connection) -> LiveState | None:
    """Return what is shown. Raises DatabaseError where it is nonsense: SQLite has no checksum that would tell."""
    row = database.execute("SELECT release, positions, as_of, turn FROM state").fetchone()
    if row is None:
        return None
    release, positions, as_of, turn = row
    try:
        return LiveState(Reflects(int(release), tuple(json.loads(positions)), int(as_of)), int(turn))
    except (TypeError, ValueError) as error:
        raise sqlite3.DatabaseError("torn") from error


def _follows(now: Reflects, before: Reflects) -> bool:
    """Tell whether a state may stand in place of another one."""
    if now.release != before.release:
        return now.release > before.release
    return len(now.positions) == len(before.positions) and all(
        mine >= theirs for mine, theirs in zip(now.positions, before.positions, strict=True)
    )
