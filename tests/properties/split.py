"""A log split by person, as on Kafka, in memory: a fold for each partition, its changed rows joined in one ledger.

Closings go to all partitions once they are accepted, as ``ocmw close-update`` sends them; others never reach a log.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from drawn import LATER
from history import key

from processors.admission.closings import Closings, lawful_id
from processors.admission.ledger import Ledger
from processors.counting.people import everyone
from processors.protocol.all_rows import Gathered
from processors.protocol.partition import PartitionFold
from processors.protocol.partitioner import partitions_of
from processors.protocol.records import Records, records_of
from schemas import events
from schemas.faults import Fault
from schemas.framing import UNION_ID, framed
from schemas.log import Block, Layout, read_plain
from schemas.releases import Release, Update
from schemas.settings import FigureSettings
from sinks.memory import MemoryStore
from streams.release.cut import Cut, release_of

FETCH = 3
"""Records of a partition that are folded together."""
_UNKNOWN_ID = 999
_NATIVE = Layout.of(events.union())


def update_of(body: bytes, closings: Closings) -> Update | None:
    """Return the update that a closing closes, None where it is refused; it is noted when it is accepted."""
    (event,) = read_plain(Block(np.frombuffer(body, np.uint8), 1, 1), _NATIVE)
    assert not isinstance(event, Fault)
    update_id = event[1]["update_id"].decode()
    judged = closings.judge(update_id, event[1]["reference_month"])
    if isinstance(judged, str) or not lawful_id(update_id):
        return None
    closings.close(judged)
    return judged


def is_closing(body: bytes) -> bool:
    """Tell whether an event is an UpdateClosed."""
    return body[0] == 2 * events.UPDATE_CLOSED


class SplitLog:
    """A log in partitions, folded as far as it was given, and the store of its releases."""

    def __init__(self, partitions: int, chosen: FigureSettings) -> None:
        """Begin with an empty log."""
        self.settings = chosen
        self.folds = [PartitionFold(number, partitions, Ledger(chosen)) for number in range(partitions)]
        self.waiting: list[list[tuple[bytes, bytes]]] = [[] for _ in range(partitions)]
        self.gathered = Gathered(Ledger(chosen), partitions)
        self.store = MemoryStore()
        self.release: Release | None = None

    def read(self, bodies: list[bytes]) -> MemoryStore:
        """Send events where they belong, and release at each closing."""
        closings = Closings()
        for body in bodies:
            if not is_closing(body):
                self._send(body)
                continue
            update = update_of(body, closings)
            if update is not None:
                self._close(update, body)
        return self.store

    def outcomes(self) -> np.ndarray:
        """Return how many events had each outcome, over all partitions; what no closing follows is not folded yet."""
        whole: np.ndarray = np.stack([fold.outcomes for fold in self.folds]).sum(0)
        return whole

    def _send(self, body: bytes) -> None:
        person = key("person a") if body == LATER else body[17:33]
        home = partitions_of(np.frombuffer(person, np.uint8), np.zeros(1, np.int64), len(self.folds))[0]
        value = framed(_UNKNOWN_ID if body == LATER else UNION_ID, body)
        self.waiting[home].append((person, value))

    def _close(self, update: Update, body: bytes) -> None:
        for fold, waiting in zip(self.folds, self.waiting, strict=True):
            for records in _fetched(waiting, framed(UNION_ID, body), update.sequence, fold.position.stop):
                for step in fold.fold(records):
                    self.gathered.put(fold.partition, step.rows)
            waiting.clear()
        ledger, touched = self.gathered.ledger, self.gathered.touched_by_any()
        cut = Cut(update, self.release, touched, ledger.tables.exists, self.settings, self.store)
        self.release = self.store.publish(release_of(ledger, cut, partial(everyone, ledger)))
        self.gathered.forget_touched(range(len(self.folds)))


def _fetched(waiting: list[tuple[bytes, bytes]], closing: bytes, number: int, first: int) -> Iterator[Records]:
    sent: list[tuple[bytes | None, bytes]] = [*waiting, (None, closing)]
    for at in range(0, len(sent), FETCH):
        keys, values = zip(*sent[at : at + FETCH], strict=True)
        rows = range(first + at, first + at + len(keys))
        numbers = {len(keys) - 1: number} if at + FETCH >= len(sent) else {}
        yield records_of(rows, keys, values, numbers)
