"""An extraction leaves the rows of its update at the edge, so that its questions need not read the log again."""

from pathlib import Path

import pyrage
import pytest
from study_room import Room, protocol_of

CROSS = (
    'study = "leaving"\nsupport = "LL"\nlevel = "region"\nplace = "02000"\n'
    'shape = 3\nperiod = "2023"\nby = ["sex", "age5"]\n'
)


def rows_kept(room: Room) -> dict[str, bytes]:
    """Return what is kept of the rows, by name."""
    folder = room.store / "questions" / "rows"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def forget(room: Room) -> None:
    """Remove what is kept of the rows."""
    folder = room.store / "questions" / "rows"
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def extract(room: Room, folder: Path) -> Path:
    """Extract for another study into a folder, and return where."""
    text = protocol_of(str(room.identity.to_public())).replace('study = "mobility"', 'study = "leaving"')
    (folder / "leaving.toml").write_text(text, encoding="utf-8")
    assert room.run("keys", "study", folder / "leaving.key").returncode == 0
    done = room.run("extract", folder / "leaving.toml", "--store", room.store, "--out", folder / "x")
    assert done.returncode == 0, done.stderr
    return folder / "x" / "leaving-0001"


def test_a_question_after_an_extraction_reads_no_log(room: Room, tmp_path: Path) -> None:
    forget(room)
    extract(room, tmp_path)
    journal = room.store / "journal"
    away = journal.rename(tmp_path / "journal")
    try:
        done = room.ask(CROSS)
    finally:
        away.rename(journal)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 10


def test_the_rows_that_it_leaves_are_those_that_a_question_reads_from_the_log(room: Room, tmp_path: Path) -> None:
    forget(room)
    extract(room, tmp_path)
    left = rows_kept(room)
    answer = room.ask(CROSS).stdout
    forget(room)
    assert room.ask(CROSS).stdout == answer
    assert rows_kept(room) == left
    assert {"000003/2022.parquet", "000003/2023.parquet", "000003/whole"} <= left.keys()


def test_the_same_protocol_update_and_key_give_the_same_bytes_where_rows_are_left_and_where_they_stand(
    room: Room, tmp_path: Path
) -> None:
    forget(room)
    first = extract(room, tmp_path)
    done = room.run("extract", tmp_path / "leaving.toml", "--store", room.store, "--out", tmp_path / "x")
    assert done.returncode == 0, done.stderr
    once, again = (
        pyrage.decrypt((folder / "person_month.parquet.age").read_bytes(), [room.identity])
        for folder in (first, first.with_name("leaving-0002"))
    )
    assert once == again
    assert len(once) > 10_000


def test_the_rows_are_their_owners_alone_and_go_with_the_extraction(room: Room, tmp_path: Path) -> None:
    forget(room)
    folder = extract(room, tmp_path)
    files = [path for path in (room.store / "questions" / "rows").rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    keys = ("--key", tmp_path / "leaving.key", "--who", "An Officer")
    done = room.run("extract", "destroy", folder, "--store", room.store, *keys)
    assert done.returncode == 0, done.stderr
    assert rows_kept(room) == {}


@pytest.mark.parametrize("settled", [True, False])
def test_a_refused_extraction_leaves_no_rows(room: Room, tmp_path: Path, *, settled: bool) -> None:
    forget(room)
    text = protocol_of(str(room.identity.to_public()))
    text = text.replace('accept_risk = "synthetic persons"\n', "") if settled else text.replace("2023-12", "2024-05")
    (tmp_path / "mobility.toml").write_text(text, encoding="utf-8")
    keys = ("--store", room.store, "--out", tmp_path / "x", "--key", room.folder / "mobility.key")
    assert room.run("extract", tmp_path / "mobility.toml", *keys).returncode == 2
    assert rows_kept(room) == {}


def test_an_extraction_stands_where_its_rows_cannot_be_left(room: Room, tmp_path: Path) -> None:
    forget(room)
    rows = room.store / "questions" / "rows"
    if rows.exists():
        rows.rmdir()
    rows.write_text("no folder", encoding="utf-8")
    try:
        folder = extract(room, tmp_path)
    finally:
        rows.unlink()
    assert (folder / "manifest.json").exists()
    assert room.ask(CROSS).returncode == 0
