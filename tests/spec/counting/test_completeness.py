"""How complete the data are: who sent nothing, who sent only zeros, what is unknown, how late lines come."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from history import log_file
from program import ocmw

from processors.reference import completeness as slow
from processors.reference import counting as reference
from processors.reference.events import admitted
from processors.reference.parts import History
from schemas.figures import BlockKey
from schemas.periods import Period, parse_month
from schemas.settings import FigureSettings
from sinks.directory.origin import Origin
from sinks.directory.store import DirectoryStore
from sinks.files.completeness import Completeness, completeness_batches
from streams.embedded.driver import Embedded
from streams.proof.recount_completeness import completeness_differences

TOLD = """
    person | month   | ocmw  | support  | type      | cents | household | born
    a      | 2024-01 | 44021 | LL_OTHER | GRANT     |   100 | A         | 1990-06-20
    b      | 2024-01 | 44021 | LL_OTHER | GRANT     |   100 | UNKNOWN   | -
    c      | 2024-01 | 11002 | LL_OTHER | GRANT     |     0 | A         | 1990-06-20
    d      | 2022-05 | 11002 | LL_OTHER | GRANT     |   100 | A         | 1990-06-20
    close u1 2024-01
    a      | 2024-02 | 44021 | LL_OTHER | GRANT     |   100 | A         | 1990-06-20
    e      | 2024-01 | 44021 | LL_STUD  | GRANT     |   100 | A         | 1990-06-20
    a      | 2024-01 | 44021 | LL_OTHER | REG_GRANT |     5 | A         | 1990-06-20
    close u2 2024-03
