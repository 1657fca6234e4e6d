"""Which rows of the indicators the public zone shows under a threshold (F3, H).

The categories of one (indicator, method, reference, place, breakdown) are shown whole or not at all: where each count
is 0 or at least the threshold, and so is what a base holds beside it. A hidden place hides the smallest of those beside
it where it alone would be missing from an area, and the area where none is left. The flows of a place stand or fall in
all months, for stock, entries and exits of neighbouring months give each other away.
"""

import numpy as np
import pandas as pd

from schemas.arrays import Mask
from schemas.indicators import SERIES, Table
from schemas.places import LEVELS, MUNICIPALITY, PLACE_NUMBER, PLACES, ancestors

SMALLEST_BASE = 20
"""Quartiles and survival of fewer spells are one person's life."""
_PERSONS = np.array([series.indicator not in ("quartiles", "survival") for series in SERIES])
_PART_OF_BASE = np.array([series.indicator not in ("quartiles", "survival", "spells") for series in SERIES])
_FLOWS = np.array([series.indicator == "spells" for series in SERIES])
_GROUP = ["series", "reference", "place"]


def _parents() -> dict[int, int]:
    parents: dict[int, int] = {}
    for nis in MUNICIPALITY:
        line = [PLACE_NUMBER[place] for place in sorted(ancestors(nis).items(), key=lambda one: LEVELS.index(one[0]))]
        parents.update(zip(line[1:], line, strict=False))
    return parents


_PARENT = _parents()
_DEPTH = {number: LEVELS.index(level) for number, (level, _) in enumerate(PLACES)}


def shown(table: Table, threshold: int, hidden_months: set[tuple[int, int]]) -> Mask:
    """Return which rows of the public places stand; ``hidden_months`` are (month, place) whose total is hidden."""
    rows = pd.DataFrame(table._asdict())
    rows["small"] = _small(rows, threshold)
    groups = rows.groupby(_GROUP, as_index=False).agg(
        small=("small", "any"), base=("base", "max"), least=("counted", "min"), whole=("counted", "sum")
    )
    months = zip(groups["reference"], groups["place"], strict=True)
    groups["small"] |= np.array([pair in hidden_months for pair in months], np.bool_)
    flows = _FLOWS[groups["series"].to_numpy()]
    ever = groups[flows].groupby(["series", "place"])["small"].transform("any")
    groups.loc[flows, "small"] = ever
    hidden = {
        (series, reference, place)
        for (series, reference), mine in groups.groupby(["series", "reference"])
        for place in _hidden(dict(zip(mine["place"], mine["base"], strict=True)), set(mine.loc[mine["small"], "place"]))
    }
    keys = zip(rows["series"], rows["reference"], rows["place"], strict=True)
    return np.array([key not in hidden for key in keys], np.bool_)


def _small(rows: pd.DataFrame, threshold: int) -> Mask:
    series = rows["series"].to_numpy()
    small = _PERSONS[series] & rows["counted"].between(1, threshold - 1)
    small |= _PART_OF_BASE[series] & (rows["base"] - rows["counted"]).between(1, threshold - 1)
    small |= ~_PERSONS[series] & (rows["base"] < max(SMALLEST_BASE, threshold))
    mask: Mask = small.to_numpy()
    return mask


def _hidden(bases: dict[int, int], small: set[int]) -> set[int]:
    """Return the small places of one table and those that would tell them."""
    hidden = set(small)
    changed = True
    while changed:
        changed = False
        for parent in sorted(bases, key=lambda place: -_DEPTH[place]):
            mine = [place for place in bases if _PARENT.get(place) == parent]
            gone = [place for place in mine if place in hidden]
            if parent in hidden:
                changed |= len(gone) < len(mine)
                hidden.update(mine)
            elif len(gone) == 1 and PLACES[parent][0] != "arrondissement":
                left = [place for place in mine if place not in hidden and bases[place] > 0]
                hidden.add(min(left, key=lambda place: (bases[place], place)) if left else parent)
                changed = True
    return hidden
