"""What municipalities and months amount to now, kept up by the persons that changed.

Counting a municipality and month whole for a few persons costs seconds at national size. Its cells are sums over its
persons. So once a line (a municipality and month) *stands*, only persons that changed are counted, before and after,
and the difference is added: whole numbers, so nothing drifts. Right after a release its cells stand; a publisher that
began later counts a line whole when rows first reach it. A test demands the same cells as a count of everything, after
any changes in any turns.

    note         before rows change, their standing values are remembered
    take         between two changes, a turn copies all that it needs of the ledger
    recounted    beside whatever changes next, the turn is counted and its lines returned
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from processors.admission.hash_table import EMPTY, place_in
from processors.admission.keys import key_at, month_in, municipality_in, row_place
from processors.admission.ledger import KEY, ROW_WIDTH, Ledger, Tables, row_slot
from processors.compiled import kernel
from processors.counting.plan import CATEGORY_COUNT
from processors.live.municipal_cells import (
    NOTHING,
    PERSON_BITS,
    Amounts,
    amounts,
    line_and_person,
    lines_of_blocks,
    sum_of,
)
from processors.live.reached import rows_at
from processors.rules import LEAF_COUNT, shown_municipality
from schemas.arrays import Int16, Int64, Mask
from schemas.figures import Cells
from schemas.live import LiveCells, Recounts
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

    ``now`` holds all rows of lines that did not stand yet and, of lines that did, the rows of persons that changed;
    ``was`` holds the rows of those persons before. ``wanted`` is by (shown municipality, month), ``open_`` by (node,
    month).
    """

    wanted: Mask
    open_: Mask
    was: Int64
    now: Int64


class Standing:
    """The lines that stand, with their sums. Nothing of it is read while a turn is counted."""

    def __init__(self, settings: FigureSettings) -> None:
        """Begin with nothing that stands."""
        self._settings = settings
        self._shown = shown_municipality(settings)
        self._stands = np.zeros((len(MUNICIPALITIES), MONTH_COUNT), np.bool_)
        self._earlier: list[Earlier] = []
        self._lines: dict[int, Amounts] = {}

    def begin(self, blocks: Iterable[tuple[int, int, Cells]]) -> None:
        """Let everything stand as counted just now: blocks by node (its place in ``NODES``) and month, of all open."""
        self._stands[:] = True
        self._earlier = []
        self._lines = dict(lines_of_blocks(blocks))

    def note(self, person: Int64, rows: Rows, ledger: Ledger) -> None:
        """Note what stands in the place of rows that are about to be put, of persons by their number in the ledger."""
        if self._stands.any():
            self._earlier.append(Earlier(*_earlier(person, rows, self._stands, self._shown, ledger.tables)))

    def take(self, ledger: Ledger, wanted: Mask, open_: Mask) -> Turn:
        """Return what is to be counted; the ledger may change once this has returned."""
        whole = rows_at(ledger, wanted & ~self._stands, self._settings)
        earlier = _first_of_each(self._earlier)
        changed = np.unique(line_and_person(earlier.rows[:, KEY], self._settings))
        now = _rows_of(changed, self._shown, ledger.tables)
        self._earlier = []
        self._stands |= wanted
        return Turn(wanted, open_, _as_they_were(now, earlier), np.concatenate([whole, now]))

    def recounted(self, turn: Turn) -> Recounts:
        """Return what is wanted and open in some node; without cells too. One turn at a time, in order."""
        for line, change in amounts(turn.now, turn.was, turn.open_, self._settings):
            self._add(line, change)
        lines = np.flatnonzero(turn.wanted & turn.open_.any(axis=0)).tolist()
        totals = [self._lines.get(line, NOTHING) for line in lines]
        named = [(MUNICIPALITIES[line // MONTH_COUNT], line % MONTH_COUNT) for line in lines]
        return Recounts(named, [0, *accumulate(len(total.cell) for total in totals)], _cells(totals))

    def _add(self, line: int, change: Amounts) -> None:
        self._lines[line] = sum_of(self._lines.get(line, NOTHING), change)


@kernel
def _earlier(person: Int64, rows: Rows, stands: Mask, shown_as: Int16, tables: Tables) -> tuple[Int64, Mask]:
    """Return, of lines that stand, the rows that are about to be replaced."""
    earlier = np.zeros((len(person), tables.rows.shape[1]), np.int64)
    there = np.zeros(len(person), np.bool_)
    size = 0
    for at in range(len(person)):
        place = np.int64(rows.place[at])
        if not stands[shown_as[municipality_in(place)], month_in(place)]:
            continue
        key = key_at(person[at], place)
        slot = row_slot(key, tables)
        there[size] = tables.row_slots[slot] != EMPTY
        if there[size]:
            earlier[size] = tables.rows[place_in(tables.row_slots[slot])]
        earlier[size, KEY] = key
        size += 1
    return earlier[:size], there[:size]


def _first_of_each(parts: list[Earlier]) -> Earlier:
    """Return how each row was before the first of its changes, by key."""
    rows = np.concatenate([np.zeros((0, ROW_WIDTH), np.int64), *(part.rows for part in parts)])
    there = np.concatenate([np.zeros(0, np.bool_), *(part.there for part in parts)])
    _, first = np.unique(rows[:, KEY], return_index=True)
    return Earlier(rows[first], there[first])


@kernel
def _rows_of(changed: Int64, shown_as: Int16, tables: Tables) -> Int64:
    """Return all rows of persons in a line, both in one number."""
    most = LEAF_COUNT * np.bincount(shown_as).max()
    places = np.empty(len(changed) * most, np.int64)
    size = 0
    for both in changed:
        line, person = both >> PERSON_BITS, both & ((1 << PERSON_BITS) - 1)
        for municipality in range(len(shown_as)):
            if shown_as[municipality] != line // MONTH_COUNT:
                continue
            for leaf in range(LEAF_COUNT):
                key = key_at(person, row_place(municipality, line % MONTH_COUNT, leaf))
                slot = row_slot(key, tables)
                if tables.row_slots[slot] != EMPTY:
                    places[size] = place_in(tables.row_slots[slot])
                    size += 1
    return tables.rows[places[:size]]


def _as_they_were(now: Int64, earlier: Earlier) -> Int64:
    """Return rows as they were before they changed; without those that were not there."""
    at = np.searchsorted(earlier.rows[:, KEY], now[:, KEY]).clip(max=max(len(earlier.rows) - 1, 0))
    if not len(now):
        return now
    changed = earlier.rows[at, KEY] == now[:, KEY]
    return np.asarray(np.where(changed[:, None], earlier.rows[at], now)[~changed | earlier.there[at]])


def _cells(lines: list[Amounts]) -> LiveCells:
    """Return the cells of lines, one line behind the other; many lines are taken apart as fast as one."""
    node, category = np.divmod(np.concatenate([NOTHING.cell, *(one.cell for one in lines)]), CATEGORY_COUNT)
    persons, cents, share, days = np.concatenate([NOTHING.values, *(one.values for one in lines)]).T.copy()
    return LiveCells(node.astype(np.uint8), category.astype(np.uint16), persons.astype(np.int32), cents, share, days)
