"""What people wrote is shown as they wrote it: an update may be called what looks like markup."""

from pathlib import Path

import pytest
from program import ocmw

from streams.shell.console import OUT, headed, show_table

NAMES = ("2024-04 [final]", "a[/b]", "[bold]u", "u :warning:")


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_shows_a_name_as_it_was_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    OUT.print(f"update {name} is closed; its number is 1")
    headed("What came in", name)
    assert capsys.readouterr().out == f"update {name} is closed; its number is 1\nWhat came in: {name}\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_table_shows_a_name_as_it_was_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    wide = "-" * 40  # a title is no wider than its table
    show_table(f"After {name}", (name,), [(name,), (wide,)])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [f"After {name}", name, name, wide]


def test_a_row_is_one_line_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 60
    show_table("Set aside", ("slug", "what to do"), [("bad-period", long), ("undecodable", long)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[2].split() == ["bad-period", *long.split()]


def test_a_file_is_told_by_its_own_name(tmp_path: Path) -> None:
    out = tmp_path / "claims [" / "final].avro"
    done = ocmw("generate", "--persons", 3, "--from", "2024-01", "--to", "2024-01", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f" in {out}\n")
    assert "3 persons, " in done.stdout
