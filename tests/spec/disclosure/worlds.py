"""Small countries of a few persons, counted as the real one is: every figure is a number of persons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from attacker import World

from processors.disclosure import settling
from processors.disclosure.settling import own_rungs
from processors.disclosure.shape import Shape, Tree, shape_of

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
    return settling.settled(counts, rungs, shape, threshold)


def settled_longer(
    country: Country,
    counts: Counts,
    threshold: int,
    months: Sequence[tuple[Counts, Rungs]],
    quarters: Sequence[Counts] = (),
) -> Rungs:
    """Return the rungs of a period that holds months, with their rungs, and quarters."""
    shape = country.shape
    most = np.minimum.reduce([own_rungs(counts, shape.rung, threshold), *(rungs for _, rungs in months)])
    floor = np.maximum.reduce([*(month for month, _ in months), *quarters])
    return settling.settled(counts, most, shape, threshold, floor)


def year_of(country: Country, facts: Sequence[Fact], threshold: int) -> tuple[World, tuple[Rungs, ...]]:
    """Return months 0 and 1, the quarter of both, month 2 and the year of all three, with their rungs."""
    spans = ((0,), (1,), (2,), (0, 1), (0, 1, 2))
    counts = [counted(country, facts, months) for months in spans]
    rungs = [settled(country, one, threshold) for one in counts[:3]]
    months = list(zip(counts[:3], rungs, strict=True))
    rungs.append(settled_longer(country, counts[3], threshold, months[:2]))
    rungs.append(settled_longer(country, counts[4], threshold, months, [counts[3]]))
    holds = tuple((a, b) for a in range(5) for b in range(5) if {*spans[a]} < {*spans[b]})
    return World(country.shape, tuple(counts), holds), tuple(rungs)
