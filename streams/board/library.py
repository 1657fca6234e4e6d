"""Published releases as the board reads them: bound once for each request, cached because they never change."""

import csv
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import numpy as np
import pyarrow as pa

from processors.board.nothing import Cell, Known, Nothing, nothing
from schemas.arrays import Int8
from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import Cells
from schemas.periods import MONTHS_PER_YEAR, Period, PeriodKind, month_code, parse_month
from schemas.places import MUNICIPALITY, PLACE_NUMBER, PLACES, ancestors
from schemas.public_release import PublicBlock, PublicFigure, PublicManifest
from schemas.rungs import CATEGORY_RUNG, FULL, HIDDEN, hidden_municipalities, rungs_of
from schemas.settings import FigureSettings
from sinks.errors import StoreError, UnknownReleaseError
from sinks.public.completeness import read_month
from sinks.public.definitions import frozen
from sinks.public.history import read_history
from sinks.public.indicators import read_part, shown_rows
from sinks.public.protocol import PublicSource
from sinks.svg.maps import Outlines, outlines
from streams.board.problems import ProblemError

POINTER_SECONDS = 1.0
"""The pointer is read at most once in so many seconds."""
NEWEST_ANSWERED = "latest"
OUTCOMES = frozenset({"exit_to_work", "transitions"})
"""Indicators of the family that reads facts too."""


class Cache:
    """Values by key, the least recently used dropped first. Threads may share it."""

    def __init__(self, megabytes: float) -> None:
        """Hold so many megabytes."""
        self._most = int(megabytes * (1 << 20))
        self._held = 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:  # noqa: ANN401 - any value
        """Return the value of a key, made where it is not held. Two threads may make the same value; one is kept."""
        with self._lock:
            entry = self._values.get(key)
            if entry is not None:
                self._values.move_to_end(key)
                return entry[0]
        value = make()
        with self._lock:
            if key not in self._values:
                self._values[key] = value, size(value)
                self._held += self._values[key][1]
            while self._held > self._most and len(self._values) > 1:
                _, (_, dropped) = self._values.popitem(last=False)
                self._held -= dropped
        return value


@dataclass(frozen=True, slots=True)
class CellShown:
    """What a release shows of a cell: a value, or why there is none; its state and the update it comes from."""

    value: int | None
    nothing: Nothing | None
    state: str | None
    update_id: str | None
    earliest: str | None

    @property
    def revising(self) -> bool:
        """Whether the value is marked as under revision."""
        return self.state == "revising"


_NEVER = PublicFigure("pending")


