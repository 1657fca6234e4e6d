"""The board and the files below it: releases that switch, a damaged file, what else lies on the machine, the export."""

import csv
import io
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from program import ocmw
from published import key_of, replayed
from starlette.testclient import TestClient

from sinks.public.tree import PublicTree
from streams.board import library
from streams.board.app import Board, build_app
from streams.board.library import Library
from streams.board.serve import Measured, Served
from streams.shell.metrics import Metrics

RELEASES = 7
READERS, ROUNDS = 8, 9
FIGURES = "figures?support=LL&kind=month&limit=1000"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("files")
    key, _ = key_of(made)
    replayed(made / "store", *(f"2024-{month:02d}" for month in range(1, RELEASES + 1)), OCMW_SEAL_KEY_FILE=str(key))
    return made / "store"


def client_of(tree: Path) -> TestClient:
    return TestClient(build_app(Board(Library(PublicTree(tree)), "0.1.0")))


def point_at(tree: Path, release: int) -> None:
    pointer = tree / "pointer"
    pointer.write_text(f'{{"release": {release}}}', encoding="utf-8")
    pointer.replace(tree / "current.json")


@pytest.mark.parametrize("time_of_it", range(ROUNDS))
def test_readers_never_see_a_mixture_while_releases_switch(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time_of_it: int
) -> None:
    monkeypatch.setattr(library, "POINTER_SECONDS", 0)
    tree = Path(shutil.copytree(store / "public", tmp_path / "public"))
    still = client_of(store / "public")
    whole = {one: still.get(f"/api/v1/release/{one}/{FIGURES}").json()["rows"] for one in range(1, RELEASES + 1)}
    point_at(tree, 1)
    client, done = client_of(tree), Event()

    def read() -> list[int]:
        seen = []
        while not done.is_set():
            answer = client.get(f"/api/v1/latest/{FIGURES}").json()
            assert answer["rows"] == whole[answer["release"]]
            seen.append(answer["release"])
        return seen

    with ThreadPoolExecutor(READERS) as readers:
        reading = [readers.submit(read) for _ in range(READERS)]
        for release in range(2, RELEASES + 1):
            time.sleep(0.01 * (1 + time_of_it % 3))
            point_at(tree, release)
        done.set()
        seen = [one.result() for one in reading]
    assert all(one == sorted(one) for one in seen)
    assert len(set().union(*seen)) > 1


def test_a_damaged_file_is_refused_and_measured_and_the_rest_answers(store: Path, tmp_path: Path) -> None:
    tree = Path(shutil.copytree(store / "public", tmp_path / "public"))
    sha256 = PublicTree(tree).manifest(RELEASES).tables["history"]
    (tree / "files" / sha256).write_bytes(b"damaged")
    metrics = Metrics()
    board = Board(Library(PublicTree(tree)), "0.1.0")
    client = TestClient(Measured(Served(board, build_app(board)), metrics))
    assert client.get("/nl/latest/revisions?support=LL&period=2024-01").status_code == 503
    assert client.get("/nl/latest/definitions").status_code == 200
    assert metrics.registry.get_sample_value("ocmw_board_unreadable") == 1


def test_a_board_opens_no_file_of_a_store_but_its_public_tree(store: Path) -> None:
    tree, opened, watching = store / "public", set[Path](), [True]

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            opened.add(Path(os.fsdecode(arguments[0])))

    sys.addaudithook(note)  # it stays for the life of the process, so it looks away in the end
    client = client_of(tree)
    pages = [f"/nl/latest/{page}" for page in ("", "support/LL", "map", "table", "revisions", "cities", "seal")]
    assert [client.get(page).status_code for page in pages] == [200] * len(pages)
    watching.clear()
    of_store = {path for path in opened if path.is_relative_to(store)}
    assert of_store
    assert {path for path in of_store if not path.is_relative_to(tree)} == set()


def test_what_the_board_gives_is_what_an_export_holds(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.csv"
    done = ocmw("export", "--store", store, "--support", "LL", "--format", "csv", "--out", out)
    assert done.returncode == 0, done.stderr
    exported = {
        (row["period"], row["geo"], row["breakdown"], row["category"]): int(row["beneficiaries"])
        for row in csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))
        if row["period_kind"] == "month" and row["geo"] in ("01000", "44021")
    }
    client, given = client_of(store / "public"), {}
    for breakdown in sorted({name[2] for name in exported}):
        query = f"figures?support=LL&kind=month&geo=01000&geo=44021&breakdown={breakdown}&limit=10000&format=csv"
        answer = client.get(f"/api/v1/latest/{query}")
        assert answer.status_code == 200, answer.text
        for row in csv.DictReader(io.StringIO(answer.text)):
            if row["value"] not in ("", "0"):
                given[row["period"], row["geo"], row["breakdown"], row["category"]] = int(row["value"])
    assert exported
    assert given == exported


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_invented_figures_are_called_so_on_every_page_and_in_every_answer(tmp_path: Path, language: str) -> None:
    history = tmp_path / "history.avro"
    assert ocmw("generate", "--persons", 30, "--from", "2024-01", "--to", "2024-02", "--out", history).returncode == 0
    assert ocmw("replay", history, "--store", tmp_path / "store").returncode == 0
    client = client_of(tmp_path / "store" / "public")
    for page in ("", "map", "definitions", "report/quarter/2024-Q1"):
        assert "SYNTHETIC" in client.get(f"/{language}/latest/{page}").text
    assert client.get(f"/api/v1/latest/{FIGURES}").json()["synthetic"] is True
    assert "SYNTHETIC" in client.get(f"/{language}/latest/support/LL.json").text


def test_real_figures_are_not_called_invented(store: Path) -> None:
    client = client_of(store / "public")
    assert "SYNTHETIC" not in client.get("/nl/latest/").text
    assert client.get(f"/api/v1/latest/{FIGURES}").json()["synthetic"] is False
