"""Indicator tables of a store: one Parquet file an update and family, written before its release.

    indicators/000012.parquet     what update 12 counted of the references from ``first`` on
    outcomes/000012.parquet       the same of what reads facts too: exits and transitions; youth care is stored nowhere

An update counts again only the references that its events, or time, could change; the others stand in the file of an
earlier update. Reading a release goes from its own file backwards and takes from each the references that no newer
one counted. The content is a function of the log, so a file written twice is written the same; it is put under its
number before the release is, and nobody reads it until then.

Series and categories stand there by name, and the file names its *edition*: which series there are, with which
categories, by which reading of the rules. A file of another edition is refused with a sentence, and the next update of
such a store counts all references.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from schemas.indicators import EDITION, SERIES, Table, series_name
from sinks.durability import put_in_place, temporary
from sinks.errors import StoreCorruptError, StoreMismatchError

_FIRST, _UPDATE, _EDITION = b"first", b"update_id", b"edition"


@dataclass(frozen=True, slots=True)
class Counted:
    """What one update counted: rows of references from ``first`` on (an ordinal), and all of the series in WHOLE."""

    update_id: str
    first: int
    table: Table


WHOLE = np.array([series.indicator in ("survival", "reentry") for series in SERIES])
"""Series that every update counts whole: a later month, or birth date, may change the row of any earlier year."""


Family = Literal["indicators", "outcomes"]
FAMILIES: tuple[Family, ...] = ("indicators", "outcomes")


def exists(root: Path, number: int, family: Family = "indicators") -> bool:
    """Tell whether the tables of an update are there, in this edition."""
    path = _path(root, number, family)
    return path.exists() and _is_ours(_metadata(path))


def write_counted(root: Path, number: int, counted: Counted, family: Family = "indicators") -> None:
    """Write the tables of an update, whole or not at all. Raises StoreWriteError where the disk refuses."""
    meta = {_FIRST: str(counted.first), _UPDATE: counted.update_id, _EDITION: edition()}
    path = _path(root, number, family)
    with temporary(path) as written:
        pq.write_table(_named(counted.table).replace_schema_metadata(meta), written, compression="zstd")
        put_in_place(written, path)


def counted_at(root: Path, number: int, family: Family) -> Counted | None:
    """Return what one update counted, None where it has no tables. Raises StoreCorruptError, StoreMismatchError."""
    path = _path(root, number, family)
    return _read(path) if path.exists() else None


def read_release(root: Path, number: int, family: Family = "indicators") -> Iterator[Counted]:
    """Yield the rows that hold at a release, newest update first; nothing where its own update counted none.

    Raises StoreMismatchError where an earlier version of this program counted them.
    """
    if not _path(root, number, family).exists():
        return
    upper = np.iinfo(np.int16).max
    for earlier in range(number, 0, -1):
        path = _path(root, earlier, family)
        if upper == 0 or not path.exists():
            continue
        counted = _read(path)
        table = counted.table
        kept = np.where(WHOLE[table.series], earlier == number, table.reference < upper)
        yield Counted(counted.update_id, counted.first, Table._make(column[kept] for column in table))
        upper = min(upper, counted.first)


@cache
def edition() -> str:
    """Return the digest of all series, their categories, and the edition of the rules by which they are counted."""
    told = [EDITION, *((series_name(series), *series.categories) for series in SERIES)]
    return xxhash.xxh3_128(repr(told).encode()).hexdigest()


@cache
def _categories() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], list[str]]:
    """Return by series where its categories begin, by place there the number of each name, and the names."""
    every = [category for series in SERIES for category in series.categories]
    names = list(dict.fromkeys(every))
    number = {name: place for place, name in enumerate(names)}
    begins = np.cumsum([0, *(len(series.categories) for series in SERIES)])[:-1]
    return begins.astype(np.int32), np.array([number[name] for name in every], np.int32), names


def _named(table: Table) -> pa.Table:
    begins, number_of, names = _categories()
    series = pa.array([series_name(series) for series in SERIES])
    columns: dict[str, Any] = {name: pa.array(column) for name, column in table._asdict().items()}
    columns["series"] = pa.DictionaryArray.from_arrays(pa.array(table.series.astype(np.int32)), series)
    codes = number_of[begins[table.series] + table.category]
    columns["category"] = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names))
    return pa.table(columns)


def _numbered(found: pa.Table) -> Table:
    """Return rows with the numbers of series and categories that have these names."""
    series, category = (found[name].combine_chunks().dictionary_encode() for name in ("series", "category"))
    series_of = {series_name(told): number for number, told in enumerate(SERIES)}
    number = np.array([series_of[name] for name in series.dictionary.to_pylist()], np.int64)
    of_series = number[series.indices.to_numpy()] if len(found) else np.empty(0, np.int64)
    names = category.dictionary.to_pylist()
    pairs, place = np.unique(of_series * (len(names) + 1) + category.indices.to_numpy(), return_inverse=True)
    within = [
        SERIES[pair // (len(names) + 1)].categories.index(names[pair % (len(names) + 1)]) for pair in pairs.tolist()
    ]
    rest = {name: found[name].to_numpy() for name in Table._fields if name not in ("series", "category")}
    return Table(series=of_series.astype(np.int16), category=np.array(within, np.int16)[place], **rest)


def _metadata(path: Path) -> dict[bytes, bytes]:
    try:
        return pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path) from error


def _is_ours(meta: dict[bytes, bytes]) -> bool:
    return meta.get(_EDITION, b"").decode() == edition()


def _read(path: Path) -> Counted:
    meta = _metadata(path)
    if not _is_ours(meta):
        update = meta.get(_UPDATE, b"").decode()
        message = (
            f"{path}: counted by another version of this program, by other rules; count it again: "
            f"ocmw indicators --store {path.parent.parent} --update {update}"
        )
        raise StoreMismatchError(message)
    try:
        found = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path) from error
    return Counted(meta[_UPDATE].decode(), int(meta[_FIRST]), _numbered(found))


def _unreadable(path: Path) -> StoreCorruptError:
    message = f"{path}: these indicators cannot be read; restore them from a copy, or replay into a new store"
    return StoreCorruptError(message)


def _path(root: Path, number: int, family: Family) -> Path:
    return root / family / f"{number:06d}.parquet"
