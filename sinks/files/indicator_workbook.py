"""A table of indicators as a workbook: a sheet a series, the columns of the contract down its rows."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
from xlsxwriter import Workbook

from schemas.indicators import COLUMNS, series_words
from schemas.parameters import document
from schemas.releases import is_synthetic
from sinks.files.book import workbook_at
from sinks.files.indicators import NUMBERS
from sinks.files.selection import ExportRefusedError

_EXCEL_ROWS = 1_048_576
_WIDTH = 18
_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The same rows give the same bytes, whenever they are written."""
_SERIES = ("indicator", "method", "breakdown")


def write_indicator_workbook(directory: Path, name: str, batches: Iterable[pa.RecordBatch]) -> int:
    """Write ``<name>.xlsx``, whole or not at all; return the number of rows.

    Raises ExportRefusedError for a series that no sheet can hold, StoreWriteError where the disk refuses.
    """
    rows = _rows(batches)
    path = directory / f"{name}.xlsx"
    with workbook_at(path, f"Living wage over time: {name}", _CREATED, streamed=True) as book:
        if any(map(is_synthetic, rows["update_id"].unique())):
            _warn(book)
        for key, series in rows.groupby(list(_SERIES), observed=True):
            _write(book, *series_words(*map(str, key)), series)
        if rows.empty:
            _write(book, name, name, rows)
    return len(rows)


def _warn(book: Workbook) -> None:
    """Write a first sheet that says that the figures are of a synthetic history."""
    sheet = book.add_worksheet("SYNTHETIC")
    style = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#C00000"})
    sheet.set_column(0, 0, 90)
    for row, text in enumerate(document("publication")["synthetic"].values()):
        sheet.write_string(row, 0, text, style)


def _rows(batches: Iterable[pa.RecordBatch]) -> pd.DataFrame:
    frames = [batch.to_pandas() for batch in batches]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    return rows.astype({name: str for name in COLUMNS if name not in NUMBERS})


def _write(book: Workbook, name: str, title: str, series: pd.DataFrame) -> None:
    if len(series) >= _EXCEL_ROWS:
        message = f"{title} has {len(series)} rows, more than a sheet holds; write parquet or csv"
        raise ExportRefusedError(message)
    sheet = book.add_worksheet(name)
    sheet.set_header(f"&L{title}")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(COLUMNS) - 1, _WIDTH)
    sheet.write_row(0, 0, COLUMNS)
    for row, cells in enumerate(series[list(COLUMNS)].itertuples(index=False, name=None), start=1):
        sheet.write_row(row, 0, cells)
