"""Code lists as Arrow dictionaries: numbers of the vocabulary in, codes and labels out, without a string per row.

Files are declared with plain strings; the dictionaries only spare the work of writing them. Their values are unique,
because the Parquet writer silently mistakes one repeated value for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.breakdowns import BREAKDOWNS, CATEGORIES, breakdown_label, category_label
from schemas.datasets import LANGUAGES
from schemas.parameters import document
from schemas.places import PLACES, place_name

HIDDEN = "*"
"""The category of a row that says that a breakdown is hidden in a place (F3)."""
_LISTED = (*CATEGORIES, *((breakdown, HIDDEN) for breakdown in BREAKDOWNS))
HIDDEN_NUMBER: dict[str, int] = {breakdown: len(CATEGORIES) + at for at, breakdown in enumerate(BREAKDOWNS)}
"""The number of that category, behind all others."""

PLACE_LANGUAGES = ("nl", "fr")
_LEVELS: dict[str, dict[str, str]] = document("publication")["levels"]


@dataclass(frozen=True, slots=True)
class CodeList:
    """Texts by number: ``index[number]`` is the place of its text in ``texts``, whose values are unique."""

    texts: pa.StringArray
    index: npt.NDArray[np.int32]

    def column(self, numbers: npt.NDArray[np.uint16]) -> pa.DictionaryArray:
        """Return the texts of many numbers."""
        return pa.DictionaryArray.from_arrays(pa.array(self.index[numbers]), self.texts)

    def constant(self, number: int, rows: int) -> pa.DictionaryArray:
        """Return the text of one number, ``rows`` times."""
        return pa.DictionaryArray.from_arrays(pa.array(np.full(rows, self.index[number], np.int32)), self.texts)


def code_list(texts: Sequence[str]) -> CodeList:
    """Return the code list in which number n stands for ``texts[n]``."""
    place: dict[str, int] = {}
    index = [place.setdefault(text, len(place)) for text in texts]
    return CodeList(pa.array(list(place), pa.string()), np.array(index, np.int32))


@cache
def place_lists() -> dict[str, CodeList]:
    """Return the columns that follow from a place number: geo_level, geo, and their names."""
    codes = {"geo_level": [level for level, _ in PLACES], "geo": [geo for _, geo in PLACES]}
    names = {f"geo_{lang}": [place_name(*place, lang) for place in PLACES] for lang in PLACE_LANGUAGES}
    levels = {f"geo_level_{lang}": [level_label(level, lang) for level, _ in PLACES] for lang in LANGUAGES}
    return {column: code_list(texts) for column, texts in {**codes, **levels, **names}.items()}


def level_label(level: str, language: str) -> str:
    """Return the name of a geographic level in ``nl``, ``fr`` or ``en``."""
    return _LEVELS[level][language]


@cache
def category_lists() -> dict[str, CodeList]:
    """Return the columns that follow from a category number: breakdown, category, its SDMX identifier, and labels."""
    texts = {"breakdown": [breakdown for breakdown, _ in _LISTED], "category": [code for _, code in _LISTED]}
    texts["CATEGORY"] = [category_id(*category) for category in _LISTED]
    for lang in LANGUAGES:
        texts[f"breakdown_{lang}"] = [breakdown_label(breakdown, lang) for breakdown, _ in _LISTED]
        texts[f"category_{lang}"] = [_label(*category, lang) for category in _LISTED]
    return {column: code_list(values) for column, values in texts.items()}


def _label(breakdown: str, category: str, language: str) -> str:
    return HIDDEN if category == HIDDEN else category_label(breakdown, category, language)


def category_id(breakdown: str, category: str) -> str:
    """Return the SDMX identifier of a category: its breakdown, then its code in the letters that SDMX allows."""
    return f"{breakdown}_{category}".replace("+", "PLUS").replace("|", "__").replace(HIDDEN, "HIDDEN")
