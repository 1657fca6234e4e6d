"""The national report of subsidy indicators as a workbook: meaning, kingdom, OCMWs, and how use is spread (K)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from schemas.parameters import document
from schemas.places import KINGDOM, place_name
from schemas.services.subsidy_figures import COLUMNS, Row
from schemas.services.subsidy_years import label
from sinks.files.book import workbook_at
from sinks.files.sheets import HEADER, Formats

_BOTH = ("nl", "fr")
_SIZES = (500_000, 750_000, 2_500_000, 10_000_000)
"""Upper ends of the size classes of a grant in cents (the second one is the first amount above it); a choice."""
_BANDS = ("< 25 %", "25 - 50 %", "50 - 75 %", "75 - < 100 %", "100 %")
_BAND_COLOURS = ("#C00000", "#ED7D31", "#FFC000", "#9DC3E6", "#1F3864")
_WHOLE = ("6", "7", "8", "8c", "9", "10", "13", "14", "15")
_PER100, _PER10000, _CENTS = 100, 10_000, 100


class _Ocmw(NamedTuple):
    """The whole figures of an OCMW, by indicator."""

    code: str
    values: dict[str, int]


def write_subsidy_workbook(path: Path, year: int, rows: Sequence[Row]) -> None:
    """Write the workbook, whole or not at all; the same figures give the same bytes. Raises StoreWriteError."""
    title = document("subsidy_words")["report"]["title"]["nl"].format(year=year)
    with workbook_at(path, title, datetime(year, 12, 31)) as book:  # noqa: DTZ001 - a property without a zone
        _Pages(book, year, rows).write()


class _Pages:
    """The sheets; texts stand in both languages."""

    def __init__(self, book: Workbook, year: int, rows: Sequence[Row]) -> None:
        self._book, self._year, self._rows = book, year, rows
        self._all = document("subsidy_words")
        self._words: dict[str, Any] = self._all["report"]
        self._formats = Formats(book)

    def write(self) -> None:
        self._cover()
        self._kingdom()
        self._spread()
        self._ocmws()
        self._long()

    def _sheet(self, name: str) -> Worksheet:
        sheet: Worksheet = self._book.add_worksheet(self._words["sheets"][name])
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&R&8&P / &N")
        return sheet

    def _header(self, sheet: Worksheet, row: int, titles: Iterable[str]) -> None:
        style = self._formats.of(**HEADER, border=1, border_color="#FFFFFF", indent=1)
        for at, title in enumerate(titles):
            sheet.write_string(row, at, title, style)
        sheet.set_row(row, 46)

    def _both(self, words: dict[str, str]) -> str:
        return words["nl"] if words["nl"] == words["fr"] else f"{words['nl']}\n{words['fr']}"

    def _cover(self) -> None:
        sheet = self._sheet("cover")
        sheet.set_column(0, 2, 72)
        sheet.set_column(1, 1, 4)
        bold = self._formats.of(bold=True, font_size=14, font_color="#1F3864", text_wrap=True, valign="top")
        wrapped = self._formats.of(text_wrap=True, valign="top")
        for at, language in zip((0, 2), _BOTH, strict=True):
            sheet.write_string(0, at, self._words["title"][language].format(year=self._year), bold)
            for row, text in enumerate(self._words["notes"][language], start=2):
                sheet.write_string(row, at, text, wrapped)
                sheet.set_row(row, 48)
        sheet.set_row(0, 42)

    def _number(self, row: Row, **style: object) -> tuple[float, Any]:
        """Return a value as people read it, and its format: money in euro, ratios in percent."""
        value = row.value or 0
        if row.unit == "cents":
            return value / _CENTS, self._formats.of(num_format="#,##0.00", **style)
        if row.unit == "per10000":
            return value / _PER10000, self._formats.of(num_format="0.00%", **style)
        return value, self._formats.of(num_format="#,##0", **style)

    def _kingdom(self) -> None:
        sheet = self._sheet("kingdom")
        for at, width in enumerate((7, 64, 62, 92, 18, 22, 11)):
            sheet.set_column(at, at, width)
        titles = ("Nr.", "Indicator", "Indicateur", "Luik, activiteit / Volet, activité", "Waarde / Valeur", "", "flag")
        self._header(sheet, 0, titles)
        sheet.freeze_panes(1, 2)
        before = ""
        for at, row in enumerate((row for row in self._rows if row.ocmw == KINGDOM), start=1):
            first = row.indicator != before
            style: dict[str, object] = {"bg_color": "#D9E2F3", "top": 1, "top_color": "#BFBFBF"} if first else {}
            before, plain = row.indicator, self._formats.of(**style, valign="top")
            names = [self._all["indicators"][row.indicator][language] if first else "" for language in _BOTH]
            code = row.activity or row.part
            place = f"{code} {label(self._year, code, 'nl')} / {label(self._year, code, 'fr')}" if code else ""
            for column, text in enumerate((row.indicator if first else "", *names, place)):
                sheet.write_string(at, column, text, self._formats.of(**style, bold=column < 3) if first else plain)  # noqa: PLR2004 - the name
            value, number = self._number(row, **style)
            if row.value is None:
                sheet.write_blank(at, 4, None, plain)
            else:
                sheet.write_number(at, 4, value, number)
            unit = "/".join(dict.fromkeys(self._words["units"][row.unit].values()))
            sheet.write_string(at, 5, unit, self._formats.of(**style, valign="top", align="left", indent=1))
            sheet.write_string(at, 6, row.flag, plain)
        sheet.repeat_rows(0)

    def _whole(self) -> list[_Ocmw]:
        values_of: dict[str, dict[str, int]] = {}
        for row in self._rows:
            if row.ocmw != KINGDOM and not row.part and row.value is not None:
                values_of.setdefault(row.ocmw, {})[row.indicator] = row.value
        return [_Ocmw(code, values) for code, values in values_of.items()]

    def _ocmws(self) -> None:
        sheet = self._sheet("ocmws")
        titles = [f"{number}\n{self._all['indicators'][number]['nl'].split(' (')[0]}" for number in _WHOLE]
        self._header(sheet, 0, ("NIS", "OCMW / CPAS", *titles))
        sheet.set_row(0, 62)
        sheet.set_column(0, 0, 8)
        sheet.set_column(1, 1, 38)
        sheet.set_column(2, 1 + len(_WHOLE), 19)
        sheet.freeze_panes(1, 2)
        sheet.repeat_rows(0)
        units = {row.indicator: row.unit for row in self._rows if row.ocmw != KINGDOM}
        ocmws = self._whole()
        for at, one in enumerate(ocmws, start=1):
            names = dict.fromkeys(place_name("municipality", one.code, language) for language in _BOTH)
            sheet.write_string(at, 0, one.code)
            sheet.write_string(at, 1, " / ".join(names))
            for column, indicator in enumerate(_WHOLE, start=2):
                if indicator in one.values:
                    cell = Row(self._year, one.code, indicator, "", "", one.values[indicator], units[indicator], "")
                    sheet.write_number(at, column, *self._number(cell))
        sheet.autofilter(0, 0, max(1, len(ocmws)), 1 + len(_WHOLE))

    def _spread(self) -> None:
        """Write how many OCMWs use how much, by the size of their grant, and draw it."""
        sheet, words = self._sheet("spread"), self._words
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 10, 14)
        self._header(sheet, 0, (
            self._both(words["size"]), *_BANDS, "OCMW / CPAS", "6\nEUR", "7\nEUR", "8c", "mediaan\nmédiane 8c",
        ))  # fmt: skip
        classes = self._classes()
        for at, (name, members) in enumerate(classes, start=1):
            sheet.write_string(at, 0, name)
            used = [one.values["8c"] for one in members]
            for column, count in enumerate(_banded(used), start=1):
                sheet.write_number(at, column, count)
            granted, justified = (sum(one.values[key] for one in members) for key in ("6", "7"))
            sheet.write_number(at, 6, len(members))
            sheet.write_number(at, 7, granted / _CENTS, self._formats.of(num_format="#,##0"))
            sheet.write_number(at, 8, justified / _CENTS, self._formats.of(num_format="#,##0"))
            if members and granted:
                within = sum(min(one.values["6"], one.values["7"]) for one in members)
                percent = self._formats.of(num_format="0.00%")
                sheet.write_number(at, 9, round(within / granted, 4), percent)
                sheet.write_number(at, 10, median(used) / _PER10000, percent)
        sheet.insert_chart(len(classes) + 3, 0, self._chart(sheet.get_name(), len(classes)), {"object_position": 2})

    def _classes(self) -> list[tuple[str, list[_Ocmw]]]:
        """Return OCMWs with a degree of use by the size of their grant; exactly 5,000 euro is small, 7,500 is not."""
        ends = [_SIZES[0], _SIZES[1] - 1, *_SIZES[2:]]
        names = ["<= 5 000", "> 5 000 - < 7 500", "7 500 - 25 000", "> 25 000 - 100 000", "> 100 000"]
        classes: list[tuple[str, list[_Ocmw]]] = [(f"{name} EUR", []) for name in names]
        for one in self._whole():
            if "8c" in one.values:
                classes[sum(one.values["6"] > end for end in ends)][1].append(one)
        return classes

    def _chart(self, name: str, count: int) -> Any:  # noqa: ANN401 - xlsxwriter's has no types
        chart = self._book.add_chart({"type": "bar", "subtype": "percent_stacked"})
        for column, colour in enumerate(_BAND_COLOURS, start=1):
            chart.add_series(
                {
                    "name": [name, 0, column],
                    "categories": [name, 1, 0, count, 0],
                    "values": [name, 1, column, count, column],
                    "fill": {"color": colour},
                    "gap": 50,
                }
            )
        chart.set_title({"name": self._both(self._words["plot"]), "name_font": {"size": 11}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
        chart.set_size({"width": 900, "height": 400})
        return chart

    def _long(self) -> None:
        sheet = self._sheet("all")
        self._header(sheet, 0, COLUMNS)
        sheet.set_column(0, len(COLUMNS) - 1, 12)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        for at, row in enumerate(self._rows, start=1):
            sheet.write_row(at, 0, ["" if value is None else value for value in row])
        sheet.autofilter(0, 0, max(1, len(self._rows)), len(COLUMNS) - 1)


def _banded(used: Iterable[int]) -> list[int]:
    """Return how many degrees of use (per 10,000) lie in each band; only the whole grant is the last one."""
    counts = [0] * len(_BANDS)
    for value in used:
        counts[min(value * 4 // _PER10000, len(_BANDS) - 1)] += 1
    return counts
