"""The fourteen fields of lines, read in one pass over the bytes: numbers, codes, and the first fault of each line.

Blanks around a value go. A line of CSV is first set as a line of fixed width, missing zeros put before, so that both
give the same values. Every value has one spelling, and those of fields 1-5 and 7-14 stand together in the *message* of
which the id of the event is made: with their zeros, the dossier without, sign and amount as one number, byte 1F
between.
"""

from dataclasses import dataclass

import numpy as np

from edge.persons.numbers import day_number, days_of_month
from edge.statements.layouts import READ, Columns, Fixed, Layout, lengths, offsets
from edge.statements.lines import Lines
from edge.statements.slugs import BAD_FIELD, BAD_LINE, BAD_MONTH, BAD_PERIOD, NO_FAULT, UNKNOWN_OCMW
from schemas.arrays import Bytes, Int8, Int16, Int32, Int64
from schemas.compiled import Whole, inlined, kernel
from schemas.parameters import document
from schemas.periods import FIRST_MONTH, LAST_MONTH
from schemas.places import MUNICIPALITIES

MESSAGE_BYTES = 112
"""Room for the message of a line, and for the number of its occurrence behind it."""
_BLANK, _BROKEN = -2, -1
_SPACE, _ZERO, _NINE, _UPPER, _LAST_UPPER, _LOWER, _LAST_LOWER = 32, 48, 57, 65, 90, 97, 122
_PRINTABLE, _LAST_PRINTABLE = 32, 126
_QUOTE, _UNIT = 34, 31
_PLUS, _MINUS = 43, 45
_DOT, _SLASH = 46, 47
_CODES = 100_000
_LETTERS_BASE = 37
_REFERENCE_BASE = 96
_HALF_REFERENCE = 6
_WRONG = 63
"""A question mark: no number holds one."""
NOT_A_NUMBER = -3


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of lines, one a row, meaningful as far as ``fault`` (``edge.statements.slugs``) allows.

    ``month`` is an ordinal (-1: none), ``place`` a municipality number (-1: none); days are since 1970-01-01;
    ``number`` is -1 for none and NOT_A_NUMBER for what is no number; ``dossier`` is a code, -1 for one
    that is none; ``second_field`` is 4 or 5 where dossier or suffix cannot be;
    ``reference`` holds two halves of it; ``message`` and ``length`` as above.
    """

    fault: Bytes
    field: Int8
    legislation: Int8
    ocmw: Int32
    place: Int16
    month: Int32
    dossier: Int64
    second_field: Int8
    suffix: Int8
    number: Int64
    reference: Int64
    amount_type: Int8
    first_day: Int32
    last_day: Int32
    article: Int32
    cents: Int64
    category: Bytes
    message: Bytes
    length: Int64


@inlined
def _trimmed(data: Bytes, first: Whole, last: Whole) -> tuple[Whole, Whole]:
    while first < last and data[first] == _SPACE:
        first += 1
    while last > first and data[last - 1] == _SPACE:
        last -= 1
    return first, last


@inlined
def _whole(data: Bytes, start: Whole, stop: Whole) -> Whole:
    """Return the number that stands between two places; blanks around it go."""
    first, last = _trimmed(data, start, stop)
    if first == last:
        return np.int64(_BLANK)
    value = np.int64(0)
    for place in range(first, last):
        digit = np.int64(data[place]) - _ZERO
        if digit < 0 or digit > 9:
            return np.int64(_BROKEN)
        value = value * 10 + digit
    return value


@inlined
def _upper(byte: Whole) -> Whole:
    value = np.int64(byte)
    return value - _SPACE if _LOWER <= value <= _LAST_LOWER else value


@inlined
def _day(value: Whole, first_year: Whole, last_year: Whole) -> Whole:
    """Return the days since 1970-01-01 of YYYYMMDD, or a number no day has."""
    year, month, day = value // 10000, value // 100 % 100, value % 100
    if not (first_year <= year <= last_year and 1 <= month <= 12):
        return np.int64(-(2**40))
    if not 1 <= day <= days_of_month(year, month):
        return np.int64(-(2**40))
    return np.int64(day_number(year, month, day))


@inlined
def _write_digits(out: Bytes, row: Whole, at: Whole, value: Whole, digits: Whole) -> Whole:
    """Write a number with at least so many digits, and return the place behind it."""
    size, rest = 1, value
    while rest >= 10:
        size += 1
        rest //= 10
    size = max(size, digits)
    for place in range(size - 1, -1, -1):
        out[row, at + place] = np.uint8(_ZERO + value % 10)
        value //= 10
    return at + size


@inlined
def _write_unit(out: Bytes, row: Whole, at: Whole) -> Whole:
    out[row, at] = np.uint8(_UNIT)
    return at + 1


@kernel
def _read(
    data: Bytes, start: Int64, right: Bytes, at: Int64, place_of_code: Int16, limits: Int64,
    fault: Bytes, field: Int8, legislation: Int8, ocmw: Int32, place: Int16, month: Int32, dossier: Int64,
    second_field: Int8, suffix: Int8, number: Int64, reference: Int64, amount_type: Int8, first_day: Int32,
    last_day: Int32, article: Int32, cents: Int64, category: Bytes, message: Bytes, length: Int64,
) -> None:  # fmt: skip
    for row in range(len(start)):
        month[row], place[row] = -1, -1
        if not right[row]:
            fault[row] = BAD_LINE
            continue
        begin = start[row]
        law = _whole(data, begin + at[0], begin + at[1])
        code = _whole(data, begin + at[1], begin + at[2])
        statement = _whole(data, begin + at[2], begin + at[3])
        kind = _whole(data, begin + at[7], begin + at[8])
        opens = _whole(data, begin + at[8], begin + at[9])
        closes = _whole(data, begin + at[9], begin + at[10])
        budget = _whole(data, begin + at[10], begin + at[11])
        amount = _whole(data, begin + at[12], begin + at[13])
        lawful_month = statement >= 0 and 1 <= statement % 100 <= 12
        ordinal = (statement // 100 - 1900) * 12 + statement % 100 - 1
        if lawful_month and limits[0] <= ordinal <= limits[1]:
            month[row] = ordinal
        if 0 <= code < _CODES:
            place[row] = place_of_code[code]
        sign_first, sign_last = _trimmed(data, begin + at[11], begin + at[12])
        sign = np.int64(data[sign_first]) if sign_last - sign_first == 1 else np.int64(0)
        if amount >= 0 and sign in (_PLUS, _MINUS):
            cents[row] = -amount if sign == _MINUS else amount
        text_first, text_last = _trimmed(data, begin + at[6], begin + at[7])
        printable = True
        halves = (np.int64(0), np.int64(0))
        for offset in range(2 * _HALF_REFERENCE):
            here = text_first + offset
            byte = np.int64(0)
            if here < text_last:
                byte = _upper(data[here])
                printable = printable and _PRINTABLE <= byte <= _LAST_PRINTABLE
                byte = (byte - _PRINTABLE + 1) % _REFERENCE_BASE
            if offset < _HALF_REFERENCE:
                halves = (halves[0] * _REFERENCE_BASE + byte, halves[1])
            else:
                halves = (halves[0], halves[1] * _REFERENCE_BASE + byte)
        reference[row, 0], reference[row, 1] = halves
        letter = np.int64(data[begin + at[13]])
        wrong = 0
        if law not in (1, 2, 6):
            wrong = 1
        elif code < 0:
            wrong = 2
        elif statement < 0:
            wrong = 3
        elif not printable:
            wrong = 7
        elif not 1 <= kind <= 6:
            wrong = 8
        elif opens < 0:
            wrong = 9
        elif closes < 0:
            wrong = 10
        elif budget < 0:
            wrong = 11
        elif sign not in (_PLUS, _MINUS):
            wrong = 12
        elif amount < 0:
            wrong = 13
        elif not _PRINTABLE <= letter <= _LAST_PRINTABLE:
            wrong = 14
        if wrong:
            fault[row], field[row] = BAD_FIELD, wrong
            continue
        if month[row] < 0:
            fault[row], field[row] = BAD_MONTH, 3
            continue
        if place[row] < 0:
            fault[row], field[row] = UNKNOWN_OCMW, 2
            continue
        since, until = _day(opens, limits[3], limits[4]), _day(closes, limits[3], limits[4])
        touched = (closes // 10000 - opens // 10000) * 12 + closes // 100 % 100 - opens // 100 % 100 + 1
        if since < -(2**30) or until < since or touched > limits[2]:
            fault[row], field[row] = BAD_PERIOD, 9 if since < -(2**30) else 10
            continue
        legislation[row], ocmw[row], amount_type[row] = law, code, kind - 1
        first_day[row], last_day[row], article[row], category[row] = since, until, budget, letter
        # the dossier and its suffix
        first, last = _trimmed(data, begin + at[3], begin + at[4])
        while first < last and data[first] == _ZERO:
            first += 1
        packed = np.int64(0)
        for here in range(first, last):
            byte = _upper(data[here])
            if _ZERO <= byte <= _NINE:
                packed = packed * _LETTERS_BASE + byte - _ZERO + 1
            elif _UPPER <= byte <= _LAST_UPPER:
                packed = packed * _LETTERS_BASE + byte - _UPPER + 11
            else:
                packed = np.int64(-1)
                break
        tail = _whole(data, begin + at[4], begin + at[5])
        suffix[row] = max(tail, 0)
        dossier[row] = packed if packed > 0 else -1
        if packed <= 0:
            second_field[row] = 4
        elif tail == _BROKEN:
            second_field[row] = 5
        # the person's number
        digits = _whole(data, begin + at[5], begin + at[6])
        if digits in (_BLANK, 0):
            number[row] = -1
        else:
            number[row] = digits if digits > 0 else NOT_A_NUMBER
        # the message
        behind = _write_unit(message, row, _write_digits(message, row, 0, law, 1))
        behind = _write_unit(message, row, _write_digits(message, row, behind, code, 5))
        behind = _write_unit(message, row, _write_digits(message, row, behind, statement, 6))
        for here in range(first, last):
            message[row, behind] = np.uint8(_upper(data[here]))
            behind += 1
        behind = _write_unit(message, row, behind)
        behind = _write_unit(message, row, _write_digits(message, row, behind, max(tail, 0), 2))
        for here in range(text_first, text_last):
            message[row, behind] = np.uint8(_upper(data[here]))
            behind += 1
        behind = _write_unit(message, row, behind)
        behind = _write_unit(message, row, _write_digits(message, row, behind, kind, 1))
        behind = _write_unit(message, row, _write_digits(message, row, behind, opens, 8))
        behind = _write_unit(message, row, _write_digits(message, row, behind, closes, 8))
        behind = _write_unit(message, row, _write_digits(message, row, behind, budget, 6))
        if cents[row] < 0:
            message[row, behind] = np.uint8(_MINUS)
            behind += 1
        behind = _write_unit(message, row, _write_digits(message, row, behind, abs(cents[row]), 1))
        if letter != _SPACE:
            message[row, behind] = np.uint8(letter)
            behind += 1
        length[row] = _write_unit(message, row, behind)


@kernel
def _set_in_width(
    data: Bytes, start: Int64, stop: Int64, delimiter: Whole, field_of: Int64, at: Int64, out: Bytes, right: Bytes
) -> None:
    """Set lines of CSV as lines of fixed width; ``right`` stays 0 where the number of cells is another."""
    width = at[len(at) - 1]
    cell = np.zeros(64, np.uint8)
    for row in range(len(start)):
        here, column = start[row], 0
        base = row * width
        fits = True
        while True:
            size, quoted, dropped = 0, False, False
            if here < stop[row] and data[here] == _QUOTE:
                quoted = True
                here += 1
            while here < stop[row]:
                byte = data[here]
                if quoted and byte == _QUOTE:
                    if here + 1 < stop[row] and data[here + 1] == _QUOTE:
                        here += 1
                    else:
                        quoted = False
                        here += 1
                        continue
                elif not quoted and byte == delimiter:
                    break
                if byte == _SPACE and size == 0:
                    here += 1
                    continue
                if size < len(cell):
                    cell[size] = byte
                    size += 1
                elif byte != _SPACE:
                    dropped = True
                here += 1
            if quoted or column >= len(field_of):
                fits = False
                break
            field = field_of[column]
            if field > 0:
                while size > 0 and cell[size - 1] == _SPACE:
                    size -= 1
                if field == 6:
                    kept = 0
                    for place in range(size):
                        if cell[place] not in (_SPACE, _DOT, _MINUS, _SLASH):
                            cell[kept] = cell[place]
                            kept += 1
                    size = kept
                first, last = base + at[field - 1], base + at[field]
                room = last - first
                if dropped or size > room:
                    for place in range(first, last):
                        out[place] = 0 if field != 6 else _WRONG
                elif field in (7, 12, 14) or size == 0:
                    for place in range(room):
                        out[first + place] = cell[place] if place < size else _SPACE
                else:
                    for place in range(room):
                        out[first + place] = cell[place - room + size] if place >= room - size else _ZERO
            column += 1
            if here >= stop[row]:
                break
            here += 1
        right[row] = fits and column == len(field_of)


def fields_of(lines: Lines, layout: Layout) -> Fields:
    """Return the fields of lines of a file of this layout."""
    size = len(lines.start)
    if isinstance(layout, Fixed):
        data, start = lines.data, lines.start
        right = _right(lines, layout)
    else:
        width = offsets()[-1]
        data, right = np.zeros(size * width, np.uint8), np.zeros(size, np.uint8)
        start = np.arange(size) * width
        _set_in_width(lines.data, lines.start, lines.stop, layout.delimiter, layout.field, _offsets(), data, right)
    made = _empty(size)
    _read(data, start, right, _offsets(), _place_of_code(), _limits(), *(getattr(made, name) for name in _NAMES))
    return made


def _right(lines: Lines, layout: Fixed) -> Bytes:
    size = lines.stop - lines.start
    fits = (lines.width >= offsets()[-1]) & (lines.width <= layout.width)
    right: Bytes = (fits | (size == layout.width)).astype(np.uint8)
    return right


_NAMES = tuple(Fields.__dataclass_fields__)


def _empty(size: int) -> Fields:
    return Fields(
        fault=np.zeros(size, np.uint8),
        field=np.zeros(size, np.int8),
        legislation=np.zeros(size, np.int8),
        ocmw=np.zeros(size, np.int32),
        place=np.zeros(size, np.int16),
        month=np.zeros(size, np.int32),
        dossier=np.zeros(size, np.int64),
        second_field=np.zeros(size, np.int8),
        suffix=np.zeros(size, np.int8),
        number=np.zeros(size, np.int64),
        reference=np.zeros((size, 2), np.int64),
        amount_type=np.zeros(size, np.int8),
        first_day=np.zeros(size, np.int32),
        last_day=np.zeros(size, np.int32),
        article=np.zeros(size, np.int32),
        cents=np.zeros(size, np.int64),
        category=np.zeros(size, np.uint8),
        message=np.zeros((size, MESSAGE_BYTES), np.uint8),
        length=np.zeros(size, np.int64),
    )


def _offsets() -> Int64:
    return np.array(offsets(), np.int64)


def _place_of_code() -> Int16:
    numbers = np.full(_CODES, -1, np.int16)
    numbers[np.array([int(code) for code in MUNICIPALITIES])] = np.arange(len(MUNICIPALITIES))
    return numbers


def _limits() -> Int64:
    """Return the first and last month, the most months that a line may touch, the first and last year."""
    most = document("limits")["events"]["max_months_touched"]
    return np.array([FIRST_MONTH, LAST_MONTH, most, 1900 + FIRST_MONTH // 12, 1900 + LAST_MONTH // 12], np.int64)


def reference_code(text: str) -> tuple[int, int]:
    """Return the two halves of a reference, as ``Fields.reference`` has them."""
    codes = [(ord(letter) - _PRINTABLE + 1) % _REFERENCE_BASE for letter in text] + [0] * (2 * _HALF_REFERENCE)
    halves = []
    for half in range(2):
        code = 0
        for one in codes[half * _HALF_REFERENCE : (half + 1) * _HALF_REFERENCE]:
            code = code * _REFERENCE_BASE + one
        halves.append(code)
    return halves[0], halves[1]


__all__ = ["NOT_A_NUMBER", "NO_FAULT", "READ", "Columns", "Fields", "fields_of", "lengths", "reference_code"]
