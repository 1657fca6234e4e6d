"""F3: what a person at the keyboard sees of a store under a threshold."""

import csv
from pathlib import Path

import pytest
from history import log_file
from program import ocmw

from schemas.settings import FigureSettings
from streams.embedded.driver import Embedded


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a room with a log: 12 persons in Gent, 3 in Aalst, 9 in Antwerp in 2023-01, closed until it is stable."""
    lines = ["person | month | ocmw"]
    homes = ["44021"] * 12 + ["41002"] * 3 + ["11002"] * 9
    lines += [f"p{number} | 2023-01 | {nis}" for number, nis in enumerate(homes)]
    lines += [f"close {month} {month}" for month in ("2023-03", "2023-04", "2023-05")]
    made = tmp_path_factory.mktemp("threshold")
    log = log_file(made / "log.avro", "\n".join(lines))
    Embedded.run(made / "store", FigureSettings(threshold=5), [log])
    return made


@pytest.fixture(scope="module")
def rows(room: Path) -> list[dict[str, str]]:
    """Return the public rows of LL in 2023-01."""
    out = room / "out.csv"
    done = ocmw(
        "export", "--store", room / "store", "--support", "LL", "--period", "2023-01", "--format", "csv", "--out", out
    )
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_count_is_shown_from_one_to_four(rows: list[dict[str, str]]) -> None:
    counts = [int(row["beneficiaries"]) for row in rows if row["beneficiaries"]]
    assert counts
    assert min(counts) >= 5


def test_what_is_hidden_has_one_mark_small_or_not(rows: list[dict[str, str]]) -> None:
    hidden = [row for row in rows if row["category"] == "*"]
    assert {row["geo"] for row in hidden if row["breakdown"] == "total"} >= {"41002", "44021"}
    assert {(row["beneficiaries"], row["obs_status"]) for row in hidden} == {("", "c")}


def test_rows_stay_sorted_and_none_stands_twice(rows: list[dict[str, str]]) -> None:
    keys = [tuple(row.values())[:7] for row in rows]
    assert keys == sorted(set(keys))


def test_a_store_refuses_another_threshold_in_a_sentence(room: Path) -> None:
    done = ocmw("replay", room / "log.avro", "--store", room / "store", OCMW_THRESHOLD="6")
    assert done.returncode == 1
    assert "threshold=5" in done.stderr


def test_a_threshold_below_three_is_refused(room: Path) -> None:
    done = ocmw("replay", room / "log.avro", "--store", room / "other", OCMW_THRESHOLD="2")
    assert done.returncode == 2
    assert not (room / "other").exists()


def test_no_public_tree_tells_what_the_threshold_hides(room: Path) -> None:
    assert not list((room / "store" / "public").rglob("*.*"))
    served = ocmw("serve", "--store", room / "store")
    assert (served.returncode, served.stderr.count("\n")) == (1, 1)
    assert "hides small cells (OCMW_THRESHOLD), which a public tree cannot say yet" in served.stderr


def test_the_rungs_of_a_store_hold_by_the_slow_count(room: Path) -> None:
    done = ocmw("recount", room / "log.avro", "--store", room / "store", "--processes", 1)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("0 of ")
