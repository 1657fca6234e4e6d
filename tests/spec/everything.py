"""All that a store says of all figures, short enough to compare two stores: blocks are told by their digests."""

from typing import NamedTuple

from schemas.figures import BlockKey, Cells
from schemas.releases import BlockRef, Vintage
from sinks.protocol import Store

NOTHING = Cells.empty().digest()


class FigureAt(NamedTuple):
    """What a store says of a figure at an update: the latest block, the published one and the public one."""

    vintage: Vintage
    latest: bytes
    published: bytes
    public: bytes


Everything = dict[tuple[int, BlockKey], FigureAt]


def _digest(ref: BlockRef | None) -> bytes:
    return NOTHING if ref is None else ref.digest


def everything(store: Store) -> Everything:
    """Return all that a store says of all figures at all updates."""
    return {
        (number, figure): FigureAt(
            entry.vintage, _digest(entry.latest), _digest(entry.published), _digest(entry.public)
        )
        for number in store.numbers()
        for figure, entry in store.release(number).entries.items()
    }
