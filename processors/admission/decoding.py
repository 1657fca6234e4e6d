"""Avro bytes to columns, with every rule of admission that needs no memory (A1-A5, D2), in one compiled pass.

The pass reads blocks of *native* layout (``schemas.log.Layout``): a zigzag branch index where the file is a union,
then the fields one after the other. Each read checks that it stays inside the block. What can go wrong is of two kinds:

- The bytes do not parse (a varint too long, a length beyond the block, a branch that does not exist). Then nobody knows
  where the next record starts: this record and the rest of its block are ``undecodable``, by the block's count.
- The bytes parse, and the values are unlawful. Then the record is set aside under the first fault that holds, in the
  order of ``schemas.faults.FAULTS``, and the pass goes on behind it.

The result is one row per record in ``Events``. The fold (``processors.admission.ledger``) then needs no bytes at all.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.compiled import Whole, inlined, loop
from processors.rules import (
    FIRST_DAY,
    LAST_DAY,
    MAX_AMOUNT,
    MAX_DAYS_PER_MONTH,
    MAX_MONTHS,
    MAX_NIS,
    Rules,
)
from schemas import events, faults
from schemas.arrays import Bytes
from schemas.faults import Fault
from schemas.log import Block, Layout, LeftOverError, encode_plain, read_plain
from schemas.periods import EPOCH_YEAR, MONTH_COUNT, MONTHS_PER_YEAR

CLAIM, REGULARISATION, UPDATE_CLOSED = events.CLAIM, events.REGULARISATION, events.UPDATE_CLOSED
EMPLOYMENT, YOUTH_EXIT, RESIDENCE = events.EMPLOYMENT, events.YOUTH_EXIT, events.RESIDENCE
FOREVER, LEFT_REGISTER = events.FOREVER, events.LEFT_REGISTER
UNDECODABLE = faults.NUMBER["undecodable"]
UNKNOWN_SCHEMA = faults.NUMBER["unknown-schema"]
NOT_KEYED = faults.NUMBER["person-not-keyed"]
UNKNOWN_OCMW = faults.NUMBER["unknown-ocmw"]
BAD_PERIOD = faults.NUMBER["bad-period"]
TOO_OLD = faults.NUMBER["too-old"]
BAD_AMOUNT_TYPE = faults.NUMBER["bad-amount-type"]
BAD_MONTH = faults.NUMBER["bad-month"]
DAYS_OUT_OF_RANGE = faults.NUMBER["days-out-of-range"]
AMOUNT_OUT_OF_RANGE = faults.NUMBER["amount-out-of-range"]
BAD_ATTRIBUTES = faults.NUMBER["bad-attributes"]
BAD_DATES = faults.NUMBER["bad-dates"]
EXIT_BEFORE_BIRTH = faults.NUMBER["exit-before-birth"]
UNKNOWN_MUNICIPALITY = faults.NUMBER["unknown-municipality"]

_SYMBOLS = {name: len(shape.symbols) for name, shape in events.shapes()[CLAIM].fields}
SUPPORTS, AMOUNT_TYPES = _SYMBOLS["support"], _SYMBOLS["amount_type"]
HOUSEHOLDS, STATUSES = _SYMBOLS["household"], _SYMBOLS["status"]
CLAIM_TYPES = AMOUNT_TYPES // 2

NO_BIRTH_DATE = -(2**40)
NO_DATE = -(2**31)
"""Stands for a null date of a fact in ``first`` and ``last``."""
DECLARATIONS, WORKER_BYTES = 4, 7
KEY_BYTES = 16
INT_MIN, INT_MAX = -(2**31), 2**31 - 1
CAPITAL_A, ALPHABET = ord("A"), 26
PERCENT = 100
SEXES = 3
VARINT_BITS = 63
CONTINUED = 0x80


class Events(NamedTuple):
    """Decoded records of a batch, one row each; only rows without fault hold meaning beyond kind and bytes.

    ``fault`` is 0 or a number of ``schemas.faults.NUMBER``; ``start`` and ``stop`` bound the record's bytes in the
    batch, without branch index (equal where it does not parse); ``identity`` holds event_id and person as four uint64;
    ``content`` is a hash of all fields of today's schema and the kind, trailing defaults left out (A4);
    ``municipality`` is a number; ``first`` and ``last`` are days since 1970; ``parts`` counts months touched;
    ``birth`` is a day or NO_BIRTH_DATE; ``traits`` are sex, household, nationality number, status as they stand in the
    event; ``person`` is filled by the fold, with the number that its ledger has of the person of a lawful event.

    A fact uses the columns in its own way, and has no parts. EMPLOYMENT: ``amount`` dimona_period, ``amount_type``
    declaration, ``first`` and ``last`` its dates, ``percentage`` 1 where the employer is an OCMW, ``birth`` the worker
    type (``packed``). YOUTH_EXIT: ``first`` the day, sex and birth as above. RESIDENCE: ``first`` and ``municipality``,
    -1 for LEFT_REGISTER.
    """

    kind: npt.NDArray[np.int8]
    fault: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    identity: npt.NDArray[np.uint64]
    content: npt.NDArray[np.uint64]
    municipality: npt.NDArray[np.int16]
    leaf: npt.NDArray[np.int8]
    amount_type: npt.NDArray[np.int8]
    first: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    parts: npt.NDArray[np.int32]
    amount: npt.NDArray[np.int64]
    days: npt.NDArray[np.int32]
    percentage: npt.NDArray[np.int8]
    birth: npt.NDArray[np.int64]
    traits: npt.NDArray[np.int16]
    person: npt.NDArray[np.int32]


class _Laid(NamedTuple):
    """What of a batch the compiled pass reads."""

    data: Bytes
    bounds: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int8]
    single: bool
    preset: Bytes


class Batch(NamedTuple):
    """Several blocks of one layout laid end to end: block i is ``data[bounds[i]:bounds[i+1]]``, ``counts[i]`` records.

    ``kinds`` are the writer's branches, ``single`` tells that there is no branch index; ``first`` is the number in the
    file of the batch's first record. ``preset`` is empty, or holds for each record the number of a fault that was found
    before: such a record has no bytes. ``details`` holds such faults by row where more is known than the number.
    """

    data: Bytes
    bounds: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int8]
    single: bool
    first: int
    preset: Bytes
    details: Mapping[int, Fault] = MappingProxyType({})

    @property
    def records(self) -> int:
        """Number of records."""
        return int(self.counts.sum())


NOTHING_PRESET = np.empty(0, np.uint8)


def batch_of(blocks: list[Block], layout: Layout) -> Batch:
    """Return consecutive blocks of a file as one batch.

    Blocks of another layout than today's are read value by value and written anew. Raises LeftOverError where such a
    block holds more than its records.
    """
    if not layout.native:
        return _translated(blocks, layout)
    sizes = [len(block.data) for block in blocks]
    return Batch(
        data=blocks[0].data if len(blocks) == 1 else np.concatenate([block.data for block in blocks]),
        bounds=np.cumsum([0, *sizes], dtype=np.int64),
        counts=np.array([block.count for block in blocks], np.int64),
        kinds=np.array(layout.kinds, np.int8),
        single=layout.single,
        first=blocks[0].first,
        preset=NOTHING_PRESET,
    )


def _translated(blocks: list[Block], layout: Layout) -> Batch:
    """Return blocks of another layout as one block of today's union."""
    records = [event for block in blocks for event in read_plain(block, layout)]
    refused = {row: event for row, event in enumerate(records) if isinstance(event, Fault)}
    preset = np.zeros(len(records), np.uint8)
    preset[list(refused)] = [faults.NUMBER[fault.slug] for fault in refused.values()]
    written = b"".join(encode_plain(event) for event in records if not isinstance(event, Fault))
    return Batch(
        data=np.frombuffer(bytearray(written), np.uint8),
        bounds=np.array([0, len(written)], np.int64),
        counts=np.array([len(records)], np.int64),
        kinds=np.arange(len(events.RECORDS), dtype=np.int8),
        single=False,
        first=blocks[0].first,
        preset=preset,
        details=refused,
    )


