"""The benchmark of the 13 Flemish centre cities: the same indicators side by side, for a workbook and a page (H6).

Everything comes from the published tables of one release, so that each number can be found there again. A city stands
under the code that is valid in December of the year. Rates are per 1,000 inhabitants on 1 January of the year, within
the boundaries of that year: where only those of later boundaries are known, there is no rate.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from schemas.indicators import (
    ANY_WORK,
    BANDS,
    EXIT_MONTHS,
    FLOWS,
    LATER_STATES,
    OUTCOMES,
    QUARTILES,
    RANKS,
    SURVIVAL_MONTHS,
)
from schemas.parameters import table
from schemas.periods import ordinal
from schemas.places import MUNICIPALITY, ancestors, place_name
from sinks.files.indicators import TABLES, indicator_batches

FLANDERS, BELGIUM = ("region", "02000"), ("kingdom", "01000")
_SHARE = 100
PER_THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One comparison: a line a place, a column a category; ``shares`` are percentages of ``base``.

    ``decimals`` of the counts: rates have some.
    """

    title: str
    note: str
    counts: pd.DataFrame
    shares: pd.DataFrame | None
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All comparisons of a year, the places in order, and the monthly stock by place."""

    year: int
    month: str
    update_id: str
    places: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    stock: pd.DataFrame


def places_of(year: int) -> dict[tuple[str, str], str]:
    """Return (geo_level, geo) -> name of the centre cities in December of a year, then Flanders and Belgium."""
    december = ordinal(year, 12)
    cities = {row["nis"]: row["city"] for row in table("centrumsteden") if _is_valid(row["nis"], december)}
    named = {("municipality", nis): city for nis, city in sorted(cities.items(), key=lambda pair: pair[1])}
    return named | {place: place_name(*place, "nl") for place in (FLANDERS, BELGIUM)}


def _is_valid(nis: str, month: int) -> bool:
    found = MUNICIPALITY[nis]
    return found.first <= month and (found.last is None or month <= found.last)


def population(year: int) -> dict[tuple[str, str], int]:
    """Return the inhabitants on 1 January by place, where they are known."""
    found: dict[tuple[str, str], int] = {}
    for row in table("population"):
        if row["year"] == str(year):
            for place in ancestors(row["nis"]).items():
                found[place] = found.get(place, 0) + int(row["population"])
    return found


def benchmark(root: Path, release: int, year: int) -> Benchmark:
    """Return the comparison of a year from a release's public tables. Raises LookupError where the year has none."""
    rows = pd.concat([_rows(root, release, name) for name in TABLES], ignore_index=True)
    months = sorted(rows.loc[rows["indicator"] == "duration", "reference"].unique())
    within = [month for month in months if month.startswith(f"{year}-")]
    if not within:
        shown = f"shown are {months[0]} to {months[-1]}" if months else "no month is shown yet"
        message = f"no indicators of {year} are published at this release; {shown}"
        raise LookupError(message)
    month, names = within[-1], places_of(year)
    sheets = (
        _sheet(rows, names, "Duration, exact", "duration", "exact_own_g0", month, "band", BANDS),
        _sheet(rows, names, "Duration, gaps of 2 months bridged", "duration", "exact_own_g2", month, "band", BANDS),
        _sheet(rows, names, "Duration, national", "duration", "exact_national_g0", month, "band", BANDS),
        _sheet(rows, names, "Duration, lists of a year apart", "duration", "stock_own", month, "band", BANDS),
        _sheet(rows, names, "Entries by rank, same OCMW", "reentry", "spells_own_g0", str(year), "rank", RANKS),
        _sheet(rows, names, "Entries by rank, Belgium", "reentry", "spells_national_g0", str(year), "rank", RANKS),
        _sheet(rows, names, "Months since the spell began", "quartiles", "running_g0", month, "quartile", QUARTILES),
        _sheet(rows, names, "Months of ended spells", "quartiles", "completed_g0", str(year), "quartile", QUARTILES),
        _sheet(rows, names, "Of 10,000 that began, still there after months", "survival", "kaplan_meier_g0",
               str(year - 1), "months", tuple(map(str, SURVIVAL_MONTHS))),
    )  # fmt: skip
    update = str(rows.loc[rows["reference"] == month, "update_id"].iloc[0])
    flows, stock = _flows(rows, names, year), _stock(rows, names, year)
    further = (
        *(_outcomes(rows, names, year, after, gap) for after, gap in ((3, 0), (12, 0), (12, 2))),
        _any_work(rows, names, year),
        _transitions(rows, names, year),
        flows,
        _rates(flows, stock, names, year),
    )
    return Benchmark(year, month, update, tuple(names.values()), (*sheets, *further), stock)


