"""The benchmark of the 13 Flemish centre cities: the same indicators side by side, for a workbook and a page (H6).

Everything comes from the published tables of one release, so that each number can be found there again. A row that is
not shown is no 0: it stays unknown, in every table and picture. A category without a row is 0 only where other
categories of the same comparison have rows.

The cities are 14 codes, for Hasselt has another since 2025, and a row stands under the code of the last month that it
reads: so both are joined under one name. Where both have a row of one month, a merged OCMW claimed for a month of
before its merger; then they are added up, and the notes say so. Rates are per 1,000 inhabitants on 1 January of the
year, within that year's boundaries. Where inhabitants are known within later boundaries only, there is no rate.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from schemas.datasets import Language
from schemas.indicators import (
    ANY_WORK,
    BANDS,
    COLUMNS,
    EXIT_MONTHS,
    FLOWS,
    LATER_STATES,
    OUTCOMES,
    QUARTILES,
    RANKS,
    SURVIVAL_MONTHS,
)
from schemas.parameters import document, table
from schemas.periods import month_code, ordinal, parse_month
from schemas.places import MUNICIPALITY, ancestors, place_name
from sinks.files.indicators import TABLES, indicator_batches
from sinks.protocol import Store

FLANDERS, BELGIUM = ("region", "02000"), ("kingdom", "01000")
MUTED_BELOW: int = document("indicators")["benchmark"]["muted_below"]
"""Shares of fewer persons or spells are shown muted: they say little."""
_SHARE = 100
PER_THOUSAND = 1000
Names = dict[tuple[str, str], str]
"""(geo_level, geo) -> name of the line."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One comparison: a line a place, a column a category; what is not known is NaN.

    ``base`` has the same lines and columns: of how many each count is. ``shares`` are percentages of it, None where
    counts are no part of it. ``decimals`` of the counts: rates have some.
    """

    title: str
    note: str
    counts: pd.DataFrame
    base: pd.DataFrame | None = None
    shares: pd.DataFrame | None = None
    decimals: int = 0

    def muted(self) -> pd.DataFrame:
        """Return which shares stand on so few that they are muted."""
        return self.counts.notna() if self.base is None else self.base < MUTED_BELOW


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All comparisons of a year, the places in order, and the monthly stock by place.

    ``doubled`` are the cities of which two codes have rows of one month.
    """

    year: int
    month: str
    update_id: str
    places: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    stock: pd.DataFrame
    doubled: tuple[str, ...] = ()

    def notes(self, language: Language = "en") -> tuple[str, ...]:
        """Return the definitions that page and workbook show."""
        words = document("benchmark")
        doubled = tuple(words["doubled"][language].format(city=city) for city in self.doubled)
        return (*doubled, *(text[language].format(muted_below=MUTED_BELOW) for text in words["notes"]))


def places_of(year: int) -> Names:
    """Return (geo_level, geo) -> name of the centre cities in December of a year, then Flanders and Belgium."""
    december = ordinal(year, 12)
    cities = {row["nis"]: row["city"] for row in table("centrumsteden") if _is_valid(row["nis"], december)}
    named = {("municipality", nis): city for nis, city in sorted(cities.items(), key=lambda pair: pair[1])}
    return named | {place: place_name(*place, "nl") for place in (FLANDERS, BELGIUM)}


def _is_valid(nis: str, month: int) -> bool:
    municipality = MUNICIPALITY[nis]
    return municipality.first <= month and (municipality.last is None or month <= municipality.last)


def population(year: int) -> dict[tuple[str, str], int]:
    """Return the inhabitants on 1 January by place, where they are known."""
    inhabitants: dict[tuple[str, str], int] = {}
    for row in table("population"):
        if row["year"] == str(year):
            for place in ancestors(row["nis"]).items():
                inhabitants[place] = inhabitants.get(place, 0) + int(row["population"])
    return inhabitants


def benchmark(store: Store, release: int, year: int) -> Benchmark:
    """Return the comparison of a year from a release's public tables. Raises LookupError where the year has none."""
    rows = _named(pd.concat([_rows(store, release, name) for name in TABLES], ignore_index=True), year)
    months = sorted(rows.loc[rows["indicator"] == "duration", "reference"].unique())
    within = [month for month in months if month.startswith(f"{year}-")]
    if not within:
        instead = f"shown are {months[0]} to {months[-1]}" if months else "no month is shown yet"
        message = f"no indicators of {year} are published at this release; {instead}"
        raise LookupError(message)
    month, names = within[-1], tuple(places_of(year).values())
    shares = (
        ("Duration, exact", "duration", "exact_own_g0", month, "band", BANDS),
        ("Duration, gaps of 2 months bridged", "duration", "exact_own_g2", month, "band", BANDS),
        ("Duration, national", "duration", "exact_national_g0", month, "band", BANDS),
        ("Duration, lists of a year apart", "duration", "stock_own", month, "band", BANDS),
        ("Entries by rank, same OCMW", "reentry", "spells_own_g0", str(year), "rank", RANKS),
        ("Entries by rank, Belgium", "reentry", "spells_national_g0", str(year), "rank", RANKS),
    )
    lengths = (
        ("Months since the spell began", "quartiles", "running_g0", month, "quartile", QUARTILES),
        ("Months of ended spells", "quartiles", "completed_g0", str(year), "quartile", QUARTILES),
        ("Of 10,000 that began, still there after months", "survival", "kaplan_meier_g0",
         str(year - 1), "months", tuple(map(str, SURVIVAL_MONTHS))),
    )  # fmt: skip
    update = str(rows.loc[rows["reference"] == month, "update_id"].iloc[0])
    flows, stock = _flows(rows, names, year), _stock(rows, year)
    sheets = (
        *(_shares(rows, names, *key) for key in shares),
        *(_lengths(rows, names, *key) for key in lengths),
        *(_outcomes(rows, names, year, after, gap) for after, gap in ((3, 0), (12, 0), (12, 2))),
        _any_work(rows, names, year),
        _transitions(rows, names, year),
        flows,
        _rates(flows, stock, year),
    )
    return Benchmark(year, month, update, names, sheets, stock, _doubled(rows))