def empty_events(size: int) -> Events:
    """Return columns for ``size`` records, not yet filled."""
    return Events(
        kind=np.empty(size, np.int8),
        fault=np.empty(size, np.uint8),
        start=np.empty(size, np.int64),
        stop=np.empty(size, np.int64),
        identity=np.empty((size, 4), np.uint64),
        content=np.empty(size, np.uint64),
        municipality=np.empty(size, np.int16),
        leaf=np.empty(size, np.int8),
        amount_type=np.empty(size, np.int8),
        first=np.empty(size, np.int32),
        last=np.empty(size, np.int32),
        parts=np.empty(size, np.int32),
        amount=np.empty(size, np.int64),
        days=np.empty(size, np.int32),
        percentage=np.empty(size, np.int8),
        birth=np.empty(size, np.int64),
        traits=np.empty((size, 4), np.int16),
        person=np.empty(size, np.int32),
    )


def decode(batch: Batch, rules: Rules) -> Events:
    """Return the events of a batch. Raises LeftOverError when a block holds more than its records."""
    decoded = empty_events(batch.records)
    laid = _Laid(batch.data, batch.bounds, batch.counts, batch.kinds, batch.single, batch.preset)
    left_over = _decode_blocks(laid, rules, decoded)
    if left_over:
        message = f"{left_over} bytes are left over after the last record of a block"
        raise LeftOverError(message)
    return decoded


