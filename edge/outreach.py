"""Outreach at the edge: whom a list means, for the OCMW that may visit them.

A list holds pseudonyms under the key of the outreach domain. Who also holds the log key and the source file makes the
same pseudonyms of its numbers, and finds the persons again. What is found leaves encrypted to the public key of the
OCMW (age), with its last day inside. Encryption cannot enforce that day: the OCMW must delete the file by then.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import pyrage

from edge.errors import EdgeError
from edge.forms import Column, Form, day, ocmw, rows
from edge.keys import HALF, Keyed
from edge.persons.pseudonyms import Pseudonyms
from edge.sources import EXITS, rows_of
from schemas.arrays import Int64
from schemas.indicators import half_year_code, half_year_of

_PSEUDONYM = 16
_EPOCH = date(1970, 1, 1)
_LONGEST_KEY_FILE = 4096


def _pseudonym(text: str) -> bytes:
    try:
        digits = bytes.fromhex(text)
    except ValueError:
        digits = b""
    if len(digits) != _PSEUDONYM:
        raise ValueError("a pseudonym of 32 hexadecimal digits")
    return digits


def _cohort(text: str) -> str:
    try:
        return half_year_code(half_year_of(text))
    except ValueError:
        raise ValueError("a half-year as 2024-H1") from None


def _key_id(text: str) -> str:
    if len(text) != 8 or set(text) - set("0123456789abcdef"):  # noqa: PLR2004 - digits of the name of a key
        raise ValueError("the name of a key, eight hexadecimal digits")
    return text


LIST = Form(
    "a list for outreach",
    (
        Column("pseudonym", _pseudonym, "whom to visit, under the key of the outreach domain"),
        Column("ocmw", ocmw, "NIS code of the one OCMW that the list is for"),
        Column("cohort", _cohort, "half-year in which they left youth care"),
        Column("expires", day, "last day of the list, and of what is made of it"),
        Column("key_id", _key_id, "key of the log that it was made from", optional=True),
    ),
    "What `ocmw outreach list` writes and `ocmw outreach resolve` reads.",
)


@dataclass(frozen=True, slots=True)
class OutreachList:
    """A list: whom it means, the OCMW that may know, the half-year, the last day, and the log key ("" for none)."""

    pseudonyms: tuple[bytes, ...]
    ocmw: str
    cohort: str
    expires: date
    key_id: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a list. Raises EdgeError for what is none, for an empty one, and for two lists in one."""
        listed = list(rows(path, LIST))
        if not listed:
            raise EdgeError(f"{path.name}: the list is empty; there is nobody to visit")
        heads = {(row["ocmw"], row["cohort"], row["expires"], row.values.get("key_id")) for row in listed}
        if len(heads) > 1:
            raise EdgeError(f"{path.name}: holds several lists; resolve each by itself, for its own OCMW")
        ((place, cohort, expires, key_id),) = heads
        pseudonyms = tuple(dict.fromkeys(row["pseudonym"] for row in listed))
        return cls(pseudonyms, f"{place:05d}", cohort, _EPOCH + timedelta(expires), key_id or "")

    def text(self) -> str:
        """Return the list as a file; a list of nobody is its header."""
        key_id = [self.key_id] if self.key_id else []
        names = [column.name for column in LIST.columns if column.name != "key_id" or key_id]
        lines = [[one.hex(), self.ocmw, self.cohort, self.expires.isoformat(), *key_id] for one in self.pseudonyms]
        return _csv([names, *lines])


class Visit(NamedTuple):
    """A person of a list: the national number as the source has it last, and the day of the last exit there."""

    number: int
    exit: date


