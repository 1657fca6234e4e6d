"""What publish believes of its messages: batches whole and in order, and a closing only when all partitions have it.

Messages of a partition may repeat, come from a worker that does not know it was replaced, or lack parts that a killed
one never sent. A batch counts when all its parts came from one session. A repeated message is ignored. One that would
leave a gap stops the program: rows are missing, and no later message mends that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.releases import Update
from schemas.rows import CutReached, Rows, RowsBatch


class GapError(Exception):
    """The messages of a partition do not follow each other: nobody may publish from them; one sentence says why."""


Half = tuple[bytes, int, int]
"""Session, start and stop of a batch."""


@dataclass(slots=True)
class Source:
    """What was heard of one partition: had up to ``stop``; parts of batches; the closing that it waits at."""

    stop: int = 0
    halves: dict[Half, dict[int, Rows]] = field(default_factory=dict)
    marker: CutReached | None = None


class Alignment:
    """All partitions; ``released`` is the number of the current release."""

    def __init__(self, sources: Iterable[Source], released: int) -> None:
        """Begin anew, or with the sources of a snapshot."""
        self.sources = list(sources)
        self.released = released

    def hear_batch(self, batch: RowsBatch) -> list[Rows] | None:
        """Return the rows of a batch that is complete now and reaches further, in order; None when there is none.

        Raises GapError where rows before it are missing.
        """
        source = self.sources[batch.partition]
        if batch.stop <= source.stop:
            return None
        half = source.halves.setdefault((batch.session, batch.start, batch.stop), {})
        half[batch.part] = batch.rows
        if len(half) < batch.parts:
            return None
        if batch.start > source.stop:
            message = (
                f"partition {batch.partition}: rows from {source.stop} to {batch.start} are missing; "
                "begin a new epoch (OCMW_KAFKA_EPOCH)"
            )
            raise GapError(message)
        source.stop = batch.stop
        source.halves = {key: parts for key, parts in source.halves.items() if key[2] > batch.stop}
        return [half[part] for part in range(batch.parts)]

    def hear_marker(self, marker: CutReached) -> bool:
        """Tell whether the partition must wait now; False for a closing that is released already.

        Raises GapError for one that is not the next, or whose rows were not all heard.
        """
        source, number = self.sources[marker.partition], marker.update.sequence
        if number <= self.released:
            return False
        if number != self.released + 1 or marker.stop != source.stop:
            message = (
                f"partition {marker.partition}: update {number} is reached at {marker.stop}, but the current release "
                f"is {self.released} and rows are known up to {source.stop}; begin a new epoch (OCMW_KAFKA_EPOCH)"
            )
            raise GapError(message)
        source.marker = marker
        return True

    def stands_at(self, marker: CutReached) -> bool:
        """Tell whether a partition stands at a closing: what was heard of it is before that, and nothing after.

        A worker that does not know it was replaced may send a closing again when later rows were heard already.
        """
        return marker.stop == self.sources[marker.partition].stop

    def aligned(self) -> Update | None:
        """Return the update that all partitions have reached. Raises GapError where they name different ones."""
        markers = [source.marker for source in self.sources]
        first = markers[0]
        if first is None or any(marker is None for marker in markers):
            return None
        if any(marker is not None and marker.update != first.update for marker in markers):
            message = f"update {first.update.sequence}: partitions name different closings; find out who wrote them"
            raise GapError(message)
        return first.update

    def release(self) -> None:
        """Note that the aligned update is released, and let the partitions go on."""
        self.released += 1
        for source in self.sources:
            source.marker = None
