"""A coupling: who left the living wage, where, and what their labour-market position was then and four quarters on.

A person leaves in the last month of a spell of the living wage in the kingdom (H1, no gap); of several exits in a year
the last counts, so that a person stands once. The position is that of the quarter that holds the month after. Beside it
stand the variables that the protocol names: those of a month as they were in the month of the exit, at the OCMW that
paid most then; those of a spell for the spell that ended.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, KEY
from processors.counting.plan import ABSENT
from processors.research.extraction import (
    YYYYMM,
    Column,
    Population,
    Table,
    Text,
    columns_of,
    municipality_shown,
    taken,
)
from processors.research.order import MONTH_BITS
from processors.research.spell_rows import national_spells, spell_columns
from processors.time.outcome_tables import outcomes_of_each
from schemas.arrays import Int64
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import MUNICIPALITIES, ancestors
from schemas.positions import POSITIONS, Coded
from schemas.protocols import ProtocolError
from schemas.supports import LEAVES, NODE

UNMATCHED = "unmatched"
"""Stands for a position that the coded file has not."""
_YEAR_OF_QUARTERS = MONTHS_PER_YEAR


@dataclass(frozen=True)
class Leavers:
    """Who left, by (person, exit).

    ``table`` has person (pseudonym), exit (ordinal), year (ordinal / 12) and region; ``named`` the columns that the
    protocol names, row by row.
    """

    table: pd.DataFrame
    named: dict[str, Column]


def leavers(population: Population) -> Leavers:
    """Return who left of a population; who has the living wage in its last month has not left.

    Raises ProtocolError where nobody left.
    """
    first, last = population.protocol.population.months
    seen = national_spells(population, "LL")
    ends = pd.DataFrame({"number": seen.person, "exit": seen.last, "spell": np.arange(len(seen.last))})
    ends = ends[(ends["exit"] < last) & (ends["exit"] >= first)]
    if ends.empty:
        raise ProtocolError("no person of this population left the living wage")
    ends["rank"] = population.rank[ends["number"].to_numpy()]
    ends["year"] = ends["exit"] // MONTHS_PER_YEAR
    ends = ends.sort_values(["rank", "exit"]).drop_duplicates(["number", "year"], keep="last")
    at = _paid_most(population, ends["number"].to_numpy(np.int64), ends["exit"].to_numpy(np.int64))
    regions = np.array([ancestors(nis)["region"] for nis in MUNICIPALITIES], object)
    where = municipality_shown(population.source)[municipality_in(population.source.people.rows[at, KEY])]
    made = population.pseudonyms[ends["rank"].to_numpy()]
    table = pd.DataFrame(
        {
            "person": [row.tobytes() for row in made],
            "exit": ends["exit"].to_numpy(np.int32),
            "year": ends["year"].to_numpy(np.int32),
            "region": regions[where],
        }
    )
    spells = spell_columns(population, seen, outcomes_of_each(population.source.outcomes, seen))
    mine = replace(population, line=at, beneficiary=np.ones(len(at), np.bool_))
    named = {
        **columns_of(mine, slice(None)),
        **{name: taken(column, ends["spell"].to_numpy(np.int64)) for name, column in spells.items()},
    }
    wanted = [name for name in named if name == "person" or name in population.protocol.variables]
    return Leavers(table, {name: named[name] for name in wanted})


def _paid_most(population: Population, persons: Int64, months: Int64) -> Int64:
    """Return the row of the living wage of each (person, month) with the largest amount; of equal ones the first OCMW.

    Such a row there is: a month of a spell is above zero.
    """
    rows = population.source.people.rows
    living = np.isin(np.arange(len(LEAVES)), list(NODE["LL"].leaves))
    wanted = np.sort(persons << MONTH_BITS | months)
    mine = np.flatnonzero(living[leaf_in(rows[:, KEY])] & (population.rank[person_in(rows[:, KEY])] != ABSENT))
    cell = person_in(rows[mine, KEY]) << MONTH_BITS | month_in(rows[mine, KEY])
    there = wanted[np.searchsorted(wanted, cell).clip(max=len(wanted) - 1)] == cell
    mine, cell = mine[there], cell[there]
    order = np.lexsort((municipality_in(rows[mine, KEY]), -rows[mine, AMOUNT], cell))
    first = order[np.r_[True, cell[order][1:] != cell[order][:-1]]]
    lines: Int64 = mine[first[np.searchsorted(cell[first], persons << MONTH_BITS | months)]]
    return lines


def leaver_rows(left: Leavers, table: pd.DataFrame) -> Table:
    """Return the table that the recipient gets: who left as ``left`` says, with the positions of ``table``."""
    months = YYYYMM[table["exit"].to_numpy()]
    columns: dict[str, Column] = {"person": left.named["person"], "exit": months, "region": _text(table["region"])}
    columns |= {name: column for name, column in left.named.items() if name != "person"}
    columns |= {name: _text(table[name]) for name in ("position", "position_later")}

    def stretches() -> Iterator[dict[str, Column]]:
        yield columns

    return Table(len(table), stretches)


def _text(column: pd.Series) -> Text:
    codes, numbers = np.unique(column.to_numpy(str), return_inverse=True)
    return Text(numbers, tuple(codes.tolist()))


def coupled(left: pd.DataFrame, positions: Coded) -> pd.DataFrame:
    """Return who left with ``position``, of the quarter that holds the month after, and four quarters on."""
    quarters = [Period.holding("quarter", month + 1)[0].last for month in left["exit"].tolist()]
    pairs = list(zip(left["person"].tolist(), quarters, strict=True))
    return left.assign(
        position=[positions.get(pair, UNMATCHED) for pair in pairs],
        position_later=[positions.get((person, last + _YEAR_OF_QUARTERS), UNMATCHED) for person, last in pairs],
    )


def drawn(left: pd.DataFrame, key: bytes) -> Coded:
    """Return positions for a trial on synthetic persons: drawn by their pseudonyms, the same for the same key."""
    positions: Coded = {}
    for person, month in zip(left["person"].tolist(), left["exit"].tolist(), strict=True):
        for ahead in (0, _YEAR_OF_QUARTERS):
            last = Period.holding("quarter", month + 1)[0].last + ahead
            byte = hashlib.sha256(key + person + last.to_bytes(4)).digest()[0]
            if byte % 16:
                positions[person, last] = list(POSITIONS)[byte % len(POSITIONS)]
    return positions


def counted(table: pd.DataFrame, year: int, regions: Mapping[str, str], *, later: bool) -> dict[tuple[str, ...], int]:
    """Return who left in a year by (level, code, position, and where asked the later one); margins are ``""``."""
    mine = table[table["year"] == year]
    counts: dict[tuple[str, ...], int] = {}
    for region, first, second in zip(mine["region"], mine["position"], mine["position_later"], strict=True):
        for place in (("kingdom", regions[""]), ("region", region)):
            for one in ("", first):
                for other in ("", second) if later else (None,):
                    cell = (*place, one) if other is None else (*place, one, other)
                    counts[cell] = counts.get(cell, 0) + 1
    return counts
