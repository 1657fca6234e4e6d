"""The embedded driver when it is interrupted, or opens a store of which a part is older than the rest."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreCorruptError
from streams.embedded.driver import Embedded
from streams.proof.compare import differences
from synthetic import generate

SETTINGS = FigureSettings()


def set_aside(store: Path) -> Counter[str]:
    with (store / "set_aside.csv").open(encoding="utf-8", newline="") as file:
        return Counter(line["slug"] for line in csv.DictReader(file))


def test_a_declaration_that_waited_when_a_run_was_killed_is_told_by_the_next(tmp_path: Path) -> None:
    history = tmp_path / "history.avro"
    generate(1500, parse_month("2024-01"), parse_month("2024-04"), 1, history)
    Embedded.run(tmp_path / "whole", SETTINGS, [history])

    def killed(doing: str, _done: int, _total: int) -> None:
        if doing == "counting update synthetic-2024-04":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Embedded.run(tmp_path / "killed", SETTINGS, [history], progress=killed)
    Embedded.run(tmp_path / "killed", SETTINGS, [history])
    expected = set_aside(tmp_path / "whole")
    assert expected["dimona-unknown-period"] > 0
    assert set_aside(tmp_path / "killed") == expected


@pytest.mark.parametrize("snapshot", ["kept", "lost"])
def test_what_waits_is_told_once_also_where_the_snapshot_is_lost(tmp_path: Path, snapshot: str) -> None:
    for number in (1, 2):
        generate(1500, parse_month("2024-01"), parse_month("2024-04"), number, tmp_path / f"{number}.avro")
        Embedded.run(tmp_path / "store", SETTINGS, [tmp_path / f"{number}.avro"])
        Embedded.run(tmp_path / f"alone{number}", SETTINGS, [tmp_path / f"{number}.avro"])
        if snapshot == "lost":
            (tmp_path / "store" / "ledger.snapshot").unlink()
    Embedded.run(tmp_path / "store", SETTINGS, [])
    waits = set_aside(tmp_path / "alone1") + set_aside(tmp_path / "alone2")
    assert set_aside(tmp_path / "store")["dimona-unknown-period"] == waits["dimona-unknown-period"] > 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a history of five updates and the store of it."""
    room = tmp_path_factory.mktemp("made")
    generate(300, parse_month("2024-01"), parse_month("2024-05"), 3, room / "history.avro")
    Embedded.run(room / "store", SETTINGS, [room / "history.avro"])
    return room


def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "store", tmp_path / "store"))


def test_releases_that_a_copy_lacks_are_made_again_although_the_snapshot_knows_their_updates(
    made: Path, tmp_path: Path
) -> None:
    store = copied(made, tmp_path)
    for number in (4, 5):
        (store / "releases" / f"{number:06d}.parquet").unlink()
    assert Embedded.run(store, SETTINGS, [made / "history.avro"]).applied == 0
    assert DirectoryStore.reading(store).latest() == 5
    assert list(differences(DirectoryStore.reading(made / "store"), DirectoryStore.reading(store))) == []


@pytest.mark.parametrize("lost", ["*.avro", "000005.avro"])
@pytest.mark.parametrize("with_snapshot", [True, False])
def test_a_journal_that_ends_before_the_newest_release_is_refused(
    made: Path, tmp_path: Path, lost: str, *, with_snapshot: bool
) -> None:
    store = copied(made, tmp_path)
    for segment in (store / "journal").glob(lost):
        segment.unlink()
    if not with_snapshot:
        (store / "ledger.snapshot").unlink()
    with pytest.raises(StoreCorruptError, match="journal ends before release 5; put the folder journal back from a"):
        Embedded.run(store, SETTINGS, [made / "history.avro"])
    assert DirectoryStore.reading(store).latest() == 5