@inlined
def varint(data: Bytes, at: Whole, end: Whole) -> tuple[Whole, Whole]:
    """Return a zigzag varint and the place behind it, or place -1 when it is cut short or longer than 64 bits."""
    if 0 <= at < end and data[at] < CONTINUED:  # most fields are one byte
        return (np.int64(data[at]) >> 1) ^ -(np.int64(data[at]) & 1), at + 1
    return _long_varint(data, at, end)


@loop
def _long_varint(data: Bytes, at: Whole, end: Whole) -> tuple[Whole, Whole]:
    """Read a varint byte by byte; a function of its own, because nineteen copies of a loop take long to compile."""
    value = np.uint64(0)
    shift = 0
    while 0 <= at < end and shift <= VARINT_BITS:
        byte = data[at]
        at += 1
        if shift == VARINT_BITS and byte > 1:
            break
        value |= np.uint64(byte & 0x7F) << np.uint64(shift)
        if byte < CONTINUED:
            return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)), at
        shift += 7
    return np.int64(0), np.int64(-1)


@inlined
def word_at(data: Bytes, at: Whole) -> np.uint64:
    """Return eight bytes as a little-endian number.

    An unsigned place cannot count from the end, so the compiler sees that the bytes lie in a row: one load, not eight.
    """
    start = np.uint64(at)
    value = np.uint64(0)
    for byte in range(8):
        value |= np.uint64(data[start + np.uint64(byte)]) << np.uint64(8 * byte)
    return value


@inlined
def copied(source: Bytes, start: Whole, size: Whole, target: Bytes, place: Whole) -> None:
    """Copy some bytes; places are unsigned for the same reason, and the compiler copies them all at once."""
    first, to = np.uint64(start), np.uint64(place)
    for byte in range(np.uint64(size)):
        target[to + byte] = source[first + byte]


@inlined
def mixed(state: np.uint64, value: np.uint64) -> np.uint64:
    """Return a hash state with one more word stirred in (multiply and fold, as in the well-known 64-bit finalisers)."""
    state = (state ^ value) * np.uint64(0x9E3779B97F4A7C15)
    state ^= state >> np.uint64(32)
    state *= np.uint64(0xD6E8FEB86659FD93)
    return state ^ (state >> np.uint64(29))


