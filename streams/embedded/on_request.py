"""The indicators of an update, on request: for a store whose driver did not count them with the update."""

import numpy as np

from processors.counting.people import everyone
from processors.time.tables import Asked
from processors.time.window import last_shown
from sinks.directory.indicators import FAMILIES, Family, exists
from sinks.directory.store import DirectoryStore
from streams.embedded.fold_at_update import fold_at
from streams.release.indicators import BENEFIT, Changes, Closed, count_indicators, count_outcomes


def count_on_request(store: DirectoryStore, number: int) -> list[Family]:
    """Count what an update lacks, whole, from the store's ledger at its closing; return the families made.

    Nothing where no month is shown yet. Raises UnknownReleaseError where the release is not kept,
    StoreCorruptError where the journal ends before it.
    """
    release = store.release(number)
    missing = [family for family in FAMILIES if not exists(store.root, number, family)]
    last = last_shown(release, BENEFIT)
    if not missing or last is None:
        return []
    ledger = fold_at(store.root, store.settings, number).ledger
    everything = Changes(np.ones_like(ledger.tables.touched), 0)
    rows = everyone(ledger)
    asked: Asked | None = Asked(rows, 0, last, BENEFIT, store.settings)
    if "indicators" in missing:
        asked = count_indicators(store.root, rows, release, everything.touched, store.settings)
    if asked is not None and "outcomes" in missing:
        count_outcomes(store.root, Closed(ledger, release, None, everything), asked)
    return missing
