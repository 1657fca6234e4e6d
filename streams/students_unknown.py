"""The administrator's own file of municipalities and months in which students are not known (``nis,from,to``)."""

import csv
from collections.abc import Iterator
from pathlib import Path

from schemas.students_unknown import COLUMNS, StudentsUnknownError, row_of

_MOST_CHARACTERS = 1 << 24


def read_rows(path: Path) -> tuple[str, ...]:
    """Return the rows of a file: CSV with a header, ``,``, ``;`` or tab between. Raises StudentsUnknownError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(_rows(file.read(_MOST_CHARACTERS).splitlines()))
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise StudentsUnknownError(message) from error
    except (UnicodeDecodeError, csv.Error):
        message = f"{path}: is no CSV in UTF-8"
        raise StudentsUnknownError(message) from None
    except StudentsUnknownError as error:
        message = f"{path}: {error}"
        raise StudentsUnknownError(message) from error


def _rows(lines: list[str]) -> Iterator[str]:
    head = lines[0] if lines else ""
    delimiter = next((one for one in ";\t" if one in head), ",")
    read = csv.DictReader(lines, delimiter=delimiter)
    if not set(COLUMNS) <= set(read.fieldnames or ()):
        message = f"needs a header with the columns {','.join(COLUMNS)}"
        raise StudentsUnknownError(message)
    for row in read:
        try:
            yield row_of(*((row[name] or "").strip() for name in COLUMNS))
        except StudentsUnknownError as error:
            message = f"line {read.line_num}, {error}"
            raise StudentsUnknownError(message) from error
