"""The public tables in SDMX-ML 2.1, for SDMX REST: structures, and data as GenericData.

In SDMX 2.1 a table has one measure, and it is called OBS_VALUE; what a file of SDMX 3.0 calls BENEFICIARIES or COUNT is
that here. Category codes carry their breakdown, as in those files (sinks/files/structure.py).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd
from pysdmx.io.pd import PandasDataset
from pysdmx.io.xml.sdmx21.writer.generic import write as write_generic
from pysdmx.io.xml.sdmx21.writer.structure import write as write_structure
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
    Schema,
)
from pysdmx.model.dataset import ActionType
from pysdmx.model.message import Header

from sinks.files import indicator_sdmx, structure
from sinks.files.sdmx_message import AGENCY, VERSION, Column, Prepared, Table, joined, parted, words

MEASURE = "OBS_VALUE"
FLOWS = ("SUPPORT_MEASURES", "TIME_DIMENSION")
_FURTHER = (("CONF_STATUS", "conf_status"), ("COMMENT", "comment"))
"""Attributes that say why there is no value: suppressed, or no claim received."""


@cache
def columns(flow: str) -> tuple[Column, ...]:
    """Return the columns of a flow as SDMX 2.1 has them, the time dimension last of its dimensions."""
    declared = [_apart(one, flow) for one in _table(flow).columns]
    dimensions = [one for one in declared if one.role is Role.DIMENSION]
    ordered = sorted(dimensions, key=lambda one: one.type is DataType.PERIOD)
    measures = [one._replace(identifier=MEASURE) for one in declared if one.role is Role.MEASURE][:1]
    others = [one._replace(role=Role.ATTRIBUTE, attached="O") for one in declared if one.role is Role.MEASURE][1:]
    attributes = [one._replace(attached="O") for one in declared if one.role is Role.ATTRIBUTE]
    attributes = [_with_missing(one) for one in attributes]
    further = [Column(name, identifier, Role.ATTRIBUTE, DataType.STRING, None, "O") for identifier, name in _FURTHER]
    return (*ordered, *measures, *others, *attributes, *(further if flow == FLOWS[0] else ()))


def _with_missing(column: Column) -> Column:
    """Return a column; the status of observations may say that one is missing (a municipality without an OCMW)."""
    if column.identifier != "OBS_STATUS" or column.codes is None:
        return column
    missing = Code(id="M", name=joined({"nl": "ontbreekt", "fr": "manquant", "en": "missing"}))
    return column._replace(codes=_named(column.codes, column.codes.id, (*column.codes.items, missing)))


def _named(codes: Codelist, identifier: str, items: Sequence[Code]) -> Codelist:
    return Codelist(id=identifier, agency=AGENCY, version=VERSION, name=codes.name, items=list(items))


def _apart(column: Column, flow: str) -> Column:
    """Return a column; its code list gets a name of its own where the other flow has a list of that name."""
    if flow == FLOWS[0] or column.codes is None or column.identifier in ("GEO", "GEO_LEVEL"):
        return column
    return column._replace(codes=_named(column.codes, f"CL_TIME_{column.identifier}", column.codes.items))


def _table(flow: str) -> Table:
    return structure.table("public") if flow == FLOWS[0] else indicator_sdmx.table()


def dimensions(flow: str) -> tuple[str, ...]:
    """Return the dimensions of a flow in the order of its key, without time."""
    return tuple(
        one.identifier for one in columns(flow) if one.role is Role.DIMENSION and one.type is not DataType.PERIOD
    )


@cache
def _parts(flow: str) -> tuple[Dataflow, DataStructureDefinition, ConceptScheme, tuple[Codelist, ...]]:
    table, held = _table(flow), columns(flow)
    lists = {one.codes.id: one.codes for one in held if one.codes}
    concepts = [Concept(one.identifier, name=joined(_names(one))) for one in held]
    scheme = ConceptScheme(id=table.concepts, agency=AGENCY, version=VERSION, name=joined(table.names), items=concepts)
    definition = DataStructureDefinition(
        id=flow,
        agency=AGENCY,
        version=VERSION,
        name=joined(table.names),
        components=Components([_component(table, one) for one in held]),
    )
    described = Dataflow(id=flow, agency=AGENCY, version=VERSION, name=joined(table.names), structure=definition)
    return described, definition, scheme, tuple(lists.values())


def _names(column: Column) -> Mapping[str, str]:
    known = words("columns")
    return words("columns", column.name) if column.name in known else {"en": column.identifier}


def _component(table: Table, column: Column) -> Component:
    return Component(
        id=column.identifier,
        required=column.role is Role.DIMENSION,
        role=column.role,
        concept=ItemReference("Concept", AGENCY, table.concepts, VERSION, column.identifier),
        local_dtype=None if column.codes else column.type,
        local_codes=column.codes,
        attachment_level=column.attached,
    )


def structures(kind: str, identifier: str, references: str, prepared: Prepared) -> str | None:
    """Return a structure message: of a kind, one or all (``all``), with what it refers to; None for no such thing.

    ``kind`` is dataflow, datastructure, codelist or conceptscheme, ``references`` none, children or all.
    """
    chosen: dict[str, Any] = {}
    for flow in FLOWS:
        described, definition, scheme, lists = _parts(flow)
        by_kind: dict[str, list[Any]] = {
            "dataflow": [described],
            "datastructure": [definition],
            "conceptscheme": [scheme],
            "codelist": list(lists),
        }
        own = [one for one in by_kind[kind] if identifier in ("all", one.id)]
        below_kind: dict[str, list[Any]] = {
            "dataflow": [definition],
            "datastructure": [scheme, *lists],
            "conceptscheme": [],
            "codelist": [],
        }
        every = [*lists, scheme, definition, described]
        further: dict[str, list[Any]] = {"none": [], "children": below_kind[kind], "all": every}
        wanted = further[references] if own else []
        for one in (*own, *wanted):
            chosen[f"{type(one).__name__} {one.id}"] = one
    if not chosen:
        return None
    order = (Codelist, ConceptScheme, DataStructureDefinition, Dataflow)
    ordered = sorted(chosen.values(), key=lambda one: (order.index(type(one)), one.id))
    header = _header(prepared)
    return parted(str(write_structure(ordered, header=header)))


def generic(
    flow: str, sets: Sequence[tuple[str | None, Sequence[Mapping[str, Any]]]], prepared: Prepared, across: str
) -> str:
    """Return observations as GenericData: (valid from, rows) of each data set; ``across`` is the dimension at them."""
    _, definition, _, _ = _parts(flow)
    schema = Schema(context="datastructure", agency=AGENCY, id=flow, components=definition.components, version=VERSION)
    names = [one.identifier for one in columns(flow)]
    header = _header(prepared)
    dimension = None if across == "AllDimensions" else {schema.short_urn: across}

    def message(rows: Sequence[Mapping[str, Any]]) -> str:
        frame = pd.DataFrame(rows, columns=names).dropna(axis=1, how="all")
        if "OBS_VALUE" not in frame:  # pysdmx wants the column, be it of nothing: all hidden, or keys alone
            frame["OBS_VALUE"] = ""
        held = PandasDataset(structure=schema, action=ActionType.Information, data=frame)
        return str(write_generic([held], header=header, dimension_at_observation=dimension))

    return _joined_sets([(since, message(rows)) for since, rows in sets])


def _header(prepared: Prepared) -> Header:
    return Header(id="OCMW", prepared=prepared.at, test=prepared.test, sender=Organisation(id=AGENCY))


def _joined_sets(messages: Sequence[tuple[str | None, str]]) -> str:
    """Return messages of one flow as one, for pysdmx writes one data set of a flow in a message.

    Each data set says since when it was valid, where that is known.
    """
    data_sets = [
        (since, re.search(r"\t?<(\w+:)?DataSet.*</(\w+:)?DataSet>\n?", text, re.DOTALL)) for since, text in messages
    ]
    bodies = [_valid_from(body.group(0), since) for since, body in data_sets if body]
    start, first = messages[0][1], data_sets[0][1]
    return start if first is None else start[: first.start()] + "".join(bodies) + start[first.end() :]


def _valid_from(body: str, since: str | None) -> str:
    return body if since is None else re.sub(r"DataSet ", f'DataSet validFromDate="{since}" ', body, count=1)
