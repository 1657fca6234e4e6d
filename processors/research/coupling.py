"""A coupling: who left the living wage, where, and what their labour-market position was then and four quarters on.

A person leaves in the last month of a spell in the kingdom (H1, no gap); of several exits in a year the last counts, so
that a person stands once. The position is that of the quarter that holds the month after.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from processors.research.extraction import Source, chosen, frame, positive_months, pseudonyms
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import MUNICIPALITIES, ancestors
from schemas.positions import POSITIONS, Coded
from schemas.protocols import Protocol, ProtocolError

UNMATCHED = "unmatched"
"""Stands for a position that the coded file has not."""
_YEAR_OF_QUARTERS = MONTHS_PER_YEAR


def leavers(source: Source, protocol: Protocol, key: bytes) -> pd.DataFrame:
    """Return who left: person (pseudonym), exit (ordinal), year, region; by (person, exit).

    Of the population of the protocol; who has the living wage in its last month has not left. Raises ProtocolError
    where nobody left.
    """
    rows = frame(source)
    persons = set(chosen(rows, protocol)["number"].tolist())
    first, last = protocol.population.months
    mine = rows[rows["number"].isin(persons) & (rows["at"] <= last)]
    months = positive_months(mine, "LL")
    ends = months[(months["number"].shift(-1) != months["number"]) | (months["at"].shift(-1) != months["at"] + 1)]
    left = ends[(ends["at"] < last) & (ends["at"] >= first)].copy()
    if left.empty:
        raise ProtocolError("no person of this population left the living wage")
    left["year"] = left["at"] // MONTHS_PER_YEAR
    left = left.drop_duplicates(["number", "year"], keep="last")
    paid = mine[mine["amount_cents"] > 0].drop_duplicates(["number", "at"], keep="last")
    home = paid.set_index(["number", "at"])["municipality"]
    at = home.reindex(pd.MultiIndex.from_frame(left[["number", "at"]])).to_numpy()
    regions = np.array([ancestors(nis)["region"] for nis in MUNICIPALITIES], object)
    table = pd.DataFrame(
        {
            "person": pseudonyms(left["number"].to_numpy(), source, key),
            "exit": left["at"].to_numpy(np.int32),
            "year": left["year"].to_numpy(np.int32),
            "region": regions[at.astype(np.int64)],
        }
    )
    return table.sort_values(["person", "exit"]).reset_index(drop=True)


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
    found: Coded = {}
    for person, month in zip(left["person"].tolist(), left["exit"].tolist(), strict=True):
        for ahead in (0, _YEAR_OF_QUARTERS):
            last = Period.holding("quarter", month + 1)[0].last + ahead
            byte = hashlib.sha256(key + person + last.to_bytes(4)).digest()[0]
            if byte % 16:
                found[person, last] = list(POSITIONS)[byte % len(POSITIONS)]
    return found


def counted(table: pd.DataFrame, year: int, regions: Mapping[str, str], *, later: bool) -> dict[tuple[str, ...], int]:
    """Return who left in a year by (level, code, position, and where asked the later one); margins are ``""``."""
    mine = table[table["year"] == year]
    found: dict[tuple[str, ...], int] = {}
    for region, first, second in zip(mine["region"], mine["position"], mine["position_later"], strict=True):
        for place in (("kingdom", regions[""]), ("region", region)):
            for one in ("", first):
                for other in ("", second) if later else (None,):
                    cell = (*place, one) if other is None else (*place, one, other)
                    found[cell] = found.get(cell, 0) + 1
    return found
