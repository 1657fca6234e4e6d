"""Writers and readers of different versions: a new field comes at the end, with a default, and nobody notices.

The same event, told in two versions, is one event: content is compared on values of today's schema (A4).
"""

import copy
from pathlib import Path
from typing import Any

import fastavro
import pytest
from engines import ENGINES
from history import Record, log_file, records
from named_figures import NamedFigures

from schemas import events
from schemas.settings import FigureSettings

TABLE = """
    id | type      | cents | household
    x  | GRANT     | 1000  | A
    y  | REG_GRANT | -500  | B
"""
NEW_FIELD = {"name": "channel", "type": "string", "default": "paper"}


def newer() -> events.Schema:
    """Return today's union with a field behind all others of each record."""
    document = copy.deepcopy(events.schema_document("dossier.avsc"))
    for record in document:
        record["fields"].append(NEW_FIELD)
    return fastavro.parse_schema(document)


def older() -> events.Schema:
    """Return today's union from before the last field that has a default (``corrects``) was added."""
    document = copy.deepcopy(events.schema_document("dossier.avsc"))
    for record in document:
        record["fields"] = [field for field in record["fields"] if "default" not in field]
    return fastavro.parse_schema(document)


def retyped(field: str, kind: events.Schema) -> events.Schema:
    """Return today's union with another type of a field of claims."""
    document = copy.deepcopy(events.schema_document("dossier.avsc"))
    next(known for known in document[events.CLAIM]["fields"] if known["name"] == field)["type"] = kind
    return fastavro.parse_schema(document)


def written(path: Path, schema: events.Schema, given: list[Record], **more: Any) -> Path:  # noqa: ANN401 - a field's value
    """Write events as a writer of another version does."""
    with path.open("wb") as file:
        fastavro.writer(file, schema, [(f"{events.NAMESPACE}.{name}", values | more) for name, values in given])
    return path


def without_corrects(given: list[Record]) -> list[Record]:
    return [(name, {field: value for field, value in values.items() if field != "corrects"}) for name, values in given]


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("more", [{}, {"channel": "web"}])
def test_todays_reader_reads_newer_events_and_knows_them_again(
    engine: str, more: dict[str, str], tmp_path: Path
) -> None:
    today = log_file(tmp_path / "today.avro", TABLE)
    later = written(tmp_path / "later.avro", newer(), records(TABLE), **more)
    figures = NamedFigures(ENGINES[engine]([today, later], tmp_path, FigureSettings()))
    assert figures.outcomes() == (3, 3, [])
    assert figures.by("household", "LL", "2024-03") == {"B": 1}
    assert figures.amount("LL", "2024-03") == 500


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_todays_reader_reads_older_events_with_the_default_and_knows_them_again(engine: str, tmp_path: Path) -> None:
    before = written(tmp_path / "before.avro", older(), without_corrects(records(TABLE)))
    figures = NamedFigures(
        ENGINES[engine]([before, log_file(tmp_path / "today.avro", TABLE)], tmp_path, FigureSettings())
    )
    assert figures.outcomes() == (3, 3, [])
    assert figures.amount("LL", "2024-03") == 500


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_writer_without_a_field_that_has_no_default_is_another_schema(engine: str, tmp_path: Path) -> None:
    document = copy.deepcopy(events.schema_document("dossier.avsc"))
    document[0]["fields"] = [field for field in document[0]["fields"] if field["name"] != "budget_article"]
    path = written(tmp_path / "log.avro", fastavro.parse_schema(document), records(TABLE))
    figures = NamedFigures(ENGINES[engine]([path], tmp_path, FigureSettings()))
    assert figures.outcomes() == (2, 0, [("log.avro", 1, "unknown-schema")])


