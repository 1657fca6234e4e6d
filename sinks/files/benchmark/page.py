"""The benchmark as one self-contained page in three languages: small multiples first, then each table.

Nothing is loaded and no script runs: the language is a choice of the page itself. Bars are elements of the page, so
that they fit a telephone; the panels of the stock are pictures, one a place. A month without a figure is a gap, not 0.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from schemas.breaks import breaks_in
from schemas.datasets import LANGUAGES, Language
from schemas.parameters import document
from schemas.periods import month_code, parse_month
from schemas.releases import is_synthetic
from sinks.durability import put_in_place, temporary
from sinks.files.benchmark.figures import Benchmark, Sheet, outcome_title
from sinks.svg.charts import PANEL, panel

Text = Mapping[Language, str]
_ORDERED = ("#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c", "#08306b")
"""Of categories that have an order: bands of duration, ranks."""
_DISTINCT = ("#0072b2", "#56b4e9", "#e69f00", "#cc79a7", "#009e73", "#d55e00")
"""Of outcomes, which have none: told apart by whoever sees colours otherwise too (Okabe and Ito)."""
_LAST = "#bdbdbd"
"""Of the last category: unknown, or none of these."""
_SEPARATORS: dict[Language, tuple[str, str]] = {"nl": (".", ","), "fr": ("\u202f", ","), "en": (",", ".")}
"""Of thousands and of decimals."""


def write_page(path: Path, benchmark: Benchmark) -> None:
    """Write one HTML file that needs nothing else, whole or not at all; StoreWriteError where the disk refuses."""
    with temporary(path) as written:
        written.write_text(page(benchmark), encoding="utf-8")
        put_in_place(written, path)


def page(benchmark: Benchmark) -> str:
    """Return the page."""
    by_title = {sheet.title: sheet for sheet in benchmark.sheets}
    synthetic = is_synthetic(benchmark.update_id)
    made: str = _template().render(
        benchmark=benchmark,
        languages=LANGUAGES,
        words=_words()["words"],
        synthetic=document("publication")["synthetic"] if synthetic else None,
        panels=list(_panels(benchmark, synthetic=synthetic)),
        chapters=[
            _chapter("duration", by_title["Duration, exact"], _ORDERED),
            _chapter("entries", by_title["Entries by rank, same OCMW"], _ORDERED),
            _chapter("outcomes", by_title[outcome_title(12)], _DISTINCT),
        ],
        tables=[_table(sheet) for sheet in benchmark.sheets],
        notes={language: benchmark.notes(language) for language in LANGUAGES},
    )
    return made


@cache
def _template() -> Any:  # noqa: ANN401 - jinja2's own
    environment = Environment(
        loader=PackageLoader("sinks.files.benchmark", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2")


def _words() -> dict[str, Any]:
    return document("benchmark")


def title_in_all_languages(english: str) -> Text:
    """Return the title of a comparison in all languages; in English where it has no translation."""
    translated: Text = _words()["titles"].get(english, {})
    return {**dict.fromkeys(LANGUAGES, english), **translated}


def label(code: object, sheet: Sheet | None = None) -> Text:
    """Return what people call a category; the code itself where nothing else is known."""
    translated: Text = _words()["labels"].get(str(code), {})
    if sheet is not None and "rank" in sheet.title:
        translated = _words()["ranks"].get(str(code), translated)
    return {**dict.fromkeys(LANGUAGES, str(code)), **translated}


def place(name: object) -> Text:
    """Return a place in all languages; there are no English names of cities."""
    translated: Text = _words()["places"].get(str(name), {})
    return {**dict.fromkeys(LANGUAGES, str(name)), **translated}


def number(value: float, decimals: int, language: Language) -> str:
    """Return a number as a language writes it."""
    thousands, point = _SEPARATORS[language]
    return f"{value:,.{decimals}f}".replace(",", "\0").replace(".", point).replace("\0", thousands)


class _Panel(NamedTuple):
    place: Text
    unit: str
    svg: str
    captions: Text

    def picture(self, language: Language) -> Markup:
        """Return the picture, with what it shows for those who cannot see it."""
        size = Markup("viewBox='0 0 {} {}'").format(*PANEL)
        said = Markup("<svg role=img aria-label='{}' {}>").format(self.captions[language], size)
        return said + Markup(self.svg) + Markup("</svg>")  # noqa: S704 - drawn here; names in it are only escaped text


def _panels(benchmark: Benchmark, *, synthetic: bool) -> Iterator[_Panel]:
    references = sorted(map(parse_month, benchmark.stock["reference"]))
    months = [month_code(month) for month in range(references[0], references[-1] + 1)] if references else []
    for name in benchmark.places:
        stock = benchmark.stock[benchmark.stock["place"] == name].set_index("reference")
        unit = "per_thousand" if len(stock) > 0 and bool(stock["rate"].notna().all()) else "persons"
        series = stock["rate" if unit == "per_thousand" else "stock"].reindex(months).astype(float)
        called = place(name)
        first, last = (months[0], months[-1]) if months else ("-", "-")
        captions = {
            language: _words()["words"]["stock_of"][language].format(place=called[language], first=first, last=last)
            for language in LANGUAGES
        }
        yield _Panel(called, unit, _drawn(series, synthetic=synthetic), captions)


def _drawn(series: "pd.Series[float]", *, synthetic: bool) -> str:
    """Return a line over months, the content of a picture."""
    values = [None if pd.isna(value) else float(value) for value in series.to_list()]
    months = [str(month) for month in series.index]
    ends = (months[0], months[-1]) if months else ("", "")
    return panel(values, ends, _breaks(series), "SYNTHETIC" if synthetic else "")


def _breaks(series: "pd.Series[float]") -> list[int]:
    """Return the places in a series of months at which it is broken."""
    if not len(series):
        return []
    first, last = (parse_month(str(series.index[end])) for end in (0, -1))
    return [one.month - first for one in breaks_in("LL", first, last) if "total" in one.breakdowns]


class _Part(NamedTuple):
    share: float
    colour: str


class _Bar(NamedTuple):
    place: Text
    of: Text
    muted: bool
    parts: tuple[_Part, ...]
    captions: Text


class _Entry(NamedTuple):
    label: Text
    colour: str


class _Chapter(NamedTuple):
    name: str
    note: str
    legend: tuple[_Entry, ...]
    bars: tuple[_Bar, ...]


def _chapter(name: str, sheet: Sheet, colours: tuple[str, ...]) -> _Chapter:
    """Return the bars of a comparison; none where no place has a figure yet."""
    shares = sheet.counts if sheet.shares is None else sheet.shares
    chosen = (*colours[: len(shares.columns) - 1], _LAST)
    legend = tuple(_Entry(label(code, sheet), colour) for code, colour in zip(shares.columns, chosen, strict=True))
    if shares.isna().all(axis=None):
        return _Chapter(name, sheet.note, legend, ())
    bars = (_bar(str(named), sheet, shares.loc[named].tolist(), legend) for named in shares.index)
    return _Chapter(name, sheet.note, legend, tuple(bars))


def _bar(name: str, sheet: Sheet, shares: list[float], legend: tuple[_Entry, ...]) -> _Bar:
    known = [(share, entry) for share, entry in zip(shares, legend, strict=True) if not pd.isna(share) and share > 0]
    base = float("nan") if sheet.base is None else float(sheet.base.loc[[name]].to_numpy(float).max())
    called, of, captions = place(name), {}, {}
    for language in LANGUAGES:
        unknown = _words()["words"]["unknown"][language]
        texts = (f"{entry.label[language]} {number(share, 1, language)} %" for share, entry in known)
        of[language] = unknown if pd.isna(base) else f"n = {number(base, 0, language)}"
        captions[language] = f"{called[language]}: {', '.join(texts) or unknown}"
    muted = bool(sheet.muted().loc[name].any())
    return _Bar(called, of, muted, tuple(_Part(share, entry.colour) for share, entry in known), captions)


class _Cell(NamedTuple):
    """A count, and beside it of how many it is, or which share of them; ``beside_as`` is how that is written."""

    texts: Text
    beside: Text
    beside_as: str


class _Row(NamedTuple):
    place: Text
    cells: tuple[_Cell, ...]


class _Table(NamedTuple):
    title: Text
    note: str
    heads: tuple[Text, ...]
    rows: tuple[_Row, ...]


def _table(sheet: Sheet) -> _Table:
    heads = tuple(label(code, sheet) for code in sheet.counts.columns)
    rows = (_Row(place(name), _cells(sheet, at)) for at, name in enumerate(sheet.counts.index))
    return _Table(title_in_all_languages(sheet.title), sheet.note, heads, tuple(rows))


def _cells(sheet: Sheet, at: int) -> tuple[_Cell, ...]:
    """Return the cells of a place, none where it has no figures; a figure that is not known is empty."""
    if sheet.counts.iloc[at].isna().all():
        return ()
    return tuple(_cell(sheet, at, column) for column in range(len(sheet.counts.columns)))


def _cell(sheet: Sheet, at: int, column: int) -> _Cell:
    """Return a count, and of how many it is which share; nothing where it is not known."""
    nothing = dict.fromkeys(LANGUAGES, "")
    count = float(sheet.counts.to_numpy(float)[at, column])
    if pd.isna(count):
        return _Cell(nothing, nothing, "")
    texts = {language: number(count, sheet.decimals, language) for language in LANGUAGES}
    if sheet.base is None:
        return _Cell(texts, nothing, "")
    base = float(sheet.base.to_numpy(float)[at, column])
    if sheet.shares is None:
        return _Cell(texts, {language: f"n = {number(base, 0, language)}" for language in LANGUAGES}, "note")
    share = float(sheet.shares.to_numpy(float)[at, column])
    words = _words()["words"]["share_of"]
    beside = {
        language: words[language].format(share=number(share, 1, language), base=number(base, 0, language))
        for language in LANGUAGES
    }
    return _Cell(texts, beside, "muted" if bool(sheet.muted().to_numpy()[at, column]) else "")
