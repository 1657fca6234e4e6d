"""Snapshots: what is loaded is what was saved, or nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sinks.directory import snapshot

ARRAYS: dict[str, npt.NDArray[Any]] = {
    "rows": np.arange(1000, dtype=np.int64),
    "ids": np.zeros((3, 2), np.uint8),
    "empty": np.empty(0, np.int32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.snapshot"
    snapshot.save(path, ARRAYS, {"segments": 7})
    return path


def test_arrays_come_back_with_their_types_and_shapes(path: Path) -> None:
    loaded = snapshot.load(path)
    assert loaded is not None
    assert {name: (array.dtype, array.shape, array.tobytes()) for name, array in loaded.arrays.items()} == {
        name: (array.dtype, array.shape, array.tobytes()) for name, array in ARRAYS.items()
    }


def test_meta_comes_back(path: Path) -> None:
    loaded = snapshot.load(path)
    assert loaded is not None
    assert loaded.meta == {"segments": 7}


def test_a_missing_snapshot_is_none(tmp_path: Path) -> None:
    assert snapshot.load(tmp_path / "ledger.snapshot") is None


@pytest.mark.parametrize("kept", [0, 1, 16, 17, 5000, -1])
def test_a_torn_snapshot_is_none(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    assert snapshot.load(path) is None


def test_a_snapshot_with_any_byte_changed_is_none(path: Path) -> None:
    whole = path.read_bytes()
    for at in range(0, len(whole), 41):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        assert snapshot.load(path) is None


def test_a_snapshot_of_another_version_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.snapshot"
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "VERSION", snapshot.VERSION + 1)
        snapshot.save(path, ARRAYS, {})
    assert snapshot.load(path) is None


def test_a_second_save_replaces_the_first_and_leaves_nothing_else(path: Path) -> None:
    snapshot.save(path, {}, {"segments": 8})
    loaded = snapshot.load(path)
    assert loaded is not None
    assert (loaded.arrays, loaded.meta) == ({}, {"segments": 8})
    assert list(path.parent.iterdir()) == [path]


def test_a_copy_stays_as_it_was_and_the_next_one_is_made_in_its_place() -> None:
    room = snapshot.Room()
    for number in range(3):
        original = {name: array + number for name, array in ARRAYS.items()}
        expected = {name: array.copy() for name, array in original.items()}
        copy = room.copied(snapshot.Snapshot(original, {"segments": number}))
        for array in original.values():
            array[...] = 77
        assert copy.meta == {"segments": number}
        assert copy.arrays.keys() == expected.keys()
        for name, array in expected.items():
            np.testing.assert_array_equal(copy.arrays[name], array, strict=True)
