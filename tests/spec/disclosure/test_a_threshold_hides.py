"""F3: under a threshold nobody who knows all that is printed can tell a small count of the public zone."""

from dataclasses import replace

import numpy as np
import pytest
from attacker import Attacker, World
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import Country, Counts, Rungs, counted, leaves, settled, settled_longer, year_of

from processors.disclosure import settling
from processors.disclosure.shape import Tree

SEXES = ((("total", "total"), ("sex", "1"), ("sex", "2")), ((0, 1), (0, 2)))
AGES = (
    (
        ("total", "total"),
        ("age5", "0-17"),
        ("age5", "18-24"),
        ("age13", "0-17"),
        ("age13", "18-19"),
        ("age13", "20-24"),
    ),
    ((0, 1, 3), (0, 2, 4), (0, 2, 5)),
)
FLAT: Tree = {0: [1, 2, 3]}
DEEP: Tree = {0: [1, 2], 1: [3, 4], 2: [5, 6]}
T = 3


def country(places: Tree, nodes: Tree | None = None, *, ages: bool = False) -> Country:
    """Return a small country."""
    columns, kinds = AGES if ages else SEXES
    return Country(nodes or {}, places, columns, kinds)


def area(*rows: tuple[int, int, int]) -> Counts:
    """Return counts, a line a place: total, men, women."""
    return np.array(rows, np.int32)


def test_a_small_municipality_is_hidden_with_the_smallest_beside_it() -> None:
    counts = area((80, 40, 40), (2, 1, 1), (37, 19, 18), (41, 20, 21))
    assert settled(country(FLAT), counts, 5).tolist() == [3, 0, 0, 3]


def test_an_area_shows_its_total_alone_where_too_few_of_a_class_could_be_elsewhere() -> None:
    """Where ten men left the second, it has not five more who might be women instead."""
    counts = area((40, 20, 20), (2, 1, 1), (17, 9, 8), (21, 10, 11))
    assert settled(country(FLAT), counts, 5).tolist() == [3, 0, 0, 1]


def test_zero_is_shown_and_hides_nobody() -> None:
    counts = area((38, 19, 19), (0, 0, 0), (17, 9, 8), (21, 10, 11))
    assert settled(country(FLAT), counts, 5).tolist() == [3, 3, 3, 3]


def test_an_area_falls_where_nothing_is_left_to_hide_beside_a_small_municipality() -> None:
    counts = area((2, 1, 1), (2, 1, 1), (0, 0, 0), (0, 0, 0))
    assert settled(country(FLAT), counts, 5).tolist() == [0, 0, 3, 3]


def test_a_small_category_hides_the_characteristics_but_not_the_total() -> None:
    counts = area((60, 30, 30), (12, 2, 10), (20, 10, 10), (28, 18, 10))
    assert settled(country(FLAT), counts, 5).tolist() == [3, 1, 1, 3]


def test_what_lies_below_a_hidden_area_is_hidden_too() -> None:
    counts = area((50, 25, 25), (4, 2, 2), (46, 23, 23), (2, 1, 1), (2, 1, 1), (23, 12, 11), (23, 11, 12))
    assert settled(country(DEEP), counts, 5).tolist()[5:] == [0, 0]


def test_a_rung_never_rises_from_release_to_release() -> None:
    before = np.array([3, 0, 0, 3], np.int8)
    counts = area((60, 30, 30), (20, 10, 10), (20, 10, 10), (20, 10, 10))
    assert settled(country(FLAT), counts, 5, memory=before).tolist() == [3, 0, 0, 3]


def test_a_year_shows_totals_alone_and_no_more_of_a_place_than_its_months() -> None:
    month = area((80, 40, 40), (2, 1, 1), (37, 19, 18), (41, 20, 21))
    year = area((170, 85, 85), (20, 10, 10), (60, 30, 30), (90, 45, 45))
    rungs = settled(country(FLAT), month, 5)
    assert settled_longer(country(FLAT), year, 5, [(month, rungs)]).tolist() == [1, 0, 0, 1]


