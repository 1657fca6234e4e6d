"""No small cell of a table of places by categories can be told, by whoever knows all that is shown and every overlap.

The attacker here asks an integer program of her own; it shares nothing with the audit by linear programs.
"""

from dataclasses import replace
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from processors.disclosure.grids import Grid, columns_of
from processors.disclosure.joined import Within, joined
from processors.disclosure.linked import Linked, pattern, primary
from schemas.arrays import Mask

Counts = npt.ArrayLike
T = 3
REGION = (("region", "02000"), ("province", "10000"), ("province", "20001"), ("province", "30000"))
GRID = Grid(REGION, columns_of([["a", "b", "c"]]))


def table(counts: Counts, hidden: Mask | None = None) -> Linked:
    """Return the counts of a region and three provinces by three categories, totals first, as a linked table."""
    flat = np.array(counts, np.int64).ravel()
    nothing = np.zeros(flat.size, np.bool_)
    return GRID.linked(flat, nothing, nothing if hidden is None else hidden, (np.zeros_like(flat), GRID.free()))


def interval(linked: Linked, hidden: Mask, cell: int) -> tuple[int, int]:
    """Return the least and the most that a cell can be for her."""
    rows: list[npt.NDArray[np.float64]] = []
    low: list[float] = []
    high: list[float] = []
    open_counts = np.where(hidden, 0, linked.counts)
    for whole, parts in linked.sums:
        row = np.zeros(len(open_counts))
        row[list(parts)], row[whole] = 1, -1
        overlap = float(linked.counts @ row)
        rows.append(row)
        low.append(overlap)
        high.append(overlap)
        for part in parts:
            bound = np.zeros(len(open_counts))
            bound[part], bound[whole] = 1, -1
            rows.append(bound)
            low.append(-np.inf)
            high.append(max(0.0, float(linked.counts @ bound)))
    for part, whole in linked.within:
        bound = np.zeros(len(open_counts))
        bound[part], bound[whole] = 1, -1
        rows.append(bound)
        low.append(-np.inf)
        high.append(max(0.0, float(linked.counts @ bound)))
    bounds = Bounds(np.where(hidden, 0, linked.counts), np.where(hidden, 10_000, linked.counts))
    ends = []
    for sign in (1, -1):
        aim = np.zeros(len(open_counts))
        aim[cell] = sign
        solved = milp(aim, constraints=[LinearConstraint(np.array(rows), low, high)], integrality=1, bounds=bounds)
        assert solved.success, solved.message
        ends.append(round(sign * solved.fun))
    return ends[0], ends[1]


@st.composite
def worlds(draw: st.DrawFn) -> Counts:
    """Draw persons who stand in one or two provinces and one or two categories, and count them."""
    people = draw(
        st.lists(st.tuples(*[st.sets(st.integers(0, 2), min_size=1, max_size=2)] * 2), min_size=12, max_size=60)
    )
    counts = np.zeros((4, 4), int)
    for provinces, categories in people:
        for place in (0, *(one + 1 for one in provinces)):
            for column in (0, *(one + 1 for one in categories)):
                counts[place, column] += 1
    return counts


@given(worlds())
@settings(max_examples=30, deadline=None)
def test_no_small_cell_is_told_within_less_than_the_threshold(counts: Counts) -> None:
    linked = table(counts)
    hidden = pattern(linked, T)
    for cell in np.flatnonzero(primary(linked, T)).tolist():
        low, high = interval(linked, hidden, cell)
        assert high - low >= T


Year = tuple[Counts, Counts]
"""The counts of a month, and of a year that holds it."""


def year_of(seed: int) -> Year:
    """Draw persons who are somewhere in a month, in other months, or in both, and count the month and the year."""
    draw = Random(seed)  # noqa: S311 - a world, not a secret
    month, year = np.zeros((4, 4), int), np.zeros((4, 4), int)
    for _ in range(draw.randint(12, 40)):
        then = _somewhere(draw, 1) if draw.random() < 0.6 else set()
        other = _somewhere(draw, 0 if then else 1)
        for counts, stands in ((month, then), (year, other | then)):
            for place in {0, *(place + 1 for place, _ in stands)} if stands else ():
                for column in {0, *(column + 1 for at, column in stands if place in (0, at + 1))}:
                    counts[place, column] += 1
    return month, year


