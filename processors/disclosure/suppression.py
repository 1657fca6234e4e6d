"""From what is published to what the public zone shows of it, under a threshold (F3).

A release is suppressed whole, period by period, what is shorter before what holds it. A rung is a fold over
releases: it starts from the release before and never rises. Only periods in which something was published anew are
settled again, and those that hold a month of them.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import numpy as np

from processors.disclosure import crosses
from processors.disclosure.public_blocks import PublicBlocks, Zoned
from processors.disclosure.settling import own_rungs, settled
from processors.disclosure.shape import COLUMN_CATEGORY, NODE_AT, PUBLIC_NODES, node_tree, place_tree, public_shape
from processors.disclosure.students import Students
from schemas.arrays import Int8, Int32, Mask
from schemas.breakdowns import CATEGORIES
from schemas.figures import BlockKey, Cells
from schemas.periods import KINDS, LENGTH, Period, PeriodKind
from schemas.places import PLACES
from schemas.releases import Entry, Release
from schemas.rungs import CATEGORY_RUNG, CROSSED, FULL, HIDDEN, KINGDOM_AT, rung_cells, rungs_of

WIDE = len(PLACES)
UNITS = len(PUBLIC_NODES) * WIDE
_SHORTER: tuple[PeriodKind, ...] = ("month", "quarter")
_PERIODS_HELD, _TOGETHER = 60, 24
"""How many periods are kept for longer ones, and how many are settled at once."""


def shown(cells: Cells, rungs: Int8) -> Cells:
    """Return what the public zone may show of a published block: cells at or under the rung of their place."""
    public = cells.public()
    return public.take(CATEGORY_RUNG[public.category] <= rungs[public.place])


class _Counted(NamedTuple):
    """A period: the counts of all units, those of kingdom and regions by category, which units are printed.

    ``published`` are the blocks of the supports that are.
    """

    counts: Int32
    wide: dict[int, Int32]
    printed: Mask
    published: dict[str, Cells]


class _Settled(NamedTuple):
    """A period: the counts and rungs of all units, and what the public sees of each support that is printed."""

    counts: Int32
    rungs: Int8
    zoned: tuple[tuple[str, Zoned], ...] = ()


@dataclass
class Suppression:
    """One release under a threshold; ``suppressed`` returns it with the blocks of the public zone.

    ``executor`` settles periods of one kind at once, for none of these depends on another.
    """

    blocks: PublicBlocks
    threshold: int
    students: Students
    executor: Executor
    _held: dict[Period, _Settled] = field(default_factory=dict)
    _rungs: dict[Period, Int8] = field(default_factory=dict)

    @property
    def release(self) -> Release:
        """The release as it was counted."""
        return self.blocks.release

    def suppressed(self) -> Release:
        """Return the release; public blocks and rungs are written where they differ from those of the one before."""
        entries = {key: self.blocks.as_before(key, entry) for key, entry in self.release.entries.items()}
        new: dict[str, list[Zoned]] = {}
        for support, zoned in self._zoned():
            new.setdefault(support, []).append(zoned)
        for support, figures in new.items():
            entries.update(self.blocks.written(support, figures, entries))
        return replace(self.release, entries=entries)

    def _zoned(self) -> Iterator[tuple[str, Zoned]]:
        """Yield what the public sees of each figure to settle; what longer periods will ask of shorter ones is kept."""
        for _, group in groupby(self._concerned(), key=lambda period: period.kind):
            periods = list(group)
            for start in range(0, len(periods), _TOGETHER):
                some = periods[start : start + _TOGETHER]
                for period, stands in zip(some, self.executor.map(self._settled, some), strict=True):
                    if period.kind in _SHORTER:
                        self._held[period], self._rungs[period] = stands._replace(zoned=()), stands.rungs
                    yield from stands.zoned
                while len(self._held) > _PERIODS_HELD:
                    del self._held[min(self._held, key=lambda one: one.last)]

    def _concerned(self) -> list[Period]:
        """Return the periods to settle, shorter ones first: with a block published anew, or that hold one that has."""
        public = [(key, entry) for key, entry in self.release.entries.items() if key.support in NODE_AT]
        printed = {key.period for key, entry in public if entry.vintage.published_update is not None}
        anew = {key.period for key, entry in public if self._is_new(key, entry)}
        months = {month for one in anew if one.kind in _SHORTER for month in range(one.first, one.last + 1)}
        held = {
            period
            for period in printed
            if period.kind != "month" and any(month in months for month in range(period.first, period.last + 1))
        }
        return sorted((anew | held) & printed, key=lambda period: (KINDS.index(period.kind), period.last))

    def _is_new(self, key: BlockKey, entry: Entry) -> bool:
        if self.blocks.is_new(key, entry):
            return True
        return bool(self.students.hidden(key)) and self.students.still_shows(key, self.blocks.rungs(key))

    def _settled(self, period: Period) -> _Settled:
        """Settle the rungs of a period: its own, those of the release before, those of its months."""
        counted = self._counted(period)
        counts = counted.counts
        threshold = self.threshold
        memory = self._memory(period)
        most = np.minimum(own_rungs(counts, public_shape().rung, threshold), np.minimum(memory, FULL))
        open_to_crosses = np.ones(len(PUBLIC_NODES), np.bool_)
        within = [(shorter, self._within(shorter)) for shorter in self._shorter(period)]
        for shorter, settled_within in within:
            if shorter.kind == "month":
                most = np.minimum(most, np.minimum(settled_within.rungs, FULL))
                open_to_crosses &= settled_within.rungs[KINGDOM_AT::WIDE] == CROSSED
        most[~counted.printed & (counts[:, 0] > 0)] = HIDDEN
        for number, node in enumerate(PUBLIC_NODES):
            most[[number * WIDE + place for place in self.students.hidden(BlockKey(node.code, period))]] = HIDDEN
        is_month = period.kind == "month"
        floor = None if is_month else np.maximum.reduce([np.zeros_like(counts), *(one.counts for _, one in within)])
        rungs = settled(counts, most, public_shape(), threshold, floor)
        self._cross(rungs, counted.wide, open_to_crosses & (memory[KINGDOM_AT::WIDE] == CROSSED))
        return _Settled(counts, rungs, tuple(self._shown(period, counted, rungs)))

    def _shown(self, period: Period, counted: _Counted, rungs: Int8) -> Iterator[tuple[str, Zoned]]:
        for support, cells in counted.published.items():
            number = NODE_AT[support]
            mine = rungs[number * WIDE : (number + 1) * WIDE]
            yield support, Zoned(period, shown(cells, mine), rung_cells(mine))

    def _shorter(self, period: Period) -> list[Period]:
        """Return the months and quarters within a period of which something is counted."""
        kinds = _SHORTER[: KINDS.index(period.kind)]
        return [
            Period(kind, last)
            for kind in kinds
            for last in range(period.first + LENGTH[kind] - 1, period.last + 1)
            if (last + 1) % LENGTH[kind] == 0
            and any(BlockKey(node.code, Period(kind, last)) in self.release.entries for node in PUBLIC_NODES)
        ]

    def _within(self, period: Period) -> _Settled:
        """Return a month or quarter as this release shows it, one not published yet with rungs of its own."""
        held = self._held.get(period)
        if held is None:
            counted = self._counted(period)
            own = own_rungs(counted.counts, public_shape().rung, self.threshold)
            own[KINGDOM_AT::WIDE] = np.where(own[KINGDOM_AT::WIDE] == FULL, CROSSED, own[KINGDOM_AT::WIDE])
            before = np.where(counted.printed, self._memory(period), own).astype(np.int8)
            held = self._held.setdefault(period, _Settled(counted.counts, self._rungs.get(period, before)))
        return held

    def _memory(self, period: Period) -> Int8:
        """Return the rungs of the release before, everything where it showed nothing of a support."""
        return np.concatenate([rungs_of(self.blocks.rungs(BlockKey(node.code, period))) for node in PUBLIC_NODES])

    def _counted(self, period: Period) -> _Counted:
        """Read a period; what is not published counts as it was counted last."""
        counts = np.zeros((UNITS, len(COLUMN_CATEGORY)), np.int32)
        printed = np.zeros(UNITS, np.bool_)
        wide: dict[int, Int32] = {}
        published: dict[str, Cells] = {}
        for number, node in enumerate(PUBLIC_NODES):
            entry = self.release.entries.get(BlockKey(node.code, period))
            if entry is None:
                printed[number * WIDE : (number + 1) * WIDE] = True
                continue
            stands = entry.vintage.published_update is not None
            printed[number * WIDE : (number + 1) * WIDE] = stands
            cells = self.blocks.read(entry.published if stands else entry.latest)
            if stands:
                published[node.code] = cells
            column = _COLUMN[cells.category]
            kept = column >= 0
            counts[number * WIDE + cells.place[kept].astype(np.int64), column[kept]] = cells.beneficiaries[kept]
            for place in (KINGDOM_AT, *_regions()):
                mine = cells.place == place
                line = np.zeros(len(CATEGORIES), np.int32)
                line[cells.category[mine]] = cells.beneficiaries[mine]
                wide[number * WIDE + place] = line
        return _Counted(counts, wide, printed, published)

    def _cross(self, rungs: Int8, wide: dict[int, Int32], allowed: Mask) -> None:
        """Let the kingdom show its crosses where that gives nobody away, in place."""
        for number in range(len(PUBLIC_NODES)):
            unit = number * WIDE + KINGDOM_AT
            if rungs[unit] == FULL and allowed[number] and self._may_cross(rungs, wide, number):
                rungs[unit] = CROSSED
        for number, children in node_tree().items():
            unit = number * WIDE + KINGDOM_AT
            below = [child * WIDE + KINGDOM_AT for child in children]
            hidden = [crosses.Line(wide[one], int(rungs[one])) for one in below if one in wide and rungs[one] < CROSSED]
            if rungs[unit] == CROSSED and hidden and not crosses.hold(hidden, self.threshold):
                rungs[unit] = FULL

    def _may_cross(self, rungs: Int8, wide: dict[int, Int32], number: int) -> bool:
        unit = number * WIDE + KINGDOM_AT
        if unit not in wide:
            return True
        regions = [number * WIDE + place for place in _regions()]
        lines = [crosses.Line(wide[one], int(rungs[one])) for one in regions]
        return crosses.fine(wide[unit], self.threshold) and crosses.hold(lines, self.threshold)


_COLUMN = np.full(len(CATEGORIES), -1, np.int32)
_COLUMN[COLUMN_CATEGORY] = np.arange(len(COLUMN_CATEGORY))


@lru_cache(maxsize=1)
def _regions() -> tuple[int, ...]:
    return tuple(place_tree()[KINGDOM_AT])
