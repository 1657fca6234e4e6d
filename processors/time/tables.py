"""The tables of the time dimension: durations, flows, entries, quartiles, survival, outcomes, youth care (H1-H5).

Each row stands in the geography of the last month that it reads (``processors.reference.indicators`` says which), and
is counted only where the months that it needs are there; references of one era of codes share their spells. What comes
from spells is counting by place and month.
"""

# ruff: noqa: PLR0913, PLR0917 - rows of a table have six columns

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import groupby, product
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.admission.ledger import Ledger
from processors.counting.people import People
from processors.rules import rules
from processors.time.durations import durations
from processors.time.spells import TRAIT_KINDS, Layout, Spells, SpellsSeen, layout, spells
from processors.time.window import Windows
from schemas.arrays import Int32, Mask
from schemas.indicators import (
    BANDS,
    CENSORED_MONTHS,
    CENTRE_CITIES,
    COLUMNS,
    FLOWS,
    GAPS,
    NUMBER,
    PARTS,
    QUARTILES,
    RANKS,
    SERIES,
    SURVIVAL_MONTHS,
    SURVIVAL_UNIT,
    TRAIT_CODES,
    TRAITS,
    Table,
    reference_code,
)
from schemas.periods import MONTH_COUNT, MONTHS_PER_YEAR
from schemas.places import PLACES
from schemas.settings import FigureSettings

Integers = npt.NDArray[np.integer[Any]]

STRETCH = 24
"""Reference months whose durations are counted together: more would need more memory, fewer more passes."""
_QUARTERS = len(QUARTILES) + 1
_DECEMBER = MONTHS_PER_YEAR - 1


class SpellCache:
    """Layouts and spells of the rows of one closing, for its questions; threads may share it.

    Two threads may make the same thing; all of them are given the one that was kept.
    """

    def __init__(self) -> None:
        """Hold nothing."""
        self._layouts: dict[int, Layout] = {}
        self._spells: dict[tuple[int, int], tuple[Layout, SpellsSeen]] = {}

    def layout(self, era: int, make: Callable[[], Layout]) -> Layout:
        """Return the layout of an era of codes, made where it is not held."""
        held = self._layouts.get(era)
        return self._layouts.setdefault(era, make()) if held is None else held

    def spells(self, gap: int, of: Layout, make: Callable[[], SpellsSeen]) -> SpellsSeen:
        """Return the spells of a layout, made where they are not held. The layout is held too, so its id stays its."""
        key = (gap, id(of))
        held = self._spells.get(key) or self._spells.setdefault(key, (of, make()))
        return held[1]


