"""The cover of a workbook: what it is, what its words mean, and what each sheet holds. One column a language."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from schemas.breakdowns import breakdown_label
from schemas.breaks import Break
from schemas.datasets import LANGUAGES
from schemas.parameters import document
from schemas.periods import month_code
from schemas.places import place_name
from schemas.releases import Update, is_synthetic
from schemas.supports import Node
from sinks.files.sheets import A4, PAGE_NUMBER, Formats

NAME = "info"
TEXT_WIDTH, LINK_WIDTH, LINE_HEIGHT = 62, 30, 15

Text = Mapping[str, str]
_TEXTS: dict[str, Any] = document("publication")["cover"]
_LAWS: dict[str, Text] = {law["nl"]: law for law in document("publication")["laws"]}


class Facts(NamedTuple):
    """What the cover says of this workbook beside its fixed texts.

    ``file`` is the workbook's name without ending, ``series`` its years in words; ``sheets`` are (name, kind of
    period, breakdown), ``revising`` codes of periods; ``before_merger`` are municipalities (NIS code) with figures of
    periods before they were, and the last of these; ``fixed_day`` is the day of a fixed geography, or empty;
    ``students_unknown`` tells whether some municipality shows nothing because no form told its students (F4).
    """

    node: Node
    file: str
    series: Text
    update: Update
    sheets: tuple[tuple[str, str, str], ...]
    revising: tuple[str, ...]
    breaks: tuple[Break, ...]
    frozen: bool
    fixed_day: str
    before_merger: tuple[tuple[str, str], ...] = ()
    students_unknown: bool = False


def write_cover(workbook: Workbook, formats: Formats, facts: Facts) -> None:
    """Write the first sheet of a workbook; the sheets it names must be added after it."""
    page = _Page(workbook.add_worksheet(NAME), formats)
    page.title(title(facts))
    if is_synthetic(facts.update.update_id):
        page.warning(document("publication")["synthetic"])
    page.paragraph(_filled(_TEXTS["what"], facts))
    page.section("citation", [_filled(_TEXTS["citation"], facts)])
    page.section("sources", [_TEXTS["sources"]])
    page.heading("sheets")
    for name, kind, breakdown in facts.sheets:
        page.link(name, _sheet_text(kind, breakdown))
    page.section("meaning", [*_TEXTS["meaning"], *_geography(facts), *_before_merger(facts)])
    page.section("sums", [*_TEXTS["sums"], *([_TEXTS["status_d"]] if facts.node.status else [])])
    page.section("reading", _reading(facts))
    if facts.node.status:
        page.section("statuses", _statuses())
    if facts.breaks:
        page.section("breaks", [_dated(one) for one in facts.breaks])


def _statuses() -> list[Text]:
    meanings: dict[str, Text] = document("publication")["status_meanings"]
    return [{lang: f"{code}: {text[lang]}" for lang in LANGUAGES} for code, text in meanings.items()]


def title(facts: Facts) -> Text:
    """Return the title of a workbook."""
    return _filled(_TEXTS["title"], facts)


def _filled(text: Text, facts: Facts) -> Text:
    return {language: text[language].format(**_values(facts, language)) for language in LANGUAGES}


def _values(facts: Facts, language: str) -> dict[str, object]:
    nothing = _TEXTS["nothing"][language]
    return {
        "label": getattr(facts.node, f"label_{language}"),
        "support": facts.node.code,
        "series": facts.series[language],
        "file": facts.file,
        "law": _LAWS[facts.node.law][language],
        "release": facts.update.sequence,
        "update": facts.update.update_id,
        "reference": month_code(facts.update.reference_month),
        "delay": facts.node.delay,
        "revising": ", ".join(facts.revising) or nothing,
    }


def _sheet_text(kind: str, breakdown: str) -> Text:
    return {lang: _TEXTS["sheet"][kind][lang].format(breakdown=breakdown_label(breakdown, lang)) for lang in LANGUAGES}


def sheet_title(node: Node, series: Text, kind: str, breakdown: str) -> str:
    """Return the title of a sheet, in all languages."""
    titles = _sheet_text(kind, breakdown)
    texts = (f"{getattr(node, f'label_{lang}')}, {series[lang]}: {titles[lang]}" for lang in LANGUAGES)
    return " | ".join(texts)


def _geography(facts: Facts) -> list[Text]:
    if not facts.fixed_day:
        return []
    return [{lang: _TEXTS["fixed_geography"][lang].format(day=facts.fixed_day) for lang in LANGUAGES}]


def _before_merger(facts: Facts) -> list[Text]:
    if not facts.before_merger:
        return []
    return [{lang: _TEXTS["before_merger"][lang].format(places=_places(facts, lang)) for lang in LANGUAGES}]


def _places(facts: Facts, language: str) -> str:
    spoken = "fr" if language == "fr" else "nl"
    return ", ".join(f"{place_name('municipality', nis, spoken)} ({nis}), {code}" for nis, code in facts.before_merger)


def _reading(facts: Facts) -> list[Text]:
    holds = {
        "frozen": facts.frozen,
        "open": not facts.frozen,
        "broken": bool(facts.breaks),
        "students": facts.students_unknown,
    }
    return [_filled(text, facts) for text in _TEXTS["reading"] if holds.get(text.get("when"), True)]


def _dated(one: Break) -> Text:
    return {language: f"{month_code(one.month)}: {one.text[language]}" for language in LANGUAGES}


class _Page:
    """Rows written one below the other."""

    def __init__(self, sheet: Worksheet, formats: Formats) -> None:
        self._sheet = sheet
        self._formats = formats
        self._row = 0
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, LINK_WIDTH)
        sheet.set_column(1, len(LANGUAGES), TEXT_WIDTH)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(PAGE_NUMBER)

    def title(self, text: Text) -> None:
        """Write the title, larger than all else."""
        self._write(text, bold=True, font_size=14, font_color="#1F3864", lines_per_row=1.5)

    def warning(self, text: Text) -> None:
        """Write what nobody may overlook."""
        self._write(text, bold=True, font_color="#FFFFFF", bg_color="#C00000")

    def heading(self, name: str) -> None:
        """Write the heading of a section, after an empty row."""
        self._row += 1
        self._write(_TEXTS["headings"][name], bold=True, bottom=1, font_color="#1F3864")

    def paragraph(self, text: Text) -> None:
        """Write a paragraph."""
        self._write(text)

    def section(self, name: str, paragraphs: Iterable[Text]) -> None:
        """Write a heading and its paragraphs."""
        self.heading(name)
        for text in paragraphs:
            self.paragraph(text)

    def link(self, name: str, text: Text) -> None:
        """Write what a sheet holds, and its name as a link to it."""
        style = self._formats.of(font_color="#0563C1", underline=1, valign="top")
        self._sheet.write_url(self._row, 0, f"internal:'{name}'!A1", style, name)
        self._write(text)

    def _write(self, text: Text, *, lines_per_row: float = 1, **style: object) -> None:
        lines = max(math.ceil(len(text[language]) / (TEXT_WIDTH - 6)) for language in LANGUAGES)
        self._sheet.set_row(self._row, LINE_HEIGHT * lines * lines_per_row + 3)
        for at, language in enumerate(LANGUAGES, start=1):
            self._sheet.write_string(
                self._row, at, text[language], self._formats.of(text_wrap=True, valign="top", indent=1, **style)
            )
        self._row += 1
