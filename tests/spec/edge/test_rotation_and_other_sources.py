"""A new key changes no figure; joined numbers change them by design; other sources become events too."""

import tracemalloc
from pathlib import Path
from typing import Any

import fastavro
import pyarrow.parquet as pq
import pytest
from program import ocmw
from statement_told import Edge, line, number, text

from edge.forms import rows
from edge.sources import EXITS


def events(path: Path) -> list[dict[str, Any]]:
    """Return the events of a file."""
    with path.open("rb") as file:
        return list(fastavro.reader(file))


def figures(log: Path, room: Path) -> list[dict[str, Any]]:
    """Return all cells that a log gives."""
    store, out = room / "store", room / "cells.parquet"
    assert ocmw("replay", log, "--store", store).returncode == 0
    assert ocmw("export", "--store", store, "--zone", "internal", "--format", "parquet", "--out", out).returncode == 0
    cells: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    return cells


D_LINE = line(law="2", article="900204", category="D", number="", dossier="X1")
LINES = text(*(line(number=number(place), dossier=f"G{place}") for place in range(1, 9)), D_LINE)


def test_a_rotation_changes_each_person_and_nothing_else_and_no_figure(edge: Edge) -> None:
    source = edge.file(LINES)
    edge.imports(source, "--close", "each-month")
    log, new, out = edge.room / "1.avro", edge.room / "new.key", edge.room / "rotated"
    done = ocmw("keys", "rotate", "--from", edge.key, "--to", new, "--sources", source, log, "--out", out)
    assert done.returncode == 0, done.stderr
    before, after = events(log), events(out / "1.avro")
    assert not {one["person"] for one in before[:-1]} & {one["person"] for one in after[:-1]}
    assert len({one["person"] for one in after[:-1]}) == 9
    assert [one | {"person": b""} for one in before] == [one | {"person": b""} for one in after]
    assert new.read_bytes()[32:] == edge.key.read_bytes()[32:]
    cells = figures(log, edge.room / "a")
    assert cells
    assert figures(out / "1.avro", edge.room / "b") == cells
    assert ocmw("replay", out / "1.avro", "--store", edge.room / "a" / "store").returncode == 1


def test_a_log_of_kafka_which_names_no_key_is_rotated_where_every_person_is_found(edge: Edge) -> None:
    source = edge.file(LINES)
    edge.imports(source, "--close", "each-month")
    log, new, out = edge.room / "exported.avro", edge.room / "new.key", edge.room / "rotated"
    with (edge.room / "1.avro").open("rb") as file:
        reader = fastavro.reader(file, return_record_name=True)
        schema, records = reader.writer_schema, list(reader)
    with log.open("wb") as file:
        fastavro.writer(file, schema, records)
    done = ocmw("keys", "rotate", "--from", edge.key, "--to", new, "--sources", source, log, "--out", out)
    assert done.returncode == 0, done.stderr
    assert ocmw("replay", out / "exported.avro", "--store", edge.room / "store").returncode == 0


def test_statements_of_after_a_rotation_continue_the_persons(edge: Edge) -> None:
    source, new = edge.file(LINES), edge.room / "new.key"
    edge.imports(source)
    ocmw(
        "keys",
        "rotate",
        "--from",
        edge.key,
        "--to",
        new,
        "--sources",
        source,
        edge.room / "1.avro",
        "--out",
        edge.room / "r",
    )
    edge.key = new
    assert edge.imports(source).claims == events(edge.room / "r" / "1.avro")


def test_a_person_who_is_in_no_source_refuses_the_rotation_with_the_count_and_nothing_is_written(edge: Edge) -> None:
    edge.imports(LINES)
    some, new, out = edge.file(text(line()), "some.txt"), edge.room / "new.key", edge.room / "out"
    log = edge.room / "1.avro"
    done = ocmw("keys", "rotate", "--from", edge.key, "--to", new, "--sources", some, log, "--out", out)
    assert (done.returncode, "8 persons" in done.stderr, new.exists(), out.exists()) == (1, True, False, False)


def test_without_logs_a_rotation_makes_a_key_with_a_fresh_person_key_and_the_same_line_key(edge: Edge) -> None:
    new = edge.room / "new.key"
    assert ocmw("keys", "rotate", "--from", edge.key, "--to", new).returncode == 0
    old_bytes, new_bytes = edge.key.read_bytes(), new.read_bytes()
    assert (old_bytes[32:] == new_bytes[32:], old_bytes[:32] == new_bytes[:32]) == (True, False)
    assert ocmw("keys", "rotate", "--from", edge.key, "--to", new).returncode == 1


def test_rejoining_makes_one_person_of_two_numbers_and_says_how_many(edge: Edge) -> None:
    edge.imports(text(line(number=number(1)), line(number=number(2), dossier="B"), line(number=number(3), dossier="C")))
    changed = edge.file(f"old;new;day\n{number(1)};{number(2)};2023-01-01\n", "identities.csv")
    out = edge.room / "joined"
    done = ocmw("keys", "rejoin", "--key", edge.key, "--identities", changed, edge.room / "1.avro", "--out", out)
    assert "2 persons became 1" in done.stdout
    before, after = events(edge.room / "1.avro"), events(out / "1.avro")
    assert [one["person"] for one in after] == [before[0]["person"], before[0]["person"], before[2]["person"]]


