"""What stood in the program when a release was published: definitions, words, population and map, frozen with it."""

import json
from functools import cache
from importlib.resources import files

from schemas.parameters import document, table

DOCUMENTS = ("supports", "categories", "breaks", "indicators", "publication", "limits")
TABLES = ("nis", "nis_changes", "nis_hierarchy", "municipality_names", "centrumsteden", "eu_membership")


@cache
def frozen(threshold: int | None = None) -> dict[str, bytes]:
    """Return the content of each table that is frozen, by name; the same program gives the same bytes.

    Made once; nobody may change it. Under a threshold (F3) the words hold those about what is hidden too.
    """
    definitions = {
        "documents": {name: document(name) for name in DOCUMENTS},
        "tables": {name: table(name) for name in TABLES},
    }
    return {
        "definitions": _json(definitions),
        "words": _json(document("board") if threshold is None else _words_of_both()),
        "population": _parameter("population.csv"),
        "map": _parameter("municipalities_2025.topojson"),
    }


def _words_of_both() -> dict[str, object]:
    words: dict[str, object] = document("board")
    return {**words, "sentences": document("board")["sentences"] | document("board_threshold")["sentences"]}


def _json(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return (text + "\n").encode()


def _parameter(name: str) -> bytes:
    return (files("schemas") / "parameters" / name).read_bytes()
