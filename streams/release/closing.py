"""All that is counted at a closed update, by either driver: the release, and beside it the time dimension."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from processors.admission.ledger import Ledger
from processors.counting.people import everyone
from schemas.releases import Release
from streams.release.cut import Cut, release_of
from streams.release.indicators import Changes, Closed, count_indicators, count_outcomes


def counted_at_closing(root: Path, ledger: Ledger, cut: Cut, changes: Changes) -> Release:
    """Return the release of a closed update, not yet published; blocks and indicators are written.

    All rows are gathered for the time dimension while the cut counts, and once where the cut needs them all too.
    """
    with ThreadPoolExecutor(1) as beside:
        gathering = beside.submit(everyone, ledger)
        release = release_of(ledger, cut, gathering.result)
    asked = count_indicators(root, gathering.result(), release, changes.touched, cut.settings)
    if asked is not None:
        count_outcomes(root, Closed(ledger, release, cut.previous, changes), asked)
    return release
