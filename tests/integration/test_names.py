"""Names that people chose, however odd, never end a run after its figures are out, nor compute anything."""

import csv
import os
from pathlib import Path

import pytest
from history import log_file
from program import ocmw, ocmw_apart

NOT_UTF8 = os.fsdecode(b"log\xff\n.avro")


def test_a_file_name_that_is_no_utf8_is_escaped_wherever_it_is_told(tmp_path: Path) -> None:
    path = log_file(tmp_path / "log.avro", "sex\n4\n2\nclose 2024-03")
    path = path.rename(tmp_path / NOT_UTF8)
    done = ocmw("replay", path, "--store", tmp_path / "store")
    assert (done.returncode, done.stderr) == (0, "")
    with (tmp_path / "store" / "set_aside.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["file"] == r"log\xff\n.avro"
    assert (tmp_path / "store" / "ledger.snapshot").exists()
    assert r"log\xff\n.avro record 1: bad-attributes" in ocmw("check", path).stdout


def test_a_folder_whose_name_does_not_fit_the_terminal_is_told_too(tmp_path: Path) -> None:
    path = log_file(tmp_path / "log.avro", "sex\n4\n2\nclose 2024-03")
    done = ocmw_apart("replay", path, "--store", tmp_path / "één", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 release in" in done.stdout


def test_a_folder_whose_name_is_no_utf8_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = log_file(tmp_path / "log.avro", "sex\n2\nclose 2024-03")
    done = ocmw("replay", path, "--store", tmp_path / os.fsdecode(b"st\xffre"))
    assert done.returncode == 1
    assert "must be UTF-8; name another" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["log.avro"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x"])
def test_a_name_that_begins_as_a_formula_is_text_in_what_a_spreadsheet_opens(tmp_path: Path, name: str) -> None:
    path = log_file(tmp_path / f"{name}.avro", f"sex | month\n4 | 2024-01\n2 | 2024-01\nclose {name} 2024-06")
    assert ocmw("replay", path, "--store", tmp_path / "store").returncode == 0
    with (tmp_path / "store" / "set_aside.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["file"] == f"'{name}.avro"
    out = ["--zone", "internal", "--format", "csv", "--csv-dialect", "excel", "--out", tmp_path / "out.csv"]
    assert ocmw("export", "--store", tmp_path / "store", *out).returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["update_id"] for row in csv.DictReader(file, delimiter=";")} == {f"'{name}"}
