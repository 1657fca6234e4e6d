"""Persons under another pseudonym: of a new key, or of the oldest number of a chain. Events stay as they are otherwise.

A pseudonym cannot be turned back into a number, so both are made from the sources again: of every number and of every
dossier of status D that is in them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.keys import Key
from edge.pair_table import PairTable
from edge.persons.identities import Identities
from edge.persons.pseudonyms import NO_NUMBER, PERSON_BYTES, Pseudonyms
from edge.statements.fields import NOT_A_NUMBER, fields_of
from edge.statements.judging import is_status_d
from edge.statements.layouts import layout_of
from edge.statements.lines import lines
from edge.statements.slugs import NO_FAULT
from schemas.arrays import Bytes, Int64, Mask


@dataclass(frozen=True, slots=True)
class People:
    """Persons of sources, one a row: as ``Pseudonyms.persons`` takes them."""

    numbers: Int64
    places: Int64
    dossiers: Int64

    @classmethod
    def of_numbers(cls, numbers: Int64) -> "People":
        """Return people with numbers."""
        none = np.full(len(numbers), NO_NUMBER, np.int64)
        return cls(numbers, none, none)

    @classmethod
    def joined(cls, parts: Iterable["People"]) -> "People":
        """Return all people of some parts, each once."""
        rows = [np.stack([part.numbers, part.places, part.dossiers], axis=1) for part in parts]
        rows_once = np.unique(np.concatenate([np.zeros((0, 3), np.int64), *rows]), axis=0)
        return cls(*(np.ascontiguousarray(rows_once[:, column]) for column in range(3)))


def people_of_statement(path: Path) -> People:
    """Return the persons of the lines of a statement that can be read. Raises EdgeError for a file that is none."""
    layout = layout_of(path)
    parts = []
    for chunk in lines(path):
        fields = fields_of(chunk, layout)
        numbered = (fields.fault == NO_FAULT) & (fields.number > 0) & (fields.number != NOT_A_NUMBER)
        parts.append(People.of_numbers(np.unique(fields.number[numbered])))
        without = (fields.fault == NO_FAULT) & (fields.number == NO_NUMBER) & is_status_d(fields) & (fields.dossier > 0)
        places = fields.ocmw[without].astype(np.int64) * 100 + fields.suffix[without]
        none = np.full(len(places), NO_NUMBER, np.int64)
        parts.append(People(none, places, fields.dossier[without]))
    return People.joined(parts)


class Renaming:
    """New pseudonyms by old ones."""

    def __init__(self, old: Bytes, new: Bytes) -> None:
        """Take both, 16 bytes a row."""
        self._table = PairTable()
        _, fresh = self._table.add(*_halves(old))
        self._new = new[fresh]

    @classmethod
    def rotated(cls, old: Key, new: Key, people: People, known: Identities) -> "Renaming":
        """Return the renaming of people from one key to another."""
        before, after = (
            Pseudonyms(key, known).persons(people.numbers, people.places, people.dossiers) for key in (old, new)
        )
        return cls(before, after)

    @classmethod
    def rejoined(cls, key: Key, known: Identities) -> "Renaming":
        """Return the renaming of each number that changed to the pseudonym of the oldest of its chain."""
        return cls(
            Pseudonyms(key, Identities.none()).of_numbers(known.numbers),
            Pseudonyms(key, known).of_numbers(known.numbers),
        )

    def renamed(self, persons: Bytes) -> tuple[Bytes, Mask]:
        """Return the new pseudonyms of persons, and whom it knows; the others keep theirs."""
        places = self._table.numbers(*_halves(persons))
        known = places >= 0
        if not self._table.count:
            return persons, known
        return np.where(known[:, None], self._new[places.clip(min=0)], persons), known


def _halves(persons: Bytes) -> tuple[Int64, Int64]:
    pairs = np.ascontiguousarray(persons).view(np.int64).reshape(-1, PERSON_BYTES // 8)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
