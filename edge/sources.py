"""The other sources of the edge: who works, who left youth care, where people are registered.

Each is a form (``edge.forms``) whose rows become events of the dossier log in the order of the file. The id of an
event is a keyed digest of the record's fields without the person, and of the occurrence: the same row in another file
is the same event.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from edge.errors import EdgeError
from edge.forms import REGISTER, Column, Form, FormRow, day, number, one_of, rows
from edge.keys import Key, Keyed
from edge.occurrences import Occurrences
from edge.persons.identities import Identities
from edge.persons.numbers import NO_BIRTH, SYNTHETIC, judged_one, traits_of_one
from edge.persons.pseudonyms import Pseudonyms
from edge.persons.renaming import People, people_of_statement
from edge.statements.layouts import DELIMITERS, plain
from schemas.arrays import UInt64
from schemas.events import EMPLOYMENT, FOREVER, RECORDS, RESIDENCE, YOUTH_EXIT
from schemas.log import Plain
from schemas.places import MUNICIPALITY

_DECLARATIONS = ("IN", "OUT", "UPDATE", "CANCEL")
_ID, _HASH = 16, 8
_NO_END = "9999-12-31"
_HEAD = 4096


def _last_day(text: str) -> int:
    return FOREVER if text == _NO_END else day(text)


def _company(text: str) -> str:
    digits = text.replace(".", "").replace(" ", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:  # noqa: PLR2004 - digits of a company number
        raise ValueError("a company number of ten digits")
    return digits.zfill(10)


def _period(text: str) -> str:
    if len(text) != 12 or not text.isascii() or not text.isdigit():  # noqa: PLR2004 - digits of a DimonaPeriodId
        raise ValueError("a number of twelve digits")
    return text


def _worker_type(text: str) -> str:
    if not text.isascii() or not text.isalnum() or len(text) > 3:  # noqa: PLR2004 - OTH, STU, A17
        raise ValueError("a code of at most three letters and digits")
    return text.upper()


def _municipality(text: str) -> int:
    if text == "0":
        return 0
    if text not in MUNICIPALITY:
        raise ValueError("a NIS code of a municipality, or 0")
    return int(text)


DIMONA = Form(
    "Dimona declarations",
    (
        Column("number", number, "national number of the worker (INSS)"),
        Column("declaration", one_of(*_DECLARATIONS), "IN, OUT, UPDATE or CANCEL"),
        Column("period", _period, "number of the period (DimonaPeriodId); a keyed hash of it leaves the edge"),
        Column("employer", _company, "company number of the employer (CompanyID); a keyed hash of it leaves the edge"),
        Column("employer_is_ocmw", one_of("0", "1"), "1 where the employer is an OCMW (art. 60)", optional=True),
        Column("start", day, "first day (StartingDate)", optional=True),
        Column("end", _last_day, f"last day (EndingDate); {_NO_END} in an UPDATE: no end", optional=True),
        Column("worker_type", _worker_type, "code of the worker type (WorkerType)"),
    ),
    "Who begins to work and ends, as employers declare it; CSV, or XML with the field names of the official glossary.",
)
EXITS = Form(
    "youth-care exits",
    (Column("number", number, "national number"), Column("exit", day, "day of leaving; it may lie in the future")),
    "Who leaves youth care, and when.",
)
RESIDENCES = Form(
    "registered residences",
    (
        Column("number", number, "national number"),
        Column("municipality", _municipality, "NIS code; 0 for who left the register"),
        Column("from", day, "first day there"),
    ),
    "Where people are registered, and since when.",
)
EVENT_FORMS = (DIMONA, EXITS, RESIDENCES)
_ZONES = {
    "INSS": "number", "DimonaPeriodId": "period", "CompanyID": "employer", "StartingDate": "start",
    "EndingDate": "end", "WorkerType": "worker_type",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormEvent:
    """What an event says, without person and id, in the order of the schema."""

    kind: int
    values: dict[str, Any]


Teller = Callable[[FormRow], FormEvent]


class SourceReader:
    """Reads the files of a form under a key; an event is known again whichever file it comes in."""

    def __init__(self, form: Form, key: Key, known: Identities, *, synthetic: bool) -> None:
        """Take the form, the key and the numbers that changed."""
        self._form, self._synthetic = form, synthetic
        self._pseudonyms = Pseudonyms(key, known)
        self._employers, self._periods = key.lines("employer"), key.lines("period")
        tellers: dict[str, Teller] = {
            DIMONA.name: self._employment, EXITS.name: self._exit, RESIDENCES.name: self._residence,
        }  # fmt: skip
        self._tell = tellers[form.name]
        self._ids = {kind: key.lines(RECORDS[kind]) for kind in (EMPLOYMENT, YOUTH_EXIT, RESIDENCE)}

    def events(self, path: Path) -> Iterator[Plain]:
        """Yield the events of a file, in its order. Raises EdgeError at the first row that cannot be."""
        seen = Occurrences()
        for row in rows_of(path, self._form):
            self._refuse(path, row)
            statement = self._tell(row)
            message = b"\x1f".join(str(value).encode() for value in statement.values.values())
            occurrence = int(seen.of(_digest(row["number"], message))[0])
            person = self._pseudonyms.of_numbers(np.array([row["number"]], np.int64))[0].tobytes()
            event_id = self._ids[statement.kind].digest(b"%b\x1f%d" % (message, occurrence))[:_ID]
            yield statement.kind, {"event_id": event_id, "person": person, **statement.values}

    def _refuse(self, path: Path, row: FormRow) -> None:
        synthetic = judged_one(row["number"], 2199) == SYNTHETIC
        if synthetic != self._synthetic:
            other = "a synthetic number; give --synthetic for a trial" if synthetic else "a real number in a trial"
            raise EdgeError(f"{path.name}: line {row.line}, column number holds {other}")

    def _employment(self, row: FormRow) -> FormEvent:
        return FormEvent(
            EMPLOYMENT,
            {
                "employer": _hash(self._employers, row["employer"]),
                "employer_is_ocmw": row["employer_is_ocmw"] == "1",
                "declaration": _DECLARATIONS.index(row["declaration"]),
                "dimona_period": _hash(self._periods, row["period"]),
                "start_date": row["start"],
                "end_date": row["end"],
                "worker_type": row["worker_type"].encode(),
            },
        )

    @staticmethod
    def _exit(row: FormRow) -> FormEvent:
        sex, birth = traits_of_one(row["number"], 2199)
        return FormEvent(
            YOUTH_EXIT, {"exit_date": row["exit"], "sex": sex, "birth_date": None if birth == NO_BIRTH else birth}
        )

    @staticmethod
    def _residence(row: FormRow) -> FormEvent:
        return FormEvent(RESIDENCE, {"municipality": row["municipality"], "from_date": row["from"]})


def _digest(number: int, message: bytes) -> UInt64:
    """Return what equal rows alone share."""
    return np.frombuffer(blake2b(b"%d %b" % (number, message), digest_size=8).digest(), np.uint64) | np.uint64(1)


def _hash(keyed: Keyed, text: str) -> int:
    return int.from_bytes(keyed.digest(text.encode())[:_HASH], "big", signed=True)


def rows_of(path: Path, form: Form) -> Iterator[FormRow]:
    """Yield the rows of a file of a form, of XML too where the form has it. Raises EdgeError."""
    if form is DIMONA and path.suffix.lower() == ".xml":
        yield from _declared(path)
        return
    for row in rows(path, form):
        yield FormRow(row.line, {column.name: None for column in form.columns if column.optional} | row.values)


def _declared(path: Path) -> Iterator[FormRow]:
    """Yield the declarations of a file of XML: each element DimonaIn, DimonaOut, DimonaUpdate or DimonaCancel."""
    count = 0
    try:
        for _, element in iterparse(str(path), forbid_dtd=True):
            kind = _local(element).removeprefix("Dimona").upper()
            if _local(element).startswith("Dimona") and kind in _DECLARATIONS:
                count += 1
                yield _declaration(path, count, kind, element)
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, OSError) as error:
        raise EdgeError(f"{path.name}: cannot be read as XML behind declaration {count}; export it again") from error


def _declaration(path: Path, count: int, kind: str, element: Element) -> FormRow:
    cells = {_ZONES[name]: (part.text or "").strip() for part in element.iter() if (name := _local(part)) in _ZONES}
    values: dict[str, Any] = {"declaration": kind}
    for column in DIMONA.columns:
        if column.name in values:
            continue
        cell = cells.get(column.name, "")
        if not cell and (column.optional or (column.name == "worker_type" and kind != "IN")):
            values[column.name] = None if column.optional else "OTH"
            continue
        try:
            values[column.name] = column.read(cell)
        except ValueError as error:
            raise EdgeError(f"{path.name}: declaration {count}, {column.name} is not {error}; correct it") from None
    return FormRow(count, values)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def people_of(path: Path) -> People:
    """Return the persons of a source, a statement or a file of a form. Raises EdgeError for what is neither."""
    form = _form_of(path)
    if form is None:
        return people_of_statement(path)
    numbers = np.array([row["number"] for row in rows_of(path, form)], np.int64)
    return People.of_numbers(np.unique(numbers))


def _form_of(path: Path) -> Form | None:
    """Return the form whose columns a file has, None for none."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise EdgeError(
            f"{path.name or path}: cannot be read ({error.strerror}); check the path and who may read it"
        ) from error
    if path.suffix.lower() == ".xml":
        return DIMONA
    header = head.partition(b"\n")[0].decode("utf-8-sig", errors="replace")
    names = {plain(cell) for cell in header.split(max(DELIMITERS, key=header.count))}
    for form in (*EVENT_FORMS, REGISTER):
        if {plain(column.name) for column in form.columns if not column.optional} <= names:
            return form
    return None
