"""Indicators of a store that another version of this program counted: by names, and refused with a sentence."""

import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from history import log_file
from program import ocmw
from stores import Store

from schemas.indicators import COLUMNS
from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings
from sinks.indicators import FAMILIES
from streams.embedded.driver import Embedded


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store of eight updates."""
    months = [month_code(parse_month("2022-01") + number) for number in range(8)]
    lines = [line for month in months for line in (f"a | {month} | 44021", f"close {month} {month}")]
    table = "\n".join(["person | month | ocmw", *lines])
    return Store(tmp_path_factory.mktemp("editions"), table, FigureSettings())


@pytest.fixture
def older(made: Store, tmp_path: Path) -> Store:
    """Return the same store as if an earlier version had counted its indicators: it wrote numbers and no edition."""
    older = object.__new__(Store)
    older.log, older.settings = made.log, made.settings
    older.root = Path(shutil.copytree(made.root, tmp_path / "store"))
    for path in (path for family in FAMILIES for path in (older.root / family).iterdir()):
        meta = pq.read_schema(path).metadata
        del meta[b"edition"]
        pq.write_table(pq.read_table(path).replace_schema_metadata(meta), path)
    return older


def test_series_and_categories_stand_in_a_store_by_name(made: Store) -> None:
    table = pq.read_table(made.root / "indicators" / "000008.parquet")
    assert "spells own_g0 flow" in table["series"].to_pylist()
    assert "exits" in table["category"].to_pylist()


def test_what_another_version_counted_is_refused_with_a_sentence_not_shown_as_no_rows(
    older: Store, tmp_path: Path
) -> None:
    done = ocmw(
        "export", "--store", older.root, "--table", "duration", "--format", "csv", "--out", tmp_path / "out.csv"
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "counted by another version of this program" in done.stderr
    assert f"count it again: ocmw indicators --store {older.root} --update 2022-0" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_what_another_version_counted_is_counted_again_on_request(made: Store, older: Store) -> None:
    done = ocmw("indicators", "--store", older.root, "--update", "2022-08")
    assert "Update 2022-08: indicators, outcomes counted on request." in done.stdout
    keys = list(COLUMNS[:9])
    pd.testing.assert_frame_equal(older.rows(8)[keys], made.rows(8)[keys])


def test_the_next_update_counts_all_references_again(older: Store, tmp_path: Path) -> None:
    more = log_file(tmp_path / "more.avro", "person | month | ocmw\na | 2022-09 | 44021\nclose 2022-09")
    Embedded.run(older.root, older.settings, [more])
    assert older.references(9, "spells", "own_g0", "exits") == [f"2022-0{month}" for month in range(1, 6)]
    assert set(older.rows(9)["update_id"]) == {"2022-09"}


def test_a_store_of_before_l_was_remembered_tells_it_by_its_vintages(older: Store, tmp_path: Path) -> None:
    known = (older.root / "store.json").read_text().replace('"first_month": "2022-01"', '"first_month": null')
    (older.root / "store.json").write_text(known)
    more = log_file(tmp_path / "more.avro", "person | month | ocmw\na | 2012-09 | 44021\nclose 2022-09")
    Embedded.run(older.root, older.settings, [more])
    assert '"first_month": "2022-01"' in (older.root / "store.json").read_text()
