"""A question answered: counted from the store and its log, hidden by a pattern that is kept, rounded, and logged.

The pattern of a table is made for the whole table (all places, all categories) when the first question touches it, and
stands from then on: the same cell is always shown or always hidden, whoever asks. At another update of the store what
was hidden once stays hidden.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
import numpy as np

from processors.disclosure.grids import ALL, Cell, Grid, Place, columns_of
from processors.disclosure.linked import pattern
from processors.research import questions as counting
from processors.research.coupling import UNMATCHED, counted
from processors.research.extraction import frame
from processors.research.questions import LATER, NOTHING, Asked, Found
from schemas.arrays import Int64, Mask
from schemas.audience import may_see
from schemas.breakdowns import CATEGORIES
from schemas.figures import BlockKey
from schemas.indicators import BANDS, NUMBER
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR, Period, month_code
from schemas.places import KINGDOM, MUNICIPALITIES, PLACES, ancestors, valid_code
from schemas.positions import POSITIONS
from schemas.questions import (
    LEAST_OF_CONDITIONS,
    QUESTIONS_AN_APPROVAL,
    THRESHOLD,
    TOO_FEW,
    Question,
    QuestionError,
    categories,
    question,
    rounded,
)
from schemas.releases import Release
from schemas.supports import LEAVES, NODE
from sinks import questions as kept
from sinks.access_log import Access, last_entries, note_access
from sinks.directory.store import DirectoryStore
from sinks.indicators import read_release
from streams.embedded.extracting import release_named, require_equal, source_of

HIDDEN = f"<{THRESHOLD} or c"
"""One mark for all that is hidden: fewer than the threshold, or a cell that would tell one of those."""
MOST_SECONDS = 60
_MEMORY = "2GB"
_EVERY = 1 << 40
_WIDE = tuple(place for place in PLACES if place[0] != "municipality")
_REGIONS = tuple(place for place in PLACES if place[0] in {"kingdom", "region"})
_PROVINCES = tuple(place for place in PLACES if place[0] in {"kingdom", "region", "province"})
_HERSTAPPE = "73028"
_LATER_STATES = (*LATER, NOTHING)
_DURATION = NUMBER["duration", "exact_own_g0", "band"]


@dataclass(frozen=True, slots=True)
class Studied:
    """An extraction on record: its study, number and update, and the day by which it is destroyed."""

    study: str
    number: int
    update: str
    destroy_by: date

    @property
    def name(self) -> str:
        """The study and the number of its extraction: a question that names both is answered by that one for ever."""
        return f"{self.study}-{self.number:04d}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question as text (CSV), whose extraction it is of, and the head of the log of accesses."""

    text: str
    extraction: str
    head: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """A table whose pattern is kept."""

    grid: Grid
    counts: Int64
    hidden: Mask


def studied(root: Path, name: str) -> Studied:
    """Return the newest extraction of a study, or the one that is named. Raises QuestionError where none stands."""
    found: dict[tuple[str, int], Studied] = {}
    for entry in last_entries(root, _EVERY):
        of = entry.get("of", {})
        if entry.get("what") == "extract" and "destroy_by" in of:
            day = date.fromisoformat(of["destroy_by"])
            found[of["study"], of["number"]] = Studied(of["study"], of["number"], of["update"], day)
        elif entry.get("what") == "destroy":
            found.pop((of.get("study"), of.get("number")), None)
    named = [one for one in found.values() if name in {one.study, one.name}]
    if not named:
        raise QuestionError(f"study {name} has no extraction of this store that stands; make one with ocmw extract")
    return max(named, key=lambda one: one.number)


