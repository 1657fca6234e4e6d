"""The snapshot of a fold: what is not kept is made again, and what stores of before kept is read."""

from pathlib import Path

import numpy as np
import pytest

from processors.admission.fold import Fold
from processors.admission.keeping import to_keep
from processors.admission.ledger import Ledger, Tables
from schemas.faults import FAULT
from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory import snapshot
from streams.embedded import checkpoint
from streams.embedded.driver import steps_of
from synthetic import generate

SETTINGS = FigureSettings()
SLOTS = {name for name in Tables._fields if name.endswith("_slots")}


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Make two histories of the same persons and events, the second a month longer."""
    room = tmp_path_factory.mktemp("histories")
    paths = [room / "shorter.avro", room / "longer.avro"]
    for path, last in zip(paths, ("2024-02", "2024-03"), strict=True):
        generate(400, parse_month("2024-01"), parse_month(last), 5, path)
    return paths


def folded(fold: Fold, path: Path) -> Fold:
    for _ in steps_of(fold, path):
        pass
    return fold


def same(one: Ledger, other: Ledger) -> bool:
    mine, theirs = to_keep(one), to_keep(other)
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_a_ledger_from_a_snapshot_goes_on_as_one_that_never_stopped(histories: list[Path], tmp_path: Path) -> None:
    shorter, longer = histories
    checkpoint.save(tmp_path, checkpoint.Folded(folded(Fold(SETTINGS), shorter), 1))
    resumed = checkpoint.load(tmp_path, SETTINGS).fold
    assert resumed.ledger.ids > 500
    assert same(folded(resumed, longer).ledger, folded(folded(Fold(SETTINGS), shorter), longer).ledger)


def test_hash_tables_are_not_kept(histories: list[Path], tmp_path: Path) -> None:
    checkpoint.save(tmp_path, checkpoint.Folded(folded(Fold(SETTINGS), histories[0]), 1))
    saved = snapshot.load(tmp_path / "ledger.snapshot")
    assert saved is not None
    assert saved.arrays.keys() == set(Tables._fields) - SLOTS


def test_a_snapshot_of_before_which_holds_the_hash_tables_is_read(histories: list[Path], tmp_path: Path) -> None:
    fold = folded(Fold(SETTINGS), histories[0])
    meta = {"format": 5, "faults": list(FAULT), "segments": 1, "waited": 0, "closings": []}
    snapshot.save(tmp_path / "ledger.snapshot", fold.ledger.trimmed()._asdict(), meta)
    kept = checkpoint.load(tmp_path, SETTINGS)
    assert kept.segments == 1
    assert same(kept.fold.ledger, fold.ledger)
