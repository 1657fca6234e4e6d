"""Where the rows of each table beside the figures come from, and how they are written in each format."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from schemas.datasets import DATASETS, Dataset, Format
from sinks.arrow import arrow_schema
from sinks.files.completeness import completeness_batches
from sinks.files.csv import Dialect, write_csv
from sinks.files.indicator_sdmx import write_indicator_sdmx
from sinks.files.indicator_workbook import write_indicator_workbook
from sinks.files.indicators import PARTS, TABLES, indicator_batches
from sinks.files.parquet import write_parquet
from sinks.files.selection import ExportRefusedError, Selection
from sinks.files.vintages import vintage_batches
from sinks.protocol import Store


class Rows(NamedTuple):
    """Rows of a table; ``said`` is a sentence on them for whoever exports them."""

    dataset: Dataset
    batches: Iterable[pa.RecordBatch]
    said: str = ""


def dataset_named(name: str, zone: str | None, format_: Format, options: Iterable[str]) -> Dataset:
    """Return a table by name. Raises ExportRefusedError where a zone, format or option is not of this table."""
    if name not in DATASETS:
        others = ", ".join(one for one in DATASETS if one != "figures")
        raise ExportRefusedError(f"{name!r} is no table; write {others}")
    dataset = DATASETS[name]
    for option in options:
        if option not in dataset.options:
            raise ExportRefusedError(f"{option} does not apply to the table {name}; leave it out")
    if zone is not None and zone not in dataset.zones:
        zones = " and ".join(dataset.zones)
        raise ExportRefusedError(
            f"the table {name} is of the {zones} zone, not {zone!r}; write --zone {dataset.zones[0]}"
        )
    if format_ not in dataset.formats:
        formats = " or ".join(dataset.formats)
        raise ExportRefusedError(f"this table is written as {formats}, not {format_}")
    return dataset


Source = Callable[[Store, str, int], Iterable[pa.RecordBatch]]
"""What yields the rows of a table as they stand in a zone at a release."""


def _vintages(store: Store, _zone: str, number: int) -> Iterable[pa.RecordBatch]:
    return vintage_batches(store, number)


def _completeness(store: Store, _zone: str, number: int) -> Iterable[pa.RecordBatch]:
    return completeness_batches(store, number)


def _indicators(name: str) -> Source:
    return lambda store, zone, number: indicator_batches(store, number, name, zone)


SOURCES: dict[str, Source] = {
    "vintages": _vintages,
    "completeness": _completeness,
    **{name: _indicators(name) for name in TABLES | PARTS},
}
"""Where the rows of each table that a store holds come from."""


def stored_rows(store: Store, dataset: Dataset, zone: str, number: int) -> Rows:
    """Return the rows of a table that a store holds, as they stand at a release; none where it shows nothing."""
    return Rows(dataset, SOURCES[dataset.name](store, zone, number))


def asked_for(rows: Rows, selection: Selection) -> Rows:
    """Return the rows of what was asked for; the period of an indicator is its reference."""
    return rows._replace(batches=(_kept(batch, selection) for batch in rows.batches))


def _kept(batch: pa.RecordBatch, selection: Selection) -> pa.RecordBatch:
    wanted = {
        "support": selection.supports,
        "period": selection.periods,
        "reference": selection.periods,
        "geo": {selection.ocmw} if selection.ocmw else (),
    }
    for column, values in wanted.items():
        if values and column in batch.schema.names:
            batch = batch.filter(pc.is_in(batch[column].cast(pa.string()), pa.array(values)))
    return batch


def write_table(rows: Rows, format_: Format, out: Path, dialect: Dialect) -> int:
    """Write the rows, whole or not at all, and return their number. Raises StoreWriteError where the disk refuses."""
    schema = arrow_schema(rows.dataset.columns)
    match format_:
        case "parquet":
            return write_parquet(out, schema, rows.batches)
        case "csv":
            return write_csv(out, schema, rows.batches, dialect)
        case "xlsx":
            return write_indicator_workbook(out, rows.dataset.name, rows.batches)
        case "sdmx-csv":
            return write_indicator_sdmx(out, rows.batches)
