"""The last form of each OCMW's year: where its cells stand, and what of it was refused (K).

Corrections must name cells, which no record holds; and of a refused report nothing stands in the log. Both are kept
here, in one file of the store, replaced by the next form of the same OCMW and year.
"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from sinks.durability import put_in_place, temporary
from sinks.errors import StoreCorruptError

FILE = "subsidy_forms.json"


@dataclass(slots=True)
class KeptForm:
    """A form: its file, the report as a framed record, the cell of each field of each row, unread cells.

    ``rows`` is (sheet and places, as ``activities|0|2``) -> field -> cell; ``unread`` is (sheet, cell, rule).
    ``refused`` says that the report is not in the log; ``known`` how many reports of the year were, when it came.
    """

    file: str
    report: bytes
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    unread: list[tuple[str, str, str]] = field(default_factory=list)
    refused: bool = False
    known: int = 0


@dataclass(slots=True)
class _Kept:
    forms: dict[str, KeptForm] = field(default_factory=dict)
    nobody: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)


class SubsidyForms:
    """The forms of the store at ``root``; what is changed is kept by ``save``."""

    def __init__(self, root: Path) -> None:
        """Read them; there may be none. Raises StoreCorruptError for a damaged file."""
        self._path = root / FILE
        try:
            kept = self._path.read_bytes() if self._path.exists() else b"{}"
            self._kept = msgspec.json.decode(kept, type=_Kept)
        except msgspec.DecodeError as error:
            message = f"{self._path}: damaged; put it back from a copy, or import the forms again"
            raise StoreCorruptError(message) from error

    def form(self, key: bytes) -> KeptForm | None:
        """Return the last form of an OCMW's year."""
        return self._kept.forms.get(key.decode())

    def keys(self, year: int) -> list[bytes]:
        """Return the keys of a year's forms, ascending."""
        return sorted(key.encode() for key in self._kept.forms if key.endswith(f"|{year}"))

    def nobody(self, year: int) -> list[tuple[str, str, str, str]]:
        """Return (OCMW as it was written, sheet, cell, rule) of lines of the last form that are of no OCMW."""
        return self._kept.nobody.get(str(year), [])

    def add(self, key: bytes, form: KeptForm) -> None:
        """Replace the form of an OCMW's year."""
        self._kept.forms[key.decode()] = form

    def add_nobody(self, year: int, unread: list[tuple[str, str, str, str]]) -> None:
        """Replace the lines that are of no OCMW."""
        self._kept.nobody[str(year)] = unread

    def save(self) -> None:
        """Write all durably. Raises StoreWriteError where the disk refuses."""
        with temporary(self._path) as written:
            written.write_bytes(msgspec.json.encode(self._kept))
            put_in_place(written, self._path)
