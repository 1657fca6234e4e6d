"""Which cells of a table are hidden so that no small one can be told, for tables that hang together by sums (F3).

A table is a row of counts and *sums*: one cell that is the sum of others less an overlap of persons, which the attacker
is taken to know. Every count below the threshold is *primary*, zero too. Cells are hidden beside it until linear
programs leave each primary cell as wide as the threshold. Complementary cells need no width.

Worked example, threshold 5: men 40, women 30, unknown 2, together 72. Unknown is primary; alone it were 72 - 70. Women
are the smallest cell beside it and fall with it: unknown and women add up to 32, and unknown can be 0 to 32.

Totals and margins that other tables show are *fixed*: they stay. Where hiding some cells does not help within
``MOST_ROUNDS`` rounds, the next layer is hidden whole (of places, the lowest), in the end all that is not fixed. Rounds
are counted, not seconds, so that one machine hides what another does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from processors.disclosure.audit import Equation, Unknowns, too_narrow
from schemas.arrays import Int64, Mask

MOST_ROUNDS = 8
_AT_ONCE = 24
"""Cells that are helped in one round."""
FREE = np.iinfo(np.int32).max


class Sum(NamedTuple):
    """A cell and the cells whose sum, less an overlap, it is."""

    whole: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Linked:
    """Counts that hang together by sums.

    ``structural``: empty by code, whatever the data, so never hidden. ``fixed``: shown elsewhere. ``hidden``: hidden
    elsewhere or earlier. ``least`` and ``most``: what other tables tell of a cell. ``layers``: what is hidden whole,
    one after the other, where less does not help. ``within``: pairs of a cell and one that is at least as large, as
    that of a longer period; where it is not so, the attacker knows by how much.
    """

    counts: Int64
    sums: Sequence[Sum]
    structural: Mask
    fixed: Mask
    hidden: Mask
    least: Int64
    most: Int64
    layers: Sequence[Mask] = ()
    within: Sequence[tuple[int, int]] = ()

    @cached_property
    def partners(self) -> dict[int, list[int]]:
        """The cells that a cell is within, or that are within it."""
        partners: dict[int, list[int]] = {}
        for part, whole in self.within:
            partners.setdefault(part, []).append(whole)
            partners.setdefault(whole, []).append(part)
        return partners

    @cached_property
    def sums_of(self) -> dict[int, list[int]]:
        """The numbers of the sums in which a cell stands."""
        numbers_of: dict[int, list[int]] = {}
        for number, one in enumerate(self.sums):
            for cell in (one.whole, *one.parts):
                numbers_of.setdefault(cell, []).append(number)
        return numbers_of


def primary(table: Linked, threshold: int) -> Mask:
    """Return the cells that must not be told: smaller than the threshold, and not empty by code."""
    mask: Mask = (table.counts < threshold) & ~table.structural
    return mask


def pattern(table: Linked, threshold: int) -> Mask:
    """Return which cells are hidden."""
    small = primary(table, threshold)
    begun = small | (table.hidden & ~table.structural)
    may = ~(table.fixed | table.structural)
    layers = (np.zeros_like(small), *([np.zeros_like(small)] if table.within else []), *table.layers)
    for number, layer in enumerate(layers):
        if number == 1 and table.within:  # what other tables tell by themselves, this one cannot mend
            small[narrow_cells(table, begun | may, small, threshold)] = False
        begun |= layer & may
        settled = _settled(table, begun.copy(), small, threshold)
        if settled is not None:
            return settled
    return begun | may


def _settled(table: Linked, hidden: Mask, small: Mask, threshold: int) -> Mask | None:
    """Return a pattern that holds with these cells hidden, None where none is found."""
    for _ in range(MOST_ROUNDS):
        _complete(table, hidden, threshold)
        narrow = narrow_cells(table, hidden, small, threshold, _AT_ONCE)
        if not narrow:
            return hidden
        beside = [_help(table, hidden, cell) for cell in narrow]
        more = {cell for cell in beside if cell is not None}
        if not more:
            return None
        hidden[sorted(more)] = True
    return None


def narrow_cells(table: Linked, hidden: Mask, small: Mask, threshold: int, at_most: int | None = None) -> list[int]:
    """Return the primary cells that can be told within less than the threshold, were these cells hidden."""
    known = _Known.of(table, hidden, threshold)
    for one in table.sums:
        known.add(one)
    for part, whole in table.within:
        known.at_most(part, whole)
    wanted = [known.number[cell] for cell in np.flatnonzero(small & hidden).tolist()]
    narrow = too_narrow(Unknowns(known.least, known.most, known.equations), wanted, threshold, at_most)
    cells = np.flatnonzero(hidden)
    return [int(cells[at]) for at in narrow]


@dataclass
class _Known:
    """What the attacker knows of hidden cells, which have numbers in their order: bounds, and equations."""

    counts: list[int]
    hidden: list[bool]
    number: dict[int, int]
    least: list[int]
    most: list[int]
    ceiling: int
    equations: list[Equation] = field(default_factory=list)

    @classmethod
    def of(cls, table: Linked, hidden: Mask, threshold: int) -> "_Known":
        """Begin with what other tables tell."""
        cells = np.flatnonzero(hidden)
        ceiling = 2 * int(table.counts.max(initial=0)) + threshold
        number = {cell: at for at, cell in enumerate(cells.tolist())}
        least, most = table.least[cells].tolist(), np.minimum(table.most[cells], ceiling).tolist()
        return cls(table.counts.tolist(), hidden.tolist(), number, least, most, ceiling)

    def add(self, one: Sum) -> None:
        """Note a sum: its overlap is known, and no part is more than the whole."""
        unknown = [part for part in one.parts if self.hidden[part]]
        overlap = sum(self.counts[part] for part in one.parts) - self.counts[one.whole]
        if unknown or self.hidden[one.whole]:
            open_sum = sum(self.counts[part] for part in one.parts if not self.hidden[part])
            value = overlap - open_sum + (0 if self.hidden[one.whole] else self.counts[one.whole])
            less = (self.number[one.whole],) if self.hidden[one.whole] else ()
            self.equations.append(Equation(tuple(self.number[part] for part in unknown), value, less))
        for part in one.parts:
            if overlap > 0 or not (self.hidden[part] and self.hidden[one.whole]):
                self.at_most(part, one.whole)

    def at_most(self, part: int, whole: int) -> None:
        """Note that a cell is at most another, or more by what it is in truth."""
        mine, its = self.counts[part], self.counts[whole]
        if self.hidden[part] and self.hidden[whole]:
            self.least.append(0)
            self.most.append(self.ceiling)
            slack = len(self.least) - 1
            self.equations.append(Equation((self.number[part], slack), max(0, mine - its), (self.number[whole],)))
        elif self.hidden[part]:
            at = self.number[part]
            self.most[at] = min(self.most[at], max(mine, its))
        elif self.hidden[whole]:
            at = self.number[whole]
            self.least[at] = max(self.least[at], min(mine, its))


def _help(table: Linked, hidden: Mask, narrow: int) -> int | None:
    """Return the cell to hide next for one that is too narrow: beside it, or beside what it is within or holds."""
    partners = table.partners.get(narrow, [])
    for one in partners:
        if _may_fall(table, hidden, one):
            return one
    return _beside(table, hidden, [number for cell in (narrow, *partners) for number in table.sums_of.get(cell, ())])


def _complete(table: Linked, hidden: Mask, threshold: int) -> None:
    """Hide cells, in place, until no sum tells a hidden one by itself."""
    waiting = list(range(len(table.sums)))
    while waiting:
        number = waiting.pop()
        while _tells(table, hidden, table.sums[number], threshold):
            cell = _beside(table, hidden, [number])
            if cell is None:
                break
            hidden[cell] = True
            waiting.extend(table.sums_of[cell])


def _tells(table: Linked, hidden: Mask, one: Sum, threshold: int) -> bool:
    parts = [part for part in one.parts if hidden[part]]
    if hidden[one.whole]:
        return not parts
    return bool(parts) and (len(parts) == 1 or int(table.counts[parts].sum()) < threshold)


def _beside(table: Linked, hidden: Mask, sums: Sequence[int]) -> int | None:
    """Return the cell to hide next in some sums: the smallest part, where it can be those that close a circle first."""
    parts = {part for number in sums for part in table.sums[number].parts if _may_fall(table, hidden, part)}
    wholes = {table.sums[number].whole for number in sums if _may_fall(table, hidden, table.sums[number].whole)}
    of = parts or wholes
    return min(of, key=lambda cell: (-_met(table, hidden, cell, sums), table.counts[cell], cell), default=None)


def _may_fall(table: Linked, hidden: Mask, cell: int) -> bool:
    return not (hidden[cell] or table.fixed[cell] or table.structural[cell])


def _met(table: Linked, hidden: Mask, cell: int, but: Sequence[int]) -> int:
    """Return in how many other sums of a cell something is hidden already."""
    return sum(any(_hidden_parts(table, hidden, number)) for number in table.sums_of[cell] if number not in but)


def _hidden_parts(table: Linked, hidden: Mask, number: int) -> Iterator[bool]:
    return (bool(hidden[part]) for part in table.sums[number].parts)
