"""The indicators of the time dimension as a long table: one row a category, labels from numbers."""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.datasets import DURATION
from schemas.indicators import COLUMNS, SERIES, Series, Table, reference_code
from schemas.places import PLACES
from sinks.arrow import arrow_schema
from sinks.files.selection import ExportRefusedError
from sinks.indicators import Counted, Family, read_release
from sinks.protocol import Store
from sinks.public_indicators import PUBLIC_PLACE, suppressed

TABLES: dict[str, frozenset[str]] = {
    "duration": frozenset({"duration", "duration_difference", "quartiles", "survival"}),
    "spells": frozenset({"spells"}),
    "reentry": frozenset({"reentry"}),
    "exit_to_work": frozenset({"exit_to_work"}),
    "transitions": frozenset({"transitions"}),
}
"""Tables of an export that a store holds, and the indicators of each."""
PARTS: dict[str, frozenset[str]] = {"quartiles": frozenset({"quartiles"}), "survival": frozenset({"survival"})}
"""Parts of these tables that are tables too."""
YOUTH_TABLE = "youth_care"
"""A table that no store holds: it is counted when it is asked for, with an approval on record."""
NUMBERS = tuple(column.name for column in DURATION.columns if column.number)
INDICATOR_SCHEMA = arrow_schema(DURATION.columns)

IndicatorZone = Literal["public", "restricted"]
_Codes = npt.NDArray[np.int32]


def indicator_batches(store: Store, release: int, table: str, zone: str) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one table at a release, sorted by their key columns; none where nothing is shown.

    Public: kingdom to arrondissement, and the 13 centre cities; restricted: all places. Raises ExportRefusedError for
    another table or zone.
    """
    if table not in TABLES | PARTS:
        message = f"{table!r} is no table of indicators; write {', '.join(TABLES | PARTS)}"
        raise ExportRefusedError(message)
    if zone not in ("public", "restricted"):
        message = f"indicators stand in the zones public and restricted, not in {zone!r}"
        raise ExportRefusedError(message)
    family: Family = "outcomes" if table in ("exit_to_work", "transitions") else "indicators"
    parts = [_chosen(counted, table, zone) for counted in read_release(store, release, family)]
    threshold = store.settings.threshold if zone == "public" and parts else None
    yield from batches_of(parts if threshold is None else suppressed(store, release, parts, threshold))


def batches_of(parts: list[Counted]) -> Iterator[pa.RecordBatch]:
    """Yield the rows that updates counted as one batch, sorted by their key columns; no batch where there are none."""
    if parts:
        yield _batch(parts)


def _chosen(counted: Counted, table: str, zone: str) -> Counted:
    mask = np.array([series.indicator in (TABLES | PARTS)[table] for series in SERIES])[counted.table.series]
    if zone == "public":
        mask &= PUBLIC_PLACE[counted.table.place]
    kept = Table._make(column[mask] for column in counted.table)
    return Counted(counted.update_id, counted.first, kept)


def _batch(parts: list[Counted]) -> pa.RecordBatch:
    rows = Table._make(map(np.concatenate, zip(*(part.table for part in parts), strict=True)))
    updates = np.repeat(np.arange(len(parts)), [len(part.table.series) for part in parts])
    columns = [
        _coded(rows.series, lambda number: SERIES[number].indicator),
        _coded(rows.series, lambda number: SERIES[number].method),
        _coded(_pair(rows.series, rows.reference), lambda pair: reference_code(*_series_and(pair))),
        _coded(rows.place, lambda number: PLACES[number][0]),
        _coded(rows.place, lambda number: PLACES[number][1]),
        _coded(rows.series, lambda number: SERIES[number].breakdown),
        _coded(_pair(rows.series, rows.category), _category),
    ]
    order = np.lexsort([codes for codes, _ in reversed(columns)])
    texts = [pa.DictionaryArray.from_arrays(codes[order], labels) for codes, labels in columns]
    update = pa.DictionaryArray.from_arrays(updates[order].astype(np.int32), [part.update_id for part in parts])
    numbers = [pa.array(column[order].astype(np.int64)) for column in (rows.counted, rows.base)]
    return pa.RecordBatch.from_arrays([*texts, *numbers, update], list(COLUMNS))


_SHIFT = 16


def _pair(series: npt.NDArray[np.int16], value: npt.NDArray[np.int16]) -> npt.NDArray[np.int64]:
    return series.astype(np.int64) << _SHIFT | value


def _series_and(pair: int) -> tuple[Series, int]:
    return SERIES[pair >> _SHIFT], pair & ((1 << _SHIFT) - 1)


def _category(pair: int) -> str:
    series, category = _series_and(pair)
    return series.categories[category]


def _coded(numbers: npt.NDArray[np.integer], label: Callable[[int], str]) -> tuple[_Codes, list[str]]:
    """Return codes into labels that are sorted as text; each distinct number is labelled once."""
    distinct, place = np.unique(numbers, return_inverse=True)
    labels = [label(number) for number in distinct.tolist()]
    ascending = sorted(set(labels))
    code = np.array([ascending.index(text) for text in labels], np.int32)
    return code[place], ascending