class Bound:
    """A release as one request sees it, from its first byte to its last (G7)."""

    def __init__(self, source: PublicSource, cache: Cache, number: int, newest: int) -> None:
        """Take a release that is there. Raises UnknownReleaseError, StoreCorruptError."""
        self.source = source
        self.number = number
        self.newest = newest
        self._cache = cache
        self.manifest: PublicManifest = source.manifest(number)
        self.reference = parse_month(self.manifest.reference_month)
        self.fixed = FigureSettings(geography=self.manifest.geography).geography_month

    @property
    def superseded(self) -> bool:
        """Whether a newer release is published."""
        return self.number < self.newest

    def beside(self, number: int) -> "Bound":
        """Return another release of the same source. Raises UnknownReleaseError, StoreCorruptError."""
        return Bound(self.source, self._cache, number, self.newest)

    def sha256(self) -> str:
        """Return the SHA-256 of the manifest as it lies."""
        data = self.source.manifest_bytes
        key = ("sha", self.number, self.manifest.published_at, self.manifest.previous)
        digest: str = self._kept(key, lambda: hashlib.sha256(data(self.number)).hexdigest(), 200)
        return digest

    def document(self, name: str) -> Any:  # noqa: ANN401 - as JSON has it
        """Return a frozen table of the release that is JSON: definitions, words, changes."""
        sha256 = self.manifest.tables[name]
        return self._kept(("json", sha256), lambda: json.loads(self.source.file_bytes(sha256)), self._size(sha256))

    def _size(self, sha256: str) -> int:
        return 8 * self.manifest.files[sha256]

    def _kept(self, key: Hashable, make: Callable[[], Any], size: int) -> Any:  # noqa: ANN401 - any value
        return self._cache.get(key, make, lambda _: size)

    def figure(self, support: str, period: Period) -> PublicFigure | None:
        """Return what the release says of a support and period, None where it never heard of it."""
        return self.manifest.figures.get(support, {}).get(period.code)

    def supports(self) -> tuple[str, ...]:
        """Return the supports of the release in the order of its definitions."""
        nodes = self.document("definitions")["documents"]["supports"]["nodes"]
        return tuple(code for code in nodes if nodes[code].get("public", True))

    def periods(self, support: str, kind: PeriodKind) -> tuple[Period, ...]:
        """Return the periods of a kind that a support knows, in order."""
        key = ("periods", self.number, support, kind)
        periods: tuple[Period, ...] = self._kept(key, lambda: self._periods(support, kind), 4096)
        return periods

    def _periods(self, support: str, kind: PeriodKind) -> tuple[Period, ...]:
        every = (Period.parse(code) for code in self.manifest.figures.get(support, {}))
        return tuple(sorted(period for period in every if period.kind == kind))

    def newest_period(self, support: str, kind: PeriodKind = "month") -> Period | None:
        """Return the newest period of a kind that is published."""
        for period in reversed(self.periods(support, kind)):
            figure = self.figure(support, period)
            if figure is not None and figure.update_id is not None:
                return period
        return None

    def cells(self, figure: PublicFigure) -> Cells:
        """Return the cells of a published figure."""
        block = figure.block
        if block is None:
            return Cells.empty()
        cells: Cells = self._kept(("block", block.digest), lambda: self.source.cells(block), 300 + 16 * block.cells)
        return cells

    def counted(self, figure: PublicFigure, place: int) -> dict[int, int]:
        """Return category number -> persons of one place of a published figure."""
        block = figure.block
        if block is None:
            return {}

        def taken() -> dict[int, int]:
            cells = self.cells(figure)
            first, stop = cells.bounds((place, place + 1))
            return dict(zip(cells.category[first:stop].tolist(), cells.beneficiaries[first:stop].tolist(), strict=True))

        counts: dict[int, int] = self._cache.get(
            ("place", block.digest, place), taken, lambda one: 200 + 100 * len(one)
        )
        return counts

    def show(self, cell: Cell) -> CellShown:
        """Return what the release shows of a cell."""
        figure = self.figure(cell.support, cell.period) or _NEVER
        place = PLACE_NUMBER.get((cell.geo_level, cell.geo), -1)
        category = CATEGORY_NUMBER.get((cell.breakdown, cell.category), -1)
        value = self.counted(figure, place).get(category, 0) if figure.update_id is not None else 0
        return self._shown(figure, cell, (place, category), value)

    def by_place(self, support: str, period: Period, level: str, category: tuple[str, str]) -> dict[str, CellShown]:
        """Return what the release shows of one category at every place of a level, by code."""
        codes = [geo for one, geo in PLACES if one == level]
        figure = self.figure(support, period) or _NEVER
        values: dict[int, int] = {}
        if figure.update_id is not None and figure.block is not None:
            cells = self.cells(figure)
            chosen = np.flatnonzero(cells.category == CATEGORY_NUMBER[category])
            values = dict(zip(cells.place[chosen].tolist(), cells.beneficiaries[chosen].tolist(), strict=True))
        by_code = {}
        for geo in codes:
            place = PLACE_NUMBER[level, geo]
            cell = Cell(support, period, level, geo, *category)
            at = (place, CATEGORY_NUMBER[category])
            by_code[geo] = self._shown(figure, cell, at, values.get(place, 0))
        return by_code

    def _shown(self, figure: PublicFigure, cell: Cell, at: tuple[int, int], value: int) -> CellShown:
        """Return what is shown of a value, or why nothing is; ``at`` are the numbers of its place and category."""
        published = figure.update_id is not None
        sent = self.sent(cell) if published and not value and cell.geo_level == "municipality" else None
        suppressed = published and (_hides(figure, cell) or self._hidden_at(figure, *at))
        why = nothing(cell, Known(published, value, sent, suppressed), self.fixed)
        return CellShown(None if why and why != "no_claim" else value, why, *_state_of(figure))

    def rungs(self, figure: PublicFigure) -> Int8 | None:
        """Return the rung of each place of a published figure, None without a threshold (F3).

        Under one, what a figure does not say is hidden.
        """
        if self.manifest.threshold is None:
            return None
        block = figure.rungs
        if block is None:
            return np.full(len(PLACES), HIDDEN, np.int8)
        rungs: Int8 = self._kept(("rungs", block.digest), lambda: rungs_of(self.source.rungs(block)), 300 + len(PLACES))
        return rungs

    def _hidden_at(self, figure: PublicFigure, place: int, category: int) -> bool:
        """Tell whether a cell stands above the rung of its place, and anybody may be counted there."""
        rungs = self.rungs(figure)
        if rungs is None or min(place, category) < 0 or CATEGORY_RUNG[category] <= rungs[place]:
            return False
        return bool(rungs[place] < FULL) or bool(self.counted(figure, place))

    def hidden_senders(self, support: str, month: int) -> frozenset[str]:
        """Return the OCMWs of which it is not said whether they sent a line about a month (F3)."""
        figure = self.figure(support, Period("month", month))
        rungs = None if figure is None or figure.update_id is None else self.rungs(figure)
        if rungs is None:
            return frozenset()
        return frozenset(hidden_municipalities(rungs, month if self.fixed is None else self.fixed))

    def sent(self, cell: Cell) -> bool | None:
        """Tell whether an OCMW sent a line about any month of a period, None where some month is not known."""
        months = [self.completeness(month) for month in range(cell.period.first, cell.period.last + 1)]
        sent_in = [month.get(cell.support) for month in months]
        if any(one is not None and cell.geo in one for one in sent_in):
            return True
        return None if any(one is None for one in sent_in) else False

    def completeness(self, month: int) -> dict[str, frozenset[str]]:
        """Return support -> OCMWs that sent a line about a month, empty where it is not known."""
        sha256 = self.manifest.completeness.get(month_code(month))
        if sha256 is None:
            return {}
        read = self._kept(("month", sha256), lambda: read_month(self.source.file_bytes(sha256)), self._size(sha256))
        senders: dict[str, frozenset[str]] = read
        return senders

    def history(self) -> dict[tuple[str, str], list[tuple[int, str, str | None, int | None]]]:
        """Return (support, period) -> [(release, state, update, value of the kingdom)], as releases told it."""
        sha256 = self.manifest.tables["history"]

        def read() -> dict[tuple[str, str], list[tuple[int, str, str | None, int | None]]]:
            stories: dict[tuple[str, str], list[tuple[int, str, str | None, int | None]]] = {}
            table = read_history(self.source.file_bytes(sha256))
            for support, period, *entry in zip(*(column.to_pylist() for column in table.columns), strict=True):
                stories.setdefault((support, period), []).append(tuple(entry))
            return stories

        kept: dict[tuple[str, str], list[tuple[int, str, str | None, int | None]]] = self._kept(
            ("history", sha256), read, 20 * self._size(sha256)
        )
        return kept

    def indicators(self, indicator: str) -> pa.Table:
        """Return the rows of an indicator that hold at the release."""
        family = "outcomes" if indicator in OUTCOMES else "indicators"
        parts = [part for part in self.manifest.indicators if part.family == family]
        key = ("indicators", indicator, tuple(part.file for part in parts))
        tables = ((part, self._part(part.file, indicator)) for part in parts)
        return self._cache.get(key, lambda: shown_rows(list(tables), indicator), lambda table: int(table.nbytes))

    def _part(self, sha256: str, indicator: str) -> pa.Table:
        def read() -> pa.Table:
            return read_part(self.source.file_bytes(sha256), (indicator,))

        return self._cache.get(("part", sha256, indicator), read, lambda table: int(table.nbytes))

    def population(self, year: int) -> dict[str, int]:
        """Return inhabitants on 1 January of a year by NIS code of every place, empty where none is known."""
        inhabitants: dict[str, int] = self._populations.get(year, {})
        return inhabitants

    @cached_property
    def _populations(self) -> dict[int, dict[str, int]]:
        sha256 = self.manifest.tables["population"]
        read: dict[int, dict[str, int]] = self._kept(
            ("population", sha256), lambda: _populations(self.source.file_bytes(sha256)), 3 << 20
        )
        return read

    def outlines(self) -> Outlines:
        """Return the areas of the map."""
        sha256 = self.manifest.tables["map"]
        areas: Outlines = self._kept(("map", sha256), lambda: outlines(self.source.file_bytes(sha256)), 1 << 20)
        return areas


