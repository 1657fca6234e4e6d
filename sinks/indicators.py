"""Indicators as tables beside releases: each update keeps what it counted, in two families.

    indicators     what an update counted of the references from ``first`` on
    outcomes       the same of what reads facts too: exits and transitions; youth care is stored nowhere

An update counts again only the references that its events, or time, could change; the others stand in the table of an
earlier update. Reading a release goes from its own table backwards and takes from each the references that no newer
one counted.

Series and categories stand there by name. The table names its *edition*, a digest of all series, their categories and
the rules by which they are counted. A table of another edition is refused with a sentence, and the next update of such
a store counts all references.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from schemas.indicators import EDITION, SERIES, Table, series_name
from sinks.errors import StoreMismatchError
from sinks.protocol import Tables

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


def exists(tables: Tables, number: int, family: Family = "indicators") -> bool:
    """Tell whether the table of an update is there, in this edition."""
    table = tables.read_table(family, number, ())
    return table is not None and _is_ours(table)


def write_counted(tables: Tables, number: int, counted: Counted, family: Family = "indicators") -> None:
    """Write the table of an update, whole or not at all. Raises StoreWriteError where the disk refuses."""
    meta = {_FIRST: str(counted.first), _UPDATE: counted.update_id, _EDITION: edition()}
    tables.write_table(family, number, _named(counted.table).replace_schema_metadata(meta))


def counted_at(tables: Tables, number: int, family: Family) -> Counted | None:
    """Return what one update counted, None where it has no table. Raises StoreCorruptError, StoreMismatchError."""
    table = tables.read_table(family, number)
    return None if table is None else _read(tables, table)


def first_of(table: pa.Table) -> int:
    """Return the first reference (an ordinal) that a table counts."""
    return int(_meta(table).get(_FIRST, b"0"))


def parts_of(tables: Tables, number: int, family: Family) -> Iterator[int]:
    """Yield the numbers of the updates of which a release shows rows, newest first; none where its own counted none."""
    upper = np.iinfo(np.int16).max
    for earlier in range(number, 0, -1):
        table = tables.read_table(family, earlier, ()) if upper else None
        if table is None and earlier == number:
            return
        if table is not None:
            yield earlier
            upper = min(upper, first_of(table))


def read_release(tables: Tables, number: int, family: Family = "indicators") -> Iterator[Counted]:
    """Yield the rows that hold at a release, newest update first; nothing where its own update counted none.

    Raises StoreMismatchError where an earlier version of this program counted them.
    """
    upper = np.iinfo(np.int16).max
    for earlier in parts_of(tables, number, family):
        counted = counted_at(tables, earlier, family)
        if counted is None:
            continue
        table = counted.table
        kept = np.where(WHOLE[table.series], earlier == number, table.reference < upper)
        yield Counted(counted.update_id, counted.first, Table._make(column[kept] for column in table))
        upper = min(upper, counted.first)


@cache
def edition() -> str:
    """Return the digest of all series, their categories, and the edition of the rules by which they are counted."""
    counted_things = [EDITION, *((series_name(series), *series.categories) for series in SERIES)]
    return xxhash.xxh3_128(repr(counted_things).encode()).hexdigest()


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


def _numbered(table: pa.Table) -> Table:
    """Return rows with the numbers of series and categories that have these names."""
    series, category = (table[name].combine_chunks().dictionary_encode() for name in ("series", "category"))
    series_of = {series_name(one): number for number, one in enumerate(SERIES)}
    number = np.array([series_of[name] for name in series.dictionary.to_pylist()], np.int64)
    of_series = number[series.indices.to_numpy()] if len(table) else np.empty(0, np.int64)
    names = category.dictionary.to_pylist()
    pairs = pa.array(of_series * (len(names) + 1) + category.indices.to_numpy()).dictionary_encode()
    known = (divmod(pair, len(names) + 1) for pair in pairs.dictionary.to_pylist())
    within = [SERIES[one].categories.index(names[name]) for one, name in known]
    rest = {name: table[name].to_numpy() for name in Table._fields if name not in ("series", "category")}
    return Table(
        series=of_series.astype(np.int16), category=np.array(within, np.int16)[pairs.indices.to_numpy()], **rest
    )


def _meta(table: pa.Table) -> dict[bytes, bytes]:
    return table.schema.metadata or {}


def _is_ours(table: pa.Table) -> bool:
    return _meta(table).get(_EDITION, b"").decode() == edition()


def _read(tables: Tables, table: pa.Table) -> Counted:
    update = _meta(table).get(_UPDATE, b"").decode()
    if not _is_ours(table):
        message = (
            f"{tables.name}, indicators of update {update}: counted by another version of this program, by other "
            f"rules; count it again: ocmw indicators --store {tables.name} --update {update}"
        )
        raise StoreMismatchError(message)
    return Counted(update, first_of(table), _numbered(table))