def test_a_year_hides_a_place_that_is_hardly_larger_than_its_months() -> None:
    """Who comes to a place in a month must come to it in the year too, and then others must leave it there."""
    month = area((80, 40, 40), (20, 10, 10), (30, 15, 15), (30, 15, 15))
    year = area((86, 43, 43), (21, 11, 10), (31, 15, 16), (34, 17, 17))
    rungs = settled(country(FLAT), month, 5)
    assert settled_longer(country(FLAT), year, 5, [(month, rungs)]).tolist() == [0, 0, 0, 0]


def attacked(world: Country, counts: Counts, threshold: int) -> list[tuple[tuple[int, int, int], tuple[int, int]]]:
    """Return what is found out of one period."""
    rungs = settled(world, counts, threshold)
    return Attacker(World(world.shape, (counts,)), (rungs,)).found_out(threshold)


@st.composite
def crowds(draw: st.DrawFn, world: Country, months: int = 1, moves: int = 0) -> list[tuple[int, int, int, int, int]]:
    """Draw persons: where they stand, in which support, of which kind; with ``moves``, in so many more of each."""
    one = st.tuples(
        st.sampled_from(leaves(world.nodes)),
        st.sampled_from(leaves(world.places)),
        st.integers(0, len(world.kinds) - 1),
        st.integers(0, months - 1),
    )
    people = draw(st.lists(st.lists(one, min_size=1, max_size=1 + moves), min_size=3, max_size=28))
    return [
        (number, month, node, place, kind) for number, facts in enumerate(people) for node, place, kind, month in facts
    ]


ATTACKS = settings(max_examples=25, deadline=None, derandomize=True)


@ATTACKS
@given(crowds(country(FLAT)))
def test_nobody_is_told_in_one_area(facts: list[tuple[int, int, int, int, int]]) -> None:
    assert attacked(country(FLAT), counted(country(FLAT), facts, [0]), T) == []


@ATTACKS
@given(crowds(country(DEEP)))
def test_nobody_is_told_by_three_levels(facts: list[tuple[int, int, int, int, int]]) -> None:
    assert attacked(country(DEEP), counted(country(DEEP), facts, [0]), T) == []


@ATTACKS
@given(crowds(country(FLAT, ages=True)))
def test_nobody_is_told_by_classes_within_classes(facts: list[tuple[int, int, int, int, int]]) -> None:
    world = country(FLAT, ages=True)
    assert attacked(world, counted(world, facts, [0]), T) == []


@ATTACKS
@given(crowds(country(FLAT, {0: [1, 2]})))
def test_nobody_is_told_by_a_support_and_its_leaves(facts: list[tuple[int, int, int, int, int]]) -> None:
    world = country(FLAT, {0: [1, 2]})
    assert attacked(world, counted(world, facts, [0]), T) == []


@ATTACKS
@given(crowds(country(FLAT), months=3, moves=2))
def test_nobody_is_told_by_months_their_quarter_and_their_year(facts: list[tuple[int, int, int, int, int]]) -> None:
    assert Attacker(*year_of(country(FLAT), facts, T)).found_out(T) == []


@ATTACKS
@given(crowds(country(DEEP), moves=2))
def test_nobody_is_told_where_persons_stand_in_two_places(facts: list[tuple[int, int, int, int, int]]) -> None:
    assert attacked(country(DEEP), counted(country(DEEP), facts, [0]), T) == []


@ATTACKS
@given(crowds(country(FLAT, {0: [1, 2]}, ages=True), moves=2))
def test_nobody_is_told_where_persons_move_between_leaves(facts: list[tuple[int, int, int, int, int]]) -> None:
    world = country(FLAT, {0: [1, 2]}, ages=True)
    assert attacked(world, counted(world, facts, [0]), T) == []


