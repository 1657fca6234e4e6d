"""Patches: what a block changed of the block before it, as cells; so a release costs what it changes.

A patch over a base holds the changed and the new cells as they are now, and a cell of zeros for each that vanished: no
cell of a block is all zero, so nothing can be mistaken for it. Base and patch are sorted by place and category, as
every block is. What comes out is verified by whoever reads it, against the digest of the whole block.

Worked example: base A=5 B=7 C=2, now A=5 B=8 D=1. The patch is B=8 C=0 D=1; over the base it gives A=5 B=8 D=1.

*When a block becomes a patch.* A patch must be worth its reading: the cells of all patches of a chain are held under
``SHARE`` of the block's own, so a chain reads less than twice as many cells as the block alone; ``LONGEST`` bounds the
files that a reader opens. A chain that is full begins again: one patch over the block that is stored whole takes the
place of all before it. Where that patch would leave the next ones no room, the block is stored whole. Small blocks are
stored whole: comparing costs more than writing them.

*How much.* In 24 national updates a block of a recent period changes by half each time, and one that is two years old
by less than a tenth. A third of all cells that are counted again changed; whole blocks and patches together hold half.
Chains of any length would hold two fifths, and a reader would open nine row groups for a block instead of two.
"""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import numpy.typing as npt

from schemas.figures import Cells
from schemas.releases import BlockRef

LONGEST = 4
"""Most patches over one base."""
SHARE = 0.6
"""Most cells of all patches of a chain, as a share of the cells of the whole block."""
AFRESH = 0.4
"""Most cells of a patch that takes the place of a full chain's, as a share of the cells of the whole block."""
SMALL = 2048
"""A block with fewer cells is stored whole."""

_SHIFT = 16
_MEASURES = tuple(field.name for field in fields(Cells))[2:]
Keys = npt.NDArray[np.uint32]


def bases(newest: BlockRef, cells: int) -> Iterator[tuple[BlockRef, int]]:
    """Yield the stored blocks that a patch may be made over, the newest first, and how many cells it may have.

    ``cells`` is the number of cells of the block that is to be stored; what is to be stored whole has no base.
    """
    if cells < SMALL:
        return
    *patches, whole = newest.chain
    room = int(cells * SHARE) - sum(patch.stored for patch in patches)
    if room > 0 and len(patches) < LONGEST:
        yield newest, room
    if patches:
        yield whole, int(cells * AFRESH)


def patch(base: Cells, now: Cells) -> Cells:
    """Return the patch that makes ``now`` of ``base``."""
    old, new = _keys(base), _keys(now)
    if len(old) == len(new) and (old == new).all():
        return now.take(_differs(base, now))
    at = np.minimum(np.searchsorted(old, new), max(len(old) - 1, 0))
    known = old[at] == new if len(old) else np.zeros(len(new), np.bool_)
    changed = ~known
    changed[known] = _differs(_at(base, at[known]), now.take(known))
    vanished = np.ones(len(old), np.bool_)
    vanished[at[known]] = False
    return _sorted(now.take(changed), _zeros(base.take(vanished)))


def patched(base: Cells, over: Cells) -> Cells:
    """Return what a patch makes of its base; nonsense gives nonsense, which the digest of the whole shows."""
    old, new = _keys(base), _keys(over)
    at = np.searchsorted(old, new)
    known = np.zeros(len(new), np.bool_)
    inside = at < len(old)
    known[inside] = old[at[inside]] == new[inside]
    columns = {name: getattr(base, name).copy() for name in _MEASURES}
    for name, column in columns.items():
        column[at[known]] = getattr(over, name)[known]
    updated = Cells(base.place, base.category, *columns.values())
    gone = at[known][_empty(over)[known]]
    kept = np.ones(len(old), np.bool_)
    kept[gone] = False
    left = updated if kept.all() else updated.take(kept)
    return left if known.all() else _sorted(left, over.take(~known))


def _keys(cells: Cells) -> Keys:
    return (cells.place.astype(np.uint32) << np.uint32(_SHIFT)) | cells.category.astype(np.uint32)


def _at(cells: Cells, places: npt.NDArray[np.intp]) -> Cells:
    return Cells(*(getattr(cells, field.name)[places] for field in fields(Cells)))


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
    if not len(other):
        return one
    order = np.argsort(np.concatenate([_keys(one), _keys(other)]), kind="stable")
    both = (np.concatenate([getattr(one, field.name), getattr(other, field.name)]) for field in fields(Cells))
    return Cells(*(column[order] for column in both))
