"""National numbers (INSZ): which are lawful, and what they say of sex and day of birth.

A number is YYMMDD, a counter, and 97 less the remainder of the first nine digits by 97, with a 2 before them for who
was born from 2000 on. Both can never fit, for 2,000,000,000 leaves 68. To the month 20 is added where the number is a
bis number without a sex, 40 with one, and 60 where it is synthetic: nobody can have that one. A month or a day of 0, or
a day that the month has not, is lawful and tells no day of birth.

    judge(number, year)       the year is that of the statement: who is born later has no number yet
"""

from dataclasses import dataclass

import numpy as np

from schemas.arrays import Bytes, Int8, Int32, Int64
from schemas.compiled import Whole, inlined, kernel

LAWFUL, BAD, SYNTHETIC = 0, 1, 2
"""Verdicts: of somebody, of nobody, of nobody on purpose."""
NO_BIRTH = -(2**31)
"""Stands for a birth date that the number does not tell."""
MAN, WOMAN, UNKNOWN_SEX = 1, 2, 3
_MODULUS = 97
_CENTURY = 2_000_000_000
_BIS, _SYNTHETIC, _ABOVE = 20, 60, 80
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Judged:
    """One a number: ``verdict``, ``sex`` (1, 2, 3), ``birth`` in days since 1970-01-01 or NO_BIRTH."""

    verdict: Bytes
    sex: Int8
    birth: Int32


@inlined
def days_of_month(year: Whole, month: Whole) -> Whole:
    """Return the number of days of a month of the calendar."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@inlined
def day_number(year: Whole, month: Whole, day: Whole) -> Whole:
    """Return the days since 1970-01-01 of a date of the Gregorian calendar."""
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@kernel
def _judge(numbers: Int64, years: Int32, verdict: Bytes, sex: Int8, birth: Int32) -> None:
    for row in range(len(numbers)):
        number = numbers[row]
        head, check = number // 100, number % 100
        yy, month, day = head // 10_000_000, head // 100_000 % 100, head // 1000 % 100
        sex[row], birth[row] = UNKNOWN_SEX, NO_BIRTH
        century = 0
        if _MODULUS - head % _MODULUS == check:
            century = 1900
        elif yy + 2000 <= years[row] and _MODULUS - (_CENTURY + head) % _MODULUS == check:
            century = 2000
        of_year = month % _BIS
        if number <= 0 or head >= 10**9 or century == 0 or of_year > _MONTHS or month >= _ABOVE:
            verdict[row] = BAD
            continue
        verdict[row] = SYNTHETIC if month >= _SYNTHETIC else LAWFUL
        if not _BIS <= month < 2 * _BIS:
            sex[row] = MAN if head % 2 == 1 else WOMAN
        if of_year > 0 and 0 < day <= days_of_month(century + yy, of_year):
            birth[row] = day_number(century + yy, of_year, day)


def judged(numbers: Int64, years: Int32) -> Judged:
    """Judge numbers of at most eleven digits, each in a year."""
    size = len(numbers)
    judgement = Judged(np.zeros(size, np.uint8), np.zeros(size, np.int8), np.zeros(size, np.int32))
    _judge(numbers, years, judgement.verdict, judgement.sex, judgement.birth)
    return judgement


def judged_one(number: int, year: int) -> int:
    """Return the verdict of one number."""
    return int(judged(np.array([number], np.int64), np.array([year], np.int32)).verdict[0])


def traits_of_one(number: int, year: int) -> tuple[int, int]:
    """Return sex and birth of one number, as ``Judged`` has them."""
    judgement = judged(np.array([number], np.int64), np.array([year], np.int32))
    return int(judgement.sex[0]), int(judgement.birth[0])
