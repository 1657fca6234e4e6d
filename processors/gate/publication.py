"""From the ledger to the entries of one node: count, compare, pass the gate, say what to write.

The pure half of a cut. A driver runs it node by node, in any order, writes the blocks that it is given, and publishes
the entries of all nodes as one release.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from processors.axes import Axis
from processors.counting.counting import Turned, added_up
from processors.gate.stability import Moment, next_vintage
from schemas.arrays import Mask
from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import Cells
from schemas.periods import MONTH_COUNT, Period
from schemas.places import KINGDOM, PLACE_NUMBER
from schemas.releases import BlockRef, Entry, Vintage
from schemas.supports import Node

_TOTAL = CATEGORY_NUMBER["total", "total"]
_KINGDOM = PLACE_NUMBER["kingdom", KINGDOM]
_NO_CELLS = Cells.empty().digest()

Entries = dict[Period, Entry]
"""What a release says of one node."""


class Blocks(Protocol):
    """The store, as the cut of one node uses it."""

    def write(
        self, zone: Literal["internal", "public"], blocks: list[tuple[Period, Cells]]
    ) -> dict[Period, BlockRef | None]:
        """Write blocks of the node and return where they lie, None for a block without cells."""
        ...

    def read(self, ref: BlockRef) -> Cells:
        """Return a block as it was written."""
        ...


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of an update before the gate: its value, the digest of its cells, and the cells where counted anew."""

    period: Period
    value: int
    digest: bytes
    cells: Cells | None


def kingdom_total(cells: Cells) -> int:
    """Return the beneficiaries of the kingdom, all characteristics together: the figure that the gate watches (G5)."""
    first, stop = cells.bounds((_KINGDOM, _KINGDOM + 1))
    total = cells.category[first:stop] == _TOTAL
    return int(cells.beneficiaries[first:stop][total].sum())


def months_of(axes: Iterable[Axis]) -> Mask:
    """Return the mask of all months that the periods of some axes hold."""
    months = np.zeros(MONTH_COUNT, np.bool_)
    for axis in axes:
        for first, last in zip(axis.first.tolist(), axis.last.tolist(), strict=True):
            months[max(first, 0) : last + 1] = True
    return months


def knows(node: Node, exists: Mask) -> Callable[[Period], bool]:
    """Return a test whether a node knows a period: one of its months has a row in the node's own leaves."""
    months = np.concatenate([[0], exists[list(node.leaves)].any(axis=0).cumsum()])

    def known(period: Period) -> bool:
        return bool(months[period.last + 1] > months[max(period.first, 0)])

    return known


def digest_of(ref: BlockRef | None) -> bytes:
    """Return the digest of a stored block, that of no cells for None."""
    return _NO_CELLS if ref is None else ref.digest


def counted(turned: Turned) -> Iterator[list[Figure]]:
    """Yield the figures of each axis of a node, counted anew; their cells share memory."""
    for axis, blocks in added_up(turned):
        yield [
            Figure(period, kingdom_total(cells), cells.digest(), cells)
            for period, cells in zip(axis.periods, blocks, strict=True)
        ]


def untouched(known: Entries, periods: Iterable[Period]) -> list[Figure]:
    """Return figures that no event reached since the last update: they are what they were."""
    return [Figure(period, known[period].vintage.value, digest_of(known[period].latest), None) for period in periods]


def entries(  # noqa: PLR0913 - one question of one node
    node: Node, figures: list[Figure], known: Entries, now: Moment, blocks: Blocks, *, suppressed: bool = False
) -> Entries:
    """Return what a release says of some figures of a node; writes the blocks that changed or are published anew.

    ``known`` holds the entries of the release before. Where small counts are ``suppressed``, what the public sees is
    made when all nodes are known (F3), and stands here as the release before had it.
    """
    latest = _latest(figures, known, blocks)
    passed = {figure.period: _gate(node, figure, known.get(figure.period), now) for figure in figures}
    taking = [figure for figure in figures if passed[figure.period][1]]
    public = _public(taking, latest, known, blocks) if node.public and not suppressed else {}
    return {
        figure.period: _entry(figure.period, passed[figure.period], latest, public, known.get(figure.period))
        for figure in figures
    }


def _latest(figures: list[Figure], known: Entries, blocks: Blocks) -> dict[Period, BlockRef | None]:
    """Write the blocks that changed; return where the latest block of each figure lies."""
    changed = []
    kept: dict[Period, BlockRef | None] = {}
    for figure in figures:
        before = known[figure.period].latest if figure.period in known else None
        kept[figure.period] = before
        if figure.cells is not None and figure.digest != digest_of(before):
            changed.append((figure.period, figure.cells))
    return kept | (blocks.write("internal", changed) if changed else {})


def _gate(node: Node, figure: Figure, known: Entry | None, now: Moment) -> tuple[Vintage, bool]:
    differs = known is None or figure.digest != digest_of(known.published)
    vintage = known.vintage if known else None
    return next_vintage(node, figure.period, vintage, figure.value, now, differs=differs)


def _public(
    taking: list[Figure], latest: dict[Period, BlockRef | None], known: Entries, blocks: Blocks
) -> dict[Period, BlockRef | None]:
    """Write the public cells of blocks that are published now, where they differ from what stands."""
    changed = []
    kept: dict[Period, BlockRef | None] = {}
    for figure in taking:
        before = known[figure.period].public if figure.period in known else None
        cells = _cells(figure, latest[figure.period], blocks).public()
        kept[figure.period] = before
        if cells.digest() != digest_of(before):
            changed.append((figure.period, cells))
    return kept | (blocks.write("public", changed) if changed else {})


def _cells(figure: Figure, ref: BlockRef | None, blocks: Blocks) -> Cells:
    if figure.cells is not None:
        return figure.cells
    return Cells.empty() if ref is None else blocks.read(ref)


def _entry(
    period: Period,
    passed: tuple[Vintage, bool],
    latest: dict[Period, BlockRef | None],
    public: dict[Period, BlockRef | None],
    known: Entry | None,
) -> Entry:
    vintage, takes = passed
    if takes:
        return Entry(vintage, latest[period], latest[period], public.get(period))
    if known is None:
        return Entry(vintage, latest[period])
    return Entry(vintage, latest[period], known.published, known.public, known.hidden)
