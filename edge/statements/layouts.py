"""What kind of file a statement is: lines of fixed width, or columns under a header; everything else is refused whole.

The *width* W of a file is the most frequent width among its first thousand lines, of those between the width of the
fourteen fields and 1024. A line is right when it is at most that wide and holds the fourteen fields, or when its bytes
are as many. What stands behind the fourteen fields, the name first of all, is never looked at.
"""

import csv
import unicodedata
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np

from edge.errors import EdgeError
from edge.statements.lines import lines
from schemas.arrays import Int64
from schemas.parameters import document, table

READ = 14
"""Fields that are read; the fifteenth is the name."""
LOOKED_AT = 1000
"""Lines by which a file is judged."""
WIDEST = 1024
DELIMITERS = ";,\t"
_MAGIC = {b"Obj\x01": "Avro", b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"%PDF": "PDF"}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEADER_NAMES = 3
"""So many names of columns make a header."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Lines of fixed width, ``width`` characters at most."""

    width: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns under a header: ``field`` gives of each column its field, from 1, 0 for one that is passed over."""

    delimiter: int
    field: Int64
    header_line: int


Layout = Fixed | Columns


@cache
def lengths() -> tuple[int, ...]:
    """Return the lengths of the fourteen fields that are read, in order."""
    return tuple(int(row["length"]) for row in table("maandstaat_layout")[:READ])


@cache
def offsets() -> tuple[int, ...]:
    """Return where each of the fourteen fields begins, and where the last one ends."""
    return (0, *accumulate(lengths()))


def plain(name: str) -> str:
    """Return a name of a column as names are compared: lower case, without accents, letters and digits alone."""
    parts = unicodedata.normalize("NFKD", name).lower()
    return "".join(letter for letter in parts if letter.isascii() and letter.isalnum())


@cache
def field_of_name() -> dict[str, int]:
    """Return the field of each name that a column may have."""
    known = {plain(row["field"]): int(row["order"]) for row in table("maandstaat_layout") if row["length"]}
    for number, names in document("maandstaat_columns")["aliases"].items():
        known |= {plain(name): number for name in names}
    return known


def layout_of(path: Path) -> Layout:
    """Return the layout of a file. Raises EdgeError, one sentence, where it is no statement."""
    _refuse_others(path)
    widths: Counter[int] = Counter()
    for chunk in lines(path):
        if not widths and (columns := _header(chunk.of(0), path.name, int(chunk.number[0]))):
            return columns
        fresh = chunk.width[: LOOKED_AT - widths.total()]
        widths.update(fresh.tolist())
        if widths.total() >= LOOKED_AT:
            break
    if not widths:
        raise EdgeError(f"{path.name}: holds no line; export the statement again")
    lawful = {width: count for width, count in widths.items() if offsets()[-1] <= width <= WIDEST}
    if not lawful:
        instead = f"neither the header of a statement nor lines of {offsets()[-1]} to {WIDEST} characters"
        raise EdgeError(
            f"{path.name}: no monthly statement, it has {instead}; name the TXT or CSV file of the statement"
        )
    return Fixed(min(lawful, key=lambda width: (-lawful[width], width)))


def _refuse_others(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(256)
    except OSError as error:
        raise EdgeError(
            f"{path.name or path}: cannot be read ({error.strerror}); check the path and who may read it"
        ) from error
    if not head:
        raise EdgeError(f"{path.name}: the file is empty; export the statement again")
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            remedy = "name the statement itself" if name in ("Avro", "PDF") else "unpack it first"
            raise EdgeError(f"{path.name}: a file of {name}, no monthly statement; {remedy}")
    if head.startswith(_WIDE_MARKS) or _is_wide(head):
        raise EdgeError(f"{path.name}: written in UTF-16; save it as UTF-8 or Windows-1252, as the statement comes")


def _is_wide(head: bytes) -> bool:
    """Tell whether every second byte is zero, as Latin letters are in UTF-16 without a mark."""
    pairs = np.frombuffer(head[: len(head) // 2 * 2], np.uint8).reshape(-1, 2)
    return len(pairs) > 1 and any(not pairs[:, side].any() and pairs[:, 1 - side].any() for side in (0, 1))


def _header(line: bytes, name: str, number: int) -> Columns | None:
    """Return the columns that a line names, None where it is no header. Raises EdgeError for one that does not do."""
    if len(line) > 1 << 16:
        return None
    text = line.decode("utf-8", errors="replace")
    best: tuple[int, str, list[str]] = (0, "", [])
    for delimiter in DELIMITERS:
        cells: list[str] = []
        with suppress(csv.Error):  # no line of CSV is no header
            cells = next(csv.reader([text.replace("\0", "?")], delimiter=delimiter), [])
        known = sum(plain(cell) in field_of_name() for cell in cells)
        best = max(best, (known, delimiter, cells), key=lambda candidate: candidate[0])
    known, delimiter, cells = best
    if known < _HEADER_NAMES:
        return None
    fields = [field_of_name().get(plain(cell), 0) for cell in cells]
    fields = [field if field <= READ else 0 for field in fields]
    count = Counter(fields)
    for field in range(1, READ + 1):
        if count[field] != 1:
            of = table("maandstaat_layout")[field - 1]["field"]
            trouble = "has no column" if not count[field] else "has more than one column"
            raise EdgeError(
                f"{name}: {trouble} for field {field} ({of}); name each of the {READ} fields once in the header"
            )
    return Columns(ord(delimiter), np.array(fields, np.int64), number)
