"""A page's sheet as a file: CSV, JSON or Excel; codes and plain numbers, and which release they are of."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import xlsxwriter

from streams.board.page import Sheet

FORMS: dict[str, str] = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media type of each form, by its ending."""
MOST_CELLS = 50_000
"""Rows of a workbook that is made on request."""


def file_of(sheet: Sheet, ending: str, about: Mapping[str, Any]) -> bytes:
    """Return a sheet as a file; ``about`` says what it is of."""
    if ending == ".csv":
        return csv_of(sheet)
    return _json(sheet, about) if ending == ".json" else _workbook(sheet, about)


def csv_of(sheet: Sheet) -> bytes:
    """Return a sheet as CSV: commas, UTF-8, a header, nothing for what is not there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows(sheet.rows)
    return out.getvalue().encode()


def _json(sheet: Sheet, about: Mapping[str, Any]) -> bytes:
    rows = [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]
    return json.dumps({**about, "rows": rows}, ensure_ascii=False).encode()


def _workbook(sheet: Sheet, about: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        first = book.add_worksheet("figures")
        first.write_row(0, 0, sheet.columns, bold)
        for number, row in enumerate(sheet.rows[:MOST_CELLS], start=1):
            first.write_row(number, 0, ["" if value is None else value for value in row])
        first.freeze_panes(1, 0)
        first.autofit()
        cover = book.add_worksheet("about")
        for number, (name, value) in enumerate(about.items()):
            cover.write_row(number, 0, (name, "" if value is None else str(value)))
        cover.autofit()
    return out.getvalue()
