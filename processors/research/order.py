"""The order of the rows of an extraction, and what is said of each person, in one pass each: persons lie together.

Whole columns of a country would be made and read a dozen times; here a row is read once.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.admission import traits
from processors.admission.decoding import mixed
from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, KEY, TRAITS
from processors.compiled import Whole, inlined, loop
from processors.counting.plan import ABSENT
from schemas.arrays import Int32, Int64, Mask, UInt64
from schemas.supports import LEAVES

MONTH_BITS = 12
"""Bits that hold the ordinal of a month."""
_MUNICIPALITY_BITS, _LEAF_BITS = 10, 4
PERSON_SHIFT = MONTH_BITS + _LEAF_BITS + 2 * _MUNICIPALITY_BITS
"""The rank of a person stands above the rest of a number by which rows sort."""
_LEAF_RANK = np.argsort(np.argsort(LEAVES))


class Persons(NamedTuple):
    """What there is of each person: bits of the values of sex and nationality group, hashes of places and of months.

    A hash is the sum of the hashes of what is in a set, each once: a sum has no order.
    """

    sexes: Int64
    groups: Int64
    places: UInt64
    months: UInt64


def numbers(rows: Int64, lines: Int64, rank: Int32, municipality: Int64) -> Int64:
    """Return numbers by which some rows sort as (rank of the person, month, support, OCMW); no two are equal.

    ``municipality`` is the one that stands for each; two OCMWs that one stands for sort by their codes.
    """
    made = np.empty(len(lines), np.int64)
    _number(rows, lines, rank, (_LEAF_RANK, municipality), made)
    return made


@loop
def _number(rows: Int64, lines: Int64, rank: Int32, orders: tuple[Int64, Int64], made: Int64) -> None:
    leaf_rank, standing = orders
    for at in range(len(lines)):
        key = rows[lines[at], KEY]
        number = np.int64(rank[person_in(key)]) << MONTH_BITS | month_in(key)
        number = number << _LEAF_BITS | leaf_rank[leaf_in(key)]
        number = number << _MUNICIPALITY_BITS | standing[municipality_in(key)]
        made[at] = number << _MUNICIPALITY_BITS | municipality_in(key)


def ascending(numbers: Int64, shift: int) -> Int64:
    """Return the places of numbers, all different, in ascending order.

    ``numbers >> shift`` are 0, 1, 2 … with none left out: a bucket each. It is quick where what a bucket holds comes
    nearly in order, as the rows of a person do, who has some hundreds at most.
    """
    starts = np.r_[0, np.bincount(numbers >> shift).cumsum()]
    ordered, places = np.full(len(numbers), -1, np.int64), np.empty(len(numbers), np.int64)
    _put(numbers, shift, starts, ordered, places)
    return places


@loop
def _put(numbers: Int64, shift: Whole, starts: Int64, ordered: Int64, places: Int64) -> None:
    """Put each number behind those of its bucket that are smaller, and move the larger ones on."""
    for at in range(len(numbers)):
        number = numbers[at]
        bucket = number >> shift
        place = starts[bucket]
        starts[bucket] += 1
        while place > 0 and ordered[place - 1] > number:
            ordered[place], places[place] = ordered[place - 1], places[place - 1]
            place -= 1
        ordered[place], places[place] = number, at


def above_zero(rows: Int64, lines: Int64) -> Mask:
    """Tell of rows in the order of an extraction whether their (person, month, leaf) adds up to more than zero."""
    above = np.empty(len(lines), np.bool_)
    _judge(rows, lines, above)
    return above


@loop
def _judge(rows: Int64, lines: Int64, above: Mask) -> None:
    first, cents = 0, np.int64(0)
    for at in range(len(lines)):
        cents += rows[lines[at], AMOUNT]
        if at + 1 == len(lines) or _cell(rows[lines[at + 1], KEY]) != _cell(rows[lines[at], KEY]):
            above[first : at + 1] = cents > 0
            first, cents = at + 1, np.int64(0)


@inlined
def _cell(key: Whole) -> Whole:
    """Return person, month and leaf of a key."""
    return person_in(key) << (MONTH_BITS + _LEAF_BITS) | month_in(key) << _LEAF_BITS | leaf_in(key)


def each_person(rows: Int64, lines: Int64, rank: Int32, place: npt.NDArray[np.int16]) -> Persons:
    """Return what some rows, in the order of an extraction, say of each person, by rank.

    ``place`` is the number of a place by municipality.
    """
    count = int(rank.max(initial=ABSENT)) + 1
    made = Persons(*np.zeros((2, count), np.int64), *np.zeros((2, count), np.uint64))
    _gather((rows, lines), rank, place, np.full(int(place.max(initial=0)) + 1, ABSENT, np.int32), made)
    return made


@loop
def _gather(
    where: tuple[Int64, Int64], rank: Int32, place: npt.NDArray[np.int16], last: Int32, persons: Persons
) -> None:
    """``last`` is by place who was there last: each is counted once a person, as a person's rows lie together."""
    rows, lines = where
    before = np.int64(-1)
    for at in range(len(lines)):
        key, packed = rows[lines[at], KEY], rows[lines[at], TRAITS]
        person, spot = rank[person_in(key)], place[municipality_in(key)]
        persons.sexes[person] |= 1 << (packed >> traits.SEX_SHIFT & traits.SEX_MASK)
        persons.groups[person] |= 1 << (packed >> traits.GROUP_SHIFT & traits.GROUP_MASK)
        if last[spot] != person:
            last[spot] = person
            persons.places[person] += mixed(np.uint64(0), np.uint64(spot + 1))
        if _cell(key) != before:
            before = _cell(key)
            persons.months[person] += mixed(
                np.uint64(0), np.uint64(month_in(key) << _LEAF_BITS | leaf_in(key)) + np.uint64(1)
            )
