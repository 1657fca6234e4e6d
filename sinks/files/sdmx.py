"""The long table as SDMX-CSV 2.0, beside its structure: one row a cell, the columns' names in capitals.

``TIME_PERIOD`` is ``2024-03``, ``2024-Q1`` or ``2024``, as SDMX writes a month, a quarter and a year. SDMX has no word
for a rolling year: it is named by its last month, ``2024-03``, and told from that month by ``PERIOD_KIND``.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from schemas.figures import MEASURES
from schemas.periods import day_in
from schemas.releases import Release
from sinks.durability import put_in_place, temporary
from sinks.files.csv import write_rows
from sinks.files.long_table import columns, rows
from sinks.files.selection import Chosen, Selection, Zone, select
from sinks.files.structure import component_id, structure_id, structure_message
from sinks.protocol import BlockReader

DATA = "data.csv"
STRUCTURE = "structure.xml"

_SAME_IN_ALL_ROWS = {"STRUCTURE": "dataflow", "STRUCTURE_ID": structure_id(), "ACTION": "I"}
_IN_SDMX = {"period": "TIME_PERIOD", "category": "CATEGORY"}


def write_sdmx(
    directory: Path,
    store: BlockReader,
    release: Release | None,
    selection: Selection,
    chosen: tuple[Chosen, ...] | None = None,
) -> int:
    """Write ``data.csv`` and ``structure.xml``, each whole or not at all; return the number of rows.

    ``chosen`` are the blocks to write, by default those of the release that the selection holds.

    Two exports of one release are the same bytes: the structure says it was prepared in the update's reference month.
    Raises StoreWriteError where the disk refuses.
    """
    blocks = select(release, selection) if chosen is None else chosen
    with ExitStack() as stack:
        data = stack.enter_context(temporary(directory / DATA))
        structure = stack.enter_context(temporary(directory / STRUCTURE))
        structure.write_text(structure_message(selection.zone, _prepared(release)), encoding="utf-8")
        with data.open("wb") as file:
            written = write_rows(file, data_schema(selection.zone), _observations(store, blocks, selection))
        put_in_place(structure, directory / STRUCTURE)
        put_in_place(data, directory / DATA)
    return written


def data_schema(zone: Zone) -> pa.Schema:
    """Return the columns of ``data.csv``."""
    fields = [(component_id(name), pa.int64() if name in MEASURES else pa.string()) for name in columns(zone)]
    return pa.schema([*((name, pa.string()) for name in _SAME_IN_ALL_ROWS), *fields])


def _observations(store: BlockReader, chosen: tuple[Chosen, ...], selection: Selection) -> Iterator[pa.RecordBatch]:
    names = tuple(_IN_SDMX.get(name, name) for name in columns(selection.zone))
    for batch in rows(store, chosen, selection, names):
        same = [pa.array([text] * batch.num_rows) for text in _SAME_IN_ALL_ROWS.values()]
        yield pa.RecordBatch.from_arrays([*same, *batch.columns], schema=None, names=data_schema(selection.zone).names)


def _prepared(release: Release | None) -> datetime:
    first = day_in(release.update.reference_month if release else 0, 1)
    return datetime(first.year, first.month, 1, tzinfo=UTC)