LETTERS = {"type": "enum", "name": "Letters", "symbols": ["A", "B"]}
BORN = ("int", 7475)


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize(
    ("kind", "born", "slugs"),
    [
        (["null", "int", "string"], BORN, []),
        (["null", "int", "string"], "1990", ["unknown-schema"]),
        (["null", "string", "int"], BORN, []),
        (["null", "string", "int"], "1990", ["unknown-schema"]),
        (["null", "string", "int"], None, []),
        (["null", LETTERS, "int"], BORN, []),
        (["null", LETTERS, "int"], "A", ["unknown-schema"]),
        (["null", "long", "int"], BORN, []),
        (["null", "long", "int"], ("long", 7475), ["unknown-schema"]),
        (["int", "boolean"], BORN, []),
        (["int", "boolean"], True, ["unknown-schema"]),
        ("null", None, []),
    ],
)
def test_a_value_is_read_as_the_branch_that_its_writer_chose(
    engine: str, kind: events.Schema, born: object, slugs: list[str], tmp_path: Path
) -> None:
    ours = log_file(tmp_path / "ours.avro", "person\n a")
    wide = b"\xff" * 16  # looks like a number beyond 64 bits: such a record is written again and compared
    theirs_plain = [
        (name, values | {"birth_date": born, "event_id": wide}) for name, values in records("person\n b")[:1]
    ]
    theirs = written(tmp_path / "theirs.avro", retyped("birth_date", kind), theirs_plain)
    outcomes = NamedFigures(ENGINES[engine]([theirs, ours], tmp_path, FigureSettings())).outcomes()
    assert outcomes == (3 - len(slugs), 0, [("theirs.avro", 1, slug) for slug in slugs])


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize(
    ("kind", "nationality", "slugs"),
    [
        ("bytes", b"BE", []),
        (["null", "string"], "BE", []),
        (["null", "string"], None, ["unknown-schema"]),
        (["null", "bytes"], b"BE", []),
        (["string"], "BE", []),
        (["int", "bytes", "string"], "BE", []),
        (["int", "bytes", "string"], b"BE", []),
        (["int", "bytes", "string"], 32, ["unknown-schema"]),
        ("null", None, ["unknown-schema"]),
        ({"type": "fixed", "name": "Two", "size": 2}, b"BE", ["unknown-schema"]),
        ("bytes", b"\xff\xfe", ["bad-attributes"]),
    ],
)
def test_a_string_may_be_written_as_bytes_or_as_a_branch_of_a_union(
    engine: str, kind: events.Schema, nationality: object, slugs: list[str], tmp_path: Path
) -> None:
    theirs_plain = [(name, values | {"nationality": nationality}) for name, values in records(TABLE)[:1]]
    theirs = written(tmp_path / "theirs.avro", retyped("nationality", kind), theirs_plain)
    figures = NamedFigures(
        ENGINES[engine]([theirs, log_file(tmp_path / "ours.avro", TABLE)], tmp_path, FigureSettings())
    )
    duplicates = 0 if slugs else 1  # x, told in both ways, is one event
    assert figures.outcomes() == (3, duplicates, [("theirs.avro", 1, slug) for slug in slugs])
    assert figures.by("nationality", "LL", "2024-03") == {"BE": 1}


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize(
    ("kind", "cents", "slugs"),
    [
        ("int", 100000, []),
        (["null", "int"], 100000, []),
        (["string", "long", "int"], ("int", 100000), []),
        (["string", "long", "int"], ("long", 100000), []),
        (["string", "long", "int"], "100000", ["unknown-schema"]),
        ("double", 100000.0, ["unknown-schema"]),
        ([{"type": "array", "items": "long"}, "long"], [1, 2], ["unknown-schema"]),
        ([{"type": "array", "items": "long"}, "long"], 100000, []),
    ],
)
def test_a_long_may_be_written_as_an_int_or_as_a_branch_of_a_union(
    engine: str, kind: events.Schema, cents: object, slugs: list[str], tmp_path: Path
) -> None:
    theirs_plain = [(name, values | {"amount_cents": cents}) for name, values in records("person\n b")[:1]]
    theirs = written(tmp_path / "theirs.avro", retyped("amount_cents", kind), theirs_plain)
    ours = log_file(tmp_path / "ours.avro", "person\n a")
    figures = NamedFigures(ENGINES[engine]([theirs, ours], tmp_path, FigureSettings()))
    assert figures.outcomes() == (3 - len(slugs), 0, [("theirs.avro", 1, slug) for slug in slugs])
    assert figures.amount("LL", "2024-03") == 100000 * (2 - len(slugs))


def test_an_older_reader_reads_todays_events(tmp_path: Path) -> None:
    path = log_file(tmp_path / "today.avro", TABLE)
    with path.open("rb") as file:
        read = list(fastavro.reader(file, older()))
    assert read[:2] == [values for _, values in without_corrects(records(TABLE))[:2]]


def test_a_newer_reader_reads_todays_events_with_the_default(tmp_path: Path) -> None:
    path = log_file(tmp_path / "today.avro", TABLE)
    with path.open("rb") as file:
        read = [event for event in fastavro.reader(file, newer()) if isinstance(event, dict)]
    assert {event["channel"] for event in read} == {"paper"}