@dataclass(frozen=True)
class Inquiry:
    """A store at the update of an extraction, and the day on which it is asked."""

    store: DirectoryStore
    of: Studied
    release: Release
    day: date

    @classmethod
    def on(cls, root: Path, name: str, day: date) -> "Inquiry":
        """Return what a question about a study is answered from. Raises QuestionError, ProtocolError, StoreError."""
        of = studied(root, name)
        if of.destroy_by < day:
            raise QuestionError(
                f"study {of.study} had to be destroyed by {of.destroy_by}; nothing is answered any more"
            )
        store = DirectoryStore.reading(root)
        return cls(store, of, release_named(store, of.update), day)

    @property
    def number(self) -> int:
        """The number of the update."""
        return self.release.update.sequence

    def is_published(self, support: str, period: Period) -> bool:
        """Tell whether a figure of this update may be seen by those to whom published figures are open."""
        entry = self.release.entries.get(BlockKey(support, period))
        return entry is not None and may_see("restricted", BlockKey(support, period), entry.vintage.state)

    def require_published(self, support: str, period: Period) -> None:
        """Refuse a period that is not published at this update."""
        if not self.is_published(support, period):
            raise QuestionError(f"{support} {period.code} is not published at update {self.of.update}")

    @contextmanager
    def rows(self, first: int, last: int) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the rows of some months, in a database that may take so much time and memory and no more."""
        files = self._rows_files()
        years = range(first // MONTHS_PER_YEAR + EPOCH_YEAR, last // MONTHS_PER_YEAR + EPOCH_YEAR + 1)
        mine = [str(files[year]) for year in years if year in files]
        if not mine:
            raise QuestionError(f"update {self.of.update} has no rows from {month_code(first)} to {month_code(last)}")
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY,
            "autoinstall_known_extensions": "false",
        }
        connection = duckdb.connect(config=config)
        limit = Timer(MOST_SECONDS, connection.interrupt)
        limit.start()
        try:
            counting.prepared(connection)
            names = ", ".join("'" + name.replace("'", "''") + "'" for name in mine)
            connection.execute(f"create view rows as select * from read_parquet([{names}])")  # noqa: S608 - our files
            yield connection
        except duckdb.InterruptException as error:
            raise QuestionError(f"this takes more than {MOST_SECONDS} seconds; ask of fewer periods") from error
        except duckdb.OutOfMemoryException as error:
            raise QuestionError(f"this takes more than {_MEMORY} of memory; ask of fewer periods") from error
        finally:
            limit.cancel()
            connection.close()

    def _rows_files(self) -> dict[int, Path]:
        files = kept.rows_files(self.store.root, self.number)
        if files is None:
            rows = frame(source_of(self.store, self.release))
            require_equal(self.store, self.release, rows, range(len(LEAVES)))
            kept.keep_rows(
                self.store.root,
                self.number,
                rows.drop(columns=["days", "state_share_cents"]).rename(columns={"at": "month"}),
            )
            files = kept.rows_files(self.store.root, self.number) or {}
        return files


def answered(root: Path, text: str, approvals: tuple[str, str], at: datetime) -> Answer:
    """Answer a question, on an approval, and note it; a refusal is noted too.

    ``approvals`` are the names of the one for questions and, where the answer leaves the house, the one for that. The
    log holds the digest of the answer as it is told. Raises QuestionError, ProtocolError, StoreError.
    """
    of: dict[str, Any] = {}
    try:
        asked = question(text)
        told = asked.model_dump(mode="json", by_alias=True, exclude_unset=True)
        of = {"question": told, "published_on": approvals[1]}
        inquiry = Inquiry.on(root, asked.study, at.date())
        of |= {"extraction": inquiry.of.name, "update": inquiry.of.update}
        made = _answer(inquiry, asked, approvals[0])
    except Exception as error:
        refusal = str(error) if isinstance(error, ValueError) else type(error).__name__
        note_access(root, Access("ask", approvals[0], {**of, "refused": refusal}), at)
        raise
    digest = hashlib.sha256(made.encode()).hexdigest()
    head = note_access(root, Access("ask", approvals[0], {**of, "answer": digest}), at)
    return Answer(made, inquiry.of.name, head)


def _answer(inquiry: Inquiry, asked: Question, approval: str) -> str:
    if asked.shape == 5:  # noqa: PLR2004 - a shape
        return _cohort(inquiry, asked, approval)
    if asked.shape == 8:  # noqa: PLR2004 - a shape
        return _positions(inquiry, asked)
    _require_apart(inquiry.store.root, asked.support or "")
    for period in asked.periods:
        inquiry.require_published(asked.support or "", period)
    rows = [line for period in asked.periods for line in _lines(inquiry, asked, period)]
    return _csv((*("period", "level", "place"), *_names(asked), asked.measure), rows)


def _names(asked: Question) -> tuple[str, ...]:
    return {6: ("later",), 7: ("duration",)}.get(asked.shape, tuple(sorted(asked.by)))


def _require_apart(root: Path, support: str) -> None:
    """Refuse a support that shares leaves with one that was asked for: the sum of leaves would tell a hidden one."""
    mine = set(NODE[support].leaves)
    for table in kept.tables(root):
        other = table.split()[1]
        if other != support and mine & set(NODE[other].leaves):
            raise QuestionError(f"support {support} shares leaves with {other}, on which questions were answered here")


def _lines(inquiry: Inquiry, asked: Question, period: Period) -> Iterator[tuple[object, ...]]:
    """Yield the lines of an answer for one period."""
    table = Tables(inquiry, asked.support or "", period)
    if asked.shape == 7:  # noqa: PLR2004 - a shape
        frozen, places = table.durations(), [place for place in _WIDE if place[0] == asked.level]
    elif asked.shape == 6:  # noqa: PLR2004 - a shape
        frozen, places = table.later(), [asked.where]
    elif asked.level == "municipality":
        frozen, places = table.local(asked.by, asked.place or ""), table.below(asked.place or "")
    else:
        frozen = table.frozen(asked.measure, asked.by)
        places = [asked.where]
        if asked.shape == 4:  # noqa: PLR2004 - a shape
            places = _under(asked.place or "", asked.level)
    for cell, at in frozen.grid.number.items():
        place, column = (cell[0], cell[1]), cell[2:]
        if place in places and place not in frozen.grid.empty_places and column not in frozen.grid.empty_columns:
            told = (code or "total" for code in column if asked.by or asked.shape >= 6)  # noqa: PLR2004 - a shape
            yield (period.code, *place, *told, _value(frozen, at, asked))


def _under(place: str, level: str) -> list[Place]:
    """Return the places of a level within a place. Raises QuestionError where none lies there."""
    found = {
        (level, areas[level]) for areas in map(ancestors, MUNICIPALITIES) if place in areas.values() and level in areas
    }
    if not found or (level, place) in found:
        raise QuestionError(f"place {place} has no {level} below it")
    return sorted(found)


@dataclass(frozen=True)
class Tables:
    """The tables of one support and period, with their patterns."""

    inquiry: Inquiry
    support: str
    period: Period

    def frozen(self, measure: str, by: tuple[str, ...]) -> Frozen:
        """Return a table of places down to the arrondissement (provinces where it is crossed), with its pattern."""
        by = tuple(sorted(by))
        grid = self.grid(by, _PROVINCES if len(by) > 1 else _WIDE)
        margins = [_with_axis(self.frozen(measure, by[:at] + by[at + 1 :]), at) for at in range(len(by))]
        counts = grid.counts(self.counted(measure, by) | _told(margins))
        beside = [] if measure == "persons" else [self.frozen("persons", by)]
        return self.kept(" ".join((measure, *by)), grid, counts, (margins, beside), measure, by)

    def later(self) -> Frozen:
        """Return what becomes of the persons of a period; a small row that says one thing of all is hidden whole."""
        after = Period(self.period.kind, self.period.last + MONTHS_PER_YEAR)
        for support in LATER:
            self.inquiry.require_published(support, after)
        grid = replace(self.grid((), _REGIONS), columns=columns_of([_LATER_STATES]))
        with self.inquiry.rows(self.period.first, after.last) as connection:
            found = counting.later(connection, self.period)
        return self._of_totals("later", grid, found)

    def durations(self) -> Frozen:
        """Return how long the persons of a month have the living wage, from the indicators of this update."""
        grid = replace(self.grid((), _WIDE), columns=columns_of([BANDS]))
        found: Found = {}
        for part in read_release(self.inquiry.store, self.inquiry.number):
            rows = part.table
            mine = np.flatnonzero((rows.series == _DURATION) & (rows.reference == self.period.last))
            for at in mine.tolist():
                found[(*PLACES[rows.place[at]], BANDS[rows.category[at]])] = int(rows.counted[at])
        if not found:
            update = self.inquiry.of.update
            raise QuestionError(f"durations of {self.period.code} are not counted at {update}; see ocmw indicators")
        return self._of_totals("duration", grid, found)

    def local(self, by: tuple[str, ...], arrondissement: str) -> Frozen:
        """Return the municipalities of an arrondissement, below its own line, which stands as it is elsewhere."""
        top = ("arrondissement", arrondissement)
        if top not in PLACES:
            raise QuestionError(f"place {arrondissement} is no arrondissement, and municipalities stand below one")
        grid = self.grid(by, (top, *self.below(arrondissement)))
        counts = grid.counts(self.counted("persons", by))
        line = _only(self.frozen("persons", by), top)
        margins = [line] if not by else [line, _with_axis(self.local((), arrondissement), 0)]
        return self.kept(" ".join(("persons", f"in-{arrondissement}", *by)), grid, counts, (margins, []), "", by)

    def below(self, arrondissement: str) -> list[Place]:
        """Return the municipalities of an arrondissement, under every code they had."""
        return _under(arrondissement, "municipality")

    def _of_totals(self, name: str, grid: Grid, found: Found) -> Frozen:
        """Return a table of one set of categories, whose total is that of the period."""
        totals = self.frozen("persons", ())
        counts = grid.counts(found | _told([totals]))
        alone = list(_alone(grid, counts))
        return self.kept(f"persons {name}", grid, counts, ([totals], []), "", (), alone)

    def grid(self, by: tuple[str, ...], places: tuple[Place, ...]) -> Grid:
        """Return the places and columns of a table of some characteristics."""
        told = [categories(name, self.period.last) for name in by]
        columns = columns_of([[code for code, _ in mine] for mine in told])
        empty = [{code for code, is_empty in mine if is_empty} for mine in told]
        nobody = frozenset(c for c in columns if any(code in mine for code, mine in zip(c, empty, strict=False)))
        return Grid(places, columns, frozenset(places) - self._inhabited(), nobody)

    def _inhabited(self) -> frozenset[Place]:
        """Return the places that some municipality lies in, as codes are in this period; Herstappe is none."""
        fixed = self.inquiry.store.settings.geography_month
        months = [fixed] if fixed is not None else [self.period.first, self.period.last]
        codes = {valid_code(nis, month) for nis in MUNICIPALITIES for month in months}
        return frozenset(place for nis in codes - {_HERSTAPPE} for place in ancestors(nis).items())

    def counted(self, measure: str, by: tuple[str, ...]) -> Found:
        """Return the counts of all cells, from the blocks of this update where they stand there."""
        asked = Asked(self.support, self.period, by)
        if measure == "persons" and len(by) < 2:  # noqa: PLR2004 - no cross
            return self._in_store(by)
        first = self.period.first - (measure == "entering")
        with self.inquiry.rows(first, self.period.last) as connection:
            if measure == "entering":
                begins = connection.execute("select min(month) from rows").fetchone() or (0,)
                if begins[0] > first:
                    raise QuestionError(f"who enters in {self.period.code} is not known: the month before has no rows")
                return counting.entering(connection, asked)
            return (counting.spells if measure == "spells" else counting.persons)(connection, asked)

    def _in_store(self, by: tuple[str, ...]) -> Found:
        entry = self.inquiry.release.entries[BlockKey(self.support, self.period)]
        if entry.latest is None:
            return {}
        cells, found = self.inquiry.store.read_block(entry.latest), {}
        wanted = by[0] if by else "total"
        for place, category, count in zip(
            cells.place.tolist(), cells.category.tolist(), cells.beneficiaries.tolist(), strict=True
        ):
            breakdown, code = CATEGORIES[category]
            if breakdown == wanted:
                found[(*PLACES[place], code if by else ALL)] = count
            elif breakdown == "total":
                found[(*PLACES[place], ALL)] = count
        return found

    def kept(  # noqa: PLR0913, PLR0917 - what hides cells of a table
        self,
        name: str,
        grid: Grid,
        counts: Int64,
        others: tuple[list[Frozen], list[Frozen]],
        measure: str,
        by: tuple[str, ...],
        alone: Iterable[Cell] = (),
    ) -> Frozen:
        """Return a table with its pattern, made now where nobody asked for it yet.

        ``others`` are the tables whose cells are margins of this one, and those whose hidden cells are hidden here too.
        """
        first, *rest = name.split()
        table = " ".join((first, self.support, self.period.code, *rest))
        root, update = self.inquiry.store.root, self.inquiry.number
        known = kept.pattern(root, table, update)
        if known is None:
            margins, beside = others
            longer = self._longer(measure, by) if measure else None
            hidden = [*kept.hidden_elsewhere(root, table, update), *alone]
            for other in (*margins, *beside, *([longer] if longer else [])):
                hidden += [cell for cell, at in other.grid.number.items() if other.hidden[at]]
            fixed = [cell for other in margins for cell in other.grid.number]
            bounds = self._bounds(grid, [*beside, *([longer] if longer else [])], measure, by, counts)
            linked = grid.linked(counts, grid.mask(fixed), grid.mask(hidden), bounds)
            cells = list(grid.cells())
            known = frozenset(cells[at] for at in np.flatnonzero(pattern(linked, THRESHOLD)).tolist())
            kept.keep_pattern(root, table, update, known)
        return Frozen(grid, counts, grid.mask(list(known)))

    def _longer(self, measure: str, by: tuple[str, ...]) -> Frozen | None:
        """Return the table of the year that holds this month, where it is published."""
        (year,) = Period.holding("year", self.period.last)
        if self.period.kind == "year" or measure != "persons" or not self.inquiry.is_published(self.support, year):
            return None
        return Tables(self.inquiry, self.support, year).frozen(measure, by)

    def _bounds(
        self, grid: Grid, above: list[Frozen], measure: str, by: tuple[str, ...], counts: Int64
    ) -> tuple[Int64, Int64]:
        """Return the least and the most that tables of other periods and measures say of each cell."""
        least, most = np.zeros(len(counts), np.int64), grid.free()
        for other in above:
            shown = {cell: int(other.counts[at]) for cell, at in other.grid.number.items() if not other.hidden[at]}
            most = np.minimum(most, [shown.get(cell, most[at]) for cell, at in grid.number.items()])
        if self.period.kind == "year" and measure == "persons":
            for month in range(self.period.first, self.period.last + 1):
                least = np.maximum(least, self._month_shown(grid, month, by))
        return np.minimum(least, counts), np.maximum(most, counts)

    def _month_shown(self, grid: Grid, month: int, by: tuple[str, ...]) -> Int64:
        """Return what a month shows of each cell, where it was asked for before its year was published."""
        beside = Tables(self.inquiry, self.support, Period("month", month))
        name = " ".join(("persons", self.support, beside.period.code, *by))
        hidden = kept.pattern(self.inquiry.store.root, name, self.inquiry.number)
        if hidden is None:
            return np.zeros(len(grid.places) * len(grid.columns), np.int64)
        found = beside.counted("persons", by)
        return np.array([0 if cell in hidden else found.get(cell, 0) for cell in grid.cells()], np.int64)


def _told(tables: Iterable[Frozen]) -> Found:
    """Return the counts of some tables, by cell."""
    return {cell: int(one.counts[at]) for one in tables for cell, at in one.grid.number.items()}


def _with_axis(one: Frozen, axis: int) -> Frozen:
    """Return a table with one more characteristic, of which it knows all categories together."""
    wide = one.grid.columns
    bare = wide == ((ALL,),)
    columns = wide if bare else tuple((*column[:axis], ALL, *column[axis:]) for column in wide)
    return replace(one, grid=replace(one.grid, columns=columns, empty_columns=frozenset()))


def _only(one: Frozen, place: Place) -> Frozen:
    """Return one line of a table."""
    width, at = len(one.grid.columns), one.grid.places.index(place)
    mine = slice(at * width, (at + 1) * width)
    return Frozen(replace(one.grid, places=(place,)), one.counts[mine], one.hidden[mine])


def _alone(grid: Grid, counts: Int64) -> Iterator[Cell]:
    """Yield the cells of small rows in which one category is all there is."""
    cells, width = list(grid.cells()), len(grid.columns)
    for first in range(0, len(cells), width):
        total, parts = counts[first], counts[first + 1 : first + width]
        if 0 < total < LEAST_OF_CONDITIONS * THRESHOLD and (parts == total).any():
            yield from cells[first + 1 : first + width]


def _cohort(inquiry: Inquiry, asked: Question, approval: str) -> str:
    """Answer shape 5. Everything is computed before anything is refused: refusals take the same time."""
    root = inquiry.store.root
    if _asked_before(root, approval) >= QUESTIONS_AN_APPROVAL:
        raise QuestionError(
            f"{approval} had its {QUESTIONS_AN_APPROVAL} questions of shape 5; ask for another approval"
        )
    periods = [Period.parse(str(one.year)) for one in asked.conditions]
    for one, period in zip(asked.conditions, periods, strict=True):
        inquiry.require_published(one.support, period)
    (by,) = asked.by
    with inquiry.rows(min(one.first for one in periods), max(one.last for one in periods)) as connection:
        sizes, told = counting.cohort(connection, asked.conditions, asked.where, by)
    persons = told["number"].to_numpy(np.int64)
    few = min(sizes) < LEAST_OF_CONDITIONS * THRESHOLD or len(persons) < THRESHOLD
    near = _too_near(persons, [one.persons for one in kept.cohorts(root, inquiry.day)])
    grid = replace(
        Tables(inquiry, asked.conditions[-1].support, periods[-1]).grid((by,), (asked.where,)),
        empty_places=frozenset(),
    )
    found: Found = {(*asked.where, str(code)): int(n) for code, n in told["category"].value_counts().items()}
    counts = grid.counts(found | {(*asked.where, ALL): len(persons)})
    total = grid.mask([(*asked.where, ALL)])
    linked = grid.linked(counts, total, np.zeros(len(counts), np.bool_), (np.zeros_like(counts), grid.free()))
    hidden = pattern(linked, THRESHOLD)
    if few or near:
        raise QuestionError(f"{TOO_FEW}; {asked.nearest}")
    kept.keep_cohort(root, kept.Cohort(inquiry.of.study, inquiry.of.destroy_by, persons))
    lines = [
        (*asked.where, cell[2] or "total", HIDDEN if hidden[at] else str(rounded(int(counts[at]))))
        for cell, at in grid.number.items()
        if cell[2:] not in grid.empty_columns
    ]
    return _csv(("level", "place", by, "persons"), lines)


def _positions(inquiry: Inquiry, asked: Question) -> str:
    """Answer shape 8, from the newest coupling of the study, of the extraction that is named or one before it."""
    root, of = inquiry.store.root, inquiry.of
    names = [f"{of.study}-{number:04d}" for number in range(of.number, 0, -1)]
    name = next((name for name in names if kept.coupled(root, name) is not None), None)
    held = None if name is None else kept.coupled(root, name)
    if name is None or held is None:
        raise QuestionError("shape 8 needs a coupling of this study; make it with ocmw extract couple")
    later = len(asked.by) > 1
    codes = (*POSITIONS, UNMATCHED)
    grid = Grid(_REGIONS, columns_of([codes, codes] if later else [codes]))
    counts = grid.counts(counted(held, asked.from_period.first // MONTHS_PER_YEAR, {"": KINGDOM}, later=later))
    margins = [_one_position(inquiry, asked, name)] if later else []
    frozen = Tables(inquiry, "LL", asked.from_period).kept(
        f"leavers {name} {' '.join(asked.by) or 'position'}", grid, counts, (margins, []), "", ()
    )
    lines = [
        (asked.from_period.code, *cell[:2], *(code or "total" for code in cell[2:]), _value(frozen, at, asked))
        for cell, at in grid.number.items()
        if cell[0] == "region"
    ]
    return _csv(("period", "level", "place", *(asked.by or ("position",)), "persons"), lines)


def _one_position(inquiry: Inquiry, asked: Question, name: str) -> Frozen:
    """Return the table of the first position alone, which is a margin of the crossed one."""
    alone = asked.model_copy(update={"by": ("position",)})
    held = kept.coupled(inquiry.store.root, name)
    codes = (*POSITIONS, UNMATCHED)
    grid = Grid(_REGIONS, columns_of([codes]))
    year = alone.from_period.first // MONTHS_PER_YEAR
    counts = grid.counts({} if held is None else counted(held, year, {"": KINGDOM}, later=False))
    frozen = Tables(inquiry, "LL", asked.from_period).kept(f"leavers {name} position", grid, counts, ([], []), "", ())
    return _with_axis(frozen, 1)


def _value(frozen: Frozen, at: int, asked: Question) -> str:
    count = int(frozen.counts[at])
    return HIDDEN if frozen.hidden[at] else str(rounded(count) if asked.round_ else count)


def _asked_before(root: Path, approval: str) -> int:
    """Return how many questions of shape 5 an approval had, refused ones too."""
    return sum(
        entry.get("what") == "ask"
        and entry.get("approval") == approval
        and entry.get("of", {}).get("question", {}).get("shape") == 5  # noqa: PLR2004 - a shape
        for entry in last_entries(root, _EVERY)
    )


def _too_near(persons: Int64, earlier: list[Int64]) -> bool:
    """Tell whether some persons, and any two earlier cohorts, cut out a group of 1 to t - 1 persons."""
    everyone = np.unique(np.concatenate([persons, *earlier])) if earlier else persons
    mine = np.isin(everyone, persons)
    members = [np.isin(everyone, one) for one in earlier]
    pairs: Iterable[tuple[Mask, Mask]] = [*combinations(members, 2), *((one, one) for one in members)]
    narrow = False
    for first, second in pairs:
        regions = np.bincount(mine * 4 + first * 2 + second, minlength=8)[1:]
        narrow |= bool(((regions > 0) & (regions < THRESHOLD)).any())
    return narrow


def _csv(header: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in (tuple(header), *rows))
