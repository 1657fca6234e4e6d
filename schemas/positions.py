"""Coded files of a coupling: who had which labour-market position in which quarter, under the key of one study.

The first line is ``key_id;person;quarter;position``. A person is 32 hexadecimal digits, no national number; a pair of
person and quarter stands once.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from schemas.parameters import document
from schemas.periods import Period
from schemas.protocols import ProtocolError

_DOCUMENT = document("positions")
EDITION: str = str(_DOCUMENT["edition"])
POSITIONS: dict[str, str] = _DOCUMENT["positions"]
"""Codes that a position may have, and their names, by a dated list."""
HEADER = "key_id;person;quarter;position"
_PERSON = re.compile(r"[0-9a-f]{32}")

Coded = dict[tuple[bytes, int], str]
"""Positions by (pseudonym of the study, last month of the quarter)."""


class Line(NamedTuple):
    """A line of a coded file."""

    key_id: str
    person: bytes
    quarter: Period
    position: str

    @property
    def text(self) -> str:
        """The line as it stands in a file."""
        return f"{self.key_id};{self.person.hex()};{self.quarter.code};{self.position}"


def quarter(text: str) -> Period:
    """Return the quarter of ``2023-Q1``; raises ValueError for anything else."""
    try:
        period = Period.parse(text)
    except ValueError:
        raise ValueError("a quarter as 2023-Q1") from None
    if period.kind != "quarter":
        raise ValueError("a quarter as 2023-Q1")
    return period


def position(text: str) -> str:
    """Return the code of a position; raises ValueError for one that is not in the list."""
    if text not in POSITIONS:
        raise ValueError(f"a position of the list of {EDITION}: {', '.join(POSITIONS)}")
    return text


def coded(lines: Iterable[str], key_id: str) -> Coded:
    """Return the positions of a coded file.

    Raises ProtocolError with the number of the first line that is malformed, stands twice, or is of another key: a file
    of another key would match nobody, and say nothing of it.
    """
    positions: Coded = {}
    for number, text in enumerate(lines, start=1):
        if number == 1:
            if text.strip() != HEADER:
                raise ProtocolError(f"line 1 of the coded file is not {HEADER}")
        elif text.strip():
            _add(positions, number, text.strip().split(";"), key_id)
    if not positions:
        raise ProtocolError("the coded file has no line of a person")
    return positions


def _add(positions: Coded, number: int, cells: list[str], key_id: str) -> None:
    if len(cells) != len(Line._fields):
        raise ProtocolError(f"line {number} of the coded file has not {len(Line._fields)} cells")
    if cells[0] != key_id:
        raise ProtocolError(f"line {number} of the coded file is not of the key of this study, {key_id}; code it anew")
    if not _PERSON.fullmatch(cells[1]):
        raise ProtocolError(f"line {number} of the coded file: person is not 32 hexadecimal digits")
    try:
        pair, coded_position = (bytes.fromhex(cells[1]), quarter(cells[2]).last), position(cells[3])
    except ValueError as error:
        raise ProtocolError(f"line {number} of the coded file is not {error}") from error
    if pair in positions:
        raise ProtocolError(f"line {number} of the coded file: this person and quarter stand twice")
    positions[pair] = coded_position
