"""What municipalities and months amount to now, kept up by the persons that changed.

Counting a municipality and month whole for a few persons costs seconds at national size. What it amounts to is a sum
over its persons, so where something *stands*, only those that changed are counted, as they were and as they are, and
the difference is added: whole numbers, so nothing drifts. What stands is what a release says, right after it; a
publisher that began later counts whole what rows reach first. A test demands the same cells as a count of everything,
after any changes in any turns.

    note ─► take ─► recounted
    rows    between   beside whatever
    before  two       changes next
    they    changes
    change
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from processors.compiled import kernel
from processors.ledger import (
    KEY,
    MONTH_MASK,
    MONTH_SHIFT,
    MUNICIPALITY_MASK,
    MUNICIPALITY_SHIFT,
    PERSON_SHIFT,
    Ledger,
    Tables,
    row_slot,
)
from processors.live import (
    CELLS_OF_LINE,
    MEASURES,
    NOTHING,
    Counted,
    Each,
    by_key,
    by_municipality,
    counted,
    municipal,
    rows_at,
)
from processors.rules import LEAF_COUNT, shown_municipality
from processors.slots import EMPTY, place_in
from schemas.arrays import Int16, Int64, Mask
from schemas.breakdowns import CATEGORIES
from schemas.figures import Cells
from schemas.live import LiveCells, Recounted
from schemas.periods import MONTH_COUNT
from schemas.places import MUNICIPALITIES
from schemas.rows import Rows
from schemas.settings import FigureSettings


class Earlier(NamedTuple):
    """Rows as they were before a change, by their keys; where one was not ``there``, only its key is known."""

    rows: Int64
    there: Mask


class Turn(NamedTuple):
    """What one turn counts, copied from the ledger.

    ``whole`` are all rows of what did not stand yet; ``was`` and ``now`` those of persons that changed in what did.
    ``wanted`` is by (shown municipality, month), ``open_`` by (node, month).
    """

    wanted: Mask
    open_: Mask
    whole: Int64
    was: Int64
    now: Int64


class Standing:
    """Cells of what stands. Nothing of it is read while a turn is counted."""

    def __init__(self, settings: FigureSettings) -> None:
        """Begin with nothing that stands."""
        self._settings = settings
        self._shown = shown_municipality(settings)
        self._stands = np.zeros((len(MUNICIPALITIES), MONTH_COUNT), np.bool_)
        self._earlier: list[Earlier] = []
        self._cells = NOTHING

    def begin(self, blocks: Iterable[tuple[int, int, Cells]]) -> None:
        """Let everything stand as counted just now: blocks by node (its place in ``NODES``) and month, of all open."""
        self._stands[:] = True
        self._earlier = []
        self._cells = by_key([municipal(node, month, cells) for node, month, cells in blocks])

    def note(self, person: Int64, rows: Rows, ledger: Ledger) -> None:
        """Note what stands in the place of rows that are about to be put, of persons by their number in the ledger."""
        if self._stands.any():
            self._earlier.append(Earlier(*_earlier(person, rows, self._stands, self._shown, ledger.tables)))

    def take(self, ledger: Ledger, wanted: Mask, open_: Mask) -> Turn:
        """Return what is to be counted; the ledger may change once this has returned."""
        whole = rows_at(ledger, wanted & ~self._stands, self._settings)
        earlier = _first_of_each(self._earlier)
        now = _rows_of(np.unique(self._line_of_person(earlier.rows[:, KEY])), self._shown, ledger.tables)
        now = by_municipality(now, ledger.persons, self._shown)
        self._earlier = []
        self._stands |= wanted
        return Turn(wanted, open_, whole, _as_they_were(now, earlier), now)

    def recounted(self, turn: Turn, each: Each = map) -> Iterator[Recounted]:
        """Yield what is wanted and open in some node; without cells too. One turn at a time, in order.

        ``each`` is for what is counted whole; for the few that changed, threads cost more than they bring.
        """
        whole = counted(turn.whole, turn.open_, self._settings, each)
        was, now = (counted(rows, turn.open_, self._settings) for rows in (turn.was, turn.now))
        for more in (whole, Counted(was.key, -was.values), now):
            self._cells = _sum(self._cells, more)
        municipalities, months = np.nonzero(turn.wanted & turn.open_.any(axis=0))
        cells, bounds = _lines(self._cells, municipalities * MONTH_COUNT + months)
        for at, (municipality, month) in enumerate(zip(municipalities.tolist(), months.tolist(), strict=True)):
            yield Recounted(MUNICIPALITIES[municipality], month, cells.take(slice(bounds[at], bounds[at + 1])))

    def _line_of_person(self, keys: Int64) -> Int64:
        """Return the keys of rows with the municipality that shows them, and no leaf."""
        shown = self._shown[keys >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK].astype(np.int64)
        month = keys & (MONTH_MASK << MONTH_SHIFT)
        return np.asarray(keys >> PERSON_SHIFT << PERSON_SHIFT | shown << MUNICIPALITY_SHIFT | month)


@kernel
def _earlier(person: Int64, rows: Rows, stands: Mask, shown: Int16, tables: Tables) -> tuple[Int64, Mask]:
    """Return the rows with the keys of those that are about to be put, of what stands."""
    found = np.zeros((len(person), tables.rows.shape[1]), np.int64)
    there = np.zeros(len(person), np.bool_)
    size = 0
    for at in range(len(person)):
        place = np.int64(rows.place[at])
        if not stands[shown[place >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK], place >> MONTH_SHIFT & MONTH_MASK]:
            continue
        key = person[at] << PERSON_SHIFT | place
        slot = row_slot(key, tables)
        there[size] = tables.row_slots[slot] != EMPTY
        if there[size]:
            found[size] = tables.rows[place_in(tables.row_slots[slot])]
        found[size, KEY] = key
        size += 1
    return found[:size], there[:size]


def _first_of_each(parts: list[Earlier]) -> Earlier:
    """Return how each row was before the first of its changes, by key."""
    rows = np.concatenate([np.zeros((0, len(MEASURES) + 1), np.int64), *(part.rows for part in parts)])
    there = np.concatenate([np.zeros(0, np.bool_), *(part.there for part in parts)])
    _, first = np.unique(rows[:, KEY], return_index=True)
    return Earlier(rows[first], there[first])


@kernel
def _rows_of(lines: Int64, shown: Int16, tables: Tables) -> Int64:
    """Return all rows of persons in a shown municipality and month."""
    most = LEAF_COUNT * np.bincount(shown).max()
    found = np.empty(len(lines) * most, np.int64)
    size = 0
    for line in lines:
        target = line >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK
        about = line & ~(np.int64(MUNICIPALITY_MASK) << MUNICIPALITY_SHIFT)
        for municipality in range(len(shown)):
            if shown[municipality] != target:
                continue
            for leaf in range(LEAF_COUNT):
                slot = row_slot(about | municipality << MUNICIPALITY_SHIFT | leaf, tables)
                if tables.row_slots[slot] != EMPTY:
                    found[size] = place_in(tables.row_slots[slot])
                    size += 1
    return tables.rows[found[:size]]


def _as_they_were(now: Int64, earlier: Earlier) -> Int64:
    """Return rows as they were before they changed; without those that were not there."""
    at = np.searchsorted(earlier.rows[:, KEY], now[:, KEY]).clip(max=max(len(earlier.rows) - 1, 0))
    if not len(now):
        return now
    changed = earlier.rows[at, KEY] == now[:, KEY]
    return np.asarray(np.where(changed[:, None], earlier.rows[at], now)[~changed | earlier.there[at]])


def _sum(cells: Counted, more: Counted) -> Counted:
    """Return cells with others added; both by rising keys."""
    at = np.searchsorted(cells.key, more.key)
    known = at < len(cells.key)
    known[known] = cells.key[at[known]] == more.key[known]
    cells.values[at[known]] += more.values[known]
    fresh = ~known
    if not fresh.any():
        return cells
    return Counted(
        np.insert(cells.key, at[fresh], more.key[fresh]), np.insert(cells.values, at[fresh], more.values[fresh], axis=0)
    )


def _lines(cells: Counted, lines: Int64) -> tuple[LiveCells, list[int]]:
    """Return a copy of the cells of some lines, and where each begins. What came to nothing is none, as in a count."""
    starts, stops = (np.searchsorted(cells.key, at * CELLS_OF_LINE) for at in (lines, lines + 1))
    sizes = stops - starts
    before = np.cumsum(sizes) - sizes
    at = np.arange(sizes.sum()) + np.repeat(starts - before, sizes)
    at = at[cells.values[at].any(axis=1)]
    node, category = np.divmod(cells.key[at] % CELLS_OF_LINE, len(CATEGORIES))
    persons, cents, share, days = cells.values[at].T.copy()
    found = LiveCells(node.astype(np.uint8), category.astype(np.uint16), persons.astype(np.int32), cents, share, days)
    return found, np.searchsorted(
        cells.key[at], np.append(lines, MONTH_COUNT * len(MUNICIPALITIES)) * CELLS_OF_LINE
    ).tolist()