@dataclass(frozen=True, slots=True)
class Question:
    """What the tables are made from: all rows of the ledger, L, which months are there, the references wanted.

    ``since`` is L, MONTH_COUNT where no month has a row of the supports of spells. ``first`` is the first reference
    month wanted; a row of an earlier one is as it was. ``last`` is the last month with a row of these supports.
    """

    people: People
    births: Int32
    since: int
    windows: Windows
    first: int
    last: int
    settings: FigureSettings
    cache: SpellCache = field(default_factory=SpellCache, repr=False)

    @classmethod
    def of(
        cls, ledger: Ledger, people: People, since: int | None, windows: Windows, first: int, settings: FigureSettings
    ) -> Self:
        """Return what a ledger says; ``people`` are all its rows."""
        leaves = [leaf for part in PARTS[settings.spells] for leaf in part]
        with_rows = np.flatnonzero(ledger.tables.exists[leaves].any(axis=0))
        last = int(with_rows[-1]) if len(with_rows) else -1
        known = MONTH_COUNT if since is None else since
        return cls(people, ledger.births, known, windows, first, last, settings)

    def layout(self, geography: int) -> Layout:
        """Return the layout in the geography of a month, the same for all months of an era of codes."""
        era = int(rules(self.settings).era_of_month[geography])
        return self.cache.layout(era, lambda: layout(self.people, self.births, self.since, geography, self.settings))

    def spells(self, gap: int, era_layout: Layout) -> SpellsSeen:
        """Return all spells with a gap tolerance in one of the layouts; each is found once."""
        return self.cache.spells(gap, era_layout, lambda: spells(self.people, gap, era_layout))

    def eras(self, references: Iterable[int], needed: int) -> Iterator[tuple[Layout, list[int]]]:
        """Yield the references whose last month read, ``needed`` later, lies in one era of codes."""
        era_of_month = rules(self.settings).era_of_month
        for _, months in groupby(references, key=lambda month: int(era_of_month[month + needed])):
            in_era = list(months)
            yield self.layout(in_era[0] + needed), in_era

    @property
    def months(self) -> Integers:
        """The reference months wanted: none before L."""
        return np.arange(max(self.first, self.since), self.last + 1)

    def standing(self) -> list[int]:
        """Return the months of which durations may be shown: the five years before them are looked at."""
        months, there = self.months, self.windows.spells.since(self.since)
        complete = there.after(months, months + 1) & there.before(months - CENSORED_MONTHS, months)
        standing: list[int] = months[complete].tolist()
        return standing

    def flowing(self, gap: int) -> tuple[list[int], Mask]:
        """Return the months of which flows may be shown, and the mask of months (by ordinal) of which entries may."""
        months, there = self.months, self.windows.spells.since(self.since)
        flowing = months[there.after(months, months + gap + 2)]
        enters = np.zeros(MONTH_COUNT, np.bool_)
        enters[flowing] = (flowing > self.since + gap) & there.before(flowing - gap - 1, flowing)
        return flowing.tolist(), enters

    def years(self, first: int, after: int) -> list[int]:
        """Return the years, by their last month, that are there, and so many months ``after``.

        Those from the year of a month ``first`` on; the five years before them are looked at.
        """
        years = np.arange(_december(max(first, self.since)), _december(self.last) + 1, MONTHS_PER_YEAR)
        january, there = years - _DECEMBER, self.windows.spells.since(self.since)
        complete = there.after(january, years + after + 1) & there.before(january - CENSORED_MONTHS, january)
        complete_years: list[int] = years[complete].tolist()
        return complete_years

    def years_of_entry(self, gap: int) -> list[int]:
        """Return all years of which it is known who enters, by their last month: none with a month of L ... L+g."""
        return [year for year in self.years(self.since, 0) if year - _DECEMBER > self.since + gap]

    def horizons(self, gap: int) -> list[tuple[int, int]]:
        """Return the years of entry of which all months are there, and the last month up to which all are (P)."""
        there = self.windows.spells.since(self.since)
        missing = np.flatnonzero(~there.there)
        horizons = []
        for year in range(_december(self.since), _december(self.last) + 1, MONTHS_PER_YEAR):
            january = year - _DECEMBER
            last = int(np.r_[missing[missing >= january], MONTH_COUNT][0]) - 1
            if january > self.since + gap and there.recounted[january - 1] and last >= year:
                horizons.append((year, last))
        return horizons


Job = Callable[[], Iterable[Table]]
Each = Callable[[Callable[[Job], list[Table]], list[Job]], Iterable[list[Table]]]
"""Maps a function over independent jobs: ``map``, or the map of a pool of threads."""


def tables(question: Question, each: Each = map) -> Table:
    """Return every row of every series for the references wanted (H1-H3); empty where no month may be shown."""
    of_gaps = (_flow_tables, _entry_tables, _completed_tables, _survival_tables)
    jobs: list[Job] = [
        partial(_duration_tables, question),
        partial(_running_tables, question),
        *(partial(of_gap, question, gap) for of_gap in of_gaps for gap in GAPS),
    ]
    return made_by(jobs, each)


def made_by(jobs: list[Job], each: Each) -> Table:
    """Return the rows of all jobs, sorted by series, reference, place and category."""
    return joined([part for parts in each(_done, jobs) for part in parts])


def _done(job: Job) -> list[Table]:
    return list(job())