@ATTACKS
@given(crowds(country(FLAT, {0: [1, 2, 3], 1: [4, 5]}), moves=2))
def test_nobody_is_told_by_a_union_its_nodes_and_their_leaves(facts: list[tuple[int, int, int, int, int]]) -> None:
    world = country(FLAT, {0: [1, 2, 3], 1: [4, 5]})
    assert attacked(world, counted(world, facts, [0]), T) == []


def test_an_area_shows_narrow_ages_where_all_within_it_that_shows_wide_ones_does() -> None:
    """Else who comes back in the kingdom as another narrow class would change the wide ones of the first area."""
    town, other = (60, 20, 40, 20, 1, 39), (100, 30, 70, 30, 30, 40)
    first, second = tuple(2 * count for count in town), tuple(2 * count for count in other)
    kingdom = tuple(map(sum, zip(first, second, strict=True)))
    counts = np.array([kingdom, first, second, town, town, other, other], np.int32)
    assert settled(country(DEEP, ages=True), counts, 5).tolist() == [2] * 7


# Doors: each opens where its rule is left out.


def test_a_single_hidden_part_is_its_area_less_the_others() -> None:
    world, counts = country(FLAT), area((40, 20, 20), (2, 1, 1), (17, 9, 8), (21, 10, 11))
    own = settling.own_rungs(counts, world.shape.rung, 5)
    assert Attacker(World(world.shape, (counts,)), (own,)).interval((0, 1, 0)) == (2, 2)


def test_overlap_is_no_protection_for_the_attacker_may_know_it() -> None:
    world, counts = country(FLAT), area((36, 18, 18), (2, 1, 1), (17, 9, 8), (21, 10, 11))
    own = settling.own_rungs(counts, world.shape.rung, 5)
    assert Attacker(World(world.shape, (counts,)), (own,)).interval((0, 1, 0)) == (2, 2)


def test_a_hidden_area_whose_parts_are_shown_is_their_sum() -> None:
    counts = area((50, 25, 25), (4, 2, 2), (46, 23, 23), (2, 1, 1), (2, 1, 1), (23, 12, 11), (23, 11, 12))
    world = country(DEEP)
    opened = np.array([3, 0, 0, 0, 0, 3, 3], np.int8)
    assert Attacker(World(world.shape, (counts,)), (opened,)).interval((0, 1, 0)) == (4, 4)


def test_a_year_beside_a_hidden_month_bounds_it() -> None:
    month = area((21, 11, 10), (2, 1, 1), (19, 10, 9), (0, 0, 0))
    year = area((25, 13, 12), (2, 1, 1), (23, 12, 11), (0, 0, 0))
    world = country(FLAT)
    rungs = (np.array([3, 0, 0, 3], np.int8), np.array([3, 3, 3, 3], np.int8))
    low, high = Attacker(World(world.shape, (month, year), ((0, 1),)), rungs).interval((0, 1, 0))
    assert high - low < 5


def test_a_support_less_its_other_leaf_is_the_hidden_one_and_both_leaves_fall() -> None:
    world = country({0: [1]}, {0: [1, 2]})
    counts = area((40, 20, 20), (40, 20, 20), (38, 19, 19), (38, 19, 19), (2, 1, 1), (2, 1, 1))
    assert Attacker(World(world.shape, (counts,)), (own(world, counts),)).interval((0, 4, 0)) == (2, 2)
    assert attacked(world, counts, 5) == []
    assert settled(world, counts, 5).tolist() == [3, 3, 0, 0, 0, 0]


