"""How the tables of the public zone hang together: places within places, supports within supports, classes of ages.

A *unit* is one support in one place; a *column* is the total or one category of a public characteristic alone. Units
are numbered support by support.
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
NONE = -1


class Lists(NamedTuple):
    """Lists of numbers, one after the other: list i is ``items[first[i] : first[i + 1]]``."""

    first: Int32
    items: Int32

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> "Lists":
        """Lay lists one after the other."""
        ends = np.cumsum([0, *map(len, lists)]).astype(np.int32)
        return cls(ends, np.array(list(chain.from_iterable(lists)), np.int32))


class Branches(NamedTuple):
    """A tree of places or of supports by number: what lies right above each (``NONE``), right below, and its leaves."""

    above: Int32
    below: Lists
    leaves: Lists


class Groups(NamedTuple):
    """Characteristics as spans of columns, a line each: the first column and the one behind the last.

    ``finer``: the characteristic whose classes lie within the classes of this one, ``NONE`` where there is none.
    """

    span: Int32
    finer: Int32


class Shape(NamedTuple):
    """Units and columns as the kernels read them.

    Of each column ``rung`` is the lowest at which it is shown, ``group`` its characteristic (``NONE`` for the total),
    ``wide`` the column of the class that holds it, ``NONE`` for none.
    """

    nodes: Branches
    places: Branches
    rung: Int8
    group: Int32
    wide: Int32
    groups: Groups


Tree = Mapping[int, Sequence[int]]
"""The children of each number that has some."""


def _all_below(tree: Tree, top: int) -> list[int]:
    """Return a number and all below it, wider ones first."""
    numbers = [top]
    for number in numbers:
        numbers.extend(tree.get(number, ()))
    return numbers


def _branches(tree: Tree, count: int) -> Branches:
    above = np.full(count, NONE, np.int32)
    for parent, children in tree.items():
        above[list(children)] = parent
    leaves = [[one for one in _all_below(tree, top) if not tree.get(one)] for top in range(count)]
    return Branches(above, Lists.of([tree.get(number, ()) for number in range(count)]), Lists.of(leaves))


def shape_of(nodes: Tree, places: Tree, counts: tuple[int, int], columns: Sequence[tuple[str, str]]) -> Shape:
    """Return the shape of ``counts`` (nodes, places) as two trees order them, with some columns."""
    return Shape(_branches(nodes, counts[0]), _branches(places, counts[1]), *_of_columns(columns))


def _of_columns(columns: Sequence[tuple[str, str]]) -> tuple[Int8, Int32, Int32, Groups]:
    names = list(dict.fromkeys(breakdown for breakdown, _ in columns if breakdown != "total"))
    spans = [[number for number, column in enumerate(columns) if column[0] == name] for name in names]
    finer = [names.index("age13") if name == "age5" and "age13" in names else NONE for name in names]
    return (
        np.array([BREAKDOWN_RUNG[breakdown] for breakdown, _ in columns], np.int8),
        np.array([names.index(name) if name in names else NONE for name, _ in columns], np.int32),
        np.array([_wide(columns, column) for column in columns], np.int32),
        Groups(
            np.array([(span[0], span[-1] + 1) for span in spans], np.int32).reshape(-1, 2), np.array(finer, np.int32)
        ),
    )


def _wide(columns: Sequence[tuple[str, str]], column: tuple[str, str]) -> int:
    mine = ("age5", _class(column) or "")
    return columns.index(mine) if mine in columns else NONE


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
