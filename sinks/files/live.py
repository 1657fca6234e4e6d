"""The provisional zone as it is now: a release in which live figures of an OCMW replace the older ones."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from schemas.figures import BlockKey, Cells
from schemas.live import LiveCells
from schemas.periods import Period
from schemas.places import PLACE_NUMBER
from schemas.releases import BlockRef, Release, State
from schemas.supports import NODES
from sinks.directory.live import Line, LiveHome, LiveState, decoded
from sinks.directory.store import DirectoryStore
from sinks.files.selection import Chosen, Selection, select
from sinks.protocol import BlockReader

_HERE = "live"


class LiveBlocks:
    """Blocks of a store, and live ones beside them (``sinks.protocol.BlockReader``)."""

    def __init__(self, store: BlockReader) -> None:
        """Take the store; no live block is known yet."""
        self._store = store
        self._live: list[Cells] = []

    def add(self, cells: Cells) -> BlockRef:
        """Take a live block and return the reference by which it is read."""
        self._live.append(cells)
        return BlockRef(_HERE, len(self._live) - 1, cells.digest(), len(cells))

    def read_blocks(self, refs: Iterable[BlockRef]) -> Iterator[Cells]:
        """Yield blocks in the order of ``refs``."""
        for ref in refs:
            yield from [self._live[ref.group]] if ref.file == _HERE else self._store.read_blocks([ref])


class ExportedFigures(NamedTuple):
    """What an export writes: the chosen blocks and where to read them; ``said`` names what they are."""

    release: Release | None
    selection: Selection
    chosen: tuple[Chosen, ...]
    blocks: BlockReader
    said: str


def as_released(store: DirectoryStore, selection: Selection, number: int | None = None) -> ExportedFigures:
    """Return what a release (default the newest; number 0 is none yet) says. Raises UnknownReleaseError."""
    number = store.latest() if number is None else number
    release = store.release(number) if number else None
    said = f"as released by {_name(release)}" if release else "nothing is released yet"
    return ExportedFigures(release, selection, select(release, selection), store, said)


def as_it_is(store: DirectoryStore, selection: Selection) -> ExportedFigures | None:
    """Return the provisional zone of the selection's OCMW as it is now, None without a live state of this release."""
    release = store.release() if store.latest() else None
    live = LiveHome(store.root).of(selection.ocmw or "")
    if live is None or live[0].reflects.release != (release.update.sequence if release else 0):
        return None
    blocks = LiveBlocks(store)
    said = f"{live[0].reflects.said()}: {_name(release)} and what came since"
    return ExportedFigures(release, selection, with_live(blocks, release, selection, live), blocks, said)


def _name(release: Release | None) -> str:
    return f"release {release.update.sequence} ({release.update.update_id})" if release else "no release"


def with_live(
    blocks: LiveBlocks, release: Release | None, selection: Selection, live: tuple[LiveState, list[Line]]
) -> tuple[Chosen, ...]:
    """Return what the provisional zone holds now of the selection's OCMW; its live blocks are added to ``blocks``.

    ``live`` stands above this release. A month that events reached since is live in all supports; others are as the
    release says, and name its update.
    """
    state, lines = live
    months = {line.period for line in lines}
    kept = [one for one in select(release, selection) if one.key.period.code not in months]
    for line in lines:
        for key, cells in _by_support(line):
            if selection.holds(key):
                kept.append(Chosen(key, _state(release, key), state.reflects.said(), blocks.add(cells)))
    return tuple(sorted(kept, key=lambda one: (one.key.support, one.key.period.code)))


def _state(release: Release | None, key: BlockKey) -> State:
    entry = release.entries.get(key) if release else None
    return entry.vintage.state if entry else State.PENDING


def _by_support(line: Line) -> Iterator[tuple[BlockKey, Cells]]:
    live, period = decoded(line.cells), Period.parse(line.period)
    place = PLACE_NUMBER["municipality", line.nis]
    for number in np.unique(live.support).tolist():
        start, stop = np.searchsorted(live.support, [number, number + 1]).tolist()
        yield BlockKey(NODES[number].code, period), _cells(place, live.take(slice(start, stop)))


def _cells(place: int, live: LiveCells) -> Cells:
    return Cells(
        np.full(len(live.category), place, np.uint16),
        live.category,
        live.beneficiaries,
        live.amount_cents,
        live.state_share_cents,
        live.days,
    )
