"""What the public zone of a release shows and hides, written where it differs from the release before."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol

from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release


class Blocks(Protocol):
    """The store as what decides what is hidden uses it."""

    def read(self, ref: BlockRef) -> Cells:
        """Return a block as it was written."""
        ...

    def write(
        self, zone: Literal["public", "hidden"], support: str, blocks: list[tuple[Period, Cells]]
    ) -> dict[Period, BlockRef | None]:
        """Write blocks of one support; None for a block without cells."""
        ...


class Zoned(NamedTuple):
    """What the public sees of a figure, and the rungs of its places that say what it does not."""

    period: Period
    public: Cells
    hidden: Cells


@dataclass(frozen=True, slots=True)
class PublicBlocks:
    """The public blocks of a release beside those of the one before."""

    release: Release
    previous: Release | None
    blocks: Blocks

    def before(self, key: BlockKey) -> Entry | None:
        """Return what the release before said of a figure."""
        return self.previous.entries.get(key) if self.previous else None

    def as_before(self, key: BlockKey, entry: Entry) -> Entry:
        """Return an entry with what the public saw of it at the release before."""
        before = self.before(key)
        return entry if before is None else replace(entry, public=before.public, hidden=before.hidden)

    def is_new(self, key: BlockKey, entry: Entry) -> bool:
        """Tell whether a figure is published that was not, or another block than before."""
        before = self.before(key)
        if before is None or before.vintage.published_update is None:
            return entry.vintage.published_update is not None
        return before.published != entry.published

    def read(self, ref: BlockRef | None) -> Cells:
        """Return the cells of a block, none for no block."""
        return Cells.empty() if ref is None else self.blocks.read(ref)

    def rungs(self, key: BlockKey) -> Cells | None:
        """Return the rungs of a figure at the release before, None where it hid nothing."""
        before = self.before(key)
        return self.blocks.read(before.hidden) if before and before.hidden else None

    def written(self, support: str, figures: list[Zoned], entries: dict[BlockKey, Entry]) -> dict[BlockKey, Entry]:
        """Write what is not written yet; return the entries that name it."""
        public = self._stored("public", support, [(one.period, one.public) for one in figures])
        hidden = self._stored("hidden", support, [(one.period, one.hidden) for one in figures])
        keys: Iterator[BlockKey] = (BlockKey(support, one.period) for one in figures)
        return {key: replace(entries[key], public=public[key.period], hidden=hidden[key.period]) for key in keys}

    def _stored(
        self, zone: Literal["public", "hidden"], support: str, blocks: list[tuple[Period, Cells]]
    ) -> dict[Period, BlockRef | None]:
        kept: dict[Period, BlockRef | None] = {}
        changed = []
        for period, cells in blocks:
            before = self.before(BlockKey(support, period))
            ref = (before.public if zone == "public" else before.hidden) if before else None
            if ref is not None and ref.digest == cells.digest():
                kept[period] = ref
            elif len(cells):
                changed.append((period, cells))
            else:
                kept[period] = None
        return kept | (self.blocks.write(zone, support, changed) if changed else {})
