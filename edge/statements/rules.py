"""Which support a line is for: three tables by legislation, article, first day of the paid period and field 14.

*Known* rows come with the program, each with its source; some of them are *inferred*. *Local* rows are the
administrator's own: one that overlaps a known or another local row is refused, one that overlaps an inferred row wins.
*Synthetic* rows, for articles from 900000 on, hold in a trial alone. What no row derives is never guessed.

Forms tell what the tables cannot: form B the students among living wages (``LL``), form D the kind of aid of the act of
1965; then the article still says the percentage.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import EdgeError
from schemas.arrays import Int32, Int64, Mask
from schemas.events import shapes
from schemas.parameters import document, table
from schemas.supports import LEAVES

SETTINGS = document("statements")
COLUMNS = ("legislation", "budget_article", "from", "to", "field14", "support", "state_percentage", "mark", "source")
LEGISLATIONS = (1, 2, 6)
LIVING_WAGE, NOT_A_SUPPORT = len(LEAVES), len(LEAVES) + 1
"""Numbers of what is no leaf: a living wage, of a student or not, and what is no support."""
MEDICAL = len(LEAVES) + 2
"""Medical help by a code of form D: urgent or not by status."""
_TARGETS: dict[str, int] = {
    **{leaf: number for number, leaf in enumerate(LEAVES)}, "LL": LIVING_WAGE, "not-a-support": NOT_A_SUPPORT,
    "MH": MEDICAL,
}  # fmt: skip
_EPOCH = date(1970, 1, 1)
_ARTICLES = 1_000_000
_ALL = 256
_BY_ARTICLE = {"known": 1, "inferred": 2, "local": 0, "synthetic": 1}
"""The order in which rows are asked: local ones before those that they may override."""


def day_of(text: str, otherwise: date) -> int:
    """Return the days since 1970-01-01 of a date as text, of ``otherwise`` for none. Raises ValueError."""
    return ((date.fromisoformat(text) if text else otherwise) - _EPOCH).days


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: days inclusive, ``letters`` empty for any, ``target`` a leaf or one of the numbers above."""

    legislation: int
    article: int
    first: int
    last: int
    letters: frozenset[str]
    target: int
    percentage: int
    mark: str

    @classmethod
    def of(cls, cells: dict[str, str]) -> "Row":
        """Return the row of the cells of a table. Raises ValueError with what is wrong."""
        if cells["support"] not in _TARGETS or cells["support"] == "MH":
            raise ValueError("its support is none")
        aside = cells["support"] == "not-a-support"
        if int(cells["legislation"]) not in LEGISLATIONS or not 0 <= int(cells["budget_article"]) < _ARTICLES:
            raise ValueError("its legislation or budget article is none")
        percentage = 0 if aside and not cells["state_percentage"] else int(cells["state_percentage"])
        letters = frozenset[str]() if cells["field14"] == "any" else frozenset(cells["field14"].split())
        if cells["field14"] != "any" and (not letters or any(len(one) != 1 for one in letters)):
            raise ValueError("its field14 is neither any nor letters with blanks between")
        first, last = day_of(cells["from"], date(1900, 1, 1)), day_of(cells["to"], date(2199, 12, 31))
        if last < first or not 0 <= percentage <= 100:  # noqa: PLR2004 - per cent
            raise ValueError("its dates or its percentage cannot be")
        return cls(
            int(cells["legislation"]), int(cells["budget_article"]), first, last, letters,
            _TARGETS[cells["support"]], percentage, cells["mark"],
        )  # fmt: skip

    def overlaps(self, other: "Row") -> bool:
        """Tell whether some line could be derived by both."""
        same = (self.legislation, self.article) == (other.legislation, other.article)
        letters = not self.letters or not other.letters or bool(self.letters & other.letters)
        return same and letters and self.first <= other.last and other.first <= self.last


def known_rows(*, synthetic: bool) -> list[Row]:
    """Return the rows that come with the program, those of synthetic statements too where asked."""
    rows = [Row.of(cells) for cells in table("maandstaat_derivation")]
    return [row for row in rows if synthetic or row.mark != "synthetic"]