def test_two_places_and_two_supports_are_solved_by_their_other_sums() -> None:
    """All four hidden: what one exchanges in one support it must exchange back in the other, which is small."""
    world = country({0: [1, 2]}, {0: [1, 2]})
    node, first, second = (
        ((40, 20, 20), (20, 10, 10), (20, 10, 10)),
        ((38, 19, 19), (19, 10, 9), (19, 9, 10)),
        ((2, 1, 1), (1, 0, 1), (1, 1, 0)),
    )
    counts = area(*node, *first, *second)
    pair_hidden = np.array([3, 3, 3, 3, 0, 0, 3, 0, 0], np.int8)
    low, high = Attacker(World(world.shape, (counts,)), (pair_hidden,)).interval((0, 7, 0))
    assert high - low < 5
    assert attacked(world, counts, 5) == []


def test_a_narrow_age_is_its_wide_class_less_the_others() -> None:
    world = country({0: [1, 2]}, ages=True)
    counts = np.array([(40, 10, 30, 10, 2, 28), (20, 5, 15, 5, 1, 14), (20, 5, 15, 5, 1, 14)], np.int32)
    all_but_one_narrow = np.array([3, 2, 3], np.int8)
    low, high = Attacker(World(world.shape, (counts,)), (all_but_one_narrow,)).interval((0, 1, 4))
    assert high - low < 5
    assert attacked(world, counts, 5) == []


def test_two_rolling_years_tell_the_month_that_only_one_of_them_holds() -> None:
    world = country(FLAT)
    month = area((44, 22, 22), (4, 2, 2), (19, 10, 9), (21, 10, 11))
    before = area((70, 35, 35), (8, 4, 4), (30, 15, 15), (32, 16, 16))
    after = area((76, 38, 38), (11, 6, 5), (32, 16, 16), (33, 16, 17))
    assert after[1, 0] - before[1, 0] == 3  # who is new in the window was there in its last month: it is at least 3
    rungs = settled(world, month, 5)
    for window in (before, after):
        assert settled_longer(world, window, 5, [(month, rungs)])[1] == 0


def test_a_figure_that_grows_to_the_threshold_would_tell_what_it_was_by_its_revision() -> None:
    world = country(FLAT)
    old = area((44, 24, 20), (4, 4, 0), (19, 10, 9), (21, 10, 11))
    new = area((45, 25, 20), (5, 5, 0), (19, 10, 9), (21, 10, 11))
    rungs = settled(world, old, 5)
    assert settled(world, new, 5)[1] == 3  # with the memory left out: 5, of which the kingdom grew by 1
    assert settled(world, new, 5, memory=rungs)[1] == 0


def test_two_leaves_left_of_a_union_are_told_by_its_other_sums_and_more_falls() -> None:
    """Both leaves of two persons are at least one of four: the places add up, and the third leaf is shown beside."""
    world = country(FLAT, {0: [1, 2, 3]})
    union, first, second, third = (
        ((57, 32, 25), (5, 2, 3), (31, 18, 13), (21, 12, 9)),
        ((6, 3, 3), (0, 0, 0), (4, 2, 2), (2, 1, 1)),
        ((3, 2, 1), (0, 0, 0), (1, 0, 1), (2, 2, 0)),
        ((48, 27, 21), (5, 2, 3), (26, 16, 10), (17, 9, 8)),
    )
    counts = area(*union, *first, *second, *third)
    pairs_hidden = np.array([3, 1, 3, 3, 0, 3, 0, 0, 0, 3, 0, 0, 3, 1, 3, 3], np.int8)
    assert (0, 7, 0) in [cell for cell, _ in Attacker(World(world.shape, (counts,)), (pairs_hidden,)).found_out(T)]
    assert attacked(world, counts, T) == []


def own(world: Country, counts: Counts) -> Rungs:
    """Return rungs by a place's own counts alone: the rules about others left out."""
    return settling.own_rungs(counts, world.shape.rung, 5)


@pytest.mark.parametrize("threshold", [1, 2])
def test_a_threshold_that_hides_too_little_is_refused(threshold: int) -> None:
    from schemas.settings import FigureSettings  # noqa: PLC0415

    with pytest.raises(ValueError, match="3 or more"):
        replace(FigureSettings(), threshold=threshold)
