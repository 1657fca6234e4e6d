"""The workbooks of projects and of subsidies, read cell for cell against the answers that they are made of."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import openpyxl
import pytest
from program import ocmw

from schemas.parameters import document
from schemas.services.gpmi_figures import PERSON_FIGURES, PROJECT_FIGURES
from streams.embedded.services_shown import projects as projects_shown
from streams.embedded.services_shown import subsidies as subsidies_shown

YEAR = ("--from", "2017-01-01", "--to", "2017-12-31")
WORDS: dict[str, Any] = document("gpmi_words")["nl"]


def done(*arguments: object) -> str:
    """Run a command that must do its work, and return what it printed."""
    ended = ocmw(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a year of services of nobody."""
    room = tmp_path_factory.mktemp("services")
    done("generate", "--services", "--persons", 400, "--from", "2017-01", "--to", "2017-12", "--out", room / "made")
    done("admit", *(room / "made" / f"{name}.avro" for name in ("contracts", "reports")), "--store", room / "store")
    return room / "store"


def answered(store: Path, *arguments: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(done("gpmi", "--store", store, "--format", "json", *arguments))
    return rows


@pytest.fixture(scope="module")
def busiest(store: Path) -> str:
    """Return the OCMW in which most projects run."""
    rows = [row for row in answered(store, *YEAR, "--all") if row["figure"] == "projects_running"]
    return str(
        max((row for row in rows if row["ocmw"] != "01000"), key=lambda row: (row["unique"], row["ocmw"]))["ocmw"]
    )


def cells(sheet: Any, first: int) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - openpyxl's
    """Yield the rows of a sheet from one on."""
    yield from sheet.iter_rows(min_row=first, values_only=True)


@pytest.fixture(scope="module")
def projects(store: Path, busiest: str) -> Any:  # noqa: ANN401 - openpyxl's
    """Return the workbook of the busiest OCMW, in Dutch, with a name for each worker but one."""
    rows = [row for row in answered(store, *YEAR, "--ocmw", busiest) if row["figure"] == "projects_per_worker"]
    names, out = store / "names.csv", store / "projects.xlsx"
    named = [f"{row['category']},Werker {number}" for number, row in enumerate(rows[1:])]
    names.write_text("\n".join(["worker,name", *named]), encoding="utf-8")
    done(
        "gpmi",
        "--store",
        store,
        *YEAR,
        "--ocmw",
        busiest,
        "--lang",
        "nl",
        "--format",
        "xlsx",
        "--out",
        out,
        "--names",
        names,
    )
    return openpyxl.load_workbook(out)


def test_each_figure_of_projects_and_of_persons_stands_in_its_cell(store: Path, busiest: str, projects: Any) -> None:  # noqa: ANN401
    rows = answered(store, *YEAR, "--ocmw", busiest)
    for name, figures in (("projects", PROJECT_FIGURES), ("persons", PERSON_FIGURES)):
        label, lines = "", []
        for figure, category, as_tool, unique, _ in cells(projects[WORDS["sheets"][name]], 5):
            label = figure or label
            lines.append((label, category, as_tool, unique))
        titled = [
            (WORDS["figures"][row["figure"]][0], row) for figure in figures for row in rows if row["figure"] == figure
        ]
        expected = [
            (title, row["as_tool"], row["unique"])
            for title, row in titled
            if row["breakdown"] != "sex_age5" or (row["as_tool"], row["unique"]) != (0, 0)
        ]
        assert [(label, as_tool, unique) for label, _, as_tool, unique in lines] == expected
        assert all(category for _, category, _, _ in lines)
        assert len({one[:2] for one in lines}) == len(lines)


def test_workers_stand_by_their_names_where_they_are_known_and_by_their_keys(
    store: Path,
    busiest: str,
    projects: Any,  # noqa: ANN401 - openpyxl's
) -> None:
    rows = answered(store, *YEAR, "--ocmw", busiest)
    pairs = {(row["figure"], row["category"]): (row["as_tool"], row["unique"]) for row in rows}
    *lines, last = cells(projects[WORDS["sheets"]["workers"]], 5)
    assert {line[1] for line in lines} == {key for figure, key in pairs if figure == "projects_per_worker"}
    for _, key, *counts in lines:
        assert tuple(counts) == pairs["projects_per_worker", key] + pairs["beneficiaries_per_worker", key]
    assert [bool(line[0]) for line in lines] == [True] * (len(lines) - 1) + [False]
    means = pairs["mean_projects", "total"] + pairs["mean_beneficiaries", "total"]
    assert [f"{value:.2f}" for value in last[2:]] == list(means)


def test_months_are_what_a_question_of_that_month_alone_says(store: Path, busiest: str, projects: Any) -> None:  # noqa: ANN401
    months = {line[0]: line[1:4] for line in cells(projects[WORDS["sheets"]["months"]], 5)}
    assert len(months) == 12
    for month, last in (("2017-06", 30), ("2017-12", 31)):
        rows = answered(store, "--from", f"{month}-01", "--to", f"{month}-{last}", "--ocmw", busiest)
        uniques = {row["figure"]: row["unique"] for row in rows if row["breakdown"] == "total"}
        assert months[month] == tuple(uniques[f"projects_{verb}"] for verb in ("running", "started", "closed"))


def test_what_needs_an_evaluation_stands_in_a_list(store: Path, busiest: str, projects: Any) -> None:  # noqa: ANN401
    due = answered(store, *YEAR, "--ocmw", busiest, "--due")
    assert due
    lines = list(cells(projects[WORDS["sheets"]["due"]], 5))
    assert [line[:3] for line in lines] == [(one["contract"], one["version"], one["begins_on"]) for one in due]
    assert [line[3] for line in lines] == [one["evaluated_on"] or WORDS["due"]["never"] for one in due]


def test_the_kingdom_has_a_sheet_of_ocmws_only_where_all_were_asked(store: Path, tmp_path: Path) -> None:
    for options, there in ((("--ocmw", "01000"), False), (("--all",), True)):
        out = tmp_path / f"{there}.xlsx"
        done("gpmi", "--store", store, *YEAR, *options, "--lang", "nl", "--format", "xlsx", "--out", out)
        book = openpyxl.load_workbook(out)
        assert (WORDS["sheets"]["ocmws"] in book.sheetnames) is there
    rows = [row for row in answered(store, *YEAR, "--all") if row["ocmw"] != "01000" and row["breakdown"] == "total"]
    lines = {line[0]: line[2:] for line in cells(book[WORDS["sheets"]["ocmws"]], 5)}
    assert len(lines) == len({row["ocmw"] for row in rows})
    for at, figure in enumerate(("beneficiaries", "projects_started", "projects_closed", "projects_running")):
        assert {code: line[at] for code, line in lines.items()} == {
            row["ocmw"]: row["unique"] for row in rows if row["figure"] == figure
        }


def test_the_demonstration_says_the_figures_that_the_commands_give(store: Path) -> None:
    figures = {row["figure"]: row for row in answered(store, *YEAR, "--ocmw", "01000") if row["breakdown"] == "total"}
    began, people = figures["projects_started"]["unique"], figures["beneficiaries"]
    assert f": {began} began, " in projects_shown(store)
    assert f"; {people['unique']} beneficiaries, {people['as_tool']} as the tool counts" in projects_shown(store)
    given = csv.DictReader(io.StringIO(done("subsidies", "report", "--store", store, "--format", "csv")))
    degrees = {row["indicator"]: row["value"] for row in given if row["ocmw"] == "01000" and not row["part"]}
    assert f"degree of justification {int(degrees['8']) / 100:.2f} %, of use {int(degrees['8c']) / 100:.2f} %" in (
        subsidies_shown(store)
    )


SHEETS: dict[str, str] = document("subsidy_words")["report"]["sheets"]
Indicators = list[dict[str, str]]


@pytest.fixture(scope="module")
def subsidies(store: Path) -> tuple[Any, Indicators]:
    """Return the national workbook, and the rows that it is made of."""
    out = store / "subsidies.xlsx"
    done("subsidies", "report", "--store", store, "--format", "xlsx", "--out", out)
    printed = done("subsidies", "report", "--store", store, "--format", "csv")
    return openpyxl.load_workbook(out), list(csv.DictReader(io.StringIO(printed)))


def as_read(row: dict[str, str]) -> float | None:
    """Return a value as people read it: money in euro, ratios as a share of one."""
    if not row["value"]:
        return None
    return int(row["value"]) / {"cents": 100, "per10000": 10_000}.get(row["unit"], 1)


def test_the_kingdoms_indicators_stand_row_by_row(subsidies: tuple[Any, Indicators]) -> None:
    book, rows = subsidies
    number, lines = "", []
    for indicator, _, _, place, value, _, flag in cells(book[SHEETS["kingdom"]], 2):
        number = indicator or number
        lines.append((number, (place or "").split(" ")[0], value, flag or ""))
    assert lines == [
        (row["indicator"], row["activity"] or row["part"], as_read(row), row["flag"])
        for row in rows
        if row["ocmw"] == "01000"
    ]


def test_the_whole_figures_of_each_ocmw_and_all_rows_stand_in_their_cells(subsidies: tuple[Any, Indicators]) -> None:
    book, rows = subsidies
    header, *lines = cells(book[SHEETS["ocmws"]], 1)
    numbers = [str(title).split("\n")[0] for title in header[2:]]
    values = {
        (line[0], number): value
        for line in lines
        for number, value in zip(numbers, line[2:], strict=True)
        if value is not None
    }
    assert values == {
        (row["ocmw"], row["indicator"]): as_read(row)
        for row in rows
        if row["ocmw"] != "01000" and not row["part"] and row["value"] and row["indicator"] in numbers
    }
    long = [[str(value if value is not None else "") for value in line] for line in cells(book[SHEETS["all"]], 2)]
    assert long == [list(row.values()) for row in rows]


def test_how_use_is_spread_counts_each_ocmw_in_the_class_of_its_grant(subsidies: tuple[Any, Indicators]) -> None:
    book, rows = subsidies
    whole = {(row["ocmw"], row["indicator"]): int(row["value"] or 0) for row in rows if not row["part"]}
    used = {code: value for (code, number), value in whole.items() if number == "8c" and code != "01000"}
    sizes = Counter(sum(whole[code, "6"] > end for end in (500_000, 749_999, 2_500_000, 10_000_000)) for code in used)
    classes = [line for line in cells(book[SHEETS["spread"]], 2) if line[6] is not None]
    assert [line[6] for line in classes] == [sizes[number] for number in range(5)]
    assert [sum(line[1:6]) for line in classes] == [line[6] for line in classes]
    largest = [value for code, value in used.items() if whole[code, "6"] > 10_000_000]
    assert classes[4][5] == sum(value >= 10_000 for value in largest)
    assert classes[4][10] == pytest.approx(median(largest) / 10_000)
    assert classes[4][7] == sum(whole[code, "6"] for code in used if whole[code, "6"] > 10_000_000) / 100