@inlined
def _is_month(value: Whole) -> bool:
    year, month = value // 100, value % 100
    ordinal = (year - EPOCH_YEAR) * MONTHS_PER_YEAR + month - 1
    return bool(1 <= month <= MONTHS_PER_YEAR and 0 <= ordinal < MONTH_COUNT)


@inlined
def _is_int(value: Whole) -> bool:
    return bool(INT_MIN <= value <= INT_MAX)


@loop
def _decode_blocks(batch: _Laid, rules: Rules, events: Events) -> Whole:  # noqa: C901, PLR0912 - one branch a kind of record
    """Decode all blocks; return the number of bytes left over in the first block that has any."""
    data, bounds, counts, kinds = batch.data, batch.bounds, batch.counts, batch.kinds
    row = np.int64(0)  # for a literal, what reads facts would be compiled apart
    for block in range(len(counts)):
        at, end = bounds[block], bounds[block + 1]
        for done in range(counts[block]):
            if len(batch.preset) and batch.preset[row]:
                events.kind[row] = CLAIM
                events.fault[row] = batch.preset[row]
                events.start[row] = events.stop[row] = at
                row += 1
                continue
            kind: Whole = -1
            if batch.single:
                kind = kinds[0]
            else:
                branch, at = varint(data, at, end)
                if at >= 0 and 0 <= branch < len(kinds):
                    kind = kinds[branch]
            stop = -1
            if kind == UPDATE_CLOSED:
                stop = _closing(data, at, end, events, row)
            elif kind in (CLAIM, REGULARISATION):
                stop = _line(data, at, end, kind, rules, events, row)
            elif kind in (EMPLOYMENT, YOUTH_EXIT, RESIDENCE):
                stop = _fact(data, at, end, kind, rules, events, row)
            elif kind >= 0:  # nobody here knows where it ends, so it takes what is left of its block
                events.parts[row] = 0
                events.fault[row] = UNKNOWN_SCHEMA
                stop = end
            if stop < 0:
                for _ in range(done, counts[block]):
                    events.kind[row] = CLAIM
                    events.fault[row] = UNDECODABLE
                    events.start[row] = events.stop[row] = at if at >= 0 else end
                    row += 1
                at = end
                break
            events.kind[row] = kind
            events.start[row] = at
            events.stop[row] = stop
            at = stop
            row += 1
        if at != end:
            return end - at
    return 0


@inlined
def _closing(data: Bytes, at: Whole, end: Whole, events: Events, row: Whole) -> Whole:
    """Read an UpdateClosed as far as its end; its values are read where it is handled, one at a time."""
    length, at = varint(data, at, end)
    if at < 0 or length < 0 or length > end - at:
        return -1
    month, at = varint(data, at + length, end)
    events.parts[row] = 0
    events.fault[row] = 0 if _is_int(month) else UNDECODABLE
    return at


