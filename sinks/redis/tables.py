"""Tables beside releases in Redis: Parquet, a value for each update that wrote one.

    ocmw:restricted:table:<edition>:indicators:12     what update 12 counted of the time dimension
    ocmw:restricted:table:<edition>:outcomes:12       the same of what reads facts too

A value never changes: it is a function of the log, and of the edition that its name holds (sinks/indicators.py). The
public zone has its indicators with the public tree (tree.py), cut to what the public may see.
"""

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sinks.errors import StoreCorruptError
from sinks.indicators import edition
from sinks.protocol import TableName, Written
from sinks.redis.names import explained, prefix
from sinks.zones import ReadZone


class RedisTables:
    """The ``sinks.protocol.Tables`` of one zone; vintages are internal and stand in none."""

    def __init__(self, client: Any, zone: ReadZone) -> None:  # noqa: ANN401 - see sinks.redis.store.connect
        """Take a client of ``connect`` that may read the zone, and write it where tables are written."""
        self.name = f"Redis, zone {zone}"
        self._client = client
        self._zone: ReadZone = zone

    def key(self, name: TableName, number: int) -> str:
        """Return the key under which the table of an update stands, were it there or not."""
        return f"{prefix(self._zone)}table:{edition()[:8]}:{name}:{number}"

    def write_table(self, name: Written, number: int, table: pa.Table) -> None:
        """Keep a table that an update wrote; see ``sinks.protocol.Tables``."""
        out = io.BytesIO()
        pq.write_table(table, out, compression="zstd")
        with explained():
            self._client.set(self.key(name, number), out.getvalue())

    def read_table(self, name: TableName, number: int, columns: Sequence[str] | None = None) -> pa.Table | None:
        """Return a table of an update; see ``sinks.protocol.Tables``."""
        key = self.key(name, number)
        with explained():
            data: bytes | None = self._client.get(key)
        if data is None:
            return None
        try:
            return pq.read_table(io.BytesIO(data), columns=None if columns is None else list(columns))
        except (OSError, pa.ArrowException) as error:
            raise StoreCorruptError(f"Redis: {key} cannot be read; delete it, then run ocmw redis-fill") from error
