"""Small files of the edge, each declared once: its columns, what each may hold, and what it is for.

One strict reader serves all: CSV with a header, `;`, `,` or tab between, UTF-8 or Windows-1252. Names of columns are
compared in lower case, without accents and other than letters and digits; other columns are passed over. The first
value that cannot be refuses the file, by line and column; what it says stays unsaid, for it may be a number or a name.
The documents list every form from these declarations.
"""

import csv
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from edge.errors import EdgeError
from edge.persons.numbers import BAD, judged_one
from edge.statements.layouts import DELIMITERS, plain
from schemas.periods import parse_month
from schemas.positions import position, quarter

Reader = Callable[[str], Any]
"""Returns the value of a cell, or raises ValueError with what it should be."""

_EPOCH = date(1970, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_REFERENCE = 12
_DIGITS = 11
_OLD = "cp1252"
_CHUNK = 1 << 20
_LONGEST = 1 << 16
"""Characters of a line of CSV at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, how a cell is read, and what it holds in a sentence."""

    name: str
    read: Reader
    holds: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A file: its name, its columns, what it is for."""

    name: str
    columns: tuple[Column, ...]
    says: str
    example: str = ""
    also_xml: str = ""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of a form: its line in the file, and its values by column."""

    line: int
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a column has its own type
        """Return the value of a column."""
        return self.values[name]


def number(text: str) -> int:
    """Return a national number; dots, dashes, slashes and blanks go, zeros come before it."""
    digits = text.translate(str.maketrans("", "", " .-/"))
    if not digits.isascii() or not digits.isdigit() or len(digits) > _DIGITS:
        raise ValueError("a national number of eleven digits")
    if judged_one(int(digits), 2199) == BAD:
        raise ValueError("a national number with the right check digits")
    return int(digits)


def day(text: str) -> int:
    """Return the days since 1970-01-01 of a date written as 2024-03-31."""
    try:
        written = date.fromisoformat(text)
    except ValueError:
        raise ValueError("a date as 2024-03-31") from None
    if not _FIRST_YEAR <= written.year <= _LAST_YEAR:
        raise ValueError(f"a date from {_FIRST_YEAR} to {_LAST_YEAR}")
    return (written - _EPOCH).days


def month(text: str) -> int:
    """Return the ordinal of a month written as 202403 or 2024-03."""
    try:
        return parse_month(text if "-" in text else f"{text[:4]}-{text[4:]}")
    except ValueError:
        raise ValueError("a month as 202403") from None


def ocmw(text: str) -> int:
    """Return the NIS code of an OCMW as written."""
    if not text.isascii() or not text.isdigit() or len(text) > 5:  # noqa: PLR2004 - digits of a code
        raise ValueError("a NIS code of five digits")
    return int(text)


def reference(text: str) -> str:
    """Return the reference of a form, upper case."""
    if len(text) > _REFERENCE or not all(" " <= letter <= "~" for letter in text):
        raise ValueError("a reference of at most twelve printable characters")
    return text.upper()


def whole(text: str) -> int:
    """Return a whole number."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:  # noqa: PLR2004 - fits everywhere
        raise ValueError("a whole number")
    return int(text)


def country(text: str) -> str:
    """Return the two capital letters of a country."""
    if len(text) != 2 or not text.isascii() or not text.isalpha() or not text.isupper():  # noqa: PLR2004 - ISO 3166
        raise ValueError("two capital letters of ISO 3166, ZZ for unknown")
    return text


def one_of(*known: str) -> Reader:
    """Return a reader of one of some words."""

    def read(text: str) -> str:
        if text.upper() not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return text.upper()

    return read


def rows(path: Path, form: Form) -> Iterator[FormRow]:
    """Yield the rows of a file of a form, in constant memory.

    Raises EdgeError at the first that cannot be, and for another file.
    """
    name, encoding = path.name, _encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        header = file.readline(_LONGEST)
        delimiter = max(DELIMITERS, key=header.count)
        file.seek(0)
        reader = csv.reader(_lines(file, name), delimiter=delimiter)
        try:
            names = [plain(name) for name in next(reader, [])]
            places = _places(names, name, form)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _row(cells, reader.line_num, places, len(names), name)
        except csv.Error:
            raise EdgeError(f"{name}: line {reader.line_num} is no line of CSV; correct it") from None


def _lines(file: TextIO, name: str) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: file.readline(_LONGEST), ""), start=1):
        if len(line) == _LONGEST:
            raise EdgeError(f"{name}: line {number} is longer than {_LONGEST} characters; save it as CSV in lines")
        yield line


def _encoding(path: Path) -> str:
    """Return UTF-8 for a file that is all of it, else Windows-1252. Raises EdgeError for what is no text."""
    decoder = getincrementaldecoder("utf-8-sig")()
    name = "utf-8-sig"
    try:
        with path.open("rb") as file:
            for content in iter(lambda: file.read(_CHUNK), b""):
                if b"\0" in content:
                    raise EdgeError(f"{path.name}: holds bytes that no text has; save it as CSV in UTF-8")
                if name != _OLD:
                    try:
                        decoder.decode(content)
                    except UnicodeDecodeError:
                        name = _OLD
        if name != _OLD:
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        name = _OLD
    except OSError as error:
        raise EdgeError(
            f"{path.name or path}: cannot be read ({error.strerror}); check the path and who may read it"
        ) from error
    return name


def _places(names: list[str], name: str, form: Form) -> list[tuple[Column, int]]:
    places = []
    for column in form.columns:
        count = names.count(plain(column.name))
        if count > 1 or (not count and not column.optional):
            how_many = "more than one column" if count else "no column"
            expected = ";".join(one.name for one in form.columns)
            raise EdgeError(f"{name}: has {how_many} {column.name}; a file of {form.name} has the header {expected}")
        if count:
            places.append((column, names.index(plain(column.name))))
    return places


def _row(cells: list[str], line: int, places: list[tuple[Column, int]], width: int, name: str) -> FormRow:
    if len(cells) != width:
        raise EdgeError(f"{name}: line {line} has {len(cells)} cells, the header {width}; correct it")
    values: dict[str, Any] = {}
    for column, place in places:
        cell = cells[place].strip()
        if not cell and column.optional:
            values[column.name] = None
            continue
        try:
            values[column.name] = column.read(cell)
        except ValueError as error:
            raise EdgeError(f"{name}: line {line}, column {column.name} is not {error}; correct it") from None
    return FormRow(line, values)


IDENTITIES = Form(
    "identities",
    (
        Column("old", number, "the number that a person had"),
        Column("new", number, "the number that the person has since"),
        Column("day", day, "the day of the change"),
    ),
    "Numbers that changed: a person keeps the pseudonym of the oldest one.",
)
FORM_B = Form(
    "forms B",
    (
        Column("ocmw", ocmw, "NIS code of the OCMW as the statement writes it"),
        Column("reference", reference, "reference of the form, field 7 of the statement"),
        Column("gpmi_code", whole, "code of the project: 9, 10, 15 and 16 are students"),
    ),
    "Which living wages are of students, by the reference of form B.",
)
FORM_D = Form(
    "forms D",
    (
        Column("ocmw", ocmw, "NIS code of the OCMW as the statement writes it"),
        Column("reference", reference, "reference of the form, field 7 of the statement"),
        Column("aid_code", whole, "kind of aid (list of the KSZ): 101 and on from 2016, the older list before"),
    ),
    "Which kind of aid a line of the act of 1965 is for, by the reference of form D.",
)
POSITIONS = Form(
    "labour-market positions",
    (
        Column("number", number, "the national number"),
        Column("quarter", quarter, "the quarter, as 2023-Q1"),
        Column("position", position, "a code of the list of positions"),
    ),
    "Who had which position in which quarter, for a coupling; `ocmw keys study-code` codes it.",
)
REGISTER = Form(
    "a register of nationalities",
    (
        Column("number", number, "the national number"),
        Column("country", country, "the nationality, two letters of ISO 3166"),
        Column("from", day, "the day since which it holds"),
    ),
    "Nationalities over time; a line takes the one of the 15th of its first month.",
)
TOTALS = Form(
    "totals",
    (
        Column("ocmw", ocmw, "NIS code of the OCMW"),
        Column("month", month, "month of the statement"),
        Column("lines", whole, "how many lines the statement has"),
        Column("cents", whole, "their sum in euro cents, minus where negative"),
    ),
    "What the statements add up to, to be compared to the cent.",
)
