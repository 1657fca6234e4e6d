"""Which rows of the indicators an update counts: from the first reference that may have changed to the last shown.

A row is shown when the months it needs are published. It reads back to the beginning of a spell, and bands end at five
years, so month b may be needed last when each month known in the five years up to b is published. (A longer look would
let one late line about a forgotten year hide every row until it has settled.)
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from schemas.indicators import CENSORED_MONTHS, GAPS, OUTCOME_NODES, SERIES, SUPPORTS, Benefit
from schemas.periods import MONTH_COUNT
from schemas.releases import Release
from schemas.supports import NODE

LONGEST_LOOK = max(series.needs for series in SERIES)
"""The most months after its reference that a row needs."""


def last_shown(release: Release, benefit: Benefit) -> int | None:
    """Return the last month that a shown row may need, None where there is none."""
    found = [_last_shown(_published(release, support)) for support in SUPPORTS[benefit]]
    return min((month for month in found if month is not None), default=None) if None not in found else None


def published_months(release: Release) -> npt.NDArray[np.bool_]:
    """Return by ordinal whether a month of all nodes that outcomes read may be shown (H4).

    Its delay has passed, and what a node knows of it is published; a month without a row has nothing to publish.
    """
    months = np.arange(MONTH_COUNT)
    found = np.ones(MONTH_COUNT, np.bool_)
    for support in OUTCOME_NODES:
        found &= months <= release.update.reference_month - NODE[support].delay
        waiting = [month for month, shown in _published(release, support).items() if not shown]
        found[waiting] = False
    return found


def first_outcome_changed(
    touched: npt.NDArray[np.bool_], fact_month: int, now: npt.NDArray[np.bool_], before: npt.NDArray[np.bool_]
) -> int:
    """Return the first reference whose outcomes an update may change.

    By what its events touched, the first month with another fact, and the months that are shown now or no more.
    """
    leaves = [leaf for node in OUTCOME_NODES for leaf in NODE[node].leaves]
    changed = touched[leaves].any(axis=0) | (now != before)
    changed[min(max(fact_month, 0), MONTH_COUNT) :] = True
    months = np.flatnonzero(changed)
    return max(int(months[0]) - LONGEST_LOOK, 0) if len(months) else MONTH_COUNT


def _published(release: Release, support: str) -> dict[int, bool]:
    """Return whether each month that a node knows is published."""
    return {
        key.period.last: entry.vintage.published_update is not None
        for key, entry in release.entries.items()
        if key.support == support and key.period.kind == "month"
    }


def _last_shown(published: dict[int, bool]) -> int | None:
    waiting = [month for month, shown in published.items() if not shown]
    candidates = sorted((month for month, shown in published.items() if shown), reverse=True)
    for month in candidates:
        if not any(month - CENSORED_MONTHS < other <= month for other in waiting):
            return month
    return None


def first_changed(touched: npt.NDArray[np.bool_], leaves: Iterable[int], before: int | None) -> int:
    """Return the first reference that an update may change: by what it touched, and the last month shown before."""
    months = np.flatnonzero(touched[list(leaves)].any(axis=0))
    earliest = int(months[0]) if len(months) else touched.shape[1]
    return max(min(earliest, 0 if before is None else before + 1) - max(GAPS) - 1, 0)
