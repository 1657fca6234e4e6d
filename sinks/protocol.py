"""The one protocol of published stores: blocks go in first, then a release that names them, whole or not at all."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

import pyarrow as pa

from schemas.figures import Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Release, Update
from schemas.settings import FigureSettings

BlockZone = Literal["internal", "public", "hidden"]
"""Where blocks are written: ``internal`` holds all measures (internal, restricted and provisional zones read it).

``hidden`` holds the rungs of places in place of beneficiaries, as ``processors.disclosure`` gives them (F3).
"""

Written = Literal["indicators", "outcomes", "indicators_hidden", "completeness"]
"""Tables that an update writes beside its release."""
TableName = Literal["indicators", "outcomes", "indicators_hidden", "completeness", "vintages"]
"""Tables that stand beside releases; vintages are written with their release."""


class Tables(Protocol):
    """Tables beside releases, one of a name for each update that wrote it."""

    @property
    def name(self) -> str:
        """What messages call the place where they stand."""
        ...

    def write_table(self, name: Written, number: int, table: pa.Table) -> None:
        """Keep what an update counted, whole or not at all, in place of what it wrote before; metadata is kept too.

        It is written before the release of that number, so that a release never lacks it. Raises StoreWriteError.
        """
        ...

    def read_table(self, name: TableName, number: int, columns: Sequence[str] | None = None) -> pa.Table | None:
        """Return the table of an update as it was written, None where that update wrote none.

        ``columns`` are those that are read, default all; none of them gives the metadata. Raises StoreCorruptError.
        """
        ...


class BlockReader(Protocol):
    """A source of blocks, for writers of them elsewhere."""

    def read_blocks(self, refs: Iterable[BlockRef]) -> Iterator[Cells]:
        """Yield blocks in the order of ``refs``; thousands of them, in bounded memory."""
        ...


class Store(BlockReader, Tables, Protocol):
    """A store of immutable blocks, numbered releases, and tables beside these."""

    @property
    def settings(self) -> FigureSettings:
        """By what its figures are counted."""
        ...

    def write_blocks(
        self,
        update: Update,
        zone: BlockZone,
        support: str,
        blocks: Iterable[tuple[Period, Cells]],
    ) -> dict[Period, BlockRef | None]:
        """Write blocks of one node, together; return where each lies, None for a block without cells.

        None of them is visible before ``publish``. Threads may write different nodes at once. Raises ValueError for
        a public block that holds more than ``Cells.public`` gives, StoreWriteError where the disk refuses.
        """
        ...

    def read_block(self, ref: BlockRef) -> Cells:
        """Return a block as it was written; its arrays may be read-only.

        Raises StoreCorruptError when it is gone or is not what was written.
        """
        ...

    def publish(self, release: Release) -> Release:
        """Make a release visible, atomically, and return it as the store holds it.

        The next release must be made from what is returned: retention may have moved blocks. Raises
        ReleaseExistsError when its number was published before (by whomever), ValueError when it is not the last
        one + 1, StoreWriteError where the disk refuses; then nothing changed.
        """
        ...

    def latest(self) -> int:
        """Return the number of the newest release, 0 when there is none."""
        ...

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the releases that are kept, ascending."""
        ...

    def release(self, number: int | None = None) -> Release:
        """Return a release (default the newest). Raises UnknownReleaseError for one that is not there."""
        ...

    def updates(self) -> Iterator[Update]:
        """Yield all updates ever released, in order, also those whose release is no longer kept."""
        ...

    def vintages(self) -> pa.Table:
        """Return the vintages of all updates ever released, as ``sinks.vintages.VINTAGE_SCHEMA``."""
        ...


class Copy(Protocol):
    """A copy of a home store's releases for readers elsewhere; it can always be made again from its home."""

    def latest(self) -> int:
        """Return the number of the release that readers see, 0 when there is none."""
        ...

    def lacks(self, release: Release) -> bool:
        """Tell whether readers do not see this release of the home, its newest, or not all of it, or nobody knows."""
        ...

    def prepare(self, release: Release, home: Store) -> None:
        """Put the blocks of a release that follows what is shown; no reader sees anything of it yet.

        Raises StoreWriteError where the copy refuses.
        """
        ...

    def publish(self, release: Release, home: Store) -> None:
        """Show a release to readers, atomically, after all its blocks are there; blocks come from ``home``.

        Raises ReleaseExistsError when this or a later one is shown already, StoreWriteError where the copy refuses;
        then readers see what they saw before.
        """
        ...

    def make_up(self, home: Store) -> int:
        """Show the home's newest release, then put what is missing of older ones; return how many were not there.

        Readers never see an older release than before, nor one between. Raises StoreMismatchError when the copy is
        ahead of its home.
        """
        ...
