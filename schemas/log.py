"""The dossier log as Avro object container files: verified, read block by block, and written.

A *block* is what the file's framing gives: a count of records and their bytes. The fast path decodes blocks whose
records are written as today's are (``Layout.native``); all others are read value by value here and written anew.
"""

import io
import json
import mmap
import re
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

import fastavro
import numpy as np
from fastavro.write import Writer

from schemas import events
from schemas.arrays import Bytes, Int64
from schemas.events import Shape, UnresolvableError
from schemas.faults import FAULT, Fault

OURS = "ocmw."
"""What the names of our metadata of files begin with."""
KEY_ID, STATEMENTS, IMPORT = "ocmw.key_id", "ocmw.statements", "ocmw.import"
"""Metadata of a file from an edge: name of its key, which statements it holds, what became of their lines."""

Plain = tuple[int, dict[str, Any]]
"""A decoded event: its kind and its plain values (today's schema)."""

_TOO_LONG = re.compile(rb"[\x80-\xff]{9}[^\x00\x01]", re.DOTALL)
_SYNC_BYTES, _CHECKSUM_BYTES = 16, 4
_SYNC_MARKER = b"ocmw dossier log"
_CODEC = "snappy"
_BLOCK_RECORDS = 4000
_READ_TOGETHER = 1 << 20
"""Bytes of a file that are held in memory at once, about."""
_MAGIC = b"Obj\x01"
_HEADER = fastavro.parse_schema(
    {
        "type": "record",
        "name": "org.apache.avro.file.Header",
        "fields": [
            {"name": "magic", "type": {"type": "fixed", "name": "Magic", "size": 4}},
            {"name": "meta", "type": {"type": "map", "values": "bytes"}},
            {"name": "sync", "type": {"type": "fixed", "name": "Sync", "size": 16}},
        ],
    }
)


class CorruptFileError(Exception):
    """A file that is no dossier log, or not whole; the message says which file, what, and what to do."""


