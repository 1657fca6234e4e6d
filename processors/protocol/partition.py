"""The fold of one partition of the dossier log: a function of the partition's prefix, and nothing else.

What differs from the fold of files: a value is a record of its own, an event that belongs to another partition is set
aside, and a closing carries its number. The number is the update's rank among the accepted requests; copies of it may
repeat (whoever closes may crash, or race), and only the first counts. A number that is neither known nor the next one
means that a copy is missing. No later figure could be trusted, so the fold refuses to go on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple

import fastavro
import numpy as np
import numpy.typing as npt

from processors.admission.closings import Closings
from processors.admission.decoding import UPDATE_CLOSED, Batch, Events
from processors.admission.ledger import DUPLICATE, Ledger, Reached
from processors.protocol.changed import changed_rows
from processors.protocol.receipt_sums import Tally
from processors.protocol.records import Records, batch_of_records, decoded, digest_after, set_wrong_aside
from schemas import events as avro
from schemas import faults
from schemas.periods import from_yyyymm
from schemas.releases import Update
from schemas.rows import Rows

UNNUMBERED = faults.NUMBER["unnumbered-closing"]
OUTCOMES = 256


class LogError(Exception):
    """The log is not the one that was folded so far, or lacks something: nobody may go on; one sentence says why."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition is folded: the next offset, the digest up to it, the last record's offset and digest."""

    stop: int = 0
    digest: int = 0
    last: int = -1
    last_digest: int = 0


@dataclass(frozen=True, slots=True)
class Folded:
    """One step: what the records [start, stop) changed, and the update that the last of them closed, if it did.

    ``set_aside`` holds (place among the records given, number of the fault).
    """

    start: int
    position: Position
    rows: Rows
    set_aside: list[tuple[int, int]]
    update: Update | None


class _Stretch(NamedTuple):
    """Records [first, stop) after the fold: what they reached, and the update that the last of them closed."""

    first: int
    stop: int
    reached: Sequence[Reached]
    update: Update | None


@dataclass(slots=True)
class PartitionFold:
    """State of one partition; ``barrier`` is the offset behind the last closing, -1 before the first.

    ``outcomes`` counts events by the value of ``Events.fault`` (0 applied, DUPLICATE, or a fault's number); closings
    count in partition 0 only, once each (L2). ``tally`` counts them by OCMW and statement month.
    """

    partition: int
    partitions: int
    ledger: Ledger
    closings: Closings = field(default_factory=Closings)
    position: Position = field(default_factory=Position)
    barrier: int = -1
    outcomes: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(OUTCOMES, np.int64))
    tally: Tally = field(default_factory=Tally)

    def fold(self, records: Records) -> Iterator[Folded]:
        """Fold records that follow the position, a step up to each first closing and one for the rest.

        Raises LogError for records that do not follow, and for a closing whose number is missing before it.
        """
        if len(records) and records.offsets[0] < self.position.stop:
            message = f"partition {self.partition}: offset {records.offsets[0]} came again; restart this worker"
            raise LogError(message)
        batch, events = decoded(batch_of_records(records), self.ledger.rules)
        set_wrong_aside(records, batch, events, self.partition, self.partitions)
        first = folded = 0
        reached: list[Reached] = []
        for row in np.flatnonzero(events.kind == UPDATE_CLOSED).tolist():
            reached.append(self.ledger.fold(events, folded, row))
            folded = row + 1
            update = self._closed(records, batch, events, row)
            if update is not None:
                yield self._folded(records, batch, events, _Stretch(first, folded, reached, update))
                first = folded
                reached.clear()
        reached.append(self.ledger.fold(events, folded, len(records)))
        if first < len(records):
            yield self._folded(records, batch, events, _Stretch(first, len(records), reached, None))

    def _closed(self, records: Records, batch: Batch, events: Events, row: int) -> Update | None:
        """Note what became of a closing, and return the update when this is its first copy here."""
        if events.fault[row]:
            return None
        number = records.numbers.get(row)
        if number is None:
            events.fault[row] = UNNUMBERED
            return None
        known = len(self.closings.accepted)
        if number > known + 1:
            message = (
                f"partition {self.partition}, offset {records.offsets[row]}: update {number} is closed but "
                f"{known + 1} was not; run ocmw close-update again; where that does not help the number is forged or a "
                "copy was lost: docs/runbooks.md, A closing with a wrong number"
            )
            raise LogError(message)
        if number <= known:
            events.fault[row] = DUPLICATE
            return None
        update = _update(batch.data[events.start[row] : events.stop[row]].tobytes(), number)
        self.closings.close(update)
        return update

    def _folded(self, records: Records, batch: Batch, events: Events, stretch: _Stretch) -> Folded:
        first, stop, reached, update = stretch
        start = self.position.stop
        last = stop - 1
        self.position = Position(
            stop=int(records.offsets[last]) + 1,
            digest=digest_after(self.position.digest, records, first, stop),
            last=int(records.offsets[last]),
            last_digest=digest_after(0, records, last, stop),
        )
        self.barrier = self.position.stop if update else self.barrier
        self._count(events, first, stop, update)
        self.tally.count(batch.data, events, records.offsets, first, stop)
        outcomes = events.fault[first:stop]
        rows = np.flatnonzero((outcomes != 0) & (outcomes != DUPLICATE))
        aside = [(first + at, int(outcomes[at])) for at in rows.tolist()]
        return Folded(start, self.position, changed_rows(self.ledger, reached), aside, update)

    def _count(self, events: Events, first: int, stop: int, update: Update | None) -> None:
        outcomes = events.fault[first:stop]
        closings = outcomes[events.kind[first:stop] == UPDATE_CLOSED]
        lawful = closings[(closings == 0) | (closings == DUPLICATE)]
        self.outcomes += np.bincount(outcomes, minlength=OUTCOMES) - np.bincount(lawful, minlength=OUTCOMES)
        if update is not None and self.partition == 0:
            self.outcomes[0] += 1


def _update(data: bytes, number: int) -> Update:
    values = fastavro.schemaless_reader(BytesIO(data), avro.plain(avro.shapes()[UPDATE_CLOSED]))
    month = from_yyyymm(values["reference_month"])
    if month is None:
        message = f"the closing of update {number} names a month that is none; close updates with ocmw close-update"
        raise LogError(message)
    return Update(number, values["update_id"].decode(), month)
