"""Tables of places by categories as cells that hang together by sums: what the answers to questions look like.

A *column* holds a category of each characteristic, ``""`` for all of them: ``("",)`` is the total. A place is the sum
of the places right below it, a column the sum of the columns that it pools.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from processors.disclosure.linked import FREE, Linked, Sum
from processors.disclosure.shape import place_tree
from schemas.arrays import Int64, Mask
from schemas.places import LEVELS, PLACE_NUMBER, PLACES

ALL = ""
Place = tuple[str, str]
Column = tuple[str, ...]
Cell = tuple[str, ...]
"""Level and code of a place, then its column."""


@dataclass(frozen=True)
class Grid:
    """Places by columns; ``empty`` are the places and columns that nobody can be in, whatever the data."""

    places: tuple[Place, ...]
    columns: tuple[Column, ...]
    empty_places: frozenset[Place] = frozenset()
    empty_columns: frozenset[Column] = frozenset()

    @cached_property
    def number(self) -> dict[Cell, int]:
        """The number of each cell."""
        return {cell: at for at, cell in enumerate(self.cells())}

    def cells(self) -> Iterator[Cell]:
        """Yield the cells, place by place."""
        for place in self.places:
            for column in self.columns:
                yield (*place, *column)

    def counts(self, known: Mapping[Cell, int]) -> Int64:
        """Return the counts of all cells; what is not found is 0."""
        return np.array([known.get(cell, 0) for cell in self.cells()], np.int64)

    def mask(self, cells: Iterator[Cell] | Sequence[Cell]) -> Mask:
        """Return which cells are among some, of this table or another."""
        wanted = set(cells)
        return np.array([cell in wanted for cell in self.cells()], np.bool_)

    def structural(self) -> Mask:
        """Return the cells that are empty by code."""
        return np.array(
            [place in self.empty_places or column in self.empty_columns for place, column in self._pairs()], np.bool_
        )

    def free(self) -> Int64:
        """Return a bound above for each cell that says nothing."""
        return np.full(len(self.places) * len(self.columns), FREE, np.int64)

    def linked(self, counts: Int64, fixed: Mask, hidden: Mask, bounds: tuple[Int64, Int64]) -> Linked:
        """Return the table with its sums; ``bounds`` are what other tables say of each cell, least and most."""
        return Linked(
            counts,
            tuple(self._sums()),
            self.structural(),
            fixed & ~hidden,
            hidden,
            *bounds,
            self._layers(),
        )

    def _layers(self) -> list[Mask]:
        """Return the cells of each level of place, the lowest first."""
        levels = [level for level in reversed(LEVELS) if any(place[0] == level for place in self.places)]
        return [np.array([place[0] == level for place, _ in self._pairs()], np.bool_) for level in levels]

    def _pairs(self) -> Iterator[tuple[Place, Column]]:
        return product(self.places, self.columns)

    def _sums(self) -> Iterator[Sum]:
        wide = len(self.columns)
        at = {place: number for number, place in enumerate(self.places)}
        tree = place_tree()
        for place, number in at.items():
            below = [at[PLACES[child]] for child in tree.get(PLACE_NUMBER[place], ()) if PLACES[child] in at]
            below = [child for child in below if self.places[child] not in self.empty_places]
            if below and place not in self.empty_places:
                for column in range(wide):
                    yield Sum(number * wide + column, tuple(child * wide + column for child in below))
            for whole, parts in self._column_sums():
                yield Sum(number * wide + whole, tuple(number * wide + part for part in parts))

    def _column_sums(self) -> Iterator[tuple[int, list[int]]]:
        for whole, column in enumerate(self.columns):
            for axis, code in enumerate(column):
                if code == ALL:
                    parts = [
                        number
                        for number, other in enumerate(self.columns)
                        if other not in self.empty_columns
                        and other[axis] != ALL
                        and (*other[:axis], ALL, *other[axis + 1 :]) == column
                    ]
                    if parts:
                        yield whole, parts


def columns_of(codes: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    """Return the columns of some characteristics: the total, then each category, crossed with those of the others."""
    return tuple(product(*((ALL, *mine) for mine in codes))) if codes else ((ALL,),)
