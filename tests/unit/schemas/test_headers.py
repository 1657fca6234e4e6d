"""What a writer puts into the header of its file beside the types plays no part in reading it."""

import copy
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest
from history import log_file

from schemas.log import CorruptFileError, LogFile, read_plain

HEADER = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Header",
        "fields": [
            {"name": "magic", "type": {"type": "fixed", "name": "Magic", "size": 4}},
            {"name": "meta", "type": {"type": "map", "values": "bytes"}},
            {"name": "sync", "type": {"type": "fixed", "name": "Sync", "size": 16}},
        ],
    }
)
TABLE = "person | type\na | GRANT\nb | REG_GRANT"


def _rewritten(path: Path, schema: Any = None, **meta: bytes) -> Path:  # noqa: ANN401 - an Avro schema
    """Write the header of a file anew, with another schema or more metadata; its blocks stay."""
    with path.open("rb") as file:
        header: Any = fastavro.schemaless_reader(file, HEADER)
        blocks = file.read()
    header["meta"] |= meta | ({"avro.schema": json.dumps(schema).encode()} if schema else {})
    with path.open("wb") as file:
        fastavro.schemaless_writer(file, HEADER, header)
        file.write(blocks)
    return path


def _schema(path: Path) -> Any:  # noqa: ANN401 - an Avro schema
    with path.open("rb") as file:
        return json.loads(fastavro.reader(file).metadata["avro.schema"])


def _read(path: Path) -> list[object]:
    file = LogFile.open(path)
    return [event for block in file.blocks() for event in read_plain(block, file.layout)]


@pytest.mark.parametrize(
    ("record", "field", "default"),
    [(0, "days", "0"), (0, "nationality", 5), (1, "corrects", "none"), (0, "support", "?")],
)
def test_a_writers_defaults_play_no_part_in_reading(tmp_path: Path, record: int, field: str, default: object) -> None:
    path = log_file(tmp_path / "log.avro", TABLE)
    expected, schema = _read(path), copy.deepcopy(_schema(path))
    members = {each["name"]: each for each in schema[record]["fields"]}
    members[field]["default"] = default
    assert _read(_rewritten(path, schema)) == expected
    assert LogFile.open(path).layout.native


def test_metadata_may_hold_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = log_file(tmp_path / "log.avro", TABLE)
    expected = _read(path)
    assert _read(_rewritten(path, signature=b"\xff\xfe\x00")) == expected


@pytest.mark.parametrize("schema", [{"type": "record", "name": "R"}, {"fields": []}, 5, "int", []])
def test_a_schema_that_is_none_of_events_is_one_sentence(tmp_path: Path, schema: object) -> None:
    path = _rewritten(log_file(tmp_path / "log.avro", TABLE), schema or [{}])
    with pytest.raises(CorruptFileError, match="not an Avro file of dossier events"):
        LogFile.open(path)


def test_a_codec_that_there_is_none_of_is_one_sentence(tmp_path: Path) -> None:
    path = _rewritten(log_file(tmp_path / "log.avro", TABLE), **{"avro.codec": b"rot13"})
    with pytest.raises(CorruptFileError, match="rot13"):
        _read(path)