class LeftOverError(ValueError):
    """Bytes are left over after the last record of a block: the file is corrupt."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a writer laid out its events.

    ``kinds`` gives the kind of each branch of the writer's union (-1: a record that we do not know); a file of one
    record has ``single`` set and one entry. ``native``: every record is written as today's, so bytes can be read
    without the writer's schema.
    """

    written: Shape
    kinds: tuple[int, ...]
    single: bool
    native: bool

    @property
    def branches(self) -> tuple[Shape, ...]:
        """Shapes of the writer's records, one where ``single``."""
        return self.written.branches or (self.written,)

    @classmethod
    def of(cls, schema: events.Schema) -> "Layout":
        """Return the layout of a writer's schema; raises ValueError where it is no record or union of records."""
        written = events.shape(schema)
        branches = written.branches if written.type == "union" else (written,)
        if not branches or any(branch.type != "record" for branch in branches):
            message = "its schema is not a record or a union of records"
            raise ValueError(message)
        kinds = tuple(-1 if (kind := events.kind_of(branch)) is None else kind for branch in branches)
        native = all(
            kind >= 0 and events.same_wire(branch, events.shapes()[kind])
            for kind, branch in zip(kinds, branches, strict=True)
        )
        return cls(written, kinds, written.type != "union", native)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a file: ``count`` records in ``data`` (uint8); ``first`` is the number of its first record, from 1."""

    data: Bytes
    count: int
    first: int


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of the log whose header could be read; blocks are read anew at each call of ``blocks``."""

    path: Path
    layout: Layout
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> "LogFile":
        """Read the header. Raises CorruptFileError where there is none or its schema is no dossier event."""
        with _mapped(path) as mapped:
            try:
                header = _Header.read(mapped)
                layout = Layout.of(header.schema)
                metadata = header.ours
            except Exception as error:
                message = f"{path}: not an Avro file of dossier events ({error}); export it again"
                raise CorruptFileError(message) from error
        return cls(path, layout, metadata)

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks, decompressed. Raises CorruptFileError at a broken frame, checksum or end."""
        first, left = 1, 0
        with _mapped(self.path) as mapped:
            end = len(mapped)
            header = _Header.read(mapped)
            reached = mapped.tell()
            reader = iter(fastavro.block_reader(_Behind(mapped, header)))
            while True:
                block = self._next(reader)
                if block is None:
                    break
                data = np.frombuffer(block.bytes_.getbuffer(), dtype=np.uint8)
                if not 0 <= block.num_records <= len(data):
                    self._corrupt(f"a block claims {block.num_records} records in {len(data)} bytes")
                reached = block.offset + block.size
                if block.codec == "snappy" and zlib.crc32(data.data) != _snappy_checksum(mapped, reached):
                    self._corrupt("a block fails its checksum")
                yield Block(data, block.num_records, first)
                first += block.num_records
                if reached - left >= _READ_TOGETHER:
                    mapped.madvise(mmap.MADV_DONTNEED, left, reached - left)  # what was read counts as ours till then
                    left = reached // mmap.PAGESIZE * mmap.PAGESIZE
            if reached != end:
                self._corrupt(f"it ends inside a block ({end - reached} bytes too many)")

    def _next(self, reader: Iterator[Any]) -> Any:  # noqa: ANN401 - fastavro's Block has no public type
        try:
            return next(reader, None)
        except Exception as error:  # noqa: BLE001 - each codec raises its own
            self._corrupt(f"a block cannot be read: {error or type(error).__name__}")

    def _corrupt(self, damage: str) -> None:
        message = f"{self.path}: corrupt or truncated, {damage}; copy or export it again"
        raise CorruptFileError(message)


@dataclass(frozen=True, slots=True)
class _Header:
    """What the header of a file says that is needed to read it: schema, codec, sync marker, and metadata of ours.

    Whatever else a writer put there, also bytes that are no text, and its defaults play no part in reading.
    """

    schema: events.Schema
    codec: bytes
    sync: bytes
    ours: dict[str, str]

    @classmethod
    def read(cls, file: IO[bytes] | mmap.mmap) -> "_Header":
        """Read it; the file stands behind it then. Raises what bytes cause that are none."""
        header: Any = fastavro.schemaless_reader(file, _HEADER)
        if header["magic"] != _MAGIC:
            message = "it does not begin as one"
            raise ValueError(message)
        meta = header["meta"]
        ours = {name: value.decode() for name, value in meta.items() if name.startswith(OURS)}
        return cls(json.loads(meta["avro.schema"]), meta.get("avro.codec", b"null"), header["sync"], ours)

    def written(self) -> bytes:
        """Return a header that says the codec and the marker, of records of nothing."""
        stream = io.BytesIO()
        meta = {"avro.schema": b'"null"', "avro.codec": self.codec}
        fastavro.schemaless_writer(stream, _HEADER, {"magic": _MAGIC, "meta": meta, "sync": self.sync})
        return stream.getvalue()


class _Behind:
    """A file that was read up to its first block, with another header in front; places are those of the file."""

    def __init__(self, file: mmap.mmap, header: _Header) -> None:
        self._header = io.BytesIO(header.written())
        self._file = file

    def read(self, size: int) -> bytes:
        return self._header.read(size) or self._file.read(size)

    def tell(self) -> int:
        return self._file.tell()


def _snappy_checksum(mapped: mmap.mmap, end: int) -> int:
    """Return the checksum of the block that ends at ``end``: fastavro reads past it without a look."""
    at = end - _SYNC_BYTES - _CHECKSUM_BYTES
    return int.from_bytes(mapped[at : at + _CHECKSUM_BYTES], "big")


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    """Map a file, so that a length read from broken bytes never asks for more memory than the file has."""
    try:
        if path.is_file() and not path.stat().st_size:
            message = f"{path}: the file is empty; export it again"
            raise CorruptFileError(message)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read as Avro ({error}); check the path"
        raise CorruptFileError(message) from error


def read_plain(block: Block, layout: Layout) -> Iterator[Plain | Fault]:
    """Yield each record of a block as plain values of today's schema, or as its fault.

    A record that does not parse makes itself and the rest of the block ``undecodable``. Raises LeftOverError when
    bytes are left over after the last record.
    """
    for written in read_written(block, layout):
        yield FAULT["undecodable"] if written is None else _resolved(written[1], layout, written[0])


def read_written(block: Block, layout: Layout) -> Iterator[tuple[int, dict[str, Any]] | None]:
    """Yield each record of a block as (branch, plain values) of its writer's schema; None from one that does not parse.

    Raises LeftOverError when bytes are left over after the last record.
    """
    readers = tuple(map(events.plain, layout.branches))
    stream = io.BytesIO(block.data.tobytes())
    for done in range(block.count):
        try:
            record = next_written(stream, readers, single=layout.single)
        except Exception:  # noqa: BLE001 - whatever the bytes made of the decoder
            yield from [None] * (block.count - done)
            return
        yield record
    left = len(block.data) - stream.tell()
    if left:
        message = f"{left} bytes are left over after the last record of a block"
        raise LeftOverError(message)


def next_written(stream: io.BytesIO, readers: Sequence[events.Schema], *, single: bool) -> tuple[int, dict[str, Any]]:
    """Read one record as (branch, plain values), its branch in front unless ``single``; raises what the bytes cause."""
    start = stream.tell()
    branch = 0 if single else fastavro.schemaless_reader(stream, "long")
    if not 0 <= branch < len(readers):
        message = f"there is no branch {branch}"
        raise ValueError(message)
    values = fastavro.schemaless_reader(stream, readers[branch])
    data = stream.getbuffer()[start : stream.tell()]
    _refuse_too_long(bytes(data), [] if single else [branch], values, readers[branch])
    return branch, values


def _refuse_too_long(data: bytes, branch: list[int], values: dict[str, Any], schema: events.Schema) -> None:
    """Raise ValueError where a number takes more than 64 bits: fastavro reads what is left of it.

    Bytes that look like one may be a part of an identity; then the record, written again, is the same.
    """
    if not _TOO_LONG.search(data):
        return
    again = io.BytesIO()
    for number in branch:
        fastavro.schemaless_writer(again, "long", number)
    fastavro.schemaless_writer(again, schema, values)
    if again.getvalue() != data:
        message = "a number of more than 64 bits"
        raise ValueError(message)


def _resolved(values: dict[str, Any], layout: Layout, branch: int) -> Plain | Fault:
    kind = layout.kinds[branch]
    if kind < 0:
        return events.unknown_record(layout.branches[branch])
    try:
        if layout.native:
            return kind, events.checked(values, kind)
        return kind, events.resolve(values, layout.branches[branch], kind)
    except UnresolvableError as error:
        return error.fault


def encode_plain(event: Plain) -> bytes:
    """Return the bytes of an event of plain values as a record of today's union, its branch index in front."""
    kind, values = event
    stream = io.BytesIO()
    stream.write(bytes([kind * 2]))  # zigzag of the branch index
    fastavro.schemaless_writer(stream, events.plain(events.shapes()[kind]), values)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A block of encoded records, as fastavro's writer takes it."""

    num_records: int
    bytes_: io.BytesIO


