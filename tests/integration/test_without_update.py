"""A store is made again without an update whose reference month lies far ahead."""

from pathlib import Path

import pytest
from history import log_file
from program import Done, ocmw

from sinks.directory.store import DirectoryStore

FIRST = "person\na\nclose u1 2024-03\nb\nclose far 2190-01\nc\nleft open"
LATER = "person\nd\nclose u2 2024-04"


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """Return a store whose second update blocks all later ones."""
    replayed = _replay(tmp_path / "store", log_file(tmp_path / "first.avro", FIRST))
    assert replayed.returncode == 0
    assert "reference-month-decreases 1" in _replay(tmp_path / "store", log_file(tmp_path / "later.avro", LATER)).stdout
    return tmp_path / "store"


def _replay(store: Path, path: Path) -> Done:
    return ocmw("replay", path, "--store", store, "--allow-future")


def test_a_store_without_an_update_holds_its_events_in_the_next(blocked: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    done = ocmw("rebuild", "--store", blocked, "--without-update", "far", "--into", new)
    assert (done.returncode, done.stderr) == (0, "")
    assert "events in 5 = applied 5 + duplicates 0 + set aside 0" in done.stdout
    assert [update.update_id for update in DirectoryStore.reading(new).updates()] == ["u1"]
    assert ocmw("replay", tmp_path / "later.avro", "--store", new).returncode == 0
    assert [update.update_id for update in DirectoryStore.reading(new).updates()] == ["u1", "u2"]
    assert ocmw("recount", *_files(tmp_path), "--store", new).returncode == 0
    assert [update.update_id for update in DirectoryStore.reading(blocked).updates()] == ["u1", "far"]


def _files(room: Path) -> list[Path]:
    return [log_file(room / "same.avro", FIRST.replace("close far 2190-01\n", "")), room / "later.avro"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--without-update", "never", "--into", "new"], "no update of its journal is called never"),
        (["--without-update", "far"], "belong together"),
        (["--without-update", "far", "--into", "store"], "there is a store already"),
    ],
)
def test_what_cannot_be_left_out_is_a_sentence(blocked: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    given = [str(tmp_path / word) if word in ("new", "store") else word for word in arguments]
    done = ocmw("rebuild", "--store", blocked, *given)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "new").exists()
