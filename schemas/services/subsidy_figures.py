"""The table of subsidy indicators: its columns and rows; corrections of a report; and the words for both (K)."""

from typing import NamedTuple

from schemas.parameters import document
from schemas.places import ancestors

COLUMNS = ("year", "ocmw", "indicator", "part", "activity", "value", "unit", "flag")
CORRECTION_COLUMNS = ("ocmw", "sheet", "cell", "rule", "remedy", "severity", "part", "activity", "message", "file")
REGION_LANGUAGE = {"02000": "nl", "03000": "fr"}
"""The language of a region's OCMWs, German-speaking communes included; in Brussels the reader chooses."""


class Row(NamedTuple):
    """A figure; ``value`` is None where there is none, and ``flag`` says why."""

    year: int
    ocmw: str
    indicator: str
    part: str
    activity: str
    value: int | None
    unit: str
    flag: str


class Correction(NamedTuple):
    """A cell to mend (or to know of, a warning), in the language of the OCMW; no content of a cell is in it."""

    ocmw: str
    sheet: str
    cell: str
    rule: str
    remedy: str
    severity: str
    part: str
    activity: str
    message: str
    file: str


def language_of(ocmw: str, brussels: str) -> str:
    """Return the language in which an OCMW is written to; ``brussels`` is the choice where it has two."""
    return REGION_LANGUAGE.get(ancestors(ocmw)["region"], brussels)


def rule_words(rule: str, language: str) -> tuple[str, str]:
    """Return what is wrong and what to do, in ``nl`` or ``fr``."""
    wrong, remedy = document("subsidy_words")["rules"][rule][language]
    return str(wrong), str(remedy)
