"""The slow truth of the time dimension as published rows: judge of what ``processors.time.tables`` makes.

Which month a row needs last, and so its geography month: durations and running quartiles their own; flows of month m
that of m + g + 1, when an exit of m is known; entries the last of their year; completed spells g + 1 months behind it;
survival the last month shown; outcomes of exits max(X, g + 1) months behind, youth-care leavers X months behind their
half-year. Transitions alone, whose place is fixed at t, keep the geography of t, though they need twelve months more.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.reference import outcomes, spells
from processors.reference.outcomes import Lives
from processors.reference.spells import PLACE, Asked
from schemas.indicators import (
    EXIT_MONTHS,
    FLOWS,
    GAPS,
    HALF_YEAR,
    QUARTILES,
    SERIES,
    SURVIVAL_MONTHS,
    SURVIVAL_UNIT,
    TRAITS,
    TRANSITION_MONTHS,
    YOUTH_MONTHS,
    half_year_code,
)
from schemas.parameters import table
from schemas.periods import MONTHS_PER_YEAR, Period, month_code, parse_month

INDICATORS = ("duration", "duration_difference", "spells", "reentry", "quartiles", "survival")
"""What claims alone tell; ``OUTCOME_INDICATORS`` read facts too."""
OUTCOME_INDICATORS = ("exit_to_work", "transitions")
YOUTH_INDICATORS = ("youth_care",)
_DECEMBER = MONTHS_PER_YEAR - 1
_ROW = ["indicator", "method", "reference", "geo_level", "geo", "breakdown", "category", "count", "base"]


def rows(asked: Asked, first: int, last: int, indicators: Iterable[str] = INDICATORS) -> pd.DataFrame:
    """Return all rows of references from ``first`` on that need no month after ``last``, sorted, without update_id."""
    frames = [frame for name in indicators for frame in _MADE_BY[name](asked, range(first, last + 1))]
    joined = pd.concat([pd.DataFrame(columns=_ROW), *(frame for frame in frames if len(frame))])
    return joined[_ROW].astype(dict.fromkeys(_ROW[:-2], str)).sort_values(_ROW[:-2], ignore_index=True)


def shown(rows_: pd.DataFrame, published: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return the rows of exits and transitions whose months, from the reference to the last needed, are all shown."""
    needs = {(series.indicator, series.method): series.needs for series in SERIES}
    told = rows_[["indicator", "method", "reference"]].itertuples(index=False, name=None)
    whole = [
        bool(published[parse_month(reference) : parse_month(reference) + needs[indicator, method] + 1].all())
        for indicator, method, reference in told
    ]
    return rows_[np.array(whole, np.bool_)].reset_index(drop=True)


def _years(months: range, needed: int = 0) -> list[int]:
    """Return the last months of years that lie ``needed`` months before the last one at least."""
    return [month for month in months if month % MONTHS_PER_YEAR == _DECEMBER and month + needed in months]


def _labelled(
    frame: pd.DataFrame, indicator: str, method: str, reference: str, breakdown: "str | pd.Series[str]"
) -> pd.DataFrame:
    told = frame.rename(columns={"level": "geo_level"})
    return told.assign(indicator=indicator, method=method, reference=reference, breakdown=breakdown)


