"""Students that no form told: their municipalities show nothing of LL_STUD and LL_OTHER in those months (F4).

    44021,2023-01,2023-03  hides Gent in these months, in 2023-Q1, in 2023, in all rolling years that hold one of them

Nothing else is hidden: this is no secret but a figure that says too few, so the municipality may be told from its area
less the others. Under a threshold the rungs do it (``suppression``), which hide more where a small count needs it.
"""

from dataclasses import dataclass, replace

import numpy as np

from processors.disclosure.public_blocks import Blocks, PublicBlocks, Zoned
from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.places import PLACES
from schemas.releases import Entry, Release
from schemas.rungs import HIDDEN, hidden_cells, rungs_of
from schemas.settings import FigureSettings
from schemas.students_unknown import SUPPORTS, hidden_places


@dataclass(frozen=True, slots=True)
class Students:
    """Which municipalities show nothing of students and of who is none, period by period."""

    settings: FigureSettings

    def hidden(self, key: BlockKey) -> tuple[int, ...]:
        """Return the numbers of the places that a figure hides, ascending."""
        rows = self.settings.students_unknown
        if not rows or key.support not in SUPPORTS:
            return ()
        return hidden_places(rows, key.period, self.settings.geography_month)

    def still_shows(self, key: BlockKey, rungs: Cells | None) -> bool:
        """Tell whether a figure with these rungs shows a place that it must hide."""
        return bool((rungs_of(rungs)[list(self.hidden(key))] != HIDDEN).any())


def without_students(release: Release, previous: Release | None, blocks: Blocks, settings: FigureSettings) -> Release:
    """Return a release without threshold of which the public blocks of ``SUPPORTS`` are still to be written."""
    public_blocks = PublicBlocks(release, previous, blocks)
    students = Students(settings)
    entries = dict(release.entries)
    for support in sorted(SUPPORTS):
        mine = {key: public_blocks.as_before(key, entry) for key, entry in entries.items() if key.support == support}
        entries.update(mine)
        anew = [
            key
            for key, entry in mine.items()
            if entry.vintage.published_update is not None
            and (public_blocks.is_new(key, entry) or _hides_others(entry, students.hidden(key)))
        ]
        figures = [_zoned(key.period, mine[key], students.hidden(key), public_blocks) for key in anew]
        entries.update(public_blocks.written(support, figures, entries))
    return replace(release, entries=entries)


def _hides_others(entry: Entry, places: tuple[int, ...]) -> bool:
    cells = hidden_cells(places)
    return len(cells) > 0 if entry.hidden is None else entry.hidden.digest != cells.digest()


def _zoned(period: Period, entry: Entry, places: tuple[int, ...], public_blocks: PublicBlocks) -> Zoned:
    shows = np.ones(len(PLACES), np.bool_)
    shows[list(places)] = False
    public = public_blocks.read(entry.published).public()
    return Zoned(period, public.take(shows[public.place]), hidden_cells(places))
