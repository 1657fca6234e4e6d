"""Live figures: what the rows amount to now, for each OCMW and month that is not stable yet.

Between two updates nobody may publish, but an OCMW wants to see its own claims arrive. So what rows reached is noted
by (municipality, month), and those alone are counted again, whole, by the kernel that counts updates. Only cells of
municipalities are wanted, and such a cell asks for the rows of its municipality alone: a person of two municipalities
is simply two persons here, each complete. What is shown replaces what the last release says of that municipality and
month; nothing is added to anything, so nothing drifts, and after the next release nothing is left to show.

Nothing here reaches the gate. Which months are open is what the last release says: pending or settling ones, and those
that no release knows yet.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from processors.axes import axis
from processors.compiled import kernel
from processors.counting import count
from processors.ledger import (
    KEY,
    LEAF_MASK,
    MONTH_MASK,
    MONTH_SHIFT,
    MUNICIPALITY_MASK,
    MUNICIPALITY_SHIFT,
    PERSON_SHIFT,
    Ledger,
    Tables,
)
from processors.people import People
from processors.rules import LEAF_COUNT, shown_municipality
from processors.slots import EMPTY
from processors.stability import FROZEN_THROUGH, FROZEN_WHEN
from schemas.arrays import Int16, Int32, Int64, Mask
from schemas.figures import Cells
from schemas.live import LiveCells, Recounted
from schemas.periods import MONTH_COUNT, Period
from schemas.places import MUNICIPALITIES, PLACE_NUMBER, PLACES
from schemas.releases import UNSTABLE, Release
from schemas.rows import Rows
from schemas.settings import FigureSettings
from schemas.supports import NODES


class _Piece(NamedTuple):
    """Cells of municipalities of one node and month; ``key`` is municipality x MONTH_COUNT + month."""

    key: Int64
    cells: LiveCells


Each = Callable[[Callable[[int], list[_Piece]], list[int]], Iterable[list[_Piece]]]


class Reached:
    """Which (shown municipality, month) the rows of each partition reached, since they were last taken."""

    def __init__(self, partitions: int, settings: FigureSettings) -> None:
        """Start with nothing reached."""
        self._shown = shown_municipality(settings)
        self._reached = np.zeros((partitions, len(MUNICIPALITIES), MONTH_COUNT), np.bool_)

    def note(self, partition: int, rows: Rows) -> None:
        """Note what some rows of a partition are about."""
        place = rows.place.astype(np.int64)
        municipality = self._shown[place >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK]
        self._reached[partition, municipality, place >> MONTH_SHIFT & MONTH_MASK] = True

    def note_months(self, partition: int, months: Mask) -> None:
        """Note months in all municipalities: for rows of which no more is known."""
        self._reached[partition][:, months] = True

    def forget(self, partitions: Iterable[int]) -> None:
        """Forget what these partitions reached: it is in a release."""
        self._reached[list(partitions)] = False

    def take(self) -> Mask:
        """Return what was reached, by (shown municipality, month), and forget it."""
        found = self._reached.any(axis=0)
        self._reached[:] = False
        return np.asarray(found)


def open_months(release: Release | None) -> Mask:
    """Return which (node of ``NODES``, month) is not stable after a release (None: before the first)."""
    found = np.ones((len(NODES), MONTH_COUNT), np.bool_)
    if release is None:
        return found
    if release.update.reference_month >= FROZEN_WHEN:
        found[:, : FROZEN_THROUGH + 1] = False
    number = {node.code: at for at, node in enumerate(NODES)}
    for key, entry in release.entries.items():
        if key.period.kind == "month":
            found[number[key.support], key.period.first] = entry.vintage.state in UNSTABLE
    return found


def rows_at(ledger: Ledger, wanted: Mask, settings: FigureSettings) -> Int64:
    """Return the rows of the wanted (shown municipality, month), by municipality, then person; a copy.

    The ledger may change once this has returned.
    """
    shown = shown_municipality(settings)
    found = ledger.tables.rows[_found(ledger.tables, wanted, shown)]
    by_person = _order(found[:, KEY] >> PERSON_SHIFT, ledger.persons)
    municipality = shown[found[by_person, KEY] >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK].astype(np.int64)
    return np.asarray(found[by_person[_order(municipality, len(shown))]])


@kernel
def _found(tables: Tables, wanted: Mask, shown: Int16) -> Int32:
    """Follow the chains of the months that are wanted somewhere."""
    size = 0
    for month in range(wanted.shape[1]):
        if wanted[:, month].any():
            size += tables.held[month]
    found = np.empty(size, np.int32)
    size = 0
    for month in range(wanted.shape[1]):
        if not wanted[:, month].any():
            continue
        row = tables.newest[month]
        while row != EMPTY:
            if wanted[shown[tables.rows[row, KEY] >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK], month]:
                found[size] = row
                size += 1
            row = tables.before[row]
    return found[:size]


@kernel
def _order(keys: Int64, size: int) -> Int64:
    """Return the order that sorts keys below ``size``; equal ones stay as they stand."""
    starts = np.zeros(size + 1, np.int64)
    for key in keys:
        starts[key + 1] += 1
    for key in range(size):
        starts[key + 1] += starts[key]
    order = np.empty(len(keys), np.int64)
    for at in range(len(keys)):
        order[starts[keys[at]]] = at
        starts[keys[at]] += 1
    return order


def recounted(
    rows: Int64, wanted: Mask, open_: Mask, settings: FigureSettings, each: Each = map
) -> Iterator[Recounted]:
    """Yield what is wanted and open in some node, counted from the rows of ``rows_at``; without cells too.

    ``wanted`` is by (shown municipality, month), ``open_`` by (node, month). ``each`` maps a function over nodes, which
    do not depend on each other: ``map``, or that of a pool of threads.
    """
    present = np.bincount(rows[:, KEY] & LEAF_MASK, minlength=LEAF_COUNT) > 0
    nodes = [number for number, node in enumerate(NODES) if present[list(node.leaves)].any()]
    of_node = partial(_of_node, rows=rows, open_=open_ & wanted.any(axis=0), settings=settings)
    pieces = [piece for found in each(of_node, nodes) for piece in found]
    key = np.concatenate([_NO_KEYS, *(piece.key for piece in pieces)])
    order = np.argsort(key, kind="stable")
    cells = _together([piece.cells for piece in pieces]).take(order)
    municipalities, months = np.nonzero(wanted & open_.any(axis=0))
    keys = municipalities * MONTH_COUNT + months
    starts = np.searchsorted(key[order], keys, side="left").tolist()
    stops = np.searchsorted(key[order], keys, side="right").tolist()
    for municipality, month, start, stop in zip(municipalities.tolist(), months.tolist(), starts, stops, strict=True):
        yield Recounted(MUNICIPALITIES[municipality], month, cells.take(slice(start, stop)))


_NO_KEYS = np.zeros(0, np.int64)
_NO_CELLS = LiveCells(
    np.zeros(0, np.uint8),
    np.zeros(0, np.uint16),
    np.zeros(0, np.int32),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
)


def _together(pieces: list[LiveCells]) -> LiveCells:
    columns: list[npt.NDArray[Any]] = [np.concatenate(column) for column in zip(_NO_CELLS, *pieces, strict=True)]
    return LiveCells(*columns)


def _of_node(number: int, rows: Int64, open_: Mask, settings: FigureSettings) -> list[_Piece]:
    """Return the cells of municipalities of one node, month by month."""
    months = open_[number]
    chosen = rows[months[rows[:, KEY] >> MONTH_SHIFT & MONTH_MASK]]
    if not len(chosen):
        return []
    periods = tuple(Period("month", month) for month in np.flatnonzero(months).tolist())
    (_, blocks), *_ = count(People(chosen, months), (axis("month", periods),), NODES[number], settings)
    return [_municipal(number, period.first, cells) for period, cells in zip(periods, blocks, strict=True)]


_MUNICIPALITY_OF_PLACE = np.full(len(PLACES), -1, np.int64)
_MUNICIPALITY_OF_PLACE[[PLACE_NUMBER["municipality", nis] for nis in MUNICIPALITIES]] = np.arange(len(MUNICIPALITIES))


def _municipal(number: int, month: int, cells: Cells) -> _Piece:
    """Return the cells of municipalities, as a copy: the arrays of a count are used again."""
    municipality = _MUNICIPALITY_OF_PLACE[cells.place]
    mine = cells.take(municipality >= 0)
    number_of_all = np.full(len(mine), number, np.uint8)
    key = municipality[municipality >= 0] * MONTH_COUNT + month
    return _Piece(
        key,
        LiveCells(
            number_of_all,
            mine.category,
            mine.beneficiaries,
            mine.amount_cents,
            mine.state_share_cents,
            mine.days,
        ),
    )
