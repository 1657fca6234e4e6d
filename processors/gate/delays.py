"""How long figures really take to settle, measured from the vintages, beside what the law allows (G8)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from processors.gate.stability import varies_little
from schemas.parameters import document
from schemas.supports import NODES

_LIMITS = document("limits")["delays"]
SHARE_PERCENT: int = _LIMITS["share_percent"]
PAIRS_NEEDED: int = _LIMITS["pairs_needed"]


class MonthAtUpdate(NamedTuple):
    """A month's figure at an update: ``age`` is k in M-k; ``previous`` its value at the update before."""

    support: str
    age: int
    value: int
    previous: int


class Delay(NamedTuple):
    """A row of the table: of ``pairs`` months at age ``k``, ``stable`` moved by at most 1 %; ``share`` is in percent.

    ``justified``: the legal delay is at least the measured one (see ``measured``).
    """

    support: str
    k: int
    pairs: int
    stable: int
    share: float
    legal: int
    justified: bool


def delays(history: Iterable[MonthAtUpdate], *, every_age: bool = False) -> list[Delay]:
    """Return a row for each support at its measured delay, or at every age; without a measured one, at its last age."""
    pairs: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for seen in history:
        if seen.age >= 0:
            pairs[seen.support, seen.age].append(varies_little(seen.value, seen.previous))
    table = []
    for node in NODES:
        ages = {age: stable for (support, age), stable in pairs.items() if support == node.code}
        answer = measured(ages)
        table += [
            Delay(
                node.code,
                age,
                len(stable),
                sum(stable),
                round(100 * sum(stable) / len(stable), 1),
                node.delay,
                answer is not None and answer <= node.delay,
            )
            for age, stable in sorted(ages.items())
            if every_age or age == (max(ages) if answer is None else answer)
        ]
    return table


def measured(ages: dict[int, list[bool]]) -> int | None:
    """Return the smallest k whose share reaches 95 %, and at every larger k that has enough pairs; None without one."""
    answer = None
    for age in sorted(ages, reverse=True):
        enough = _often_enough(ages[age])
        if enough:
            answer = age
        elif len(ages[age]) >= PAIRS_NEEDED:
            break
    return answer


def _often_enough(stable: list[bool]) -> bool:
    return 100 * sum(stable) >= SHARE_PERCENT * len(stable)
