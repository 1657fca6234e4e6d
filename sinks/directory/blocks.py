"""Block files: the blocks of one node at one update in one Parquet file, a row group per period, numbers only.

Places, categories and measures are integers without dictionary or statistics, their bytes laid out by significance
(byte stream split) and compressed by LZ4: the high bytes repeat and nearly vanish. One core writes 20 million cells a
second, 9 bytes each; delta encoding took a fifth longer and 10 bytes, zstd in place of LZ4 half as long again and 8
bytes. Labels come at export. A public file has no column for a measure that the public may not see.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.figures import Cells
from schemas.releases import BlockRef
from sinks.errors import StoreCorruptError
from sinks.protocol import BlockZone

_COLUMNS = tuple(field.name for field in fields(Cells))
_WIDE = ("amount_cents", "state_share_cents", "days")


def _schema(names: Iterable[str]) -> pa.Schema:
    return pa.schema([pa.field(name, pa.int64() if name in _WIDE else pa.int32(), nullable=False) for name in names])


_SCHEMA: dict[BlockZone, pa.Schema] = {
    "internal": _schema(_COLUMNS),
    "public": _schema(_COLUMNS[:3]),
    "hidden": _schema(_COLUMNS[:3]),
}

_FOOTERS = 256
"""Footers kept parsed, about 100 kB each at most: a national export goes back and forth between files."""


def write_block_file(path: Path, name: str, zone: BlockZone, blocks: Iterable[Cells]) -> list[BlockRef | None]:
    """Write blocks to ``path``, in the order given; return where each lies in the file, which refs call ``name``.

    A block without cells gives None; a file without cells is not made. The file is not synced. Raises ValueError when
    a public block holds what the public may not see.
    """
    refs: list[BlockRef | None] = []
    with ExitStack() as stack:
        writer = None
        group = 0
        for cells in blocks:
            refs.append(BlockRef(name, group, cells.digest(), len(cells)) if len(cells) else None)
            if len(cells):
                if writer is None:
                    file = stack.enter_context(pa.OSFile(str(path), "wb"))
                    writer = stack.enter_context(_writer(file, zone))
                writer.write_table(_table(cells, zone), row_group_size=len(cells))
                group += 1
    return refs


def _writer(file: Any, zone: BlockZone) -> Any:  # noqa: ANN401 - pyarrow has no types
    schema = _SCHEMA[zone]
    return pq.ParquetWriter(
        file,
        schema,
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
        column_encoding=dict.fromkeys(schema.names, "BYTE_STREAM_SPLIT"),
        data_page_version="2.0",
    )


def _table(cells: Cells, zone: BlockZone) -> pa.Table:
    schema = _SCHEMA[zone]
    if zone == "public":
        cells.require_public()
    columns = [_column(field, getattr(cells, field.name)) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(field: pa.Field, values: npt.NDArray[Any]) -> pa.Array:
    """Return numbers as a column without a copy: pa.array looks for nulls first, and blocks are small and many."""
    typed = np.ascontiguousarray(values, field.type.to_pandas_dtype())
    return pa.Array.from_buffers(field.type, len(typed), [None, pa.py_buffer(typed)])


@lru_cache(maxsize=_FOOTERS)
def _footer(path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    return pq.read_metadata(path, memory_map=True)


def row_groups(path: Path) -> int:
    """Return the number of blocks in a file."""
    with _whole(path):
        groups: int = _footer(path).num_row_groups
    return groups


def read_cells(path: Path, ref: BlockRef) -> Cells:
    """Return the block that ``ref`` points at in the file at ``path``; its arrays may be read-only.

    Raises StoreCorruptError when the file is gone or the cells are not those that were written.
    """
    with _whole(path), pq.ParquetFile(path, metadata=_footer(path), memory_map=True) as file:
        table = file.read_row_group(ref.group, use_threads=False)
        cells = _cells(table)
    if cells.digest() != ref.digest:
        raise StoreCorruptError(_remedy(path, "a block is not what its release says"))
    return cells


def _cells(table: pa.Table) -> Cells:
    nothing = np.zeros(table.num_rows, np.int64)
    found = {name: table.column(name).to_numpy() for name in table.column_names}
    return Cells(
        found["place"].astype(np.uint16),
        found["category"].astype(np.uint16),
        found["beneficiaries"],
        *(found.get(name, nothing) for name in _WIDE),
    )


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise StoreCorruptError(_remedy(path, "missing or torn")) from error


def _remedy(path: Path, what: str) -> str:
    return f"{path}: {what}; restore it from a copy, or run ocmw rebuild --repair"
