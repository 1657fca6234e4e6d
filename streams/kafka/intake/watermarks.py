"""How far the output of each partition reaches: at the end of the rows topic, and as intake committed it."""

from collections.abc import Iterable

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from processors.protocol.intake import Watermark, watermark_of
from schemas.rows import CutReached, RowsBatch, message_of
from streams.kafka.clients import found_from_end, reading
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS, rows_topic


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


def group_of(settings: KafkaSettings) -> str:
    """Return the consumer group of intake in this pipeline."""
    return f"ocmw.intake.v{settings.epoch}"


async def committed_positions(settings: KafkaSettings) -> dict[int, int]:
    """Return, for each partition of the log, the position that intake committed, where it did.

    It says how far the output reaches, as the watermark does, but some seconds late and past markers of transactions.
    """
    admin = AIOKafkaAdminClient(**settings.connection())
    try:
        await admin.start()
        committed = await admin.list_consumer_group_offsets(group_of(settings))
    except GroupCoordinatorNotAvailableError:  # nobody ever committed anything to this broker
        return {}
    finally:
        await admin.close()
    return {place.partition: at.offset for place, at in committed.items() if place.topic == DOSSIERS and at.offset >= 0}


def _mark(records: list[ConsumerRecord]) -> Watermark | None:
    return watermark_of(map(_message, records))


def _reached(records: list[ConsumerRecord]) -> int | None:
    markers = (message for message in map(_message, records) if isinstance(message, CutReached))
    return max((marker.update.sequence for marker in markers), default=None)


def _message(record: ConsumerRecord) -> RowsBatch | CutReached:
    return message_of(record.value or b"")