def _state_of(figure: PublicFigure) -> tuple[str | None, str | None, str | None]:
    return figure.state, figure.update_id, figure.earliest


def _hides(figure: PublicFigure, cell: Cell) -> bool:
    return cell.geo_level == "municipality" and cell.geo in figure.hidden


def _populations(data: bytes) -> dict[int, dict[str, int]]:
    """Return year -> NIS code -> inhabitants; of an area the sum of its municipalities."""
    by_year: dict[int, dict[str, int]] = {}
    for row in csv.DictReader(data.decode().splitlines()):
        year = by_year.setdefault(int(row["year"]), {})
        if row["nis"] in MUNICIPALITY:
            for geo in ancestors(row["nis"]).values():
                year[geo] = year.get(geo, 0) + int(row["population"])
    return by_year


class Unpublished:
    """A source that holds no figure, only the definitions and words of today."""

    def __init__(self, program: str) -> None:
        """Take the version of the program."""
        self._frozen = frozen()
        self._program = program

    def current(self) -> int:
        """Return 0: nothing is published."""
        return 0

    def numbers(self) -> tuple[int, ...]:
        """Return no number."""
        return ()

    def manifest(self, _number: int) -> PublicManifest:
        """Return a manifest that names the definitions of today."""
        files = {hashlib.sha256(data).hexdigest(): len(data) for data in self._frozen.values()}
        tables = dict(zip(self._frozen, files, strict=True))
        return PublicManifest(0, "-", "1900-01", None, self._program, "as_then", None, None, {}, tables, (), {}, files)

    def manifest_bytes(self, number: int) -> bytes:
        """Return that manifest as JSON."""
        return self.manifest(number).to_bytes()

    def seal_bytes(self, _number: int) -> bytes | None:
        """Return no seal."""
        return None

    def file_bytes(self, sha256: str) -> bytes:
        """Return the content of a name that ``manifest`` tells."""
        return next(data for data in self._frozen.values() if hashlib.sha256(data).hexdigest() == sha256)

    def path_of(self, _sha256: str) -> Path | None:
        """Return nothing: no file lies anywhere."""
        return None

    def cells(self, _block: PublicBlock) -> Cells:
        """Return no cells."""
        return Cells.empty()

    def rungs(self, _block: PublicBlock) -> Cells:
        """Return no place."""
        return Cells.empty()


