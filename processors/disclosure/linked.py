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
from dataclasses import dataclass
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
    elsewhere or earlier. ``least`` and ``most``: what longer or shorter periods tell of a cell. ``layers``: what is
    hidden whole, one after the other, where less does not help.
    """

    counts: Int64
    sums: Sequence[Sum]
    structural: Mask
    fixed: Mask
    hidden: Mask
    least: Int64
    most: Int64
    layers: Sequence[Mask] = ()

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
    for layer in (np.zeros_like(small), *table.layers):
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
        beside = [_beside(table, hidden, table.sums_of.get(cell, ())) for cell in narrow]
        more = {cell for cell in beside if cell is not None}
        if not more:
            return None
        hidden[sorted(more)] = True
    return None


def narrow_cells(table: Linked, hidden: Mask, small: Mask, threshold: int, at_most: int | None = None) -> list[int]:
    """Return the primary cells that can be told within less than the threshold, were these cells hidden."""
    cells = np.flatnonzero(hidden)
    number = {cell: at for at, cell in enumerate(cells.tolist())}
    ceiling = 2 * int(table.counts.max(initial=0)) + threshold
    least = table.least[cells].tolist()
    most = np.minimum(table.most[cells], ceiling).tolist()
    equations: list[Equation] = []
    for one in table.sums:
        unknown = [part for part in one.parts if hidden[part]]
        whole_hidden = bool(hidden[one.whole])
        overlap = int(table.counts[list(one.parts)].sum() - table.counts[one.whole])
        open_sum = int(sum(table.counts[part] for part in one.parts if not hidden[part]))
        if unknown or whole_hidden:
            value = overlap - open_sum + (0 if whole_hidden else int(table.counts[one.whole]))
            less = (number[one.whole],) if whole_hidden else ()
            equations.append(Equation(tuple(number[part] for part in unknown), value, less))
        for part in unknown:
            if not whole_hidden:
                most[number[part]] = min(most[number[part]], max(table.counts[one.whole], table.counts[part]))
            elif overlap > 0:
                least.append(0)
                most.append(ceiling)
                more = max(0, int(table.counts[part] - table.counts[one.whole]))
                equations.append(Equation((number[part], len(least) - 1), more, (number[one.whole],)))
        if whole_hidden and len(unknown) < len(one.parts):
            below = max((int(table.counts[part]) for part in one.parts if not hidden[part]), default=0)
            at = number[one.whole]
            least[at] = max(least[at], min(below, int(table.counts[one.whole])))
    wanted = [number[cell] for cell in np.flatnonzero(small & hidden).tolist()]
    narrow = too_narrow(Unknowns(least, most, equations), wanted, threshold, at_most)
    return [int(cells[at]) for at in narrow]


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
