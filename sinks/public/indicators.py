"""Indicators in the public tree: what each update counted, its public rows alone, in words instead of numbers.

A release shows of each family the newest count of each reference, as the store itself does
(sinks/indicators.py): the parts of its manifest are read newest first, and each gives the references that no
newer one counted.
"""

import io
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.indicators import COLUMNS, SERIES, reference_code
from schemas.places import PLACES
from schemas.public_release import IndicatorPart
from sinks.errors import StoreCorruptError
from sinks.indicators import WHOLE, Counted, Family, counted_at, parts_of, read_release
from sinks.protocol import Store, Tables
from sinks.public_indicators import public_rows, suppressed

_WHOLE = frozenset(series.indicator for series, whole in zip(SERIES, WHOLE, strict=True) if whole)
_KEYS = COLUMNS[:7]
_NUMBERS = ("count", "base")
_WRITTEN = ("series", "reference", "place", "category", "counted", "base")
_SCHEMA = pa.schema([pa.field(name, pa.int64() if name in _NUMBERS else pa.string()) for name in COLUMNS])
_SHIFT, _LOW = 16, 0xFFFF
_GROUP = 32_768
"""Rows of a row group. Rows of an indicator stand together, so whoever wants one leaves most groups unread."""
_Numbers = npt.NDArray[Any]


def public_part(tables: Tables, number: int, family: Family) -> tuple[Counted, bytes] | None:
    """Return what an update counted, and its public rows as a Parquet file; None where it counted nothing."""
    counted = counted_at(tables, number, family)
    return None if counted is None else (counted, _bytes(public_rows(counted)))


def parts_under_threshold(
    store: Store, number: int, family: Family, threshold: int
) -> Iterator[tuple[int, Counted, bytes]]:
    """Yield by update what a release shows of it, newest first: its number, its rows, and these as a Parquet file.

    A part holds no row that a newer one counted again: what shows depends on the release, so each has parts of its own.
    """
    numbers = list(parts_of(store, number, family))
    parts = [public_rows(counted) for counted in read_release(store, number, family)]
    for earlier, counted in zip(numbers, suppressed(store, number, parts, threshold), strict=True):
        yield earlier, counted, _bytes(counted)


def _bytes(counted: Counted) -> bytes:
    """Return rows of public places as a Parquet file."""
    series, reference, place, category, counts, base = (getattr(counted.table, name) for name in _WRITTEN)
    texts = {
        "indicator": _by(series, lambda key: SERIES[key].indicator),
        "method": _by(series, lambda key: SERIES[key].method),
        "breakdown": _by(series, lambda key: SERIES[key].breakdown),
        "geo_level": _by(place, lambda key: PLACES[key][0]),
        "geo": _by(place, lambda key: PLACES[key][1]),
        "reference": _pairs(series, reference, lambda one, month: reference_code(SERIES[one], month)),
        "category": _pairs(series, category, lambda one, number: SERIES[one].categories[number]),
    }
    numbers = {
        "month": pa.array(reference.astype(np.int16)),
        "count": pa.array(counts.astype(np.int64)),
        "base": pa.array(base.astype(np.int64)),
    }
    out = io.BytesIO()
    pq.write_table(pa.table({**texts, **numbers}), out, compression="zstd", row_group_size=_GROUP)
    return out.getvalue()


def _by(numbers: _Numbers, text: Callable[[int], str]) -> pa.Array:
    """Return the text of each number, asked for once for each that occurs."""
    known = pa.array(numbers).dictionary_encode()
    words = pa.array([text(number) for number in known.dictionary.to_pylist()], pa.string())
    # plain, for what Parquet makes of a dictionary differs from time to time, and a file has the name of its content
    return words.take(known.indices)


def _pairs(series: _Numbers, values: _Numbers, text: Callable[[int, int], str]) -> pa.Array:
    pairs = series.astype(np.int64) << _SHIFT | values.astype(np.int64)
    return _by(pairs, lambda pair: text(pair >> _SHIFT, pair & _LOW))


def read_part(data: bytes, indicators: Collection[str] | None = None) -> pa.Table:
    """Return the rows of a part: all, or at least those of some indicators. Raises StoreCorruptError."""
    try:
        file = pq.ParquetFile(io.BytesIO(data), read_dictionary=_KEYS)
        groups = [number for number in range(file.num_row_groups) if _may_hold(file, number, indicators)]
        return file.read_row_groups(groups, use_threads=False)  # so small that threads cost more than they give
    except pa.ArrowException as error:
        message = "a file of indicators cannot be read; restore it from a copy"
        raise StoreCorruptError(message) from error


def _may_hold(file: pq.ParquetFile, group: int, indicators: Collection[str] | None) -> bool:
    """Tell whether a row group may hold some of these indicators, by the least and the greatest that it holds."""
    bounds = file.metadata.row_group(group).column(file.schema_arrow.get_field_index("indicator")).statistics
    if indicators is None or bounds is None or not bounds.has_min_max:
        return True
    return any(bounds.min <= one <= bounds.max for one in indicators)


def shown_rows(parts: list[tuple[IndicatorPart, pa.Table]], indicator: str | None = None) -> pa.Table:
    """Return the rows that hold at a release, from the parts of one family, newest first; columns of the contract.

    ``indicator`` keeps the rows of one alone; default all, which takes seconds where there are many.
    """
    kept = []
    upper = np.iinfo(np.int16).max
    for place, (part, table) in enumerate(parts):
        month = pc.cast(table["month"], pa.int32())
        whole = pc.is_in(table["indicator"].cast(pa.string()), pa.array(sorted(_WHOLE)))
        chosen = pc.if_else(whole, place == 0, pc.less(month, int(upper)))
        if indicator is not None:
            chosen = pc.and_(chosen, pc.equal(table["indicator"].cast(pa.string()), indicator))
        rows = table.filter(chosen)
        kept.append(rows.append_column("update_id", pa.array([part.update_id] * len(rows), pa.string())))
        upper = min(upper, part.first)
    if not kept:
        return _SCHEMA.empty_table()
    plain = [rows.select(COLUMNS).cast(_SCHEMA) for rows in kept]
    return pa.concat_tables(plain).sort_by([(name, "ascending") for name in _KEYS])