class Library:
    """All published releases of a source."""

    def __init__(self, source: PublicSource, megabytes: float = 128, older: PublicSource | None = None) -> None:
        """Take the source, how much may be cached, and where releases are that the source holds no more."""
        self.source = source
        self._older = older
        self._cache = Cache(megabytes)
        self._numbers: tuple[int, ...] = ()
        self._read = -POINTER_SECONDS

    def numbers(self) -> tuple[int, ...]:
        """Return the published releases, ascending. Raises ProblemError where the source cannot be read."""
        now = monotonic()
        if now - self._read >= POINTER_SECONDS:
            try:
                held = set(self.source.numbers()) | set(self._older.numbers() if self._older else ())
            except StoreError as error:
                raise ProblemError("no-release", "The releases cannot be read; the operator has been told.") from error
            self._numbers, self._read = tuple(sorted(held)), now
        return self._numbers

    def bound(self, wanted: str) -> Bound:
        """Return the release that an address names, ``latest`` or its number. Raises ProblemError."""
        numbers = self.numbers()
        if not numbers:
            raise ProblemError("no-release", "Nothing is published yet.")
        number = numbers[-1] if wanted == NEWEST_ANSWERED else _number(wanted)
        if number not in numbers:
            raise self._missing(number)
        source = self.source
        if self._older is not None and number not in source.numbers():
            source = self._older
        return self._bound(source, number)

    def _bound(self, source: PublicSource, number: int) -> Bound:
        try:
            return Bound(source, self._cache, number, self._numbers[-1])
        except UnknownReleaseError:
            raise self._missing(number) from None
        except StoreError as error:
            raise ProblemError("no-release", f"Release {number} cannot be read; the operator has been told.") from error

    def today(self, program: str) -> Bound:
        """Return a release without figures, for what can be said before anything is published."""
        return Bound(Unpublished(program), self._cache, 0, 0)

    def _missing(self, number: int) -> ProblemError:
        first, last = self._numbers[0], self._numbers[-1]
        if 0 < number < first and self._is_partial():
            return ProblemError("release-not-kept", f"Release {number} is not kept here; {first} to {last} are.")
        return ProblemError("unknown", f"There is no release {number}.")

    def _is_partial(self) -> bool:
        """Whether the source holds the newest releases alone."""
        try:
            return self.source.manifest(self._numbers[0]).previous is not None
        except StoreError:
            return True


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6 or text.startswith("0"):  # noqa: PLR2004 - digits
        raise ProblemError("unknown", "A release is named by its number, as release/12.")
    return int(text)


def years_before(period: Period, years: int = 1) -> Period:
    """Return the same period so many years before."""
    return Period(period.kind, period.last - years * MONTHS_PER_YEAR)


def level_of(geo: str) -> str | None:
    """Return the level of a NIS code, None for no place of ours."""
    return _LEVELS.get(geo)


_LEVELS = {geo: level for level, geo in PLACES}
