"""A store in memory: the same protocol without a disk, for trials and for programs that need figures only now."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import pyarrow as pa

from schemas.figures import Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Release, Update
from schemas.settings import FigureSettings
from sinks.errors import ReleaseExistsError, StoreCorruptError, UnknownReleaseError
from sinks.protocol import BlockZone, TableName, Written
from sinks.vintages import VINTAGE_SCHEMA, vintage_table


class MemoryStore:
    """A ``sinks.protocol.Store`` that lives as long as its object; all releases are kept."""

    name = "the store in memory"

    def __init__(self, settings: FigureSettings | None = None) -> None:
        """Make an empty store of figures by these settings, default those of everybody."""
        self.settings = settings or FigureSettings()
        self._tables: dict[tuple[TableName, int], pa.Table] = {}
        self._files: dict[str, tuple[Cells, ...]] = {}
        self._releases: dict[int, Release] = {}
        self._attempts = count(1)

    def write_blocks(
        self,
        update: Update,
        zone: BlockZone,
        support: str,
        blocks: Iterable[tuple[Period, Cells]],
    ) -> dict[Period, BlockRef | None]:
        """Keep blocks of one node; see ``sinks.protocol.Store``."""
        given = dict(blocks)
        if zone == "public":
            for cells in given.values():
                cells.require_public()
        name = f"{update.sequence:06d}/{zone}-{support}-{next(self._attempts)}"
        self._files[name] = tuple(cells for cells in given.values() if len(cells))
        groups = count()
        return {
            period: BlockRef(name, next(groups), cells.digest(), len(cells)) if len(cells) else None
            for period, cells in given.items()
        }

    def read_block(self, ref: BlockRef) -> Cells:
        """Return a block, verified against its digest."""
        file = self._files.get(ref.file, ())
        if ref.group >= len(file) or file[ref.group].digest() != ref.digest:
            message = f"{ref.file}: this block was never written to this store; read it where it was written"
            raise StoreCorruptError(message)
        return file[ref.group]

    def read_blocks(self, refs: Iterable[BlockRef]) -> Iterator[Cells]:
        """Yield blocks in the order of ``refs``."""
        return map(self.read_block, refs)

    def publish(self, release: Release) -> Release:
        """Make a release visible; see ``sinks.protocol.Store``."""
        number = release.update.sequence
        if number <= self.latest():
            message = f"release {number} is published already; another writer came first, start again"
            raise ReleaseExistsError(message)
        if number > self.latest() + 1:
            message = f"release {number} does not follow release {self.latest()}"
            raise ValueError(message)
        self._releases[number] = Release(release.update, dict(release.entries))
        return release

    def latest(self) -> int:
        """Return the number of the newest release, 0 when there is none."""
        return len(self._releases)

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the releases, ascending."""
        return tuple(self._releases)

    def release(self, number: int | None = None) -> Release:
        """Return a release (default the newest). Raises UnknownReleaseError for one that is not there."""
        release = self._releases.get(self.latest() if number is None else number)
        if release is None:
            message = f"release {number or ''} is not there; releases 1 to {self.latest()} are"
            raise UnknownReleaseError(message)
        return release

    def updates(self) -> Iterator[Update]:
        """Yield all updates ever released, in order."""
        return (release.update for release in self._releases.values())

    def vintages(self) -> pa.Table:
        """Return the vintages of all updates, as ``VINTAGE_SCHEMA``."""
        return pa.concat_tables([VINTAGE_SCHEMA.empty_table(), *map(vintage_table, self._releases.values())])

    def write_table(self, name: Written, number: int, table: pa.Table) -> None:
        """Keep a table that an update wrote; see ``sinks.protocol.Tables``."""
        self._tables[name, number] = table

    def read_table(self, name: TableName, number: int, columns: Sequence[str] | None = None) -> pa.Table | None:
        """Return a table of an update; see ``sinks.protocol.Tables``."""
        if name == "vintages":
            release = self._releases.get(number)
            table = vintage_table(release) if release else None
        else:
            table = self._tables.get((name, number))
        return table if table is None or columns is None else table.select(list(columns))
