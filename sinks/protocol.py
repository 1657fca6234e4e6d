"""The one protocol of published stores: blocks go in first, then a release that names them, whole or not at all."""

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol

from schemas.figures import BlockKey, Cells
from schemas.releases import BlockRef, Release, Update

BlockZone = Literal["internal", "public"]
"""Where blocks are written: ``internal`` holds all measures (internal, restricted and provisional zones read it)."""


class Store(Protocol):
    """A store of immutable blocks and numbered releases."""

    def write_blocks(
        self, update: Update, zone: BlockZone, blocks: Iterable[tuple[BlockKey, Cells]]
    ) -> dict[BlockKey, BlockRef]:
        """Write blocks, those of one node together; return where they lie. None is visible before ``publish``."""
        ...

    def read_block(self, ref: BlockRef) -> Cells:
        """Return a block as it was written."""
        ...

    def publish(self, release: Release) -> None:
        """Make a release visible, atomically; its number must be the last one + 1."""
        ...

    def latest(self) -> int:
        """Return the number of the newest release, 0 when there is none."""
        ...

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the releases that are kept, ascending."""
        ...

    def release(self, number: int | None = None) -> Release:
        """Return a release (default the newest). Raises KeyError for one that is not there."""
        ...

    def updates(self) -> Iterator[Update]:
        """Yield all updates ever released, in order, also those whose release is no longer kept."""
        ...
