"""A damaged table is dropped before Faust meets it; runs that end again and again begin later and later."""

import shutil
from pathlib import Path

import pytest
from rocksdict import Options, Rdict

from streams.agents.tables_folder import LONGEST_WAIT, TablesFolder, TablesInUseError, is_damaged, pause


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Make a table as Faust lays it, with a file of sorted keys."""
    path = tmp_path / "agents" / "v1" / "tables" / "receipts-0.db"
    path.parent.mkdir(parents=True)
    database = Rdict(str(path), Options(raw_mode=True))
    for number in range(2000):
        database[b"%05d" % number] = bytes([number % 251]) * 200
    database.flush()
    database.close()
    return path


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def one(path: Path, pattern: str) -> Path:
    return next(iter(sorted(path.glob(pattern))))


def test_a_whole_table_is_kept(table: Path, tmp_path: Path) -> None:
    folder = TablesFolder(tmp_path / "agents")
    assert folder.begin() == 0
    assert table.exists()
    folder.end()


@pytest.mark.parametrize("damage", ["CURRENT", "MANIFEST-*", "*.sst gone"])
def test_what_rocksdb_would_not_open_is_dropped(table: Path, tmp_path: Path, damage: str) -> None:
    if damage == "*.sst gone":
        one(table, "*.sst").unlink()
    else:
        flip(one(table, damage), 10)
    folder = TablesFolder(tmp_path / "agents")
    folder.begin()
    assert not table.exists()
    folder.end()


def test_what_cannot_be_read_is_dropped_after_a_run_that_did_not_end_in_order(table: Path, tmp_path: Path) -> None:
    flip(one(table, "*.sst"), 5000)
    assert not is_damaged(table, whole=False)
    first = TablesFolder(tmp_path / "agents")
    first.begin()  # it meets the damage, and is ended
    first._lock.release()  # noqa: SLF001 - as the system does when a process ends
    TablesFolder(tmp_path / "agents").begin()
    assert not table.exists()


def test_runs_that_end_in_a_row_wait_longer_and_longer_but_not_for_ever() -> None:
    waits = [pause(ended) for ended in range(12)]
    assert waits[:6] == [0, 0, 0, 5, 10, 20]
    assert waits[-1] == LONGEST_WAIT


def test_a_run_that_ended_in_order_is_forgotten(tmp_path: Path) -> None:
    for _ in range(5):
        folder = TablesFolder(tmp_path / "agents")
        assert folder.begin() == 0
        folder.end()


def test_two_do_not_share_tables(tmp_path: Path) -> None:
    folder = TablesFolder(tmp_path / "agents")
    folder.begin()
    with pytest.raises(TablesInUseError, match="OCMW_KAFKA_INSTANCE"):
        TablesFolder(tmp_path / "agents").begin()
    folder.end()
    shutil.rmtree(tmp_path / "agents")