def _named(rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the rows of the places compared, ``place`` beside them; a city under each code that it ever had."""
    cities: Names = {("municipality", row["nis"]): row["city"] for row in table("centrumsteden")}
    names = places_of(year) | cities
    place = [names.get(pair, "") for pair in zip(rows["geo_level"], rows["geo"], strict=True)]
    return rows.assign(place=place)[np.array([name != "" for name in place], np.bool_)]


def _doubled(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the cities of which two codes have rows of one month or year."""
    codes = rows.groupby(["place", "indicator", "method", "reference"])["geo"].nunique()
    return tuple(sorted(set(codes[codes > 1].index.get_level_values("place"))))


def _rows(store: Store, release: int, name: str) -> pd.DataFrame:
    batches = list(indicator_batches(store, release, name, "public"))
    if not batches:
        return pd.DataFrame(columns=list(COLUMNS))
    rows: pd.DataFrame = pa.Table.from_batches(batches).to_pandas(strings_to_categorical=False)
    return rows.astype({name: str for name in rows.columns if name not in ("count", "base")})


def _chosen(rows: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows


def _wide(rows: pd.DataFrame, names: tuple[str, ...], categories: Iterable[str], value: str = "count") -> pd.DataFrame:
    """Return a value added up by place and category: NaN where no row says anything."""
    pivoted = rows.pivot_table(value, "place", "category", aggfunc="sum")
    return pivoted.reindex(index=list(names), columns=list(categories)).astype(np.float64)


def _known(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts of categories that exclude each other: 0 where others of the same place have rows."""
    return counts.where(counts.isna().all(axis=1), counts.fillna(0), axis=0)


def _of_all(counts: pd.DataFrame) -> pd.DataFrame:
    """Return beside each count how many all of its place are."""
    total = counts.sum(axis=1, min_count=1)
    return pd.DataFrame(dict.fromkeys(counts.columns, total), index=counts.index)


def _parts(title: str, note: str, counts: pd.DataFrame) -> Sheet:
    """Return the comparison of counts that add up to their base."""
    known = _known(counts)
    base = _of_all(known)
    return Sheet(title, note, known, base, known.mul(_SHARE).div(base).round(1))


def _shares(  # noqa: PLR0913, PLR0917 - a sheet is named by the key of its series
    rows: pd.DataFrame,
    names: tuple[str, ...],
    title: str,
    indicator: str,
    method: str,
    reference: str,
    breakdown: str,
    categories: Iterable[str],
) -> Sheet:
    chosen = _chosen(rows, indicator=indicator, method=method, reference=reference, breakdown=breakdown)
    return _parts(title, f"{indicator}, {method}, {reference}", _wide(chosen, names, categories))


def _lengths(  # noqa: PLR0913, PLR0917 - a sheet is named by the key of its series
    rows: pd.DataFrame,
    names: tuple[str, ...],
    title: str,
    indicator: str,
    method: str,
    reference: str,
    breakdown: str,
    categories: Iterable[str],
) -> Sheet:
    """Return quartiles or survival: no sums, so of a city with two codes the one with more spells counts."""
    chosen = _chosen(rows, indicator=indicator, method=method, reference=reference, breakdown=breakdown)
    larger = chosen.sort_values("base").drop_duplicates(["place", "category"], keep="last")
    counts, base = (_wide(larger, names, categories, value) for value in ("count", "base"))
    return Sheet(title, f"{indicator}, {method}, {reference}", counts, base)


def outcome_title(after: int, gap: int = 0) -> str:
    """Return the title of the comparison of outcomes so many months after."""
    return f"Where to, {after} months after leaving" + (f", gaps of {gap} months bridged" if gap else "")


def months_told(references: Iterable[str]) -> str:
    """Return months as people say them: ``2024-01 to 2024-09, 2024-11 (10 months)``."""
    months = sorted({parse_month(code) for code in references})
    if not months:
        return "no month is shown yet"
    starts = [month for month in months if month - 1 not in months]
    ends = [month for month in months if month + 1 not in months]
    stretches = [
        month_code(first) if first == last else f"{month_code(first)} to {month_code(last)}"
        for first, last in zip(starts, ends, strict=True)
    ]
    return f"{', '.join(stretches)} ({len(months)} {'month' if len(months) == 1 else 'months'})"


def _of_year(rows: pd.DataFrame, year: int) -> pd.DataFrame:
    return rows[rows["reference"].str.startswith(f"{year}-")]


def _outcomes(rows: pd.DataFrame, names: tuple[str, ...], year: int, after: int, gap: int) -> Sheet:
    method = f"own_x{after}_g{gap}"
    chosen = _of_year(_chosen(rows, indicator="exit_to_work", method=method), year)
    note = f"exit_to_work, {method}, who left in {months_told(chosen['reference'])}, added up"
    return _parts(outcome_title(after, gap), note, _wide(chosen, names, OUTCOMES))


def _any_work(rows: pd.DataFrame, names: tuple[str, ...], year: int) -> Sheet:
    """Return how many leavers are at work after 1, 3, 6 and 12 months, whatever else holds."""
    counts, base, months_by_after = {}, {}, []
    for after in EXIT_MONTHS:
        chosen = _of_year(_chosen(rows, indicator="exit_to_work", method=f"own_x{after}_g0"), year)
        wide = _wide(chosen, names, (*OUTCOMES, ANY_WORK))
        left = wide[list(OUTCOMES)].sum(axis=1, min_count=1)
        counts[str(after)] = wide[ANY_WORK].fillna(0).where(left.notna())
        base[str(after)] = left
        months_by_after.append(f"after {after}: who left in {months_told(chosen['reference'])}")
    note = f"exit_to_work, own_x…_g0, any_work, by months after leaving, added up; {'; '.join(months_by_after)}"
    counted, of = pd.DataFrame(counts), pd.DataFrame(base)
    return Sheet("At work after months", note, counted, of, counted.mul(_SHARE).div(of).round(1))


def _transitions(rows: pd.DataFrame, names: tuple[str, ...], year: int) -> Sheet:
    """Return the states a year later of persons with leefloon in a month, the last of the year that is shown."""
    chosen = _of_year(_chosen(rows, indicator="transitions", method="own"), year)
    month = str(chosen["reference"].max()) if len(chosen) else ""
    wanted = {f"ll|{state}": state for state in LATER_STATES}
    wide = _wide(chosen[chosen["reference"] == month], names, wanted).rename(columns=wanted)
    note = f"transitions, own, {month or 'no month is shown yet'}, state ll"
    return _parts("A year later, of those with leefloon", note, wide)


def _flows(rows: pd.DataFrame, names: tuple[str, ...], year: int) -> Sheet:
    chosen = _of_year(_chosen(rows, indicator="spells", method="own_g0"), year)
    months = [f"{name}: {months_told(chosen.loc[chosen['category'] == name, 'reference'])}" for name in FLOWS[:2]]
    note = f"spells, own_g0, months added up; {'; '.join(months)}"
    return Sheet("Entries and exits in the months shown", note, _wide(chosen, names, FLOWS[:2]))


def _rates(flows: Sheet, stock: pd.DataFrame, year: int) -> Sheet:
    """Return entries, exits and the mean of the monthly stock per 1,000 inhabitants, where these are known."""
    people = population(year)
    inhabitants = pd.Series({name: float(people.get(place, np.nan)) for place, name in places_of(year).items()})
    within = _of_year(stock, year)
    counts = flows.counts.assign(**{"stock (mean)": within.groupby("place")["stock"].mean()})
    rates = counts.mul(PER_THOUSAND).div(inhabitants, axis=0).round(1)
    note = (
        f"per 1,000 inhabitants on 1 January {year}; empty where they are not known within the boundaries of {year}; "
        f"{flows.note.partition('; ')[2]}; stock (mean): {months_told(within['reference'])}"
    )
    return Sheet("Rates per 1,000 inhabitants", note, rates, decimals=1)


def _stock(rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the monthly stock of two years: place, reference, stock, rate per 1,000 inhabitants (NaN: unknown).

    One line for each place and month: codes of one city are added up.
    """
    flows = _chosen(rows, indicator="spells", method="own_g0", category="stock")
    flows = flows[flows["reference"].str[:4].isin([str(year - 1), str(year)])]
    stock = flows.groupby(["place", "reference"])["count"].sum().rename("stock").reset_index()
    inhabitants = {
        (name, str(of_year)): float(people[place])
        for of_year in (year - 1, year)
        for people in (population(of_year),)
        for place, name in places_of(of_year).items()
        if place in people
    }
    of = [inhabitants.get(pair, np.nan) for pair in zip(stock["place"], stock["reference"].str[:4], strict=True)]
    rate = stock["stock"].to_numpy(np.float64) * PER_THOUSAND / np.array(of, np.float64)
    return stock.assign(rate=rate)
