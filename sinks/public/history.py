"""The public history of figures: each as the public saw it, release by release, back to the first public one.

A row stands where a release says something else of a figure than the one before: its state, its published value (the
kingdom, all characteristics together) or the update that it names. ``value`` is null where nothing is published.
"""

import io
from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from sinks.errors import StoreCorruptError

HISTORY_SCHEMA = pa.schema(
    [
        pa.field("support", pa.string(), nullable=False),
        pa.field("period", pa.string(), nullable=False),
        pa.field("release", pa.int32(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("update_id", pa.string()),
        pa.field("value", pa.int64()),
    ]
)


class FigureAtRelease(NamedTuple):
    """What a release said of a figure."""

    support: str
    period: str
    release: int
    state: str
    update_id: str | None
    value: int | None


def newest(history: pa.Table) -> dict[tuple[str, str], FigureAtRelease]:
    """Return what the last release of a history says of each support and period."""
    rows = zip(*(column.to_pylist() for column in history.columns), strict=True)
    return {(one.support, one.period): one for one in (FigureAtRelease(*row) for row in rows)}


def grown(history: pa.Table, figures: Iterable[FigureAtRelease]) -> pa.Table:
    """Return a history with the figures of a further release that differ from those known."""
    known = newest(history)
    new = [one for one in figures if _differs(known.get((one.support, one.period)), one)]
    columns = zip(*new, strict=True) if new else ([] for _ in HISTORY_SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, HISTORY_SCHEMA, strict=True)]
    return pa.concat_tables([history, pa.Table.from_arrays(arrays, schema=HISTORY_SCHEMA)])


def _differs(before: FigureAtRelease | None, now: FigureAtRelease) -> bool:
    return before is None or before._replace(release=now.release) != now


def history_bytes(history: pa.Table) -> bytes:
    """Return a history as a Parquet file; the same history gives the same bytes."""
    out = io.BytesIO()
    pq.write_table(history, out, compression="zstd")
    return out.getvalue()


def read_history(data: bytes) -> pa.Table:
    """Return the history of ``history_bytes``, rows by release. Raises StoreCorruptError."""
    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowException as error:
        message = "the history of figures cannot be read; restore it from a copy"
        raise StoreCorruptError(message) from error
    return table.cast(HISTORY_SCHEMA)
