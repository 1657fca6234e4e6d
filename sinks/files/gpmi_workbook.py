"""Statistics of projects as a workbook that a social worker reads: what is meant stands beside each figure (I).

    cover ─ projects ─ persons ─ workers ─ month by month, with a plot ─ what needs an evaluation

Each language has its own sheets. Project and person figures never stand on one sheet, for nobody should add them up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from schemas.parameters import document
from schemas.places import KINGDOM, place_name
from schemas.services.gpmi_figures import PERSON_FIGURES, PROJECT_FIGURES, Due, Month, Row
from sinks.files.book import workbook_at
from sinks.files.sheets import HEADER, Formats

Language = Literal["nl", "fr"]
NAVY, BAND, GREY, RULE = "#1F3864", "#D9E2F3", "#595959", "#BFBFBF"
RUNNING, STARTED, CLOSED = "#1F3864", "#2E75B6", "#C55A11"
_LINE = 15
_TEXT_WIDTH, _MEANING_WIDTH = 96, 64
_MAIN = (
    "beneficiaries",
    "projects_started",
    "projects_closed",
    "projects_running",
    "evaluations",
    "without_evaluation",
)
"""What the sheet of all OCMWs shows of each."""


@dataclass(frozen=True)
class Report:
    """What a workbook is made of.

    ``rows`` of all OCMWs where ``ocmw`` is the kingdom; ``names`` are those of workers by their key, from a file that
    stays at the OCMW; ``due`` is empty where the question was of no single OCMW.
    """

    ocmw: str
    first_day: date
    last_day: date
    rows: Sequence[Row]
    months: Sequence[Month]
    due: Sequence[Due]
    languages: tuple[Language, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    def place(self, language: Language) -> str:
        """Return the name of the OCMW, or of the kingdom."""
        return place_name("kingdom" if self.ocmw == KINGDOM else "municipality", self.ocmw, language)

    def own(self) -> list[Row]:
        """Return the rows of the OCMW, or of the kingdom."""
        return [row for row in self.rows if row.ocmw == self.ocmw]


def write_gpmi_workbook(path: Path, report: Report) -> None:
    """Write the workbook, whole or not at all; the same figures give the same bytes. Raises StoreWriteError."""
    created = datetime.combine(report.last_day, time())
    with workbook_at(path, f"GPMI {report.ocmw}", created) as book:
        for language in report.languages:
            _Pages(book, report, language).write()


class _Pages:
    """The sheets of one language."""

    def __init__(self, book: Workbook, report: Report, language: Language) -> None:
        self._book, self._report, self._language = book, report, language
        self._words: dict[str, Any] = document("gpmi_words")[language]
        self._formats = Formats(book)

    def write(self) -> None:
        single = self._report.ocmw != KINGDOM
        every = any(row.ocmw != KINGDOM for row in self._report.rows)
        last = ("workers", "due") if single else ("ocmws",) if every else ()
        names = ("projects", "persons", "months", *last)
        self._cover(names)
        self._figures("projects", PROJECT_FIGURES)
        self._figures("persons", PERSON_FIGURES)
        self._months()
        if single:
            self._workers()
            self._due()
        elif every:
            self._ocmws()

    def _sheet(self, name: str) -> Worksheet:
        sheet: Worksheet = self._book.add_worksheet(self._words["sheets"][name])
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8GPMI / PIIS&R&8&P / &N")
        return sheet

    def _title(self, sheet: Worksheet) -> None:
        report, words = self._report, self._words
        style = self._formats.of(bold=True, font_size=14, font_color=NAVY)
        sheet.write_string(0, 0, words["title"].format(place=report.place(self._language)), style)
        period = words["period"].format(first=report.first_day, last=report.last_day, code=report.ocmw)
        sheet.write_string(1, 0, period, self._formats.of(font_color=GREY))
        sheet.set_row(0, 22)

    def _cover(self, names: Iterable[str]) -> None:
        words, sheet = self._words, self._sheet("cover")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 4, (_TEXT_WIDTH - 24) / 2)
        self._title(sheet)
        row = self._paragraphs(sheet, 3, "counting", words["counting"])
        row = self._example(sheet, row)
        row = self._paragraphs(sheet, row, "reading", words["reading"])
        months = document("gpmi")["evaluation_months"]
        row = self._paragraphs(sheet, row, "limits", [text.format(months=months) for text in words["limits"]])
        row = self._heading(sheet, row, "sheets")
        for name in names:
            title = words["sheets"][name]
            style = self._formats.of(font_color="#0563C1", underline=1)
            sheet.write_url(row, 0, f"internal:'{title}'!A1", style, title)
            sheet.write_string(row, 1, words["contents"][name])
            row += 1

    def _heading(self, sheet: Worksheet, row: int, name: str) -> int:
        style = self._formats.of(bold=True, font_color=NAVY, bottom=1, bottom_color=NAVY)
        sheet.merge_range(row, 0, row, 4, self._words["headings"][name], style)
        return row + 1

    def _paragraphs(self, sheet: Worksheet, row: int, name: str, texts: Iterable[str]) -> int:
        row = self._heading(sheet, row, name)
        for text in texts:
            row = self._paragraph(sheet, row, text)
        return row + 1

    def _paragraph(self, sheet: Worksheet, row: int, text: str) -> int:
        sheet.merge_range(row, 0, row, 4, text, self._formats.of(text_wrap=True, valign="top"))
        sheet.set_row(row, _LINE * (1 + len(text) // 140) + 3)
        return row + 1

    def _example(self, sheet: Worksheet, row: int) -> int:
        row = self._heading(sheet, row, "example")
        for number, cells in enumerate(self._words["example"]):
            style = HEADER if number == 0 else {"text_wrap": True, "valign": "top", "bottom": 4, "bottom_color": RULE}
            for column, text in enumerate(cells):
                sheet.write_string(row, column, text, self._formats.of(**style))
            sheet.set_row(row, _LINE * 2 if number == 2 else _LINE)  # noqa: PLR2004 - the row that wraps
            row += 1
        return self._paragraph(sheet, row, self._words["example_after"]) + 1

    def _figures(self, name: str, figures: Sequence[str]) -> None:
        sheet, columns = self._sheet(name), self._words["columns"]
        self._title(sheet)
        for column, width in enumerate((38, 34, 15, 15, _MEANING_WIDTH)):
            sheet.set_column(column, column, width)
        self._header(sheet, 3, [columns[key] for key in ("figure", "category", "as_tool", "unique", "meaning")])
        sheet.freeze_panes(4, 0)
        row = 4
        for figure in figures:
            for first, one in enumerate(_of_figure(self._report.own(), figure)):
                self._figure(sheet, row, one, first=first == 0)
                row += 1
        sheet.repeat_rows(3)

    def _header(self, sheet: Worksheet, row: int, titles: Iterable[str]) -> None:
        for column, title in enumerate(titles):
            sheet.write_string(
                row, column, title, self._formats.of(**HEADER, border=1, border_color="#FFFFFF", indent=1)
            )
        sheet.set_row(row, 32)

    def _figure(self, sheet: Worksheet, row: int, one: Row, *, first: bool) -> None:
        """Write a row; the first one of a figure carries its name and what it means."""
        shade: dict[str, object] = {"valign": "top"}
        if first:
            shade |= {"bg_color": BAND, "top": 1, "top_color": RULE}
        label, meaning = self._words["figures"][one.figure]
        sheet.write_string(row, 0, label if first else "", self._formats.of(**shade, bold=True))
        shade["bold"] = one.breakdown == "total"
        cell, number = self._formats.of(**shade), self._formats.of(**shade, num_format="#,##0")
        sheet.write_string(row, 1, self._category(one), cell)
        sheet.write_number(row, 2, int(one.as_tool), number)
        sheet.write_number(row, 3, int(one.unique), number)
        style = self._formats.of(**{**shade, "bold": False}, text_wrap=True, align="left", indent=1, font_color=GREY)
        sheet.write_string(row, 4, meaning if first else "", style)
        if first:
            sheet.set_row(row, _LINE * (1 + len(meaning) // (_MEANING_WIDTH + 4)) + 2)

    def _category(self, one: Row) -> str:
        words = self._words["categories"]
        return ", ".join(str(words.get(code, code)) for code in one.category.split("|"))

    def _months(self) -> None:
        words, sheet = self._words["months"], self._sheet("months")
        self._title(sheet)
        sheet.set_column(0, 3, 14)
        self._header(sheet, 3, [words[key] for key in ("month", "running", "started", "closed")])
        for row, month in enumerate(self._report.months, start=4):
            sheet.write_string(row, 0, month.month)
            for column, count in enumerate(month[1:], start=1):
                sheet.write_number(row, column, count, self._formats.of(num_format="#,##0"))
        sheet.insert_chart(3, 5, self._chart(sheet.get_name()), {"object_position": 2})
        sheet.freeze_panes(4, 0)

    def _chart(self, name: str) -> Any:  # noqa: ANN401 - xlsxwriter's has no types
        words, last = self._words["months"], 3 + len(self._report.months)
        chart = self._book.add_chart({"type": "column"})
        running = self._book.add_chart({"type": "line"})
        for at, column, colour in ((chart, 2, STARTED), (chart, 3, CLOSED), (running, 1, RUNNING)):
            at.add_series(
                {
                    "name": [name, 3, column],
                    "categories": [name, 4, 0, last, 0],
                    "values": [name, 4, column, last, column],
                    "fill": {"color": colour},
                    "line": {"color": colour, "width": 2.25 if at is running else 0.75},
                    "gap": 60,
                }
            )
        chart.combine(running)
        chart.set_title(
            {"name": words["title"].format(place=self._report.place(self._language)), "name_font": {"size": 12}}
        )
        chart.set_y_axis(
            {"name": words["axis"], "min": 0, "major_gridlines": {"visible": True, "line": {"color": RULE}}}
        )
        chart.set_x_axis({"num_font": {"rotation": -45}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 820, "height": 400})
        return chart

    def _workers(self) -> None:
        words, sheet, rows = self._words["workers"], self._sheet("workers"), self._report.own()
        self._title(sheet)
        pairs = {(row.figure, row.category): (row.as_tool, row.unique) for row in rows}
        as_tool, unique = pairs["workers", "total"]
        sheet.write_string(2, 0, words["number"].format(as_tool=as_tool, unique=unique))
        tool, once = self._words["columns"]["as_tool"], self._words["columns"]["unique"]
        kinds = [f"{words[kind]}: {way.lower()}" for kind in ("projects", "beneficiaries") for way in (tool, once)]
        self._header(sheet, 3, [words["worker"], words["key"], *kinds])
        sheet.set_row(3, 48)
        for column, width in enumerate((34, 20, 16, 16, 16, 16)):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(4, 0)
        means = [
            float(value or 0) for mean in ("mean_projects", "mean_beneficiaries") for value in pairs[mean, "total"]
        ]
        lines = [
            (self._report.names.get(key, ""), key, *counts, *pairs["beneficiaries_per_worker", key])
            for (figure, key), counts in pairs.items()
            if figure == "projects_per_worker"
        ]
        for row, (name, key, *counts) in enumerate(sorted(lines, key=lambda line: (not line[0], line[0], line[1])), 4):
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 1, key, self._formats.of(font_name="Consolas", font_color=GREY))
            for column, count in enumerate(counts, start=2):
                sheet.write_number(row, column, int(count), self._formats.of(num_format="#,##0"))
        last = 4 + len(lines)
        bold = {"bold": True, "top": 1, "bg_color": BAND}
        sheet.write_string(last, 0, words["mean"], self._formats.of(**bold))
        sheet.write_blank(last, 1, None, self._formats.of(**bold))
        for column, value in enumerate(means, start=2):
            sheet.write_number(last, column, value, self._formats.of(**bold, num_format="#,##0.00"))

    def _due(self) -> None:
        words, sheet = self._words["due"], self._sheet("due")
        self._title(sheet)
        self._header(sheet, 3, [words[key] for key in ("contract", "version", "begins_on", "evaluated_on", "workers")])
        for column, width in enumerate((36, 9, 13, 18, 60)):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(4, 0)
        if not self._report.due:
            sheet.write_string(4, 0, words["none"].format(last=self._report.last_day))
        for row, one in enumerate(self._report.due, start=4):
            workers = ", ".join(self._report.names.get(worker, worker) for worker in one.workers)
            sheet.write_string(row, 0, one.contract, self._formats.of(font_name="Consolas"))
            sheet.write_number(row, 1, one.version, self._formats.of(align="center"))
            for column, text in enumerate((one.begins_on, one.evaluated_on or words["never"], workers), start=2):
                sheet.write_string(row, column, text)
        sheet.autofilter(3, 0, 3 + max(1, len(self._report.due)), 4)
        sheet.repeat_rows(3)

    def _ocmws(self) -> None:
        words, sheet = self._words["ocmws"], self._sheet("ocmws")
        self._title(sheet)
        once = self._words["columns"]["unique"].lower()
        titles = [f"{self._words['figures'][figure][0]}, {once}" for figure in _MAIN]
        self._header(sheet, 3, [words["code"], words["name"], *titles])
        sheet.set_row(3, 48)
        sheet.set_column(0, 0, 9)
        sheet.set_column(1, 1, 30)
        sheet.set_column(2, 1 + len(_MAIN), 18)
        sheet.freeze_panes(4, 2)
        counts: dict[str, dict[str, int]] = {}
        for row in self._report.rows:
            if row.breakdown == "total" and row.figure in _MAIN and row.ocmw != KINGDOM:
                counts.setdefault(row.ocmw, {})[row.figure] = int(row.unique)
        for at, (code, uniques) in enumerate(counts.items(), start=4):
            sheet.write_string(at, 0, code)
            sheet.write_string(at, 1, place_name("municipality", code, self._language))
            for column, figure in enumerate(_MAIN, start=2):
                sheet.write_number(at, column, uniques[figure], self._formats.of(num_format="#,##0"))
        sheet.autofilter(3, 0, 3 + len(counts), 1 + len(_MAIN))


def _of_figure(rows: Iterable[Row], figure: str) -> list[Row]:
    """Return the rows of a figure; crosses of sex and age are left out where nobody is in them."""
    return [
        row
        for row in rows
        if row.figure == figure and (row.breakdown != "sex_age5" or row.as_tool != 0 or row.unique != 0)
    ]
