"""How far the output of each partition reaches, read from the end of the rows topic."""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition

from processors.intake import Watermark, watermark_of
from schemas.rows import message_of
from streams.kafka.clients import reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import rows_topic

_FIRST_LOOK, _WIDER = 32, 8
"""Messages looked at from the end, and how many times more when no whole batch is among them."""


async def watermarks(settings: KafkaSettings, partitions: Iterable[int]) -> dict[int, Watermark]:
    """Return the watermark of each partition of this pipeline's rows topic."""
    where = [TopicPartition(rows_topic(settings), partition) for partition in partitions]
    async with reading(settings, *where) as reader:
        reader.pause(*where)
        ends = await reader.end_offsets(where)
        return {place.partition: await _watermark(reader, place, ends[place]) for place in where}


async def _watermark(reader: AIOKafkaConsumer, where: TopicPartition, end: int) -> Watermark:
    look = _FIRST_LOOK
    while end:
        start = max(0, end - look)
        reader.resume(where)
        found = watermark_of(
            [
                message_of(record.value or b"")
                async for fetched in records_between(reader, where, start, end)
                for record in fetched
            ]
        )
        reader.pause(where)
        if found is not None:
            return found
        if start == 0:
            break
        look *= _WIDER
    return Watermark()
