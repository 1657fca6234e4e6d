"""Who knows everything printed and the rules: the least and the most that each small count can be, by whole numbers.

A world is a set of periods, months first, each with the counts of all units and columns of a shape. The attacker knows
the figures at or under the rung of their unit, and by how much the parts of each line exceed it. He asks an integer
program for each small hidden count: nothing is approximated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from processors.disclosure.shape import NONE, Shape

Counts = Any
Cell = tuple[int, int, int]
"""Period, unit, column."""


@dataclass(frozen=True, slots=True)
class World:
    """Counts of each period (units x columns); ``holds`` are pairs (shorter, longer period)."""

    shape: Shape
    counts: tuple[Counts, ...]
    holds: tuple[tuple[int, int], ...] = ()


def _families(shape: Shape) -> Iterator[tuple[int, list[int]]]:
    """Yield each unit with those right below it, of places and of supports."""
    wide = len(shape.places.above)
    for node, place in np.ndindex(len(shape.nodes.above), wide):
        areas = np.flatnonzero(shape.places.above == place).tolist()
        supports = np.flatnonzero(shape.nodes.above == node).tolist()
        for units in ([node * wide + area for area in areas], [support * wide + place for support in supports]):
            if units:
                yield node * wide + place, units


def _lines(world: World) -> Iterator[tuple[list[Cell], Cell]]:
    """Yield every unique count and its parts: of places, of supports, of a characteristic, of a wide class."""
    shape = world.shape
    columns = range(len(shape.rung))
    for period in range(len(world.counts)):
        for parent, children in _families(shape):
            for column in columns:
                yield [(period, unit, column) for unit in children], (period, parent, column)
        groups = [(list(range(*span)), 0) for span in shape.groups.span.tolist()]
        groups += [(np.flatnonzero(shape.wide == whole).tolist(), whole) for whole in {*shape.wide.tolist()} - {NONE}]
        for unit in range(len(world.counts[period])):
            for group, whole in groups:
                yield [(period, unit, column) for column in group], (period, unit, whole)


@dataclass
class Attacker:
    """What is known of a world with some rungs for each period."""

    world: World
    rungs: tuple[Any, ...]

    def __post_init__(self) -> None:
        """Write down what is known, once."""
        world = self.world
        self.number: dict[Cell, int] = {}
        for period, counts in enumerate(world.counts):
            for unit, column in np.ndindex(counts.shape):
                if self.rungs[period][unit] < world.shape.rung[column]:
                    self.number[period, unit, column] = len(self.number)
        rows, low, high = [], [], []

        def add(terms: list[tuple[Cell, int]], least: float, most: float) -> None:
            known = sum(sign * self.true(cell) for cell, sign in terms if cell not in self.number)
            mine = [(self.number[cell], sign) for cell, sign in terms if cell in self.number]
            if mine:
                rows.append(mine)
                low.append(least - known)
                high.append(most - known)

        for parts, whole in _lines(world):
            excess = sum(map(self.true, parts)) - self.true(whole)
            add([*((part, 1) for part in parts), (whole, -1)], excess, excess)
            for part in parts:
                add([(part, 1), (whole, -1)], -np.inf, max(0, self.true(part) - self.true(whole)))
        for shorter, longer in world.holds:
            for unit, column in np.ndindex(world.counts[shorter].shape):
                part, whole = (shorter, unit, column), (longer, unit, column)
                add([(part, 1), (whole, -1)], -np.inf, max(0, self.true(part) - self.true(whole)))
        places = [(row, number, sign) for row, mine in enumerate(rows) for number, sign in mine]
        at = np.array(places, np.int64).reshape(-1, 3)
        self.matrix = csr_array((at[:, 2], (at[:, 0], at[:, 1])), shape=(len(rows), len(self.number)))
        self.limits = (np.array(low), np.array(high))
        self.least = np.array([1.0 if column == 0 and self.true((p, u, 0)) else 0.0 for p, u, column in self.number])

    def true(self, cell: Cell) -> int:
        """Return what a cell is."""
        period, unit, column = cell
        return int(self.world.counts[period][unit, column])

    def primary(self, threshold: int) -> list[Cell]:
        """Return the small counts that are hidden."""
        return [cell for cell in self.number if 0 < self.true(cell) < threshold]

    def interval(self, cell: Cell) -> tuple[int, int]:
        """Return the least and the most that a hidden count can be."""
        if cell not in self.number:
            return self.true(cell), self.true(cell)
        aim = np.zeros(len(self.number))
        aim[self.number[cell]] = 1
        ends = []
        for sign in (1, -1):
            constraints = [LinearConstraint(self.matrix, *self.limits)] if self.matrix.shape[0] else []
            solved = milp(
                sign * aim, constraints=constraints, integrality=np.ones(len(aim)), bounds=Bounds(self.least, 10_000)
            )
            assert solved.success, solved.message
            ends.append(round(sign * solved.fun))
        return ends[0], ends[1]

    def found_out(self, threshold: int) -> list[tuple[Cell, tuple[int, int]]]:
        """Return the small counts that are less wide than the threshold."""
        cells = []
        for cell in self.primary(threshold):
            low, high = self.interval(cell)
            if high - low < threshold:
                cells.append((cell, (low, high)))
        return cells
