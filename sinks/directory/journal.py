"""The journal: every admitted event, in log order, in Avro files of today's union that any tool reads.

A segment is written under a temporary name and gets its number when it is whole and on the disk, so there is never a
torn tail to repair. Blocks are snappy's, for the checksum that each then carries: the journal is the only copy of the
events, and a flipped bit must not be counted.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from fastavro.write import Writer

from schemas import events
from sinks.durability import attempt, explained, put_in_place, sweep_temporaries
from sinks.errors import StoreCorruptError

_CODEC = "snappy"

Data = bytes | memoryview | npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of encoded records, as fastavro's writer takes it."""

    num_records: int
    bytes_: io.BytesIO


class Segment:
    """A segment that is being written; use ``Journal.writing``."""

    def __init__(self, path: Path, file: IO[bytes], written: Path) -> None:
        """Write the header."""
        self._path = path
        self._file = file
        self._written = written
        self._writer = Writer(file, events.union(), codec=_CODEC)
        self._count = 0

    def append(self, data: Data, count: int) -> None:
        """Append ``count`` records of today's union as one block. Raises StoreWriteError where the disk refuses."""
        with explained(self._path):
            self._writer.write_block(_Block(count, io.BytesIO(data.data if isinstance(data, np.ndarray) else data)))
        self._count += count

    def finish(self) -> Path | None:
        """Make the segment part of the journal, durably, and return its path; None when nothing was appended.

        Raises StoreWriteError where the disk refuses; then the journal is as it was.
        """
        if not self._count:
            return None
        with explained(self._path):
            self._file.close()
            put_in_place(self._written, self._path)
        return self._path


class Journal:
    """The segments in the directory ``journal`` of a store; one writer at a time."""

    def __init__(self, root: Path) -> None:
        """Name the store; nothing is read or made."""
        self._directory = root / "journal"

    def segments(self) -> tuple[Path, ...]:
        """Return the finished segments, in log order."""
        return tuple(sorted(self._directory.glob("[0-9]*.avro")))

    @contextmanager
    def writing(self) -> Iterator[Segment]:
        """Open the next segment; what is not finished inside the ``with`` is forgotten."""
        path = self._directory / f"{len(self.segments()) + 1:06d}.avro"
        written = path.with_name(f".{path.name}-{attempt()}.tmp")
        with explained(path):
            self._directory.mkdir(parents=True, exist_ok=True)
            sweep_temporaries(self._directory)
            file = written.open("wb")
        try:
            with explained(path):
                segment = Segment(path, file, written)
            yield segment
        finally:
            _close(file)
            written.unlink(missing_ok=True)


def too_short(root: Path, number: int) -> StoreCorruptError:
    """Return the error for a store whose journal does not hold the events of its release ``number``."""
    message = (
        f"{root}: its journal ends before release {number}; put the folder journal back from a copy "
        "(a store that workers made has none: replay into one of your own)"
    )
    return StoreCorruptError(message)


def _close(file: IO[bytes]) -> None:
    """Close a file whose content no longer matters: a full disk refuses its last buffer once more."""
    with suppress(OSError):
        file.close()
