"""F4: where no form tells students, LL_STUD and LL_OTHER of the municipality are hidden, and nothing else is."""

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest
from history import log_file
from program import Done, ocmw
from starlette.testclient import TestClient

from processors.board.nothing import Cell
from processors.reference.students import broken, hidden
from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.settings import FigureSettings
from sinks.public.tree import PublicTree
from streams.board.app import Board, build_app
from streams.board.library import Library

ROWS = "nis;from;to\n44021;2023-01;2023-01\n"
GENT, ANTWERP = "44021", "11002"
STUDENTS, OTHERS = {GENT: 12, ANTWERP: 9}, {GENT: 30, ANTWERP: 20}


def lines(month: str) -> list[str]:
    """Return the living wages of a month: 21 students and 50 others."""
    persons = [("LL_STUD", nis, number) for nis, count in STUDENTS.items() for number in range(count)]
    persons += [("LL_OTHER", nis, number) for nis, count in OTHERS.items() for number in range(count)]
    return [f"{support}{nis}n{number} | {month} | {nis} | {support}" for support, nis, number in persons]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a log of 2023-01 and 2023-02, closed until the first quarter of 2023 is stable."""
    table = ["person | month | ocmw | support", *lines("2023-01"), *lines("2023-02")]
    closings = [f"close 2023-{month:02d} 2023-{month:02d}" for month in (5, 6)]
    return log_file(tmp_path_factory.mktemp("students") / "log.avro", "\n".join([*table, *closings]))


@pytest.fixture(scope="module")
def room(log: Path) -> Path:
    """Return a room with a store that hides Gent's students of 2023-01."""
    (log.parent / "rows.csv").write_text(ROWS, encoding="utf-8")
    done = replayed(log, log.parent / "store", log.parent / "rows.csv")
    assert done.returncode == 0, done.stderr
    return log.parent


def replayed(log: Path, store: Path, rows: Path, **settings: str) -> Done:
    """Replay a log into a store under a file of rows."""
    return ocmw("replay", log, "--store", store, OCMW_STUDENTS_UNKNOWN=str(rows), **settings)


def totals(room: Path, store: Path) -> dict[tuple[str, str, str], str]:
    """Return (support, period, place) -> beneficiaries of the public totals; ``*`` where they are hidden."""
    out = room / "out.csv"
    done = ocmw("export", "--store", store, "--format", "csv", "--out", out)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["breakdown"] == "total"]
    return {(row["support"], row["period"], row["geo"]): row["beneficiaries"] or row["category"] for row in rows}


def test_students_and_the_rest_that_would_tell_them_are_hidden_and_the_living_wage_is_not(room: Path) -> None:
    totals_of = totals(room, room / "store")
    assert [totals_of[support, "2023-01", GENT] for support in ("LL_STUD", "LL_OTHER", "LL")] == ["*", "*", "42"]
    assert [totals_of[support, "2023-01", ANTWERP] for support in ("LL_STUD", "LL_OTHER", "LL")] == ["9", "20", "29"]
    assert [totals_of[support, "2023-01", "01000"] for support in ("LL_STUD", "LL_OTHER")] == ["21", "50"]
    assert totals_of["LL_STUD", "2023-01", "44000"] == "12"


def test_periods_that_hold_the_month_hide_it_and_others_do_not(room: Path) -> None:
    totals_of = totals(room, room / "store")
    assert totals_of["LL_STUD", "2023-Q1", GENT] == "*"
    assert totals_of["LL_STUD", "2023-02", GENT] == "12"


def test_a_recount_finds_nothing_that_differs(room: Path, log: Path) -> None:
    done = ocmw("recount", log, "--store", room / "store", "--processes", 1)
    assert (done.returncode, done.stdout[:5]) == (0, "0 of "), done.stdout


def test_the_board_shows_no_figure_and_says_why(room: Path) -> None:
    bound = Library(PublicTree.of(room / "store")).bound("latest")
    for support in ("LL_STUD", "LL_OTHER"):
        cell = bound.show(Cell(support, Period.parse("2023-01"), "municipality", GENT))
        assert (cell.value, cell.nothing) == (None, "suppressed")
    assert bound.by_place("LL_STUD", Period.parse("2023-01"), "municipality", ("total", "total"))[GENT].value is None
    assert bound.show(Cell("LL_STUD", Period.parse("2023-02"), "municipality", GENT)).value == STUDENTS[GENT]
    document = bound.source.manifest_bytes(bound.number)
    assert b'"hidden":["44021"]' in document
    assert b'"format":2' in document


