"""How the tables of the public zone hang together: places within places, supports within supports, classes of ages.

A *unit* is one support in one place; a *column* is the total or one category of a public characteristic alone. Units
are numbered support by support. A *family* is a unit and the units right below it: of the places, or of the supports.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from schemas.arrays import Int8, Int32
from schemas.breakdowns import AGE5_BOUNDS, AGE13_BOUNDS, CATEGORY_NUMBER, SIMPLE, UNKNOWN
from schemas.places import MUNICIPALITIES, PLACE_NUMBER, PLACES, ancestors
from schemas.rungs import BREAKDOWN_RUNG
from schemas.supports import CHILDREN, NODES, Node

COLUMNS: tuple[tuple[str, str], ...] = tuple(
    (breakdown, code) for breakdown in BREAKDOWN_RUNG for code in SIMPLE[breakdown]
)
COLUMN_CATEGORY: Int32 = np.array([CATEGORY_NUMBER[column] for column in COLUMNS], np.int32)
"""Category number of each column."""

PUBLIC_NODES: tuple[Node, ...] = tuple(node for node in NODES if node.public)
NODE_AT: dict[str, int] = {node.code: number for number, node in enumerate(PUBLIC_NODES)}


class Lists(NamedTuple):
    """Lists of numbers, one after the other: list i is ``items[first[i] : first[i + 1]]``."""

    first: Int32
    items: Int32

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> "Lists":
        """Lay lists one after the other."""
        ends = np.cumsum([0, *map(len, lists)]).astype(np.int32)
        return cls(ends, np.array(list(chain.from_iterable(lists)), np.int32))


class Shape(NamedTuple):
    """Units and columns as the kernels read them.

    ``parent`` and ``children`` list the families, those of places first, ``node_families`` the number of the first of
    supports. ``within``: a unit with all below it in both directions, wider ones first. ``by_place`` and ``by_node``:
    the children of a unit. ``across``: the family in which a unit is a child, -1 for none, a line for each direction.
    ``rung`` of each column, ``group`` its first column and the one behind its last that add up to a row, ``narrow`` the
    same within the wide class, ``wide`` the column of that class or -1.
    """

    parent: Int32
    children: Lists
    within: Lists
    by_place: Lists
    by_node: Lists
    across: Int32
    node_families: int
    rung: Int8
    group: Int32
    narrow: Int32
    wide: Int32


Tree = Mapping[int, Sequence[int]]
"""The children of each number that has some."""


def _all_below(tree: Tree, top: int) -> list[int]:
    """Return a number and all below it, wider ones first."""
    numbers = [top]
    for number in numbers:
        numbers.extend(tree.get(number, ()))
    return numbers


def shape_of(nodes: Tree, places: Tree, counts: tuple[int, int], columns: Sequence[tuple[str, str]]) -> Shape:
    """Return the shape of ``counts`` (nodes, places) as two trees order them, with some columns."""
    wide = counts[1]
    units = [(node, place) for node in range(counts[0]) for place in range(wide)]
    by_place = [[node * wide + child for child in places.get(place, ())] for node, place in units]
    by_node = [[child * wide + place for child in nodes.get(node, ())] for node, place in units]
    families = [
        (unit, units_below) for lists in (by_place, by_node) for unit, units_below in enumerate(lists) if units_below
    ]
    of_places = sum(bool(units_below) for units_below in by_place)
    across = np.full((2, len(units)), -1, np.int32)
    for family, (_, units_below) in enumerate(families):
        across[int(family >= of_places), units_below] = family
    node_lists = {node: _all_below(nodes, node) for node in range(counts[0])}
    place_lists = {place: _all_below(places, place) for place in range(wide)}
    within = [[n * wide + p for n in node_lists[node] for p in place_lists[place]] for node, place in units]
    return Shape(
        np.array([unit for unit, _ in families], np.int32),
        Lists.of([units_below for _, units_below in families]),
        Lists.of(within),
        Lists.of(by_place),
        Lists.of(by_node),
        across,
        of_places,
        np.array([BREAKDOWN_RUNG[breakdown] for breakdown, _ in columns], np.int8),
        np.array([_group(columns, column) for column in columns], np.int32),
        np.array([_narrow(columns, column) for column in columns], np.int32),
        np.array([_wide(columns, column) for column in columns], np.int32),
    )


def _group(columns: Sequence[tuple[str, str]], column: tuple[str, str]) -> tuple[int, int]:
    return _span([number for number, other in enumerate(columns) if other[0] == column[0]])


def _narrow(columns: Sequence[tuple[str, str]], column: tuple[str, str]) -> tuple[int, int]:
    """Return the columns of the same wide class; those of the row where there is none."""
    mine = _class(column)
    if mine is None or ("age5", mine) not in columns:
        return _group(columns, column)
    return _span([number for number, other in enumerate(columns) if other[0] == "age13" and _class(other) == mine])


def _span(numbers: list[int]) -> tuple[int, int]:
    return numbers[0], numbers[-1] + 1


def _wide(columns: Sequence[tuple[str, str]], column: tuple[str, str]) -> int:
    mine = ("age5", _class(column) or "")
    return columns.index(mine) if mine in columns else -1


@cache
def _classes() -> dict[str, str]:
    """Return the wide class of each narrow one."""
    wide = dict(zip(AGE5_BOUNDS, SIMPLE["age5"], strict=False))
    wide_of = {}
    for bound, code in zip(AGE13_BOUNDS, SIMPLE["age13"], strict=False):
        wide_of[code] = wide[max(low for low in AGE5_BOUNDS if low <= bound)]
    return wide_of | {UNKNOWN: UNKNOWN}


def _class(column: tuple[str, str]) -> str | None:
    return _classes()[column[1]] if column[0] == "age13" else None


def place_tree() -> dict[int, list[int]]:
    """Return the places right below each place (D1); Brussels has no province between region and arrondissement."""
    below: dict[int, set[int]] = {}
    for nis in MUNICIPALITIES:
        line = [PLACE_NUMBER[place] for place in ancestors(nis).items()]
        for upper, lower in pairwise(line):
            below.setdefault(upper, set()).add(lower)
    return {place: sorted(lower) for place, lower in below.items()}


def node_tree() -> dict[int, list[int]]:
    """Return the public supports right below each (B2, B3)."""
    return {
        NODE_AT[node.code]: [NODE_AT[child.code] for child in CHILDREN[node.code]]
        for node in PUBLIC_NODES
        if CHILDREN[node.code]
    }


@cache
def public_shape() -> Shape:
    """Return the shape of the public zone."""
    return shape_of(node_tree(), place_tree(), (len(PUBLIC_NODES), len(PLACES)), COLUMNS)
