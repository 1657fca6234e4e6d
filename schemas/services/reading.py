"""Bytes of a service's topic into records, and records into bytes; what cannot be read is the slug of its fault.

Another writer's schema is resolved to ours as Avro does, to any depth: fields by name, unknown ones dropped, an int
read as a long, an enum by its symbol. A converter for a pair of schemas is made once and used for every record.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple

import fastavro
import msgspec

from schemas import events
from schemas.events import Shape
from schemas.framing import HEADER_BYTES, MAGIC, framed
from schemas.log import Block, CorruptFileError, LeftOverError, LogFile, next_written
from schemas.services.records import RECORD
from schemas.services.topics import TOPICS, ServiceTopic, branches, ids_of

Record = Any
"""A record of ``schemas.services.records``."""
_Converter = Callable[[Any], Any]
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


class _UnreadableError(Exception):
    """A value that our schema cannot hold; its text is the slug."""


def _same(value: Any) -> Any:  # noqa: ANN401 - a plain Avro value
    return value


def _int(value: int) -> int:
    if not _INT_MIN <= value <= _INT_MAX:
        raise _UnreadableError("undecodable")
    return value


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise _UnreadableError("undecodable") from None


def _symbol(symbols: tuple[str | None, ...], index: int) -> str:
    symbol = symbols[index] if 0 <= index < len(symbols) else None
    if symbol is None:
        raise _UnreadableError("undecodable")
    return symbol


def _items(inner: _Converter, values: list[Any]) -> tuple[Any, ...]:
    return tuple(map(inner, values))


def _perhaps(inner: _Converter, value: Any) -> Any:  # noqa: ANN401 - a plain Avro value
    return None if value is None else inner(value)


def _record(kind: type, fields: tuple[tuple[str, _Converter], ...], values: dict[str, Any]) -> Record:
    return kind(*[inner(values[name]) for name, inner in fields])


def _refuse(_: Any) -> Any:  # noqa: ANN401 - a plain Avro value
    raise _UnreadableError("unknown-schema")


@cache
def converter(written: Shape, wanted: Shape) -> _Converter:  # noqa: PLR0911 - one return for each way that Avro writes a type
    """Return what makes our value of a writer's plain one; it raises where the value cannot be ours."""
    if wanted.type == "union":
        return _union(written, wanted)
    if written.type == "union":
        inner = [branch for branch in written.branches if branch.type != "null"]
        return partial(_needed, converter(inner[0], wanted)) if len(inner) == 1 else _refuse
    if (written.type, wanted.type) == ("int", "long"):
        return _int
    if {written.type, wanted.type} == {"bytes", "string"}:
        return _text if wanted.type == "string" else _same
    if written.type != wanted.type or written.size != wanted.size:
        return _refuse
    if wanted.type == "record":
        return _fields(written, wanted)
    if wanted.type == "array":
        return partial(_items, converter(written.branches[0], wanted.branches[0]))
    if wanted.type == "enum":
        known = tuple(symbol if symbol in wanted.symbols else None for symbol in written.symbols)
        return partial(_symbol, known)
    plain: dict[str, _Converter] = {"int": _int, "string": _text}
    return plain.get(wanted.type, _same)


def _needed(inner: _Converter, value: Any) -> Any:  # noqa: ANN401 - a plain Avro value
    return _refuse(value) if value is None else inner(value)


def _union(written: Shape, wanted: Shape) -> _Converter:
    inner = next(branch for branch in wanted.branches if branch.type != "null")
    if written.type == "null":
        return _same
    if written.type != "union":
        return converter(written, inner)
    others = [branch for branch in written.branches if branch.type != "null"]
    if not others:
        return _same
    return partial(_perhaps, converter(others[0], inner)) if len(others) == 1 else _refuse


def _fields(written: Shape, wanted: Shape) -> _Converter:
    known = dict(written.fields)
    if any(name not in known for name, _ in wanted.fields):
        return _refuse
    kind = RECORD[wanted.name.rpartition(".")[2]]
    return partial(_record, kind, tuple((name, converter(known[name], shape)) for name, shape in wanted.fields))


class _Branch(NamedTuple):
    """How a record of a writer's schema is read, and made ours (None: we have no such record)."""

    careful: events.Schema
    quick: events.Schema
    convert: _Converter | None

    @classmethod
    def of(cls, written: Shape, wanted: Shape | None) -> "_Branch":
        """Return the branch of a shape that is wanted as another."""
        return cls(events.plain(written), events.quick(written), None if wanted is None else converter(written, wanted))


def _made(branch: _Branch, values: dict[str, Any]) -> Record | str:
    if branch.convert is None:
        return "unknown-schema"
    try:
        return branch.convert(values)
    except _UnreadableError as fault:
        return str(fault)


