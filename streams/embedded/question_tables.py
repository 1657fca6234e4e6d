"""The tables that questions touch, each with its pattern: which cells are hidden, for good.

The pattern of a table is made for the whole table (all places, all categories) when the first question touches it, and
stands from then on: the same cell is always shown or always hidden, whoever asks. At another update of the store what
was hidden once stays hidden.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from processors.disclosure.grids import ALL, Cell, Grid, Place, columns_of
from processors.disclosure.joined import Within, joined
from processors.disclosure.linked import Linked, pattern
from processors.research import questions as counting
from processors.research.questions import LATER, NOTHING, CountsByCell, Tabulation
from schemas.arrays import Int64, Mask
from schemas.breakdowns import CATEGORIES
from schemas.figures import BlockKey
from schemas.indicators import BANDS, NUMBER
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import MUNICIPALITIES, PLACES, ancestors, valid_code
from schemas.questions import LEAST_OF_CONDITIONS, THRESHOLD, QuestionError, categories
from sinks import questions as kept
from sinks.indicators import read_release
from streams.embedded.inquiry import Inquiry

WIDE = tuple(place for place in PLACES if place[0] != "municipality")
REGIONS = tuple(place for place in PLACES if place[0] in {"kingdom", "region"})
_PROVINCES = tuple(place for place in PLACES if place[0] in {"kingdom", "region", "province"})
_HERSTAPPE = "73028"
_LATER_STATES = (*LATER, NOTHING)
MOST_TOGETHER = 4000
"""Cells of other tables that stand in one program with a new one; where there are more, each stands in one alone."""
_DURATION = NUMBER["duration", "exact_own_g0", "band"]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A table whose pattern is kept."""

    grid: Grid
    counts: Int64
    hidden: Mask