def test_a_page_of_students_says_of_how_many_municipalities_nobody_told_them(room: Path) -> None:
    client = TestClient(build_app(Board(Library(PublicTree.of(room / "store")), "0.1.0", "https://cijfers.example.be")))
    said = "For 1 municipalities no form tells in some of these periods who is a student"
    assert said in client.get("/en/latest/support/LL_STUD").text
    assert said in client.get("/en/latest/support/LL_OTHER?kind=quarter").text
    assert said not in client.get("/en/latest/support/LL").text


def test_a_workbook_marks_the_cell_and_says_what_the_mark_means(room: Path) -> None:
    for support in ("LL_STUD", "LL"):
        done = ocmw(
            "export", "--store", room / "store", "--format", "xlsx", "--support", support, "--out", room / support
        )
        assert done.returncode == 0, done.stderr
    students = openpyxl.load_workbook(room / "LL_STUD" / "LL_STUD_2008.xlsx")
    texts = [str(cell.value) for row in students["info"].iter_rows() for cell in row if cell.value]
    assert any(text.startswith("c: no form tells who is a student") for text in texts)
    assert "c" in {cell.value for row in students["month total"].iter_rows() for cell in row}
    wages = openpyxl.load_workbook(room / "LL" / "LL_2008.xlsx")
    assert not any("student" in str(cell.value) for row in wages["info"].iter_rows() for cell in row)


def test_a_store_takes_more_rows_and_never_fewer(room: Path, tmp_path: Path) -> None:
    store, more = tmp_path / "store", tmp_path / "more.csv"
    shutil.copytree(room / "store", store)
    more.write_text(f"{ROWS}44021;2023-02;2023-02\n", encoding="utf-8")
    nothing_new = log_file(tmp_path / "july.avro", "person | month\nclose 2023-07 2023-07")
    assert replayed(nothing_new, store, more).returncode == 0
    assert totals(tmp_path, store)["LL_STUD", "2023-02", GENT] == "*"
    fewer = replayed(nothing_new, store, room / "rows.csv")
    assert (fewer.returncode, fewer.stderr.count("\n")) == (1, 1)
    assert "students_unknown=2 rows, not" in fewer.stderr


def test_under_a_threshold_the_rungs_hide_them_and_the_recount_agrees(room: Path, log: Path) -> None:
    store = room / "threshold"
    assert replayed(log, store, room / "rows.csv", OCMW_THRESHOLD="5").returncode == 0
    totals_of = totals(room, store)
    assert [totals_of[support, "2023-01", GENT] for support in ("LL_STUD", "LL_OTHER", "LL")] == ["*", "*", "42"]
    done = ocmw("recount", log, "--store", store, "--processes", 1)
    assert (done.returncode, done.stdout[:5]) == (0, "0 of "), done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a header with the columns nis,from,to"),
        ("nis,from,to\n99999,2023-01,2023-02\n", "line 2, nis is no NIS code of a municipality"),
        ("nis,from,to\n44021,2023-13,2023-02\n", "line 2, from is no month; write it as 2023-01"),
        ("nis,from,to\n44021,2023-03,2023-02\n", "line 2, from is after to"),
        ("nis,from,to\n44021,2023-03\n", "line 2, to is no month"),
    ],
)
def test_a_file_of_rows_that_cannot_be_is_refused_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    done = replayed(tmp_path / "log", tmp_path / "store", tmp_path / "rows.csv")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_slow_truth_hides_by_rows_months_and_the_codes_of_then() -> None:
    settings = FigureSettings(students_unknown=("44021,2023-01,2023-01",))
    assert hidden(BlockKey("LL_STUD", Period.parse("2023")), settings) == {GENT}
    assert hidden(BlockKey("LL_STUD", Period.parse("2023-02")), settings) == set()
    assert hidden(BlockKey("LL", Period.parse("2023")), settings) == set()
    assert list(broken({GENT}, {GENT}, ())) == ["municipality 44021 is shown, and its students are not known"]
    assert len(list(broken((), (), {GENT}))) == 1
