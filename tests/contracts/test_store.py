"""The promises of ``sinks.protocol.Store``, kept by every store."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release, State, Update, Vintage
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.errors import ReleaseExistsError, StoreCorruptError, UnknownReleaseError
from sinks.memory import MemoryStore
from sinks.protocol import Store

JANUARY = Period.parse("2024-01")
FEBRUARY = Period.parse("2024-02")
QUARTER = Period.parse("2024-Q1")
LL_JANUARY = BlockKey("LL", JANUARY)


def update(number: int) -> Update:
    return Update(number, f"u{number}", JANUARY.last + number)


def cells(*beneficiaries: int) -> Cells:
    size = len(beneficiaries)
    numbers = np.arange(size)
    return Cells(
        (numbers // 800).astype(np.uint16),
        (numbers % 800).astype(np.uint16),
        np.array(beneficiaries, np.int32),
        numbers * 100_000 - 7,
        numbers * 70_000 - 5,
        numbers * 31,
    )


def same(left: Cells, right: Cells) -> bool:
    return left.digest() == right.digest()


def entry(ref: BlockRef | None, value: int = 3) -> Entry:
    return Entry(Vintage(value, None, State.PENDING), latest=ref)


def written(store: Store, number: int, block: Cells) -> BlockRef | None:
    return store.write_blocks(update(number), "internal", "LL", [(JANUARY, block)])[JANUARY]


def published(store: Store, number: int) -> Release:
    ref = written(store, number, cells(number, 2))
    return store.publish(Release(update(number), {LL_JANUARY: entry(ref, value=number)}))


def directory(root: Path) -> Store:
    return DirectoryStore.writing(root / "store", FigureSettings())


def memory(_root: Path) -> Store:
    return MemoryStore()


@pytest.fixture(params=[memory, directory])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    build: Callable[[Path], Store] = request.param
    return build(tmp_path)


def test_a_new_store_has_no_release(store: Store) -> None:
    assert (store.latest(), store.numbers(), list(store.updates())) == (0, (), [])


def test_a_new_store_has_a_table_of_vintages_without_rows(store: Store) -> None:
    assert store.vintages().num_rows == 0


def test_a_block_is_read_as_it_was_written(store: Store) -> None:
    block = cells(5, 0, 2_000_000_000)
    ref = written(store, 1, block)
    assert ref is not None
    assert same(store.read_block(ref), block)


def test_a_block_keeps_the_types_of_its_columns(store: Store) -> None:
    ref = written(store, 1, cells(5))
    assert ref is not None
    block = store.read_block(ref)
    assert [block.place.dtype, block.beneficiaries.dtype, block.days.dtype] == ["uint16", "int32", "int64"]


def test_a_block_without_cells_has_no_ref(store: Store) -> None:
    refs = store.write_blocks(update(1), "internal", "LL", [(JANUARY, Cells.empty()), (FEBRUARY, cells(1))])
    assert refs[JANUARY] is None
    assert refs[FEBRUARY] is not None


def test_a_ref_tells_the_digest_and_the_number_of_cells(store: Store) -> None:
    block = cells(5, 6, 7)
    ref = written(store, 1, block)
    assert ref is not None
    assert (ref.digest, ref.cells) == (block.digest(), 3)


def test_many_blocks_are_read_in_the_order_asked(store: Store) -> None:
    blocks = {JANUARY: cells(1), FEBRUARY: cells(2, 2), QUARTER: cells(3, 3, 3)}
    refs = store.write_blocks(update(1), "internal", "LL", blocks.items())
    other = store.write_blocks(update(1), "internal", "FH", [(JANUARY, cells(9))])
    wanted = [refs[QUARTER], other[JANUARY], refs[JANUARY], refs[FEBRUARY]]
    read = store.read_blocks(ref for ref in wanted if ref is not None)
    assert [block.beneficiaries[0] for block in read] == [3, 9, 1, 2]


def test_blocks_that_were_just_written_are_read_by_several_threads_at_once(store: Store) -> None:
    blocks = [(Period("month", 1400 + number), cells(number + 1, 7)) for number in range(60)]
    for number in range(1, 6):
        refs = list(store.write_blocks(update(number), "internal", f"LL{number}", blocks).values())
        with ThreadPoolExecutor(8) as threads:
            read = list(threads.map(store.read_block, [ref for ref in refs if ref]))
        assert [one.beneficiaries[0] for one in read] == [number + 1 for number in range(60)]


def test_a_public_block_is_read_as_it_was_written(store: Store) -> None:
    block = cells(5, 0, 7).public()
    ref = store.write_blocks(update(1), "public", "LL", [(JANUARY, block)])[JANUARY]
    assert ref is not None
    assert same(store.read_block(ref), block)


def test_a_public_block_with_amounts_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="pass Cells"):
        store.write_blocks(update(1), "public", "LL", [(JANUARY, cells(5))])


def test_a_public_block_with_a_nationality_is_refused(store: Store) -> None:
    category = np.array([CATEGORY_NUMBER["nationality", "FR"]], np.uint16)
    block = replace(cells(5).public(), category=category)
    with pytest.raises(ValueError, match="pass Cells"):
        store.write_blocks(update(1), "public", "LL", [(JANUARY, block)])


def test_a_block_that_is_not_what_its_ref_says_is_an_error(store: Store) -> None:
    ref = written(store, 1, cells(5))
    assert ref is not None
    with pytest.raises(StoreCorruptError):
        store.read_block(replace(ref, digest=bytes(16)))


def test_blocks_are_not_visible_before_their_release(store: Store) -> None:
    written(store, 1, cells(5))
    assert store.latest() == 0


def test_a_release_is_read_as_it_was_published(store: Store) -> None:
    refs = store.write_blocks(update(1), "internal", "LL", [(JANUARY, cells(1, 2)), (QUARTER, cells(3))])
    public = store.write_blocks(update(1), "public", "LL", [(QUARTER, cells(3).public())])
    vintage = Vintage(3, 2, State.REVISING, 2, "u0")
    entries = {
        LL_JANUARY: entry(refs[JANUARY]),
        BlockKey("LL", QUARTER): Entry(vintage, refs[QUARTER], refs[JANUARY], public[QUARTER]),
        BlockKey("IK_OW", Period.parse("R12-2024-01")): entry(None, value=0),
    }
    release = Release(update(1), entries)
    assert store.publish(release) == release
    assert store.release() == release


def test_a_release_without_entries_is_a_release(store: Store) -> None:
    store.publish(Release(update(1), {}))
    assert store.release() == Release(update(1), {})


def test_older_releases_stay_readable(store: Store) -> None:
    first = published(store, 1)
    second = published(store, 2)
    assert store.numbers() == (1, 2)
    assert (store.release(1), store.release(2), store.release()) == (first, second, second)


def test_a_release_shares_the_blocks_of_an_older_one(store: Store) -> None:
    first = published(store, 1)
    store.publish(Release(update(2), first.entries))
    ref = store.release(2).entries[LL_JANUARY].latest
    assert ref is not None
    assert same(store.read_block(ref), cells(1, 2))


def test_a_number_is_published_once(store: Store) -> None:
    first = published(store, 1)
    with pytest.raises(ReleaseExistsError, match="release 1 is published already"):
        store.publish(Release(update(1), {}))
    assert store.release() == first


def test_a_number_is_never_skipped(store: Store) -> None:
    with pytest.raises(ValueError, match="release 2 does not follow release 0"):
        store.publish(Release(update(2), {}))
    assert store.latest() == 0


def test_a_release_that_is_not_there_is_said_to_be_so(store: Store) -> None:
    published(store, 1)
    with pytest.raises(UnknownReleaseError, match="release 7 is not there"):
        store.release(7)


def test_a_store_without_release_has_no_newest(store: Store) -> None:
    with pytest.raises(UnknownReleaseError):
        store.release()


def test_updates_are_told_in_order(store: Store) -> None:
    for number in (1, 2, 3):
        published(store, number)
    assert list(store.updates()) == [update(1), update(2), update(3)]


def test_vintages_hold_a_row_for_each_figure_and_update(store: Store) -> None:
    for number in (1, 2):
        published(store, number)
    assert store.vintages().select(["sequence", "update_id", "reference_month", "value"]).to_pylist() == [
        {"sequence": 1, "update_id": "u1", "reference_month": 202402, "value": 1},
        {"sequence": 2, "update_id": "u2", "reference_month": 202403, "value": 2},
    ]


def test_the_previous_value_of_the_first_update_is_null(store: Store) -> None:
    published(store, 1)
    assert store.vintages().column("previous").to_pylist() == [None]
