"""The file of events that could not be counted."""

import csv
from pathlib import Path

from schemas.faults import FAULT
from sinks.directory.set_aside import SetAside, append_run

UNKNOWN = FAULT["unknown-ocmw"]


def lines(root: Path) -> list[dict[str, str]]:
    with (root / "set_aside.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_says_where_why_whose_and_what_to_do(tmp_path: Path) -> None:
    append_run(tmp_path, [SetAside("january.avro", 17, UNKNOWN)])
    (line,) = lines(tmp_path)
    assert list(line) == ["run", "file", "record", "slug", "owner", "remedy", "reason"]
    assert [line] == [
        {
            "run": "1",
            "file": "january.avro",
            "record": "17",
            "slug": "unknown-ocmw",
            "owner": "sender",
            "reason": UNKNOWN.reason,
            "remedy": UNKNOWN.remedy,
        }
    ]


def test_a_later_run_keeps_the_lines_of_earlier_ones(tmp_path: Path) -> None:
    for record in (1, 2, 3):
        append_run(tmp_path, [SetAside("a.avro", record, UNKNOWN)] * 2)
    assert [(line["run"], line["record"]) for line in lines(tmp_path)] == [
        (run, run) for run in ("1", "1", "2", "2", "3", "3")
    ]


def test_a_run_without_faults_changes_nothing(tmp_path: Path) -> None:
    append_run(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_with_commas_quotes_and_line_breaks_survives(tmp_path: Path) -> None:
    name = 'a, "b"\nc.avro'
    append_run(tmp_path, [SetAside(name, 1, UNKNOWN)])
    append_run(tmp_path, [SetAside("d.avro", 1, UNKNOWN)])
    assert [line["file"] for line in lines(tmp_path)] == [name, "d.avro"]


def test_hundreds_of_thousands_of_lines_are_kept(tmp_path: Path) -> None:
    append_run(tmp_path, (SetAside("a.avro", record, UNKNOWN) for record in range(200_000)))
    append_run(tmp_path, [SetAside("b.avro", 1, UNKNOWN)])
    kept = lines(tmp_path)
    assert (len(kept), kept[-1]["run"], kept[-2]["record"]) == (200_001, "2", "199999")
