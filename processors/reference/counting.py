"""The slow truth: any block of figures counted again from scratch, one node and period at a time.

For a block, take the parts of the node's leaves and the period's months that stand before the closing of the update,
add them up to rows, give every row its cells (each level of place x each breakdown), and add up again by person, part
of the node and cell. A person counts in a cell where some part is above zero (B1, B3, B4); nothing longer or wider is
ever the sum of something shorter or narrower (E1-E3). Amounts and days are plain sums over rows (E4).

Example: a person has +100 in Gent and -100 in Aalst in 2024-03. She is a beneficiary of Gent, not of Aalst, and not of
the kingdom, where her balance is 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.reference.parts import History, month_length
from schemas.breakdowns import (
    BREAKDOWNS,
    CATEGORIES,
    CATEGORY_NUMBER,
    CROSSES,
    ROLLING_YEAR_BREAKDOWNS,
    SIMPLE,
    codes,
)
from schemas.figures import MEASURES, BlockKey, Cells
from schemas.periods import KINDS, LAST_MONTH, Period
from schemas.places import LEVELS, PLACE_NUMBER, PLACES, ancestors
from schemas.supports import NODE, NODES

_SUMS = ["amount_cents", "state_share_cents", "days"]
_NO_PLACE = -1
_CELLS = len(PLACES) * len(CATEGORIES)

Integers = npt.NDArray[np.int64]


def known(history: History) -> dict[BlockKey, int]:
    """Return every node and period that the log knows, with the sequence of the update that first held a row of it.

    No period ends after the last month that an event may name.
    """
    first = history.parts.groupby(["leaf", "month"])["update"].min()
    first_known: dict[BlockKey, int] = {}
    for node, kind in product(NODES, KINDS):
        months = first[first.index.get_level_values("leaf").isin(node.leaves)].groupby("month").min()
        for month, update in zip(months.index.tolist(), months.tolist(), strict=True):
            for period in Period.holding(kind, month):
                key = BlockKey(node.code, period)
                first_known[key] = min(update, first_known.get(key, update))
    closed = len(history.updates)
    return {key: update for key, update in first_known.items() if update <= closed and key.period.last <= LAST_MONTH}


def _closed(history: History, sequence: int | None) -> pd.DataFrame:
    upto = len(history.updates) if sequence is None else sequence
    return history.parts[history.parts["update"] <= upto]


def _members(keys: Sequence[BlockKey]) -> pd.DataFrame:
    """Return which leaves and months make up each block (numbered by its place in ``keys``), and as which part."""
    members = [
        (block, leaf, month, part)
        for block, (support, period) in enumerate(keys)
        for part, leaves in enumerate(NODE[support].parts)
        for leaf, month in product(leaves, range(period.first, period.last + 1))
    ]
    return pd.DataFrame(members, columns=["block", "leaf", "month", "part"], dtype=np.int64)


def rows_of(parts: pd.DataFrame) -> pd.DataFrame:
    """Add parts up to rows; days count only where the row's own balance is above zero, within the month (E4)."""
    rows = parts.drop_duplicates("row", keep="last").set_index("row")
    rows[_SUMS] = parts.groupby("row")[_SUMS].sum()
    days = rows["days"].clip(lower=0, upper=month_length(rows["month"]))
    return rows.assign(days=days.where(rows["amount_cents"] > 0, 0))


def count(history: History, key: BlockKey, sequence: int | None = None) -> Cells:
    """Count one block as it was at the closing of an update (default: the last one)."""
    return counts(history, [key], sequence)[key]


def counts(history: History, keys: Sequence[BlockKey], sequence: int | None = None) -> dict[BlockKey, Cells]:
    """Count several blocks in one go; memory grows with all of them together."""
    members = _members(keys)
    # an inner merge keeps the order of its left side, so the last part of a row stays the last in log order (A6)
    parts = _closed(history, sequence).merge(members[["leaf", "month"]].drop_duplicates(), on=["leaf", "month"])
    rows = rows_of(parts).merge(members, on=["leaf", "month"])
    if rows.empty:
        return dict.fromkeys(keys, Cells.empty())
    spread = _Spread.of(history, keys, rows)
    rows["profile_place"] = np.searchsorted(spread.profiles, rows["profile"])
    figures = _sums(rows, spread).join(_beneficiaries(rows, spread)).fillna(0).astype(np.int64)
    figures = figures[(figures != 0).any(axis=1)].sort_index()
    ends = np.searchsorted(figures.index, np.arange(len(keys) + 1) * _CELLS)
    columns = _columns(figures)
    return {
        key: Cells(*(column[first:last] for column in columns))
        for key, (first, last) in zip(keys, pairwise(ends), strict=True)
    }


