"""Tables that updates write beside their releases: one Parquet file an update and table, put under its number.

    indicators/000012.parquet         what update 12 counted of the time dimension (sinks/indicators.py)
    outcomes/000012.parquet           the same of what reads facts too
    indicators_hidden/000012.parquet  what of both a threshold hides from it on (sinks/public_indicators.py)
    completeness/000012.parquet       which OCMW sent lines about which month (sinks/completeness.py)

The content is a function of the log, so a file written twice is written the same. It is there before the release is,
and nobody reads it until then.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sinks.durability import put_in_place, temporary
from sinks.errors import StoreCorruptError
from sinks.protocol import Written


def write(root: Path, name: Written, number: int, table: pa.Table) -> None:
    """Write a table of an update, whole or not at all. Raises StoreWriteError where the disk refuses."""
    path = _path(root, name, number)
    with temporary(path) as written:
        numbers = [field.name for field in table.schema if pa.types.is_integer(field.type)]
        pq.write_table(
            table,
            written,
            compression="zstd",
            use_dictionary=[name for name in table.column_names if name not in numbers],
            column_encoding=dict.fromkeys(numbers, "BYTE_STREAM_SPLIT"),
        )
        put_in_place(written, path)


def read(root: Path, name: Written, number: int, columns: Sequence[str] | None = None) -> pa.Table | None:
    """Return a table of an update, or some columns; None where it wrote none. Raises StoreCorruptError."""
    path = _path(root, name, number)
    if not path.exists():
        return None
    try:
        return pq.read_table(path, columns=None if columns is None else list(columns))
    except (OSError, pa.ArrowException) as error:
        message = f"{path}: this table cannot be read; restore it from a copy, or replay into a new store"
        raise StoreCorruptError(message) from error


def _path(root: Path, name: Written, number: int) -> Path:
    return root / name / f"{number:06d}.parquet"
