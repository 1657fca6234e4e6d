"""The benchmark as one self-contained page: small multiples first, then each table, definitions beside them."""

import io
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from schemas.breaks import breaks_in
from schemas.parameters import document
from schemas.periods import month_code, parse_month
from sinks.durability import put_in_place, temporary
from sinks.files.benchmark.figures import Benchmark, Sheet, outcome_title

_COLOURS = ("#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c", "#08306b", "#bdbdbd")
_COLUMNS = 5
_PALE = 0.35
UNKNOWN = "not yet observed"
"""What stands where no row is shown: it is no 0."""
_FIXED: dict[Any, Any] = {"svg.hashsalt": "ocmw", "svg.fonttype": "path", "font.size": 9}
"""The same figures give the same bytes, with letters drawn, so that every browser shows them alike."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
h1 { font-size: 1.7rem; line-height: 1.2 } h2 { font-size: 1.2rem; margin-top: 2.5rem }
svg { width: 100%; height: auto } .note { color: #555; font-size: .85rem }
table { border-collapse: collapse; font-size: .85rem; width: 100% } th, td { padding: .25rem .5rem; text-align: right }
th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
tr:nth-last-child(-n+2) { font-weight: 600 } summary { cursor: pointer; color: #08519c }
.muted { color: #767676; font-weight: 400 }
"""
_LABELS: dict[str, str] = document("indicators")["benchmark"]["labels"]
"""What pictures call a category; tables keep the codes of the files."""


def write_page(path: Path, found: Benchmark) -> None:
    """Write one HTML file that needs nothing else, whole or not at all; StoreWriteError where the disk refuses."""
    with temporary(path) as written:
        written.write_text(page(found), encoding="utf-8")
        put_in_place(written, path)


def page(found: Benchmark) -> str:
    """Return the page."""
    by_title = {sheet.title: sheet for sheet in found.sheets}
    parts = [
        f"<h1>Leefloon over time in the 13 centre cities, {found.year}</h1>",
        f"<p class=note>Durations as of {found.month}. Update {escape(found.update_id)}, published figures only.</p>",
        *_chapter("How many, month by month", _svg(_stock_panels(found))),
        *_chapter("How long: share of beneficiaries by duration", _compared(by_title["Duration, exact"])),
        *_chapter("Who enters: share of new spells by rank", _compared(by_title["Entries by rank, same OCMW"])),
        *_chapter("Where to: share of those who left, a year after", _compared(by_title[outcome_title(12)])),
        *(part for sheet in found.sheets for part in _table(sheet)),
        "<h2>How to read this</h2>",
        "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in found.notes()) + "</ul>",
    ]
    head = f"<meta charset=utf-8><title>Leefloon over time, {found.year}</title><style>{_STYLE}</style>"
    return f"<!doctype html><html lang=en>{head}<body>{''.join(parts)}</html>\n"


def _chapter(title: str, body: str) -> tuple[str, str]:
    return f"<h2>{escape(title)}</h2>", body


def _compared(sheet: Sheet) -> str:
    """Return the picture of a comparison; a sentence where no place has a figure yet, not an empty picture."""
    if sheet.counts.isna().all(axis=None):
        return f"<p class=note>Nothing of it is published yet ({escape(sheet.note)}).</p>"
    return _svg(_bars(sheet)) + f"<p class=note>{escape(sheet.note)}</p>"


def _svg(picture: Figure) -> str:
    text = io.StringIO()
    with mpl.rc_context(_FIXED):
        picture.savefig(text, format="svg", metadata={"Date": None}, bbox_inches="tight")
    return text.getvalue().partition("<svg")[2].join(("<svg", ""))


