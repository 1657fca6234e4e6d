"""The long table as SDMX-CSV 2.0, beside its structure: one row a cell, the columns' names in capitals.

``TIME_PERIOD`` is ``2024-03``, ``2024-Q1`` or ``2024``, as SDMX writes a month, a quarter and a year. SDMX has no word
for a rolling year: it is named by its last month, ``2024-03``, and told from that month by ``PERIOD_KIND``.
"""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from schemas.datasets import FIGURES
from schemas.periods import day_in
from schemas.releases import Release, is_synthetic
from sinks.files.long_table import rows
from sinks.files.sdmx_message import Prepared, write_pair
from sinks.files.selection import Chosen, Selection, select
from sinks.files.structure import table
from sinks.protocol import BlockReader

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

    Two exports of one release are the same bytes: the structure says it was prepared in the update's reference month,
    and that it is a test where the history is synthetic.
    Raises StoreWriteError where the disk refuses.
    """
    blocks = select(release, selection) if chosen is None else chosen
    of_zone = FIGURES.shown_in(selection.zone)
    types = pa.schema([(one.identifier, pa.int64() if one.number else pa.string()) for one in of_zone])
    batches = rows(store, blocks, selection, tuple(_IN_SDMX.get(one.name, one.name) for one in of_zone))
    columns = (batch.columns for batch in batches)
    return write_pair(directory, table(selection.zone), _prepared(release), types, columns)


def _prepared(release: Release | None) -> Prepared:
    first = day_in(release.update.reference_month if release else 0, 1)
    test = release is not None and is_synthetic(release.update.update_id)
    return Prepared(datetime(first.year, first.month, 1, tzinfo=UTC), test)
