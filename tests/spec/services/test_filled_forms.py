"""The form of yearly reports: what people write in it, what is read, and which cell is to be mended (K)."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from processors.services.subsidies.service import OcmwYear, SubsidyService
from schemas.log import CorruptFileError
from schemas.services.records import Part, Share
from sinks.files.subsidy_template import write_template
from streams.embedded.admission import states_of
from streams.embedded.subsidy_corrections import corrections
from streams.embedded.yearly_reports import Imported, import_form

HEADER = "sheet;ocmw;year;part;code;justified_cents;persons;rmi;agreements"
GENT = [
    "report;44021;2017;;;;;;2",
    "parts;44021;;A;;6000;30;40 %;",
    "activities;44021;;A;A1;4000;20;;",
    "activities;44021;;A;A4;2000;15;;",
]


def csv_form(directory: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    """Write a form as CSV."""
    path = directory / "form.csv"
    path.write_text("\n".join((header, *lines)), encoding=encoding)
    return path


def workbook(directory: Path, change: Callable[[Any], None] = lambda _: None) -> Path:
    """Fill the template for Gent as above, then change it."""
    path = directory / "form.xlsx"
    write_template(path, 2017, "44021")
    book = openpyxl.load_workbook(path)
    sheet: Any = book["parts"]
    activities: Any = book["activities"]
    sheet.delete_rows(4, 3)
    for at, value in {"C3": 6000, "E3": 30, "F3": "PERCENTAGE", "G3": 40}.items():
        sheet[at] = value
    book["report"]["C3"] = 2
    for row, (code, persons, euro) in enumerate((("A1", 20, 4000), ("A4", 15, 2000)), start=3):
        for column, value in enumerate(("44021", "A", code, persons, euro), start=1):
            activities.cell(row, column, value)
    change(book)
    book.save(path)
    return path


def imported(path: Path, year: int = 2017) -> Imported:
    """Import a form into a store beside it."""
    return import_form(path, path.parent / "store", year, 0)


def part_of(path: Path) -> Part:
    """Return the first part of the only report in the store."""
    ((_, state),) = list(states_of(SubsidyService(), path.parent / "store"))
    assert isinstance(state, OcmwYear)
    return state.reports[-1].parts[0]


def to_mend(path: Path, brussels: str = "fr") -> list[tuple[str, str, str, str]]:
    """Return OCMW, sheet, cell, rule of each error."""
    rows = corrections(path.parent / "store", 2017, brussels)
    return [row[:4] for row in rows if row.severity in {"fout", "erreur"}]


def test_a_filled_template_is_kept_and_the_same_again_is_known(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    assert imported(path)[:3] == ((44021,), (), ())
    assert imported(path)[:3] == ((), (44021,), ())
    assert part_of(path).rmi == Share("PERCENTAGE", 40)


def test_an_earlier_report_sent_again_after_another_holds_again(tmp_path: Path) -> None:
    first, other = GENT, [line.replace("4000", "4001").replace("6000", "6001") for line in GENT]
    for lines in (first, other, first):
        assert imported(csv_form(tmp_path, *lines))[:1] == ((44021,),)
    assert part_of(tmp_path / "form.csv").justified_cents == 600_000


@pytest.mark.parametrize(
    "euro", ["6000", "6000,00", "6.000,00 €", "€ 6 000", "6,000.00", "6000.0", "EUR 6000", "6\u00a0000,00 euro"]
)
def test_amounts_are_read_however_people_write_them(tmp_path: Path, euro: str) -> None:
    lines = [line.replace("6000", euro) for line in GENT]
    path = csv_form(tmp_path, *lines)
    assert imported(path).kept == (44021,)
    assert part_of(path).justified_cents == 600_000


@pytest.mark.parametrize(
    "euro", ["zes duizend", "6000 + 1", "-6000", "1,2,3", "12,345", "", "nan", "1e400", "6000 of 7000"]
)
def test_what_is_no_amount_is_a_correction_of_its_cell(tmp_path: Path, euro: str) -> None:
    path = csv_form(tmp_path, *[line.replace("6000", euro) for line in GENT])
    assert imported(path).refused == (44021,)
    assert to_mend(path) == [("44021", "parts", "F3", "justified-not-whole")]


@pytest.mark.parametrize("persons", ["dertig", "30,5", "-1", "30 personen", "99999999999999999999"])
def test_persons_are_one_whole_number(tmp_path: Path, persons: str) -> None:
    path = csv_form(tmp_path, *[line.replace(";30;", f";{persons};") for line in GENT])
    assert imported(path).refused == (44021,)
    assert to_mend(path) == [("44021", "parts", "G3", "persons-not-whole")]


def test_a_csv_of_an_old_excel_is_read(tmp_path: Path) -> None:
    path = csv_form(tmp_path, *[line.replace("6000", "6 000 €") for line in GENT], encoding="cp1252")
    assert imported(path).kept == (44021,)
    assert part_of(path).justified_cents == 600_000


def test_columns_may_be_moved_and_called_as_people_call_them(tmp_path: Path) -> None:
    header = "sheet,persons,rmi,part,Justified (euro),ocmw,code"
    path = csv_form(tmp_path, "parts,30,20,A,6000,44021,", "activities,30,,,6000,44021,A1", header=header)
    assert imported(path).kept == (44021,)
    assert (part_of(path).rmi, part_of(path).persons) == (Share("NUMBER", 20), 30)


def test_one_refused_report_keeps_the_others(tmp_path: Path) -> None:
    path = csv_form(tmp_path, *GENT, "parts;62063;;A;;tout;3;;", "parts;99999;;A;;1;1;;")
    done = imported(path)
    assert (done.kept, done.refused, len(done.nobody)) == ((44021,), (62063,), 1)
    assert to_mend(path) == [
        ("99999", "parts", "B7", "unknown-ocmw"),
        ("62063", "parts", "F6", "justified-not-whole"),
    ]


def test_a_rule_that_is_broken_names_the_cell_too(tmp_path: Path) -> None:
    path = workbook(tmp_path, lambda book: book["parts"].__setitem__("E3", 36))
    assert imported(path).refused == (44021,)
    assert to_mend(path) == [("44021", "parts", "E3", "persons-of-part")]


@pytest.mark.parametrize(
    ("ocmw", "remedy"),
    [("44021", "Schrijf"), ("62063", "Écrivez"), ("63023", "Écrivez"), ("21004", "Schrijf")],
)
def test_corrections_are_in_the_language_of_the_region_in_brussels_by_choice(
    tmp_path: Path, ocmw: str, remedy: str
) -> None:
    """63023 is Eupen, where German is spoken: French. 21004 is Brussels, asked here in Dutch."""
    path = csv_form(tmp_path, f"parts;{ocmw};;A;;veel;3;;")
    imported(path)
    (correction,) = corrections(path.parent / "store", 2017, "nl")
    assert correction.remedy.startswith(remedy)


def test_no_content_of_a_cell_stands_in_a_correction(tmp_path: Path) -> None:
    path = csv_form(tmp_path, "parts;44021;;A;;90.43.01-001.01;3;;", "parts;90430100101;;A;;1;1;;")
    imported(path)
    assert "9043" not in str(list(corrections(path.parent / "store", 2017, "fr"))).replace(".", "")


def test_merged_cells_of_keys_hold_for_each_row_and_others_are_a_correction(tmp_path: Path) -> None:
    def merge(book: Any) -> None:  # noqa: ANN401 - openpyxl's
        book["activities"].merge_cells("A3:A4")

    assert imported(workbook(tmp_path, merge)).kept == (44021,)
    path = workbook(tmp_path, lambda book: book["activities"].merge_cells("D3:E3"))
    assert imported(path).refused == (44021,)
    assert {(cell, rule) for _, _, cell, rule in to_mend(path)} == {("D3", "merged-cells"), ("E3", "merged-cells")}


def test_a_formula_that_was_never_calculated_is_a_correction(tmp_path: Path) -> None:
    path = workbook(tmp_path, lambda book: book["parts"].__setitem__("C3", "=4000+2000"))
    assert imported(path).refused == (44021,)
    assert to_mend(path) == [("44021", "parts", "C3", "formula-without-value")]


def test_columns_of_a_workbook_may_be_moved_and_amounts_be_text_with_a_euro_sign_and_a_decimal_comma(
    tmp_path: Path,
) -> None:
    def move(book: Any) -> None:  # noqa: ANN401 - openpyxl's
        book["parts"]["C3"] = "6.000,00 €"
        book["activities"]["E3"] = "€ 4 000"
        book["activities"]["E4"] = "2000,0"
        book["parts"].insert_cols(2, 2)
        book["parts"]["C2"] = "our own notes"
        book["parts"]["C3"] = "to be checked"

    path = workbook(tmp_path, move)
    assert imported(path).kept == (44021,)
    assert [one.justified_cents for one in part_of(path).activities] == [400_000, 200_000]


def test_text_in_a_cell_of_a_number_is_a_correction_of_that_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path, lambda book: book["activities"].__setitem__("D4", "een vijftiental"))
    assert imported(path).refused == (44021,)
    assert to_mend(path) == [("44021", "activities", "D4", "persons-not-whole")]


def test_lines_of_an_old_macintosh_and_lines_that_are_cut_off_are_read(tmp_path: Path) -> None:
    path = csv_form(tmp_path, *GENT)
    path.write_bytes(path.read_bytes().replace(b";2\n", b"\n").replace(b"\n", b"\r"))
    header = HEADER.replace("ocmw;", "").replace("agreements", "agreements;ocmw")
    assert imported(path).kept == (44021,)
    short = csv_form(tmp_path, "parts;;A;;1", header=header)
    assert len(imported(short).nobody) == 1  # the line ends before its OCMW


def test_a_percentage_cell_is_a_percentage(tmp_path: Path) -> None:
    def percent(book: Any) -> None:  # noqa: ANN401 - openpyxl's
        book["parts"]["F3"] = None
        book["parts"]["G3"] = 0.4
        book["parts"]["G3"].number_format = "0%"

    path = workbook(tmp_path, percent)
    assert imported(path).kept == (44021,)
    assert part_of(path).rmi == Share("PERCENTAGE", 40)


def test_a_hidden_sheet_is_read_as_the_others_and_foreign_sheets_are_not(tmp_path: Path) -> None:
    def hide(book: Any) -> None:  # noqa: ANN401 - openpyxl's
        book["activities"].sheet_state = "hidden"
        book.create_sheet("Blad1")["A1"] = "44021"

    assert imported(workbook(tmp_path, hide)).kept == (44021,)


def test_a_row_of_another_year_is_refused(tmp_path: Path) -> None:
    path = csv_form(tmp_path, *[line.replace("2017", "2016") for line in GENT])
    assert imported(path).refused == (44021,)
    assert to_mend(path) == [("44021", "report", "C2", "wrong-year")]


def test_modules_and_their_staff_are_read_with_days_and_yes_or_no(tmp_path: Path) -> None:
    header = (
        "sheet;ocmw;part;justified;persons;staff;title;goal;period_from;period_to;target_group;one_off;participants;"
        "dropouts;kind;cents"
    )
    path = csv_form(
        tmp_path,
        "parts;44021;B;1000;12;500;;;;;;;;;;",
        "modules;44021;;;;;Koken;leren koken;01/03/2017;2017-05-31;jongeren;neen;12;2;;",
        "staff;44021;;;;;koken;;;;;;;;preparing;500,00",
        header=header,
    )
    assert imported(path).kept == (44021,)
    (module,) = part_of(path).modules
    assert (module.participants, module.dropouts, module.one_off, module.staff[0].cents) == (12, 2, False, 50_000)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("activities;44021;;C;C1;1;1;;", "part-missing"),
        ("report;44021;2017;;;;;;", "report-twice"),
        ("parts;44021;;D;;1;1;;", "unknown-part"),
        ("parts;44021;;A;;0;0;;", "part-twice"),
    ],
)
def test_rows_that_fit_nowhere_are_corrections(tmp_path: Path, line: str, rule: str) -> None:
    path = csv_form(tmp_path, *GENT, line)
    assert imported(path).refused == (44021,)
    assert rule in {one[3] for one in to_mend(path)}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "under a password"),
        (b"PK\x03\x04 no zip", "no workbook"),
        (b"\0\1\2", "neither a workbook nor a CSV"),
        (b"", "first column is not called sheet"),
        (b"a;b\n1;2", "first column is not called sheet"),
        (b"sheet;ocmw;part;justified\n", "no filled row"),
        (b"sheet;ocmw;part\nparts;44021;A", "no column justified_cents"),
        (b"sheet;ocmw;part;justified\nelsewhere;1;2;3", "is of no sheet"),
    ],
)
def test_a_file_that_is_no_form_is_refused_in_a_sentence_and_changes_nothing(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "form.csv"
    path.write_bytes(content)
    with pytest.raises(CorruptFileError, match=sentence):
        imported(path)
    assert not (tmp_path / "store" / "services.sqlite").exists()


def test_a_workbook_that_unpacks_to_more_than_a_form_or_whose_parts_are_broken_is_refused(tmp_path: Path) -> None:
    for content, sentence in ((bytes(300 << 20), "unpacks to 300 MB"), (b"<broken", "no workbook that can be read")):
        path = workbook(tmp_path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("xl/worksheets/sheet2.xml", content)
        with pytest.raises(CorruptFileError, match=sentence):
            imported(path)


def test_a_cell_longer_than_any_text_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match="line 6 is no line of a CSV"):
        imported(csv_form(tmp_path, *GENT, "x" * 200_000))


def test_the_template_of_another_year_is_refused(tmp_path: Path) -> None:
    def older(book: Any) -> None:  # noqa: ANN401 - openpyxl's
        book.custom_doc_props.props[0].value = "2016"

    with pytest.raises(CorruptFileError, match="is the form of 2016, not of 2017"):
        imported(workbook(tmp_path, older))


def test_the_template_checks_cells_and_explains_them_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    write_template(path, 2017)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["info", "report", "parts", "activities", "modules", "staff"]
    rules = {str(one.sqref).split(":")[0]: one for one in book["parts"].data_validations.dataValidation}
    assert rules["B3"].formula1 == '"A,B,C"'
    assert (rules["C3"].type, rules["E3"].type) == ("decimal", "whole")
    assert str(book["parts"]["C2"].value).split("\n") == [
        "Verantwoord bedrag, in euro (7) *",
        "Montant justifié, en euros (7) *",
    ]
