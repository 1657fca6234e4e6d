"""The slow truth of the time dimension: spells, durations, entries, exits, read from the parts of events (H1-H3).

Everything follows from one question, asked of each person, place and month from L on: is the balance of leefloon (under
``OCMW_SPELLS=LL+FH``: of it or of FH) in that cell above zero? Positive months that follow each other, with at most g
months between them, are a spell. A row of a published table has a *geography month*, the last month it reads; every
earlier month is shown under the code that is valid then (D3), so a merged municipality holds the past of those that it
absorbed.

L is the first month of the time dimension. A spell that is positive in L ... L+g has no known beginning: it is no
entry, has no rank, and its band is unknown as long as M - S is below 60 months.

Worked example: positive in Gent in 2023-11, 2023-12, 2024-02, 2024-03. With g = 0 there are two spells; at 2024-03 the
exact duration is one month. With g = 1 there is one, and the exact duration is four months. On the March list of 2024
she stands, on that of 2023 not: the stock method says less than a year. Were L 2023-11, her band with g = 1 would be
unknown; with g = 0 it is known, for that spell begins in 2024-02.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from processors.reference.events import UNKNOWN_BIRTH
from processors.reference.facts import Fact
from processors.reference.parts import History, first_day
from schemas.breakdowns import DAYS_PER_YEAR, REFERENCE_DAY, SIMPLE
from schemas.indicators import (
    ADULT_AGE,
    CENSORED_MONTHS,
    FIRST_KNOWN_AFTER,
    PARTS,
    RANKS,
    TOP_RANK,
    TRAITS,
    UNKNOWN_RANK,
    Benefit,
    band,
)
from schemas.periods import LAST_MONTH, MONTHS_PER_YEAR
from schemas.places import KINGDOM, ancestors, boundaries, valid_code
from schemas.settings import FigureSettings

PLACE = ["level", "geo"]
HOLDER = [*PLACE, "person"]
NO_MONTH = LAST_MONTH + 1
"""L of a log that has no row of the supports of spells: every month is before it."""


@dataclass(frozen=True, slots=True)
class SpellSource:
    """What the tables are made from: a history as it was at the closing of update ``sequence``.

    ``benefit`` is by what a month is positive; unset, by the supports of spells.
    """

    history: History
    sequence: int
    settings: FigureSettings
    benefit: Benefit | None = None
    _answers: dict[tuple[str | int, ...], pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)
    _others: dict[Benefit, "SpellSource"] = field(default_factory=dict, compare=False, repr=False)

    def of(self, benefit: Benefit) -> "SpellSource":
        """Return the same history, asked for another benefit."""
        if benefit not in self._others:
            self._others[benefit] = SpellSource(self.history, self.sequence, self.settings, benefit)
        return self._others[benefit]

    def facts(self) -> list[Fact]:
        """Return the facts that are kept, in log order."""
        return [fact for fact in self.history.facts if fact.update <= self.sequence]

    def parts(self) -> pd.DataFrame:
        """Return the parts of the benefit up to this update, in log order; ``part`` numbers the parts of its node."""
        number = _part_of_leaf(self.benefit or self.settings.spells)
        parts = self.history.parts
        chosen = parts[parts["leaf"].isin(list(number)) & (parts["update"] <= self.sequence)]
        return chosen.assign(part=chosen["leaf"].map(number))

    def lines(self, geography: int) -> pd.DataFrame:
        """Return the parts of the benefit once for each level of place, as it is called in the geography month.

        Columns: level, geo, person, month, part, row, amount_cents, profile, birth_date; in log order.
        """
        chosen = self.parts()
        chosen = chosen.assign(nis=self.history.profiles["shown"].loc[chosen["profile"]].to_numpy())
        return chosen.merge(_areas(chosen["nis"].unique().tolist(), geography, self.settings), on="nis")

    def first_month(self) -> int:
        """Return L: as it is set, or the first month with a row at the first update with rows."""
        if self.settings.first is not None:
            return self.settings.first
        parts = self.parts()
        if parts.empty:
            return NO_MONTH
        return int(parts.loc[parts["update"] == parts["update"].min(), "month"].min())

    def positive(self, geography: int) -> pd.DataFrame:
        """Return every (level, geo, person, month) whose cell is above zero in some part (H1); spells: from L on."""
        era = era_of(geography)
        return self.kept(("positive", era), lambda: self._positive(era))

    def _positive(self, geography: int) -> pd.DataFrame:
        balances = self.lines(geography).groupby([*HOLDER, "month", "part"])["amount_cents"].sum()
        positive = balances[balances > 0].reset_index()
        if self.benefit is None:
            positive = positive[positive["month"] >= self.first_month()]
        return positive[[*HOLDER, "month"]].drop_duplicates().sort_values([*HOLDER, "month"], ignore_index=True)

    def spells(self, geography: int, gap: int) -> pd.DataFrame:
        """Return the spells: level, geo, person, first and last month, number (among the person's there)."""
        era = era_of(geography)
        return self.kept(("spells", era, gap), lambda: self._spells(era, gap))

    def kept(self, key: tuple[str | int, ...], answer: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a copy of an answer that many tables ask for; each is found once."""
        if key not in self._answers:
            self._answers[key] = answer()
        return self._answers[key].copy()

    def _spells(self, geography: int, gap: int) -> pd.DataFrame:
        months = self.positive(geography)
        same_holder = (months[HOLDER] == months[HOLDER].shift()).all(axis=1)
        begins = ~same_holder | (months["month"].diff() > gap + 1)
        months["spell"] = begins.cumsum()
        extents = months.groupby([*HOLDER, "spell"], as_index=False)["month"].agg(first="min", last="max")
        numbered: pd.DataFrame = extents.assign(number=extents.groupby(HOLDER).cumcount() + 1).drop(columns="spell")
        return numbered

    def minors(self) -> set[int]:
        """Return who was under 18 or not yet born in L, by the birth date of the last event that touched a row (H3)."""
        last = self.parts().drop_duplicates("person", keep="last")
        day = int(first_day(pd.Series([self.first_month()]))[0]) + REFERENCE_DAY - 1
        under = (day - last["birth_date"]) // DAYS_PER_YEAR < ADULT_AGE
        return set(last.loc[under & (last["birth_date"] != UNKNOWN_BIRTH), "person"].tolist())


@cache
def era_of(geography: int) -> int:
    """Return the first month from which on municipalities are called as they are in a month."""
    return max(start for start in boundaries() if start <= geography)


def _part_of_leaf(benefit: Benefit) -> dict[int, int]:
    return {leaf: number for number, leaves in enumerate(PARTS[benefit]) for leaf in leaves}


def _areas(codes: list[int], geography: int, settings: FigureSettings) -> pd.DataFrame:
    """Return nis, level, geo: where a shown code stands in the geography month; a fixed geography stays."""
    areas = []
    for nis in codes:
        code = f"{nis:05d}"
        there = valid_code(code, geography) if settings.geography_day is None else code
        areas += [(nis, level, geo) for level, geo in ancestors(there).items()]
    return pd.DataFrame(areas, columns=["nis", *PLACE])


def durations(source: SpellSource, month: int, gap: int) -> pd.DataFrame:
    """Return all who stand in a cell of ``month``, with their bands (H2).

    Columns: level, geo, person, breakdown, code, and the bands ``exact_own``, ``exact_national``, ``stock_own``.
    """
    own, without_gap = _begun(source, month, gap), _begun(source, month, 0)
    lists = _lists(source.positive(month), month)
    cells = source.kept(("present", month), lambda: _present(source, month))
    first = source.first_month()
    holders = list(cells[HOLDER].itertuples(index=False, name=None))

    def exact(begun: dict[tuple[str, str, int], int], holder: tuple[str, str, int], tolerance: int) -> str:
        start = begun.get(holder)
        if start is None or (start <= first + tolerance and month - start < CENSORED_MONTHS):
            return "unknown"
        return band(month - start)

    def stock(holder: tuple[str, str, int]) -> str:
        known = exact(without_gap, holder, 0) != "unknown"
        return band((lists[holder] - 1) * MONTHS_PER_YEAR) if known else "unknown"

    return cells.assign(
        exact_own=[exact(own, holder, gap) for holder in holders],
        exact_national=[exact(own, ("kingdom", KINGDOM, holder[2]), gap) for holder in holders],
        stock_own=[stock(holder) for holder in holders],
    )


def _begun(source: SpellSource, month: int, gap: int) -> dict[tuple[str, str, int], int]:
    """Return in which month the spell began of each who is above zero in a month.

    A spell of tolerance g may bridge the month: then nobody stands in it.
    """
    positive = source.positive(month)
    standing = positive.loc[positive["month"] == month, HOLDER].merge(source.spells(month, gap), on=HOLDER)
    held = standing[(standing["first"] <= month) & (standing["last"] >= month)]
    return dict(zip(held[HOLDER].itertuples(index=False, name=None), held["first"].tolist(), strict=True))


def _lists(positive: pd.DataFrame, month: int) -> dict[tuple[str, str, int], int]:
    """Return on how many consecutive lists of month, month - 12 … each holder stands, from the first on (Mechelen)."""
    by_month = {
        of_month: set(group[HOLDER].itertuples(index=False, name=None)) for of_month, group in positive.groupby("month")
    }
    lists: dict[tuple[str, str, int], int] = {}
    standing = by_month.get(month, set())
    while standing:
        lists |= {key: lists.get(key, 0) + 1 for key in standing}
        month -= MONTHS_PER_YEAR
        standing = standing & by_month.get(month, set())
    return lists


def _present(source: SpellSource, month: int) -> pd.DataFrame:
    """Return level, geo, person, breakdown, code of every cell of a month that is above zero (B4)."""
    lines = source.lines(month)
    lines = lines[lines["month"] == month]
    last = lines.drop_duplicates("row", keep="last").set_index("row")["profile"]
    profiles = source.history.profiles.loc[last.loc[lines["row"]].to_numpy()]
    present = []
    for name in TRAITS:
        numbers = [0] * len(lines) if name == "total" else profiles[name].tolist()
        cells = lines.assign(breakdown=name, code=[SIMPLE[name][number] for number in numbers])
        key = [*HOLDER, "breakdown", "code"]
        balances = cells.groupby([*key, "part"])["amount_cents"].sum()
        present.append(balances[balances > 0].reset_index()[key].drop_duplicates())
    return pd.concat(present, ignore_index=True)


def entries(source: SpellSource, year: int, gap: int, view: str) -> pd.DataFrame:
    """Return level, geo, person, first and rank of the entries of the year whose last month is ``year`` (H3).

    ``own``: the spells of a place that begin in the year, ranked among them. ``national``: the kingdom's spells that
    begin in the year, at each place where the person is above zero in their first month, ranked in the kingdom.
    """
    spells = source.spells(year, gap)
    within = spells["first"].between(year - MONTHS_PER_YEAR + 1, year)
    begun = spells[within & (spells["first"] > source.first_month() + gap)]
    ranked = begun.assign(rank=_ranks(source, begun))
    if view == "own":
        return ranked[[*HOLDER, "first", "rank"]]
    kingdom = ranked.loc[ranked["geo"] == KINGDOM, ["person", "first", "rank"]]
    positive = source.positive(year)
    standing = positive.rename(columns={"month": "first"})
    return standing.merge(kingdom, on=["person", "first"])[[*HOLDER, "first", "rank"]]


def _ranks(source: SpellSource, spells: pd.DataFrame) -> list[str]:
    first, minors = source.first_month(), source.minors()
    return [
        RANKS[min(number, TOP_RANK) - 1]
        if number > 1 or begin >= first + FIRST_KNOWN_AFTER or person in minors
        else RANKS[UNKNOWN_RANK]
        for number, begin, person in spells[["number", "first", "person"]].itertuples(index=False, name=None)
    ]


def flows(source: SpellSource, month: int, gap: int) -> pd.DataFrame:
    """Return level, geo, entries, exits and stock of a month, in the geography of ``month + gap + 1`` (Exit, H3).

    An entry is the first month of a spell, an exit its last; the stock is who stands above zero in the month.
    """
    geography = month + gap + 1
    positive, spells = source.positive(geography), source.spells(geography, gap)
    counts = {
        "entries": spells[spells["first"] == month].groupby(PLACE).size(),
        "exits": spells[spells["last"] == month].groupby(PLACE).size(),
        "stock": positive[positive["month"] == month].groupby(PLACE).size(),
    }
    return pd.DataFrame(counts).fillna(0).astype("int64").reset_index()


def running_lengths(source: SpellSource, month: int) -> pd.DataFrame:
    """Return level, geo, months (the reference included) and whether the beginning is known, of who stands in a month.

    Without tolerance: a spell has no known beginning where it begins in L.
    """
    begun = _begun(source, month, 0)
    lengths = [(*holder[:2], month - first + 1, first > source.first_month()) for holder, first in begun.items()]
    return pd.DataFrame(lengths, columns=[*PLACE, "months", "known"])
