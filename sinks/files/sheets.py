"""Sheets of a workbook: rows are place x category, columns are periods, the newest twelve in view when it opens.

A column is a count (whole persons) or a mean of the months (one decimal); never one kind under the other's header.
"""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from schemas.breakdowns import CROSSES, category_label
from schemas.datasets import LANGUAGES
from schemas.parameters import document
from schemas.periods import PeriodKind
from schemas.places import LEVELS, PLACES, place_name
from schemas.releases import State
from sinks.files.codes import PLACE_LANGUAGES, level_label
from sinks.files.grid import HIDDEN, WITHOUT_OCMW, Grid

_WORDS = document("publication")
COLUMNS_IN_VIEW = 12
A3, A4, ZOOM, PRINT_SCALE = 8, 9, 85, 60
A4_CHARACTERS = 230
"""Characters that fit across A4 landscape at PRINT_SCALE; a wider sheet is printed on A3."""
HEADER_CHARACTERS = 200
"""Of a title in the header of a page; Excel takes 255, the name of the sheet among them."""
PAGE_NUMBER = "&R&8&P / &N"
TITLE_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2
"""A title with a link back to the cover, then the headers, then the figures."""
WIDEST_PLACE, WIDEST_CATEGORY, FILTER_ARROW = 33, 26, 3
COUNT_WIDTH, MEAN_WIDTH, HEADER_HEIGHT = 11, 21, 64


class Column(NamedTuple):
    """A column of figures: ``values[place, category]``; nothing is written for MISSING, ``c`` for HIDDEN (F3).

    ``mean`` tells a mean of months from a count; ``broken`` that a series breaks here; ``state`` is the figures'.
    """

    header: str
    values: npt.NDArray[np.int32] | npt.NDArray[np.float64]
    state: State
    mean: bool = False
    broken: bool = False


class Formats:
    """The cell formats of one workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        """Remember the workbook that owns the formats."""
        self._workbook = workbook
        self._made: dict[tuple[tuple[str, object], ...], Any] = {}

    def of(self, **properties: object) -> Any:  # noqa: ANN401 - xlsxwriter's Format has no types
        """Return the format with these properties of XlsxWriter."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._workbook.add_format(dict(properties))
        return self._made[key]

    def header(self, column: Column) -> Any:  # noqa: ANN401 - the same
        """Return the format of a column's header: amber where a series breaks, orange under revision."""
        fill = "#C55A11" if column.state is State.REVISING else "#BF9000" if column.broken else "#1F3864"
        return self.of(**{**HEADER, "bg_color": fill, "align": "center"})

    def figure(self, column: Column, level: str) -> Any:  # noqa: ANN401 - the same
        """Return the format of a figure."""
        shape: dict[str, object] = {"num_format": "#,##0.0" if column.mean else "#,##0"}
        if column.state is State.REVISING:
            shape |= {"italic": True, "bg_color": "#FBE4D5"}
        elif column.mean:
            shape |= {"font_color": "#595959"}
        return self.of(**shape, bold=level in LOUD)

    def label(self, level: str) -> Any:  # noqa: ANN401 - the same
        """Return the format of a row's labels."""
        return self.of(bold=level in LOUD)


HEADER: dict[str, object] = {
    "bold": True,
    "font_color": "#FFFFFF",
    "bg_color": "#1F3864",
    "text_wrap": True,
    "valign": "vcenter",
}
LOUD = frozenset({"kingdom", "region"})


PLACE_LABELS = ("NIS", "Level code", _WORDS["level"], "Plaats", "Lieu")
LEVEL_CODE = 1
"""The column of the codes of levels, which tables have and people need not see: it is hidden."""
CATEGORY_LABELS = ("Code", "Categorie", "Catégorie", "Category")


class Sheet(NamedTuple):
    """What one sheet shows: its name, title, kind of period, breakdown, its grid (for the rows), the figures."""

    name: str
    title: str
    kind: PeriodKind
    breakdown: str
    grid: Grid
    columns: tuple[Column, ...]