@dataclass(frozen=True, slots=True)
class _Spread:
    """Which cells a line stands in: ``cells`` by profile, ``allowed`` by block, a column for each level x breakdown.

    A cell is numbered place x number of categories + category, and -1 where there is no such place.
    """

    profiles: Integers
    cells: Integers
    allowed: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, history: History, keys: Sequence[BlockKey], rows: pd.DataFrame) -> "_Spread":
        numbers = np.unique(rows["profile"])
        breakdowns_of = [set(_breakdowns(key)) for key in keys]
        breakdowns = [breakdown for breakdown in BREAKDOWNS if any(breakdown in mine for mine in breakdowns_of)]
        allowed = np.array([[breakdown in mine for breakdown in breakdowns] for mine in breakdowns_of])
        cells = _cells_of_profiles(history.profiles.loc[numbers], breakdowns)
        return cls(numbers, cells, np.tile(allowed, len(LEVELS)))

    def lines(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Repeat each line for every cell that it stands in; each block has its own numbers in ``cell``."""
        cells = self.cells[lines["profile_place"]]
        stands = (cells != _NO_PLACE) & self.allowed[lines["block"]]
        line, column = np.nonzero(stands)
        spread = lines.take(line)
        return spread.assign(cell=spread["block"] * _CELLS + cells[line, column])


def _breakdowns(key: BlockKey) -> list[str]:
    rolling, has_status = key.period.kind == "rolling_year", NODE[key.support].status
    return [
        breakdown
        for breakdown in BREAKDOWNS
        if (has_status or breakdown != "status") and (not rolling or breakdown in ROLLING_YEAR_BREAKDOWNS)
    ]


def _cells_of_profiles(profiles: pd.DataFrame, breakdowns: list[str]) -> Integers:
    """Return the cells of each profile, a line each."""
    municipalities, municipality = np.unique(profiles["shown"], return_inverse=True)
    places = np.array([_places_of(nis) for nis in municipalities])[municipality]
    categories = np.column_stack([_category(profiles, breakdown) for breakdown in breakdowns])
    cells = places[:, :, None] * len(CATEGORIES) + categories[:, None, :]
    cells[places == _NO_PLACE] = _NO_PLACE
    return cells.reshape(len(profiles), -1)


def _places_of(nis: int) -> list[int]:
    areas = ancestors(f"{nis:05d}")
    return [PLACE_NUMBER[level, areas[level]] if level in areas else _NO_PLACE for level in LEVELS]


def _category(profiles: pd.DataFrame, breakdown: str) -> Integers:
    """Return category numbers; a cross numbers its codes left by right, as ``codes`` lists them (C7)."""
    numbers = np.array([CATEGORY_NUMBER[breakdown, code] for code in codes(breakdown)])
    if breakdown == "total":
        return np.repeat(numbers, len(profiles))
    if breakdown in SIMPLE:
        return numbers[profiles[breakdown]]
    left, right = CROSSES[breakdown]
    return numbers[profiles[left] * len(SIMPLE[right]) + profiles[right]]


def _sums(rows: pd.DataFrame, spread: _Spread) -> pd.DataFrame:
    by_profile = rows.groupby(["block", "profile_place"], as_index=False)[_SUMS].sum()
    return spread.lines(pd.DataFrame(by_profile)).groupby("cell")[_SUMS].sum()


def _beneficiaries(rows: pd.DataFrame, spread: _Spread) -> pd.Series:
    """Return how many persons have some part above zero, for each cell (B3, B4)."""
    lines = rows.groupby(["block", "person", "part", "profile_place"], as_index=False)[["amount_cents"]].sum()
    alone = ~lines.duplicated(["block", "person"], keep=False)  # the whole balance of its cells: nothing to add up
    simple = spread.lines(lines[alone & (lines["amount_cents"] > 0)])
    balances = spread.lines(lines[~alone]).groupby(["person", "part", "cell"])["amount_cents"].sum()
    positive = balances[balances > 0].reset_index()[["person", "cell"]].drop_duplicates()
    beneficiaries: pd.Series = pd.concat([simple["cell"], positive["cell"]]).value_counts().rename("beneficiaries")
    return beneficiaries


def _columns(figures: pd.DataFrame) -> list[npt.NDArray[Any]]:
    """Return the columns of ``Cells``, all blocks one after the other."""
    place, category = np.divmod(figures.index.to_numpy() % _CELLS, len(CATEGORIES))
    return [
        place.astype(np.uint16),
        category.astype(np.uint16),
        figures["beneficiaries"].to_numpy(np.int32),
        *(figures[name].to_numpy(np.int64) for name in _SUMS),
    ]


def labelled(cells: Cells) -> pd.DataFrame:
    """Return cells with their codes: geo_level, geo, breakdown, category and the four measures, sorted as text."""
    places, categories = [PLACES[number] for number in cells.place], [CATEGORIES[number] for number in cells.category]
    keys = {
        "geo_level": [level for level, _ in places],
        "geo": [nis for _, nis in places],
        "breakdown": [breakdown for breakdown, _ in categories],
        "category": [code for _, code in categories],
    }
    return pd.DataFrame({**keys, **{name: getattr(cells, name) for name in MEASURES}})


def count_block(history: History, key: BlockKey, sequence: int | None = None) -> pd.DataFrame:
    """Count one block, as ``labelled`` shows it."""
    return labelled(count(history, key, sequence))


def totals(history: History, key: BlockKey) -> list[int]:
    """Return the kingdom's beneficiaries, all characteristics together, after each update: what the gate looks at."""
    part_of = {leaf: part for part, leaves in enumerate(NODE[key.support].parts) for leaf in leaves}
    closed = _closed(history, None)
    mine = closed["month"].between(key.period.first, key.period.last) & closed["leaf"].isin(list(part_of))
    parts = closed.loc[mine, ["person", "leaf", "update", "amount_cents"]]
    changes = parts.groupby(["person", parts["leaf"].map(part_of), "update"])["amount_cents"].sum()
    updates = range(1, len(history.updates) + 1)
    by_update = changes.unstack(fill_value=0)  # noqa: PD010 - a pivot table takes half as long again
    balances = by_update.reindex(columns=updates, fill_value=0).cumsum(axis="columns")
    return [int(total) for total in (balances > 0).groupby("person").any().sum()]
