"""Monthly statements as a test tells them, written by other code than the generator's, and the events that they give.

A line is told by what is special about it; the rest is that of a grant of 1,000.00 euro for January 2024 in Gent.
Numbers have 60 added to the month: nobody has such a one.
"""

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastavro
from program import Done, ocmw

WIDTHS = (1, 5, 6, 11, 2, 11, 12, 1, 8, 8, 6, 1, 8, 1, 30)
NAMES = (
    "Wetgeving", "OCMW", "Jaar-maand van de maandstaat", "Dossier", "Suffix", "NNISS", "Referentie", "Type bedrag",
    "DPAY1STDAY", "DPAYLSTDAY", "Identificatie begrotingsartikel", "Teken", "Bedrag", "Categorie", "Naam",
)  # fmt: skip
NAME = "Peeters Jose"


def number(counter: int = 1, *, born: str = "900305", wrong: bool = False) -> str:
    """Return the synthetic number of somebody born on a day (YYMMDD) of the century before."""
    head = f"{born[:2]}{int(born[2:4]) + 60:02d}{born[4:]}{counter:03d}"
    check = 97 - int(head) % 97
    return f"{head}{(check % 97) + 1 if wrong else check:02d}"


def line(**special: str) -> list[str]:
    """Return the fifteen fields of a line."""
    usual = {
        "law": "1", "ocmw": "44021", "month": "202401", "dossier": "A1", "suffix": "00", "number": number(),
        "reference": "REF1", "type": "1", "first": "20240101", "last": "20240131", "article": "000102", "sign": "+",
        "cents": "00100000", "category": "A", "name": NAME,
    }  # fmt: skip
    assert special.keys() <= usual.keys()
    return list((usual | special).values())


def text(*lines: list[str], end: str = "\r\n") -> str:
    """Return lines in the fixed widths of the layout."""
    return "".join("".join(f"{part:<{width}}" for part, width in zip(one, WIDTHS, strict=True)) + end for one in lines)


def columns(*lines: list[str], delimiter: str = ";") -> str:
    """Return lines as CSV, as a spreadsheet would write them: the name first, zeros before a number lost."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(NAMES[::-1])
    for one in lines:
        shortened = [part.lstrip("0") or "0" if place in (1, 3, 9, 10, 12) else part for place, part in enumerate(one)]
        writer.writerow(shortened[::-1])
    return out.getvalue()


@dataclass(frozen=True)
class Imported:
    """What an import did: how it ended, its events and closings, its report and its metadata."""

    done: Done
    events: list[tuple[str, dict[str, Any]]]
    report: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def claims(self) -> list[dict[str, Any]]:
        """The events that are lines."""
        return [values for kind, values in self.events if kind != "UpdateClosed"]

    @property
    def slugs(self) -> list[tuple[int, str, int | None]]:
        """Line, slug and field of each line set aside."""
        return [(one["line"], one["slug"], one["field"]) for one in self.report["files"][0]["set_aside"]]


def is_content(given: str | bytes) -> bool:
    """Tell whether something is what stands in a file, and no option."""
    return isinstance(given, bytes) or "\n" in given


class Edge:
    """A room with a key, in which statements are imported."""

    def __init__(self, room: Path) -> None:
        """Make the key."""
        self.room, self._runs = room, 0
        self.key = room / "edge.key"
        assert ocmw("keys", "new", self.key).returncode == 0

    def file(self, content: str | bytes, name: str = "statement.txt") -> Path:
        """Write a file."""
        path = self.room / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def imports(self, *arguments: str | bytes | Path, synthetic: bool = True, name: str = "statement.txt") -> Imported:
        """Import statements given as text, or as files; options follow as text that begins with dashes."""
        given = [one if isinstance(one, Path) or not is_content(one) else self.file(one, name) for one in arguments]
        self._runs += 1
        out, report = self.room / f"{self._runs}.avro", self.room / f"report{self._runs}"
        options = ["--key", self.key, "--out", out, "--report", report, *(["--synthetic"] if synthetic else [])]
        done = ocmw("import", "maandstaat", *given, *options)
        if done.returncode:
            assert not out.exists()
            assert not report.exists()
            return Imported(done, [])
        with out.open("rb") as file:
            reader = fastavro.reader(file, return_record_name=True)
            events = [(name.rpartition(".")[2], values) for name, values in reader]
            metadata = {key: value for key, value in reader.metadata.items() if key.startswith("ocmw.")}
        return Imported(done, events, json.loads((report / "import.json").read_text()), metadata)
