"""What intake sends, and when: exactness of one partition without transactions.

The state is a function of the log, so it can always be made again; what must not happen is that publish hears two
different stories, or misses a part of one. Four rules see to it:

- Every step sends its changed rows, absolute, also when there are none: a batch (start, stop], its start the stop of
  the one before. A step ends at a first closing, and then the marker follows its batch.
- The *watermark* is the largest stop of the complete batches found in the output. Up to it the log is folded in
  silence; the marker of a closing exactly at it is sent again, for nobody knows whether it was sent.
- Arriving at the watermark with another digest than its batch has means another log, or another program: stop.
- A snapshot is believed up to the watermark only, and only after the last record that it folded was read again and
  found to be the same.
- Summaries for receipts are cumulative, so the last word is enough, and one at each step would be nearly one an event.
  A step that reaches a new multiple of TELL_EVERY tells all that was touched since it was told last, before its batch;
  the driver tells in between, when it likes. So whoever takes over tells all that was touched since the last multiple
  at or below the watermark, even if it was told. An example: told up to 500,000, a batch up to 630,000 is acknowledged,
  the worker dies. The next one folds on from 630,000 and tells, at once, all that was touched since 500,000.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from processors.protocol.partition import Folded, LogError, PartitionFold
from processors.protocol.receipts import OcmwSummary
from processors.protocol.records import Records, digest_after
from schemas.rows import CutReached, Rows, RowsBatch

ROWS_PER_BATCH = 5_000
"""Rows, and facts, in one part of a batch: at 36 and 56 bytes it stays under 500 KB."""
TELL_EVERY = 500_000
"""Offsets after which summaries are owed: one for each OCMW and month, 15 us each, 10,000 of them a partition."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the output reaches: the stop of its last complete batch and the digest in it; 0 with an empty output."""

    stop: int = 0
    digest: bytes = bytes(8)


@dataclass(frozen=True, slots=True)
class Output:
    """What a step sends, in this order, each acknowledged before the next: set aside, summaries, batches, marker.

    ``set_aside`` holds (offset, number of the fault). Nothing at all below the watermark.
    """

    stop: int
    set_aside: tuple[tuple[int, int], ...] = ()
    summaries: tuple[OcmwSummary, ...] = ()
    batches: tuple[RowsBatch, ...] = ()
    marker: CutReached | None = None


def watermark_of(messages: Iterable[RowsBatch | CutReached]) -> Watermark | None:
    """Return the watermark that some consecutive messages of one partition show, None when no batch is complete."""
    newest: Watermark | None = None
    parts: dict[tuple[bytes, int, int], set[int]] = {}
    for message in messages:
        if isinstance(message, CutReached):
            continue
        seen = parts.setdefault((message.session, message.start, message.stop), set())
        seen.add(message.part)
        if len(seen) == message.parts and (newest is None or message.stop > newest.stop):
            newest = Watermark(message.stop, message.digest)
    return newest


