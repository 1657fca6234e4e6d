"""A file is written whole, in its place, or not at all; and never over what is no file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sinks.durability import put_in_place, temporary
from sinks.errors import StoreWriteError
from streams.cli import app
from streams.commands.demo import MARK, make_room
from streams.settings import UsageError


def write(path: Path) -> None:
    with temporary(path) as written:
        written.write_text("new", encoding="utf-8")
        put_in_place(written, path)


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(StoreWriteError, match="/dev/null: cannot be written, it is there and is no file; name another"):
        write(Path("/dev/null"))
    assert Path("/dev/null").is_char_device()


def test_a_directory_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(StoreWriteError, match="it is there and is no file"):
        write(tmp_path)


def test_a_folder_that_is_a_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreWriteError, match=r"file/a: cannot be written \(File exists\); .* or name another place"):
        write(tmp_path / "file" / "a")


def test_a_demo_goes_nowhere_where_somebody_keeps_their_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    (tmp_path / "store").mkdir()
    done = CliRunner().invoke(app, ["demo", "--directory", str(tmp_path)])
    assert "holds thesis.txt, which no demo made" in str(done.exception)
    assert {path.name for path in tmp_path.iterdir()} == {"thesis.txt", "store"}


@pytest.mark.parametrize("name", ["store", "workbooks", "history.avro"])
def test_a_demo_removes_nothing_that_is_only_called_as_what_it_makes(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").touch()
    done = CliRunner().invoke(app, ["demo", "--directory", str(tmp_path)])
    assert f"holds {name}, which no demo made; name a new or empty folder" in str(done.exception)
    assert (tmp_path / name / "thesis.txt").exists()


def test_a_demo_replaces_what_an_interrupted_one_left(tmp_path: Path) -> None:
    make_room(tmp_path / "demo")
    for left in (".history.avro-0123.tmp", "history.avro"):  # killed while it wrote the history, and after that
        (tmp_path / "demo" / left).touch()
        make_room(tmp_path / "demo")
    for left in ("store", "workbooks"):
        (tmp_path / "demo" / left).mkdir()
        make_room(tmp_path / "demo")
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {MARK, "history.avro"}


def test_a_demo_stands_beside_the_one_on_kafka(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    make_room(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {MARK, "kafka"}


def test_a_demo_leaves_what_was_put_beside_what_it_made(tmp_path: Path) -> None:
    make_room(tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(UsageError, match=r"holds thesis\.txt, which no demo made"):
        make_room(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {MARK, "store", "thesis.txt"}
