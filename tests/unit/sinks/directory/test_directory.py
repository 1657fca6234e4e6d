"""The store in a directory: identity, sweeping, races, retention."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release, State, Update, Vintage
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.errors import ReleaseExistsError, StoreCorruptError, StoreMismatchError, UnknownReleaseError

SETTINGS = FigureSettings()
FIRST = Period.parse("2020-01")
MONTHS = tuple(Period("month", FIRST.last + ahead) for ahead in range(8))


def opened(root: Path, keep: int | None = None, *, locked: bool = False) -> DirectoryStore:
    return DirectoryStore.writing(root, SETTINGS, keep, locked=locked)


def cells(value: int) -> Cells:
    one = np.array([0])
    return Cells(one.astype(np.uint16), one.astype(np.uint16), np.array([value], np.int32), one, one, one)


def update(number: int) -> Update:
    return Update(number, f"u{number}", FIRST.last + number)


def release(number: int, refs: dict[Period, BlockRef | None]) -> Release:
    vintage = Vintage(number, None, State.PENDING)
    return Release(update(number), {BlockKey("LL", period): Entry(vintage, ref) for period, ref in refs.items()})


def refs_of(of_release: Release) -> dict[Period, BlockRef | None]:
    return {key.period: entry.latest for key, entry in of_release.entries.items()}


def published(store: DirectoryStore, number: int, *changed: Period) -> Release:
    """Publish a release that counts ``changed`` anew and takes everything else from the one before."""
    before = refs_of(store.release()) if store.latest() else {}
    made = store.write_blocks(update(number), "internal", "LL", [(period, cells(number)) for period in changed])
    return store.publish(release(number, before | made))


def values(store: DirectoryStore, number: int | None = None) -> list[int]:
    """Read a release whole: the value of each of its months."""
    refs = refs_of(store.release(number))
    return [int(store.read_block(ref).beneficiaries[0]) for _, ref in sorted(refs.items()) if ref is not None]


def block_files(root: Path) -> list[str]:
    return sorted(path.parent.name for path in (root / "blocks").glob("*/*"))


def test_another_reader_sees_what_was_published(tmp_path: Path) -> None:
    published(opened(tmp_path), 1, *MONTHS)
    assert values(DirectoryStore.reading(tmp_path)) == [1] * 8


def test_a_directory_without_store_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StoreMismatchError, match="no store here"):
        DirectoryStore.reading(tmp_path)


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StoreMismatchError, match="not empty"):
        opened(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_store_made_with_other_settings_is_refused(tmp_path: Path) -> None:
    opened(tmp_path)
    with pytest.raises(StoreMismatchError, match="made with recoveries_in_balance=False, geography=as_then"):
        DirectoryStore.writing(tmp_path, FigureSettings(recoveries_in_balance=True))


def test_a_reader_learns_the_settings_from_the_store(tmp_path: Path) -> None:
    settings = FigureSettings(geography="fixed:2025-01-01")
    DirectoryStore.writing(tmp_path, settings)
    assert DirectoryStore.reading(tmp_path).settings.geography_day == date(2025, 1, 1)


@pytest.mark.parametrize(("field", "value"), [("format", 0), ("codebook", "0" * 32)])
def test_a_store_of_another_version_or_codebook_is_refused(tmp_path: Path, field: str, value: int | str) -> None:
    opened(tmp_path)
    known = json.loads((tmp_path / "store.json").read_text())
    (tmp_path / "store.json").write_text(json.dumps(known | {field: value}))
    with pytest.raises(StoreMismatchError, match="replay the log"):
        DirectoryStore.reading(tmp_path)


def test_a_torn_block_names_its_file_and_the_remedy(tmp_path: Path) -> None:
    store = opened(tmp_path)
    ref = refs_of(published(store, 1, FIRST))[FIRST]
    assert ref is not None
    path = tmp_path / ref.file
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(StoreCorruptError, match=rf"{ref.file}: missing or torn; restore it"):
        store.read_block(ref)


def test_a_flipped_bit_in_a_block_is_noticed(tmp_path: Path) -> None:
    store = opened(tmp_path)
    made = store.write_blocks(update(1), "internal", "LL", [(FIRST, cells(1_000_003))])[FIRST]
    assert made is not None
    path = tmp_path / made.file
    whole = path.read_bytes()
    at = whole.index((1_000_003).to_bytes(4, "little"))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 2]) + whole[at + 1 :])
    with pytest.raises(StoreCorruptError, match="LL 2020-01 is not what its release says"):
        store.read_block(made)


def test_a_torn_manifest_is_an_error_that_names_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    published(store, 1, FIRST)
    path = tmp_path / "releases" / "000001.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StoreCorruptError, match="this release cannot be read"):
        store.release()


def test_of_two_writers_one_wins_and_its_release_stays(tmp_path: Path) -> None:
    winner, loser = opened(tmp_path), opened(tmp_path)
    theirs = loser.write_blocks(update(1), "internal", "LL", [(FIRST, cells(99))])
    published(winner, 1, FIRST)
    with pytest.raises(ReleaseExistsError, match="another writer came first"):
        loser.publish(release(1, theirs))
    assert values(winner) == [1]


def test_of_eight_writers_at_the_same_instant_one_wins(tmp_path: Path) -> None:
    stores = [opened(tmp_path) for _ in range(8)]

    def won(number: int) -> int | None:
        try:
            made = stores[number].write_blocks(update(1), "internal", "LL", [(FIRST, cells(number + 1))])
            stores[number].publish(release(1, made))
        except ReleaseExistsError:
            return None
        return number + 1

    with ThreadPoolExecutor(8) as threads:
        winners = [number for number in threads.map(won, range(8)) if number]
    assert values(stores[0]) == winners


def test_nodes_are_written_by_several_threads_at_once(tmp_path: Path) -> None:
    store = opened(tmp_path)
    supports = ("LL", "FH", "MH", "RMI")

    def written(support: str) -> dict[Period, BlockRef | None]:
        blocks = [(period, cells(number)) for number, period in enumerate(MONTHS, start=1)]
        return store.write_blocks(update(1), "internal", support, blocks)

    with ThreadPoolExecutor(4) as threads:
        refs_of_nodes = list(threads.map(written, supports))
    assert [
        [block.beneficiaries[0] for block in store.read_blocks(ref for ref in refs.values() if ref is not None)]
        for refs in refs_of_nodes
    ] == [list(range(1, 9))] * 4


def test_blocks_of_a_lost_attempt_are_swept_by_the_next_writer(tmp_path: Path) -> None:
    store = opened(tmp_path)
    opened(tmp_path).write_blocks(update(1), "internal", "LL", [(FIRST, cells(99))])
    published(store, 1, FIRST)
    assert len(block_files(tmp_path)) == 2
    assert values(opened(tmp_path)) == [1]
    assert len(block_files(tmp_path)) == 1


def test_blocks_above_the_current_release_may_be_someones_and_stay(tmp_path: Path) -> None:
    store = opened(tmp_path)
    made = store.write_blocks(update(1), "internal", "LL", [(FIRST, cells(1))])
    opened(tmp_path)
    store.publish(release(1, made))
    assert values(store) == [1]


def test_a_writer_that_holds_the_lock_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    opened(tmp_path).write_blocks(update(1), "internal", "LL", [(FIRST, cells(1))])
    opened(tmp_path, locked=True)
    assert block_files(tmp_path) == []


def test_without_retention_every_release_stays_readable(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for number in range(1, 9):
        published(store, number, *MONTHS)
    assert [values(store, number)[0] for number in store.numbers()] == list(range(1, 9))


def test_retention_keeps_the_last_releases_whole(tmp_path: Path) -> None:
    store = opened(tmp_path, 3)
    for number in range(1, 9):
        published(store, number, MONTHS[number - 1], MONTHS[0])
    assert store.numbers() == (6, 7, 8)
    assert values(store, 6) == [6, 2, 3, 4, 5, 6]
    assert values(store) == [8, 2, 3, 4, 5, 6, 7, 8]


def test_a_release_that_was_dropped_is_said_to_be_so(tmp_path: Path) -> None:
    store = opened(tmp_path, 1)
    for number in (1, 2):
        published(store, number, FIRST)
    with pytest.raises(UnknownReleaseError, match="release 1 is not there; 2 to 2 are kept"):
        store.release(1)


def test_updates_and_vintages_outlive_their_releases(tmp_path: Path) -> None:
    store = opened(tmp_path, 1)
    for number in (1, 2, 3):
        published(store, number, FIRST)
    assert [known.sequence for known in store.updates()] == [1, 2, 3]
    assert store.vintages().column("value").to_pylist() == [1, 2, 3]


def test_a_file_that_no_kept_release_names_is_deleted(tmp_path: Path) -> None:
    store = opened(tmp_path, 1)
    for number in (1, 2, 3):
        published(store, number, *MONTHS)
    assert block_files(tmp_path) == ["000003"]


def test_a_file_with_a_quarter_of_its_blocks_alive_stays(tmp_path: Path) -> None:
    store = opened(tmp_path, 1)
    published(store, 1, *MONTHS)
    published(store, 2, *MONTHS[2:])
    assert block_files(tmp_path) == ["000001", "000002"]


def test_the_last_blocks_of_a_nearly_dead_file_are_copied_out(tmp_path: Path) -> None:
    store = opened(tmp_path, 1)
    published(store, 1, *MONTHS)
    stored = published(store, 2, *MONTHS[1:])
    assert block_files(tmp_path) == ["000002", "000002"]
    assert stored == store.release()
    assert values(store) == [1] + [2] * 7


def test_an_older_release_keeps_the_nearly_dead_file_until_it_is_dropped(tmp_path: Path) -> None:
    store = opened(tmp_path, 2)
    published(store, 1, *MONTHS)
    published(store, 2, *MONTHS[1:])
    published(store, 3, MONTHS[7])
    assert values(store, 2) == [1] + [2] * 7
    published(store, 4, MONTHS[7])
    assert "000001" not in block_files(tmp_path)
    assert values(store) == [1] + [2] * 6 + [4]


def test_at_least_one_release_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep at least 1"):
        opened(tmp_path, 0)


def test_nothing_temporary_is_left_behind(tmp_path: Path) -> None:
    published(opened(tmp_path), 1, FIRST)
    assert not list(tmp_path.rglob(".*"))
