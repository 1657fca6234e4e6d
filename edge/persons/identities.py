"""Changed numbers: a person keeps the pseudonym of the oldest number of a chain.

Of a chain, the oldest is the number that is nobody's successor. Where several numbers became one there are several
such; then it is the one that changed first, and of those on one day the smaller.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edge.errors import EdgeError
from schemas.arrays import Int64


class Change(NamedTuple):
    """A number became another one on a day (since 1970-01-01); ``line`` says where that stands."""

    old: int
    new: int
    day: int
    line: int


@dataclass(frozen=True, slots=True)
class Identities:
    """All numbers that changed, ascending, and of each the oldest of its chain."""

    numbers: Int64
    oldest: Int64

    @classmethod
    def none(cls) -> "Identities":
        """Return identities in which nobody's number changed."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))

    @classmethod
    def of(cls, changes: Iterable[Change], name: str) -> "Identities":
        """Join changes into chains. Raises EdgeError for a number that becomes two, or itself again."""
        successor: dict[int, Change] = {}
        for change in sorted(changes, key=lambda one: one.day):
            known = successor.setdefault(change.old, change)
            if known.new != change.new:
                lines = " and ".join(map(str, sorted((known.line, change.line))))
                raise EdgeError(
                    f"{name}: one number becomes two, in lines {lines}; a person has one number, correct it"
                )
        chains: dict[int, list[int]] = defaultdict(list)
        for number in {*successor, *(change.new for change in successor.values())}:
            chains[_last(number, successor, name)].append(number)
        followed = {change.new for change in successor.values()}
        oldest: dict[int, int] = {}
        for chain in chains.values():
            first = min((successor[one].day, one) for one in chain if one not in followed)[1]
            oldest |= dict.fromkeys(chain, first)
        numbers = sorted(oldest)
        return cls(np.array(numbers, np.int64), np.array([oldest[one] for one in numbers], np.int64))

    def roots(self, numbers: Int64) -> Int64:
        """Return the oldest number of the chain of each number."""
        if not len(self.numbers):
            return numbers
        place = np.searchsorted(self.numbers, numbers).clip(max=len(self.numbers) - 1)
        oldest: Int64 = np.where(self.numbers[place] == numbers, self.oldest[place], numbers)
        return oldest


def _last(number: int, successor: dict[int, Change], name: str) -> int:
    """Return the number at the end of a chain."""
    passed = set()
    while number in successor:
        if number in passed:
            raise EdgeError(
                f"{name}: numbers become each other in a circle, see line {successor[number].line}; correct it"
            )
        passed.add(number)
        number = successor[number].new
    return number
