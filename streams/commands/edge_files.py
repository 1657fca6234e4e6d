"""Files that leave the edge: whole and on the disk or not there at all, and noted in the log of accesses."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from edge.statements.importing import EventFile, Nowhere, Out
from schemas.log import LogWriter
from sinks.access_log import Access, note_access
from sinks.durability import OWNER_ONLY, put_in_place, temporary
from streams.shell.clock import instant


class Target:
    """Where an import writes: ``lines`` takes events and rejected lines, ``finish`` makes the files be there."""

    def __init__(self, lines: Out) -> None:
        """Take what the lines go to."""
        self.lines = lines
        self.log: LogTarget | None = None
        self.rejects: tuple[IO[bytes], Path, Path] | None = None

    def finish(self, metadata: dict[str, str]) -> None:
        """Give the files their names, rejected lines first."""
        if self.rejects is not None:
            file, written, path = self.rejects
            file.flush()
            put_in_place(written, path)
        if self.log is not None:
            self.log.finish(metadata)


class LogTarget:
    """A log that is being written; ``finish`` makes it be there."""

    def __init__(self, log: LogWriter, written: Path, path: Path) -> None:
        """Take the writer, the temporary path and the path."""
        self.log, self._written, self._path = log, written, path

    def finish(self, metadata: dict[str, str]) -> None:
        """Give the file its name."""
        with self._written.open("wb") as file:
            self.log.finish(file, metadata)
        put_in_place(self._written, self._path)


@contextmanager
def writing_log(out: Path) -> Iterator[LogTarget]:
    """Yield where a log is written. Raises StoreWriteError where the disk refuses; then nothing is there."""
    with temporary(out) as written, TemporaryFile(dir=out.parent) as body:
        yield LogTarget(LogWriter(body), written, out)


@contextmanager
def writing(out: Path | None, rejects: Path | None) -> Iterator[Target]:
    """Yield where an import writes. Raises StoreWriteError where the disk refuses; then nothing is there."""
    with ExitStack() as stack:
        if out is None:
            yield Target(Nowhere())
            return
        log = stack.enter_context(writing_log(out))
        aside: IO[bytes] | None = None
        if rejects is not None:
            kept = stack.enter_context(temporary(rejects))
            aside = stack.enter_context(os.fdopen(os.open(kept, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w+b"))
        target = Target(EventFile(log.log, aside))
        target.log = log
        if rejects is not None and aside is not None:
            target.rejects = aside, kept, rejects
        yield target


def note(folder: Path, kind: str, of: dict[str, Any]) -> None:
    """Note in the log of accesses what was done at the edge; it stands in the folder named by the settings, or here."""
    note_access(folder, Access(kind, "", of), instant())
