"""What stands beside the statements: forms B and D, the register of nationalities, as tables that lines ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.errors import EdgeError
from edge.forms import FORM_B, FORM_D, IDENTITIES, REGISTER, Form, rows
from edge.pair_table import PairTable
from edge.persons.identities import Change, Identities
from edge.persons.pseudonyms import NO_NUMBER
from edge.statements.fields import Fields, reference_code
from schemas.arrays import Bytes, Int32, Int64
from schemas.periods import EPOCH_YEAR

_CODES = 100_000
_DAY_BITS = 18
_DAY_ZERO = 1 << 16
UNKNOWN_COUNTRY = b"ZZ"


def identities(path: Path | None) -> Identities:
    """Return the identities of a file, none without one. Raises EdgeError."""
    if path is None:
        return Identities.none()
    changes = (Change(row["old"], row["new"], row["day"], row.line) for row in rows(path, IDENTITIES))
    return Identities.of(changes, path.name)


class Codes:
    """Codes of forms by OCMW and reference."""

    def __init__(self, path: Path, form: Form) -> None:
        """Read a file. Raises EdgeError, also for a form that has two codes."""
        code_name = form.columns[-1].name
        self._table = PairTable()
        self._codes: list[int] = []
        for row in rows(path, form):
            first, second = _key(np.array([reference_code(row["reference"])], np.int64), np.array([row["ocmw"]]))
            places, fresh = self._table.add(first, second)
            if len(fresh):
                self._codes.append(row[code_name])
            elif self._codes[int(places[0])] != row[code_name]:
                raise EdgeError(f"{path.name}: line {row.line} gives a form another {code_name}; leave the right one")
        self._array = np.array([*self._codes, -1], np.int64)

    def of(self, fields: Fields) -> Int32:
        """Return the code of each line, -1 where no form is there."""
        places = self._table.numbers(*_key(fields.reference, fields.ocmw.astype(np.int64)))
        return self._array[places].clip(max=2**31 - 1).astype(np.int32)


def _key(reference: Int64, ocmw: Int64) -> tuple[Int64, Int64]:
    return np.ascontiguousarray(reference[:, 0]), reference[:, 1] * _CODES + ocmw


@dataclass(frozen=True, slots=True)
class Register:
    """Nationalities: a person (the oldest number) and a day as one number, ascending, and the country since then."""

    key: Int64
    country: Bytes

    @classmethod
    def of(cls, path: Path, identities: Identities) -> "Register":
        """Read a file. Raises EdgeError."""
        rows_of_file = [(row["number"], row["from"], row["country"]) for row in rows(path, REGISTER)]
        return cls.made(rows_of_file, identities)

    @classmethod
    def made(cls, nationalities: Iterable[tuple[int, int, str]], identities: Identities) -> "Register":
        """Return the register of (number, day, country); of two on one day the later one counts."""
        entries = list(nationalities)
        roots = identities.roots(np.array([entry[0] for entry in entries], np.int64))
        key = (roots << _DAY_BITS) + np.array([entry[1] for entry in entries], np.int64) + _DAY_ZERO
        order = np.argsort(key, kind="stable")
        countries = np.frombuffer("".join(entry[2] for entry in entries).encode(), np.uint8).reshape(-1, 2)
        return cls(key[order], countries[order])

    def countries(self, roots: Int64, days: Int64) -> Bytes:
        """Return the country of each person (oldest number, NO_NUMBER for none) on a day, ZZ where none is known."""
        unknown = np.frombuffer(UNKNOWN_COUNTRY, np.uint8)
        if not len(self.key):
            return np.tile(unknown, (len(roots), 1))
        wanted = (roots << _DAY_BITS) + days + _DAY_ZERO
        place = np.searchsorted(self.key, wanted, side="right") - 1
        known = (place >= 0) & ((self.key[place.clip(min=0)] >> _DAY_BITS) == roots) & (roots != NO_NUMBER)
        return np.where(known[:, None], self.country[place.clip(min=0)], unknown).astype(np.uint8)


def middle_of_month(days: Int32) -> Int64:
    """Return the 15th of the month of each day, since 1970-01-01."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    days_15: Int64 = months.astype("datetime64[D]").astype(np.int64) + 14
    return days_15


def years_of(months: Int32) -> Int32:
    """Return the year of each month (an ordinal)."""
    return (months // 12 + EPOCH_YEAR).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Beside:
    """All that stands beside the statements; None for what was not given."""

    students: Codes | None = None
    aid: Codes | None = None
    register: Register | None = None

    @classmethod
    def read(cls, forms: Path | None, forms_d: Path | None, register: Path | None, known: Identities) -> "Beside":
        """Read the files that were given. Raises EdgeError."""
        return cls(
            None if forms is None else Codes(forms, FORM_B),
            None if forms_d is None else Codes(forms_d, FORM_D),
            None if register is None else Register.of(register, known),
        )
