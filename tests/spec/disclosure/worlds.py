"""Small countries of a few persons, counted as the real one is: every figure is a number of persons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from attacker import World

from processors.disclosure.longer import rungs_of_longer
from processors.disclosure.settling import own_rungs, settle
from processors.disclosure.shape import Shape, Tree, shape_of
from processors.disclosure.sheets import sheet_of

Counts = npt.NDArray[np.int32]
Rungs = npt.NDArray[np.int8]
Fact = tuple[int, int, int, int, int]
"""Person, month, support, place, category set."""


@dataclass(frozen=True, slots=True)
class Country:
    """Two trees and the columns of its tables; ``kinds``: the columns that each kind of person stands in."""

    nodes: Tree
    places: Tree
    columns: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Return the number of supports and places."""
        return _size(self.nodes), _size(self.places)

    @property
    def shape(self) -> Shape:
        """Return how its tables hang together."""
        return shape_of(self.nodes, self.places, self.size, self.columns)


def _size(tree: Tree) -> int:
    return 1 + max((child for children in tree.values() for child in children), default=0)


def leaves(tree: Tree) -> list[int]:
    return [number for number in range(_size(tree)) if number not in tree]


def _above(tree: Tree) -> dict[int, list[int]]:
    up = {child: parent for parent, children in tree.items() for child in children}

    def line(number: int) -> list[int]:
        return [number, *(line(up[number]) if number in up else [])]

    return {number: line(number) for number in range(_size(tree))}


def counted(country: Country, facts: Iterable[Fact], months: Sequence[int]) -> Counts:
    """Return the persons of each unit and column over some months."""
    nodes, places = _above(country.nodes), _above(country.places)
    wide = country.size[1]
    seen = {
        (node * wide + area, column, person)
        for person, month, support, place, kind in facts
        if month in months
        for node in nodes[support]
        for area in places[place]
        for column in country.kinds[kind]
    }
    counts = np.zeros((country.size[0] * wide, len(country.columns)), np.int32)
    for unit, column, _ in seen:
        counts[unit, column] += 1
    return counts


def settled(country: Country, counts: Counts, threshold: int, memory: Rungs | None = None) -> Rungs:
    """Return the rungs of a month."""
    shape = country.shape
    rungs = own_rungs(counts, shape.rung, threshold)
    if memory is not None:
        rungs = np.minimum(rungs, memory)
    sheet = sheet_of(counts, rungs, shape)
    settle(sheet, shape, threshold)
    return sheet.rungs


def settled_longer(country: Country, counts: Counts, threshold: int, within: Sequence[tuple[Counts, Rungs]]) -> Rungs:
    """Return the rungs of a period; ``within`` are the counts and rungs of the periods that it holds."""
    shape = country.shape
    most = np.minimum.reduce([own_rungs(counts, shape.rung, threshold), *(rungs for _, rungs in within)])
    floor = np.maximum.reduce([shorter for shorter, _ in within])
    return rungs_of_longer(counts, floor, most, shape, threshold)


def year_of(country: Country, facts: Sequence[Fact], threshold: int) -> tuple[World, tuple[Rungs, ...]]:
    """Return months 0 and 1, the quarter of both, month 2 and the year of all three, with their rungs."""
    spans = ((0,), (1,), (2,), (0, 1), (0, 1, 2))
    counts = [counted(country, facts, months) for months in spans]
    rungs = [settled(country, one, threshold) for one in counts[:3]]
    for one, within in ((3, 2), (4, 4)):
        rungs.append(settled_longer(country, counts[one], threshold, list(zip(counts[:within], rungs, strict=False))))
    holds = tuple((a, b) for a in range(5) for b in range(5) if {*spans[a]} < {*spans[b]})
    return World(country.shape, tuple(counts), holds), tuple(rungs)
