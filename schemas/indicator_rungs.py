"""Which rows of the indicators the public zone shows under a threshold (F3, H).

The categories of one (indicator, method, reference, place, breakdown) are shown whole or not at all: where each count
is 0 or at least the threshold, and so is what a base holds beside it. Cities are children of their arrondissement, and
what else lies in it is one more child that is never shown. Then, until nothing changes, for an area and its children:

1. Hidden children of N0 persons together, k0 of them with anybody, leave N0 - k0 values at least the threshold apart.
2. So does each small count among them, given the sums of all hidden children by category.

Else the smallest child that is shown is hidden too, and the area where none is left; what is hidden takes all below it
along. The flows of a place stand or fall in all months, also those that fall for others, for stock, entries and exits
of neighbouring months give each other away. A row in other codes than those of its month (H, geography) is hidden where
the municipalities that lie in the one and not in the other are not told apart from their category cells in the figures
of that month. Durations fall with the total of LL in their month, those by a characteristic with what the figures show
of it: both count the same persons. What an earlier release hid stays hidden, as if it were small: a revision would tell
it.

Worked example, threshold 5: a region of two arrondissements with 9 and 3 exits hides the 3. Alone it were the region
less the 9: N0 - k0 = 3 - 1 < 5, so the 9 is hidden too. Then N0 - k0 = 12 - 2 = 10: neither is known within 5.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas.arrays import Int8, Int16, Mask
from schemas.indicators import SERIES, Table, months_read
from schemas.places import LEVELS, MUNICIPALITY, PLACE_NUMBER, PLACES, ancestors, boundaries, valid_code
from schemas.rungs import BREAKDOWN_RUNG, HIDDEN, TOTAL

SMALLEST_BASE = 20
"""Quartiles and survival of fewer spells are one person's life."""
_PERSONS = np.array([series.indicator not in ("quartiles", "survival") for series in SERIES])
_PART_OF_BASE = np.array([series.indicator not in ("quartiles", "survival", "spells") for series in SERIES])
_FLOWS = np.array([series.indicator == "spells" for series in SERIES])
_RUNG = np.array([BREAKDOWN_RUNG.get(series.breakdown.removeprefix("band_"), TOTAL) for series in SERIES])
"""The rung at which the figures show the characteristic of a series."""


class Groups(NamedTuple):
    """What is shown whole or not at all, each once: the (series, reference, place) of rows, as columns."""

    series: Int16
    reference: Int16
    place: Int16


_GROUP = list(Groups._fields)


def _parents() -> dict[int, int]:
    parents: dict[int, int] = {}
    for nis in MUNICIPALITY:
        line = [PLACE_NUMBER[place] for place in sorted(ancestors(nis).items(), key=lambda one: LEVELS.index(one[0]))]
        parents.update(zip(line[1:], line, strict=False))
    return parents


_PARENT = _parents()
_DEPTH = {number: LEVELS.index(level) for number, (level, _) in enumerate(PLACES)}


@dataclass(frozen=True, slots=True)
class Line:
    """One place of a table: how many are counted in all, and by category; ``of_base`` where these are parts of it."""

    base: int
    counts: Mapping[int, int]
    of_base: bool = True

    def cell(self, category: int, *, beside: bool) -> int:
        """Return the count of a category, or what the base holds beside it."""
        count = self.counts.get(category, 0)
        return self.base - count if beside else count


@dataclass(frozen=True, slots=True)
class Known:
    """What the figures of a release show: the rungs of LL by month, and the codes of its newest month.

    ``fixed`` tells that one geography holds for all months.
    """

    rungs: Mapping[int, Int8]
    newest: int
    fixed: bool = False


def shown(table: Table, threshold: int, known: Known, before: Groups | None = None) -> Mask:
    """Return which rows of the public places stand; ``before`` are the groups that earlier releases hid."""
    rows = pd.DataFrame(table._asdict())
    rows["small"] = _small(rows, threshold)
    groups = rows.groupby(_GROUP, as_index=False).agg(small=("small", "any"))
    groups["small"] |= _told_by_figures(groups, known)
    if before is not None:
        groups["small"] |= _among(groups, before)
    fallen = _in_all_months(groups, groups["small"].to_numpy())
    while not np.array_equal(
        fallen, spread := _in_all_months(groups, _with_what_tells(rows, groups, fallen, threshold))
    ):
        fallen = spread
    stands: Mask = ~fallen[rows.groupby(_GROUP).ngroup().to_numpy()]
    return stands


