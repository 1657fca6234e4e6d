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

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from processors.disclosure.leaving import Left, nobody_left
from processors.disclosure.opening import Lefts, Opening, could_leave, open_areas
from processors.disclosure.shape import NONE, Lists, Shape
from processors.disclosure.sheets import Sheet, sheet_of
from schemas.arrays import Int8, Int32, Int64, Mask
from schemas.rungs import FULL, HIDDEN, TOTAL, WIDE

Pool = tuple[int, ...]
"""Leaves of supports, ascending."""


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
    places = _parents_first(shape)
    union = _Union(
        sheet,
        _near(near, shape),
        shape,
        np.array(places, np.int64),
        2 * threshold,
        nobody_left(sheet),
        nobody_left(sheet),
    )
    for top in np.flatnonzero(shape.nodes.above == NONE).tolist():
        union.lower(top, rungs)
    _close_areas(rungs, somebody, shape, places)
    return rungs


def _near(counts: Mask, shape: Shape) -> Mask:
    """Return which counts are near: some, a wide class where one within it is, and a total where any is."""
    near = counts.copy()
    for column in np.flatnonzero(shape.wide != NONE).tolist():
        near[:, shape.wide[column]] |= near[:, column]
    near[:, 0] = near.any(axis=1)
    return near


def _close_areas(rungs: Int8, somebody: Mask, shape: Shape, places: Sequence[int]) -> None:
    """Let no place show more than what holds it, in place; ``places`` are all, wider ones first."""
    by_node, has = (one.reshape(-1, len(shape.places.above)) for one in (rungs, somebody))
    for place in places:
        for below in _items(shape.places.below, place):
            closes = has[:, below] & has[:, place]
            by_node[closes, below] = np.minimum(by_node[closes, below], by_node[closes, place])


def _parents_first(shape: Shape) -> list[int]:
    """Return all places, wider ones first."""
    places = [_root(shape)]
    for place in places:
        places.extend(_items(shape.places.below, place))
    return places


class _Union(NamedTuple):
    """The unions of supports in one period: which of their persons could leave.

    ``near`` are the counts that a small one may be, or that somebody may come to. ``places`` are all, wider ones first.
    ``enough`` must be able to leave. Who leaves from all open areas at once is in ``gone``; ``trial`` is for who could
    leave if nobody else did.
    """

    sheet: Sheet
    near: Mask
    shape: Shape
    places: Int64
    enough: int
    gone: Left
    trial: Left

    def lower(self, top: int, rungs: Int8) -> None:
        """Lower the rungs of the units of one union, in place, to what may be printed."""
        wide = len(self.shape.places.above)
        nodes = [node for node in range(len(self.shape.nodes.above)) if self._leaves(node) <= self._leaves(top)]
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
        highest: dict[Pool, Int8] = {}
        for pool in sorted(pools, key=lambda pool: int(self._persons(pool)[_root(self.shape)])):
            may = np.where(self._persons(pool) == 0, FULL, HIDDEN).astype(np.int8)
            may[self._opened(pool, may == HIDDEN, TOTAL)] = TOTAL
            highest[pool] = may
        for pool, may in highest.items():
            wanted = self._wanted(pool, most)
            for rung in (WIDE, FULL):
                may[self._opened(pool, np.logical_and(may == rung - 1, wanted >= rung), rung)] = rung
            self._level(may)
        return highest

    def _level(self, may: Int8) -> None:
        """Let an area show wide classes alone, in place, where one within it does.

        Who comes back as another narrow class in the one must not change the wide classes of the other.
        """
        for place in self.places[::-1]:
            over = self.shape.places.above[place]
            if over != NONE and may[place] == WIDE:
                may[over] = min(may[over], WIDE)

    def _opened(self, pool: Pool, may: Mask, rung: int) -> Mask:
        """Return which places are open at a rung, of those that may be."""
        opens = np.zeros(len(may), np.bool_)
        shows_classes = rung > TOTAL
        lefts = Lefts(self.gone, self.gone if shows_classes else self.trial, not shows_classes)
        open_areas(self.sheet, lefts, self.shape, self._opening(pool, may, rung), opens)
        return opens

    def _opening(self, pool: Pool, may: Mask, rung: int) -> Opening:
        columns = (
            np.flatnonzero((self.shape.rung > TOTAL) & (self.shape.rung <= rung)) if rung > TOTAL else np.array([0])
        )
        wide = len(may)
        room = np.zeros(wide, np.int64)
        return Opening(np.array(pool), columns, self.near, may, self.places, self._persons(pool), room, self.enough)

    def _persons(self, pool: Pool) -> Int64:
        """Return how many persons of a pool each place has, of several leaves each time."""
        wide = len(self.shape.places.above)
        persons: Int64 = self.sheet.counts[:, 0].reshape(-1, wide)[[*pool]].sum(axis=0, dtype=np.int64)
        return persons

    def _wanted(self, pool: Pool, most: Int8) -> Int8:
        """Return for each place the highest rung that a support with a pool may have there."""
        by_node = most.reshape(-1, len(self.shape.places.above))
        wanted: Int8 = by_node[[node for node in range(len(by_node)) if {*pool} <= self._leaves(node)]].max(axis=0)
        return wanted

    def _pools(self, nodes: Sequence[int]) -> list[Pool]:
        """Return the leaves in pools of which enough could leave the kingdom and each area right below it."""
        pools: list[Pool] = [(leaf,) for leaf in sorted(self._leaves(nodes[0]))]
        while len(pools) > 1:
            short = [pool for pool in pools if not self._suffices(pool)]
            if not short:
                break
            others = [pool for pool in pools if pool != short[0]]
            costs = [self._cost({*short[0], *pool}, nodes) for pool in others]
            other = others[costs.index(min(costs))]
            pools = sorted([*(pool for pool in others if pool != other), tuple(sorted((*short[0], *other)))])
        return pools

    def _suffices(self, pool: Pool) -> bool:
        """Tell whether enough of a pool could leave the kingdom, and each area right below it."""
        root = _root(self.shape)
        areas = [root, *(one for one in _items(self.shape.places.below, root) if _items(self.shape.places.below, one))]
        opening = self._opening(pool, np.ones(len(self.shape.places.above), np.bool_), TOTAL)
        return all(could_leave(self.sheet, self.trial, self.shape, opening, one) for one in areas)

    def _cost(self, pool: set[int], nodes: Sequence[int]) -> int:
        """Return how many persons the supports have that tell the leaves of a pool apart."""
        apart = [node for node in nodes if 0 < len(pool & self._leaves(node)) < len(pool)]
        units = np.array(apart, np.int64) * len(self.shape.places.above) + _root(self.shape)
        return int(self.sheet.counts[units, 0].sum())

    def _leaves(self, node: int) -> set[int]:
        return {*_items(self.shape.nodes.leaves, node)}


def _root(shape: Shape) -> int:
    """Return the place that holds all others."""
    return int(np.flatnonzero(shape.places.above == NONE)[0])


def _items(lists: Lists, number: int) -> list[int]:
    items: list[int] = lists.items[lists.first[number] : lists.first[number + 1]].tolist()
    return items
