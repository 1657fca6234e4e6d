"""A recount beside a store that was made from other files."""

from pathlib import Path

import pytest

from processors.reference.events import admitted
from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from streams.embedded.driver import Embedded
from streams.proof.recount import ReadLog, Recount
from streams.settings import UsageError
from synthetic import generate

SETTINGS = FigureSettings()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> DirectoryStore:
    room = tmp_path_factory.mktemp("made")
    generate(100, parse_month("2024-01"), parse_month("2024-03"), 1, room / "history.avro")
    Embedded.run(room / "store", SETTINGS, [room / "history.avro"])
    return DirectoryStore.reading(room / "store")


def log_of(path: Path, last: str) -> ReadLog:
    generate(100, parse_month("2024-01"), parse_month(last), 2, path)
    return ReadLog.of(admitted([path]), SETTINGS)


def test_files_that_close_other_updates_are_refused(store: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="these files close other updates than it released; give all its files"):
        Recount.of(log_of(tmp_path / "log.avro", "2024-02"), store)


@pytest.mark.parametrize("whole", [True, False])
def test_the_time_dimension_is_recounted_also_before_any_outcome_is_known(tmp_path: Path, *, whole: bool) -> None:
    generate(300, parse_month("2023-01"), parse_month("2023-06"), 1, tmp_path / "young.avro")
    Embedded.run(tmp_path / "young", SETTINGS, [tmp_path / "young.avro"])
    young = DirectoryStore.reading(tmp_path / "young")
    recount = Recount.of(ReadLog.of(admitted([tmp_path / "young.avro"]), SETTINGS), young)
    verdict = recount.indicators(whole=whole)
    assert verdict.indicators > 0
    assert verdict.differences == []


def test_other_persons_differ_in_no_more_cells_than_there_are(store: DirectoryStore, tmp_path: Path) -> None:
    recount = Recount.of(log_of(tmp_path / "log.avro", "2024-03"), store)
    places = [place for place in recount.places() if place[1].support == "LL" and place[1].period.code == "2024-01"]
    verdict = recount.blocks(places[:1])
    assert 0 < len([line for line in verdict.differences if "latest: " in line]) <= verdict.cells
