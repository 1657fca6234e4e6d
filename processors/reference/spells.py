"""The slow truth of the time dimension: spells, durations, entries, exits, read from the parts of events (H1-H3).

Everything follows from one question, asked of each person, place and month: is the balance of leefloon (with FH where
asked: of either) in that cell above zero? Positive months that follow each other, with at most g months between them,
are a spell. A row of a published table has a *geography month*, the last month it needs; every earlier month is shown
under the code that is valid then (D3), so a merged municipality holds the past of those that it absorbed.

Worked example: positive in Gent in 2023-11, 2023-12, 2024-02, 2024-03. With g = 0 there are two spells; at 2024-03 the
exact duration is one month. With g = 1 there is one, and the exact duration is four months. On the March list of 2024
she stands, on that of 2023 not: the stock method says less than a year.

What is *unknown*: the duration of somebody whose spell was running in the log's first month L, as long as M - L is
below 60 months, whichever method is asked (what came before L is not in the log); of a cell of a category above zero
in a place where the person as a whole is not; and the national duration where the kingdom's cell is not above zero.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
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
from schemas.periods import MONTHS_PER_YEAR
from schemas.places import KINGDOM, ancestors, boundaries, valid_code
from schemas.settings import FigureSettings

PLACE = ["level", "geo"]
HOLDER = [*PLACE, "person"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the tables are made from: a history as it was at the closing of update ``sequence``, and what a spell is."""

    history: History
    sequence: int
    settings: FigureSettings
    benefit: Benefit = "LL"
    _found: dict[tuple[str | int, ...], pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)
    _others: dict[Benefit, "Asked"] = field(default_factory=dict, compare=False, repr=False)

    def of(self, benefit: Benefit) -> "Asked":
        """Return the same history, asked for another benefit."""
        if benefit not in self._others:
            self._others[benefit] = Asked(self.history, self.sequence, self.settings, benefit)
        return self._others[benefit]

    def facts(self) -> list[Fact]:
        """Return the facts that are kept, in log order."""
        return [fact for fact in self.history.facts if fact.update <= self.sequence]

    def lines(self, geography: int) -> pd.DataFrame:
        """Return the parts of the benefit once for each level of place, as it is called in the geography month.

        Columns: level, geo, person, month, part, row, amount_cents, profile, birth_date; in log order.
        """
        parts, number = self.history.parts, _part_of_leaf(self.benefit)
        chosen = parts[parts["leaf"].isin(list(number)) & (parts["update"] <= self.sequence)]
        chosen = chosen.assign(
            part=chosen["leaf"].map(number),
            nis=self.history.profiles["shown"].loc[chosen["profile"]].to_numpy(),
        )
        return chosen.merge(_areas(chosen["nis"].unique().tolist(), geography, self.settings), on="nis")

    def first_month(self) -> int:
        """Return L, the first month with a row of the benefit. Raises ValueError where there is none."""
        parts = self.history.parts
        inside = parts["leaf"].isin(list(_part_of_leaf(self.benefit))) & (parts["update"] <= self.sequence)
        return int(parts.loc[inside, "month"].min())

    def positive(self, geography: int) -> pd.DataFrame:
        """Return every (level, geo, person, month) whose cell is above zero in some part (H1)."""
        era = era_of(geography)
        return self.kept(("positive", era), lambda: self._positive(era))

    def _positive(self, geography: int) -> pd.DataFrame:
        balances = self.lines(geography).groupby([*HOLDER, "month", "part"])["amount_cents"].sum()
        found = balances[balances > 0].reset_index()
        return found[[*HOLDER, "month"]].drop_duplicates().sort_values([*HOLDER, "month"], ignore_index=True)

    def spells(self, geography: int, gap: int) -> pd.DataFrame:
        """Return the spells: level, geo, person, first and last month, number (among the person's there)."""
        era = era_of(geography)
        return self.kept(("spells", era, gap), lambda: self._spells(era, gap))

    def kept(self, key: tuple[str | int, ...], answer: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a copy of an answer that many tables ask for; each is found once."""
        if key not in self._found:
            self._found[key] = answer()
        return self._found[key].copy()

    def _spells(self, geography: int, gap: int) -> pd.DataFrame:
        months = self.positive(geography)
        same_holder = (months[HOLDER] == months[HOLDER].shift()).all(axis=1)
        begins = ~same_holder | (months["month"].diff() > gap + 1)
        months["spell"] = begins.cumsum()
        found = months.groupby([*HOLDER, "spell"], as_index=False)["month"].agg(first="min", last="max")
        numbered: pd.DataFrame = found.assign(number=found.groupby(HOLDER).cumcount() + 1).drop(columns="spell")
        return numbered


@cache
def era_of(geography: int) -> int:
    """Return the first month from which on municipalities are called as they are in a month."""
    return max(start for start in boundaries() if start <= geography)


def _part_of_leaf(benefit: Benefit) -> dict[int, int]:
    return {leaf: number for number, leaves in enumerate(PARTS[benefit]) for leaf in leaves}


def _areas(shown: list[int], geography: int, settings: FigureSettings) -> pd.DataFrame:
    """Return nis, level, geo: where a shown code stands in the geography month; a fixed geography stays."""
    found = []
    for nis in shown:
        code = f"{nis:05d}"
        there = valid_code(code, geography) if settings.geography_day is None else code
        found += [(nis, level, geo) for level, geo in ancestors(there).items()]
    return pd.DataFrame(found, columns=["nis", *PLACE])


def durations(asked: Asked, month: int, gap: int) -> pd.DataFrame:
    """Return all who stand in a cell of ``month``, with their bands (H2).

    Columns: level, geo, person, breakdown, code, and the bands ``exact_own``, ``exact_national``, ``stock_own``.
    """
    spells = asked.spells(month, gap)
    running = spells[(spells["first"] <= month) & (spells["last"] >= month)]
    own = running.set_index(HOLDER)["first"]
    kingdom = running[running["geo"] == KINGDOM].set_index("person")["first"]
    # a spell of tolerance g may bridge this month: then nobody stands in it, and the cells below do not hold it
    positive = asked.positive(month)
    holders = set(positive.loc[positive["month"] == month, HOLDER].itertuples(index=False, name=None))
    without_gap = asked.spells(month, 0)
    censored = _censored(without_gap, asked.first_month(), month)
    lists = _lists(positive, month)
    found = asked.kept(("present", month), lambda: _present(asked, month))
    keys = list(found[HOLDER].itertuples(index=False, name=None))
    first = asked.first_month()

    def exact(start: int | None) -> str:
        return _band(None if start is None else month - start, start == first and month - first < CENSORED_MONTHS)

    nation = [("kingdom", KINGDOM, person) for _, _, person in keys]
    return found.assign(
        exact_own=[exact(int(own[key]) if key in holders else None) for key in keys],
        exact_national=[exact(int(kingdom[key[2]]) if key in holders else None) for key in nation],
        stock_own=[
            _band((lists[key] - 1) * MONTHS_PER_YEAR if key in holders else None, key in censored) for key in keys
        ],
    )


def _band(months: int | None, censored: bool) -> str:  # noqa: FBT001 - read as "band of so many months, censored"
    return "unknown" if months is None or censored else band(months)


def _censored(spells: pd.DataFrame, first: int, month: int) -> set[tuple[str, str, int]]:
    """Return who is in a spell at ``month`` that was running in the log's first month, not five years ago."""
    running = spells[(spells["first"] == first) & (spells["last"] >= month)]
    if month - first >= CENSORED_MONTHS:
        return set()
    return set(running[HOLDER].itertuples(index=False, name=None))


def _lists(positive: pd.DataFrame, month: int) -> dict[tuple[str, str, int], int]:
    """Return on how many consecutive lists of month, month - 12 … each holder stands, from the first on (Mechelen)."""
    by_month = {
        found: set(group[HOLDER].itertuples(index=False, name=None)) for found, group in positive.groupby("month")
    }
    lists: dict[tuple[str, str, int], int] = {}
    standing = by_month.get(month, set())
    while standing:
        lists |= {key: lists.get(key, 0) + 1 for key in standing}
        month -= MONTHS_PER_YEAR
        standing = standing & by_month.get(month, set())
    return lists


def _present(asked: Asked, month: int) -> pd.DataFrame:
    """Return level, geo, person, breakdown, code of every cell of a month that is above zero (B4)."""
    lines = asked.lines(month)
    lines = lines[lines["month"] == month]
    last = lines.drop_duplicates("row", keep="last").set_index("row")["profile"]
    profiles = asked.history.profiles.loc[last.loc[lines["row"]].to_numpy()]
    found = []
    for name in TRAITS:
        numbers = [0] * len(lines) if name == "total" else profiles[name].tolist()
        cells = lines.assign(breakdown=name, code=[SIMPLE[name][number] for number in numbers])
        key = [*HOLDER, "breakdown", "code"]
        balances = cells.groupby([*key, "part"])["amount_cents"].sum()
        found.append(balances[balances > 0].reset_index()[key].drop_duplicates())
    return pd.concat(found, ignore_index=True)


def entries(asked: Asked, year: int, gap: int) -> pd.DataFrame:
    """Return the spells that begin in the year whose last month is ``year`` (H3).

    Columns of ``Asked.spells``, and the ranks ``own`` (of the spell at the place) and ``national`` (of the kingdom's
    spell that holds its first month; unknown where the kingdom's cell is not above zero then).
    """
    spells = asked.spells(year, gap)
    spells = spells[spells["first"] <= year]
    ranked = spells.assign(own=_ranks(asked, spells, year))
    kingdom = ranked[ranked["geo"] == KINGDOM]
    begun = ranked[ranked["first"] > year - MONTHS_PER_YEAR].reset_index(drop=True)
    pairs = begun[["person", "first"]].assign(entry=begun.index).merge(kingdom, on="person", suffixes=("", "_kingdom"))
    holds = pairs[pairs["first"].between(pairs["first_kingdom"], pairs["last"])]
    positive = asked.positive(year)
    there = set(positive[positive["geo"] == KINGDOM][["person", "month"]].itertuples(index=False, name=None))
    known = [key in there for key in holds[["person", "first"]].itertuples(index=False, name=None)]
    national = (
        holds[np.array(known, np.bool_)].set_index("entry")["own"].reindex(begun.index).fillna(RANKS[UNKNOWN_RANK])
    )
    return begun.assign(national=national)


def _ranks(asked: Asked, spells: pd.DataFrame, geography: int) -> list[str]:
    first = asked.first_month()
    minors = _minors(asked, geography, first)
    return [
        RANKS[min(number, TOP_RANK) - 1]
        if number > 1 or begin >= first + FIRST_KNOWN_AFTER or (*holder, begin) in minors
        else RANKS[UNKNOWN_RANK]
        for number, begin, *holder in spells[["number", "first", *HOLDER]].itertuples(index=False, name=None)
    ]


def _minors(asked: Asked, geography: int, first: int) -> set[tuple[str, str, int, int]]:
    """Return (level, geo, person, month) whose every row says that the person was under 18 in the log's first month."""
    lines = asked.lines(geography).drop_duplicates(["row", *PLACE], keep="last")
    day = int(first_day(pd.Series([first]))[0]) + REFERENCE_DAY - 1
    known = (lines["birth_date"] != UNKNOWN_BIRTH) & (lines["birth_date"] < first_day(lines["month"]) + REFERENCE_DAY)
    under = known & ((day - lines["birth_date"]) // DAYS_PER_YEAR < ADULT_AGE)
    every = lines.assign(under=under).groupby([*HOLDER, "month"])["under"].all()
    return set(every[every].index)


def flows(asked: Asked, month: int, gap: int) -> pd.DataFrame:
    """Return level, geo, entries, exits and stock of a month, in the geography of ``month + gap + 1`` (Exit, H3).

    An entry is the first month of a spell, an exit its last; the stock is who stands above zero in the month.
    """
    geography = month + gap + 1
    positive, spells = asked.positive(geography), asked.spells(geography, gap)
    counts = {
        "entries": spells[spells["first"] == month].groupby(PLACE).size(),
        "exits": spells[spells["last"] == month].groupby(PLACE).size(),
        "stock": positive[positive["month"] == month].groupby(PLACE).size(),
    }
    return pd.DataFrame(counts).fillna(0).astype(np.int64).reset_index()


def running_lengths(asked: Asked, month: int, gap: int) -> pd.DataFrame:
    """Return level, geo, months (since the spell began) of everybody who stands above zero in a month."""
    spells, positive = asked.spells(month, gap), asked.positive(month)
    standing = positive[positive["month"] == month][HOLDER].merge(spells, on=HOLDER)
    held = standing[(standing["first"] <= month) & (standing["last"] >= month)]
    return held.assign(months=month - held["first"])[[*PLACE, "months"]]
