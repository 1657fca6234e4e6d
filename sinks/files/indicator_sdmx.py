"""A table of indicators as SDMX-CSV 2.0, beside its structure: one row an observation, columns in capitals.

``TIME_PERIOD`` is the reference: a month, a year, or a half-year as SDMX writes it (``2024-S1``). Codes of methods,
breakdowns and categories keep to the letters of SDMX: ``<`` is written LT, ``+`` PLUS and ``|`` two underscores.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pysdmx.io.xml.sdmx30.writer.structure import write
from pysdmx.model import (
    Codelist,
    Component,
    Components,
    Concept,
    ConceptScheme,
    Dataflow,
    DataStructureDefinition,
    DataType,
    ItemReference,
    Organisation,
    Role,
)
from pysdmx.model.message import Header

from schemas.indicators import COLUMNS, SERIES
from schemas.places import LEVELS, PLACES
from sinks.durability import put_in_place, temporary
from sinks.files.csv import write_rows
from sinks.files.indicators import NUMBERS
from sinks.files.sdmx import DATA, STRUCTURE
from sinks.files.structure import AGENCY, VERSION, code_list, joined, parted, place_names, words

FLOW = "TIME_DIMENSION"
CONCEPTS = "CS_TIME_DIMENSION"
_PREPARED = datetime(2000, 1, 1, tzinfo=UTC)
"""The structure depends on nothing but this program: two exports are the same bytes."""
_SAME_IN_ALL_ROWS = {"STRUCTURE": "dataflow", "STRUCTURE_ID": f"{AGENCY}:{FLOW}({VERSION})", "ACTION": "I"}
_CODED = ("method", "breakdown", "category")
_ATTRIBUTES = ("base", "update_id")
_LETTERS = {"<": "LT", "+": "PLUS", "|": "__"}


def write_indicator_sdmx(directory: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Write ``data.csv`` and ``structure.xml``, each whole or not at all; return the number of rows."""
    with ExitStack() as stack:
        data = stack.enter_context(temporary(directory / DATA))
        structure = stack.enter_context(temporary(directory / STRUCTURE))
        structure.write_text(structure_message(), encoding="utf-8")
        with data.open("wb") as file:
            written = write_rows(file, _schema(), _observations(batches))
        put_in_place(structure, directory / STRUCTURE)
        put_in_place(data, directory / DATA)
    return written


def code_id(text: str) -> str:
    """Return a code of ours in the letters that SDMX allows."""
    for found, letters in _LETTERS.items():
        text = text.replace(found, letters)
    return text


def component_id(column: str) -> str:
    """Return the SDMX identifier of a column."""
    return "TIME_PERIOD" if column == "reference" else column.upper()


def _schema() -> pa.Schema:
    fields = [(component_id(name), pa.int64() if name in NUMBERS else pa.string()) for name in COLUMNS]
    return pa.schema([*((name, pa.string()) for name in _SAME_IN_ALL_ROWS), *fields])


def _observations(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        same = [pa.array([text] * batch.num_rows) for text in _SAME_IN_ALL_ROWS.values()]
        told = [_column(name, batch[name]) for name in COLUMNS]
        yield pa.RecordBatch.from_arrays([*same, *told], names=_schema().names)


def _column(name: str, column: pa.Array) -> pa.Array:
    if name in NUMBERS:
        return column
    texts = column.cast(pa.string())
    if name == "reference":
        return pc.replace_substring(texts, "-H", "-S")
    for found, letters in _LETTERS.items() if name in _CODED else ():
        texts = pc.replace_substring(texts, found, letters)
    return texts


def structure_message() -> str:
    """Return the structure as XML."""
    lists = {column: code_list(column, items) for column, items in _codes().items()}
    name = joined(words("time_dimension"))
    structure = DataStructureDefinition(
        id=FLOW,
        agency=AGENCY,
        version=VERSION,
        name=name,
        components=Components([_component(column, lists.get(column)) for column in COLUMNS]),
    )
    concepts = ConceptScheme(
        id=CONCEPTS,
        agency=AGENCY,
        version=VERSION,
        name=name,
        items=[Concept(component_id(column), name=joined(words("columns", column))) for column in COLUMNS],
    )
    flow = Dataflow(id=FLOW, agency=AGENCY, version=VERSION, name=name, structure=structure)
    header = Header(id=FLOW, prepared=_PREPARED, sender=Organisation(id=AGENCY))
    return parted(str(write([*lists.values(), concepts, structure, flow], header=header)))


def _component(column: str, codes: Codelist | None) -> Component:
    identifier = component_id(column)
    measure, attribute = column == "count", column in _ATTRIBUTES
    text = DataType.LONG if column in NUMBERS else DataType.PERIOD if column == "reference" else DataType.STRING
    return Component(
        id=identifier,
        required=True,
        role=Role.MEASURE if measure else Role.ATTRIBUTE if attribute else Role.DIMENSION,
        concept=ItemReference("Concept", AGENCY, CONCEPTS, VERSION, identifier),
        local_dtype=None if codes else text,
        local_codes=codes,
        attachment_level="O" if attribute else None,
    )


def _codes() -> dict[str, dict[str, Mapping[str, str]]]:
    told = {
        "indicator": [series.indicator for series in SERIES],
        "method": [series.method for series in SERIES],
        "breakdown": [series.breakdown for series in SERIES],
        "category": [category for series in SERIES for category in series.categories],
    }
    codes: dict[str, dict[str, Mapping[str, str]]] = {
        column: {code_id(text): dict.fromkeys(("nl", "fr", "en"), _plain(text)) for text in dict.fromkeys(texts)}
        for column, texts in told.items()
    }
    codes["geo_level"] = {level: words("levels", level) for level in LEVELS}
    codes["geo"] = {nis: place_names(level, nis) for level, nis in PLACES}
    return codes


def _plain(text: str) -> str:
    """Return a code as a name that XML holds as it is."""
    return text.replace("<", "less than ")