@dataclass(frozen=True)
class Tables:
    """The tables of one support and period, with their patterns."""

    inquiry: Inquiry
    support: str
    period: Period

    def frozen(self, measure: str, by: tuple[str, ...]) -> Frozen:
        """Return a table of places down to the arrondissement (provinces where it is crossed), with its pattern."""
        by = tuple(sorted(by))
        grid = self.grid(by, _PROVINCES if len(by) > 1 else WIDE)
        margins = [with_axis(self.frozen(measure, by[:at] + by[at + 1 :]), at) for at in range(len(by))]
        counts = grid.counts(self.counted(measure, by) | _counts_of(margins))
        beside = [] if measure == "persons" else [self.frozen("persons", by)]
        return self.kept(" ".join((measure, *by)), grid, counts, (margins, beside), measure, by)

    def later(self) -> Frozen:
        """Return what becomes of the persons of a period; a small row that says one thing of all is hidden whole."""
        after = Period(self.period.kind, self.period.last + MONTHS_PER_YEAR)
        for support in LATER:
            self.inquiry.require_published(support, after)
        grid = replace(self.grid((), REGIONS), columns=columns_of([_LATER_STATES]))
        with self.inquiry.rows(self.period.first, after.last) as connection:
            counts = counting.later(connection, self.period)
        return self._of_totals("later", grid, counts)

    def durations(self) -> Frozen:
        """Return how long the persons of a month have the living wage, from the indicators of this update."""
        grid = replace(self.grid((), WIDE), columns=columns_of([BANDS]))
        counts: CountsByCell = {}
        for part in read_release(self.inquiry.store, self.inquiry.number):
            rows = part.table
            mine = np.flatnonzero((rows.series == _DURATION) & (rows.reference == self.period.last))
            for at in mine.tolist():
                counts[(*PLACES[rows.place[at]], BANDS[rows.category[at]])] = int(rows.counted[at])
        if not counts:
            update = self.inquiry.of.update
            raise QuestionError(f"durations of {self.period.code} are not counted at {update}; see ocmw indicators")
        return self._of_totals("duration", grid, counts)

    def local(self, by: tuple[str, ...], arrondissement: str) -> Frozen:
        """Return the municipalities of an arrondissement, below its own line, which stands as it is elsewhere."""
        top = ("arrondissement", arrondissement)
        if top not in PLACES:
            raise QuestionError(f"place {arrondissement} is no arrondissement, and municipalities stand below one")
        grid = self.grid(by, (top, *self.below(arrondissement)))
        counts = grid.counts(self.counted("persons", by))
        line = _only(self.frozen("persons", by), top)
        margins = [line] if not by else [line, with_axis(self.local((), arrondissement), 0)]
        return self.kept(" ".join(("persons", f"in-{arrondissement}", *by)), grid, counts, (margins, []), "", by)

    def below(self, arrondissement: str) -> list[Place]:
        """Return the municipalities of an arrondissement, under every code they had."""
        return under(arrondissement, "municipality")

    def _of_totals(self, name: str, grid: Grid, parts: CountsByCell) -> Frozen:
        """Return a table of one set of categories, whose total is that of the period."""
        totals = self.frozen("persons", ())
        counts = grid.counts(parts | _counts_of([totals]))
        alone = list(_alone(grid, counts))
        return self.kept(f"persons {name}", grid, counts, ([totals], []), "", (), alone)

    def grid(self, by: tuple[str, ...], places: tuple[Place, ...]) -> Grid:
        """Return the places and columns of a table of some characteristics."""
        codes_of = [categories(name, self.period.last) for name in by]
        columns = columns_of([[code for code, _ in mine] for mine in codes_of])
        empty = [{code for code, is_empty in mine if is_empty} for mine in codes_of]
        nobody = frozenset(c for c in columns if any(code in mine for code, mine in zip(c, empty, strict=False)))
        return Grid(places, columns, frozenset(places) - self._inhabited(), nobody)

    def _inhabited(self) -> frozenset[Place]:
        """Return the places that some municipality lies in, as codes are in this period; Herstappe is none."""
        fixed = self.inquiry.store.settings.geography_month
        months = [fixed] if fixed is not None else [self.period.first, self.period.last]
        codes = {valid_code(nis, month) for nis in MUNICIPALITIES for month in months}
        return frozenset(place for nis in codes - {_HERSTAPPE} for place in ancestors(nis).items())

    def counted(self, measure: str, by: tuple[str, ...]) -> CountsByCell:
        """Return the counts of all cells, from the blocks of this update where they stand there."""
        tabulation = Tabulation(self.support, self.period, by)
        if measure == "persons" and len(by) < 2:  # noqa: PLR2004 - no cross
            return self._in_store(by)
        first = self.period.first - (measure == "entering")
        with self.inquiry.rows(first, self.period.last) as connection:
            if measure == "entering":
                begins = connection.execute("select min(month) from rows").fetchone() or (0,)
                if begins[0] > first:
                    raise QuestionError(f"who enters in {self.period.code} is not known: the month before has no rows")
            count = {"entering": counting.entering, "spells": counting.spells, "persons": counting.persons}[measure]
            counts = count(connection, tabulation)
        return counts if by else {(*place, ALL): number for place, number in counts.items()}

    def _in_store(self, by: tuple[str, ...]) -> CountsByCell:
        entry = self.inquiry.release.entries[BlockKey(self.support, self.period)]
        if entry.latest is None:
            return {}
        cells, counts = self.inquiry.store.read_block(entry.latest), {}
        wanted = by[0] if by else "total"
        for place, category, count in zip(
            cells.place.tolist(), cells.category.tolist(), cells.beneficiaries.tolist(), strict=True
        ):
            breakdown, code = CATEGORIES[category]
            if breakdown == wanted:
                counts[(*PLACES[place], code if by else ALL)] = count
            elif breakdown == "total":
                counts[(*PLACES[place], ALL)] = count
        return counts

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

        ``others`` are two lists: tables whose cells are margins of this one, and tables whose hidden cells are hidden
        here too.
        """
        first, *rest = name.split()
        table = " ".join((first, self.support, self.period.code, *rest))
        root, update = self.inquiry.store.root, self.inquiry.number
        known = kept.pattern(root, table, update)
        if known is None:
            margins, beside = others
            longer = self._longer(measure, by) if measure else None
            above = [*beside, *([longer] if longer else [])]
            hidden = [*kept.hidden_elsewhere(root, table, update), *alone]
            for other in (*margins, *above):
                hidden += [cell for cell, at in other.grid.number.items() if other.hidden[at]]
            fixed = grid.mask([cell for other in margins for cell in other.grid.number])
            below = list(self._months_answered(by)) if measure == "persons" else []
            made = settled(Frozen(grid, counts, grid.mask(hidden)), fixed, above, below)
            cells = list(grid.cells())
            known = frozenset(cells[at] for at in np.flatnonzero(made).tolist())
            kept.keep_pattern(root, table, update, known)
        return Frozen(grid, counts, grid.mask(list(known)))

    def _longer(self, measure: str, by: tuple[str, ...]) -> Frozen | None:
        """Return the table of the year that holds this month, where it is published."""
        (year,) = Period.holding("year", self.period.last)
        if self.period.kind == "year" or measure != "persons" or not self.inquiry.is_published(self.support, year):
            return None
        return Tables(self.inquiry, self.support, year).frozen(measure, by)

    def _months_answered(self, by: tuple[str, ...]) -> Iterator[Frozen]:
        """Yield the tables of months of this year that were asked for before it was published."""
        for month in range(self.period.first, self.period.last + 1) if self.period.kind == "year" else ():
            one = Tables(self.inquiry, self.support, Period("month", month))
            table = " ".join(("persons", self.support, one.period.code, *by))
            if kept.pattern(self.inquiry.store.root, table, self.inquiry.number) is not None:
                yield one.frozen("persons", by)


def settled(new: Frozen, fixed: Mask, above: list[Frozen], below: list[Frozen]) -> Mask:
    """Return which cells of a table are hidden: ``new`` names those that are so already, others show ``fixed``.

    ``above`` are answered tables whose cells are at least as large, ``below`` those whose cells are at most so.
    """
    others = [*above, *below]
    if len(others) > 1 and sum(len(one.counts) for one in others) > MOST_TOGETHER:
        made = new.hidden
        for one_above, one_below in (*(([one], []) for one in above), *(([], [one]) for one in below)):
            made = made | settled(replace(new, hidden=made), fixed, one_above, one_below)
        return made
    within = [
        Within((0, at), (number, its)) if number <= len(above) else Within((number, its), (0, at))
        for number, one in enumerate(others, start=1)
        for at, its in _same_cells(new.grid, one.grid)
    ]
    linked = _linked(new, fixed)
    beside = [_linked(one, ~one.hidden) for one in others]
    made = pattern(joined(linked, beside, within) if others else linked, THRESHOLD)
    return made[: len(new.counts)]


def _linked(one: Frozen, fixed: Mask) -> Linked:
    """Return a table of which no other tells anything by itself."""
    return one.grid.linked(one.counts, fixed, one.hidden, (np.zeros_like(one.counts), one.grid.free()))


def _same_cells(first: Grid, second: Grid) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the cells that two tables share, empty ones apart."""
    empty, empty_too = first.structural(), second.structural()
    for cell, at in first.number.items():
        its = second.number.get(cell)
        if its is not None and not empty[at] and not empty_too[its]:
            yield at, its


def under(place: str, level: str) -> list[Place]:
    """Return the places of a level within a place. Raises QuestionError where none lies there."""
    places = {
        (level, areas[level]) for areas in map(ancestors, MUNICIPALITIES) if place in areas.values() and level in areas
    }
    if not places or (level, place) in places:
        raise QuestionError(f"place {place} has no {level} below it")
    return sorted(places)


def _counts_of(tables: Iterable[Frozen]) -> CountsByCell:
    """Return the counts of some tables, by cell."""
    return {cell: int(one.counts[at]) for one in tables for cell, at in one.grid.number.items()}


def with_axis(one: Frozen, axis: int) -> Frozen:
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
