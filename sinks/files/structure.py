"""The SDMX structure of the long table: code lists, concepts, data structure definition and dataflow (SDMX-ML 3.0).

SDMX sets two bounds to identifiers: letters, digits, ``_ @ $ -`` only, and no code twice in a list. A category
therefore carries its breakdown, ``+`` is written PLUS and ``|`` two underscores: ``age5_65PLUS``,
``sex_age5_2__18-24``. pysdmx knows names in one language: they are given to it joined, and parted in its XML.
"""

import re
from collections.abc import Mapping
from datetime import datetime

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

from schemas.breakdowns import BREAKDOWNS, CATEGORIES, RESTRICTED_BREAKDOWNS, breakdown_label, category_label
from schemas.figures import DIMENSIONS, MEASURES
from schemas.parameters import document
from schemas.places import PLACES, place_name
from schemas.supports import NODES
from sinks.files.codes import LANGUAGES, category_id
from sinks.files.long_table import columns
from sinks.files.selection import Zone

AGENCY = "OCMW"
FLOW = "SUPPORT_MEASURES"
CONCEPTS = "CS_SUPPORT_MEASURES"
VERSION = "1.0.0"

_BETWEEN = "\u241f"
_NAME = re.compile(r'<(?P<tag>\w+:Name) xml:lang="en">(?P<names>[^<]*)</(?P=tag)>')

Names = Mapping[str, str]


def component_id(column: str) -> str:
    """Return the SDMX identifier of a column of the long table."""
    return "TIME_PERIOD" if column == "period" else column.upper()


def structure_id() -> str:
    """Return how a data file names the dataflow."""
    return f"{AGENCY}:{FLOW}({VERSION})"


def structure_message(zone: Zone, prepared: datetime) -> str:
    """Return the structure of a zone as XML; ``prepared`` stands in its header, and nothing else changes it."""
    lists = _code_lists(zone)
    structure = DataStructureDefinition(
        id=FLOW,
        agency=AGENCY,
        version=VERSION,
        name=joined(words("dataflow")),
        components=Components([_component(column, lists.get(column)) for column in columns(zone)]),
    )
    flow = Dataflow(id=FLOW, agency=AGENCY, version=VERSION, name=structure.name, structure=structure)
    header = Header(id=FLOW, prepared=prepared, sender=Organisation(id=AGENCY))
    xml = write([*lists.values(), _concepts(zone), structure, flow], header=header)
    return parted(str(xml))


def words(*path: str) -> dict[str, str]:
    """Return the names of something in all languages, from the parameters of publication."""
    found = document("publication")
    for step in path:
        found = found[step]
    return found


def joined(names: Names) -> str:
    """Return names in all languages as the one that pysdmx knows; ``parted`` parts them again."""
    return _BETWEEN.join(f"{language}:{text}" for language, text in names.items())


def parted(xml: str) -> str:
    """Return XML with the joined names as one element for each language."""

    def name(found: re.Match[str]) -> str:
        tag = found["tag"]
        pairs = (one.split(":", 1) for one in found["names"].split(_BETWEEN))
        return "".join(f'<{tag} xml:lang="{language}">{text}</{tag}>' for language, text in pairs)

    return _NAME.sub(name, xml)


def _concepts(zone: Zone) -> ConceptScheme:
    items = [Concept(component_id(column), name=joined(words("columns", column))) for column in columns(zone)]
    return ConceptScheme(id=CONCEPTS, agency=AGENCY, version=VERSION, name=joined(words("dataflow")), items=items)


def _component(column: str, codes: Codelist | None) -> Component:
    identifier = component_id(column)
    role = Role.DIMENSION if column in DIMENSIONS else Role.MEASURE if column in MEASURES else Role.ATTRIBUTE
    text = DataType.LONG if column in MEASURES else DataType.STRING
    return Component(
        id=identifier,
        required=True,
        role=role,
        concept=ItemReference("Concept", AGENCY, CONCEPTS, VERSION, identifier),
        local_dtype=None if codes else DataType.PERIOD if column == "period" else text,
        local_codes=codes,
        # one state covers all cells of a support and period (G5)
        attachment_level="SUPPORT,TIME_PERIOD,PERIOD_KIND" if role is Role.ATTRIBUTE else None,
    )


def _code_lists(zone: Zone) -> dict[str, Codelist]:
    shown = [breakdown for breakdown in BREAKDOWNS if zone != "public" or breakdown not in RESTRICTED_BREAKDOWNS]
    nodes = [node for node in NODES if zone != "public" or node.public]
    codes: dict[str, dict[str, Names]] = {
        "support": {node.code: {lang: getattr(node, f"label_{lang}") for lang in LANGUAGES} for node in nodes},
        "period_kind": {kind: words("period_kinds", kind) for kind in words("period_kinds")},
        "geo_level": {level: words("levels", level) for level in words("levels")},
        "geo": {nis: place_names(level, nis) for level, nis in PLACES},
        "breakdown": {one: {lang: breakdown_label(one, lang) for lang in LANGUAGES} for one in shown},
        "category": {
            category_id(*one): {lang: category_label(*one, lang) for lang in LANGUAGES}
            for one in CATEGORIES
            if one[0] in shown
        },
        "obs_status": {status: words("statuses", status) for status in words("statuses")},
        "state": {state: words("states", state) for state in words("states")},
    }
    return {column: code_list(column, items) for column, items in codes.items()}


def code_list(column: str, items: Mapping[str, Names]) -> Codelist:
    """Return the code list of a column."""
    return Codelist(
        id=f"CL_{column.upper()}",
        agency=AGENCY,
        version=VERSION,
        name=joined(words("columns", column)),
        items=[Code(id=code, name=joined(names)) for code, names in items.items()],
    )


def place_names(level: str, nis: str) -> Names:
    """Return the names of a place in all languages."""
    # there are no official English names: those who read English find both official ones
    dutch, french = place_name(level, nis, "nl"), place_name(level, nis, "fr")
    return {"nl": dutch, "fr": french, "en": dutch if dutch == french else f"{dutch} / {french}"}
