"""How the published figures of one place moved at a release."""

from collections.abc import Collection, Iterator

import numpy as np

from schemas.breakdowns import CATEGORIES
from schemas.figures import BlockKey
from schemas.places import PLACES, place_name
from schemas.releases import BlockRef, Release
from sinks.directory.store import DirectoryStore

_TOTAL = CATEGORIES.index(("total", "total"))


def changes_at(
    store: DirectoryStore, now: Release, before: Release | None, nis: str, supports: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each figure of a place that the release shows first or otherwise, by support and period.

    Without the release before, each that this update published.
    """
    place = next(number for number, one in enumerate(PLACES) if one[1] == nis)
    name = place_name(*PLACES[place], "nl")
    earlier = before.entries if before else {}
    for key in sorted(now.entries, key=_order):
        entry, old = now.entries[key], earlier.get(key)
        anew = entry.vintage.published_update == now.update.update_id
        if not anew or (supports and key.support not in supports):
            continue
        value = _beneficiaries(store, entry.published, place)
        was = _beneficiaries(store, old.published, place) if old and old.published else None
        if was is None and value:
            yield f"new       {key.support} {key.period.code}, {name}: {value:,}"
        elif was is not None and was != value:
            yield f"revised   {key.support} {key.period.code}, {name}: from {was:,} to {value:,}"


def _order(key: BlockKey) -> tuple[str, str, int]:
    return key.support, key.period.kind, key.period.last


def _beneficiaries(store: DirectoryStore, ref: BlockRef | None, place: int) -> int:
    """Return the beneficiaries of a place in a block; a cell that is not there is 0."""
    if ref is None:
        return 0
    cells = store.read_block(ref)
    of_place = cells.beneficiaries[(np.asarray(cells.place) == place) & (np.asarray(cells.category) == _TOTAL)]
    return int(of_place.sum())
