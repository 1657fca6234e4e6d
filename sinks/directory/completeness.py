"""Which OCMW sent lines about which month, as a store keeps it: a Parquet file an update, of the months it reached.

    completeness/000012.parquet    rows by month, leaf and municipality, numbers only; its metadata: months counted

Reading goes from a release backwards and takes each month where it was counted last. The file is put under its number
before the release is, and nobody reads it until then.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.arrays import Int16, Int32
from sinks.durability import put_in_place, temporary
from sinks.errors import StoreCorruptError

_MONTHS = b"months"

Sent = dict[int, Int32]
"""Rows by month (ordinal), then by (leaf, municipality number)."""


def exists(root: Path, number: int) -> bool:
    """Tell whether the completeness of an update is there."""
    return _path(root, number).exists()


def write_completeness(root: Path, number: int, months: Int16, rows: Int32) -> None:
    """Write what an update counted, whole or not at all. Raises StoreWriteError where the disk refuses."""
    month, leaf, municipality = np.nonzero(rows)
    columns = {
        "month": months[month],
        "leaf": leaf.astype(np.int8),
        "municipality": municipality.astype(np.int16),
        "rows": rows[month, leaf, municipality],
    }
    meta = {_MONTHS: json.dumps(months.tolist())}
    path = _path(root, number)
    with temporary(path) as written:
        pq.write_table(pa.table(columns).replace_schema_metadata(meta), written, compression="zstd")
        put_in_place(written, path)


def read_completeness(root: Path, number: int, months: Iterable[int], shape: tuple[int, int]) -> Sent:
    """Return some months as they stood at a release; one that no update counted is left out.

    ``shape`` is (leaves, municipalities). Raises StoreCorruptError.
    """
    wanted, found = set(months), Sent()
    for earlier in range(number, 0, -1):
        path = _path(root, earlier)
        if not wanted or not path.exists():
            continue
        counted, table = _read(path)
        for month in wanted & counted:
            found[month] = np.zeros(shape, np.int32)
            chosen = table["month"] == month
            found[month][table["leaf"][chosen], table["municipality"][chosen]] = table["rows"][chosen]
        wanted -= counted
    return found


def _read(path: Path) -> tuple[set[int], dict[str, npt.NDArray[Any]]]:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        message = f"{path}: this completeness cannot be read; restore it from a copy, or replay into a new store"
        raise StoreCorruptError(message) from error
    months = set(json.loads(table.schema.metadata[_MONTHS]))
    return months, {name: table[name].to_numpy() for name in table.column_names}


def _path(root: Path, number: int) -> Path:
    return root / "completeness" / f"{number:06d}.parquet"
