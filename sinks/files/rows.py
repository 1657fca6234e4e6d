"""Rows of a keyed service as CSV, JSON or a plain workbook; a file is whole or not there."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sinks.durability import put_in_place, temporary
from sinks.files.book import workbook_at
from sinks.files.sheets import HEADER, Formats

_WIDEST = 60


def text_of(columns: Sequence[str], rows: Iterable[Sequence[object]], form: Literal["csv", "json"]) -> str:
    """Return rows as CSV with a header, None as an empty field, or as a JSON list of objects."""
    if form == "json":
        objects = [dict(zip(columns, row, strict=True)) for row in rows]
        return json.dumps(objects, ensure_ascii=False, indent=1) + "\n"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises StoreWriteError where the disk refuses."""
    with temporary(path) as written:
        written.write_text(text, encoding="utf-8")
        put_in_place(written, path)


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows as a workbook of one sheet with a filter. Raises StoreWriteError where the disk refuses."""
    widths = [max([len(name), *(len(str(row[at])) for row in rows)], default=0) for at, name in enumerate(columns)]
    with workbook_at(path, path.stem, datetime(2000, 1, 1, tzinfo=UTC)) as book:
        sheet, formats = book.add_worksheet("table"), Formats(book)
        for at, name in enumerate(columns):
            sheet.write_string(0, at, name, formats.of(**HEADER))
            sheet.set_column(at, at, min(_WIDEST, widths[at] + 3), formats.of(text_wrap=True, valign="top"))
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
