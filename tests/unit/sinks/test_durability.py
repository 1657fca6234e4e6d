"""A file is written whole, in its place, or not at all; and never over what is no file."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from schemas.settings import FigureSettings
from sinks import durability
from sinks.directory.store import DirectoryStore
from sinks.durability import put_in_place, put_once, temporary
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


def test_a_directory_that_cannot_be_synced_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _refusing(errno.EINVAL))
    write(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "new"
    DirectoryStore.writing(tmp_path / "store", FigureSettings())


def test_a_file_that_stands_there_is_not_said_to_be_what_it_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", _refusing(errno.EIO))
    with pytest.raises(StoreWriteError, match="a: written and in place, but a power cut may lose it"):
        write(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "new"


def _refusing(number: int) -> Callable[[int], None]:
    """Return an fsync that refuses directories, as file systems do that cannot sync them."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    return fsync


def _no_rename(_written: Path, _path: Path) -> bool:
    return False


def _no_link(source: Path, _target: Path) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(source))


@pytest.mark.parametrize("without", ["rename", "link"])
def test_a_name_is_given_once_by_a_rename_or_by_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    if without == "rename":
        monkeypatch.setattr(durability, "_renamed", _no_rename)
    else:
        monkeypatch.setattr(os, "link", _no_link)
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
    put_once(tmp_path / "first", tmp_path / "name")
    with pytest.raises(FileExistsError):
        put_once(tmp_path / "second", tmp_path / "name")
    assert (tmp_path / "name").read_text() == "first"


def test_no_store_is_made_where_a_name_cannot_be_given_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durability, "_renamed", _no_rename)
    monkeypatch.setattr(os, "link", _no_link)
    with pytest.raises(StoreWriteError, match=r"neither hard links nor .* \(Operation not permitted\)"):
        DirectoryStore.writing(tmp_path / "store", FigureSettings())
    assert list((tmp_path / "store").iterdir()) == []
