"""F3, H: under a threshold a group of the indicators is shown whole or not at all, and what is hidden stays wide."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import indicator_rungs
from schemas.indicator_rungs import Known
from schemas.indicators import NUMBER, SERIES, Table, months_read
from schemas.periods import parse_month
from schemas.places import KINGDOM, PLACE_NUMBER, PLACES
from schemas.rungs import FULL, TOTAL

EXITS = NUMBER["exit_to_work", "own_x3_g0", "outcome"]
FLOWS = NUMBER["spells", "own_g0", "flow"]
NATION, FLANDERS, BRUSSELS, WALLONIA = (
    PLACE_NUMBER[place]
    for place in (("kingdom", KINGDOM), ("region", "02000"), ("region", "04000"), ("region", "03000"))
)
REGIONS = (FLANDERS, BRUSSELS, WALLONIA)
MONTH = parse_month("2023-05")
NOTHING_KNOWN = Known({}, parse_month("2024-06"))


class Row(NamedTuple):
    """A row of a table."""

    place: int
    category: int
    counted: int
    base: int
    series: int = EXITS
    reference: int = MONTH


def table(rows: list[Row]) -> Table:
    """Return rows as columns."""
    return Table(*(np.array([getattr(row, name) for row in rows]) for name in Table._fields))


def shown(rows: list[Row], threshold: int, known: Known = NOTHING_KNOWN) -> set[tuple[int, int]]:
    """Return the (reference, place) that are shown."""
    stands = indicator_rungs.shown(table(rows), threshold, known)
    return {(row.reference, row.place) for row, mine in zip(rows, stands, strict=True) if mine}


def exits(*places: tuple[int, int, int]) -> list[Row]:
    """Return exits to work and to nothing of some places: place, work, nothing."""
    return [
        Row(place, at, count, sum(counts))
        for place, *counts in places
        for at, count in ((4, counts[0]), (6, counts[1]))
    ]


def test_one_hidden_region_is_not_the_kingdom_less_the_others() -> None:
    rows = exits((NATION, 60, 60), (FLANDERS, 30, 30), (BRUSSELS, 2, 1), (WALLONIA, 28, 29))
    assert shown(rows, 5) == {(MONTH, NATION), (MONTH, FLANDERS)}


def test_two_hidden_regions_with_few_in_a_category_hide_a_third() -> None:
    rows = exits((NATION, 33, 70), (FLANDERS, 30, 30), (BRUSSELS, 2, 20), (WALLONIA, 1, 20))
    assert shown(rows, 5) == {(MONTH, NATION)}


def test_a_city_alone_in_its_arrondissement_hides_it() -> None:
    ghent, arrondissement = PLACE_NUMBER["municipality", "44021"], PLACE_NUMBER["arrondissement", "44000"]
    alone = exits((arrondissement, 5, 0), (ghent, 4, 0))
    assert shown(alone, 5) == set()
    others_there = exits((arrondissement, 30, 30), (ghent, 4, 20))
    assert shown(others_there, 5) == {(MONTH, arrondissement)}


def test_flows_of_a_place_fall_in_all_months_together() -> None:
    rows = [
        Row(place, 0, counted, 50, FLOWS, month)
        for month, flanders in ((MONTH, 3), (MONTH + 1, 20))
        for place, counted in ((NATION, flanders + 40), (FLANDERS, flanders), (BRUSSELS, 20), (WALLONIA, 20))
    ]
    assert (MONTH + 1, FLANDERS) not in shown(rows, 5)


def test_a_row_in_codes_of_later_falls_where_a_predecessor_is_hidden() -> None:
    before = parse_month("2024-12")  # on 2025-01-01 Borsbeek becomes a part of Antwerp
    antwerp, borsbeek = PLACE_NUMBER["municipality", "11002"], PLACE_NUMBER["municipality", "11007"]
    assert months_read(SERIES[FLOWS], before) == before + 1
    rungs = np.full(len(PLACES), FULL, np.int8)
    row = [Row(antwerp, 0, 500, 5000, FLOWS, before)]
    assert shown(row, 5, Known({before: rungs}, before + 6)) == {(before, antwerp)}
    rungs[borsbeek] = TOTAL
    assert shown(row, 5, Known({before: rungs}, before + 6)) == set()
    assert shown(row, 5, Known({before: rungs}, before + 6, fixed=True)) == {(before, antwerp)}
    of_that_month = [row[0]._replace(reference=before - 1)]
    assert shown(of_that_month, 5, Known({before - 1: rungs}, before + 6)) == {(before - 1, antwerp)}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=3))
def test_no_small_count_of_a_hidden_region_is_told_by_its_sums(counts: list[tuple[int, int]]) -> None:
    threshold = 3
    work, nothing = map(sum, zip(*counts, strict=True))
    if not work + nothing:
        return
    there = [(place, *mine) for place, mine in zip(REGIONS, counts, strict=True) if sum(mine)]
    stands = shown(exits((NATION, work, nothing), *there), threshold)
    hidden = [mine for place, mine in zip(REGIONS, counts, strict=True) if sum(mine) and (MONTH, place) not in stands]
    if (MONTH, NATION) not in stands:
        assert not stands
        return
    seen = tables_that_fit(hidden) if hidden else []
    for at, mine in enumerate(hidden):
        for category in (0, 1):
            if 0 < mine[category] < threshold:
                values = {one[at][category] for one in seen}
                assert max(values) - min(values) >= threshold, (counts, hidden)


def tables_that_fit(hidden: list[tuple[int, int]]) -> list[tuple[tuple[int, int], ...]]:
    """Return all tables of hidden places, somebody in each, with the sums that these have."""
    work, nothing = (sum(column) for column in zip(*hidden, strict=True))
    fits = []
    for first in product(range(work + 1), repeat=len(hidden)):
        if sum(first) != work:
            continue
        for second in product(range(nothing + 1), repeat=len(hidden)):
            mine = tuple(zip(first, second, strict=True))
            if sum(second) == nothing and all(sum(one) for one in mine):
                fits.append(mine)
    return fits


@pytest.mark.parametrize(
    ("method", "indicator", "breakdown", "after"),
    [
        ("own_g2", "spells", "flow", 3),
        ("own_x12_g0", "exit_to_work", "outcome", 12),
        ("own_x1_g2", "exit_to_work", "outcome", 3),
        ("completed_g2", "quartiles", "quartile", 3),
        ("own", "transitions", "state|later", 0),
        ("exact_own_g2", "duration", "band", 0),
    ],
)
def test_a_row_stands_in_the_codes_of_the_last_month_that_it_reads(
    method: str, indicator: str, breakdown: str, after: int
) -> None:
    assert months_read(SERIES[NUMBER[indicator, method, breakdown]], MONTH) == MONTH + after
