"""What stood in the program when a release was published: definitions, words, population and map, frozen with it."""

import json
from importlib.resources import files

from schemas.parameters import document, table

DOCUMENTS = ("supports", "categories", "breaks", "indicators", "publication", "limits")
TABLES = ("nis", "nis_changes", "nis_hierarchy", "municipality_names", "centrumsteden", "eu_membership")


def frozen() -> dict[str, bytes]:
    """Return the content of each table that is frozen, by name; the same program gives the same bytes."""
    definitions = {
        "documents": {name: document(name) for name in DOCUMENTS},
        "tables": {name: table(name) for name in TABLES},
    }
    return {
        "definitions": _json(definitions),
        "words": _json(document("board")),
        "population": _parameter("population.csv"),
        "map": _parameter("municipalities_2025.topojson"),
    }


def _json(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return (text + "\n").encode()


def _parameter(name: str) -> bytes:
    return (files("schemas") / "parameters" / name).read_bytes()
