"""The fold of the log: batches of bytes in, the ledger and the list of closings as they stand after each step.

A *step* is a stretch of events without a closing inside; it ends at the end of a batch or with an accepted
``UpdateClosed``. A driver takes steps one by one and does its own work between them (journal, cut), so a cut sees
exactly what precedes the closing (G1).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.admission.closings import Closings, closing_of, lawful_id
from processors.admission.decoding import UPDATE_CLOSED, Batch, Events, decode
from processors.admission.details import fault_of
from processors.admission.facts import WAITING
from processors.admission.ledger import DUPLICATE, Ledger
from processors.compiled import Whole, kernel
from schemas import faults
from schemas.arrays import Bytes
from schemas.faults import Fault
from schemas.releases import Update
from schemas.settings import FigureSettings


class Step(NamedTuple):
    """Events [first, stop) of a batch after the fold; ``update`` is what the last of them closed, if it did.

    ``events.fault`` of each is 0 (applied), DUPLICATE or the number of a fault.
    """

    batch: Batch
    events: Events
    first: int
    stop: int
    update: Update | None

    def outcomes(self) -> npt.NDArray[np.uint8]:
        """Return 0, DUPLICATE or the number of a fault for each event of the step."""
        return self.events.fault[self.first : self.stop]

    def set_aside(self) -> list[tuple[int, Fault]]:
        """Return (record number in the file, its fault) of the events that were set aside."""
        outcomes = self.outcomes()
        rows = np.flatnonzero((outcomes != 0) & (outcomes != DUPLICATE)) + self.first
        return [(self.batch.first + row, self._fault(row)) for row in rows.tolist()]

    def _fault(self, row: int) -> Fault:
        if row in self.batch.details:
            return self.batch.details[row]
        body = self.batch.data[self.events.start[row] : self.events.stop[row]].tobytes()
        return fault_of(int(self.events.fault[row]), int(self.events.kind[row]), body)

    def admitted(self) -> tuple[Bytes, int]:
        """Return the events that the fold keeps as bytes of today's union, and how many: those applied, and waiting."""
        return _admitted(self.batch.data, self.events, self.first, self.stop)


class Fold:
    """Ledger and closings of a log prefix; start anew, or from a ledger and the closings that belong to it."""

    def __init__(
        self, settings: FigureSettings, ledger: Ledger | None = None, closings: Closings | None = None
    ) -> None:
        """Keep the state that the next batch continues."""
        self.ledger = ledger or Ledger(settings)
        self.closings = closings or Closings()

    def steps(self, batch: Batch) -> Iterator[Step]:
        """Fold a batch, yielding after each step. Raises LeftOverError for a corrupt block, before anything changes."""
        events = decode(batch, self.ledger.rules)
        first = folded = 0
        for closing in np.flatnonzero(events.kind == UPDATE_CLOSED).tolist():
            self.ledger.fold(events, folded, closing)
            folded = closing + 1
            update = self._close(batch, events, closing)
            if update is not None:
                yield Step(batch, events, first, folded, update)
                first = folded
        self.ledger.fold(events, folded, len(events.kind))
        if first < len(events.kind):
            yield Step(batch, events, first, len(events.kind), None)

    def _close(self, batch: Batch, events: Events, row: int) -> Update | None:
        """Judge a closing, note its outcome in its row, and return the update when it was accepted."""
        if events.fault[row]:
            return None
        judged = self._judged(batch.data[events.start[row] : events.stop[row]].tobytes())
        if isinstance(judged, Update):
            self.closings.close(judged)
            return judged
        events.fault[row] = DUPLICATE if judged == "duplicate" else faults.NUMBER[judged]
        return None

    def _judged(self, data: bytes) -> Update | str:
        closing = closing_of(data)
        if closing is None:
            return "undecodable"
        judged = self.closings.judge(*closing)
        return judged if judged == "bad-month" or lawful_id(closing.update_id) else "bad-update-id"


@kernel
def _admitted(data: Bytes, events: Events, first: Whole, stop: Whole) -> tuple[Bytes, int]:
    size = 0
    for row in range(first, stop):
        if events.fault[row] in (0, WAITING):
            size += events.stop[row] - events.start[row] + 1
    copied = np.empty(size, np.uint8)
    at = 0
    count = 0
    for row in range(first, stop):
        if events.fault[row] in (0, WAITING):
            copied[at] = 2 * events.kind[row]  # zigzag of the branch index
            length = events.stop[row] - events.start[row]
            for byte in range(length):
                copied[at + 1 + byte] = data[events.start[row] + byte]
            at += length + 1
            count += 1
    return copied, count
