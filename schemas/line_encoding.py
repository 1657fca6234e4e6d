"""Claim lines as bytes of today's union, from columns: one compiled encoder for the edge and the generator.

A record is the number of its branch and its fields in the order of the schema, each as Avro writes it: whole numbers in
zigzag, seven bits a byte, fixed ones as they are, a union as its branch and its value.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.arrays import Bytes, Int8, Int32, Int64
from schemas.compiled import Whole, inlined, kernel
from schemas.events import REGULARISATION

NO_BIRTH = -(2**31)
"""Stands in ``birth`` for a date that is not known."""
MOST_BYTES = 160
"""No record is longer."""
_ID = 16


@dataclass(frozen=True, slots=True)
class ClaimLines:
    """Claims and regularisations, one a row; enums as numbers, days since 1970-01-01, ``statement`` as YYYYMM.

    ``event_id``, ``person`` and ``corrects`` have 16 columns, ``nationality`` two; a row of zeros in ``corrects`` is
    none.
    """

    kind: Int8
    event_id: Bytes
    person: Bytes
    ocmw: Int32
    dossier: Int64
    support: Int8
    amount_type: Int8
    first_day: Int32
    last_day: Int32
    statement: Int32
    cents: Int64
    days: Int32
    article: Int32
    percentage: Int32
    sex: Int8
    birth: Int32
    household: Int8
    nationality: Bytes
    status: Int8
    corrects: Bytes


@inlined
def _put(out: Bytes, at: Whole, value: Whole) -> Whole:
    """Write a whole number at a place and return the place behind it."""
    zigzag = np.uint64((value << 1) ^ (value >> 63))
    while zigzag >= np.uint64(128):
        out[at] = np.uint8((zigzag & np.uint64(127)) | np.uint64(128))
        zigzag >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(zigzag)
    return at + 1


@inlined
def _put_bytes(out: Bytes, at: Whole, content: Bytes, row: Whole) -> Whole:
    for place in range(content.shape[1]):
        out[at + place] = content[row, place]
    return at + content.shape[1]


@kernel
def _encode(
    numbers: Int64, event_id: Bytes, person: Bytes, nationality: Bytes, corrects: Bytes, out: Bytes, stop: Int64
) -> None:
    at = 0
    for row in range(len(numbers)):
        kind = numbers[row, 0]
        at = _put(out, at, kind)
        at = _put_bytes(out, at, event_id, row)
        at = _put_bytes(out, at, person, row)
        for column in range(1, 13):
            at = _put(out, at, numbers[row, column])
        birth = numbers[row, 13]
        at = _put(out, at, np.int64(0) if birth == NO_BIRTH else np.int64(1))
        if birth != NO_BIRTH:
            at = _put(out, at, birth)
        at = _put(out, at, numbers[row, 14])
        at = _put(out, at, np.int64(2))
        at = _put_bytes(out, at, nationality, row)
        at = _put(out, at, numbers[row, 15])
        if kind == REGULARISATION:
            has = False
            for place in range(_ID):
                has |= corrects[row, place] != 0
            at = _put(out, at, np.int64(1) if has else np.int64(0))
            if has:
                at = _put_bytes(out, at, corrects, row)
        stop[row] = at


def encoded(lines: ClaimLines) -> tuple[Bytes, Int64]:
    """Return all rows as records of today's union, one behind the other, and where each of them ends."""
    columns: tuple[npt.NDArray[np.signedinteger[Any]], ...] = (
        lines.kind, lines.ocmw, lines.dossier, lines.support, lines.amount_type, lines.first_day, lines.last_day,
        lines.statement, lines.cents, lines.days, lines.article, lines.percentage, lines.sex, lines.birth,
        lines.household, lines.status,
    )  # fmt: skip
    numbers = np.empty((len(lines.kind), len(columns)), np.int64)
    for place, column in enumerate(columns):
        numbers[:, place] = column
    out = np.empty(MOST_BYTES * len(lines.kind), np.uint8)
    stop = np.zeros(len(lines.kind), np.int64)
    parts = map(np.ascontiguousarray, (lines.event_id, lines.person, lines.nationality, lines.corrects))
    event_id, person, nationality, corrects = parts
    _encode(numbers, event_id, person, nationality, corrects, out, stop)
    return out[: stop[-1] if len(stop) else 0], stop
