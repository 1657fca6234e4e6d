"""Confluent framing of one value: byte 0, the id of its schema (4 bytes, big-endian), its Avro body."""

import struct
from functools import cache
from io import BytesIO
from typing import Any

import fastavro

from schemas.events import Schema, schema_document, schema_ids, union

MAGIC = 0
HEADER_BYTES = 5
_HEADER = struct.Struct(">BI")

UNION_ID = max(number for number, record in schema_ids().items() if record is None)
"""Schema id of the whole union of dossier events: what our producers write."""
ROWS_ID, REQUEST_ID = 24, 17
"""Schema ids of our own topics."""


class FramingError(ValueError):
    """A value of one of our own topics that this version cannot read: upgrade readers before writers."""


def framed(schema_id: int, body: bytes) -> bytes:
    """Return a body with its frame."""
    return _HEADER.pack(MAGIC, schema_id) + body


@cache
def schema_of(schema_id: int) -> Schema:
    """Return the parsed schema of one of our own topics. Raises FramingError for an id that is not ours."""
    entry = schema_document("ids.json")["ids"].get(str(schema_id))
    if entry is None:
        message = f"schema id {schema_id} is unknown to this version; upgrade the readers before the writers"
        raise FramingError(message)
    return union() if entry["file"] == "dossier.avsc" else fastavro.parse_schema(schema_document(entry["file"]))


def encode(schema_id: int, value: Any) -> bytes:  # noqa: ANN401 - an Avro value
    """Return a value framed and encoded; a value of a union is a pair (record name, fields)."""
    stream = BytesIO()
    fastavro.schemaless_writer(stream, schema_of(schema_id), value)
    return framed(schema_id, stream.getvalue())


def decode(value: bytes) -> tuple[str, dict[str, Any]]:
    """Return (record name without namespace, fields) of a value of our own topics. Raises FramingError."""
    if len(value) < HEADER_BYTES or value[0] != MAGIC:
        message = f"a value of {len(value)} bytes without a frame stands in a topic of ours; find out who wrote it"
        raise FramingError(message)
    schema = schema_of(_HEADER.unpack_from(value)[1])
    datum = fastavro.schemaless_reader(BytesIO(value[HEADER_BYTES:]), schema, return_record_name=True)
    name, fields = datum if isinstance(datum, tuple) else (schema["name"], datum)
    return name.rpartition(".")[2], fields
