"""The form of yearly reports as an empty workbook, with the rules as validation of its cells (K)."""

from datetime import datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from schemas.parameters import document
from schemas.services.subsidy_form import FORM, SHARE_KINDS, STAFF_KINDS, Column, Sheet
from schemas.services.subsidy_years import label, subsidy_year
from sinks.files.book import workbook_at
from sinks.files.sheets import HEADER, Formats

YEAR_PROPERTY = "ocmw_form_year"
ROWS = 1000
"""Rows of each sheet that carry validation."""
_FIRST = 2
_MOST_EURO = 10_000_000
_BOTH = ("nl", "fr")
_COLOURS = {"report": "#1F3864", "parts": "#2E75B6", "activities": "#2E75B6", "modules": "#548235", "staff": "#548235"}


def write_template(path: Path, year: int, ocmw: str = "") -> None:
    """Write the empty form of a year, for one OCMW or any; the same form gives the same bytes.

    Raises StoreWriteError where the disk refuses.
    """
    words = document("subsidy_words")
    title = words["form"]["title"]["nl"].format(year=year)
    with workbook_at(path, title, datetime(year, 12, 31)) as book:  # noqa: DTZ001 - a property without a zone
        book.set_custom_property(YEAR_PROPERTY, str(year), "text")
        formats = Formats(book)
        _info(book, formats, year)
        for sheet, columns in FORM.items():
            _write(book, formats, sheet, columns, (year, ocmw))


def _info(book: Workbook, formats: Formats, year: int) -> None:
    words, sheet = document("subsidy_words"), book.add_worksheet("info")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 2, 70)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    row = 0
    for at, language in enumerate(_BOTH, start=1):
        style = formats.of(bold=True, font_size=13, font_color="#1F3864", text_wrap=True, valign="top")
        sheet.write_string(row, at, words["form"]["title"][language].format(year=year), style)
    sheet.set_row(0, 36)
    wrapped = formats.of(text_wrap=True, valign="top")
    for row, texts in enumerate(zip(*(words["form"]["how"][language] for language in _BOTH), strict=True), start=2):
        for at, text in enumerate(texts, start=1):
            sheet.write_string(row, at, text, wrapped)
        sheet.set_row(row, 32)
    row += 2
    for name in FORM:
        sheet.write_url(row, 0, f"internal:'{name}'!A3", formats.of(font_color="#0563C1", underline=1), name)
        for at, language in enumerate(_BOTH, start=1):
            sheet.write_string(row, at, words["sheets"][name][language])
        row += 1
    row += 1
    for part, codes in subsidy_year(year).activities.items():
        for code in (part, *codes):
            bold = formats.of(bold=code == part)
            sheet.write_string(row, 0, code, bold)
            for at, language in enumerate(_BOTH, start=1):
                sheet.write_string(row, at, label(year, code, language), bold)
            row += 1


def _write(book: Workbook, formats: Formats, name: Sheet, columns: tuple[Column, ...], of: tuple[int, str]) -> None:
    sheet: Worksheet = book.add_worksheet(name)
    sheet.set_tab_color(_COLOURS[name])
    sheet.freeze_panes(_FIRST, 1)
    sheet.set_row(1, 48)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    fields = document("subsidy_words")["fields"]
    for at, column in enumerate(columns):
        labels = fields[column.field]
        needed = " *" if column.needed else ""
        sheet.write_string(0, at, column.field, formats.of(font_color="#7F7F7F", font_size=8))
        sheet.write_string(1, at, f"{labels['nl']}{needed}\n{labels['fr']}{needed}", formats.of(**HEADER, font_size=9))
        sheet.set_column(at, at, max(16, min(30, len(labels["fr"]) * 0.75)), _format(formats, column))
        rule = _validation(column, of[0])
        if rule:
            sheet.data_validation(_FIRST, at, _FIRST + ROWS - 1, at, rule)
    if of[1]:
        rows = {"report": 1, "parts": len(subsidy_year(of[0]).parts)}.get(name, 0)
        for row in range(_FIRST, _FIRST + rows):
            sheet.write_string(row, 0, of[1])
            if name == "parts":
                sheet.write_string(row, 1, subsidy_year(of[0]).parts[row - _FIRST])
    if name == "report" and of[1]:
        sheet.write_number(_FIRST, 1, of[0])


def _format(formats: Formats, column: Column) -> Any:  # noqa: ANN401 - xlsxwriter's Format has no types
    numbers = {"amount": "#,##0.00 €", "count": "0", "day": "dd/mm/yyyy", "ocmw": "@", "year": "0"}
    return formats.of(num_format=numbers.get(column.kind, "General"))


def _validation(column: Column, year: int) -> dict[str, Any] | None:
    """Return the rule of a column's cells, with a sentence in both languages for who breaks it."""
    law = subsidy_year(year)
    lists: dict[str, list[str]] = {
        "part": list(law.parts),
        "share_kind": list(SHARE_KINDS),
        "staff_kind": list(STAFF_KINDS),
        "yes_no": ["nee", "non", "ja", "oui"],
    }
    if column.field == "code":
        rule: dict[str, Any] = {
            "validate": "list",
            "source": [code for codes in law.activities.values() for code in codes],
        }
        message = "unknown-activity"
    elif column.kind in lists:
        rule, message = {"validate": "list", "source": lists[column.kind]}, "unknown-choice"
    elif column.kind == "amount":
        rule, message = (
            {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": _MOST_EURO},
            "justified-not-whole",
        )
    elif column.kind == "count":
        rule, message = {"validate": "integer", "criteria": ">=", "value": 0}, "persons-not-whole"
    elif column.kind == "year":
        rule, message = {"validate": "integer", "criteria": "==", "value": year}, "wrong-year"
    elif column.kind == "day":
        day = datetime(1900, 1, 1), datetime(2199, 12, 31)  # noqa: DTZ001 - days
        rule, message = (
            {"validate": "date", "criteria": "between", "minimum": day[0], "maximum": day[1]},
            "day-not-readable",
        )
    elif column.kind == "ocmw":
        rule, message = {"validate": "length", "criteria": "==", "value": 5}, "unknown-ocmw"
    else:
        return None
    texts_of_rule = document("subsidy_words")["rules"][message]
    texts = "\n".join(". ".join(texts_of_rule[language]) for language in _BOTH)
    return {**rule, "error_title": column.field[:32], "error_message": texts[:255]}
