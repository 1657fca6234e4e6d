"""A table of indicators as SDMX-CSV 2.0, beside its structure: one row an observation, columns in capitals.

``TIME_PERIOD`` is the reference: a month, a year, or a half-year as SDMX writes it (``2024-S1``). Codes of methods,
breakdowns and categories keep to the letters of SDMX: ``<`` is written LT, ``+`` PLUS and ``|`` two underscores.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from schemas.datasets import DURATION
from schemas.indicators import COLUMNS, SERIES
from schemas.places import LEVELS, PLACES
from schemas.releases import is_synthetic
from sinks.files.indicators import NUMBERS
from sinks.files.sdmx_message import Prepared, Table, code_list, component, place_names, words, write_pair

_PREPARED = datetime(2000, 1, 1, tzinfo=UTC)
"""The structure depends on nothing but this program: two exports are the same bytes."""
_CODED = ("method", "breakdown", "category")
_LETTERS = {"<": "LT", "+": "PLUS", "|": "__"}


def write_indicator_sdmx(directory: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Write ``data.csv`` and ``structure.xml``, each whole or not at all; return the number of rows."""
    types = pa.schema([(one.identifier, pa.int64() if one.number else pa.string()) for one in DURATION.columns])
    kept = list(batches)
    columns = ([_values(name, batch[name]) for name in COLUMNS] for batch in kept)
    updates = {update for batch in kept for update in batch["update_id"].cast(pa.string()).unique().to_pylist()}
    return write_pair(directory, table(), Prepared(_PREPARED, any(map(is_synthetic, updates))), types, columns)


def code_id(text: str) -> str:
    """Return a code of ours in the letters that SDMX allows."""
    for mark, letters in _LETTERS.items():
        text = text.replace(mark, letters)
    return text


def _values(name: str, column: pa.Array) -> pa.Array:
    if name in NUMBERS:
        return column
    texts = column.cast(pa.string())
    if name == "reference":
        return pc.replace_substring(texts, "-H", "-S")
    for mark, letters in _LETTERS.items() if name in _CODED else ():
        texts = pc.replace_substring(texts, mark, letters)
    return texts


def table() -> Table:
    """Return the table of all indicators."""
    lists = {column: code_list(column, items) for column, items in _codes().items()}
    described = tuple(component(column, lists.get(column.name), "O") for column in DURATION.columns)
    return Table("TIME_DIMENSION", words("time_dimension"), described)


def _codes() -> dict[str, dict[str, Mapping[str, str]]]:
    texts_of = {
        "indicator": [series.indicator for series in SERIES],
        "method": [series.method for series in SERIES],
        "breakdown": [series.breakdown for series in SERIES],
        "category": [category for series in SERIES for category in series.categories],
    }
    codes: dict[str, dict[str, Mapping[str, str]]] = {
        column: {code_id(text): dict.fromkeys(("nl", "fr", "en"), _plain(text)) for text in dict.fromkeys(texts)}
        for column, texts in texts_of.items()
    }
    codes["geo_level"] = {level: words("levels", level) for level in LEVELS}
    codes["geo"] = {nis: place_names(level, nis) for level, nis in PLACES}
    return codes


def _plain(text: str) -> str:
    """Return a code as a name that XML holds as it is."""
    return text.replace("<", "less than ")