def joined(parts: list[Table]) -> Table:
    """Return all rows, sorted by series, reference, place and category."""
    joined = Table._make(map(np.concatenate, zip(EMPTY, *parts, strict=True)))
    order = np.lexsort((joined.category, joined.place, joined.reference, joined.series))
    return Table._make(column[order] for column in joined)


def rows_of(
    series: int | Integers,
    reference: int | Integers,
    place: Integers,
    category: int | Integers,
    count: Integers,
    base: Integers,
) -> Table:
    """Return rows; what is one number holds for all of them."""
    columns = np.broadcast_arrays(series, reference, place, category, count, base)
    kinds = (np.int16, np.int16, np.int16, np.int16, np.int32, np.int32)
    return Table._make(column.astype(kind) for column, kind in zip(columns, kinds, strict=True))


_NOTHING = np.empty(0, np.int64)
EMPTY = rows_of(0, 0, _NOTHING, 0, _NOTHING, _NOTHING)


@cache
def _trait_kinds() -> tuple[Integers, Integers]:
    """Return by trait: which breakdown it belongs to, and the number of its first category there."""
    kind = np.array([TRAITS.index(name) for name, _ in TRAIT_CODES])
    within = np.concatenate([np.arange(size) for size in np.bincount(kind)])
    return kind, within * len(BANDS)


def _duration_tables(question: Question) -> Iterator[Table]:
    kind, first_category = _trait_kinds()
    difference = NUMBER["duration_difference", "own_g0", "stock|exact"]
    for era_layout, months in question.eras(question.standing(), 0):
        for start, stop, stretch in _stretches(months):
            counted = durations(question.people, start, stop - 1, era_layout)
            (place, method, month, trait), band, count, base = _shares(counted.bands, 1)
            series, bands = method * TRAIT_KINDS + kind[trait], first_category[trait] + band
            yield _kept(stretch, rows_of(series, start + month, place, bands, count, base))
            (place, month), category, count, base = _shares(counted.difference, 2)
            yield _kept(stretch, rows_of(difference, start + month, place, category, count, base))


def _stretches(months: list[int]) -> Iterator[tuple[int, int, list[int]]]:
    """Yield [first, stop) of at most STRETCH months that hold all these months, and those within."""
    left = months
    while left:
        within = [month for month in left if month < left[0] + STRETCH]
        yield within[0], within[-1] + 1, within
        left = left[len(within) :]


def _kept(references: list[int], rows: Table) -> Table:
    """Return the rows of some references, which ascend."""
    return Table._make(column[np.isin(rows.reference, references)] for column in rows)


def _shares(counts: Int32, axes: int) -> tuple[tuple[Integers, ...], Integers, Integers, Integers]:
    """Return the counts above zero: what they are counts of, their number along the last axes, the count, its base.

    The base of a count is the sum along those axes. Looked up from the counts that are there: few of all there can be.
    """
    kept = counts.shape[: counts.ndim - axes]
    at = np.flatnonzero(counts)
    of, number = np.divmod(at, math.prod(counts.shape[-axes:]))
    count = counts.reshape(-1)[at]
    first = np.flatnonzero(np.diff(of, prepend=-1))
    base = np.repeat(np.add.reduceat(count, first), np.diff(first, append=len(of))) if len(of) else count
    return np.unravel_index(of, kept), number, count, base


def _by_place(place: Integers, month: Integers, first: int, months: int) -> Integers:
    """Return how often each (place, month) occurs, months counted from ``first``; others are left out."""
    inside = (month >= first) & (month < first + months)
    cell = place[inside].astype(np.int64) * months + (month[inside] - first)
    return np.bincount(cell, minlength=len(PLACES) * months).reshape(len(PLACES), months)


