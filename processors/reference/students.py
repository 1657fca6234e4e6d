"""The slow truth of students that no form told: which municipalities a figure must hide, and whether it does (F4).

Plain Python, to be checked by reading: each row, each month of the row, each month of the period.
"""

from collections.abc import Collection, Iterator

from schemas.figures import BlockKey
from schemas.periods import parse_month
from schemas.places import valid_code
from schemas.settings import FigureSettings

SAYING_TOO_FEW = ("LL_STUD",)
SAYING_TOO_MANY = ("LL_OTHER",)


def hidden(key: BlockKey, settings: FigureSettings) -> set[str]:
    """Return the NIS codes of the municipalities that a figure must hide, under their codes of then (D2) or one day."""
    codes: set[str] = set()
    if key.support not in SAYING_TOO_FEW + SAYING_TOO_MANY:
        return codes
    for row in settings.students_unknown:
        nis, first, last = row.split(",")
        for month in range(parse_month(first), parse_month(last) + 1):
            if key.period.first <= month <= key.period.last:
                fixed = settings.geography_month
                codes.add(valid_code(nis, month if fixed is None else fixed))
    return codes


def broken(must: Collection[str], may: Collection[str], hides: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each municipality that is shown though it must not be, or hidden though it may be shown."""
    for nis in sorted(set(must) - set(hides)):
        yield f"municipality {nis} is shown, and its students are not known"
    for nis in sorted(set(hides) - set(may)):
        yield f"municipality {nis} is hidden, and nothing says that its students are not known"
