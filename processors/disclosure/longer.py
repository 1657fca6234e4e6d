"""What a quarter, a year or a rolling year shows: totals of areas whose hidden persons may be anybody (F3).

A month is at most what holds it. Where a month may be another table (``witnesses``), persons come to municipalities in
it, and they must come there in each longer period too. That is no question of search: let the same persons come there,
and as many others go elsewhere. Then every count of the longer period is at least what it has to be, and all that is
shown of it stays, if

- it shows totals alone, so that classes are free;
- who goes is counted in the same shown totals as who comes: in a municipality that shows nothing, of the same smallest
  shown area, in the same *pool* of leaves;
- enough can go, from all pools of all areas at once: as many as ever come, without a count below that of a month or
  quarter within the period, or a part above its whole. They are ``enough`` from all together, so what can spare that
  many is never in the way.

A small count of the period itself is proved by the same: the threshold comes there, as many go elsewhere.

A pool is one leaf. Where too few of it could go in a region, it is one with the pool that costs least to join: the
supports that tell the two apart show nothing. For each pool an area is open where the one that holds it is, and enough
could go from what is not open within it. A support shows the areas that are open for all its pools. Whatever is hidden
besides does no harm: by the months, by the release before, because it is small itself.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from processors.compiled import Whole, loop
from processors.disclosure.moves import CHANGES, MOST_LIFTED, Work, forget_move, gather_move, made, undo, work_for
from processors.disclosure.shape import NONE, Lists, Shape
from processors.disclosure.sheets import FREE, Sheet, sheet_of
from processors.disclosure.witnesses import take_person
from schemas.arrays import Int8, Int32, Int64, Mask
from schemas.rungs import HIDDEN, TOTAL

Pool = tuple[int, ...]
"""Leaves of supports, ascending."""


def rungs_of_longer(counts: Int32, floor: Int32, most: Int8, shape: Shape, threshold: int) -> Int8:
    """Return the rungs of a period by what its months and quarters have.

    ``floor`` is the largest count of those, ``most`` the rung that each unit may have at most; units without anybody
    keep theirs.
    """
    somebody = counts[:, 0] > 0
    rungs = np.where(somebody, np.minimum(most, TOTAL), most).astype(np.int8)
    nothing = np.full(len(counts), HIDDEN, np.int8)
    sheet, enough = sheet_of(counts, nothing, shape, floor), MOST_LIFTED * threshold
    ample = sheet._replace(
        spare=np.where(sheet.spare >= enough, FREE, sheet.spare).astype(np.int32),
        slack=np.where(sheet.slack >= enough, FREE, sheet.slack).astype(np.int32),
    )
    for top in np.flatnonzero(shape.nodes.above == NONE).tolist():
        _Union(ample, shape, enough, top, work_for(ample, FREE), work_for(ample, FREE)).hide(rungs)
    _close_areas(rungs.reshape(-1, len(shape.places.above)), somebody, shape)
    return rungs


def _close_areas(by_node: Int8, somebody: Mask, shape: Shape) -> None:
    """Let no place show more than what holds it, in place; a line of rungs a support."""
    has = somebody.reshape(by_node.shape)
    for place in _parents_first(shape):
        for below in _items(shape.places.below, place):
            closes = has[:, below] & has[:, place]
            by_node[closes, below] = np.minimum(by_node[closes, below], by_node[closes, place])


def _parents_first(shape: Shape) -> list[int]:
    numbers = np.flatnonzero(shape.places.above == NONE).tolist()
    for number in numbers:
        numbers.extend(_items(shape.places.below, number))
    return numbers


class _Union(NamedTuple):
    """A union of supports in a longer period: which of its persons could go elsewhere.

    Those who go from all open areas at once are in ``gone``; ``trial`` is for what could go if nobody else went.
    """

    sheet: Sheet
    shape: Shape
    enough: int
    top: int
    gone: Work
    trial: Work

    def hide(self, rungs: Int8) -> None:
        """Hide, in place, what tells who came."""
        wide = len(self.shape.places.above)
        root = int(np.flatnonzero(self.shape.places.above == NONE)[0])
        areas = {pool: self._opened(root, pool) for pool in self._pools(root)}
        for node in self._nodes():
            units = slice(node * wide, (node + 1) * wide)
            mine, shows = self._leaves(node), np.ones(wide, np.bool_)
            for pool, opened in areas.items():
                if {*pool} & mine:
                    shows &= self._open(pool, opened) & ({*pool} <= mine)
            rungs[units][(self.sheet.counts[units, 0] > 0) & ~shows] = HIDDEN

    def _open(self, pool: Pool, areas: Sequence[int]) -> Mask:
        """Return which places are open for a pool; one without anybody of it is."""
        wide = len(self.shape.places.above)
        units = np.array(pool)[:, None] * wide + np.arange(wide)
        opens = (self.sheet.counts[units, 0] == 0).all(axis=0)
        opens[areas] = True
        return opens

    def _pools(self, root: int) -> list[Pool]:
        """Return the leaves in pools of which enough could go from the root and from each area right below it."""
        pools = [(leaf,) for leaf in sorted(self._leaves(self.top))]
        areas = [root, *(place for place in _items(self.shape.places.below, root) if self._is_area(place))]
        while len(pools) > 1:
            short = next(
                (pool for pool in pools if not all(self._alone(pool, self._towns(one)) for one in areas)), None
            )
            if short is None:
                break
            others = [pool for pool in pools if pool != short]
            other = min(others, key=lambda pool: self._cost(short, pool, root))
            pools = sorted([*(pool for pool in others if pool != other), tuple(sorted((*short, *other)))])
        return pools

    def _cost(self, one: Pool, other: Pool, root: int) -> int:
        """Return how many persons' supports tell two pools apart."""
        both, wide = {*one, *other}, len(self.shape.places.above)
        apart = [node for node in self._nodes() if 0 < len(both & self._leaves(node)) < len(both)]
        return int(self.sheet.counts[[node * wide + root for node in apart], 0].sum())

    def _opened(self, place: int, pool: Pool) -> list[int]:
        """Return the areas that are open for a pool within one of which enough could go, and that one last.

        None is open where others took too many already.
        """
        below = [one for one in _items(self.shape.places.below, place) if self._somebody(pool, self._towns(one))]
        may = [one for one in below if self._alone(pool, self._towns(one))]
        may.sort(key=lambda one: -self._persons(one))
        while may and not self._alone(pool, self._rest(place, may)):
            may.pop()
        within = [self._opened(one, pool) for one in may]
        for opened in ([areas for areas in within if areas], []):
            if self._go(self.gone, pool, self._rest(place, [areas[-1] for areas in opened])):
                return [*chain.from_iterable(opened), place]
        return []

    def _rest(self, place: int, opened: Sequence[int]) -> Int32:
        """Return the municipalities of an area that are in no open one."""
        towns = self._towns(place)
        return towns[~np.isin(towns, np.concatenate([np.zeros(0, np.int32), *map(self._towns, opened)]))]

    def _alone(self, pool: Pool, towns: Int32) -> bool:
        """Tell whether enough of a pool could go from some municipalities, if nobody went from elsewhere."""
        goes = self._go(self.trial, pool, towns)
        undo(self.trial, (0, 0))
        return goes

    def _go(self, work: Work, pool: Pool, towns: Int32) -> bool:
        """Let enough persons of a pool go, where there is anybody; tell whether they could."""
        work.sizes[CHANGES] = 0
        if not self._somebody(pool, towns):
            return True
        return go(self.sheet, work, self.shape, np.array(pool), towns, self.enough) >= self.enough

    def _somebody(self, pool: Pool, towns: Int32) -> bool:
        wide = len(self.shape.places.above)
        return any((self.sheet.counts[leaf * wide + towns, 0] > 0).any() for leaf in pool)

    def _persons(self, place: int) -> int:
        return int(self.sheet.counts[self.top * len(self.shape.places.above) + place, 0])

    def _nodes(self) -> list[int]:
        """Return the supports of the union."""
        mine = self._leaves(self.top)
        return [node for node in range(len(self.shape.nodes.above)) if self._leaves(node) <= mine]

    def _leaves(self, node: int) -> set[int]:
        return {*_items(self.shape.nodes.leaves, node)}

    def _towns(self, place: int) -> Int32:
        """Return the municipalities of an area, those with most persons first."""
        return self.sheet.towns[self.shape.places.leaves.first[place] : self.shape.places.leaves.first[place + 1]]

    def _is_area(self, place: int) -> bool:
        return bool(_items(self.shape.places.below, place))


def _items(lists: Lists, number: int) -> list[int]:
    return lists.items[lists.first[number] : lists.first[number + 1]].tolist()


@loop
def go(sheet: Sheet, work: Work, shape: Shape, pool: Int64, towns: Int32, enough: Whole) -> int:
    """Let persons of some leaves go from some municipalities; return how many did, up to ``enough``."""
    wide = len(shape.places.above)
    nobody = np.int64(NONE)
    done = 0
    for town in towns:
        for leaf in pool:
            unit = leaf * wide + np.int64(town)
            step: Whole = sheet.counts[unit, 0]
            while step > 0 and done < enough:
                gather_move(work, shape, (nobody, nobody), (unit, nobody))
                step = 0
                if take_person(sheet, work, shape, leaf, np.int64(0), (unit, nobody)):
                    step = made(sheet, work, shape, enough - done)
                forget_move(work)
                done += step
    return done
