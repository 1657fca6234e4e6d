"""The page "how complete are the data": the worst OCMWs, supports, and months that are most likely typing errors.

The page has so many OCMWs as somebody reads; all of them stand in a file beside it.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from schemas.periods import month_code
from schemas.places import MUNICIPALITIES, place_name
from schemas.releases import is_synthetic
from schemas.supports import LEAVES, NODES
from sinks.durability import put_in_place, temporary
from sinks.files.completeness import NO_CLAIM, POSITIVE, SET_ASIDE, ZERO, Completeness, lines_of, percentile, rows_of
from sinks.protocol import Store

WORST = 50
"""OCMWs on the page where nothing else is said."""
_MOST_NAMED = 6
"""The most silent months that are named; more are a number."""
_ALL = range(len(LEAVES))
_LIVING_WAGE = "LL"


class Table(NamedTuple):
    """A table of the page: its title, a sentence on how to read it, head and rows."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a release; months are codes, ``ocmws`` are all OCMWs, worst first, ``tables`` what stands on it."""

    update_id: str
    first: str
    last: str
    synthetic: bool
    ocmws: Table
    tables: tuple[Table, ...]


@dataclass(slots=True)
class _Ocmw:
    """What is known of one OCMW in the months of the page."""

    silent: list[int]
    lines: Counter[int]
    aside: int = 0
    persons: int = 0
    unknown: tuple[int, int, int] = (0, 0, 0)

    @property
    def worse(self) -> tuple[float, ...]:
        """What it is sorted by: silent months, lines set aside, unknown attributes, lateness."""
        share = sum(self.unknown) / self.persons if self.persons else 0
        return (-len(self.silent), -self.aside, -share, -(percentile(self.lines, 95) or 0))


def completeness_page(store: Store, number: int, months: int, worst: int = WORST) -> Page:
    """Return the page of a release, of so many months up to the one that it closed, with the worst OCMWs.

    Raises StoreCorruptError, UnknownReleaseError.
    """
    completeness = Completeness.of(store, number)
    window = completeness.expected[-months:]
    update = completeness.release.update
    last = update.reference_month
    counted = _Counted.of(store, completeness, window)
    ocmws = _ocmws(completeness, window, counted.wages)
    return Page(
        update.update_id,
        month_code(window[0] if window else last),
        month_code(last),
        is_synthetic(update.update_id),
        ocmws,
        (ocmws._replace(rows=ocmws.rows[:worst]), _supports(counted.states), _outliers(completeness)),
    )


class _Counted(NamedTuple):
    """What the blocks of the window say: OCMWs by support and state, and the rows of living wages."""

    states: dict[str, Counter[str]]
    wages: list[tuple[Any, ...]]

    @classmethod
    def of(cls, store: Store, completeness: Completeness, window: Iterable[int]) -> "_Counted":
        """Read each block of the window once."""
        counted = cls({node.code: Counter() for node in NODES}, [])
        for node in NODES:
            for month in window:
                rows = list(rows_of(store, completeness, node, month, every=True))
                counted.states[node.code].update(row[3] for row in rows)
                if node.code == _LIVING_WAGE:
                    counted.wages.extend(rows)
        return counted


def _ocmws(completeness: Completeness, window: Iterable[int], wages: Iterable[tuple[Any, ...]]) -> Table:
    known: dict[str, _Ocmw] = {}
    for month in window:
        spreads = lines_of(completeness.arrivals.get(month), _ALL)
        for number in {*spreads, *completeness.ocmws(month)}:
            nis = MUNICIPALITIES[number]
            one = known.setdefault(nis, _Ocmw([], Counter()))
            one.lines.update(spreads.get(number, {}))
            one.aside += sum(completeness.set_aside.get((nis, month), {}).values())
            if number not in spreads:
                one.silent.append(month)
    for _, _, nis, _, _, total, birth, household, nationality, *_ in wages:
        known[nis].persons += total
        before = known[nis].unknown
        known[nis].unknown = (before[0] + birth, before[1] + household, before[2] + nationality)
    worst = sorted(known.items(), key=lambda entry: (entry[1].worse, entry[0]))
    return Table(
        "OCMWs, worst first",
        "By months without any line, then lines set aside by the import, unknown attributes of living wages, and how "
        "late 95 of 100 lines are at most (months behind the update that closed their month). A small OCMW may really "
        "support nobody for a month.",
        ("OCMW", "silent months", "lines", "set aside", "no birth date", "no household", "no nationality",
         "late, half", "late, 95 %"),
        [
            (
                f"{place_name('municipality', nis, 'nl')} ({nis})",
                _named(one.silent),
                f"{one.lines.total():,}",
                f"{one.aside:,}",
                *(_share(unknown, one.persons) for unknown in one.unknown),
                *("-" if (late := percentile(one.lines, of)) is None else str(late) for of in (50, 95)),
            )
            for nis, one in worst
        ],
    )  # fmt: skip


def _named(months: list[int]) -> str:
    if len(months) > _MOST_NAMED:
        return f"{len(months)}, the last {month_code(months[-1])}"
    return ", ".join(map(month_code, months)) or "0"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _supports(states: dict[str, Counter[str]]) -> Table:
    return Table(
        "Supports",
        "Pairs of an OCMW and a month: without a line, without one while the statement of that month has lines set "
        "aside, with lines but nobody above zero, and with beneficiaries.",
        ("support", "no claim", "set aside", "zero", "positive"),
        [
            (code, *(f"{counts[state]:,}" for state in (NO_CLAIM, SET_ASIDE, ZERO, POSITIVE)))
            for code, counts in states.items()
        ],
    )


def _outliers(completeness: Completeness) -> Table:
    rows: list[tuple[str, ...]] = [
        (month_code(month), MUNICIPALITIES[number], f"{sum(spread.values()):,}")
        for month in completeness.outliers
        for number, spread in sorted(lines_of(completeness.arrivals[month], _ALL).items())
    ]
    return Table(
        "Months that are most likely typing errors",
        "Lines of months a year or more before all others, or after the month that was closed. Each makes every update "
        "slower; the OCMW takes them back with a regularisation.",
        ("month", "OCMW", "lines"),
        rows,
    )


def page_text(page: Page, out: Path) -> str:
    """Return the page as HTML (``.html``) or Markdown (``.md``), as the file that it is written to says."""
    ending = out.suffix
    environment = Environment(
        loader=PackageLoader("sinks.files", ""),
        autoescape=ending == ".html",  # noqa: S701 - Markdown is no HTML, and holds names of our own lists alone
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"completeness{ending}.j2").render(page=page, beside=beside(out).name)


def beside(out: Path) -> Path:
    """Return the file with all OCMWs that stands beside a page."""
    return out.with_suffix(".csv")


def write_page(out: Path, page: Page) -> None:
    """Write the page and the file with all OCMWs, each whole or not at all. Raises StoreWriteError."""
    rows = io.StringIO()
    plain = ([name, silent, *(cell.replace(",", "") for cell in cells)] for name, silent, *cells in page.ocmws.rows)
    csv.writer(rows, lineterminator="\n").writerows((page.ocmws.head, *plain))
    for path, text in ((beside(out), rows.getvalue()), (out, page_text(page, out))):
        with temporary(path) as written:
            written.write_text(text, encoding="utf-8")
            put_in_place(written, path)