"""


def files_of(room: Path, table: str, settings: FigureSettings | None = None) -> tuple[Path, DirectoryStore]:
    """Replay a history; return its file and the store."""
    log, root = log_file(room / "log.avro", table), room / "store"
    Embedded.run(root, settings or FigureSettings(), [log])
    return log, DirectoryStore.reading(root)


def rows(store: DirectoryStore, number: int) -> pd.DataFrame:
    """Return the completeness of a release."""
    table: pd.DataFrame = pa.Table.from_batches(list(completeness_batches(store, number))).to_pandas()
    return table


def row(table: pd.DataFrame, support: str, period: str, geo: str) -> dict[str, Any]:
    """Return one row."""
    chosen = table[(table["support"] == support) & (table["period"] == period) & (table["geo"] == geo)]
    (one,) = chosen.to_dict("records")
    return {str(name): value for name, value in one.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DirectoryStore]:
    """Return the file of TOLD and its store."""
    return files_of(tmp_path_factory.mktemp("completeness"), TOLD)


def test_no_line_is_no_claim_lines_without_anybody_above_zero_are_zero(made: tuple[Path, DirectoryStore]) -> None:
    table = rows(made[1], 1)
    states = [row(table, "LL", "2024-01", geo)["state"] for geo in ("44021", "11002", "71022")]
    assert states == ["positive", "zero", "no_claim"]


def test_lines_are_persons_told_of_and_a_correction_is_no_line_of_its_own(made: tuple[Path, DirectoryStore]) -> None:
    gent = row(rows(made[1], 2), "LL", "2024-01", "44021")
    assert (gent["lines"], gent["beneficiaries"]) == (3, 3)


def test_of_beneficiaries_those_are_told_whose_attributes_are_unknown(made: tuple[Path, DirectoryStore]) -> None:
    gent = row(rows(made[1], 1), "LL", "2024-01", "44021")
    assert [gent[f"unknown_{name}"] for name in ("birth", "household", "nationality")] == [1, 1, 0]
    assert gent["unknown_status"] is None or pd.isna(gent["unknown_status"])


def test_a_line_is_late_by_the_months_to_the_update_that_first_held_it(made: tuple[Path, DirectoryStore]) -> None:
    gent = row(rows(made[1], 2), "LL", "2024-01", "44021")  # two lines in time, the third by two months
    assert (gent["late_median"], gent["late_p95"]) == (0, 2)


def test_a_line_of_a_year_before_all_others_makes_no_silent_months(
    made: tuple[Path, DirectoryStore],
) -> None:
    table = rows(made[1], 2)
    assert set(table["period"]) == {"2022-05", "2024-01", "2024-02", "2024-03"}
    assert set(table[table["period"] == "2022-05"]["geo"]) == {"11002"}
    assert Completeness.of(made[1], 2).outliers == (parse_month("2022-05"),)


def test_a_municipality_without_ocmw_is_not_said_to_be_silent(made: tuple[Path, DirectoryStore]) -> None:
    assert "73028" not in set(rows(made[1], 2)["geo"])


def test_an_earlier_release_says_what_was_known_then(made: tuple[Path, DirectoryStore]) -> None:
    assert row(rows(made[1], 1), "LL", "2024-01", "44021")["lines"] == 2


def test_where_the_import_set_lines_aside_no_claim_would_be_false(made: tuple[Path, DirectoryStore]) -> None:
    store = made[1]
    aside = [
        {"ocmw": "71022", "month": "2024-01", "lines": 2, "events": 0, "slugs": {"bad-number": 2}},
        {"ocmw": "11007", "month": "2024-01", "lines": 1, "events": 0, "slugs": {"not-a-support": 1}},
    ]
    Origin(None, tuple(aside)).write(store.root)
    table = rows(store, 1)
    assert row(table, "LL", "2024-01", "71022")["state"] == "set_aside"
    assert row(table, "LL", "2024-01", "71022")["set_aside"] == "bad-number=2"
    assert row(table, "LL", "2024-01", "11007")["state"] == "no_claim"
    (store.root / "journal" / "origin.json").write_text(json.dumps({"key_id": None, "imports": []}))


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("geography", ["as_then", "fixed:2025-01-01"])
def test_lines_and_lateness_are_those_of_the_slow_truth_l1(tmp_path: Path, geography: str, number: int) -> None:
    settings = FigureSettings(geography=geography)
    moved = TOLD.replace("11002 | LL_OTHER | GRANT     |     0", "11007 | TW_RMI_ART60 | GRANT     |   700")
    log, store = files_of(tmp_path, moved, settings)
    history = History.of(admitted([log]), settings)
    table = rows(store, number)
    with_lines = table[table["lines"] > 0].assign(month=table["period"].map(parse_month))
    fast = with_lines[slow.COLUMNS].sort_values(["support", "month", "geo"], ignore_index=True)
    pd.testing.assert_frame_equal(fast, slow.lines(history, number), check_dtype=False)
    for one in table[table["beneficiaries"] > 0].to_dict("records"):
        key = BlockKey(one["support"], Period.parse(one["period"]))
        cells = reference.labelled(reference.count(history, key, number))
        there = cells[(cells["geo"] == one["geo"]) & (cells["breakdown"] == "total")]
        assert there["beneficiaries"].tolist() == [one["beneficiaries"]]


@pytest.mark.parametrize("ending", ["html", "md"])
def test_the_page_names_the_most_silent_ocmw_first_and_months_that_are_typing_errors(
    made: tuple[Path, DirectoryStore], tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"page.{ending}"
    done = ocmw("completeness", "--store", made[1].root, "--out", out, "--worst", 580)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"{out}: the worst 580 of 580 OCMWs, 2024-01 to 2024-03; all in {tmp_path}/page.csv\n"
    )
    assert "most likely a typing error: 1 lines of 2022-05, OCMW" in done.stdout
    page = out.read_text(encoding="utf-8")
    assert page.index("(11005)") < page.index("(11002)") < page.index("(44021)")  # 3, 2 and 1 silent months
    assert page.index("2022-05") > page.index("typing errors")


@pytest.mark.parametrize("ending", ["html", "md"])
def test_a_page_has_the_worst_fifty_and_a_file_beside_it_all(
    made: tuple[Path, DirectoryStore], tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"page.{ending}"
    assert ocmw("completeness", "--store", made[1].root, "--out", out).returncode == 0
    page = out.read_text(encoding="utf-8")
    assert "The worst 50 of 580 OCMWs" in page
    assert len(re.findall(r"\(\d{5}\)", page)) == 50
    with (tmp_path / "page.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 580


def test_a_page_of_no_release_or_of_another_kind_is_a_sentence(tmp_path: Path) -> None:
    _, store = files_of(tmp_path, TOLD.partition("close u1")[0] + "left open")
    assert ocmw("completeness", "--store", store.root, "--out", tmp_path / "a.html").returncode == 1
    assert ocmw("completeness", "--store", store.root, "--out", tmp_path / "a.pdf").returncode == 2
    assert ocmw("export", "--store", store.root, "--table", "completeness", "--format", "csv", "--out",
                tmp_path / "a.csv").stdout.startswith("0 rows")  # fmt: skip


def test_recount_finds_a_line_that_was_counted_twice(made: tuple[Path, DirectoryStore], tmp_path: Path) -> None:
    log, store = made
    copy = DirectoryStore.reading(Path(shutil.copytree(store.root, tmp_path / "store")))
    history = History.of(admitted([log]), FigureSettings())
    assert completeness_differences(copy, history)[1] == []
    path = copy.root / "completeness" / "000001.parquet"
    table = pq.read_table(path)
    pq.write_table(table.set_column(3, "rows", pa.array([9] * len(table), pa.int32())), path)
    assert any("completeness LL 2024-01 44021" in one for one in completeness_differences(copy, history)[1])
