"""Tables of indicators as workbooks: what a person finds when opening one."""

import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from schemas.indicators import COLUMNS, SERIES, series_words
from sinks.files.indicator_workbook import write_indicator_workbook
from sinks.files.indicators import INDICATOR_SCHEMA

EXCEL_NAME = 31
ROW = ("duration", "exact_national_g2", "2024-03", "kingdom", "01000", "band_sex", "<1|2", 3, 4, "u1")


def written(directory: Path, row: tuple[str | int, ...] = ROW) -> Path:
    batch = pa.RecordBatch.from_pylist([dict(zip(COLUMNS, row, strict=True))], INDICATOR_SCHEMA)
    write_indicator_workbook(directory, "duration", [batch])
    return directory / "duration.xlsx"


def test_every_series_has_a_name_of_its_own_that_excel_takes_whole() -> None:
    names = [series_words(one.indicator, one.method, one.breakdown)[0] for one in SERIES]
    assert len({name.casefold() for name in names}) == len(SERIES)
    assert max(map(len, names)) <= EXCEL_NAME
    assert not set("[]:*?/\\") & set("".join(names))


def test_a_name_is_made_of_words_that_a_person_reads() -> None:
    assert series_words("duration", "exact_national_g2", "band_household")[0] == "exact Belgium gap 2 household"
    assert not any("_" in series_words(one.indicator, one.method, one.breakdown)[0] for one in SERIES)


def test_a_sheet_has_one_row_of_headings_and_its_full_title_in_print(tmp_path: Path) -> None:
    (sheet,) = openpyxl.load_workbook(written(tmp_path)).worksheets
    assert sheet.title == "exact Belgium gap 2 sex"
    assert list(sheet.iter_rows(values_only=True)) == [COLUMNS, ROW]
    assert sheet.oddHeader is not None
    assert sheet.oddHeader.left is not None
    assert sheet.oddHeader.left.text == (
        "duration, exact_national_g2, band_sex: duration, months since the spell began, Belgium as a whole, "
        "gaps of 2 months bridged, by sex"
    )


@pytest.mark.parametrize("update", ["=1+1", "{=1+1}", "http://u1"])
def test_a_name_that_looks_like_a_formula_stays_text(tmp_path: Path, update: str) -> None:
    (sheet,) = openpyxl.load_workbook(written(tmp_path, (*ROW[:-1], update))).worksheets
    cell = sheet.cell(2, len(COLUMNS))
    assert (cell.value, cell.data_type, cell.hyperlink) == (update, "s", None)


def test_no_workbook_holds_the_time_at_which_it_was_made(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path)) as parts:
        assert b"2000-01-01T00:00:00Z" in parts.read("docProps/core.xml")
    assert openpyxl.load_workbook(written(tmp_path)).properties.title == "Living wage over time: duration"