@dataclass(frozen=True, slots=True)
class TopicFile:
    """An Avro file of one topic's records; ``wanted`` is our record for each branch of its writer (None: none)."""

    file: LogFile
    topic: ServiceTopic
    wanted: tuple[Shape | None, ...]

    @classmethod
    def open(cls, path: Path) -> "TopicFile":
        """Read the header. Raises CorruptFileError where it is no Avro file of a topic of these services."""
        file = LogFile.open(path)
        names = [branch.name for branch in file.layout.branches]
        for topic in TOPICS:
            known = {branch.name: branch for branch in branches(topic)}
            if known.keys() & set(names):
                return cls(file, topic, tuple(map(known.get, names)))
        message = f"{path}: holds no record of contracts, decisions, requests or reports; claims go to ocmw replay"
        raise CorruptFileError(message)

    @classmethod
    def holds_records(cls, path: Path) -> bool:
        """Tell whether a file can be opened as one of a topic of these services."""
        try:
            cls.open(path)
        except CorruptFileError:
            return False
        return True

    def records(self) -> Iterator[Record | str]:
        """Yield each record, or the slug of its fault, in file order. Raises CorruptFileError at broken framing."""
        layout = self.file.layout
        known = tuple(starmap(_Branch.of, zip(layout.branches, self.wanted, strict=True)))
        try:
            for block in self.file.blocks():
                yield from _of_block(block, known, single=layout.single)
        except LeftOverError as error:
            message = f"{self.file.path}: corrupt, {error}; copy or export it again"
            raise CorruptFileError(message) from error


def _of_block(block: Block, known: tuple[_Branch, ...], *, single: bool) -> Iterator[Record | str]:
    stream = BytesIO(block.data.tobytes())
    for done in range(block.count):
        try:
            datum = _next(stream, known, single=single)
        except Exception:  # noqa: BLE001 - whatever the bytes made of the decoder
            yield from ["undecodable"] * (block.count - done)
            return
        yield _made(known[datum[0]], datum[1])
    left = len(block.data) - stream.tell()
    if left:
        message = f"{left} bytes are left over after the last record of a block"
        raise LeftOverError(message)


def _next(stream: BytesIO, known: tuple[_Branch, ...], *, single: bool) -> tuple[int, dict[str, Any]]:
    """Read one record as (branch, plain values); raises what the bytes cause.

    It is read quickly, and again with care where, written again, it is not what was read.
    """
    start = stream.tell()
    with suppress(Exception):
        branch = 0 if single else fastavro.schemaless_reader(stream, "long")
        quick = known[branch].quick
        values = fastavro.schemaless_reader(stream, quick)
        again = BytesIO()
        if not single:
            fastavro.schemaless_writer(again, "long", branch)
        fastavro.schemaless_writer(again, quick, values)
        if branch >= 0 and again.getbuffer() == stream.getbuffer()[start : stream.tell()]:
            return branch, values
    stream.seek(start)
    return next_written(stream, tuple(one.careful for one in known), single=single)


def record_of(topic: ServiceTopic, value: bytes | None) -> Record | str:
    """Return the record of a framed value of a topic, or the slug of its fault."""
    if not value or len(value) < HEADER_BYTES or value[0] != MAGIC:
        return "undecodable"
    number = int.from_bytes(value[1:HEADER_BYTES], "big")
    if number not in ids_of(topic):
        return "unknown-schema"
    known, stream = _known(topic, number), BytesIO(value[HEADER_BYTES:])
    try:
        branch, values = _next(stream, known, single=ids_of(topic)[number] is not None)
    except Exception:  # noqa: BLE001 - whatever the bytes made of the decoder
        return "undecodable"
    if stream.read(1):
        return "undecodable"
    return _made(known[branch], values)


@cache
def _known(topic: ServiceTopic, number: int) -> tuple[_Branch, ...]:
    """Return the branches that values of a schema id have."""
    single, shapes = ids_of(topic)[number], branches(topic)
    return tuple(_Branch.of(shape, shape) for shape in (shapes if single is None else (shapes[single],)))


@cache
def _writers(topic: ServiceTopic) -> tuple[events.Schema, ...]:
    parsed = fastavro.parse_schema(topic.schema)
    return tuple(parsed) if isinstance(parsed, list) else (parsed,)


def fields(record: Record) -> dict[str, Any]:
    """Return a record as the plain dict that fastavro writes; days and instants stay ints."""
    plain: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(bytes,))
    return plain


def value_of(topic: ServiceTopic, record: Record) -> bytes:
    """Return a record framed and encoded as its topic has it: the id of the union."""
    writers, name = _writers(topic), type(record).__name__
    branch = [shape.name.rpartition(".")[2] for shape in branches(topic)].index(name)
    stream = BytesIO()
    if len(writers) > 1:
        fastavro.schemaless_writer(stream, "long", branch)
    fastavro.schemaless_writer(stream, writers[branch], fields(record))
    return framed(topic.union_id, stream.getvalue())


def write_topic(path: Path, topic: ServiceTopic, records: list[Record], codec: str = "deflate") -> None:
    """Write records as an object container file of a topic's union; the same records make the same bytes."""
    single = len(branches(topic)) == 1
    values = (
        fields(record) if single else (f"{events.NAMESPACE}.{type(record).__name__}", fields(record))
        for record in records
    )
    with path.open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(topic.schema), values, codec=codec, sync_marker=b"ocmw service log")
