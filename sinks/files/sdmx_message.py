"""What all our tables have in common in SDMX: the message of a structure (SDMX-ML 3.0), and the two files of a table.

SDMX sets two bounds to identifiers: letters, digits, ``_ @ $ -`` only, and no code twice in a list. pysdmx knows names
in one language: they are given to it joined, and parted in its XML.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pysdmx.io.xml.sdmx30.writer.structure import write
from pysdmx.model import (
    Code,
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

from schemas.datasets import Column as Declared
from schemas.parameters import document
from schemas.places import place_name
from sinks.durability import put_in_place, temporary
from sinks.files.csv import write_rows

AGENCY = "OCMW"
VERSION = "1.0.0"
DATA = "data.csv"
STRUCTURE = "structure.xml"

_BETWEEN = "\u241f"
_NAME = re.compile(r'<(?P<tag>\w+:Name) xml:lang="en">(?P<names>[^<]*)</(?P=tag)>')

Names = Mapping[str, str]


class Column(NamedTuple):
    """A column of a table: its name with us and in SDMX, what it is, the type of its values, and its codes if coded.

    ``attached`` says what an attribute belongs to, as SDMX writes it.
    """

    name: str
    identifier: str
    role: Role
    type: DataType
    codes: Codelist | None = None
    attached: str | None = None


def component(column: Declared, codes: Codelist | None, attached: str) -> Column:
    """Return a declared column as SDMX knows it; ``attached`` is what its attributes belong to."""
    kind = DataType.LONG if column.number else DataType.PERIOD if column.time else DataType.STRING
    role = Role[column.role.upper()]
    return Column(column.name, column.identifier, role, kind, codes, attached if role is Role.ATTRIBUTE else None)


class Table(NamedTuple):
    """A table as SDMX knows it: the identifier of its dataflow and structure, its names, and its columns in order."""

    flow: str
    names: Names
    columns: tuple[Column, ...]

    @property
    def concepts(self) -> str:
        """The identifier of the scheme that its columns' concepts stand in."""
        return f"CS_{self.flow}"

    def message(self, prepared: datetime, *, test: bool = False) -> str:
        """Return the structure as XML; nothing but ``prepared`` and ``test`` in its header changes it."""
        lists = [column.codes for column in self.columns if column.codes]
        concepts = [Concept(column.identifier, name=joined(words("columns", column.name))) for column in self.columns]
        name = joined(self.names)
        structure = DataStructureDefinition(
            id=self.flow,
            agency=AGENCY,
            version=VERSION,
            name=name,
            components=Components([self._component(column) for column in self._time_last()]),
        )
        scheme = ConceptScheme(id=self.concepts, agency=AGENCY, version=VERSION, name=name, items=concepts)
        flow = Dataflow(id=self.flow, agency=AGENCY, version=VERSION, name=name, structure=structure)
        header = Header(id=self.flow, prepared=prepared, test=test, sender=Organisation(id=AGENCY))
        return parted(str(write([*lists, scheme, structure, flow], header=header)))

    def _time_last(self) -> list[Column]:
        # the schema of SDMX-ML wants the time dimension after all others; a file's columns keep their own order
        return sorted(self.columns, key=lambda column: column.type is DataType.PERIOD)

    def _component(self, column: Column) -> Component:
        return Component(
            id=column.identifier,
            required=True,
            role=column.role,
            concept=ItemReference("Concept", AGENCY, self.concepts, VERSION, column.identifier),
            local_dtype=None if column.codes else column.type,
            local_codes=column.codes,
            attachment_level=column.attached,
        )


def words(*path: str) -> dict[str, str]:
    """Return the names of something in all languages, from the parameters of publication."""
    part = document("publication")
    for step in path:
        part = part[step]
    return part


def place_names(level: str, nis: str) -> Names:
    """Return the names of a place in all languages."""
    # there are no official English names: those who read English find both official ones
    dutch, french = place_name(level, nis, "nl"), place_name(level, nis, "fr")
    return {"nl": dutch, "fr": french, "en": dutch if dutch == french else f"{dutch} / {french}"}


def code_list(column: str, items: Mapping[str, Names]) -> Codelist:
    """Return the code list of a column."""
    return Codelist(
        id=f"CL_{column.upper()}",
        agency=AGENCY,
        version=VERSION,
        name=joined(words("columns", column)),
        items=[Code(id=code, name=joined(names)) for code, names in items.items()],
    )


def joined(names: Names) -> str:
    """Return names in all languages as the one that pysdmx knows; ``parted`` parts them again."""
    return _BETWEEN.join(f"{language}:{text}" for language, text in names.items())


def parted(xml: str) -> str:
    """Return XML with the joined names as one element for each language."""

    def name(match: re.Match[str]) -> str:
        tag = match["tag"]
        pairs = (one.split(":", 1) for one in match["names"].split(_BETWEEN))
        return "".join(f'<{tag} xml:lang="{language}">{text}</{tag}>' for language, text in pairs)

    return _NAME.sub(name, xml)


class Prepared(NamedTuple):
    """What the header of a message says beside what it holds: when it was made, and whether it is a test alone."""

    at: datetime
    test: bool = False


def write_pair(
    directory: Path, table: Table, prepared: Prepared, columns: pa.Schema, batches: Iterable[list[pa.Array]]
) -> int:
    """Write ``data.csv`` and ``structure.xml``, each whole or not at all; return the number of rows.

    ``batches`` are the columns of some rows each; what SDMX-CSV says in every row comes before them. Raises
    StoreWriteError where the disk refuses.
    """
    same = {"STRUCTURE": "dataflow", "STRUCTURE_ID": f"{AGENCY}:{table.flow}({VERSION})", "ACTION": "I"}
    schema = pa.schema([*((name, pa.string()) for name in same), *columns])

    def observations() -> Iterator[pa.RecordBatch]:
        for columns_of_batch in batches:
            said = [pa.array([text] * len(columns_of_batch[0])) for text in same.values()]
            yield pa.RecordBatch.from_arrays([*said, *columns_of_batch], names=schema.names)

    with ExitStack() as stack:
        data = stack.enter_context(temporary(directory / DATA))
        structure = stack.enter_context(temporary(directory / STRUCTURE))
        structure.write_text(table.message(prepared.at, test=prepared.test), encoding="utf-8")
        with data.open("wb") as file:
            written = write_rows(file, schema, observations())
        put_in_place(structure, directory / STRUCTURE)
        put_in_place(data, directory / DATA)
    return written