def _in_all_months(groups: pd.DataFrame, fallen: Mask) -> Mask:
    """Return what falls with the flows that fell: those of a place in all months."""
    flows = _FLOWS[groups["series"].to_numpy()]
    ever = pd.Series(fallen).groupby([groups["series"], groups["place"]]).transform("any").to_numpy()
    return np.asarray(np.where(flows, ever, fallen))


def _with_what_tells(rows: pd.DataFrame, groups: pd.DataFrame, fallen: Mask, threshold: int) -> Mask:
    """Return which groups fall, each table by itself: those that fell, and those that would tell them."""
    tables = rows.groupby(["series", "reference"]).indices
    numbers = rows[["place", "category", "counted", "base"]].to_numpy()
    few: dict[tuple[int, int], set[int]] = {}
    for series, reference, place in groups.loc[fallen, _GROUP].to_numpy().tolist():
        few.setdefault((series, reference), set()).add(place)
    hidden: set[tuple[int, int, int]] = set()
    for (series, reference), small in few.items():
        lines = _lines(numbers[tables[series, reference]], of_base=bool(_PART_OF_BASE[series]))
        persons = bool(_PERSONS[series])
        hidden |= {(series, reference, place) for place in _hidden(lines, small, threshold, persons=persons)}
    return np.array([group in hidden for group in groups[_GROUP].itertuples(index=False, name=None)], np.bool_)


def hidden(table: Table, stands: Mask) -> Groups:
    """Return the groups of rows that do not stand."""
    keys = np.unique(np.array([getattr(table, name)[~stands] for name in _GROUP], np.int16), axis=1)
    return Groups(*keys)


def _among(groups: pd.DataFrame, some: Groups) -> Mask:
    """Tell which groups are some of these."""
    keys = pd.MultiIndex.from_frame(groups[_GROUP])
    return np.asarray(keys.isin(pd.MultiIndex.from_arrays(some)))


def _lines(rows: npt.NDArray[np.int64], *, of_base: bool) -> dict[int, Line]:
    counts: dict[int, dict[int, int]] = {}
    bases: dict[int, int] = {}
    for place, category, count, base in rows.tolist():
        counts.setdefault(place, {})[category] = count
        bases[place] = max(bases.get(place, 0), base)
    return {place: Line(bases[place], counts[place], of_base) for place in bases}


def _small(rows: pd.DataFrame, threshold: int) -> Mask:
    series = rows["series"].to_numpy()
    small = _PERSONS[series] & rows["counted"].between(1, threshold - 1)
    small |= _PART_OF_BASE[series] & (rows["base"] - rows["counted"]).between(1, threshold - 1)
    small |= ~_PERSONS[series] & (rows["base"] < max(SMALLEST_BASE, threshold))
    mask: Mask = small.to_numpy()
    return mask


def _told_by_figures(groups: pd.DataFrame, known: Known) -> Mask:
    """Tell which groups fall with a figure of their month: its own total, or a municipality that they have or lack."""
    pairs, at = np.unique(groups[["series", "reference"]].to_numpy(), axis=0, return_inverse=True)
    masks: dict[tuple[int, int], Mask] = {}
    nothing = np.zeros(len(PLACES), np.bool_)
    by_pair = []
    for series, reference in pairs.tolist():
        rungs = known.rungs.get(reference)
        if rungs is None:
            by_pair.append(nothing)
            continue
        read = reference if known.fixed else months_read(SERIES[series], reference) or known.newest
        if (reference, read) not in masks:
            masks[reference, read] = _places_told(rungs, reference, read)
        by_pair.append(masks[reference, read] | (rungs < _RUNG[series]))
    fallen: Mask = np.array(by_pair, np.bool_).reshape(-1, len(PLACES))[at.ravel(), groups["place"].to_numpy()]
    return fallen


