"""Pseudonyms: what the log calls a person and a dossier, each made once and kept for the lines that follow.

A person is ``n`` and the eleven digits of the oldest number, or, without a number, ``d``, the OCMW as written, the
suffix and the dossier (status D of the act of 1965). What is kept is bounded: when a million persons are reached, all
are forgotten and made again as they come.
"""

from collections.abc import Callable

import numpy as np

from edge.keys import Key, Keyed
from edge.pair_table import PairTable
from edge.persons.identities import Identities
from schemas.arrays import Bytes, Int64
from schemas.compiled import Whole, inlined, kernel

MOST_KEPT = 1 << 20
"""Persons, and dossiers, of whom the pseudonym is kept: about 100 bytes each, 200 MB in all."""
PERSON_BYTES, DOSSIER_BYTES = 16, 8
NO_NUMBER = -1
_MESSAGE_BYTES = 24
_BASE, _TEN = 37, 10
_ZERO, _LETTER_A, _N, _D = (ord(letter) for letter in "0And")

Messages = Callable[[Int64], tuple[Bytes, Int64]]
"""Gives the messages of rows, and how long each is."""


@inlined
def _write_code(out: Bytes, row: Whole, at: Whole, code: Whole) -> Whole:
    """Write a dossier number of its code (base 37, digits and letters from 1 to 36), and return the place behind."""
    size, rest = 0, code
    while rest > 0:
        size += 1
        rest //= _BASE
    for place in range(size - 1, -1, -1):
        digit = code % _BASE - 1
        out[row, at + place] = _ZERO + digit if digit < _TEN else _LETTER_A + digit - _TEN
        code //= _BASE
    return at + size


@inlined
def _write_number(out: Bytes, row: Whole, at: Whole, value: Whole, digits: Whole) -> Whole:
    for place in range(digits - 1, -1, -1):
        out[row, at + place] = _ZERO + value % 10
        value //= 10
    return at + digits


@kernel
def _spell_persons(first: Int64, second: Int64, out: Bytes, length: Int64) -> None:
    for row in range(len(first)):
        if second[row] == NO_NUMBER:
            out[row, 0] = _N
            length[row] = _write_number(out, row, 1, first[row], 11)
        else:
            out[row, 0] = _D
            length[row] = _write_code(out, row, _write_number(out, row, 1, second[row], 7), first[row])


@kernel
def _spell_dossiers(ocmws: Int64, codes: Int64, out: Bytes, length: Int64) -> None:
    for row in range(len(codes)):
        length[row] = _write_code(out, row, _write_number(out, row, 0, ocmws[row], 5), codes[row])


@kernel
def _spell_numbers(numbers: Int64, out: Bytes, at: Whole) -> None:
    for row in range(len(numbers)):
        _write_number(out, row, at, max(numbers[row], 0), 11)


def spell_numbers(numbers: Int64, out: Bytes, at: int) -> None:
    """Write the eleven digits of numbers into rows, from a place on; no number is zeros."""
    _spell_numbers(numbers, out, at)


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
        places, fresh = self._table.add(a, b)
        if self._table.count > len(self._made):
            larger = np.zeros((max(2 * len(self._made), self._table.count), self._size), np.uint8)
            larger[:before] = self._made[:before]
            self._made = larger
        if len(fresh):
            self._made[before : self._table.count] = self._keyed.rows(*messages(fresh))[:, : self._size]
        return self._made[places]


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

        def messages(rows: Int64) -> tuple[Bytes, Int64]:
            spelled, length = np.zeros((len(rows), _MESSAGE_BYTES), np.uint8), np.zeros(len(rows), np.int64)
            _spell_persons(first[rows], second[rows], spelled, length)
            return spelled, length

        return self._persons.of(first, second, messages)

    def dossiers(self, ocmws: Int64, codes: Int64) -> Int64:
        """Return the keyed hash of each dossier, as the log has it."""

        def messages(rows: Int64) -> tuple[Bytes, Int64]:
            spelled, length = np.zeros((len(rows), _MESSAGE_BYTES), np.uint8), np.zeros(len(rows), np.int64)
            _spell_dossiers(ocmws[rows], codes[rows], spelled, length)
            return spelled, length

        made = self._dossiers.of(codes, ocmws, messages)
        hashes: Int64 = np.ascontiguousarray(made).view(">i8").reshape(-1).astype(np.int64)
        return hashes
