"""Patches: what they hold, that they give back the block, and what a broken chain is told as."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release, State, Update, Vintage
from schemas.settings import FigureSettings
from sinks.directory import blocks
from sinks.directory.patches import LONGEST, SHARE, SMALL, patch, patched
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreCorruptError

CELLS = 2 * SMALL
MONTH = Period.parse("2020-01")
KEY = BlockKey("LL", MONTH)
Block = dict[tuple[int, int], tuple[int, int, int, int]]
CELL = st.tuples(*[st.integers(-3, 3)] * 4).filter(any)
BLOCKS = st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), CELL)


def cells(block: Block) -> Cells:
    keys = sorted(block)
    place, category = (np.array([key[at] for key in keys], np.uint16) for at in (0, 1))
    measures = (np.array([block[key][at] for key in keys], np.int64) for at in range(4))
    persons, amount, share, days = measures
    return Cells(place, category, persons.astype(np.int32), amount, share, days)


def same(one: Cells, other: Cells) -> bool:
    return all((getattr(one, field.name) == getattr(other, field.name)).all() for field in fields(Cells)) and len(
        one
    ) == len(other)


def changes_of(base: Cells, now: Cells) -> Cells:
    """Return the patch, however large."""
    made = patch(base, now, len(base) + len(now))
    assert made is not None
    return made


def test_a_patch_holds_what_changed_what_is_new_and_zeros_for_what_vanished() -> None:
    base = cells({(1, 0): (5, 0, 0, 0), (1, 1): (7, 0, 0, 0), (2, 0): (2, 0, 0, 0)})
    now = cells({(1, 0): (5, 0, 0, 0), (1, 1): (8, 0, 0, 0), (3, 0): (1, 0, 0, 0)})
    changes = changes_of(base, now)
    assert patch(base, now, 2) is None
    assert patch(base, now, 3) is not None
    assert list(zip(changes.place, changes.category, changes.beneficiaries, strict=True)) == [
        (1, 1, 8),
        (2, 0, 0),
        (3, 0, 1),
    ]


@given(BLOCKS, BLOCKS)
def test_a_patch_over_its_base_is_the_block(before: Block, after: Block) -> None:
    base, now = cells(before), cells(after)
    assert same(patched(base, changes_of(base, now)), now)


@given(BLOCKS)
def test_what_did_not_change_is_in_no_patch(block: Block) -> None:
    assert len(changes_of(cells(block), cells(block))) == 0


def big(number: int, changed: int = 10) -> Cells:
    """Return a block of so many cells of which each number changes the first few."""
    persons = np.arange(1, CELLS + 1, dtype=np.int32)
    persons[:changed] += number
    place, nothing = np.arange(CELLS, dtype=np.uint16), np.zeros(CELLS, np.int64)
    return Cells(place, np.zeros(CELLS, np.uint16), persons, nothing, nothing, nothing)


def published(store: DirectoryStore, number: int, block: Cells) -> BlockRef:
    update = Update(number, f"u{number}", MONTH.last + number)
    ref = store.write_blocks(update, "internal", "LL", [(MONTH, block)])[MONTH]
    vintage = Vintage(number, None, State.PENDING)
    stored = store.publish(Release(update, {KEY: Entry(vintage, ref)})).entries[KEY].latest
    assert stored is not None
    return stored


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore.writing(tmp_path / "store", FigureSettings())


def test_a_small_change_is_stored_as_a_patch_and_read_as_the_block(store: DirectoryStore) -> None:
    published(store, 1, big(1))
    ref = published(store, 2, big(2))
    assert (ref.stored, len(ref.patches)) == (10, 1)
    assert same(store.read_block(ref), big(2))


def test_a_reader_who_opens_the_store_anew_finds_the_patch_in_the_release(store: DirectoryStore) -> None:
    for number in (1, 2, 3):
        published(store, number, big(number))
    latest = DirectoryStore.reading(store.root).release().entries[KEY].latest
    assert latest is not None
    assert len(latest.patches) == 1
    assert same(DirectoryStore.reading(store.root).read_block(latest), big(3))


def test_a_patch_is_over_a_whole_block_and_holds_all_that_changed_since(store: DirectoryStore) -> None:
    refs = [published(store, number, big(number)) for number in range(1, 8)]
    assert {ref.base for ref in refs[1:]} == {refs[0]}
    assert all(same(store.read_block(ref), big(number)) for number, ref in enumerate(refs, 1))


def test_a_patch_holds_no_more_cells_than_a_share_of_the_block(store: DirectoryStore) -> None:
    most = int(CELLS * SHARE)
    refs = [published(store, number, big(number, changed)) for number, changed in enumerate((1, most, most + 1), 1)]
    assert [ref.stored for ref in refs] == [CELLS, most, CELLS]


def test_a_store_of_before_with_patches_over_patches_goes_on_from_its_whole_block(store: DirectoryStore) -> None:
    whole, over = (published(store, number, big(number)) for number in (1, 2))
    update = Update(3, "u3", MONTH.last + 3)
    name = store.write_blocks(update, "internal", "FH", [(MONTH, changes_of(big(2), big(3)))])[MONTH]
    assert name is not None
    chained = replace(name, digest=big(3).digest(), cells=CELLS, base=over, patch_cells=name.cells)
    store.publish(Release(update, {KEY: Entry(Vintage(3, None, State.PENDING), chained)}))
    reader = DirectoryStore.reading(store.root)
    latest = reader.release().entries[KEY].latest
    assert latest is not None
    assert len(latest.patches) == 2
    assert same(reader.read_block(latest), big(3))
    assert published(DirectoryStore.writing(store.root, FigureSettings()), 4, big(4)).base == whole


def test_a_small_block_is_stored_whole(store: DirectoryStore) -> None:
    few = big(1).take(np.arange(CELLS) < SMALL - 1)
    published(store, 1, few)
    assert published(store, 2, replace(few, beneficiaries=few.beneficiaries + 1)).base is None


def test_a_block_for_the_public_zone_is_stored_whole(store: DirectoryStore) -> None:
    published(store, 1, big(1))
    update = Update(2, "u2", MONTH.last + 2)
    ref = store.write_blocks(update, "public", "LL", [(MONTH, big(2).public())])[MONTH]
    assert ref is not None
    assert ref.base is None


def test_a_base_that_is_gone_is_told_by_its_name_and_nothing_is_merged(store: DirectoryStore) -> None:
    base = published(store, 1, big(1))
    ref = published(store, 2, big(2))
    (store.root / base.file).unlink()
    with pytest.raises(StoreCorruptError, match=base.file):
        DirectoryStore.reading(store.root).read_block(ref)


def test_a_base_of_another_figure_is_told(store: DirectoryStore) -> None:
    published(store, 1, big(1))
    ref = published(store, 2, big(2))
    other = store.write_blocks(Update(3, "u3", MONTH.last + 3), "internal", "FH", [(MONTH, big(99, 500))])[MONTH]
    with pytest.raises(StoreCorruptError, match="is not what its release says"):
        store.read_block(replace(ref, base=other))


def test_a_chain_that_is_too_long_is_told(store: DirectoryStore) -> None:
    ref = published(store, 1, big(1))
    for _ in range(LONGEST + 1):
        ref = replace(ref, base=ref)
    with pytest.raises(StoreCorruptError, match=f"hangs on {LONGEST + 1} patches"):
        store.read_block(ref)


@pytest.fixture(scope="module")
def chained(tmp_path_factory: pytest.TempPathFactory) -> tuple[DirectoryStore, list[BlockRef]]:
    store = DirectoryStore.writing(tmp_path_factory.mktemp("chained") / "store", FigureSettings())
    return store, [published(store, number, big(number, 40 * number)) for number in range(1, 5)]


@given(st.data())
def test_whatever_byte_of_a_chain_flips_the_block_is_right_or_told_corrupt(
    chained: tuple[DirectoryStore, list[BlockRef]], data: st.DataObject
) -> None:
    store, refs = chained
    path = store.root / data.draw(st.sampled_from(refs)).file
    whole = path.read_bytes()
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    try:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
        blocks._footer.cache_clear()  # noqa: SLF001 - readers of another process have no footer yet
        _right_or_corrupt(store, refs[-1], big(4, 160))
    finally:
        path.write_bytes(whole)
        blocks._footer.cache_clear()  # noqa: SLF001 - as above


@given(st.data())
def test_however_the_parts_of_a_chain_are_named_the_block_is_right_or_told_corrupt(
    chained: tuple[DirectoryStore, list[BlockRef]], data: st.DataObject
) -> None:
    store, refs = chained
    parts = data.draw(st.lists(st.sampled_from(refs), min_size=1, max_size=6))
    ref = parts[0]
    for over in parts[1:]:
        ref = replace(over, base=ref)
    _right_or_corrupt(store, replace(ref, digest=refs[-1].digest), big(4, 160))


def _right_or_corrupt(store: DirectoryStore, ref: BlockRef, block: Cells) -> None:
    try:
        read = DirectoryStore.reading(store.root).read_block(ref)
    except StoreCorruptError as error:
        assert str(store.root) in str(error)  # noqa: PT017 - most of what is drawn is told, some is right
    else:
        assert same(read, block)


@given(st.permutations(range(6)))
def test_cells_out_of_order_never_pass_for_the_block(order: list[int]) -> None:
    base = cells({(place, 0): (place + 1, 0, 0, 0) for place in range(6)})
    now = cells({(place, 0): (place + 2, 0, 0, 0) for place in range(6)})
    changes = changes_of(base, now)
    shuffled = Cells(*(getattr(changes, field.name)[list(order)] for field in fields(Cells)))
    made = patched(base, shuffled)
    assert (made.digest() == now.digest()) == same(made, now)


def test_what_no_kept_release_needs_is_dropped_and_what_a_chain_needs_is_kept(tmp_path: Path) -> None:
    store = DirectoryStore.writing(tmp_path / "store", FigureSettings(), 2)
    for number in range(1, 12):
        published(store, number, big(number))
    for number in store.numbers():
        ref = store.release(number).entries[KEY].latest
        assert ref is not None
        assert same(store.read_block(ref), big(number))
    assert len(list((store.root / "blocks").glob("*/*.parquet"))) <= LONGEST + 2


def test_an_update_writes_few_files(store: DirectoryStore) -> None:
    update = Update(1, "u1", MONTH.last + 1)
    for support in ("LL", "FH", "RMI", "RMH", "MH"):
        store.write_blocks(update, "internal", support, [(MONTH, big(1))])
        store.write_blocks(update, "public", support, [(MONTH, big(1).public())])
    assert len(list((store.root / "blocks").glob("*/*.parquet"))) == 2
