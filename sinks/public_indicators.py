"""Rows of indicators that the public zone of a release shows under a threshold, judged together (F3)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from schemas import indicator_rungs
from schemas.indicators import Table, is_public
from schemas.places import PLACES
from schemas.rungs import rungs_of
from sinks.indicators import Counted
from sinks.protocol import Store

PUBLIC_PLACE = np.array([is_public(*place) for place in PLACES])
"""Whether the public zone shows indicators of a place, by its number."""


def suppressed(store: Store, release: int, parts: Sequence[Counted], threshold: int) -> list[Counted]:
    """Return what the public may know of the rows that hold at a release; ``parts`` are of public places alone.

    Rows of one series are judged together, so all parts that have some are given at once.
    """
    if not parts:
        return []
    whole = Table._make(map(np.concatenate, zip(*(part.table for part in parts), strict=True)))
    stands = indicator_rungs.shown(whole, threshold, _known(store, release))
    ends = np.cumsum([len(part.table.series) for part in parts])[:-1]
    return [
        replace(part, table=Table._make(column[mine] for column in part.table))
        for part, mine in zip(parts, np.split(stands, ends), strict=True)
    ]


def _known(store: Store, release: int) -> indicator_rungs.Known:
    """Return what the figures of a release show of LL: indicators fall with them."""
    whole = store.release(release)
    rungs = {
        key.period.last: rungs_of(store.read_block(entry.hidden))
        for key, entry in whole.entries.items()
        if key.support == "LL" and key.period.kind == "month" and entry.hidden is not None
    }
    fixed = store.settings.geography_month is not None
    return indicator_rungs.Known(rungs, whole.update.reference_month, fixed)