def write_sheet(workbook: Workbook, formats: Formats, sheet: Sheet) -> None:
    """Write one sheet: a title, one header row, panes frozen beside the labels, a filter on every column."""
    written = workbook.add_worksheet(sheet.name)
    labels = PLACE_LABELS if sheet.breakdown == "total" else PLACE_LABELS + CATEGORY_LABELS
    _write_title(written, formats, sheet)
    _write_header(written, formats, labels, sheet.columns)
    width = _set_widths(written, labels, sheet)
    figures = np.stack([column.values for column in sheet.columns], axis=2).astype(np.float64)
    styles = {level: _styles(formats, sheet.columns, level) for level in LEVELS}
    last = HEADER_ROW
    for last, (place, category) in enumerate(_rows(sheet), start=FIRST_ROW):
        number, code = sheet.grid.places[place], sheet.grid.categories[category]
        level = PLACES[number][0]
        for at, text in enumerate(_labels(number, sheet.breakdown, code)[: len(labels)]):
            written.write_string(last, at, text, formats.label(level))
        for at, (value, style) in enumerate(
            zip(figures[place, category].tolist(), styles[level], strict=True), len(labels)
        ):
            if value >= 0:
                written.write_number(last, at, value, style)
            elif value == HIDDEN:
                written.write_string(last, at, "c", style)
    _set_page(written, sheet, len(labels), width)
    written.autofilter(HEADER_ROW, 0, last, len(labels) + len(sheet.columns) - 1)
    newest = max(len(labels), len(labels) + len(sheet.columns) - COLUMNS_IN_VIEW)
    written.freeze_panes(FIRST_ROW, len(labels), FIRST_ROW, newest)


def _set_page(written: Worksheet, sheet: Sheet, labels: int, width: int) -> None:
    written.set_zoom(ZOOM)
    written.set_landscape()
    written.set_paper(A4 if width <= A4_CHARACTERS else A3)
    written.set_print_scale(PRINT_SCALE)
    header = textwrap.shorten(sheet.title, HEADER_CHARACTERS, placeholder=" …")
    written.set_header(f"&L&8{header.replace('&', '&&')}&R&8{sheet.name}")
    written.set_footer(PAGE_NUMBER)
    written.repeat_rows(TITLE_ROW, HEADER_ROW)
    written.repeat_columns(0, labels - 1)


def _write_title(written: Worksheet, formats: Formats, sheet: Sheet) -> None:
    """Write what the sheet shows, and a link back to the cover."""
    back = formats.of(font_color="#0563C1", underline=1)
    written.write_url(TITLE_ROW, 0, "internal:'info'!A1", back, _WORDS["back"])
    written.write_string(TITLE_ROW, LEVEL_CODE + 1, sheet.title, formats.of(bold=True, font_color="#1F3864"))


def _styles(formats: Formats, columns: Sequence[Column], level: str) -> list[Any]:
    return [formats.figure(column, level) for column in columns]


def _set_widths(written: Worksheet, labels: Sequence[str], sheet: Sheet) -> int:
    """Make label columns as wide as what stands in them; return the characters across. Codes of levels are hidden."""
    places, categories = sheet.grid.places, sheet.grid.categories
    rows = [_labels(place, sheet.breakdown, categories[0]) for place in places]
    rows += [_labels(places[0], sheet.breakdown, category) for category in categories]
    across = 0
    for at, label in enumerate(labels):
        text = max(len(row[at]) for row in rows)
        widest = WIDEST_PLACE if at < len(PLACE_LABELS) else WIDEST_CATEGORY
        width = max(len(label) + FILTER_ARROW, min(text, widest))
        written.set_column(at, at, width, None, {"hidden": at == LEVEL_CODE})
        across += 0 if at == LEVEL_CODE else width
    for at, column in enumerate(sheet.columns, start=len(labels)):
        width = MEAN_WIDTH if column.mean else COUNT_WIDTH
        written.set_column(at, at, width)
        across += width
    return across


def _write_header(sheet: Worksheet, formats: Formats, labels: Sequence[str], columns: Sequence[Column]) -> None:
    sheet.set_row(HEADER_ROW, HEADER_HEIGHT if any(column.mean for column in columns) else None)
    for at, label in enumerate(labels):
        sheet.write_string(HEADER_ROW, at, label, formats.of(**HEADER))
    for at, column in enumerate(columns, start=len(labels)):
        sheet.write_string(HEADER_ROW, at, column.header, formats.header(column))


def _rows(sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Yield the rows; in a combination of characteristics most would be all zero, and these are left out."""
    shape = len(sheet.grid.places), len(sheet.grid.categories)
    chosen = np.ones(shape, np.bool_)
    if sheet.breakdown in CROSSES:
        chosen = np.asarray((sheet.grid.values > 0).any(axis=2))
    pairs: list[list[int]] = np.argwhere(chosen).tolist()
    return ((place, category) for place, category in pairs)


def _labels(place: int, breakdown: str, category: str) -> tuple[str, ...]:
    level, nis = PLACES[place]
    names = (_name(level, nis, language) for language in PLACE_LANGUAGES)
    levels = dict.fromkeys(level_label(level, language) for language in LANGUAGES)  # some are called alike
    categories = (category_label(breakdown, category, language) for language in LANGUAGES)
    return (nis, level, " / ".join(levels), *names, category, *categories)


def _name(level: str, nis: str, language: str) -> str:
    without: str = _WORDS["no_ocmw"][language]
    return (
        f"{place_name(level, nis, language)} ({without})" if nis in WITHOUT_OCMW else place_name(level, nis, language)
    )
