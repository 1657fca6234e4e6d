"""Patches: what a block changed of the block before it, as cells; so a release costs what it changes.

A patch over a base holds the changed and the new cells as they are now, and a cell of zeros for each that vanished: no
cell of a block is all zero, so nothing can be mistaken for it. Base and patch are sorted by place and category, as
every block is. What comes out is verified by whoever reads it, against the digest of the whole block.

Worked example: base A=5 B=7 C=2, now A=5 B=8 D=1. The patch is B=8 C=0 D=1; over the base it gives A=5 B=8 D=1.

*When a block becomes a patch.* A patch is over a block that is stored whole, so a reader opens two row groups and
merges once. It holds all that changed since then, and so grows from update to update; above ``SHARE`` of the block it
no longer pays, and the block is stored whole again. Small blocks are stored whole: comparing costs more than writing.

*How much.* In 24 national updates a block of a recent period changes by half each time, and one that is two years old
by less than a tenth; a third of all cells that are counted again changed. Patches and whole blocks together hold 60 in
100. Chains of up to four patches, each over the one before, would hold 54, of any length 39. A reader takes 1.7 ms
for a block with its patch (half of them 1.0 ms or less) and 0.3 ms for one that is whole: to open two row groups is
twice the work already, and the memory for what comes out is given page by page. With chains of four it took 3.0 ms.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.breakdowns import CATEGORIES
from schemas.figures import Cells
from schemas.releases import BlockRef

LONGEST = 4
"""Most patches over one block that a store may hold: stores of before have patches over patches."""
SHARE = 0.4
"""Most cells of a patch, as a share of the cells of the whole block."""
SMALL = 2048
"""A block with fewer cells is stored whole."""

_MEASURES = tuple(field.name for field in fields(Cells))[2:]
Measure = npt.NDArray[Any]
Keys = npt.NDArray[np.uint32]


def base_of(newest: BlockRef, cells: int) -> BlockRef | None:
    """Return the stored block that a patch may be made over, None where ``cells`` are so few that none is made."""
    return None if cells < SMALL else newest.chain[-1]


def patch(base: Cells, now: Cells, most: int) -> Cells | None:
    """Return the patch that makes ``now`` of ``base``, None where it would have more than ``most`` cells."""
    old, new = _keys(base), _keys(now)
    if np.array_equal(old, new):
        changed = _differs([getattr(base, name) for name in _MEASURES], [getattr(now, name) for name in _MEASURES])
        return now.take(changed) if np.count_nonzero(changed) <= most else None
    at, known = _found(old, new)
    was, there = at[known], np.flatnonzero(known)
    changed = ~known
    changed[there] = _differs(
        (getattr(base, name).take(was) for name in _MEASURES), (getattr(now, name).take(there) for name in _MEASURES)
    )
    vanished = np.ones(len(base), np.bool_)
    vanished[was] = False
    if np.count_nonzero(changed) + np.count_nonzero(vanished) > most:
        return None
    return _sorted(now.take(changed), _zeros(base.take(vanished)))


def paying(cells: int) -> int:
    """Return how many cells a patch may have that is worth its reading, for a block of so many."""
    return int(cells * SHARE)


def patched(base: Cells, over: Cells) -> Cells:
    """Return what a patch makes of its base; nonsense gives nonsense, which the digest of the whole shows."""
    old, new = _keys(base), _keys(over)
    at = np.searchsorted(old, new)  # a search, for what is new needs its place too
    known = old.take(at, mode="clip") == new if len(old) else np.zeros(len(new), np.bool_)
    is_gone = _empty(over)
    changed, gone, come = known & ~is_gone, at[known & is_gone], ~known & ~is_gone
    columns = {}
    for field in fields(Cells):
        values, others = getattr(base, field.name), getattr(over, field.name)
        if field.name in _MEASURES:
            values = values.copy()
            values[at[changed]] = others[changed]
        if come.any():
            values = np.insert(values, at[come], others[come])
        if len(gone):
            values = np.delete(values, gone + np.searchsorted(at[come], gone, side="right"))
        columns[field.name] = values
    return Cells(**columns)


def _keys(cells: Cells) -> Keys:
    """Return numbers by which cells stand in order, without gaps between the categories of two places."""
    return cells.place.astype(np.uint32) * np.uint32(len(CATEGORIES)) + cells.category


def _found(old: Keys, new: Keys) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return where each new key stands among the old ones, and whether it does; both rise.

    The keys themselves are the places in a table: half of a search takes a tenth of the time of searching. What nobody
    wrote there is nonsense, and is not believed.
    """
    if not len(old) or not len(new):
        return np.zeros(len(new), np.intp), np.zeros(len(new), np.bool_)
    table = np.empty(int(max(old[-1], new[-1])) + 1, np.intp)
    table[old] = np.arange(len(old))
    at = table.take(new).clip(0, len(old) - 1)
    return at, old.take(at) == new


def _differs(some: Iterable[Measure], others: Iterable[Measure]) -> npt.NDArray[np.bool_]:
    """Tell which cells have some measure that is another one: of each, the measures in their order."""
    return np.asarray(np.logical_or.reduce([one != other for one, other in zip(some, others, strict=True)]))


def _empty(cells: Cells) -> npt.NDArray[np.bool_]:
    mask = np.ones(len(cells), np.bool_)
    for name in _MEASURES:
        mask &= getattr(cells, name) == 0
    return mask


def _zeros(cells: Cells) -> Cells:
    nothing = np.zeros(len(cells), np.int64)
    return Cells(cells.place, cells.category, nothing.astype(np.int32), nothing, nothing, nothing)


def _sorted(one: Cells, other: Cells) -> Cells:
    """Return the cells of both, by place and category."""
    both = one.and_those_of(other)
    return both.at(np.argsort(_keys(both), kind="stable")) if len(other) else one
