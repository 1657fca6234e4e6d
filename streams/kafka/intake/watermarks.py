"""How far the output of each partition reaches, read from the end of the rows topic."""

from collections.abc import Iterable

from aiokafka import TopicPartition

from processors.protocol.intake import Watermark, watermark_of
from schemas.rows import CutReached, message_of
from streams.kafka.clients import found_from_end, reading
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import rows_topic


async def watermarks(settings: KafkaSettings, partitions: Iterable[int]) -> dict[int, Watermark]:
    """Return the watermark of each partition of this pipeline's rows topic."""
    where = [TopicPartition(rows_topic(settings), partition) for partition in partitions]
    async with reading(settings, *where) as reader:
        return {place.partition: await found_from_end(reader, place, _mark) or Watermark() for place in where}


async def reached_updates(settings: KafkaSettings) -> dict[int, int]:
    """Return the number of the last update that each partition of the log has reached, 0 before the first."""
    where = [TopicPartition(rows_topic(settings), partition) for partition in range(settings.partitions)]
    async with reading(settings, *where) as reader:
        return {place.partition: await found_from_end(reader, place, _reached) or 0 for place in where}


def _mark(values: list[bytes]) -> Watermark | None:
    return watermark_of(map(message_of, values))


def _reached(values: list[bytes]) -> int | None:
    markers = (message for message in map(message_of, values) if isinstance(message, CutReached))
    return max((marker.update.sequence for marker in markers), default=None)