def imported(edge: Edge, kind: str, source: Path, *options: object) -> list[dict[str, Any]]:
    """Import a source of another kind and return its events."""
    out = edge.room / f"{kind}.avro"
    done = ocmw("import", kind, source, "--key", edge.key, "--out", out, *options)
    assert done.returncode == 0, done.stderr
    return events(out)


DIMONA = "number;declaration;period;employer;employer_is_ocmw;start;end;worker_type"


def test_dimona_declarations_become_events_and_csv_and_xml_say_the_same(edge: Edge) -> None:
    rows = edge.file(f"{DIMONA}\n{number()};IN;123456789012;0123456749;;2024-01-02;;OTH\n", "d.csv")
    xml = edge.file(
        "<Dimona><DimonaIn><DimonaPeriodId>123456789012</DimonaPeriodId><Employer><CompanyID>0123456749</CompanyID>"
        f"</Employer><INSS>{number()}</INSS><StartingDate>2024-01-02</StartingDate><WorkerType>OTH</WorkerType>"
        "</DimonaIn></Dimona>",
        "d.xml",
    )
    (one,) = imported(edge, "dimona", rows, "--synthetic")
    assert (one["declaration"], one["employer_is_ocmw"], one["end_date"]) == (
        "IN",
        False,
        None,
    )
    assert imported(edge, "dimona", xml, "--synthetic") == [one]


def test_exits_and_residences_become_events_of_the_person_of_the_statements(edge: Edge) -> None:
    (claim,) = edge.imports(text(line())).claims
    exits = edge.file(f"number,exit\n{number()},2024-03-31\n", "exits.csv")
    homes = edge.file(
        f"number\tmunicipality\tfrom\n{number()}\t44021\t2024-01-01\n{number()}\t0\t2024-05-01\n", "homes.csv"
    )
    (left,) = imported(edge, "youth-care", exits, "--synthetic")
    there, gone = imported(edge, "residences", homes, "--synthetic")
    assert {one["person"] for one in (left, there, gone)} == {claim["person"]}
    assert (left["sex"], str(left["birth_date"]), there["municipality"], gone["municipality"]) == (
        1,
        "1990-03-05",
        44021,
        0,
    )


@pytest.mark.parametrize(
    "content",
    [
        "number;exit\n{wrong};2024-03-31\n",
        "number;exit\n{right};2024-02-31\n",
        "number;exit\n{right}\n",
        "number;day\n{right};2024-02-01\n",
        "number;exit;exit\n{right};2024-02-01;2024-02-01\n",
        "number;exit\n{right};2024-\x0001\n",
        "",
    ],
)
def test_a_row_that_cannot_be_refuses_the_file_by_line_and_column_and_says_no_content(edge: Edge, content: str) -> None:
    right, wrong = number(), number(wrong=True)
    source = edge.file(content.format(right=right, wrong=wrong), "exits.csv")
    out = edge.room / "out.avro"
    done = ocmw("import", "youth-care", source, "--key", edge.key, "--out", out, "--synthetic")
    assert (done.returncode, done.stderr.count("\n"), out.exists()) == (1, 1, False)
    assert right not in done.stderr
    assert wrong not in done.stderr


def test_without_synthetic_a_synthetic_number_refuses_the_file(edge: Edge) -> None:
    source = edge.file(f"number;exit\n{number()};2024-03-31\n", "exits.csv")
    done = ocmw("import", "youth-care", source, "--key", edge.key, "--out", edge.room / "out.avro")
    assert (done.returncode, "--synthetic" in done.stderr) == (1, True)


def test_memory_does_not_grow_with_the_file_of_another_source(tmp_path: Path) -> None:
    def most(rows_of_file: int) -> int:
        path = tmp_path / "exits.csv"
        path.write_text("number;exit\n" + f"{number()};2024-03-31\n" * rows_of_file)
        tracemalloc.start()
        try:
            assert sum(1 for _ in rows(path, EXITS)) == rows_of_file
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    most(10)
    assert most(60_000) < 3 << 20  # the file has 1.4 MB, a chunk of it 1 MB


def test_a_line_without_end_and_two_encodings_in_one_file_are_read_or_refused_in_a_sentence(edge: Edge) -> None:
    endless = edge.file(f"number;exit;name\n{number()};2024-03-31;{'x' * 100_000}\n", "exits.csv")
    out = edge.room / "out.avro"
    done = ocmw("import", "youth-care", endless, "--key", edge.key, "--out", out, "--synthetic")
    assert (done.returncode, "line 2 is longer than 65536 characters" in done.stderr, out.exists()) == (1, True, False)
    mixed = f"number;exit;name\n{number()};2024-03-31;é\n".encode() + f"{number(2)};2024-03-31;é\n".encode("cp1252")
    assert len(imported(edge, "youth-care", edge.file(mixed, "exits.csv"), "--synthetic")) == 2


def test_equal_rows_are_events_of_their_own_and_their_order_does_not_matter(edge: Edge) -> None:
    one, two = f"{number()};2024-03-31\n", f"{number(2)};2024-03-31\n"
    first = imported(edge, "youth-care", edge.file(f"number;exit\n{one}{two}{one}", "exits.csv"), "--synthetic")
    second = imported(edge, "youth-care", edge.file(f"number;exit\n{one}{one}{two}", "exits.csv"), "--synthetic")
    assert len({(event["event_id"], event["person"]) for event in first}) == 3
    assert {event["event_id"] for event in first} == {event["event_id"] for event in second}