@inlined
def _line(  # noqa: C901, PLR0911, PLR0912, PLR0915 - one record, field after field, in the order of the schema
    data: Bytes, at: Whole, end: Whole, kind: Whole, rules: Rules, events: Events, row: Whole
) -> Whole:
    """Read a claim or regularisation into its row; return where it ends, or -1 when it does not parse.

    A varint read from place -1 stays at -1, so the chain of reads needs one check before bytes are used.
    """
    if end - at < 2 * KEY_BYTES:
        return -1
    for word in range(4):
        events.identity[row, word] = word_at(data, at + 8 * word)
    person = at + KEY_BYTES
    ocmw, at = varint(data, at + 2 * KEY_BYTES, end)
    dossier, at = varint(data, at, end)
    support, at = varint(data, at, end)
    amount_type, at = varint(data, at, end)
    first, at = varint(data, at, end)
    last, at = varint(data, at, end)
    statement_month, at = varint(data, at, end)
    amount, at = varint(data, at, end)
    days, at = varint(data, at, end)
    article, at = varint(data, at, end)
    percentage, at = varint(data, at, end)
    sex, at = varint(data, at, end)
    born, at = varint(data, at, end)
    if at < 0 or not 0 <= born <= 1:
        return -1
    birth = NO_BIRTH_DATE
    if born:
        birth, at = varint(data, at, end)
    household, at = varint(data, at, end)
    length, at = varint(data, at, end)
    if at < 0 or not 0 <= length <= end - at:
        return -1
    nationality = _nationality(data, at, length)
    status, at = varint(data, at + length, end)
    content = mixed(np.uint64(kind + 1), np.uint64(dossier))
    if kind == REGULARISATION:
        corrects, at = varint(data, at, end)
        if at < 0 or not 0 <= corrects <= 1 or end - at < KEY_BYTES * corrects:
            return -1
        if corrects:
            content = mixed(mixed(content, word_at(data, at)), word_at(data, at + 8))
            at += KEY_BYTES
    if at < 0:
        return -1

    ints = (ocmw, first, last, statement_month, days, article, percentage, sex)
    symbols = (support, amount_type, household, status)
    events.parts[row] = 0
    events.fault[row] = _undecodable(ints, symbols) or (UNDECODABLE if born and not _is_int(birth) else 0)
    if events.fault[row] == 0 and _in_clear(data, person):
        events.fault[row] = NOT_KEYED
    if events.fault[row]:
        return at
    events.municipality[row] = rules.municipality_of_nis[ocmw] if 0 <= ocmw <= MAX_NIS else -1
    months = _months_touched(first, last, rules)
    events.fault[row] = _fault(
        events.municipality[row],
        months,
        first < rules.earliest_day,
        (amount_type < CLAIM_TYPES) == (kind == CLAIM),
        statement_month,
        days,
        amount,
    )
    if events.fault[row] == 0 and not (1 <= sex <= SEXES and 0 <= percentage <= PERCENT and nationality >= 0):
        events.fault[row] = BAD_ATTRIBUTES
    if events.fault[row]:
        return at

    content = mixed(content, _pair(ocmw, days))
    content = mixed(content, _pair(first, last))
    content = mixed(content, _pair(statement_month, article))
    content = mixed(content, np.uint64(amount))
    content = mixed(content, np.uint64(birth))
    codes = ((((support * 8 + amount_type) * 128 + percentage) * 4 + sex) * 8 + household) * 16 + status
    events.content[row] = mixed(content, np.uint64(codes * 1024 + nationality))
    events.leaf[row] = support
    events.amount_type[row] = amount_type
    events.first[row] = first
    events.last[row] = last
    events.parts[row] = months
    events.amount[row] = amount
    events.days[row] = days
    events.percentage[row] = percentage
    events.birth[row] = birth
    events.traits[row, 0] = sex
    events.traits[row, 1] = household
    events.traits[row, 2] = nationality
    events.traits[row, 3] = status
    return at


@inlined
def _in_clear(data: Bytes, at: Whole) -> bool:
    """Tell whether a person is written in clear: digits, blanks, dots, dashes and NULs alone, or one byte 16 times."""
    alike = written = True
    for byte in range(KEY_BYTES):
        letter = data[at + byte]
        alike = alike and letter == data[at]
        written = written and (48 <= letter <= 57 or letter in (0, 32, 45, 46))  # noqa: PLR2004 - 0-9, NUL, blank, "-."
        if not (alike or written):
            return False
    return True


@inlined
def _nationality(data: Bytes, at: Whole, length: Whole) -> Whole:
    """Return the nationality number of two capital letters, -1 for any other text."""
    if length != 2:  # noqa: PLR2004 - ISO 3166 alpha-2
        return -1
    first, second = np.int64(data[at]) - CAPITAL_A, np.int64(data[at + 1]) - CAPITAL_A
    return first * ALPHABET + second if 0 <= first < ALPHABET and 0 <= second < ALPHABET else -1


@inlined
def _undecodable(ints: tuple[Whole, ...], symbols: tuple[Whole, ...]) -> Whole:
    """Return the fault of values that parse but are no value of their type."""
    for value in ints:
        if not _is_int(value):
            return UNDECODABLE
    support, amount_type, household, status = symbols
    lawful = (
        0 <= support < SUPPORTS
        and 0 <= amount_type < AMOUNT_TYPES
        and 0 <= household < HOUSEHOLDS
        and 0 <= status < STATUSES
    )
    return 0 if lawful else UNDECODABLE


