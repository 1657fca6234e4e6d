"""Workbooks as the Vademecum publishes them: one for each public support and series, months and years (F2).

A sheet for each kind of period and breakdown, because a combined one would not fit and no filter would help. Months
hold the breakdowns that most ask for; years hold all, and the means of months that have no sheet too. Nothing in a
workbook depends on when or where it was made, so two from one release are the same bytes.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from schemas.audience import is_public
from schemas.breakdowns import BREAKDOWNS, RESTRICTED_BREAKDOWNS
from schemas.breaks import Break, breaks_in
from schemas.figures import BlockKey
from schemas.parameters import document
from schemas.periods import MONTH_COUNT, Period, PeriodKind, day_in, month_of, parse_month
from schemas.places import MUNICIPALITY, PLACES
from schemas.releases import Release, State, Update
from schemas.settings import FigureSettings
from schemas.students_unknown import SUPPORTS, hidden_places
from schemas.supports import NODES, Node
from sinks.files.book import workbook_at
from sinks.files.cover import Facts, sheet_title, title, write_cover
from sinks.files.grid import Area, Grid, PublicPeriod, grids, mean_of_months
from sinks.files.selection import ExportRefusedError, Selection
from sinks.files.sheets import Column, Formats, Sheet, write_sheet
from sinks.protocol import Store

_WORDS: dict[str, Any] = document("publication")
MONTH_BREAKDOWNS = ("total", "sex", "age5", "household", "nationality_group")
QUARTER_BREAKDOWNS = ("total",)
"""Others would double the size of a workbook; they stand in the long table."""
YEAR_BREAKDOWNS = tuple(name for name in BREAKDOWNS if name not in RESTRICTED_BREAKDOWNS)


SHEETS: dict[PeriodKind, tuple[str, ...]] = {
    "month": MONTH_BREAKDOWNS,
    "quarter": QUARTER_BREAKDOWNS,
    "year": YEAR_BREAKDOWNS,
}


class _Series(NamedTuple):
    name: str
    words: dict[str, str]
    first: int
    last: int | None


SERIES = tuple(
    _Series(one["name"], one["words"], parse_month(one["first"]), parse_month(one["last"]) if one["last"] else None)
    for one in _WORDS["series"]
)


def write_workbooks(
    directory: Path, store: Store, release: Release | None, selection: Selection, geography: str = "as_then"
) -> list[Path]:
    """Write the workbooks that have any figure, each whole or not at all; return their paths.

    ``geography`` is the store's setting (``as_then`` or ``fixed:2025-01-01``). Raises ExportRefusedError for another
    zone than the public one, StoreWriteError where the disk refuses.
    """
    if selection.zone != "public":
        raise ExportRefusedError("workbooks are made of public figures; ask for --zone public, or another format")
    if release is None:
        return []
    books = (_book(release, node, series, selection, geography) for node in NODES for series in SERIES)
    written = (_write(directory, store, release.update, book) for book in books if book)
    return [path for path in written if path]


class _Book(NamedTuple):
    """A workbook to be: ``public`` are all public periods of the series, ``chosen`` those that get columns."""

    node: Node
    series: _Series
    public: tuple[PublicPeriod, ...]
    chosen: tuple[PublicPeriod, ...]
    area: Area
    fixed_day: str

    @property
    def name(self) -> str:
        """The name of its file, without ending."""
        return f"{self.node.code}_{self.series.name}"


def _book(release: Release, node: Node, series: _Series, selection: Selection, geography: str) -> _Book | None:
    public = tuple(
        PublicPeriod(key.period, entry)
        for key, entry in sorted(release.entries.items(), key=lambda item: item[0].period.last)
        if key.support == node.code and is_public(key, entry) and _lies_in(key.period, series)
    )
    chosen = tuple(one for one in public if selection.holds(BlockKey(node.code, one.period)))
    if not any(one.entry.public for one in chosen):
        return None
    fixed_day = geography.partition(":")[2]
    fixed = month_of(date.fromisoformat(fixed_day)) if fixed_day else None
    return _Book(node, series, public, chosen, Area(fixed, selection.ocmw), fixed_day)


def _lies_in(period: Period, series: _Series) -> bool:
    bounded = period.kind in SHEETS and (series.last is None or period.last <= series.last)
    return bounded and period.first >= series.first


def _write(directory: Path, store: Store, update: Update, book: _Book) -> Path | None:
    """Write a workbook, unless nothing is shown in it, and return where."""
    sheets = tuple(_sheets(store, book))
    if not sheets:
        return None
    path = directory / f"{book.name}.xlsx"
    facts = _facts(book, update, sheets)._replace(students_unknown=_students_unknown(book, store.settings))
    named = " / ".join(title(facts).values())
    made = day_in(update.reference_month, 1)
    with workbook_at(path, named, datetime(made.year, made.month, 1, tzinfo=UTC), streamed=True) as workbook:
        formats = Formats(workbook)
        write_cover(workbook, formats, facts)
        for sheet in sheets:
            write_sheet(workbook, formats, sheet)
    return path


def _facts(book: _Book, update: Update, sheets: tuple[Sheet, ...]) -> Facts:
    return Facts(
        node=book.node,
        file=book.name,
        series=book.series.words,
        update=update,
        sheets=tuple((sheet.name, sheet.kind, sheet.breakdown) for sheet in sheets),
        revising=tuple(one.period.code for one in book.chosen if one.entry.vintage.state is State.REVISING),
        breaks=_breaks(book),
        frozen=all(one.entry.vintage.state is State.FROZEN for one in book.chosen),
        fixed_day=book.fixed_day,
        before_merger=_before_merger(book, sheets),
    )


def _students_unknown(book: _Book, settings: FigureSettings) -> bool:
    rows, fixed = settings.students_unknown, settings.geography_month
    return book.node.code in SUPPORTS and any(hidden_places(rows, one.period, fixed) for one in book.chosen)


def _before_merger(book: _Book, sheets: tuple[Sheet, ...]) -> tuple[tuple[str, str], ...]:
    """Return the municipalities that count somebody before they were, with the last such period (D2)."""
    chosen = {one.period for one in book.chosen}
    last_early: dict[str, Period] = {}
    for sheet in sheets if book.area.fixed is None else ():
        grid = sheet.grid
        begins = np.array([MUNICIPALITY[nis].first if level == "municipality" else 0 for level, nis in _places(grid)])
        ends = np.array([one.period.last if one.period in chosen else MONTH_COUNT for one in grid.periods])
        early = (grid.values > 0).any(axis=1) & (ends[None, :] < begins[:, None])
        for place, at in np.argwhere(early).tolist():
            nis, period = PLACES[grid.places[place]][1], grid.periods[at].period
            last_early[nis] = max(period, last_early.get(nis, period), key=lambda one: (one.last, -one.first))
    return tuple((nis, period.code) for nis, period in sorted(last_early.items()))


def _places(grid: Grid) -> list[tuple[str, str]]:
    return [PLACES[number] for number in grid.places]


def _breaks(book: _Book) -> tuple[Break, ...]:
    periods = [one.period for one in book.chosen]
    return breaks_in(book.node.code, min(one.first for one in periods), max(one.last for one in periods))


def _sheets(store: Store, book: _Book) -> Iterator[Sheet]:
    months = grids(store, _of_kind(book.public, "month"), YEAR_BREAKDOWNS, book.area)
    for kind, breakdowns in SHEETS.items():
        chosen = _of_kind(book.chosen, kind)
        if not chosen:
            continue
        by_breakdown = months if kind == "month" else grids(store, chosen, breakdowns, book.area)
        for breakdown in breakdowns:
            if by_breakdown[breakdown].categories:
                columns = _columns(book, by_breakdown[breakdown], months[breakdown])
                title = sheet_title(book.node, book.series.words, kind, breakdown)
                yield Sheet(f"{kind} {breakdown}", title, kind, breakdown, by_breakdown[breakdown], columns)


def _of_kind(periods: tuple[PublicPeriod, ...], kind: PeriodKind) -> tuple[PublicPeriod, ...]:
    return tuple(one for one in periods if one.period.kind == kind)


def _columns(book: _Book, grid: Grid, months: Grid) -> tuple[Column, ...]:
    chosen = {one.period for one in book.chosen}
    broken = {one.month for one in _breaks(book)}
    return tuple(
        column
        for at, one in enumerate(grid.periods)
        if one.period in chosen
        for column in _pair(grid, at, months, broken=any(one.period.first <= m <= one.period.last for m in broken))
    )


def _pair(grid: Grid, at: int, months: Grid, *, broken: bool) -> Iterator[Column]:
    """Yield the count of a period and, for a longer one whose months are all public, their mean beside it."""
    period, entry = grid.periods[at]
    state = entry.vintage.state
    if period.kind == "month":
        yield Column(period.code, grid.values[:, :, at], state, broken=broken)
        return
    yield Column(f"{period.code}\n{_WORDS['unique']}", grid.values[:, :, at], state, broken=broken)
    if (mean := mean_of_months(grid, at, months)) is not None:
        yield Column(f"{period.code}\n{_WORDS['mean_of_months']}", mean, state, mean=True, broken=broken)