def _somewhere(draw: Random, least: int) -> set[tuple[int, int]]:
    return {(draw.randint(0, 2), draw.randint(0, 2)) for _ in range(draw.randint(least, 2))}


def together(first: Linked, second: Linked, *, second_is_year: bool) -> Linked:
    """Return a table that is made second, and the first one with its pattern."""
    pairs = [((0, at), (1, at)) for at in range(len(first.counts))]
    return joined(second, [first], [Within(*(reversed(pair) if second_is_year else pair)) for pair in pairs])


def answered_one_after_the_other(seed: int, *, year_first: bool) -> tuple[Linked, Linked, Linked]:
    """Return the two tables of a world in the order of the questions, the first with its pattern, and both as one."""
    month, year = (table(one) for one in year_of(seed))
    first, second = (year, month) if year_first else (month, year)
    before = replace(first, hidden=pattern(first, T))
    return before, second, together(before, second, second_is_year=not year_first)


def narrow_ones(both: Linked, hidden: Mask, everything: Mask) -> list[tuple[int, tuple[int, int]]]:
    """Return the small cells that are not as wide as the threshold, where hiding all of the second table helps."""
    ends = {cell: interval(both, hidden, cell) for cell in np.flatnonzero(primary(both, T)).tolist()}
    narrow = [(cell, (low, high)) for cell, (low, high) in ends.items() if high - low < T]
    return [(cell, end) for cell, end in narrow if interval(both, everything, cell) != end]


@pytest.mark.parametrize("year_first", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_a_month_and_its_year_tell_no_small_cell_of_either_whichever_is_asked_first(
    seed: int, *, year_first: bool
) -> None:
    before, second, both = answered_one_after_the_other(seed, year_first=year_first)
    hidden = pattern(both, T)
    assert (hidden[len(second.counts) :] == before.hidden).all()
    assert narrow_ones(both, hidden, np.concatenate([~second.structural, before.hidden])) == []


def test_the_door_is_open_where_month_and_year_are_audited_one_after_the_other() -> None:
    tells = []
    for seed in range(6):
        for year_first in (True, False):
            before, second, both = answered_one_after_the_other(seed, year_first=year_first)
            own = replace(second, hidden=before.hidden) if year_first else second
            hidden = np.concatenate([pattern(own, T), before.hidden])
            tells += narrow_ones(both, hidden, np.concatenate([~second.structural, before.hidden]))
    assert tells


CITY = [[60, 30, 28, 2], [20, 10, 9, 1], [20, 10, 10, 0], [20, 10, 9, 1]]


def test_the_door_is_open_where_only_small_cells_are_hidden() -> None:
    linked = table(CITY)
    small = primary(linked, T)
    assert interval(linked, small, 3) == (2, 2)
    low, high = interval(linked, pattern(linked, T), 3)
    assert high - low >= T


def test_zero_is_hidden_as_any_small_count_is() -> None:
    assert pattern(table(CITY), T)[GRID.number["province", "20001", "c"]]


def test_what_was_hidden_before_stays_hidden() -> None:
    before = GRID.mask([("region", "02000", "a")])
    assert not pattern(table(CITY), T)[0]
    assert pattern(table(CITY, before), T)[1]


def test_the_same_table_hides_the_same_cells() -> None:
    assert (pattern(table(CITY), T) == pattern(table(CITY), T)).all()


@pytest.mark.parametrize("fixed", [[0, 4, 8, 12]])
def test_a_total_that_other_tables_show_is_not_hidden(fixed: list[int]) -> None:
    flat = np.array(CITY, np.int64).ravel()
    stands = np.isin(np.arange(flat.size), fixed)
    nothing = np.zeros(flat.size, np.bool_)
    linked = GRID.linked(flat, stands, nothing, (np.zeros_like(flat), GRID.free()))
    assert not pattern(linked, T)[fixed].any()