@inlined
def _months_touched(first: Whole, last: Whole, rules: Rules) -> Whole:
    """Return the calendar months from first to last day, or 0 where that is no lawful period."""
    if not FIRST_DAY <= first <= last <= LAST_DAY:
        return 0
    return np.int64(rules.month_of_day[last - FIRST_DAY]) - np.int64(rules.month_of_day[first - FIRST_DAY]) + 1


@inlined
def _fault(  # noqa: PLR0911 - one line a fault, in the order of the contract
    municipality: Whole,
    months: Whole,
    too_old: bool,  # noqa: FBT001 - numba takes positional arguments
    type_fits: bool,  # noqa: FBT001
    statement_month: Whole,
    days: Whole,
    amount: Whole,
) -> Whole:
    if municipality < 0:
        return UNKNOWN_OCMW
    if not 1 <= months <= MAX_MONTHS:
        return BAD_PERIOD
    if too_old:
        return TOO_OLD
    if not type_fits:
        return BAD_AMOUNT_TYPE
    if not _is_month(statement_month):
        return BAD_MONTH
    if abs(days) > MAX_DAYS_PER_MONTH * months:
        return DAYS_OUT_OF_RANGE
    if not -MAX_AMOUNT <= amount <= MAX_AMOUNT:
        return AMOUNT_OUT_OF_RANGE
    return 0


@inlined
def _pair(left: Whole, right: Whole) -> np.uint64:
    """Return two 32-bit numbers as one word."""
    return np.uint64(left & 0xFFFFFFFF) << np.uint64(32) | np.uint64(right & 0xFFFFFFFF)


@loop
def _fact(data: Bytes, at: Whole, end: Whole, kind: Whole, rules: Rules, events: Events, row: Whole) -> Whole:
    """Read a fact into its row; return where it ends, or -1 when it does not parse. Compiled apart from the claims."""
    if end - at < 2 * KEY_BYTES:
        return np.int64(-1)
    for word in range(4):
        events.identity[row, word] = word_at(data, at + 8 * word)
    events.parts[row] = 0
    at += 2 * KEY_BYTES
    if kind == EMPLOYMENT:
        stop = _employment(data, at, end, events, row)
    elif kind == YOUTH_EXIT:
        stop = _youth_exit(data, at, end, events, row)
    else:
        stop = _residence(data, at, end, rules, events, row)
    if stop >= 0 and events.fault[row] != UNDECODABLE and _in_clear(data, at - KEY_BYTES):
        events.fault[row] = NOT_KEYED
    return stop


@inlined
def _employment(data: Bytes, at: Whole, end: Whole, events: Events, row: Whole) -> Whole:
    employer, at = varint(data, at, end)
    if not 0 <= at < end:
        return np.int64(-1)
    by_ocmw = np.int64(data[at] != 0)
    declaration, at = varint(data, at + 1, end)
    period, at = varint(data, at, end)
    first, at = _optional_day(data, at, end)
    last, at = _optional_day(data, at, end)
    length, at = varint(data, at, end)
    if at < 0 or not 0 <= length <= end - at:
        return np.int64(-1)
    content = mixed(mixed(np.uint64(EMPLOYMENT + 1), np.uint64(employer)), np.uint64(period))
    content = mixed(mixed(content, np.uint64(first)), np.uint64(last))
    content = mixed(content, np.uint64((declaration * 2 + by_ocmw) << 32 | length))
    for byte in range(length):
        content = mixed(content, np.uint64(data[at + byte]))
    lawful = 0 <= declaration < DECLARATIONS and _is_day(first) and _is_day(last)
    events.fault[row] = _employment_fault(first, last) if lawful else UNDECODABLE
    if events.fault[row] == 0:
        events.content[row] = content
        events.amount[row] = period
        events.amount_type[row] = declaration
        events.first[row] = max(first, NO_DATE)
        events.last[row] = max(last, NO_DATE)
        events.percentage[row] = by_ocmw
        events.birth[row] = _worker(data, at, length)
    return at + length


