"""Tables as Parquet files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sinks.durability import put_in_place, temporary

ROWS_PER_GROUP = 1_000_000
"""A row group is gathered in memory: about 100 bytes a row."""


def write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write one file with these columns, whole or not at all; return the number of rows.

    Batches may hold dictionaries where the schema says string: readers see strings. Raises StoreWriteError where
    the disk refuses.
    """
    with temporary(path) as written:
        with _writer(written, schema) as writer:
            rows = sum(_write(writer, group.cast(_in_memory(schema))) for group in _groups(batches))
        put_in_place(written, path)
    return rows


def _write(writer: pq.ParquetWriter, group: pa.Table) -> int:
    writer.write_table(group, row_group_size=max(1, group.num_rows))
    return int(group.num_rows)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    numbers = {field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_integer(field.type)}
    # without the Arrow schema inside, the file says what it holds: strings, whatever the batches were
    return pq.ParquetWriter(path, _in_memory(schema), store_schema=False, use_dictionary=texts, column_encoding=numbers)


def _in_memory(schema: pa.Schema) -> pa.Schema:
    texts = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([field.with_type(texts) if pa.types.is_string(field.type) else field for field in schema])


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= ROWS_PER_GROUP:
            yield pa.Table.from_batches(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)
