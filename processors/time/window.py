"""Which rows of the indicators an update may show, and which it has to count again.

A row is shown when the months that it needs are there (``schemas.indicators`` says which months each needs): published,
revising or frozen with a block, or without any row and past their delay. Months before its reference may be frozen
without a block too: these are taken as recounted. A month before L, the first of the time dimension, is never needed.

An update counts again from the first reference that it can reach: by its events, or by a month that became there or is
there no more.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.arrays import Mask
from schemas.indicators import EXIT_MONTHS, GAPS, OUTCOME_NODES, SUPPORTS, TRANSITION_MONTHS
from schemas.periods import MONTH_COUNT
from schemas.releases import Release, State
from schemas.settings import FigureSettings
from schemas.supports import NODE

_Months = npt.NDArray[np.integer[Any]]

LONGEST_OF_CLAIMS = max(GAPS) + 1
LONGEST_OF_OUTCOMES = max(*EXIT_MONTHS, TRANSITION_MONTHS, LONGEST_OF_CLAIMS)
"""The most months after its reference that a row reads: first of tables made from claims alone, then of those that read
facts too."""


class There(NamedTuple):
    """By month (ordinal) whether it is there, and whether it may be taken as recounted before a reference."""

    there: Mask
    recounted: Mask

    def after(self, first: _Months, stop: _Months) -> Mask:
        """Tell of each stretch [first, stop) whether all its months are there."""
        return _whole(self.there, first, stop)

    def before(self, first: _Months, stop: _Months) -> Mask:
        """Tell of each stretch [first, stop) whether all its months may be taken as recounted."""
        return _whole(self.recounted, first, stop)

    def since(self, month: int) -> "There":
        """Return the same where months before one are never needed."""
        needed = np.arange(MONTH_COUNT) >= month
        return There(self.there | ~needed, self.recounted | ~needed)


def _whole(mask: Mask, first: _Months, stop: _Months) -> Mask:
    missing = np.cumsum(np.r_[0, ~mask])
    inside = missing[np.clip(stop, 0, MONTH_COUNT)] == missing[np.clip(first, 0, MONTH_COUNT)]
    return np.asarray(inside & (stop <= MONTH_COUNT))


def months_there(release: Release, supports: Iterable[str]) -> There:
    """Return which months of all these supports are there at a release."""
    months = np.arange(MONTH_COUNT)
    window = There(np.ones(MONTH_COUNT, np.bool_), np.ones(MONTH_COUNT, np.bool_))
    for support in supports:
        there = months <= release.update.reference_month - NODE[support].delay
        recounted = there.copy()
        for key, entry in release.entries.items():
            if key.support == support and key.period.kind == "month":
                published = entry.vintage.published_update is not None
                there[key.period.last] = published
                recounted[key.period.last] = published or entry.vintage.state is State.FROZEN
        window = There(window.there & there, window.recounted & recounted)
    return window


class Windows(NamedTuple):
    """Which months are there at a release: of the supports that make spells, and of all that outcomes read."""

    spells: There
    outcomes: There

    @classmethod
    def of(cls, release: Release, settings: FigureSettings) -> "Windows":
        """Return those of a release."""
        return cls(months_there(release, SUPPORTS[settings.spells]), months_there(release, OUTCOME_NODES))


def first_changed(touched: Mask, leaves: Iterable[int], now: There, before: There) -> int:
    """Return the first reference of claims that an update may change: by its events, by what is there now."""
    changed = touched[list(leaves)].any(axis=0) | (now.there != before.there) | (now.recounted != before.recounted)
    return _first(changed, LONGEST_OF_CLAIMS)


def first_outcome_changed(touched: Mask, fact_month: int, now: Windows, before: Windows) -> int:
    """Return the first reference whose outcomes an update may change; ``fact_month`` is the first with another fact."""
    leaves = [leaf for node in OUTCOME_NODES for leaf in NODE[node].leaves]
    changed = touched[leaves].any(axis=0)
    changed |= (now.spells.there != before.spells.there) | (now.outcomes.there != before.outcomes.there)
    changed[min(max(fact_month, 0), MONTH_COUNT) :] = True
    return _first(changed, LONGEST_OF_OUTCOMES)


def _first(changed: Mask, look: int) -> int:
    months = np.flatnonzero(changed)
    return max(int(months[0]) - look, 0) if len(months) else MONTH_COUNT
