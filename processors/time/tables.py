"""The tables of the time dimension: durations, flows, entries, quartiles, survival, outcomes, youth care (H1-H5).

Each reference is counted in the geography of the last month that it needs (``processors.reference.indicators`` says
which); references of one era of codes share their spells. What comes from spells is counting by place and month.
"""

# ruff: noqa: PLR0913, PLR0917 - rows of a table have six columns

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.counting.people import People
from processors.rules import rules
from processors.time.durations import durations
from processors.time.spells import TRAIT_KINDS, Layout, Spells, layout, spells
from schemas.arrays import Int32
from schemas.indicators import (
    BANDS,
    CENTRE_CITIES,
    COLUMNS,
    FLOWS,
    GAPS,
    NUMBER,
    QUARTILES,
    RANKS,
    SERIES,
    SURVIVAL_MONTHS,
    SURVIVAL_UNIT,
    TRAIT_CODES,
    TRAITS,
    Benefit,
    Table,
    reference_code,
)
from schemas.periods import MONTHS_PER_YEAR
from schemas.places import PLACES
from schemas.settings import FigureSettings

Integers = npt.NDArray[np.integer[Any]]

STRETCH = 24
"""Reference months whose durations are counted together: more would need more memory, fewer more passes."""
_QUARTERS = len(QUARTILES) + 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the tables are made from: all rows of the ledger, and the last month that may be needed.

    ``first`` is the first reference month wanted; a row of an earlier one is as it was.
    """

    people: People
    first: int
    last: int
    benefit: Benefit
    settings: FigureSettings
    layouts: dict[int, Layout] = field(default_factory=dict, repr=False)
    all_spells: dict[tuple[int, int], Spells] = field(default_factory=dict, repr=False)

    def layout(self, geography: int) -> Layout:
        """Return the layout in the geography of a month, the same for all months of an era of codes."""
        era = int(rules(self.settings).era_of_month[geography])
        if era not in self.layouts:
            self.layouts[era] = layout(self.people, self.benefit, geography, self.settings)
        return self.layouts[era]

    def spells(self, gap: int, found: Layout) -> Spells:
        """Return all spells with a gap tolerance in one of the layouts; each is found once."""
        key = (gap, id(found))
        if key not in self.all_spells:
            self.all_spells[key] = spells(self.people, gap, found)
        return self.all_spells[key]

    def eras(self, references: Iterable[int], needed: int) -> Iterator[tuple[Layout, list[int]]]:
        """Yield the references whose last needed month, ``needed`` later, lies in one era of codes."""
        era_of_month = rules(self.settings).era_of_month
        for _, months in groupby(references, key=lambda month: int(era_of_month[month + needed])):
            found = list(months)
            yield self.layout(found[0] + needed), found

    def years(self, needed: int = 0) -> list[int]:
        """Return the years (by their last month) that end in the months wanted, and ``needed`` before the last one."""
        return [month for month in range(self.first, self.last - needed + 1) if month % MONTHS_PER_YEAR == _DECEMBER]


_DECEMBER = MONTHS_PER_YEAR - 1


Job = Callable[[], Iterable[Table]]
Each = Callable[[Callable[[Job], list[Table]], list[Job]], Iterable[list[Table]]]
"""What maps a function over jobs that do not depend on each other: ``map``, or that of a pool of threads."""


def tables(asked: Asked, each: Each = map) -> Table:
    """Return every row of every series for the references wanted (H1-H3); empty where no month may be shown."""
    of_gaps = (_flow_tables, _entry_tables, _completed_tables, _survival_tables)
    jobs: list[Job] = [
        partial(_duration_tables, asked),
        partial(_running_tables, asked),
        *(partial(of_gap, asked, gap) for of_gap in of_gaps for gap in GAPS),
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
    within = np.concatenate([np.arange(found) for found in np.bincount(kind)])
    return kind, within * len(BANDS)


def _duration_tables(asked: Asked) -> Iterator[Table]:
    kind, first_category = _trait_kinds()
    difference = NUMBER["duration_difference", "own_g0", "stock|exact"]
    for found, months in asked.eras(range(asked.first, asked.last + 1), 0):
        for start in range(months[0], months[-1] + 1, STRETCH):
            counted = durations(asked.people, start, min(start + STRETCH - 1, months[-1]), found)
            (place, method, month, trait), band, count, base = _shares(counted.bands, 1)
            yield rows_of(
                method * TRAIT_KINDS + kind[trait], start + month, place, first_category[trait] + band, count, base
            )
            (place, month), category, count, base = _shares(counted.difference, 2)
            yield rows_of(difference, start + month, place, category, count, base)


def _shares(counts: Int32, axes: int) -> tuple[tuple[Integers, ...], Integers, Integers, Integers]:
    """Return the counts above zero: what they are counts of, their number along the last axes, the count, its base.

    The base of a count is the sum along those axes. Looked up from the counts that are there: few of all there can be.
    """
    kept = counts.shape[: counts.ndim - axes]
    found = np.flatnonzero(counts)
    of, number = np.divmod(found, math.prod(counts.shape[-axes:]))
    count = counts.reshape(-1)[found]
    first = np.flatnonzero(np.diff(of, prepend=-1))
    base = np.repeat(np.add.reduceat(count, first), np.diff(first, append=len(of))) if len(of) else count
    return np.unravel_index(of, kept), number, count, base


def _by_place(place: Integers, month: Integers, first: int, months: int) -> Integers:
    """Return how often each (place, month) occurs, months counted from ``first``; others are left out."""
    inside = (month >= first) & (month < first + months)
    cell = place[inside].astype(np.int64) * months + (month[inside] - first)
    return np.bincount(cell, minlength=len(PLACES) * months).reshape(len(PLACES), months)


def _flow_tables(asked: Asked, gap: int) -> Iterator[Table]:
    series = NUMBER["spells", f"own_g{gap}", "flow"]
    for found, months in asked.eras(range(asked.first, asked.last - gap), gap + 1):
        with_gap, without = asked.spells(gap, found), asked.spells(0, found)
        first, size = months[0], len(months)
        entries = _by_place(with_gap.place, with_gap.first, first, size)
        exits = _by_place(with_gap.place, with_gap.last, first, size)
        alive = without.last >= first
        begun = _by_place(without.place[alive], np.maximum(without.first[alive], first), first, size)
        ended = _by_place(without.place[alive], without.last[alive] + 1, first, size)
        stock = (begun - ended).cumsum(axis=1)
        flows = np.stack([entries, exits, stock], axis=-1)
        place, month = np.nonzero(flows.any(axis=-1))
        for category in range(len(FLOWS)):
            yield rows_of(series, first + month, place, category, flows[place, month, category], stock[place, month])


def _entry_tables(asked: Asked, gap: int) -> Iterator[Table]:
    for found, years in asked.eras(asked.years(), 0):
        all_spells = asked.spells(gap, found)
        for year in years:
            begun = _chosen(all_spells, (all_spells.first <= year) & (all_spells.first > year - MONTHS_PER_YEAR))
            _, earliest = np.unique(
                begun.person.astype(np.int64) * len(PLACES) + begun.place, return_index=True
            )  # the spells of a person at a place stand in order of time
            for counted, rows in (("spells", begun), ("persons", Spells._make(column[earliest] for column in begun))):
                for view, ranks in (("own", rows.own), ("national", rows.national)):
                    yield _rank_table(NUMBER["reentry", f"{counted}_{view}_g{gap}", "rank"], year, rows.place, ranks)


def _chosen(rows: Spells, mask: npt.NDArray[np.bool_]) -> Spells:
    return Spells._make(column[mask] for column in rows)


def _rank_table(series: int, year: int, places: Integers, ranks: Integers) -> Table:
    cell = places.astype(np.int64) * len(RANKS) + ranks
    counts = np.bincount(cell, minlength=len(PLACES) * len(RANKS)).reshape(len(PLACES), len(RANKS))
    place, rank = np.nonzero(counts)
    return rows_of(series, year, place, rank, counts[place, rank], counts.sum(axis=1)[place])


def _running_tables(asked: Asked) -> Iterator[Table]:
    series = NUMBER["quartiles", "running_g0", "quartile"]
    for found, months in asked.eras(range(asked.first, asked.last + 1), 0):
        all_spells = asked.spells(0, found)
        for start in range(months[0], months[-1] + 1, STRETCH):
            stop = min(start + STRETCH, months[-1] + 1)
            alive = _alive(all_spells, found.since, start, stop)
            for month in range(start, stop):
                oldest = max(month - found.since, 0)
                by_months_run = alive[:, oldest::-1, month - start]
                part = _quartile_table(series, month, by_months_run)
                yield Table._make(column[part.counted < oldest] for column in part)


def _alive(all_spells: Spells, since: int, start: int, stop: int) -> Integers:
    """Return how many spells run by (place, month they began in from ``since`` on, month from ``start`` to ``stop``).

    A spell is counted in its last month, and the running sum from the last month back carries it to those before: also
    to those before it began, which nobody asks for.
    """
    inside = (all_spells.last >= start) & (all_spells.first < stop)
    begins, months = max(stop - since, 1), stop - start
    begun = all_spells.first[inside].astype(np.int64) - since
    ended = np.minimum(all_spells.last[inside], stop - 1) - start
    cell = (all_spells.place[inside] * begins + begun) * months + ended
    counts = np.bincount(cell, minlength=len(PLACES) * begins * months).reshape(len(PLACES), begins, months)
    alive: Integers = counts[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    return alive


def _completed_tables(asked: Asked, gap: int) -> Iterator[Table]:
    series = NUMBER["quartiles", f"completed_g{gap}", "quartile"]
    for found, years in asked.eras(asked.years(gap + 1), gap + 1):
        all_spells = asked.spells(gap, found)
        for year in years:
            inside = (all_spells.last <= year) & (all_spells.last > year - MONTHS_PER_YEAR)
            inside &= all_spells.first > found.since
            lengths = all_spells.last[inside].astype(np.int64) - all_spells.first[inside] + 1
            longest = int(lengths.max(initial=0)) + 1
            yield _quartile_table(series, year, _by_place(all_spells.place[inside], lengths, 0, longest))


def _quartile_table(series: int, reference: int, counts: Integers) -> Table:
    """Return the months that a quarter, a half, three quarters of the spells of a place do not exceed.

    ``counts`` says how many spells have so many months, by place and months.
    """
    total = counts.sum(axis=1)
    place = np.flatnonzero(total)
    reached = counts[place].cumsum(axis=1)
    wanted = [-(-total[place] * quarter // _QUARTERS) for quarter in range(1, _QUARTERS)]
    found = [(reached < least[:, None]).sum(axis=1) for least in wanted]
    category = np.repeat(np.arange(len(QUARTILES)), len(place))
    return rows_of(
        series,
        reference,
        np.tile(place, len(QUARTILES)),
        category,
        np.concatenate(found),
        np.tile(total[place], len(QUARTILES)),
    )


@cache
def survival_places() -> tuple[int, ...]:
    """Return the places (numbers) for which survival is estimated: kingdom, regions, centre cities."""
    return tuple(
        number
        for number, (level, nis) in enumerate(PLACES)
        if level in ("kingdom", "region") or (level == "municipality" and nis in CENTRE_CITIES)
    )


def _survival_tables(asked: Asked, gap: int) -> Iterator[Table]:
    if asked.last < asked.first:
        return
    series = NUMBER["survival", f"kaplan_meier_g{gap}", "months"]
    found = asked.layout(asked.last)
    all_spells = asked.spells(gap, found)
    for year in range(_december(found.since), asked.last + 1, MONTHS_PER_YEAR):
        inside = (all_spells.first <= year) & (all_spells.first > max(year - MONTHS_PER_YEAR, found.since))
        cohort = _chosen(all_spells, inside)
        for place in survival_places():
            rows = _chosen(cohort, cohort.place == place)
            if len(rows.place):
                yield _survival_table(series, year, place, rows, asked.last, gap)


def _december(month: int) -> int:
    return month - month % MONTHS_PER_YEAR + _DECEMBER


def _survival_table(series: int, year: int, place: int, rows: Spells, last: int, gap: int) -> Table:
    """Return the Kaplan-Meier share, in 10,000, of spells that last longer than so many months, as far as was seen."""
    from scipy.stats import CensoredData, ecdf  # noqa: PLC0415 - half of the start-up of a worker that needs none

    shown = np.minimum(rows.last.astype(np.int64), last)
    months, ended = shown - rows.first + 1, shown + gap + 1 <= last
    sample = CensoredData(uncensored=months[ended], right=months[~ended])
    seen = [number for number, after in enumerate(SURVIVAL_MONTHS) if year - _DECEMBER + after <= last]
    shares = ecdf(sample).sf.evaluate(np.array(SURVIVAL_MONTHS)[seen])
    count = np.floor(shares * SURVIVAL_UNIT + 0.5).astype(np.int64)
    size = np.full(len(seen), len(months))
    return rows_of(series, year, np.full(len(seen), place), np.array(seen, np.int64), count, size)


def labelled(found: Table) -> pd.DataFrame:
    """Return rows with their codes, sorted as text: the columns of ``schemas.indicators.COLUMNS`` but the update."""
    series = [SERIES[number] for number in found.series.tolist()]
    places = [PLACES[number] for number in found.place.tolist()]
    columns = {
        "indicator": [told.indicator for told in series],
        "method": [told.method for told in series],
        "reference": [reference_code(*pair) for pair in zip(series, found.reference.tolist(), strict=True)],
        "geo_level": [level for level, _ in places],
        "geo": [nis for _, nis in places],
        "breakdown": [told.breakdown for told in series],
        "category": [told.categories[n] for told, n in zip(series, found.category.tolist(), strict=True)],
        "count": found.counted.astype(np.int64),
        "base": found.base.astype(np.int64),
    }
    codes = list(COLUMNS[:7])
    return pd.DataFrame(columns).astype(dict.fromkeys(codes, str)).sort_values(codes, ignore_index=True)
