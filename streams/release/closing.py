"""All that is counted at a closed update, by either driver: the release, and beside it the time dimension."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from processors.admission.ledger import Ledger
from processors.counting.completeness import rows_of_ocmws
from processors.counting.people import People, everyone
from schemas.releases import Release
from sinks.completeness import exists, write_completeness
from sinks.directory.store import DirectoryStore
from sinks.protocol import Store
from sinks.public_indicators import note_hidden
from streams.release.cut import Cut, release_of
from streams.release.indicators import Changes, Closed, count_indicators, count_outcomes


def counted_at_closing(store: DirectoryStore, ledger: Ledger, cut: Cut, changes: Changes) -> Release:
    """Return the release of a closed update, not yet published; blocks and indicators are written.

    All rows are gathered for the time dimension while the cut counts, and once where the cut needs them all too.
    """
    with ThreadPoolExecutor(1) as beside:
        gathering = beside.submit(everyone, ledger)
        release = release_of(ledger, cut, gathering.result)
    _note_completeness(store, gathering.result(), cut, changes)
    closed = Closed(ledger, release, cut.previous, changes)
    count_outcomes(store, closed, count_indicators(store, gathering.result(), closed, cut.settings))
    if cut.settings.threshold is not None:
        note_hidden(store, release, cut.settings.threshold)
    return release


def _note_completeness(store: Store, rows: People, cut: Cut, changes: Changes) -> None:
    """Write which OCMW sent lines about the months that this update reached; at first about all months."""
    number = cut.update.sequence
    months = changes.touched if exists(store, number - 1) else cut.exists
    write_completeness(store, number, *rows_of_ocmws(rows.rows, np.asarray(months.any(axis=0)), cut.settings))
