"""The slow truth of a threshold: which rules the rungs of a public figure break, place by place (F3).

Plain Python, to be checked by reading. It does not look for the rungs again, for many patterns can be safe; it says
where a stored pattern is not: a small count that is shown, a place that shows more than what holds it, a hidden total
that is the rest of a sum, a rung that rose, a longer period that shows more than its months.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from schemas.places import MUNICIPALITIES, ancestors
from schemas.rungs import BREAKDOWN_RUNG, FULL, HIDDEN, TOTAL

Place = tuple[str, str]
Counts = Mapping[Place, Mapping[tuple[str, str], int]]
"""By place the beneficiaries of each (breakdown, category) that is not 0."""
Rungs = Mapping[Place, int]
"""By place its rung; who is not there shows everything."""


def broken(counts: Counts, rungs: Rungs, threshold: int) -> Iterator[str]:
    """Yield a sentence for each rule that the rungs of one figure break by themselves."""
    for place in counts:
        most = own_rung(counts[place], threshold)
        if min(_rung(rungs, place), FULL) > most:
            yield f"{_name(place)} stands on rung {_rung(rungs, place)}, and its own counts allow {most}"
    for parent, children in _tree().items():
        total = _rung(rungs, parent)
        counted = [child for child in children if _total(counts, child) > 0]
        for child in counted:
            if min(_rung(rungs, child), FULL) > min(total, FULL):
                yield f"{_name(child)} shows more than {_name(parent)}, which holds it"
        hidden = [_total(counts, child) for child in counted if _rung(rungs, child) == HIDDEN]
        if total >= TOTAL and hidden and sum(hidden) - len(hidden) < threshold:
            yield f"hidden totals below {_name(parent)} can be told: {len(hidden)} of them are the rest of a sum"


def rose(rungs: Rungs, before: Rungs) -> Iterator[str]:
    """Yield a sentence for each place whose rung is higher than at the release before."""
    for place, rung in before.items():
        if _rung(rungs, place) > rung:
            yield f"{_name(place)} rose from rung {rung} to {_rung(rungs, place)}"


def longer(rungs: Rungs, month: Rungs, counts: Counts) -> Iterator[str]:
    """Yield a sentence for each place that shows more of a longer period than of a month in it."""
    for place, rung in month.items():
        if place in counts and min(_rung(rungs, place), FULL) > min(rung, FULL):
            yield f"{_name(place)} shows more than in a month of this period"


def own_rung(counts: Mapping[tuple[str, str], int], threshold: int) -> int:
    """Return the highest rung at which all that is shown of a place is 0 or at least the threshold."""
    small = [BREAKDOWN_RUNG.get(breakdown) for (breakdown, _), count in counts.items() if 0 < count < threshold]
    return min((rung - 1 for rung in small if rung is not None), default=FULL)


def _tree() -> dict[Place, set[Place]]:
    children: dict[Place, set[Place]] = {}
    for nis in MUNICIPALITIES:
        for parent, child in pairwise(ancestors(nis).items()):
            children.setdefault(parent, set()).add(child)
    return children


def _rung(rungs: Rungs, place: Place) -> int:
    return rungs.get(place, FULL)


def _total(counts: Counts, place: Place) -> int:
    return counts.get(place, {}).get(("total", "total"), 0)


def _name(place: Place) -> str:
    return f"{place[0]} {place[1]}"
