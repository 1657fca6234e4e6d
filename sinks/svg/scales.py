"""Scales of charts and maps: round ticks, places along an axis, classes of a map."""

from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to places: ``low`` to ``high`` onto ``start`` to ``stop``."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        span = self.high - self.low
        return self.start + (value - self.low) / (span or 1) * (self.stop - self.start)


def ticks(highest: float, about: int = 4) -> tuple[float, ...]:
    """Return round values from 0 to at least ``highest``, about so many apart; (0, 1) where nothing is above 0."""
    if highest <= 0:
        return (0, 1)
    rough = highest / about
    size = 10 ** _power(rough)
    step = next(size * one for one in _STEPS if size * one >= rough)
    if highest >= 1 and step < 1:
        step = 1
    count = -(-highest // step)
    return tuple(step * number for number in range(int(count) + 1))


def _power(value: float) -> int:
    power = 0
    while value >= 10 ** (power + 1):
        power += 1
    while value < 10**power:
        power -= 1
    return power


def every(count: int, most: int) -> int:
    """Return the step at which labels are drawn so that at most so many are."""
    return max(1, -(-count // most))


def class_bounds(values: Sequence[float], classes: int = 5) -> tuple[float, ...]:
    """Return the lower bounds of classes that hold about equally many values each, rising, none twice."""
    ordered = sorted(values)
    if not ordered:
        return ()
    bounds = [ordered[len(ordered) * number // classes] for number in range(classes)]
    return tuple(sorted(set(bounds)))


def class_of(value: float, bounds: Sequence[float]) -> int:
    """Return the number of the class that holds a value, from 0."""
    return max(sum(value >= bound for bound in bounds) - 1, 0)