class PartitionIntake:
    """One assignment of one partition: its fold, and what of it must still be sent."""

    def __init__(self, fold: PartitionFold, watermark: Watermark, session: bytes, tell_every: int = TELL_EVERY) -> None:
        """Begin with an empty fold or that of a snapshot; ``session`` is drawn anew at each assignment.

        ``tell_every`` never changes between workers of one log.

        Raises LogError where the fold stands beyond the watermark: drop such a snapshot first (``believable``).
        """
        if not believable(fold, watermark):
            message = f"partition {fold.partition}: the snapshot vouches for more than was sent; it must be dropped"
            raise LogError(message)
        self.fold = fold
        self.watermark = watermark
        self.session = session
        self.sent = watermark.stop
        self._tell_every = tell_every
        self._summarised = watermark.stop // tell_every * tell_every
        self._verify = fold.position.last >= 0
        self._marker_due = fold.position.stop == watermark.stop

    @property
    def seek(self) -> int:
        """The offset to read from: the last record that was folded, to see that it is still the same."""
        position = self.fold.position
        return position.last if self._verify else position.stop

    def take(self, records: Records) -> Iterator[Output]:
        """Fold records and yield what to send after each step.

        Raises SnapshotRefusedError where the log is another than the snapshot's (start empty), LogError where nobody
        may go on.
        """
        if self._verify and len(records):
            self._verify_last(records)
            records = records.slice(1, len(records))
        if self._marker_due:
            self._marker_due = False
            yield from self._arrived()
        cut = int(np.searchsorted(records.offsets, self.watermark.stop))
        if cut and self.fold.position.stop < self.watermark.stop:
            for _ in self.fold.fold(records.slice(0, cut)):
                pass
            yield from self._arrived()
        if cut < len(records):
            yield from self._beyond(records, cut)

    def tell(self) -> tuple[OcmwSummary, ...]:
        """Return the summaries that are owed; they must be acknowledged before anything else of this partition is sent.

        Nothing while the fold is not yet known to be that of this log.
        """
        if self._verify or self.fold.position.stop < self.watermark.stop:
            return ()
        summaries = tuple(self.fold.tally.touched_after(self._summarised))
        self._summarised = max(self._summarised, self.fold.position.stop)
        return summaries

    def _arrived(self) -> Iterator[Output]:
        if self.fold.position.stop == self.watermark.stop:
            self._require_same_digest()
            marker = self._marker()
            if marker is not None:
                yield Output(self.watermark.stop, marker=marker)

    def _beyond(self, records: Records, cut: int) -> Iterator[Output]:
        if self.fold.position.stop < self.watermark.stop:
            raise _another_log(self.fold.partition, self.watermark.stop)
        for step in self.fold.fold(records.slice(cut, len(records))):
            aside = tuple((int(records.offsets[cut + at]), fault) for at, fault in step.set_aside)
            summaries = (
                self.tell() if step.position.stop // self._tell_every > self._summarised // self._tell_every else ()
            )
            marker = self._marker() if step.update else None
            yield Output(step.position.stop, aside, summaries, tuple(self._batches(step)), marker)
            self.sent = step.position.stop

    def _verify_last(self, records: Records) -> None:
        position = self.fold.position
        if records.offsets[0] != position.last or digest_after(0, records, 0, 1) != position.last_digest:
            message = f"partition {self.fold.partition}: the snapshot belongs to another log; starting empty"
            raise SnapshotRefusedError(message)
        self._verify = False

    def _require_same_digest(self) -> None:
        if self.watermark.stop and _bytes(self.fold.position.digest) != self.watermark.digest:
            raise _another_log(self.fold.partition, self.watermark.stop)

    def _marker(self) -> CutReached | None:
        """Return the marker of the closing that the fold stands behind, if it does."""
        fold, position = self.fold, self.fold.position
        if fold.barrier != position.stop or fold.closings.last is None:
            return None
        rows = len(fold.ledger.rows)
        return CutReached(fold.partition, fold.closings.last, position.stop, rows, _bytes(position.digest))

    def _batches(self, step: Folded) -> Iterator[RowsBatch]:
        rows = step.rows
        parts = max(1, -(-max(len(rows.person), len(rows.facts)) // ROWS_PER_BATCH))
        for part in range(parts):
            chosen: Rows = rows.slice(part * ROWS_PER_BATCH, (part + 1) * ROWS_PER_BATCH)
            yield RowsBatch(
                partition=self.fold.partition,
                start=step.start,
                stop=step.position.stop,
                part=part,
                parts=parts,
                session=self.session,
                digest=_bytes(step.position.digest),
                rows=chosen,
            )


class SnapshotRefusedError(Exception):
    """The snapshot was made of another log than this one: start empty."""


def believable(fold: PartitionFold, watermark: Watermark) -> bool:
    """Tell whether a fold stands at or below a watermark."""
    return fold.position.stop <= watermark.stop


def _bytes(digest: int) -> bytes:
    return digest.to_bytes(8, "big")


def _another_log(partition: int, stop: int) -> LogError:
    return LogError(
        f"partition {partition}: the log up to offset {stop} is not the one whose rows were sent; "
        "it was replaced, or this program folds differently: begin a new epoch (OCMW_KAFKA_EPOCH)"
    )
