"""The cut at a closed update: every touched period counted again, node by node on all cores, into one release."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from processors.admission.ledger import Ledger
from processors.axes import Axis, stretches
from processors.counting.counting import Turned, turned
from processors.counting.people import People, people
from processors.disclosure.public_blocks import PublicBlocks
from processors.disclosure.students import Students, without_students
from processors.disclosure.suppression import Suppression
from processors.gate.publication import Entries, Figure, counted, entries, knows, months_of, untouched
from processors.gate.stability import Moment, moment
from schemas import students_unknown
from schemas.arrays import Mask
from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Release, Update
from schemas.settings import FigureSettings
from schemas.supports import CHILDREN, NODES, Node
from sinks.protocol import BlockZone, Store


@dataclass(frozen=True, slots=True)
class _NodeBlocks:
    """The store as the cut of one node uses it (``processors.gate.publication.Blocks``)."""

    store: Store
    update: Update
    support: str

    def write(self, zone: BlockZone, blocks: list[tuple[Period, Cells]]) -> dict[Period, BlockRef | None]:
        return self.store.write_blocks(self.update, zone, self.support, blocks)

    def read(self, ref: BlockRef) -> Cells:
        return self.store.read_block(ref)


@dataclass(frozen=True, slots=True)
class Cut:
    """What the cut of each node needs; one object for all nodes and threads, none of it changes."""

    update: Update
    previous: Release | None
    touched: Mask
    exists: Mask
    settings: FigureSettings
    store: Store

    @property
    def now(self) -> Moment:
        """The update as the gate sees it."""
        return moment(self.update, self.previous.update if self.previous else None)

    def concerned(self) -> list[Node]:
        """Return the nodes that some event reached."""
        return [node for node in NODES if self.touched[list(node.leaves)].any()]

    def suppressed(self, release: Release) -> Release:
        """Return a release with what the public sees of it, itself where nothing is hidden (F3, F4)."""
        settings, blocks = self.settings, _AllBlocks(self.store, self.update)
        if settings.threshold is not None:
            public_blocks = PublicBlocks(release, self.previous, blocks)
            with ThreadPoolExecutor(os.cpu_count()) as executor:
                return Suppression(public_blocks, settings.threshold, Students(settings), executor).suppressed()
        if settings.students_unknown:
            return without_students(release, self.previous, blocks, settings)
        return release

    def hides(self, node: Node) -> bool:
        """Tell whether what the public sees of a node is decided when all nodes are counted."""
        return self.settings.threshold is not None or (
            bool(self.settings.students_unknown) and node.code in students_unknown.SUPPORTS
        )

    def known(self) -> dict[str, Entries]:
        """Return by node what the release before said."""
        entries_of: dict[str, Entries] = {node.code: {} for node in NODES}
        for key, entry in self.previous.entries.items() if self.previous else ():
            entries_of[key.support][key.period] = entry
        return entries_of


@dataclass(frozen=True, slots=True)
class _AllBlocks:
    """The store as suppression uses it (``processors.disclosure.public_blocks.Blocks``)."""

    store: Store
    update: Update

    def read(self, ref: BlockRef) -> Cells:
        return self.store.read_block(ref)

    def write(self, zone: BlockZone, support: str, blocks: list[tuple[Period, Cells]]) -> dict[Period, BlockRef | None]:
        return self.store.write_blocks(self.update, zone, support, blocks)


@dataclass(frozen=True, slots=True)
class _NodeCut:
    """The cut of one node: its entries in the release before, and its new entries so far."""

    node: Node
    cut: Cut
    known: Entries
    entries: Entries

    def pass_on(self, node_counts: Turned) -> None:
        """Pass the figures of a stretch through the gate."""
        known = knows(self.node, self.cut.exists)
        for figures in counted(node_counts):
            self._gate([figure for figure in figures if known(figure.period)])

    def rest(self) -> None:
        """Pass the figures that were not counted again through the gate: time may have made them stable."""
        self._gate(untouched(self.known, self.known.keys() - self.entries.keys()))

    def _gate(self, figures: list[Figure]) -> None:
        blocks = _NodeBlocks(self.cut.store, self.cut.update, self.node.code)
        hides = self.cut.hides(self.node)
        self.entries.update(entries(self.node, figures, self.known, self.cut.now, blocks, suppressed=hides))


def release_of(ledger: Ledger, cut: Cut, everyone: Callable[[], People]) -> Release:
    """Return the release of an update: blocks are written, the release itself is not yet published.

    ``everyone`` returns all rows of the ledger; asked for once for each stretch that needs them all.
    """
    known = cut.known()
    nodes = {node.code: _NodeCut(node, cut, known[node.code], {}) for node in NODES}
    concerned = [nodes[node.code] for node in cut.concerned()]
    touched = np.flatnonzero(cut.touched.any(axis=0)).tolist()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for rows, axes in _gathered(ledger, everyone, stretches(touched), threads):
            _count(concerned, rows, axes, cut, threads)
    for node in nodes.values():
        node.rest()
    every = {BlockKey(code, period): entry for code, node in nodes.items() for period, entry in node.entries.items()}
    return cut.suppressed(Release(cut.update, every))


def _count(nodes: list[_NodeCut], rows: People, axes: tuple[Axis, ...], cut: Cut, threads: Executor) -> None:
    """Count some nodes over a stretch and pass them on, those with most cells first; each is given back when it is."""
    made = _made(_from_below(nodes), rows, axes, cut.settings, threads)
    largest_first = sorted(nodes, key=lambda of_node: len(made[of_node.node.code].counts.own), reverse=True)
    for passed in [threads.submit(of_node.pass_on, made.pop(of_node.node.code)) for of_node in largest_first]:
        passed.result()


def _from_below(nodes: list[_NodeCut]) -> list[Node]:
    """Return some nodes and all that lie below them, those with fewer leaves first."""
    wanted = [set(of_node.node.leaves) for of_node in nodes]
    below = [node for node in NODES if any(leaves.issuperset(node.leaves) for leaves in wanted)]
    return sorted(below, key=lambda node: len(node.leaves))


def _made(
    nodes: list[Node], rows: People, axes: tuple[Axis, ...], settings: FigureSettings, threads: Executor
) -> dict[str, Turned]:
    """Return nodes by code as they turn in a stretch, each made from those below it, which must come before it.

    The pool takes tasks in order, so that none waits for one that no thread has begun.
    """
    making: dict[str, Future[Turned]] = {}
    for node in nodes:
        below = [making[child.code] for child in CHILDREN[node.code]]
        making[node.code] = threads.submit(_turned, rows, axes, node, settings, below)
    return {code: making_of.result() for code, making_of in making.items()}


def _turned(
    rows: People, axes: tuple[Axis, ...], node: Node, settings: FigureSettings, below: list[Future[Turned]]
) -> Turned:
    return turned(rows, axes, node, settings, [child.result() for child in below])


def _gathered(
    ledger: Ledger, everyone: Callable[[], People], axes: list[tuple[Axis, ...]], threads: Executor
) -> Iterator[tuple[People, tuple[Axis, ...]]]:
    """Yield each stretch with its rows; those of the next one are gathered while this one is counted."""
    ahead = [threads.submit(_rows, ledger, everyone, stretch) for stretch in axes[:1]]
    for number, stretch in enumerate(axes, start=1):
        rows = ahead.pop().result()
        ahead = [threads.submit(_rows, ledger, everyone, following) for following in axes[number : number + 1]]
        yield rows, stretch


def _rows(ledger: Ledger, everyone: Callable[[], People], axes: tuple[Axis, ...]) -> People:
    """Return the rows of a stretch; where these are all rows, they are not gathered again."""
    months = months_of(axes)
    if ledger.tables.held[~months].any():
        return people(ledger, months)
    return everyone()._replace(months=months)
