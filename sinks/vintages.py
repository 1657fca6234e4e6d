"""The revision triangle as a table: what each update said of each figure (G2)."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.datasets import VINTAGES
from schemas.periods import to_yyyymm
from schemas.releases import Release
from sinks.arrow import arrow_schema
from sinks.errors import StoreCorruptError

VINTAGE_SCHEMA = arrow_schema(VINTAGES.columns)


def vintage_table(release: Release) -> pa.Table:
    """Return the vintages of one release, a row for each node and period known, sorted by support and period."""
    update = release.update
    rows = [
        (
            support,
            period.code,
            period.kind,
            update.update_id,
            update.sequence,
            to_yyyymm(update.reference_month),
            entry.vintage.value,
            entry.vintage.previous,
            str(entry.vintage.state),
            entry.vintage.published_value,
            entry.vintage.published_update,
        )
        for (support, period), entry in release.entries.items()
    ]
    rows.sort(key=lambda row: row[:2])
    columns = zip(*rows, strict=True) if rows else ([] for _ in VINTAGES.columns)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, VINTAGE_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=VINTAGE_SCHEMA)


def write_vintages(path: Path, release: Release) -> None:
    """Write the vintages of one release; the file is not synced."""
    pq.write_table(vintage_table(release), path, compression="zstd", write_page_checksum=True)


def read_vintages(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read the vintages of one release, or some columns. Raises StoreCorruptError for a file missing or torn."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(columns=None if columns is None else list(columns), use_threads=False)
            return table.cast(pa.schema([VINTAGE_SCHEMA.field(name) for name in table.column_names]))
    except (OSError, pa.ArrowException) as error:
        message = f"{path}: these vintages cannot be read; restore them from a copy, or replay into a new store"
        raise StoreCorruptError(message) from error