@inlined
def _employment_fault(first: Whole, last: Whole) -> Whole:
    """Return BAD_DATES for days out of bounds or reversed; a null says nothing, and FOREVER is no day but a word."""
    if first != NO_BIRTH_DATE and not FIRST_DAY <= first <= LAST_DAY:
        return BAD_DATES
    if last not in (NO_BIRTH_DATE, FOREVER) and not FIRST_DAY <= last <= LAST_DAY:
        return BAD_DATES
    return BAD_DATES if NO_BIRTH_DATE != last < first else 0


@inlined
def _worker(data: Bytes, at: Whole, length: Whole) -> Whole:
    """Return a worker type as a number (``packed``)."""
    value = np.int64(0)
    if length <= WORKER_BYTES:
        for byte in range(length):
            value = value << 8 | np.int64(data[at + byte])
    return value


def packed(worker_type: str) -> int:
    """Return the number of a worker type: its bytes; 0 for one too long to be a code."""
    code = worker_type.encode()
    return int.from_bytes(code, "big") if len(code) <= WORKER_BYTES else 0


@inlined
def _youth_exit(data: Bytes, at: Whole, end: Whole, events: Events, row: Whole) -> Whole:
    day, at = varint(data, at, end)
    sex, at = varint(data, at, end)
    birth, at = _optional_day(data, at, end)
    if at < 0:
        return np.int64(-1)
    fault = np.int64(0)
    if not (_is_int(day) and _is_int(sex) and _is_day(birth)):
        fault = np.int64(UNDECODABLE)
    elif not 1 <= sex <= SEXES:
        fault = np.int64(BAD_ATTRIBUTES)
    elif not FIRST_DAY <= day <= LAST_DAY:
        fault = np.int64(BAD_DATES)
    elif day < birth:
        fault = np.int64(EXIT_BEFORE_BIRTH)
    events.fault[row] = fault
    if fault == 0:
        events.content[row] = mixed(mixed(np.uint64(YOUTH_EXIT + 1), _pair(day, sex)), np.uint64(birth))
        events.first[row] = day
        events.birth[row] = birth
        events.traits[row, 0] = sex
    return at


@inlined
def _residence(data: Bytes, at: Whole, end: Whole, rules: Rules, events: Events, row: Whole) -> Whole:
    nis, at = varint(data, at, end)
    day, at = varint(data, at, end)
    if at < 0:
        return np.int64(-1)
    municipality = np.int64(rules.municipality_of_nis[nis]) if 0 <= nis <= MAX_NIS else np.int64(-1)
    fault = np.int64(0)
    if not (_is_int(nis) and _is_int(day)):
        fault = np.int64(UNDECODABLE)
    elif not FIRST_DAY <= day <= LAST_DAY:
        fault = np.int64(BAD_DATES)
    elif municipality < 0 and nis != LEFT_REGISTER:
        fault = np.int64(UNKNOWN_MUNICIPALITY)
    events.fault[row] = fault
    if fault == 0:
        events.content[row] = mixed(np.uint64(RESIDENCE + 1), _pair(nis, day))
        events.first[row] = day
        events.municipality[row] = municipality
    return at


@inlined
def _optional_day(data: Bytes, at: Whole, end: Whole) -> tuple[Whole, Whole]:
    """Return a day that may be null (NO_BIRTH_DATE) and the place behind it, -1 where it does not parse."""
    branch, at = varint(data, at, end)
    if at < 0 or not 0 <= branch <= 1:
        return np.int64(NO_BIRTH_DATE), np.int64(-1)
    if branch == 0:
        return np.int64(NO_BIRTH_DATE), at
    return varint(data, at, end)


@inlined
def _is_day(value: Whole) -> bool:
    return bool(value == NO_BIRTH_DATE or _is_int(value))
