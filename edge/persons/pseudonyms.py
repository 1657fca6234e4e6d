"""Pseudonyms: what the log calls a person and a dossier, each made once and kept for the lines that follow.

A person is ``n`` and the eleven digits of the oldest number, or, without a number, ``d``, the OCMW as written, the
suffix and the dossier (status D of the act of 1965). What is kept is bounded: when a million persons are reached, all
are forgotten and made again as they come.
"""

from collections.abc import Callable, Iterator

import numpy as np

from edge.keys import Key, Keyed
from edge.pair_table import PairTable
from edge.persons.identities import Identities
from schemas.arrays import Bytes, Int64

MOST_KEPT = 1 << 20
"""Persons, and dossiers, of whom the pseudonym is kept: about 100 bytes each, 200 MB in all."""
PERSON_BYTES, DOSSIER_BYTES = 16, 8
NO_NUMBER = -1
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE = len(_LETTERS) + 1

Messages = Callable[[Int64], Iterator[bytes]]
"""Gives the messages of rows."""


def dossier_text(code: int) -> str:
    """Return a dossier number, without zeros before it, of its code (``dossier_code``)."""
    text = ""
    while code:
        code, place = divmod(code, _BASE)
        text = _LETTERS[place - 1] + text
    return text


def dossier_code(text: str) -> int:
    """Return the whole number that stands for a dossier number: in base 37, a digit or letter from 1 to 36."""
    code = 0
    for letter in text:
        code = code * _BASE + _LETTERS.index(letter) + 1
    return code


class _Kept:
    """Digests of pairs of numbers under a key, each made when it is first asked for."""

    def __init__(self, keyed: Keyed, size: int) -> None:
        self._keyed, self._size = keyed, size
        self._forget()

    def _forget(self) -> None:
        self._table = PairTable()
        self._made = np.zeros((1 << 12, self._size), np.uint8)

    def of(self, a: Int64, b: Int64, messages: Messages) -> Bytes:
        """Return the digests of pairs, one a row; ``messages`` gives what is digested of rows."""
        if self._table.count > MOST_KEPT:
            self._forget()
        before = self._table.count
        found, fresh = self._table.add(a, b)
        if self._table.count > len(self._made):
            larger = np.zeros((max(2 * len(self._made), self._table.count), self._size), np.uint8)
            larger[:before] = self._made[:before]
            self._made = larger
        if len(fresh):
            made = np.frombuffer(self._keyed.joined(messages(fresh), self._size), np.uint8)
            self._made[before : self._table.count] = made.reshape(-1, self._size)
        return self._made[found]


class Pseudonyms:
    """The pseudonyms under a key, with the identities known."""

    def __init__(self, key: Key, identities: Identities) -> None:
        """Take the key and the numbers that changed."""
        self._identities = identities
        self._persons = _Kept(key.persons(), PERSON_BYTES)
        self._dossiers = _Kept(key.lines("dossier"), DOSSIER_BYTES)

    def of_numbers(self, numbers: Int64) -> Bytes:
        """Return the pseudonyms of national numbers, 16 bytes a row."""
        none = np.full(len(numbers), NO_NUMBER, np.int64)
        return self.persons(numbers, none, none)

    def persons(self, numbers: Int64, places: Int64, dossiers: Int64) -> Bytes:
        """Return pseudonyms, 16 bytes a row.

        ``numbers`` holds NO_NUMBER for a person without one; then ``places`` is the OCMW times 100 and the suffix, and
        ``dossiers`` the code of the dossier.
        """
        roots = self._identities.roots(numbers)
        without = numbers == NO_NUMBER
        first, second = np.where(without, dossiers, roots), np.where(without, places, np.int64(NO_NUMBER))

        def messages(rows: Int64) -> Iterator[bytes]:
            for a, b in zip(first[rows].tolist(), second[rows].tolist(), strict=True):
                yield f"n{a:011d}".encode() if b == NO_NUMBER else f"d{b:07d}{dossier_text(a)}".encode()

        return self._persons.of(first, second, messages)

    def dossiers(self, ocmws: Int64, codes: Int64) -> Int64:
        """Return the keyed hash of each dossier, as the log has it."""

        def messages(rows: Int64) -> Iterator[bytes]:
            for ocmw, code in zip(ocmws[rows].tolist(), codes[rows].tolist(), strict=True):
                yield f"{ocmw:05d}{dossier_text(code)}".encode()

        made = self._dossiers.of(codes, ocmws, messages)
        found: Int64 = np.ascontiguousarray(made).view(">i8").reshape(-1).astype(np.int64)
        return found
