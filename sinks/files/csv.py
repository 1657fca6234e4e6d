"""Tables as CSV files, for programs and for a double click in Excel."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Literal

import pyarrow as pa
import pyarrow.csv as pc
from pyarrow import compute

from sinks.durability import put_in_place, temporary
from sinks.formulas import FORMULA

Dialect = Literal["plain", "excel"]
BYTE_ORDER_MARK = "\ufeff".encode()


def write_csv(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], dialect: Dialect = "plain") -> int:
    """Write one UTF-8 file with a header, whole or not at all; return the number of rows.

    Texts stand in quotes, a missing value is an empty field. ``plain`` separates by a comma; ``excel`` by a semicolon,
    after a byte order mark, as a Belgian Excel opens it, and no text in it is a formula. Raises StoreWriteError where
    the disk refuses.
    """
    with temporary(path) as written:
        with written.open("wb") as file:
            file.write(BYTE_ORDER_MARK if dialect == "excel" else b"")
            rows = (
                write_rows(file, schema, map(_without_formulas, batches), ";")
                if dialect == "excel"
                else write_rows(file, schema, batches)
            )
        put_in_place(written, path)
    return rows


def _without_formulas(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [_inert(column) if _is_text(column.type) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind))


def _inert(column: pa.Array) -> pa.Array:
    return compute.replace_substring_regex(column.cast(pa.string()), pattern=FORMULA, replacement=r"'\1")


def write_rows(file: IO[bytes], schema: pa.Schema, batches: Iterable[pa.RecordBatch], delimiter: str = ",") -> int:
    """Write a header and the rows to an open file; return the number of rows."""
    rows = 0
    with pc.CSVWriter(file, schema, write_options=pc.WriteOptions(delimiter=delimiter)) as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            rows += batch.num_rows
    return rows
