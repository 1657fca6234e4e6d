"""The indicators of the time dimension at a closed update: counted from the ledger, stored before the release is."""

from pathlib import Path

import numpy as np

from processors.indicator_window import first_changed, last_shown
from processors.indicators import Asked, tables
from processors.ledger import Ledger
from processors.people import Mask, people
from processors.spells import layout
from schemas.indicators import PARTS, Benefit
from schemas.periods import MONTH_COUNT
from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.indicators import Counted, last_counted, write_counted

BENEFIT: Benefit = "LL"


def count_indicators(root: Path, ledger: Ledger, release: Release, touched: Mask, settings: FigureSettings) -> None:
    """Count what the update of a release may have changed, and store it; nothing where no month is shown yet.

    ``touched`` is the mask of (leaf, month) that the update's events reached; the ledger stands at its closing.
    """
    last = last_shown(release, BENEFIT)
    if last is None:
        return
    number = release.update.sequence
    leaves = [leaf for part in PARTS[BENEFIT] for leaf in part]
    first = first_changed(touched, leaves, last_counted(root, number - 1))
    rows = people(ledger, np.ones(MONTH_COUNT, np.bool_))
    since = layout(rows, BENEFIT, last, settings).since
    found = tables(Asked(rows, max(first, since), last, BENEFIT, settings))
    write_counted(root, number, Counted(release.update.update_id, first, last, found))