def _stock_panels(found: Benchmark) -> Figure:
    rows = -(-len(found.places) // _COLUMNS)
    picture = Figure(figsize=(11, 1.9 * rows), layout="constrained")
    axes = picture.subplots(rows, _COLUMNS, sharex=True).flat
    shown = sorted(map(parse_month, found.stock["reference"]))
    months = [month_code(month) for month in range(shown[0], shown[-1] + 1)] if shown else []
    for axis, place in zip(axes, found.places, strict=False):
        _panel(axis, place, found.stock[found.stock["place"] == place], months)
    for axis in list(axes)[len(found.places) :]:
        axis.set_visible(False)
    return picture


def _panel(axis: Axes, place: str, stock: pd.DataFrame, months: list[str]) -> None:
    rated = bool(stock["rate"].notna().all()) and len(stock) > 0
    by_month = stock.set_index("reference")["rate" if rated else "stock"].reindex(months)
    axis.plot(range(len(months)), by_month.to_numpy(float), color=_COLOURS[3])
    if months:
        first, last = parse_month(months[0]), parse_month(months[-1])
        for one in breaks_in("LL", first, last):
            if "total" in one.breakdowns:
                axis.axvline(one.month - first, color=_COLOURS[-1], linewidth=1, linestyle="--")
    axis.set_title(f"{place} ({'per 1,000' if rated else 'persons'})", fontsize=9, loc="left")
    axis.set_ylim(bottom=0)
    ends = [0, len(months) - 1] if len(months) > 1 else [0]
    axis.set_xticks(ends, [months[end] for end in ends] if months else [""])
    axis.spines[["top", "right"]].set_visible(False)


def _bars(sheet: Sheet) -> Figure:
    told = sheet.counts if sheet.shares is None else sheet.shares
    shares, muted = told.fillna(0), sheet.muted().any(axis=1)  # what is not known has no bar
    labels = [f"{place} ({_of(sheet, place)})" for place in shares.index]
    picture = Figure(figsize=(11, 0.34 * len(shares) + 1), layout="constrained")
    axis = picture.subplots()
    ends = np.cumsum(shares.to_numpy(float), axis=1)
    colours = (*_COLOURS[: len(shares.columns) - 1], _COLOURS[-1])
    for number, (name, colour) in enumerate(zip(shares.columns, colours, strict=True)):
        left = ends[:, number - 1] if number else np.zeros(len(shares))
        label = _LABELS.get(str(name), str(name))
        bars = axis.barh(range(len(shares)), ends[:, number] - left, left=left, color=colour, label=label)
        for bar, pale in zip(bars, muted, strict=True):
            bar.set_alpha(_PALE if pale else None)
    axis.set_yticks(range(len(shares)), labels)
    axis.invert_yaxis()
    axis.set_xlim(0, 100)
    axis.set_xlabel("%")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(ncols=len(shares.columns), loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    return picture


def _of(sheet: Sheet, place: str) -> str:
    """Return of how many the shares of a place are, as pictures say it."""
    base = float("nan") if sheet.base is None else sheet.base.loc[place].max()
    return UNKNOWN if pd.isna(base) else f"n = {base:,.0f}"


def _table(sheet: Sheet) -> tuple[str, ...]:
    head = "".join(f"<th>{escape(str(name))}" for name in ("", *sheet.counts.columns))
    lines = [f"<tr><td>{escape(str(place))}{_cells(sheet, number)}" for number, place in enumerate(sheet.counts.index)]
    body = f"<table><tr>{head}{''.join(lines)}</table>"
    return (f"<details><summary>{escape(sheet.title)}</summary><p class=note>{escape(sheet.note)}</p>{body}</details>",)


def _cells(sheet: Sheet, number: int) -> str:
    counts = sheet.counts.iloc[number]
    if counts.isna().all():
        return f"<td>{UNKNOWN}" + "<td>" * (len(counts) - 1)
    return "".join(f"<td>{_cell(sheet, number, place)}" for place in range(len(counts)))


def _cell(sheet: Sheet, number: int, place: int) -> str:
    """Return a count, and of how many it is which share; nothing where it is not known."""

    def at(frame: pd.DataFrame) -> float:
        return float(frame.to_numpy(np.float64)[number, place])

    count = at(sheet.counts)
    if np.isnan(count):
        return ""
    text = f"{count:,.{sheet.decimals}f}"
    if sheet.base is None:
        return text
    if sheet.shares is None:
        return f"{text} <span class=note>n = {at(sheet.base):,.0f}</span>"
    share = f"({at(sheet.shares):.1f} % of {at(sheet.base):,.0f})"
    return f"{text} <span class=muted>{share}</span>" if at(sheet.muted()) else f"{text} {share}"
