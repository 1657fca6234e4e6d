"""The public tree: with each release, what the public may know of it, and no more."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from program import ocmw
from published import replayed, tree_of

from sinks.directory.store import DirectoryStore
from sinks.errors import UnknownReleaseError
from sinks.public.history import read_history
from sinks.public.tree import PublicTree

MONTHS = [f"2024-{month:02d}" for month in range(1, 7)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tree") / "store"
    replayed(made, *MONTHS)
    return made


def test_each_release_has_its_manifest_and_the_newest_is_pointed_at(store: Path) -> None:
    tree = PublicTree.of(store)
    assert (tree.numbers(), tree.current()) == ((1, 2, 3, 4, 5, 6), 6)
    assert [tree.manifest(number).previous for number in tree.numbers()] == [None, 1, 2, 3, 4, 5]


def test_a_published_figure_is_the_cells_of_the_public_zone(store: Path) -> None:
    tree, home = PublicTree.of(store), DirectoryStore.reading(store)
    figures = tree.manifest(6).figures
    in_home = {
        (key.support, key.period.code): home.read_block(entry.public).digest()
        for key, entry in home.release().entries.items()
        if entry.public
    }
    in_tree = {
        (support, period): tree.cells(figure.block).digest()
        for support, periods in figures.items()
        for period, figure in periods.items()
        if figure.block
    }
    assert in_tree == in_home
    assert ("LL", "2024-03") in in_tree


def test_what_waits_has_a_state_and_the_month_that_may_show_it_but_no_value(store: Path) -> None:
    tree = PublicTree.of(store)
    figure = tree.manifest(6).figures["LL"]["2024-05"]
    assert (figure.state, figure.update_id, figure.earliest, figure.block) == ("pending", None, "2024-08", None)
    history = read_history(tree.file_bytes(tree.manifest(6).tables["history"])).to_pylist()
    assert {row["value"] for row in history if row["period"] == "2024-05"} == {None}


def test_restricted_supports_are_not_even_named(store: Path) -> None:
    assert [support for support in PublicTree.of(store).manifest(6).figures if support.startswith("IK_")] == []


def test_the_history_tells_each_release_in_which_a_figure_became_another(store: Path) -> None:
    tree = PublicTree.of(store)
    history = read_history(tree.file_bytes(tree.manifest(6).tables["history"])).to_pylist()
    rows = [(row["release"], row["state"], row["value"]) for row in history if row["period"] == "2024-02"]
    assert rows[-1:] == [(5, "published", 100)]
    assert all(value is None for _, state, value in rows if state in ("pending", "settling"))


def test_the_changes_of_a_release_name_what_is_new_and_what_waits(store: Path) -> None:
    tree = PublicTree.of(store)
    changes = json.loads(tree.file_bytes(tree.manifest(6).tables["changes"]))
    by_figure = {(row["support"], row["period"]): row for row in changes}
    assert by_figure["LL", "2024-03"]["kind"] == "new"
    assert by_figure["LL", "2024-03"]["to"] == 100
    assert by_figure["LL", "2024-06"] == {
        "support": "LL", "period": "2024-06", "kind": "waiting", "update_id": None, "earliest": "2024-09",
    }  # fmt: skip


def test_every_file_is_called_by_its_content_and_named_with_its_size(store: Path) -> None:
    tree = PublicTree.of(store)
    named = tree.manifest(6).files
    for sha256, size in named.items():
        data = tree.file_bytes(sha256)
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (sha256, size)


def test_definitions_words_population_and_map_are_frozen_with_the_release(store: Path) -> None:
    tree = PublicTree.of(store)
    tables = tree.manifest(1).tables
    definitions = json.loads(tree.file_bytes(tables["definitions"]))
    assert definitions["documents"]["supports"]["nodes"]["LL"]["delay"] == 3
    assert json.loads(tree.file_bytes(tables["map"]))["type"] == "Topology"
    assert tree.file_bytes(tables["population"]).startswith(b"nis,year,population")
    assert {"words", "changes", "history"} <= tables.keys()


def test_a_published_release_is_never_written_again(store: Path, tmp_path: Path) -> None:
    again = shutil.copytree(store, tmp_path / "store")
    before = tree_of(again)
    replayed(again, "2024-07")
    after = tree_of(again)
    assert {name for name, data in before.items() if after.get(name) != data} == {"current.json"}


def test_what_a_stop_left_undone_is_done_by_the_next_run_and_nothing_is_dated_twice(
    store: Path, tmp_path: Path
) -> None:
    stopped = shutil.copytree(store, tmp_path / "store")
    meant = tree_of(stopped)
    pointer = stopped / "public" / "current.json"
    pointer.write_text('{"release": 5}\n', encoding="utf-8")
    replayed(stopped, MONTHS[-1])
    assert tree_of(stopped) == meant


def test_a_release_that_the_store_forgot_stays_public(store: Path, tmp_path: Path) -> None:
    kept = shutil.copytree(store, tmp_path / "store")
    replayed(kept, "2024-07", OCMW_KEEP_RELEASES="1")
    tree = PublicTree.of(kept)
    assert DirectoryStore.reading(kept).numbers() == (7,)
    figure = tree.manifest(4).figures["LL"]["2024-01"]
    assert figure.block is not None
    assert int(tree.cells(figure.block).beneficiaries.max()) == 100


def test_an_older_store_gets_its_tree_with_its_next_release_and_the_rest_is_undated(
    store: Path, tmp_path: Path
) -> None:
    older = shutil.copytree(store, tmp_path / "store")
    shutil.rmtree(older / "public")
    replayed(older, MONTHS[-1])
    assert not (older / "public").exists()
    replayed(older, "2024-07")
    tree = PublicTree.of(older)
    dates = [tree.manifest(number).published_at for number in tree.numbers()]
    assert dates[:-1] == [None] * 6
    assert dates[-1] is not None


def test_no_release_is_there_before_the_first_is_published(tmp_path: Path) -> None:
    tree = PublicTree(tmp_path)
    assert (tree.current(), tree.numbers()) == (0, ())
    with pytest.raises(UnknownReleaseError):
        tree.manifest(1)


def test_verify_of_nothing_published_says_so(tmp_path: Path) -> None:
    done = ocmw("verify", "--store", tmp_path, "--key", "0" * 64)
    assert done.returncode == 2
    assert "no public tree here" in done.stderr
