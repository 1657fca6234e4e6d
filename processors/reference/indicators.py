"""The slow truth of the time dimension as published rows: judge of what ``processors.time.tables`` makes.

Which month a row reads last, and so its geography month: durations and running quartiles their own; the flows of month
m that of m + g + 1, when an exit of m is known; entries by rank the last of their year; completed spells g + 1 months
behind it; survival the horizon of its cohort; outcomes of exits max(X, g + 1) months behind, youth-care leavers X
months behind their half-year. Transitions alone, whose place is fixed at t, keep the geography of t.

A row is shown when the months that it needs are there (``MonthsThere``); it takes this update's recount. Each
maker below says beside its rows what they need; nothing else hides them.

Worked example: g = 2, M = 2024-12, LL published up to 2024-09. An exit of 2024-06 reads 2024-07 ... 2024-09: shown. One
of 2024-07 reads 2024-10: not yet. The entries of 2024-06 need 2024-03 ... 2024-05 too, the exits do not: where 2024-04
is settling, exits of 2024-06 are shown and entries of 2024-06 are not.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Self

import pandas as pd

from processors.reference import outcomes, spells
from processors.reference.facts import youth_exits
from processors.reference.outcomes import Lives
from processors.reference.spells import PLACE, SpellSource
from schemas.indicators import (
    CENSORED_MONTHS,
    EXIT_MONTHS,
    FLOWS,
    GAPS,
    HALF_YEAR,
    OUTCOME_NODES,
    QUARTILES,
    SUPPORTS,
    SURVIVAL_MONTHS,
    SURVIVAL_UNIT,
    TRAITS,
    TRANSITION_MONTHS,
    YOUTH_MONTHS,
    half_year_code,
)
from schemas.parameters import table
from schemas.periods import LAST_MONTH, MONTHS_PER_YEAR, Period, month_code, month_of_days
from schemas.releases import Release, State
from schemas.supports import NODE

INDICATORS = ("duration", "duration_difference", "spells", "reentry", "quartiles", "survival")
"""What claims alone tell; ``OUTCOME_INDICATORS`` read facts too."""
OUTCOME_INDICATORS = ("exit_to_work", "transitions")
YOUTH_INDICATORS = ("youth_care",)
_DECEMBER = MONTHS_PER_YEAR - 1
_ROW = ["indicator", "method", "reference", "geo_level", "geo", "breakdown", "category", "count", "base"]


@dataclass(frozen=True, slots=True)
class MonthsThere:
    """Which months are there at an update.

    ``known`` says of each (support, month) with a row whether it is there, None where it is frozen without a block;
    ``until`` is by support the last month whose delay has passed: of these, months without a row are there too.
    """

    known: dict[tuple[str, int], bool | None]
    until: dict[str, int]

    @classmethod
    def at(cls, release: Release) -> Self:
        """Return what a release says: published, revising and frozen with a block are there."""
        known: dict[tuple[str, int], bool | None] = {}
        for key, entry in release.entries.items():
            if key.period.kind == "month":
                published = entry.vintage.published_update is not None
                empty = entry.vintage.state is State.FROZEN and not published
                known[key.support, key.period.last] = None if empty else published
        return cls(known, {code: release.update.reference_month - node.delay for code, node in NODE.items()})

    @classmethod
    def through(cls, last: int) -> Self:
        """Return that all months up to ``last`` are there, and none after."""
        return cls({}, dict.fromkeys(NODE, last))

    def there(self, supports: Iterable[str], months: Iterable[int]) -> bool:
        """Tell whether all months are there, of all supports."""
        return all(self.known.get(key, key[1] <= self.until[key[0]]) is True for key in product(supports, months))

    def recounted(self, supports: Iterable[str], months: Iterable[int]) -> bool:
        """Tell whether all months are there, or frozen without a block."""
        return all(self.known.get(key, key[1] <= self.until[key[0]]) is not False for key in product(supports, months))


@dataclass(frozen=True, slots=True)
class Question:
    """What the rows are asked from: the spells, L, which months are there, and the references wanted."""

    source: SpellSource
    months_there: MonthsThere
    references: range
    since: int

    @property
    def supports(self) -> tuple[str, ...]:
        """The supports whose months make spells."""
        return SUPPORTS[self.source.settings.spells]

    def there(self, months: range) -> bool:
        """Tell whether months of the supports of spells are there; those before L are never needed."""
        return self.months_there.there(self.supports, self._needed(months))

    def all_there(self, months: Iterable[int]) -> bool:
        """Tell whether months of all supports that outcomes read are there."""
        return self.months_there.there(OUTCOME_NODES, months)

    def recounted(self, before: int, months: int) -> bool:
        """Tell whether so many months before one may be taken as recounted; those before L are never needed."""
        return self.months_there.recounted(self.supports, self._needed(range(before - months, before)))

    def _needed(self, months: range) -> list[int]:
        return [month for month in months if month >= self.since]

    def months(self) -> list[int]:
        """Return the references that are months: none before L."""
        return self._needed(self.references)

    def years(self) -> list[int]:
        """Return the references that are years, by their last month: none that ends before L."""
        return [month for month in self.months() if month % MONTHS_PER_YEAR == _DECEMBER]

    def years_of_entry(self, gap: int) -> list[int]:
        """Return the years whose entries are known: those that hold no month of L ... L+g."""
        return [year for year in self.years() if year - _DECEMBER > self.since + gap]


def rows(
    source: SpellSource, months_there: MonthsThere, indicators: Iterable[str] = INDICATORS, wanted: range | None = None
) -> pd.DataFrame:
    """Return the rows that may be shown, sorted, without update_id; ``wanted`` bounds their references."""
    references = _references(source) if wanted is None else wanted
    question = Question(source, months_there, references, source.first_month())
    frames = [frame for name in indicators for frame in _MADE_BY[name](question)]
    joined = pd.concat([pd.DataFrame(columns=_ROW), *(frame for frame in frames if len(frame))])
    return joined[_ROW].astype(dict.fromkeys(_ROW[:-2], str)).sort_values(_ROW[:-2], ignore_index=True)


def _references(source: SpellSource) -> range:
    """Return the months from the first with a row or an exit from youth care to the end of the year of the last."""
    parts = source.history.parts
    months = parts.loc[parts["update"] <= source.sequence, "month"].tolist()
    months += [month_of_days(fact.fields["exit_date"]) for fact in youth_exits(source.facts())]
    last = max(months, default=0)
    return range(min(months, default=0), min(last - last % MONTHS_PER_YEAR + _DECEMBER, LAST_MONTH) + 1)


def _labelled(
    frame: pd.DataFrame, indicator: str, method: str, reference: str, breakdown: "str | pd.Series[str]"
) -> pd.DataFrame:
    renamed = frame.rename(columns={"level": "geo_level"})
    return renamed.assign(indicator=indicator, method=method, reference=reference, breakdown=breakdown)


def _standing(question: Question) -> list[int]:
    """Return the months of which durations may be shown: there, and the five years before taken as recounted."""
    return [
        month
        for month in question.months()
        if question.there(range(month, month + 1)) and question.recounted(month, CENSORED_MONTHS)
    ]


def _durations(question: Question) -> Iterator[pd.DataFrame]:
    for month, gap in product(_standing(question), GAPS):
        standing = spells.durations(question.source, month, gap)
        if standing.empty:
            continue
        columns = {f"exact_own_g{gap}": "exact_own", f"exact_national_g{gap}": "exact_national"}
        if gap == 0:
            columns["stock_own"] = "stock_own"
        for method, column in columns.items():
            counts = standing.groupby([*PLACE, "breakdown", "code", column]).size().rename("count").reset_index()
            counts["base"] = counts.groupby([*PLACE, "breakdown", "code"])["count"].transform("sum")
            total = counts["breakdown"] == "total"
            counts["category"] = counts[column].where(total, counts[column] + "|" + counts["code"])
            shown_as = counts["breakdown"].map({name: f"band_{name}" for name in TRAITS} | {"total": "band"})
            yield _labelled(counts, "duration", method, month_code(month), shown_as)


def _differences(question: Question) -> Iterator[pd.DataFrame]:
    for month in _standing(question):
        durations = spells.durations(question.source, month, 0)
        standing = durations[durations["breakdown"] == "total"]
        if standing.empty:
            continue
        pair = standing["stock_own"] + "|" + standing["exact_own"]
        counts = standing.assign(category=pair).groupby([*PLACE, "category"]).size().rename("count").reset_index()
        counts["base"] = counts.groupby(PLACE)["count"].transform("sum")
        yield _labelled(counts, "duration_difference", "own_g0", month_code(month), "stock|exact")


def _flows(question: Question) -> Iterator[pd.DataFrame]:
    for gap, month in product(GAPS, question.months()):
        if not question.there(range(month, month + gap + 2)):
            continue
        enters = month > question.since + gap and question.recounted(month, gap + 1)
        flows = spells.flows(question.source, month, gap)
        names = list(FLOWS if enters else FLOWS[1:])
        flows = flows[flows[list(FLOWS)].any(axis=1)]
        yield _labelled(
            flows.assign(base=flows["stock"]).melt([*PLACE, "base"], names, "category", "count"),
            "spells", f"own_g{gap}", month_code(month), "flow",
        )  # fmt: skip


def _entries(question: Question) -> Iterator[pd.DataFrame]:
    for gap, view in product(GAPS, ("own", "national")):
        for year in question.years_of_entry(gap):
            january = year - _DECEMBER
            if not (question.there(range(january, year + 1)) and question.recounted(january, CENSORED_MONTHS)):
                continue
            begun = spells.entries(question.source, year, gap, view)
            earliest = begun.sort_values("first").drop_duplicates([*PLACE, "person"])
            for counted, frame in (("spells", begun), ("persons", earliest)):
                counts = frame.groupby([*PLACE, "rank"]).size().rename("count").reset_index()
                counts["base"] = counts.groupby(PLACE)["count"].transform("sum")
                ranks = counts.rename(columns={"rank": "category"})
                yield _labelled(ranks, "reentry", f"{counted}_{view}_g{gap}", Period("year", year).code, "rank")


def _lengths(question: Question) -> Iterator[pd.DataFrame]:
    for gap, year in product(GAPS, question.years()):
        january = year - _DECEMBER
        if question.there(range(january, year + gap + 2)) and question.recounted(january, CENSORED_MONTHS):
            yield _completed(question, year, gap)
    for month in _standing(question):
        quartiles = _quartiles(spells.running_lengths(question.source, month))
        yield _labelled(quartiles, "quartiles", "running_g0", month_code(month), "quartile")


def _completed(question: Question, year: int, gap: int) -> pd.DataFrame:
    all_spells = question.source.spells(year + gap + 1, gap)
    ended = all_spells[all_spells["last"].between(year - _DECEMBER, year)]
    known = ended["first"] > question.since + gap
    lengths = _quartiles(ended.assign(months=ended["last"] - ended["first"] + 1, known=known))
    return _labelled(lengths, "quartiles", f"completed_g{gap}", Period("year", year).code, "quartile")


def _quartiles(lengths: pd.DataFrame) -> pd.DataFrame:
    """Return by place the least length that at least a quarter, a half, three quarters do not exceed.

    A length without a known beginning is longer than any; a quartile that falls on one has no row.
    """
    quartiles = []
    for place, group in lengths[lengths["geo"].isin(_compared())].groupby(PLACE):
        ascending = sorted(group.loc[group["known"], "months"].tolist())
        for quarter, name in enumerate(QUARTILES, start=1):
            needed = -(-len(group) * quarter // 4)
            if needed <= len(ascending):
                quartiles.append((*place, name, ascending[needed - 1], len(group)))
    return pd.DataFrame(quartiles, columns=[*PLACE, "category", "count", "base"])


def _survivals(question: Question) -> Iterator[pd.DataFrame]:
    for gap in GAPS:
        for year in question.years_of_entry(gap):
            horizon = _horizon(question, year)
            if horizon is not None and year <= horizon:
                yield _survival(question, gap, year, horizon)


def _horizon(question: Question, year: int) -> int | None:
    """Return P: the last month up to which all are there from the January of a cohort on, and its December before."""
    january = year - _DECEMBER
    if not question.recounted(january, 1):
        return None
    month = january
    while month <= LAST_MONTH and question.there(range(month, month + 1)):
        month += 1
    return month - 1


def _survival(question: Question, gap: int, year: int, horizon: int) -> pd.DataFrame:
    """Return the product-limit estimate by cohort of entry: of those at risk each month, the share that goes on."""
    shares = []
    end = horizon - gap - 1
    begun = question.source.spells(horizon, gap)
    begun = begun[begun["first"].between(year - _DECEMBER, year) & begun["geo"].isin(_compared())]
    for place, cohort in begun.groupby(PLACE):
        months = [max(min(last, end) - first + 1, 0) for first, last in _extents(cohort)]
        ended = [last <= end for _, last in _extents(cohort)]
        for after in SURVIVAL_MONTHS:
            share = _share_left(months, ended, after)
            seen = any(
                length > after or (length == after and not over) for length, over in zip(months, ended, strict=True)
            )
            if year - _DECEMBER + after - 1 <= end and (share == 0 or seen):
                count = int(share * SURVIVAL_UNIT + Fraction(1, 2))
                shares.append((*place, str(after), count, len(cohort)))
    estimates = pd.DataFrame(shares, columns=[*PLACE, "category", "count", "base"])
    return _labelled(estimates, "survival", f"kaplan_meier_g{gap}", Period("year", year).code, "months")


def _extents(cohort: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(cohort["first"].tolist(), cohort["last"].tolist(), strict=True))


def _share_left(months: list[int], ended: list[bool], after: int) -> Fraction:
    """Return the share that lasts longer than so many months."""
    share = Fraction(1)
    for month in range(1, after + 1):
        at_risk = sum(length >= month for length in months)
        over = sum(length == month and end for length, end in zip(months, ended, strict=True))
        share *= 1 - Fraction(over, at_risk) if at_risk else 1
    return share


def _compared() -> list[str]:
    """Return the places that have quartiles and survival: kingdom, regions, centre cities under each code."""
    return ["01000", "02000", "03000", "04000", *(row["nis"] for row in table("centrumsteden"))]


def _exits(question: Question) -> Iterator[pd.DataFrame]:
    lives = Lives(question.source)
    for month, gap, after in product(question.months(), GAPS, EXIT_MONTHS):
        if question.there(range(month, month + gap + 2)) and question.all_there([month + after]):
            counts = outcomes.exits(lives, month, gap, after)
            if len(counts):
                yield _labelled(counts, "exit_to_work", f"own_x{after}_g{gap}", month_code(month), "outcome")


def _transitions(question: Question) -> Iterator[pd.DataFrame]:
    lives = Lives(question.source)
    for month in question.references:
        if question.all_there([month, month + TRANSITION_MONTHS]):
            counts = outcomes.transitions(lives, month, TRANSITION_MONTHS)
            if len(counts):
                yield _labelled(counts, "transitions", "own", month_code(month), "state|later")


def _youth(question: Question) -> Iterator[pd.DataFrame]:
    """Leavers are in no spell: L has no part in them."""
    lives = Lives(question.source)
    for end, after in product(question.references, YOUTH_MONTHS):
        cohort = range(end - HALF_YEAR + 1, end + 1)
        needed = [month + later for month in cohort for later in (0, after)]
        if end % HALF_YEAR == HALF_YEAR - 1 and question.all_there(needed):
            counts = outcomes.youth(lives, end, after)
            yield _labelled(counts, "youth_care", f"x{after}", half_year_code(end), "situation")


_MADE_BY: dict[str, Callable[[Question], Iterator[pd.DataFrame]]] = {
    "duration": _durations,
    "duration_difference": _differences,
    "spells": _flows,
    "reentry": _entries,
    "quartiles": _lengths,
    "survival": _survivals,
    "exit_to_work": _exits,
    "transitions": _transitions,
    "youth_care": _youth,
}