class LogWriter:
    """Writes encoded records of today's union, block by block; what was written last can be taken back.

    The sync marker is fixed, so that the same records make the same bytes. The header is written when the file is
    finished, for what stands in it may be known only then.
    """

    def __init__(self, body: IO[bytes]) -> None:
        """Take an empty file, for writing and reading, that holds the blocks until the log is finished."""
        self._body = body
        self._writer = Writer(body, events.union(), codec=_CODEC, sync_marker=_SYNC_MARKER)
        self._begin = self.mark()

    def append(self, data: Bytes, stops: Int64) -> None:
        """Append records; ``stops`` says where each of them ends."""
        begin = 0
        for first in range(0, len(stops), _BLOCK_RECORDS):
            last = min(first + _BLOCK_RECORDS, len(stops))
            end = int(stops[last - 1])
            self._writer.write_block(_Encoded(last - first, io.BytesIO(data[begin:end].data)))
            begin = end

    def append_plain(self, event: Plain) -> None:
        """Append one event of plain values as a block."""
        data = encode_plain(event)
        self.append(np.frombuffer(data, np.uint8), np.array([len(data)], np.int64))

    def append_events(self, events: Iterable[Plain]) -> int:
        """Append events of plain values, in blocks; return how many there were."""
        count, remaining = 0, iter(events)
        while together := [encode_plain(event) for event in islice(remaining, _BLOCK_RECORDS)]:
            self.append_block(b"".join(together), len(together))
            count += len(together)
        return count

    def append_block(self, data: bytes | memoryview, count: int) -> None:
        """Append ``count`` encoded records as one block."""
        self._writer.write_block(_Encoded(count, io.BytesIO(data)))

    def mark(self) -> int:
        """Return the place up to which the log is written."""
        self._writer.flush()
        self._body.flush()
        return self._body.tell()

    def take_back(self, mark: int) -> None:
        """Forget what was written behind a mark."""
        self._body.seek(mark)
        self._body.truncate()

    def finish(self, out: IO[bytes], metadata: dict[str, str]) -> None:
        """Write the whole log, header first."""
        end = self.mark()
        Writer(out, events.union(), codec=_CODEC, sync_marker=_SYNC_MARKER, metadata=metadata).flush()
        self._body.seek(self._begin)
        shutil.copyfileobj(self._body, out, 1 << 20)
        self._body.seek(end)


def write_log(path: Path | IO[bytes], records: Iterable[tuple[str, dict[str, Any]]], codec: str = "deflate") -> None:
    """Write (record name, values) pairs, dates as ``datetime.date``, as a file of today's union.

    The sync marker is fixed, so that the same records make the same bytes.
    """
    named = ((f"{events.NAMESPACE}.{name}", values) for name, values in records)
    if isinstance(path, Path):
        with path.open("wb") as file:
            write_log(file, records, codec)
        return
    fastavro.writer(path, events.union(), named, codec=codec, sync_marker=_SYNC_MARKER)
