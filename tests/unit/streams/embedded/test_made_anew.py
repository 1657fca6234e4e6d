"""A store that is counted again, and one that is made anew: nothing is forgotten before its place is taken."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.lock import writer_lock
from streams.cli import app
from streams.embedded.driver import Embedded
from streams.proof.compare import differences
from synthetic import generate


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a store of five updates, and claims after the last of them that are in no figure yet."""
    room = tmp_path_factory.mktemp("made")
    generate(300, parse_month("2024-01"), parse_month("2024-05"), 3, room / "history.avro")
    generate(300, parse_month("2024-01"), parse_month("2024-02"), 4, room / "later.avro")
    Embedded.run(room / "store", FigureSettings(), [room / "history.avro", room / "later.avro"])
    return room / "store"


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "store"))


def rebuild(store: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["rebuild", "--store", str(store), *options])


def content(store: Path) -> dict[str, bytes]:
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def tear(directory: Path) -> None:
    for path in directory.glob("*.parquet"):
        path.write_bytes(b"torn")


def test_claims_after_the_last_closing_are_in_no_figure_and_differ_from_none(store: Path) -> None:
    done = rebuild(store)
    assert done.exit_code == 0, done.output
    assert "0 differences in " in done.output


def test_comparing_changes_nothing_in_a_store(store: Path) -> None:
    before = content(store)
    (store / ".writer.lock").unlink()
    rebuild(store)
    assert content(store) == {name: data for name, data in before.items() if name != ".writer.lock"}


def test_a_block_that_is_torn_is_named_and_made_anew(store: Path, made: Path) -> None:
    tear(store / "blocks" / "000005")
    compared = rebuild(store)
    assert compared.exit_code == 1
    assert "000005/internal-" in compared.output
    assert rebuild(store, "--repair").exit_code == 0
    assert rebuild(store).exit_code == 0
    assert list(differences(DirectoryStore.reading(made), DirectoryStore.reading(store))) == []
    assert content(store / "journal") == content(made / "journal")
    assert {path.name for path in store.iterdir()} == {path.name for path in made.iterdir()}


def test_a_repair_that_is_refused_leaves_the_store_as_it_was(store: Path) -> None:
    before = content(store)
    lock = writer_lock(store)
    lock.acquire()
    try:
        done = rebuild(store, "--repair")
    finally:
        lock.release()
    assert done.exit_code == 1
    assert "another program is writing" in str(done.exception)
    assert content(store) == before


def test_a_repair_from_a_journal_that_is_damaged_leaves_the_store_as_it_was(store: Path) -> None:
    segment = store / "journal" / "000003.avro"
    segment.write_bytes(segment.read_bytes()[:-100])
    before = content(store)
    assert rebuild(store, "--repair").exit_code == 1
    assert content(store) == before


def test_a_repair_from_a_journal_that_ends_before_the_newest_release_leaves_the_store_as_it_was(store: Path) -> None:
    for number in (5, 6):
        (store / "journal" / f"{number:06d}.avro").unlink()
    before = content(store)
    done = rebuild(store, "--repair")
    assert done.exit_code == 1
    assert "its log ends before release 5, after release 4; restore the log from a copy" in str(done.exception)
    assert content(store) == before


def test_a_repair_from_brokers_that_are_away_leaves_the_store_as_it_was(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCMW_KAFKA_SERVERS", "127.0.0.1:9")
    before = content(store)
    assert rebuild(store, "--from-kafka", "--repair").exit_code == 1
    assert content(store) == before