def _rows(root: Path, release: int, name: str) -> pd.DataFrame:
    batches = list(indicator_batches(root, release, name, "public"))
    if not batches:
        return pd.DataFrame(columns=["indicator", "reference"])
    found: pd.DataFrame = pa.Table.from_batches(batches).to_pandas(strings_to_categorical=False)
    return found.astype({name: str for name in found.columns if name not in ("count", "base")})


def _chosen(rows: pd.DataFrame, names: dict[tuple[str, str], str], **wanted: str) -> pd.DataFrame:
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    place = [names.get(pair, "") for pair in zip(rows["geo_level"], rows["geo"], strict=True)]
    return rows.assign(place=place)[np.array([name != "" for name in place], np.bool_)]


def _every_code(names: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Return the names under every code that a city had: flows of December stand in the geography of January."""
    return names | {("municipality", row["nis"]): row["city"] for row in table("centrumsteden")}


def _sheet(  # noqa: PLR0913, PLR0917 - a sheet is named by the key of its series
    rows: pd.DataFrame,
    names: dict[tuple[str, str], str],
    title: str,
    indicator: str,
    method: str,
    reference: str,
    breakdown: str,
    categories: Iterable[str],
) -> Sheet:
    found = _chosen(rows, names, indicator=indicator, method=method, reference=reference, breakdown=breakdown)
    wide = found.pivot_table("count", "place", "category", aggfunc="sum", fill_value=0, observed=True)
    counts = wide.reindex(index=list(names.values()), columns=list(categories))
    base = found.groupby("place")["base"].max().reindex(counts.index)
    counts[base.notna()] = counts[base.notna()].fillna(0)
    shares = None if indicator in ("quartiles", "survival") else (counts.mul(_SHARE).div(base, axis=0)).round(1)
    return Sheet(title, f"{indicator}, {method}, {reference}", counts, shares)


def outcome_title(after: int, gap: int = 0) -> str:
    """Return the title of the comparison of outcomes so many months after."""
    return f"Where to, {after} months after leaving" + (f", gaps of {gap} months bridged" if gap else "")


def _summed(rows: pd.DataFrame, names: dict[tuple[str, str], str], year: int, **wanted: str) -> pd.DataFrame:
    """Return counts of the shown months of a year added up: a line a place, a column a category."""
    found = _chosen(rows, _every_code(names), **wanted)
    found = found[found["reference"].str.startswith(f"{year}-")]
    return found.pivot_table("count", "place", "category", aggfunc="sum", fill_value=0, observed=True).reindex(
        index=list(names.values())
    )


def _outcomes(rows: pd.DataFrame, names: dict[tuple[str, str], str], year: int, after: int, gap: int) -> Sheet:
    method = f"own_x{after}_g{gap}"
    found = _summed(rows, names, year, indicator="exit_to_work", method=method).reindex(columns=list(OUTCOMES))
    counts = found.where(found.isna().all(axis=1), found.fillna(0), axis=0)
    shares = (counts.mul(_SHARE).div(counts.sum(axis=1), axis=0)).round(1)
    return Sheet(outcome_title(after, gap), f"exit_to_work, {method}, shown months of {year} added up", counts, shares)


def _any_work(rows: pd.DataFrame, names: dict[tuple[str, str], str], year: int) -> Sheet:
    """Return how many of those who left work after 1, 3, 6, 12 months, whatever else holds."""
    counts, shares = {}, {}
    for after in EXIT_MONTHS:
        found = _summed(rows, names, year, indicator="exit_to_work", method=f"own_x{after}_g0")
        found = found.reindex(columns=[*OUTCOMES, ANY_WORK])
        left = found[list(OUTCOMES)].sum(axis=1)
        counts[str(after)] = found[ANY_WORK].fillna(0).where(left > 0)
        shares[str(after)] = (counts[str(after)] * _SHARE / left).round(1)
    note = f"exit_to_work, own_x…_g0, any_work, by months after leaving, shown months of {year} added up"
    return Sheet("At work after months", note, pd.DataFrame(counts), pd.DataFrame(shares))


def _transitions(rows: pd.DataFrame, names: dict[tuple[str, str], str], year: int) -> Sheet:
    """Return where those with leefloon in a month are a year later, for the last month of the year that is shown."""
    found = _chosen(rows, _every_code(names), indicator="transitions", method="own")
    month = found.loc[found["reference"].str.startswith(f"{year}-"), "reference"].max()
    month = "" if pd.isna(month) else str(month)
    wide = found[found["reference"] == month].pivot_table(
        "count", "place", "category", aggfunc="sum", fill_value=0, observed=True
    )
    wanted = {f"ll|{state}": state for state in LATER_STATES}
    found = wide.reindex(index=list(names.values()), columns=list(wanted)).rename(columns=wanted)
    counts = found.where(found.isna().all(axis=1), found.fillna(0), axis=0)
    shares = (counts.mul(_SHARE).div(counts.sum(axis=1), axis=0)).round(1)
    note = f"transitions, own, {month or 'no month shown'}, state ll"
    return Sheet("A year later, of those with leefloon", note, counts, shares)


def _rates(flows: Sheet, stock: pd.DataFrame, names: dict[tuple[str, str], str], year: int) -> Sheet:
    """Return entries, exits and the mean of the monthly stock per 1,000 inhabitants, where these are known."""
    people = population(year)
    inhabitants = pd.Series({name: float(people.get(place, np.nan)) for place, name in names.items()})
    within = stock[stock["reference"].str.startswith(f"{year}-")]
    counts = flows.counts.assign(**{"stock (mean)": within.groupby("place")["stock"].mean()})
    rates = counts.mul(PER_THOUSAND).div(inhabitants, axis=0).round(1)
    note = f"per 1,000 inhabitants on 1 January {year}; empty where they are not known within the boundaries of {year}"
    return Sheet("Rates per 1,000 inhabitants", note, rates, None, decimals=1)


def _flows(rows: pd.DataFrame, names: dict[tuple[str, str], str], year: int) -> Sheet:
    found = _chosen(rows, _every_code(names), indicator="spells", method="own_g0")
    found = found[found["reference"].str.startswith(f"{year}-")]
    total = found.pivot_table("count", "place", "category", aggfunc="sum", fill_value=0, observed=True)
    counts = total.reindex(index=list(names.values()), columns=list(FLOWS[:2]))
    return Sheet("Entries and exits in the year", f"spells, own_g0, months of {year}", counts, None)


def _stock(rows: pd.DataFrame, names: dict[tuple[str, str], str], year: int) -> pd.DataFrame:
    """Return the monthly stock of two years: place, reference, stock, rate per 1,000 inhabitants (NaN: unknown)."""
    found = _chosen(rows, _every_code(names), indicator="spells", method="own_g0", category="stock")
    found = found[found["reference"].str[:4].isin([str(year - 1), str(year)])]
    people = {str(told): population(told) for told in (year - 1, year)}
    keys = zip(found["reference"].str[:4], found["geo_level"], found["geo"], strict=True)
    inhabitants = np.array([people[told].get((level, geo), np.nan) for told, level, geo in keys], np.float64)
    stock = found.assign(rate=found["count"] * PER_THOUSAND / inhabitants).rename(columns={"count": "stock"})
    return stock[["place", "reference", "stock", "rate"]]
