"""The indicators of an update, on request: for a store whose driver did not count them with the update."""

import numpy as np

from processors.counting.people import everyone
from sinks.directory.store import DirectoryStore
from sinks.indicators import FAMILIES, Family, exists
from sinks.public_indicators import note_hidden
from streams.embedded.fold_at_update import fold_at
from streams.release.indicators import Changes, Closed, count_indicators, count_outcomes, question_of


def count_on_request(store: DirectoryStore, number: int) -> list[Family]:
    """Count what an update lacks, whole, from the store's ledger at its closing; return the families made.

    What another version of this program counted is lacking. Raises UnknownReleaseError where the release is not kept,
    StoreCorruptError where the journal ends before it.
    """
    release = store.release(number)
    missing = [family for family in FAMILIES if not exists(store, number, family)]
    if not missing:
        return []
    ledger = fold_at(store.root, store.settings, number).ledger
    closed = Closed(ledger, release, None, Changes(np.ones_like(ledger.tables.touched), 0))
    rows = everyone(ledger)
    question = question_of(store, rows, ledger, release, store.settings)
    if "indicators" in missing:
        question = count_indicators(store, rows, closed, store.settings)
    if "outcomes" in missing:
        count_outcomes(store, closed, question)
    if store.settings.threshold is not None:
        note_hidden(store, release, store.settings.threshold)
    return missing
