"""Indicator tables of a store: one Parquet file an update and family, written before its release, numbers only.

    indicators/000012.parquet     what update 12 counted: references from ``first`` on, as far as ``last`` may be needed
    outcomes/000012.parquet       the same of what reads facts too: exits and transitions; youth care is stored nowhere

An update counts again only the references that its events, or time, could change; the others stand in the file of an
earlier update. Reading a release goes from its own file backwards and takes from each the references that no newer
one counted; one without a file of its own shows none. The content is a function of the log, so a file written twice is
written the same; it is put under its number before the release is, and nobody reads it until then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.indicators import SERIES, Table
from sinks.durability import put_in_place, temporary
from sinks.errors import StoreCorruptError

_FIRST, _LAST, _UPDATE = b"first", b"last", b"update_id"


@dataclass(frozen=True, slots=True)
class Counted:
    """What one update counted: rows of references from ``first`` on that need no month after ``last`` (ordinals)."""

    update_id: str
    first: int
    last: int
    table: Table

    def __post_init__(self) -> None:
        """Refuse rows of a month that was not counted."""
        needed = self.table.reference + _NEEDED[self.table.series]
        if len(needed) and needed.max() > self.last:
            message = "a row needs a month after the last one that may be shown"
            raise ValueError(message)


_NEEDED = np.array([series.needs for series in SERIES], np.int16)
_WHOLE = np.array([series.indicator == "survival" for series in SERIES])
"""Series that every update counts whole."""


Family = Literal["indicators", "outcomes"]
FAMILIES: tuple[Family, ...] = ("indicators", "outcomes")


def exists(root: Path, number: int, family: Family = "indicators") -> bool:
    """Tell whether the tables of an update are there."""
    return _path(root, number, family).exists()


def write_counted(root: Path, number: int, counted: Counted, family: Family = "indicators") -> None:
    """Write the tables of an update, whole or not at all. Raises StoreWriteError where the disk refuses."""
    meta = {_FIRST: str(counted.first), _LAST: str(counted.last), _UPDATE: counted.update_id}
    columns = {name: pa.array(column) for name, column in counted.table._asdict().items()}
    path = _path(root, number, family)
    with temporary(path) as written:
        pq.write_table(pa.table(columns).replace_schema_metadata(meta), written, compression="zstd")
        put_in_place(written, path)


def counted_at(root: Path, number: int, family: Family) -> Counted | None:
    """Return what one update counted, None where it has no tables. Raises StoreCorruptError."""
    path = _path(root, number, family)
    return _read(path) if path.exists() else None


def last_counted(root: Path, number: int) -> int | None:
    """Return the last month that rows of an update may need, None where the update has no tables."""
    return _read(_path(root, number, "indicators")).last if exists(root, number) else None


def read_release(root: Path, number: int, family: Family = "indicators") -> Iterator[Counted]:
    """Yield the rows that hold at a release, newest update first.

    Nothing where its own update counted none: the store keeps no indicators, or no month they need is published then.
    """
    if not exists(root, number, family):
        return
    upper = np.iinfo(np.int16).max
    shown = None
    for earlier in range(number, 0, -1):
        if not exists(root, earlier, family):
            continue
        counted = _read(_path(root, earlier, family))
        shown = counted.last if shown is None else shown
        table = counted.table
        kept = (table.reference < upper) & (table.reference + _NEEDED[table.series] <= shown)
        kept &= ~_WHOLE[table.series] if earlier < number else True
        kept |= _WHOLE[table.series] & (earlier == number)
        yield Counted(counted.update_id, counted.first, counted.last, Table._make(column[kept] for column in table))
        upper = min(upper, counted.first)


def _read(path: Path) -> Counted:
    try:
        found = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        message = f"{path}: these indicators cannot be read; restore them from a copy, or replay into a new store"
        raise StoreCorruptError(message) from error
    meta = found.schema.metadata
    table = Table._make(found[name].to_numpy() for name in Table._fields)
    return Counted(meta[_UPDATE].decode(), int(meta[_FIRST]), int(meta[_LAST]), table)


def _path(root: Path, number: int, family: Family) -> Path:
    return root / family / f"{number:06d}.parquet"
