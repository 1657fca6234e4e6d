"""Tables as CSV files, for programs and for a double click in Excel."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Literal

import pyarrow as pa
import pyarrow.csv as pc

from sinks.durability import put_in_place, temporary

Dialect = Literal["plain", "excel"]
BYTE_ORDER_MARK = "\ufeff".encode()


def write_csv(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], dialect: Dialect = "plain") -> int:
    """Write one UTF-8 file with a header, whole or not at all; return the number of rows.

    Texts stand in quotes, a missing value is an empty field. ``plain`` separates by a comma; ``excel`` by a semicolon,
    after a byte order mark, as a Belgian Excel opens it. Raises StoreWriteError
    where the disk refuses.
    """
    with temporary(path) as written:
        with written.open("wb") as file:
            file.write(BYTE_ORDER_MARK if dialect == "excel" else b"")
            rows = write_rows(file, schema, batches, ";" if dialect == "excel" else ",")
        put_in_place(written, path)
    return rows


def write_rows(file: IO[bytes], schema: pa.Schema, batches: Iterable[pa.RecordBatch], delimiter: str = ",") -> int:
    """Write a header and the rows to an open file; return the number of rows."""
    rows = 0
    with pc.CSVWriter(file, schema, write_options=pc.WriteOptions(delimiter=delimiter)) as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            rows += batch.num_rows
    return rows
