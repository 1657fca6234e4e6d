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
100. Chains of up to four patches, each over the one before, would hold 54, of any length 39. A reader takes 2.1 ms
for a block with its patch and 0.4 ms for one that is whole, with chains of four 3.0 ms; what takes long is not to
merge, but the memory for it, which comes page by page.
"""

from dataclasses import fields

import numpy as np
import numpy.typing as npt

from schemas.figures import Cells
from schemas.releases import BlockRef

LONGEST = 4
"""Most patches over one block that a store may hold: stores of before have patches over patches."""
SHARE = 0.4
"""Most cells of a patch, as a share of the cells of the whole block."""
SMALL = 2048
"""A block with fewer cells is stored whole."""

_SHIFT = 16
_MEASURES = tuple(field.name for field in fields(Cells))[2:]
Keys = npt.NDArray[np.uint32]


def base_of(newest: BlockRef, cells: int) -> BlockRef | None:
    """Return the stored block that a patch may be made over, None where ``cells`` are so few that none is made."""
    return None if cells < SMALL else newest.chain[-1]


def pays(over: Cells, cells: int) -> bool:
    """Tell whether a patch is worth its reading for a block of so many cells; an empty one cannot be stored."""
    return 0 < len(over) <= int(cells * SHARE)


def patch(base: Cells, now: Cells) -> Cells:
    """Return the patch that makes ``now`` of ``base``."""
    old, new = _keys(base), _keys(now)
    if len(old) == len(new) and (old == new).all():
        return now.take(_differs(base, now))
    at = np.minimum(np.searchsorted(old, new), max(len(old) - 1, 0))
    known = old[at] == new if len(old) else np.zeros(len(new), np.bool_)
    changed = ~known
    changed[known] = _differs(base.at(at[known]), now.take(known))
    vanished = np.ones(len(old), np.bool_)
    vanished[at[known]] = False
    return _sorted(now.take(changed), _zeros(base.take(vanished)))


def patched(base: Cells, over: Cells) -> Cells:
    """Return what a patch makes of its base; nonsense gives nonsense, which the digest of the whole shows."""
    keys = np.concatenate([_keys(base), _keys(over)])
    order = np.argsort(keys, kind="stable")  # two sorted runs, so it merges them; of equal keys the patch is the last
    ordered = keys[order]
    last = np.ones(len(order), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=last[:-1])
    vanished = np.concatenate([np.zeros(len(base), np.bool_), _empty(over)])
    return base.and_those_of(over).at(order[last & ~vanished[order]])


def _keys(cells: Cells) -> Keys:
    return (cells.place.astype(np.uint32) << np.uint32(_SHIFT)) | cells.category.astype(np.uint32)


def _differs(one: Cells, other: Cells) -> npt.NDArray[np.bool_]:
    """Tell which cells of two blocks of the same places and categories have another measure."""
    mask = np.zeros(len(one), np.bool_)
    for name in _MEASURES:
        mask |= getattr(one, name) != getattr(other, name)
    return mask


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
