"""Live figures: which OCMW and month has something to show that is not stable yet.

Between two updates nobody may publish, but an OCMW wants to see its own claims arrive. So each (municipality, month)
that rows reach is noted, and only there are changes counted (``running_totals``, ``municipal_cells``). Only cells of
municipalities are wanted, and such a cell asks for the rows of its municipality alone: a person of two municipalities
is simply two persons here, each complete. What is shown replaces what the last release says of that municipality and
month; after the next release nothing is left to show.

Nothing here reaches the gate. The last release says which months are open: pending and settling ones, and those that it
does not know yet.
"""

from collections.abc import Iterable

import numpy as np

from processors.admission.hash_table import EMPTY
from processors.admission.keys import month_in, municipality_in
from processors.admission.ledger import KEY, Ledger, Tables
from processors.compiled import kernel
from processors.gate.stability import FROZEN_THROUGH, FROZEN_WHEN
from processors.rules import shown_municipality
from schemas.arrays import Int16, Int32, Int64, Mask
from schemas.periods import MONTH_COUNT
from schemas.places import MUNICIPALITIES
from schemas.releases import UNSTABLE, Release
from schemas.rows import Rows
from schemas.settings import FigureSettings
from schemas.supports import NODES


class Reached:
    """Which (shown municipality, month) the rows of each partition reached, since they were last taken."""

    def __init__(self, partitions: int, settings: FigureSettings) -> None:
        """Start with nothing reached."""
        self._shown = shown_municipality(settings)
        self._reached = np.zeros((partitions, len(MUNICIPALITIES), MONTH_COUNT), np.bool_)

    def note(self, partition: int, rows: Rows) -> None:
        """Note what some rows of a partition are about."""
        place = rows.place.astype(np.int64)
        municipality = self._shown[municipality_in(place)]
        self._reached[partition, municipality, month_in(place)] = True

    def note_months(self, partition: int, months: Mask) -> None:
        """Note months in all municipalities: for rows of which no more is known."""
        self._reached[partition][:, months] = True

    def forget(self, partitions: Iterable[int]) -> None:
        """Forget what these partitions reached: it is in a release."""
        self._reached[list(partitions)] = False

    def take(self) -> Mask:
        """Return what was reached, by (shown municipality, month), and forget it."""
        reached = self._reached.any(axis=0)
        self._reached[:] = False
        return np.asarray(reached)


def open_months(release: Release | None) -> Mask:
    """Return which (node of ``NODES``, month) is not stable after a release (None: before the first)."""
    unstable = np.ones((len(NODES), MONTH_COUNT), np.bool_)
    if release is None:
        return unstable
    if release.update.reference_month >= FROZEN_WHEN:
        unstable[:, : FROZEN_THROUGH + 1] = False
    number = {node.code: at for at, node in enumerate(NODES)}
    for key, entry in release.entries.items():
        if key.period.kind == "month":
            unstable[number[key.support], key.period.first] = entry.vintage.state in UNSTABLE
    return unstable


def rows_at(ledger: Ledger, wanted: Mask, settings: FigureSettings) -> Int64:
    """Return the rows of the wanted (shown municipality, month): a copy, the ledger may change afterwards."""
    return np.asarray(ledger.tables.rows[_places(ledger.tables, wanted, shown_municipality(settings))])


@kernel
def _places(tables: Tables, wanted: Mask, shown_as: Int16) -> Int32:
    """Follow the chains of the months that are wanted somewhere."""
    size = 0
    for month in range(wanted.shape[1]):
        if wanted[:, month].any():
            size += tables.held[month]
    places = np.empty(size, np.int32)
    size = 0
    for month in range(wanted.shape[1]):
        if not wanted[:, month].any():
            continue
        row = tables.newest[month]
        while row != EMPTY:
            if wanted[shown_as[municipality_in(tables.rows[row, KEY])], month]:
                places[size] = row
                size += 1
            row = tables.before[row]
    return places[:size]
