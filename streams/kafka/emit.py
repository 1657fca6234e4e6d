"""Files of the log into Kafka: events by person, closings through ``close-update``.

Emission may be repeated whole after a crash: events count once by their id, and a closing that was accepted before is
closed with the number it has. Before a closing everything is acknowledged, so the update holds what precedes it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiokafka import AIOKafkaProducer

from processors.admission.closings import closing_of
from processors.admission.decoding import NOT_KEYED, UPDATE_CLOSED, Batch, Events, decode
from processors.protocol.partitioner import KEY_BYTES, partitions_of
from processors.rules import rules
from schemas import events as avro
from schemas.framing import UNION_ID, framed
from schemas.settings import FigureSettings
from streams.embedded.driver import batches, verified
from streams.kafka.clients import producing
from streams.kafka.packing import Packer
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DOSSIERS
from streams.kafka.updates import Closer, RequestRefusedError, closing
from streams.shell.progress import Report, silent

_PREFIX = tuple(framed(UNION_ID, bytes([2 * kind])) for kind in range(len(avro.RECORDS)))


@dataclass(slots=True)
class Emitted:
    """What became of a run: events acknowledged, records that do not parse and cannot be sent, closings, refusals.

    ``in_clear`` counts events whose person is not keyed. They are not sent: Kafka would keep them.
    """

    events: int = 0
    unreadable: int = 0
    in_clear: int = 0
    closed: int = 0
    refused: int = 0


class Emitter:
    """Sends the events of files, and closes the updates that they close."""

    def __init__(self, settings: KafkaSettings, producer: AIOKafkaProducer, closer: Closer) -> None:
        """Take an idempotent producer, and who closes updates."""
        self._settings = settings
        self._packer = Packer(producer, DOSSIERS)
        self._closer = closer
        self.emitted = Emitted()

    async def emit(self, batch: Batch) -> None:
        """Send the events of a batch of a file, in order; closings in it are closed."""
        events = decode(batch, rules(FigureSettings()))
        targets = partitions_of(batch.data, _persons(batch, events), self._settings.partitions).tolist()
        data = batch.data.tobytes()
        in_clear = (events.fault == NOT_KEYED).tolist()
        rows = zip(events.kind.tolist(), events.start.tolist(), events.stop.tolist(), targets, in_clear, strict=True)
        for kind, start, stop, partition, not_keyed in rows:
            if not_keyed:
                self.emitted.in_clear += 1
            elif start == stop:
                self.emitted.unreadable += 1
            elif kind == UPDATE_CLOSED:
                await self._close(data[start:stop])
            else:
                person = data[start + KEY_BYTES : start + 2 * KEY_BYTES]
                await self._packer.append(partition, person, _PREFIX[kind] + data[start:stop])
                self.emitted.events += 1

    async def flush(self) -> None:
        """Send what is packed and await every acknowledgement."""
        await self._packer.flush()

    async def _close(self, body: bytes) -> None:
        await self.flush()
        closing = closing_of(body)
        try:
            if closing is None:
                self.emitted.refused += 1
                return
            await self._closer.close(*closing)
            self.emitted.closed += 1
        except RequestRefusedError:
            self.emitted.refused += 1


def _persons(batch: Batch, events: Events) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return where the person of each event stands; any place for what has none."""
    places: np.ndarray[tuple[int], np.dtype[np.int64]] = np.where(
        (events.kind == UPDATE_CLOSED) | (events.start == events.stop), 0, events.start + KEY_BYTES
    )
    return places if len(batch.data) >= 2 * KEY_BYTES else np.zeros_like(places)


async def emit(
    settings: KafkaSettings, paths: list[Path], progress: Report = silent, latest: int | None = None
) -> Emitted:
    """Emit files in this order.

    Raises CorruptFileError, and FutureMonthError for a closing after ``latest``, before anything is sent; TopicsError
    without topics.
    """
    files = verified(paths, FigureSettings(), progress, latest)
    total = sum(records for _, records in files)
    await verify_topics(settings)
    async with producing(settings) as producer, closing(settings, producer) as closer:
        emitter = Emitter(settings, producer, closer)
        for file, _ in files:
            for batch in batches(file):
                await emitter.emit(batch)
                progress("emitting", emitter.emitted.events, total)
        await emitter.flush()
    return emitter.emitted