def _flow_tables(question: Question, gap: int) -> Iterator[Table]:
    series = NUMBER["spells", f"own_g{gap}", "flow"]
    flowing, enters = question.flowing(gap)
    for era_layout, months in question.eras(flowing, gap + 1):
        with_gap, without = question.spells(gap, era_layout).own, question.spells(0, era_layout).own
        first, size = months[0], months[-1] - months[0] + 1
        entries = _by_place(with_gap.place, with_gap.first, first, size)
        exits = _by_place(with_gap.place, with_gap.last, first, size)
        alive = without.last >= first
        begun = _by_place(without.place[alive], np.maximum(without.first[alive], first), first, size)
        ended = _by_place(without.place[alive], without.last[alive] + 1, first, size)
        stock = (begun - ended).cumsum(axis=1)
        flows = np.stack([entries, exits, stock], axis=-1)
        place, month = np.nonzero(flows.any(axis=-1))
        for category, name in enumerate(FLOWS):
            rows = rows_of(series, first + month, place, category, flows[place, month, category], stock[place, month])
            yield _kept(
                [month_of_entry for month_of_entry in months if name != "entries" or enters[month_of_entry]] or [-1],
                rows,
            )


def _entry_tables(question: Question, gap: int) -> Iterator[Table]:
    for era_layout, years in question.eras(question.years_of_entry(gap), 0):
        seen = question.spells(gap, era_layout)
        for year, (view, all_spells) in product(years, zip(("own", "national"), seen, strict=True)):
            begun = _chosen(all_spells, (all_spells.first <= year) & (all_spells.first > year - MONTHS_PER_YEAR))
            _, earliest = np.unique(
                begun.person.astype(np.int64) * len(PLACES) + begun.place, return_index=True
            )  # the spells of a person at a place stand in order of time
            for counted, rows in (("spells", begun), ("persons", Spells._make(column[earliest] for column in begun))):
                yield _rank_table(NUMBER["reentry", f"{counted}_{view}_g{gap}", "rank"], year, rows.place, rows.rank)


def _chosen(rows: Spells, mask: Mask) -> Spells:
    return Spells._make(column[mask] for column in rows)


def _rank_table(series: int, year: int, places: Integers, ranks: Integers) -> Table:
    cell = places.astype(np.int64) * len(RANKS) + ranks
    counts = np.bincount(cell, minlength=len(PLACES) * len(RANKS)).reshape(len(PLACES), len(RANKS))
    place, rank = np.nonzero(counts)
    return rows_of(series, year, place, rank, counts[place, rank], counts.sum(axis=1)[place])


@cache
def compared_places() -> Integers:
    """Return the places (numbers) that have quartiles and survival: kingdom, regions, centre cities."""
    return np.array(
        [
            number
            for number, (level, nis) in enumerate(PLACES)
            if level in ("kingdom", "region") or (level == "municipality" and nis in CENTRE_CITIES)
        ]
    )


def _compared(all_spells: Spells) -> Spells:
    """Return the spells of these places."""
    wanted = np.zeros(len(PLACES), np.bool_)
    wanted[compared_places()] = True
    return _chosen(all_spells, wanted[all_spells.place])


def _running_tables(question: Question) -> Iterator[Table]:
    series = NUMBER["quartiles", "running_g0", "quartile"]
    for era_layout, months in question.eras(question.standing(), 0):
        all_spells = _compared(question.spells(0, era_layout).own)
        for month in months:
            running = _chosen(all_spells, (all_spells.first <= month) & (all_spells.last >= month))
            yield _quartile_table(series, month, running, month - running.first + 1, running.first > question.since)


def _completed_tables(question: Question, gap: int) -> Iterator[Table]:
    series = NUMBER["quartiles", f"completed_g{gap}", "quartile"]
    for era_layout, years in question.eras(question.years(question.first, gap + 1), gap + 1):
        all_spells = _compared(question.spells(gap, era_layout).own)
        for year in years:
            ended = _chosen(all_spells, (all_spells.last <= year) & (all_spells.last > year - MONTHS_PER_YEAR))
            yield _quartile_table(series, year, ended, ended.last - ended.first + 1, ended.first > question.since + gap)


