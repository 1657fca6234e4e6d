"""The cut at a closed update: every touched period counted again, node by node on all cores, into one release."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from processors.axes import Axis, stretches
from processors.ledger import Ledger
from processors.people import Mask, People, people
from processors.publication import Entries, counted, entries, known_periods, months_of, untouched
from processors.stability import Moment, moment
from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Release, Update
from schemas.settings import FigureSettings
from schemas.supports import NODES, Node
from sinks.protocol import BlockZone, Store


@dataclass(frozen=True, slots=True)
class _NodeBlocks:
    """The store as the cut of one node uses it (``processors.publication.Blocks``)."""

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
        """Return the nodes that some event reached, those with most leaves, so most work, first."""
        found = [node for node in NODES if self.touched[list(node.leaves)].any()]
        return sorted(found, key=lambda node: -len(node.leaves))

    def known(self, node: Node) -> Entries:
        """Return what the release before said of a node."""
        if self.previous is None:
            return {}
        return {key.period: entry for key, entry in self.previous.entries.items() if key.support == node.code}

    def stretch(self, node: Node, rows: People, axes: tuple[Axis, ...]) -> Entries:
        """Count one node over some axes and pass its figures through the gate."""
        known, existing = self.known(node), known_periods(node, self.exists)
        blocks = _NodeBlocks(self.store, self.update, node.code)
        found: Entries = {}
        for figures in counted(rows, axes, node, self.settings):
            found |= entries(node, [figure for figure in figures if figure.period in existing], known, self.now, blocks)
        return found

    def rest(self, node: Node, done: Iterable[Period]) -> Entries:
        """Pass the figures that were not counted again through the gate: time may have made them stable."""
        known = self.known(node)
        figures = untouched(known, known.keys() - set(done))
        return entries(node, figures, known, self.now, _NodeBlocks(self.store, self.update, node.code))


def release_of(ledger: Ledger, cut: Cut) -> Release:
    """Return the release of an update: blocks are written, the release itself is not yet published."""
    found: dict[str, Entries] = {node.code: {} for node in NODES}
    concerned = cut.concerned()
    months = np.flatnonzero(cut.touched.any(axis=0)).tolist()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for axes in stretches(months):
            rows = people(ledger, months_of(axes))
            count_node = partial(cut.stretch, rows=rows, axes=axes)
            for node, made in zip(concerned, threads.map(count_node, concerned), strict=True):
                found[node.code] |= made
    for node in NODES:
        found[node.code] |= cut.rest(node, found[node.code])
    every = {BlockKey(support, period): entry for support, made in found.items() for period, entry in made.items()}
    return Release(cut.update, every)
