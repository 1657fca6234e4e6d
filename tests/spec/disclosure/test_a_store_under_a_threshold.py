"""F3: what a person at the keyboard sees of a store under a threshold."""

import csv
import json
from pathlib import Path

import pytest
from history import log_file
from program import ocmw
from published import key_of

from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.places import PLACE_NUMBER
from schemas.rungs import KINGDOM_AT, rungs_of
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.public.tree import PublicTree
from streams.embedded.driver import Embedded

GENT = PLACE_NUMBER["municipality", "44021"]


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


def test_a_year_of_a_first_release_shows_no_more_than_its_oldest_month(tmp_path: Path) -> None:
    """Seventy months are published at once; in the first Gent has three persons, twenty others in each after it."""
    lines = ["person | month | ocmw"]
    for number in range(70):
        month = f"{2017 + number // 12}-{number % 12 + 1:02d}"
        lines += [f"g{number}x{one} | {month} | 44021" for one in range(20 if number else 3)]
        lines += [f"a{number}x{one} | {month} | 11002" for one in range(20)]
    lines += [f"close {month} {month}" for month in ("2023-03", "2023-04", "2023-05")]
    log = log_file(tmp_path / "log.avro", "\n".join(lines))
    Embedded.run(tmp_path / "store", FigureSettings(threshold=5), [log])
    store = DirectoryStore.reading(tmp_path / "store")
    shows = {}
    for code in ("2017-01", "2017", "2018"):
        hidden = store.release().entries[BlockKey("LL", Period.parse(code))].hidden
        rungs = rungs_of(store.read_block(hidden) if hidden else None)
        shows[code] = (int(rungs[GENT]), int(rungs[KINGDOM_AT]))
    assert shows == {"2017-01": (0, 4), "2017": (0, 1), "2018": (1, 1)}


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


def test_a_reader_of_manifests_without_a_threshold_refuses_one_with_it(room: Path) -> None:
    document = json.loads(PublicTree.of(room / "store").manifest_bytes(1))
    assert (document["format"], document["threshold"]) == (3, 5)


def test_without_a_threshold_a_manifest_says_nothing_of_one(room: Path, tmp_path: Path) -> None:
    Embedded.run(tmp_path / "store", FigureSettings(), [room / "log.avro"])
    tree = PublicTree.of(tmp_path / "store")
    document = json.loads(tree.manifest_bytes(1))
    assert document["format"] == 1
    assert "threshold" not in document
    assert "threshold_notice" not in json.loads(tree.file_bytes(document["tables"]["words"]))["sentences"]


def test_an_officer_approves_a_release_under_a_threshold(room: Path, tmp_path: Path) -> None:
    key, _ = key_of(tmp_path)
    settings = {"OCMW_THRESHOLD": "5", "OCMW_RELEASE_APPROVAL": "required", "OCMW_SEAL_KEY_FILE": str(key)}
    store = tmp_path / "store"
    assert ocmw("replay", room / "log.avro", "--store", store, **settings).returncode == 0
    assert PublicTree.of(store).current() == 0
    done = ocmw("approve", 3, "--store", store, "--by", "A. Peeters", "--reference", "2026/14", **settings)
    assert done.returncode == 0, done.stderr
    assert PublicTree.of(store).numbers() == (3,)


def test_the_rungs_of_a_store_hold_by_the_slow_count(room: Path) -> None:
    done = ocmw("recount", room / "log.avro", "--store", room / "store", "--processes", 1)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("0 of ")