def resolved(visits: OutreachList, sources: Iterable[Path], log: Pseudonyms, outreach: bytes) -> list[Visit]:
    """Return the persons of a list who are in some files of exits, by number. Raises EdgeError for another file."""
    left = [(row["number"], row["exit"]) for path in sources for row in rows_of(path, EXITS)]
    numbers = np.array([number for number, _ in left], np.int64)
    exits: dict[bytes, tuple[int, int]] = {}
    for pseudonym, (number, exit_day) in zip(_of_outreach(log, outreach, numbers), left, strict=True):
        if pseudonym not in exits or exit_day >= exits[pseudonym][1]:
            exits[pseudonym] = number, exit_day
    return sorted(Visit(exits[one][0], _EPOCH + timedelta(exits[one][1])) for one in visits.pseudonyms if one in exits)


def _of_outreach(log: Pseudonyms, outreach: bytes, numbers: Int64) -> list[bytes]:
    if not len(numbers):
        return []
    persons = log.of_numbers(numbers)
    made = Keyed(outreach).rows(persons, np.full(len(persons), persons.shape[1], np.int64))
    return [row.tobytes() for row in made[:, :_PSEUDONYM]]


@dataclass(frozen=True, slots=True)
class Recipient:
    """The public age key of an OCMW."""

    key: str

    @classmethod
    def named(cls, text: str) -> Self:
        """Return the key that is written, or that the named file holds. Raises EdgeError for anything else."""
        held = [text.strip()] if text.strip().lower().startswith("age1") else _keys_of(Path(text))
        if len(held) != 1:
            raise EdgeError(f"{text}: holds {len(held)} keys; a file of a recipient holds the one key of one OCMW")
        if held[0].upper().startswith("AGE-SECRET-KEY"):
            raise EdgeError(f"{text}: is a private key, and the OCMW's alone; ask for its public one, age1…")
        try:
            pyrage.x25519.Recipient.from_str(held[0])
        except pyrage.RecipientError:
            raise EdgeError("the recipient is no public age key; the OCMW makes one with age-keygen") from None
        return cls(held[0])

    @property
    def fingerprint(self) -> str:
        """What two officers read to each other: 16 hexadecimal digits of SHA-256, in fours."""
        digits = hashlib.sha256(self.key.encode()).hexdigest()[:16]
        return " ".join(digits[at : at + 4] for at in range(0, 16, 4))

    def sealed(self, plain: bytes) -> bytes:
        """Return what this recipient alone can read."""
        made: bytes = pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(self.key)])
        return made


def _keys_of(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_KEY_FILE).decode("ascii", errors="replace")
    except OSError as error:
        raise EdgeError(
            f"{path}: no key of a recipient can be read ({error.strerror}); write age1…, or name its file"
        ) from error
    return [line.strip() for line in content.splitlines() if line.strip() and not line.startswith("#")]


def letter(visits: OutreachList, persons: Iterable[Visit], approval: str) -> bytes:
    """Return what the OCMW reads: a row a person, each with the last day and the approval that it rests on."""
    names = ["number", "exit", "ocmw", "cohort", "expires", "approval"]
    lines = [
        [f"{one.number:011d}", one.exit.isoformat(), visits.ocmw, visits.cohort, visits.expires.isoformat(), approval]
        for one in persons
    ]
    return _csv([names, *lines]).encode()


def _csv(lines: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerows(lines)
    return out.getvalue()


def pseudonyms_of(outreach: bytes, persons: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the pseudonyms of a list for outreach, of persons as the log has them, ascending."""
    keyed = Keyed(outreach)
    return tuple(sorted(keyed.digest(person)[:_PSEUDONYM] for person in persons))


def outreach_key(path: Path) -> bytes:
    """Return the key of the outreach domain: the 32 bytes of a file, or a longer text without blanks around.

    Raises EdgeError where it cannot be read or is shorter.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EdgeError(f"{path}: the key of the outreach domain cannot be read ({error.strerror})") from error
    key = content if len(content) == HALF else content.strip()
    if len(key) < HALF:
        raise EdgeError(f"{path}: the key of the outreach domain needs {HALF} bytes at least; ocmw keys new --outreach")
    return key
