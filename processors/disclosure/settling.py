"""The rungs of one period: what the public may see of each support and place, so that no small count is told (F3).

The attacker knows every printed figure, the threshold t, which figures are hidden, and by how much the parts of each
unique count exceed it. A count from 1 to t - 1 may not be told: it must be t wide over all tables that fit.

*The proof.* Let t persons come to where the count is, of its class, and as many leave elsewhere. All that is printed
stays, if who leaves stands in the same printed figures as who comes. So no more is printed than leaves enough persons
to leave:

- A *pool* is one leaf of a union of supports. Where too few persons could leave a pool in the kingdom or a region, it
  is joined with the pool that costs least: the supports that tell the two apart print nothing.
- An area is *open* for a pool where the one that holds it is, and 2t persons could leave the pool in the municipalities
  of it that are in no open area within: those are told apart by nothing. A support prints the totals of the areas that
  are open for all its pools.
- An area shows classes too where 2t persons of each class that is small anywhere could leave the pool besides: who
  leaves may be of another class than who comes, so one of that class leaves and comes back as what the other was.

2t: t - 1 of those who leave may stand in the count itself. All that leave from anywhere leave together (``gone``).
Where no count is small nobody needs to come.

*Longer periods.* A month is at most what holds it. So who comes somewhere in a month must come there in a quarter, year
and rolling year too: t persons, and t who come back as something else. A longer period prints totals alone, so classes
are free, and 2t can leave it elsewhere, with no count of it below that of a month or a quarter within. Nothing of a
month depends on the figures of a longer period, nor the other way round.

Whatever is hidden besides does no harm: by the months, by the release before, because it is small itself. So what may
be printed at most is given, and the rest of it follows by arithmetic.

Worked example, t = 5: an area of 40 has municipalities of 3, 17, 20. The 3 is hidden; two of it could leave, which are
no 10. The smallest beside it falls too: of 3 and 17 together 18 could. Five may come to the 3, and five leave the 17.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np

from processors.disclosure.leaving import Left, come_back, keep, leave, nobody_left
from processors.disclosure.shape import NONE, Lists, Shape
from processors.disclosure.sheets import Sheet, sheet_of
from schemas.arrays import Int8, Int32, Int64, Mask
from schemas.rungs import FULL, HIDDEN, TOTAL, WIDE

Pool = tuple[int, ...]
"""Leaves of supports, ascending."""


class _Pooled(NamedTuple):
    """What a pool has by place: how many it could spare at most, and whether one of its counts is near.

    A count is near that a small one may be, or that somebody may come to.
    """

    spare: Int64
    near: Mask


def own_rungs(counts: Int32, rung_of_column: Int8, threshold: int) -> Int8:
    """Return the rung of each unit by its own counts alone: all that is shown is 0 or at least the threshold."""
    small = (counts > 0) & (counts < threshold)
    rungs = np.full(len(counts), FULL, np.int8)
    for rung in (FULL, WIDE, TOTAL):
        rungs[small[:, rung_of_column == rung].any(axis=1)] = rung - 1
    return rungs


def settled(counts: Int32, most: Int8, shape: Shape, threshold: int, floor: Int32 | None = None) -> Int8:
    """Return the rungs of a period, of which ``most`` is what each unit may have; see the head of this file.

    ``floor`` is the largest count of the periods within this one, None for a month. Units without anybody keep theirs.
    """
    least = np.zeros_like(counts) if floor is None else floor
    sheet = sheet_of(counts, least, shape, 4 * threshold)
    somebody = sheet.counts[:, 0] > 0
    rungs, near = most.copy(), (counts > 0) & (counts < threshold)
    if floor is not None:
        near = sheet.counts > 0
        rungs[somebody] = np.minimum(most, TOTAL)[somebody]
    for top in np.flatnonzero(shape.nodes.above == NONE).tolist():
        _Union(sheet, near, shape, threshold, top, nobody_left(sheet), nobody_left(sheet), {}).lower(rungs)
    _close_areas(rungs, somebody, shape)
    return rungs


def _close_areas(rungs: Int8, somebody: Mask, shape: Shape) -> None:
    """Let no place show more than what holds it, in place."""
    by_node, has = (one.reshape(-1, len(shape.places.above)) for one in (rungs, somebody))
    places = [_root(shape)]
    for place in places:
        for below in _items(shape.places.below, place):
            closes = has[:, below] & has[:, place]
            by_node[closes, below] = np.minimum(by_node[closes, below], by_node[closes, place])
            places.append(below)


class _Opening(NamedTuple):
    """What an area needs to be open for a pool or for its classes.

    ``may``: places that may be open at all; ``alone``: whether enough could leave some municipalities if nobody left
    elsewhere; ``together``: whether they could besides all others, who then have left.
    """

    may: Mask
    alone: Callable[[Int64], bool]
    together: Callable[[Int64], bool]


class _Union(NamedTuple):
    """A union of supports in one period: which of its persons could leave.

    ``near`` are the counts that a small one may be, or that somebody may come to. Who leaves from all open areas at
    once is in ``gone``; ``trial`` is for who could leave if nobody else did. ``pooled`` is known of the pools so far.
    """

    sheet: Sheet
    near: Mask
    shape: Shape
    threshold: int
    top: int
    gone: Left
    trial: Left
    pooled: dict[Pool, _Pooled]

    def lower(self, rungs: Int8) -> None:
        """Lower the rungs of the union's units, in place, to what may be printed."""
        wide = len(self.shape.places.above)
        nodes = [node for node in range(len(self.shape.nodes.above)) if self._leaves(node) <= self._leaves(self.top)]
        highest = self._highest(self._pools(nodes), rungs)
        for node in nodes:
            mine, may = self._leaves(node), np.full(wide, FULL, np.int8)
            for pool, theirs in highest.items():
                if {*pool} <= mine:
                    may = np.minimum(may, theirs)
                elif {*pool} & mine:
                    may[:] = HIDDEN
            units = slice(node * wide, (node + 1) * wide)
            somebody = self.sheet.counts[units, 0] > 0
            rungs[units][somebody] = np.minimum(rungs[units], may)[somebody]

    def _highest(self, pools: Sequence[Pool], most: Int8) -> dict[Pool, Int8]:
        """Return for each pool the rung that a place may have: all, where there is nobody of it."""
        wide, root = len(self.shape.places.above), _root(self.shape)
        highest: dict[Pool, Int8] = {}
        for pool in sorted(
            pools, key=lambda pool: int(self.sheet.counts[self._units(pool, self._towns(root)), 0].sum())
        ):
            nobody: Mask = (self.sheet.counts[self._units(pool, np.arange(wide)), 0] == 0).all(axis=0)
            highest[pool] = np.where(nobody, FULL, HIDDEN).astype(np.int8)
            opening = _Opening(~nobody, partial(self._leave, self.trial, pool), partial(self._leave, self.gone, pool))
            highest[pool][self._opened_from(root, opening)] = TOTAL
        for pool, may in highest.items():
            wanted = self._wanted(pool, most)
            for rung in (WIDE, FULL):
                goes = partial(self._classes_leave, pool, rung)
                opening = _Opening(np.logical_and(may == rung - 1, wanted >= rung), goes, goes)
                may[self._opened_from(root, opening)] = rung
        return highest

    def _wanted(self, pool: Pool, most: Int8) -> Int8:
        """Return for each place the highest rung that a support with a pool may have there."""
        by_node = most.reshape(-1, len(self.shape.places.above))
        wanted: Int8 = by_node[[node for node in range(len(by_node)) if {*pool} <= self._leaves(node)]].max(axis=0)
        return wanted

    def _pools(self, nodes: Sequence[int]) -> list[Pool]:
        """Return the leaves in pools of which enough could leave the kingdom and each area right below it."""
        root = _root(self.shape)
        areas = [root, *(one for one in _items(self.shape.places.below, root) if _items(self.shape.places.below, one))]
        pools: list[Pool] = [(leaf,) for leaf in sorted(self._leaves(self.top))]
        while len(pools) > 1:
            short = [
                pool for pool in pools if not all(self._leave(self.trial, pool, self._towns(one)) for one in areas)
            ]
            if not short:
                break
            others = [pool for pool in pools if pool != short[0]]
            costs = [self._cost({*short[0], *pool}, nodes) for pool in others]
            other = others[costs.index(min(costs))]
            pools = sorted([*(pool for pool in others if pool != other), tuple(sorted((*short[0], *other)))])
        return pools

    def _cost(self, pool: set[int], nodes: Sequence[int]) -> int:
        """Return how many persons the supports have that tell the leaves of a pool apart."""
        apart = [node for node in nodes if 0 < len(pool & self._leaves(node)) < len(pool)]
        units = np.array(apart, np.int64) * len(self.shape.places.above) + _root(self.shape)
        return int(self.sheet.counts[units, 0].sum())

    def _opened_from(self, root: int, opening: _Opening) -> list[int]:
        """Return all open areas."""
        return self._opened(root, opening) if opening.may[root] and opening.alone(self._towns(root)) else []

    def _opened(self, place: int, opening: _Opening) -> list[int]:
        """Return the open areas within a place of which alone enough could leave, and itself last.

        None is open where too many left already.
        """
        below = [one for one in _items(self.shape.places.below, place) if opening.may[one]]
        may = [one for one in below if opening.alone(self._towns(one))]
        may.sort(key=lambda one: -int(self.sheet.counts[self.top * len(self.shape.places.above) + one, 0]))
        while may and not opening.alone(self._rest(place, may)):
            may.pop()
        within = [areas for areas in (self._opened(one, opening) for one in may) if areas]
        for areas in (within, []):
            if opening.together(self._rest(place, [one[-1] for one in areas])):
                return [*chain.from_iterable(areas), place]
        return []

    def _rest(self, place: int, opened: Sequence[int]) -> Int64:
        """Return the municipalities of a place that are in none of some areas right below it."""
        below = _items(self.shape.places.below, place)
        if not below or not opened:
            return self._towns(place)
        return np.concatenate([self._towns(place)[:0], *(self._towns(one) for one in below if one not in opened)])

    def _leave(self, left: Left, pool: Pool, towns: Int64) -> bool:
        """Let twice the threshold leave a pool in some municipalities, if they need to; tell whether they could.

        Who leaves in a trial comes back.
        """
        pooled, enough = self._pooled(pool), 2 * self.threshold
        if not pooled.near[towns].any():
            return True
        if pooled.spare[towns].sum() < enough:
            return False
        done = leave(self.sheet, left, self.shape, (np.array(pool), towns, 0), enough)
        if left is self.trial:
            come_back(left)
        else:
            keep(left)
        return bool(done >= enough)

    def _pooled(self, pool: Pool) -> _Pooled:
        """Return what a pool has by place."""
        if pool not in self.pooled:
            units = self._units(pool, np.arange(len(self.shape.places.above)))
            spare = np.minimum(self.sheet.spare[units, 0], self.sheet.counts[units, 0]).sum(axis=0)
            self.pooled[pool] = _Pooled(spare, np.asarray(self.near[units].any(axis=(0, 2))))
        return self.pooled[pool]

    def _classes_leave(self, pool: Pool, rung: int, towns: Int64) -> bool:
        """Tell whether twice the threshold of each small class that a rung shows could leave besides all who left."""
        near = np.asarray(self.near[self._units(pool, towns)].any(axis=(0, 1)))
        near[self.shape.wide[near & (self.shape.wide != NONE)]] = True
        for column in np.flatnonzero(near & (self.shape.rung > TOTAL) & (self.shape.rung <= rung)).tolist():
            who = (np.array(pool), towns, column)
            done = leave(self.sheet, self.gone, self.shape, who, 2 * self.threshold)
            come_back(self.gone)
            if done < 2 * self.threshold:
                return False
        return True

    def _units(self, pool: Pool, places: Int64) -> Int64:
        """Return the units of a pool in some places, a line for each leaf."""
        return np.array(pool, np.int64)[:, None] * len(self.shape.places.above) + places

    def _leaves(self, node: int) -> set[int]:
        return {*_items(self.shape.nodes.leaves, node)}

    def _towns(self, place: int) -> Int64:
        """Return the municipalities of a place, those with most persons first."""
        return self.sheet.towns[self.shape.places.leaves.first[place] : self.shape.places.leaves.first[place + 1]]


def _root(shape: Shape) -> int:
    """Return the place that holds all others."""
    return int(np.flatnonzero(shape.places.above == NONE)[0])


def _items(lists: Lists, number: int) -> list[int]:
    items: list[int] = lists.items[lists.first[number] : lists.first[number + 1]].tolist()
    return items
