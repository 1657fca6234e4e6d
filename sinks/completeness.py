"""Which OCMW sent lines about which month: a table beside each release, of the months that its update reached.

Rows stand by month, leaf and municipality, numbers only; the metadata names the months counted. Reading goes backwards
from a release and takes each month from the update that counted it last.
"""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.arrays import Int16, Int32
from sinks.protocol import Tables

_MONTHS = b"months"

Sent = dict[int, Int32]
"""Rows by month (ordinal), then by (leaf, municipality number)."""


def exists(tables: Tables, number: int) -> bool:
    """Tell whether the completeness of an update is there."""
    return tables.read_table("completeness", number, ()) is not None


def write_completeness(tables: Tables, number: int, months: Int16, rows: Int32) -> None:
    """Write what an update counted, whole or not at all. Raises StoreWriteError where the disk refuses."""
    month, leaf, municipality = np.nonzero(rows)
    columns = {
        "month": months[month],
        "leaf": leaf.astype(np.int8),
        "municipality": municipality.astype(np.int16),
        "rows": rows[month, leaf, municipality],
    }
    meta = {_MONTHS: json.dumps(months.tolist())}
    tables.write_table("completeness", number, pa.table(columns).replace_schema_metadata(meta))


def read_completeness(tables: Tables, number: int, months: Iterable[int], shape: tuple[int, int]) -> Sent:
    """Return some months as they stood at a release; one that no update counted is left out.

    ``shape`` is (leaves, municipalities). Raises StoreCorruptError.
    """
    wanted, counts = set(months), Sent()
    for earlier in range(number, 0, -1):
        stored = tables.read_table("completeness", earlier) if wanted else None
        if stored is None:
            continue
        counted, table = _read(stored)
        for month in wanted & counted:
            counts[month] = np.zeros(shape, np.int32)
            chosen = table["month"] == month
            counts[month][table["leaf"][chosen], table["municipality"][chosen]] = table["rows"][chosen]
        wanted -= counted
    return counts


def counted_lines(tables: Tables, number: int, shape: tuple[int, int]) -> Sent:
    """Return what one update counted, by month; nothing where it counted nothing. Raises StoreCorruptError."""
    stored = tables.read_table("completeness", number)
    if stored is None:
        return {}
    counted, table = _read(stored)
    counts = {month: np.zeros(shape, np.int32) for month in counted}
    columns = (table[name].tolist() for name in ("month", "leaf", "municipality", "rows"))
    for month, leaf, municipality, rows in zip(*columns, strict=True):
        counts[month][leaf, municipality] = rows
    return counts


def _read(stored: pa.Table) -> tuple[set[int], dict[str, npt.NDArray[Any]]]:
    months = set(json.loads(stored.schema.metadata[_MONTHS]))
    return months, {name: stored[name].to_numpy() for name in stored.column_names}