def _places_told(rungs: Int8, month: int, read: int) -> Mask:
    """Return the places that are told, in the codes of a month that is read, by what the figures of another hide."""
    fallen: Mask = rungs == HIDDEN
    for place, moved in _moved(month, read).items():
        if any(rungs[other] <= TOTAL for other in moved):
            fallen[place] = True
    return fallen


def _moved(month: int, read: int) -> dict[int, tuple[int, ...]]:
    """Return by place the municipalities of a month that lie in it by the codes of one of two months and not the other.

    Where the code did not exist yet these are all its predecessors.
    """
    changes = np.array(boundaries())
    eras = np.searchsorted(changes, [month, read], side="right")
    return {} if eras[0] == eras[1] else _moved_between(int(changes[eras[0] - 1]), int(changes[eras[1] - 1]))


@cache
def _moved_between(month: int, read: int) -> dict[int, tuple[int, ...]]:
    before: dict[int, set[int]] = {}
    after: dict[int, set[int]] = {}
    for nis, municipality in MUNICIPALITY.items():
        if municipality.first <= month and (municipality.last is None or month <= municipality.last):
            number = PLACE_NUMBER["municipality", nis]
            for held, code in ((before, nis), (after, valid_code(nis, read))):
                for place in ancestors(code).items():
                    held.setdefault(PLACE_NUMBER[place], set()).add(number)
    changed = {place: tuple(sorted(after.get(place, set()) ^ before.get(place, set()))) for place in before | after}
    return {place: moved for place, moved in changed.items() if moved}


def _hidden(lines: Mapping[int, Line], small: set[int], threshold: int, *, persons: bool) -> set[int]:
    """Return the small places of one table and those that would tell them."""
    hidden = set(small)
    children: dict[int | None, list[int]] = {}
    for place in lines:
        children.setdefault(_PARENT.get(place), []).append(place)
    changed = True
    while changed:
        changed = False
        for parent in sorted(lines, key=lambda place: -_DEPTH[place]):
            mine = children.get(parent, [])
            gone = [place for place in mine if place in hidden]
            if parent in hidden:
                changed |= len(gone) < len(mine)
                hidden.update(mine)
                continue
            beside = _rest(lines, parent, mine)
            if gone and not _wide([*(lines[place] for place in gone), *beside], threshold, persons=persons):
                left = [place for place in mine if place not in hidden and lines[place].base > 0]
                hidden.add(min(left, key=lambda place: (lines[place].base, place)) if left else parent)
                changed = True
    return hidden


def _rest(lines: Mapping[int, Line], parent: int, children: Iterable[int]) -> list[Line]:
    """Return what lies in an arrondissement beside its cities, which no table of the public shows."""
    if PLACES[parent][0] != "arrondissement":
        return []
    whole, parts = lines[parent], [lines[child] for child in children]
    base = whole.base - sum(part.base for part in parts)
    counts = {
        category: max(0, count - sum(part.counts.get(category, 0) for part in parts))
        for category, count in whole.counts.items()
    }
    return [Line(base, counts, whole.of_base)] if base > 0 else []


def _wide(hidden: list[Line], threshold: int, *, persons: bool) -> bool:
    """Tell whether the sums of hidden places leave so many values to each of their small counts."""
    counted = [line for line in hidden if line.base > 0]
    if not persons:
        return len(counted) != 1
    bases = sum(line.base for line in counted)
    if counted and bases - len(counted) < threshold:
        return False
    categories = {category for line in hidden for category in line.counts}
    kinds = (False, True) if hidden[0].of_base else (False,)
    return all(
        _category_wide(hidden, [line.cell(category, beside=beside) for line in hidden], bases, threshold)
        for category in categories
        for beside in kinds
    )


def _category_wide(hidden: list[Line], counts: list[int], bases: int, threshold: int) -> bool:
    """Tell it of one category: where counts are parts of a base, at most what one place can have, at least one."""
    if not any(0 < count < threshold for count in counts):
        return True
    total, places = sum(counts), sum(line.base > 0 for line in hidden)
    if not hidden[0].of_base:
        return total - sum(count > 0 for count in counts) >= threshold
    return min(total, bases - places + 1) - max(0, total + 1 - bases) >= threshold