def _durations(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    for month, gap in product(months, GAPS):
        found = spells.durations(asked, month, gap)
        if found.empty:
            continue
        columns = {f"exact_own_g{gap}": "exact_own", f"exact_national_g{gap}": "exact_national"}
        if gap == 0:
            columns["stock_own"] = "stock_own"
        for method, column in columns.items():
            counts = found.groupby([*PLACE, "breakdown", "code", column]).size().rename("count").reset_index()
            counts["base"] = counts.groupby([*PLACE, "breakdown", "code"])["count"].transform("sum")
            total = counts["breakdown"] == "total"
            counts["category"] = counts[column].where(total, counts[column] + "|" + counts["code"])
            shown_as = counts["breakdown"].map({name: f"band_{name}" for name in TRAITS} | {"total": "band"})
            yield _labelled(counts, "duration", method, month_code(month), shown_as)


def _differences(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    for month in months:
        found = spells.durations(asked, month, 0)
        if found.empty:
            continue
        standing = found[found["breakdown"] == "total"]
        pair = standing["stock_own"] + "|" + standing["exact_own"]
        counts = standing.assign(category=pair).groupby([*PLACE, "category"]).size().rename("count").reset_index()
        counts["base"] = counts.groupby(PLACE)["count"].transform("sum")
        yield _labelled(counts, "duration_difference", "own_g0", month_code(month), "stock|exact")


def _flows(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    for gap, month in product(GAPS, months):
        if month + gap + 1 in months:
            found = spells.flows(asked, month, gap)
            long = found.assign(base=found["stock"]).melt([*PLACE, "base"], list(FLOWS), "category", "count")
            yield _labelled(long, "spells", f"own_g{gap}", month_code(month), "flow")


def _entries(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    for year, gap in product(_years(months), GAPS):
        begun = spells.entries(asked, year, gap)
        earliest = begun.sort_values("first").drop_duplicates([*PLACE, "person"])
        for (counted, frame), view in product((("spells", begun), ("persons", earliest)), ("own", "national")):
            counts = frame.groupby([*PLACE, view]).size().rename("count").reset_index()
            counts["base"] = counts.groupby(PLACE)["count"].transform("sum")
            told = counts.rename(columns={view: "category"})
            yield _labelled(told, "reentry", f"{counted}_{view}_g{gap}", Period("year", year).code, "rank")


def _lengths(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    for gap in GAPS:
        for year in _years(months, gap + 1):
            yield _completed(asked, year, gap)
    for month in months:
        yield _running(asked, month)


def _completed(asked: Asked, year: int, gap: int) -> pd.DataFrame:
    found = asked.spells(year + gap + 1, gap)
    ended = found[(found["last"] <= year) & (found["last"] > year - MONTHS_PER_YEAR)]
    known = ended[ended["first"] > asked.first_month()]
    lengths = known.assign(months=known["last"] - known["first"] + 1)
    return _labelled(_quartiles(lengths), "quartiles", f"completed_g{gap}", Period("year", year).code, "quartile")


def _running(asked: Asked, month: int) -> pd.DataFrame:
    """Return the quartiles of who stands; one that falls on the oldest spells there can be is not known."""
    found = _quartiles(spells.running_lengths(asked, month, 0))
    known = found[found["count"] < month - asked.first_month()]
    return _labelled(known, "quartiles", "running_g0", month_code(month), "quartile")


def _quartiles(lengths: pd.DataFrame) -> pd.DataFrame:
    """Return by place the least length that at least a quarter, a half, three quarters do not exceed."""
    found = []
    for place, group in lengths.groupby(PLACE):
        ascending = sorted(group["months"].tolist())
        for quarter, name in enumerate(QUARTILES, start=1):
            needed = -(-len(ascending) * quarter // 4)
            found.append((*place, name, ascending[needed - 1], len(ascending)))
    return pd.DataFrame(found, columns=[*PLACE, "category", "count", "base"])


def _survivals(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    for gap in GAPS if months else ():
        yield _survival(asked, gap, months[-1])


def _survival(asked: Asked, gap: int, last: int) -> pd.DataFrame:
    """Return the product-limit estimate by cohort of entry: of those at risk each month, the share that goes on."""
    found = []
    begun = asked.spells(last, gap)
    begun = begun[(begun["first"] > asked.first_month()) & begun["geo"].isin(_survival_geos())]
    begun["year"] = begun["first"] - begun["first"] % MONTHS_PER_YEAR + _DECEMBER
    for key, cohort in begun[begun["year"] <= last].groupby([*PLACE, "year"]):
        year = int(cohort["year"].iloc[0])
        shown = cohort["last"].clip(upper=last)
        months, ended = shown - cohort["first"] + 1, shown + gap + 1 <= last
        for after in SURVIVAL_MONTHS:
            if year - _DECEMBER + after <= last:
                share = 1.0
                for month in range(1, after + 1):
                    at_risk = int((months >= month).sum())
                    share *= 1 - int(((months == month) & ended).sum()) / at_risk if at_risk else 1
                count = int(share * SURVIVAL_UNIT + 0.5)
                found.append((*key[:2], Period("year", year).code, str(after), count, len(cohort)))
    told = pd.DataFrame(found, columns=["geo_level", "geo", "reference", "category", "count", "base"])
    return told.assign(indicator="survival", method=f"kaplan_meier_g{gap}", breakdown="months")


def _survival_geos() -> list[str]:
    return ["01000", "02000", "03000", "04000", *(row["nis"] for row in table("centrumsteden"))]


def _exits(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    lives = Lives(asked)
    for month, gap, after in product(months, GAPS, EXIT_MONTHS):
        if month + max(after, gap + 1) in months:
            found = outcomes.exits(lives, month, gap, after)
            if len(found):
                yield _labelled(found, "exit_to_work", f"own_x{after}_g{gap}", month_code(month), "outcome")


def _transitions(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    lives = Lives(asked)
    for month in months:
        if month + TRANSITION_MONTHS in months:
            found = outcomes.transitions(lives, month, TRANSITION_MONTHS)
            if len(found):
                yield _labelled(found, "transitions", "own", month_code(month), "state|later")


def _youth(asked: Asked, months: range) -> Iterator[pd.DataFrame]:
    lives = Lives(asked)
    for month, after in product(months, YOUTH_MONTHS):
        if month % HALF_YEAR == HALF_YEAR - 1 and month + after in months:
            found = outcomes.youth(lives, month, after)
            yield _labelled(found, "youth_care", f"x{after}", half_year_code(month), "situation")


_MADE_BY: dict[str, Callable[[Asked, range], Iterator[pd.DataFrame]]] = {
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
