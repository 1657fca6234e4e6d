"""The benchmark as a workbook: a sheet a comparison, places down, categories across, counts then shares."""

from datetime import datetime
from pathlib import Path

import pandas as pd
from xlsxwriter import Workbook

from schemas.parameters import document
from schemas.releases import is_synthetic
from sinks.files.benchmark.figures import Benchmark, Sheet, outcome_title
from sinks.files.book import workbook_at

_NAMES = {
    "Duration, gaps of 2 months bridged": "Duration gaps bridged",
    "Duration, lists of a year apart": "Duration lists",
    "Of 10,000 that began, still there after months": "Still there after months",
    outcome_title(3): "Where to after 3 months",
    outcome_title(12): "Where to after 12 months",
    outcome_title(12, 2): "Where to 12 months bridged",
    "A year later, of those with leefloon": "A year later with leefloon",
    "Entries and exits in the months shown": "Entries and exits",
}
"""Names of sheets whose title Excel would not take: with their number they are longer than 31 characters."""
_FIRST_ROW = 3
_GREY = "#767676"
"""Of shares on few persons or spells: grey that still contrasts with white."""
_TEXT_WIDTH, _LINE_HEIGHT = 110, 15


def write_workbook(path: Path, benchmark: Benchmark) -> None:
    """Write one workbook, whole or not at all. Raises StoreWriteError where the disk refuses."""
    with workbook_at(path, _title(benchmark), datetime.fromisoformat(f"{benchmark.month}-01T00:00Z")) as book:
        _cover(book, benchmark)
        for number, sheet in enumerate(benchmark.sheets, start=1):
            _write(book, number, sheet)


def _title(benchmark: Benchmark) -> str:
    return f"Leefloon over time in the 13 Flemish centre cities, {benchmark.year}"


def _cover(book: Workbook, benchmark: Benchmark) -> None:
    sheet = book.add_worksheet("Read me")
    sheet.set_column(0, 0, _TEXT_WIDTH, book.add_format({"text_wrap": True, "valign": "top"}))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    lines = [
        *([document("publication")["synthetic"]["en"]] if is_synthetic(benchmark.update_id) else []),
        _title(benchmark),
        f"Durations as of {benchmark.month}. Update {benchmark.update_id}, published figures only.",
        *benchmark.notes(),
        *(f"{number} {one.title}: {one.note}" for number, one in enumerate(benchmark.sheets, start=1)),
    ]
    for row, text in enumerate(lines):
        sheet.set_row(row, _LINE_HEIGHT * -(-len(text) // (_TEXT_WIDTH - 10)))
        sheet.write_string(row, 0, text)


def _write(book: Workbook, number: int, comparison: Sheet) -> None:
    sheet = book.add_worksheet(f"{number} {_NAMES.get(comparison.title, comparison.title)}".replace(",", ""))
    bold = book.add_format({"bold": True})
    sheet.write_string(0, 0, comparison.title, bold)
    sheet.write_string(1, 0, comparison.note)
    sheet.freeze_panes(_FIRST_ROW, 1)
    sheet.set_column(0, 0, 30)
    table, muted = _columns(comparison)
    sheet.write_row(_FIRST_ROW - 1, 0, ["place", *table.columns], bold)
    pale = book.add_format({"font_color": _GREY, "italic": True})
    for row, (place, *cells) in enumerate(table.itertuples(name=None), start=_FIRST_ROW):
        sheet.write_string(row, 0, place)
        for column, cell in enumerate(cells, start=1):
            if not pd.isna(cell):
                sheet.write_number(row, column, cell, pale if muted.iloc[row - _FIRST_ROW, column - 1] else None)


def _columns(comparison: Sheet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return counts, of how many they are (once, where that is the same for all), and shares; and what is muted."""
    blocks, pale = [comparison.counts], [comparison.counts.notna() & False]
    if comparison.base is not None:
        of = comparison.base.rename(columns=lambda name: f"n {name}")
        one = comparison.base.nunique(axis=1).max() <= 1
        of = of.max(axis=1).to_frame("n") if one else of
        blocks, pale = [*blocks, of], [*pale, of.notna() & False]
    if comparison.shares is not None:
        blocks, pale = (
            [*blocks, comparison.shares.rename(columns=lambda name: f"{name} %")],
            [*pale, comparison.muted()],
        )
    return pd.concat(blocks, axis=1), pd.concat(pale, axis=1)