def _quartile_table(series: int, reference: int, rows: Spells, months: Integers, known: Mask) -> Table:
    """Return the months that a quarter, a half, three quarters of the spells of a place do not exceed.

    A spell whose beginning is not ``known`` is longer than any other; a quartile that falls on one has no row.
    """
    longest = int(months[known].max(initial=0)) + 1
    counts = _by_place(rows.place[known], months[known], 0, longest)
    total = np.bincount(rows.place, minlength=len(PLACES))
    place = np.flatnonzero(total)
    reached = counts[place].cumsum(axis=1)
    wanted = [-(-total[place] * quarter // _QUARTERS) for quarter in range(1, _QUARTERS)]
    quartiles = np.concatenate([(reached < least[:, None]).sum(axis=1) for least in wanted])
    category = np.repeat(np.arange(len(QUARTILES)), len(place))
    of = np.tile(place, len(QUARTILES))
    known_quartile = quartiles < longest
    return rows_of(
        series,
        reference,
        of[known_quartile],
        category[known_quartile],
        quartiles[known_quartile],
        total[of[known_quartile]],
    )


def _survival_tables(question: Question, gap: int) -> Iterator[Table]:
    series = NUMBER["survival", f"kaplan_meier_g{gap}", "months"]
    for year, horizon in question.horizons(gap):
        begun = question.spells(gap, question.layout(horizon)).own
        cohort = _compared(_chosen(begun, (begun.first <= year) & (begun.first > year - MONTHS_PER_YEAR)))
        for place in np.unique(cohort.place).tolist():
            rows = _chosen(cohort, cohort.place == place)
            yield _survival_table(series, year, place, rows, horizon - gap - 1)


def _december(month: int) -> int:
    return month - month % MONTHS_PER_YEAR + _DECEMBER


def _survival_table(series: int, year: int, place: int, rows: Spells, end: int) -> Table:
    """Return the Kaplan-Meier share, in 10,000, of spells that last longer than so many months, seen up to ``end``."""
    from scipy.stats import CensoredData, ecdf  # noqa: PLC0415 - half of the start-up of a worker that needs none

    months = np.maximum(np.minimum(rows.last.astype(np.int64), end) - rows.first + 1, 0)
    ended = rows.last <= end
    after = np.array(SURVIVAL_MONTHS)
    share = ecdf(CensoredData(uncensored=months[ended], right=months[~ended])).sf.evaluate(after)
    units = np.round(share * SURVIVAL_UNIT, _EXACT)
    longest, censored = int(months.max(initial=0)), months[~ended]
    seen = (share == 0) | (longest > after) | np.isin(after, censored)
    category = np.flatnonzero(seen & (year - _DECEMBER + after - 1 <= end))
    count = np.floor(units[category] + 1 / 2).astype(np.int64)
    return rows_of(series, year, np.full(len(category), place), category, count, np.full(len(category), len(months)))


_EXACT = 6
"""Digits kept of the library's floats, so that a half stays a half and is rounded up."""


def labelled(table: Table) -> pd.DataFrame:
    """Return rows with their codes, sorted as text: the columns of ``schemas.indicators.COLUMNS`` but the update."""
    series = [SERIES[number] for number in table.series.tolist()]
    places = [PLACES[number] for number in table.place.tolist()]
    columns = {
        "indicator": [one.indicator for one in series],
        "method": [one.method for one in series],
        "reference": [reference_code(*pair) for pair in zip(series, table.reference.tolist(), strict=True)],
        "geo_level": [level for level, _ in places],
        "geo": [nis for _, nis in places],
        "breakdown": [one.breakdown for one in series],
        "category": [one.categories[n] for one, n in zip(series, table.category.tolist(), strict=True)],
        "count": table.counted.astype(np.int64),
        "base": table.base.astype(np.int64),
    }
    codes = list(COLUMNS[:7])
    return pd.DataFrame(columns).astype(dict.fromkeys(codes, str)).sort_values(codes, ignore_index=True)
