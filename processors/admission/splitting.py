"""An event's amount and days over the months of its period (A5).

Worked example: a grant of 900.01 euro and 40 days over 2024-01-25 … 2024-03-04 covers 7 + 29 + 4 = 40 days. Exact
parts are 15750.175, 65250.725 and 9000.1 cents; the whole cents are 15750, 65250, 9000; one cent is left and goes to
the largest remainder, February. Three rows are touched, and their parts add up to 90001 cents.
"""

from typing import NamedTuple

import numpy as np

from processors.admission.decoding import Events
from processors.compiled import Whole, inlined
from processors.rules import MAX_MONTHS, Rules
from schemas.arrays import Int64


class Parts(NamedTuple):
    """Cents and days of one event, month by month, and room to find them in; it holds nothing between events."""

    cents: Int64
    days: Int64
    weights: Int64
    remainders: Int64


def room_for_parts() -> Parts:
    """Return room for the longest period that an event may have."""
    return Parts(*np.empty((len(Parts._fields), MAX_MONTHS), np.int64))


@inlined
def split(events: Events, event: Whole, month: Whole, rules: Rules, parts: Parts) -> None:
    """Split an event over the months of its period, of which ``month`` is the first."""
    size = events.parts[event]
    if size == 1:
        parts.cents[0], parts.days[0] = events.amount[event], events.days[event]
        return
    _calendar_days(events, event, month, rules, parts.weights)
    _divide(events.amount[event], size, parts.weights, parts.cents, parts.remainders)
    _divide(np.int64(events.days[event]), size, parts.weights, parts.days, parts.remainders)


@inlined
def _calendar_days(events: Events, event: Whole, month: Whole, rules: Rules, weights: Int64) -> None:
    """Fill ``weights`` with the days that each month shares with the period of an event."""
    for part in range(events.parts[event]):
        start = max(np.int64(events.first[event]), np.int64(rules.first_day_of_month[month + part]))
        end = min(np.int64(events.last[event]), np.int64(rules.first_day_of_month[month + part + 1]) - 1)
        weights[part] = end - start + 1


@inlined
def _divide(total: Whole, parts: Whole, weights: Int64, shares: Int64, remainders: Int64) -> None:
    """Divide a total by weights with the largest remainder on its absolute value; ties: the earlier month (A5)."""
    size, sign = abs(total), 1 if total >= 0 else -1
    whole = np.int64(0)
    for part in range(parts):
        whole += weights[part]
    left = size
    for part in range(parts):
        shares[part] = size * weights[part] // whole
        remainders[part] = size * weights[part] % whole
        left -= shares[part]
    for _ in range(left):
        largest = 0
        for part in range(1, parts):
            if remainders[part] > remainders[largest]:
                largest = part
        shares[largest] += 1
        remainders[largest] = -1
    for part in range(parts):
        shares[part] *= sign