def local_rows(path: Path) -> list[Row]:
    """Return the rows of an administrator's file. Raises EdgeError at the first that is refused."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EdgeError(f"{path.name}: cannot be read as a table of articles; save it as CSV in UTF-8") from error
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise EdgeError(f"{path.name}: its columns are not {','.join(COLUMNS)}; name them so, in this order")
    known = [row for row in known_rows(synthetic=False) if row.mark == "known"]
    made: list[Row] = []
    for number, cells in enumerate(reader, start=2):
        try:
            row = _local_row(cells, known, made)
        except (ValueError, TypeError, KeyError) as error:
            reason = str(error) if isinstance(error, ValueError) and "its" in str(error) else "a cell cannot be read"
            raise EdgeError(f"{path.name}: line {number} is refused, {reason}; correct the row") from None
        made.append(row)
    return made


def _local_row(cells: dict[str, str], known: list[Row], made: list[Row]) -> Row:
    if None in cells or None in cells.values():
        raise ValueError("its cells are more or fewer than its columns")
    if cells["mark"] != "local":
        raise ValueError("its mark is not local")
    if not cells["source"].strip():
        raise ValueError("its source is empty")
    row = Row.of(cells)
    if row.article >= SETTINGS["synthetic_from"]:
        raise ValueError(f"its article is one of synthetic statements, from {SETTINGS['synthetic_from']} on")
    if any(row.overlaps(other) for other in known):
        raise ValueError("its legislation, article, days and field14 overlap a known row")
    if any(row.overlaps(other) for other in made):
        raise ValueError("its legislation, article, days and field14 overlap another row of the file")
    return row


@dataclass(frozen=True, slots=True)
class Rules:
    """All tables as arrays: rows sorted by legislation and article, in the order in which they are asked.

    ``begins`` has an entry for each legislation and article, and one more: where its rows begin. ``aid`` gives the
    target of each era (two rows) and aid code, ``households`` the symbol of each era and byte of field 14.
    """

    begins: Int32
    first: Int32
    last: Int32
    target: Int32
    percentage: Int32
    letters: Mask
    aid: Int32
    aid_since: Int32
    households: Int32
    households_since: Int32

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Rules":
        """Set rows as arrays."""
        ordered = sorted(rows, key=lambda row: (_bin(row.legislation, row.article), _BY_ARTICLE[row.mark]))
        counts = np.bincount([_bin(row.legislation, row.article) for row in ordered], minlength=3 * _ARTICLES + 1)
        begins = np.zeros(3 * _ARTICLES + 1, np.int32)
        begins[1:] = np.cumsum(counts)[: 3 * _ARTICLES]
        letters = np.zeros((len(ordered), _ALL), np.bool_)
        for number, row in enumerate(ordered):
            letters[number, [ord(letter) for letter in row.letters] or slice(None)] = True
        aid, aid_since = _eras("aid_codes", 1000, NOT_A_SUPPORT)
        households, households_since = _eras("households", _ALL, _HOUSEHOLDS.index("UNKNOWN"))
        return cls(
            begins=begins,
            first=np.array([row.first for row in ordered], np.int32),
            last=np.array([row.last for row in ordered], np.int32),
            target=np.array([row.target for row in ordered], np.int32),
            percentage=np.array([row.percentage for row in ordered], np.int32),
            letters=letters,
            aid=aid,
            aid_since=aid_since,
            households=households,
            households_since=households_since,
        )


_HOUSEHOLDS: tuple[str, ...] = dict(shapes()[0].fields)["household"].symbols


def _bin(legislation: int, article: int) -> int:
    return LEGISLATIONS.index(legislation) * _ARTICLES + article


def _eras(section: str, size: int, otherwise: int) -> tuple[Int32, Int32]:
    """Return the symbols of each era by code, and since when each era holds."""
    eras: list[dict[str, Any]] = SETTINGS[section]
    symbols = np.full((len(eras), size), otherwise, np.int32)
    for number, era in enumerate(eras):
        for code, name in era["codes"].items():
            place = code if isinstance(code, int) else ord(code)
            symbols[number, place] = _TARGETS[name] if section == "aid_codes" else _HOUSEHOLDS.index(name)
    return symbols, np.array([(era["from"] - _EPOCH).days for era in eras], np.int32)


def statuses() -> Int64:
    """Return the symbol of the status for each byte of field 14."""
    symbols: tuple[str, ...] = dict(shapes()[0].fields)["status"].symbols
    symbol_of = np.full(_ALL, symbols.index("UNKNOWN"), np.int64)
    for number, symbol in enumerate(symbols):
        if len(symbol) == 1:
            symbol_of[ord(symbol)] = number
    return symbol_of
