"""The order of the rows of an extraction, without comparing all with all: persons lie together, and nearly in order."""

import numpy as np

from processors.compiled import Whole, loop
from schemas.arrays import Int64


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
