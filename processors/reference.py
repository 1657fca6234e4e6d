"""The slow truth: any block of figures counted again from scratch, one node and period at a time.

For a block, take the parts of the node's leaves and the period's months that stand before the closing of the update,
add them up to rows, give every row its cells (each level of place x each breakdown), and add up again by person, part
of the node and cell. A person counts in a cell where some part is above zero (B1, B3, B4); nothing longer or wider is
ever the sum of something shorter or narrower (E1-E3). Amounts and days are plain sums over rows (E4).

Example: a person has +100 in Gent and -100 in Aalst in 2024-03. She is a beneficiary of Gent, not of Aalst, and not of
the kingdom, where her balance is 0.
"""

from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.reference_parts import History, month_length
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

Integers = npt.NDArray[np.int64]


def known(history: History) -> dict[BlockKey, int]:
    """Return every node and period that the log knows, with the sequence of the update that first held a row of it.

    No period ends after the last month that an event may name.
    """
    first = history.parts.groupby(["leaf", "month"])["update"].min()
    found: dict[BlockKey, int] = {}
    for node, kind in product(NODES, KINDS):
        months = first[first.index.get_level_values("leaf").isin(node.leaves)].groupby("month").min()
        for month, update in zip(months.index.tolist(), months.tolist(), strict=True):
            for period in Period.holding(kind, month):
                key = BlockKey(node.code, period)
                found[key] = min(update, found.get(key, update))
    closed = len(history.updates)
    return {key: update for key, update in found.items() if update <= closed and key.period.last <= LAST_MONTH}


def parts_of(history: History, key: BlockKey, sequence: int | None = None) -> pd.DataFrame:
    """Return the parts that a block is counted from: all updates up to ``sequence`` (default: all that are closed).

    To their columns comes ``part``: which of the node's parts (B3) the leaf belongs to.
    """
    parts, period = history.parts, key.period
    part = {leaf: number for number, leaves in enumerate(NODE[key.support].parts) for leaf in leaves}
    upto = len(history.updates) if sequence is None else sequence
    inside = parts["month"].between(period.first, period.last) & (parts["update"] <= upto)
    chosen = parts[inside & parts["leaf"].isin(list(part))]
    return chosen.assign(part=chosen["leaf"].map(part).astype(np.int64))


def rows_of(parts: pd.DataFrame) -> pd.DataFrame:
    """Add parts up to rows; days count only where the row's own balance is above zero, within the month (E4)."""
    rows = parts.drop_duplicates("row", keep="last").set_index("row")
    rows[_SUMS] = parts.groupby("row")[_SUMS].sum()
    days = rows["days"].clip(lower=0, upper=month_length(rows["month"]))
    return rows.assign(days=days.where(rows["amount_cents"] > 0, 0))


def count(history: History, key: BlockKey, sequence: int | None = None) -> Cells:
    """Count one block as it was at the closing of an update (default: the last one)."""
    rows = rows_of(parts_of(history, key, sequence))
    if rows.empty:
        return Cells.empty()
    profiles = history.profiles.loc[np.unique(rows["profile"])]
    cells = _cells_of_profiles(profiles, _breakdowns(key))
    rows["place_in_cells"] = np.searchsorted(profiles.index, rows["profile"])
    figures = _sums(rows, cells).join(_beneficiaries(rows, cells)).fillna(0).astype(np.int64)
    return _as_cells(figures[(figures != 0).any(axis=1)].sort_index())


def _breakdowns(key: BlockKey) -> list[str]:
    rolling, has_status = key.period.kind == "rolling_year", NODE[key.support].status
    return [
        breakdown
        for breakdown in BREAKDOWNS
        if (has_status or breakdown != "status") and (not rolling or breakdown in ROLLING_YEAR_BREAKDOWNS)
    ]


def _cells_of_profiles(profiles: pd.DataFrame, breakdowns: list[str]) -> Integers:
    """Return the cells of each profile, a line each: place number x number of categories + category number."""
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


def _spread(lines: pd.DataFrame, cells: Integers) -> pd.DataFrame:
    """Repeat each line for every cell that it stands in, in column ``cell``."""
    repeated = np.repeat(np.arange(len(lines)), cells.shape[1])
    spread = lines.take(repeated).assign(cell=cells[lines["place_in_cells"]].ravel())
    return spread[spread["cell"] != _NO_PLACE]


def _sums(rows: pd.DataFrame, cells: Integers) -> pd.DataFrame:
    by_profile = rows.groupby("place_in_cells", as_index=False)[_SUMS].sum()
    return _spread(pd.DataFrame(by_profile), cells).groupby("cell")[_SUMS].sum()


def _beneficiaries(rows: pd.DataFrame, cells: Integers) -> pd.Series:
    """Return how many persons have some part above zero, for each cell (B3, B4)."""
    lines = rows.groupby(["person", "part", "place_in_cells"], as_index=False)[["amount_cents"]].sum()
    alone = ~lines["person"].duplicated(keep=False)  # one line is the whole balance of its cells: nothing to add up
    simple = _spread(lines[alone & (lines["amount_cents"] > 0)], cells)
    balances = _spread(lines[~alone], cells).groupby(["person", "part", "cell"])["amount_cents"].sum()
    positive = balances[balances > 0].reset_index()[["person", "cell"]].drop_duplicates()
    found: pd.Series = pd.concat([simple["cell"], positive["cell"]]).value_counts().rename("beneficiaries")
    return found


def _as_cells(figures: pd.DataFrame) -> Cells:
    place, category = np.divmod(figures.index.to_numpy(), len(CATEGORIES))
    return Cells(
        place.astype(np.uint16),
        category.astype(np.uint16),
        figures["beneficiaries"].to_numpy(np.int32),
        *(figures[name].to_numpy(np.int64) for name in _SUMS),
    )


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
    parts = parts_of(history, key)
    changes = parts.pivot_table("amount_cents", ["person", "part"], "update", aggfunc="sum", fill_value=0)
    updates = range(1, len(history.updates) + 1)
    balances = changes.reindex(columns=updates, fill_value=0).cumsum(axis="columns")
    return [int(total) for total in (balances > 0).groupby("person").any().sum()]
