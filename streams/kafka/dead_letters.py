"""What was set aside: listed by reason, shown without what it says, and sent again once the reason is mended."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from processors.protocol.partitioner import KEY_BYTES
from schemas.events import schema_ids
from schemas.faults import Fault, detailed
from schemas.framing import HEADER_BYTES
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DEAD_LETTERS, DOSSIERS


class DeadLetter(NamedTuple):
    """An event that was set aside: why, where it stands in the dossier log, and how many bytes it has."""

    fault: Fault
    partition: int
    offset: int
    size: int
    record: ConsumerRecord


async def dead_letters(settings: KafkaSettings, slug: str | None = None) -> AsyncIterator[DeadLetter]:
    """Yield what was set aside, each once, by partition and offset; ``slug`` chooses one reason. Raises TopicsError."""
    await verify_topics(settings, DEAD_LETTERS)
    places = [TopicPartition(DEAD_LETTERS, partition) for partition in range(settings.partitions)]
    for place in places:
        seen: set[int] = set()
        async with reading(settings, place) as reader:
            start, end = (await reader.beginning_offsets([place]))[place], (await reader.end_offsets([place]))[place]
            async for fetched in records_between(reader, place, start, end):
                for letter in map(_letter, fetched):
                    if letter.offset not in seen and slug in (None, letter.fault.slug):
                        seen.add(letter.offset)
                        yield letter


async def resend(settings: KafkaSettings, slug: str) -> int:
    """Send events again that were set aside for one reason, key by the default partitioner; return how many.

    What is still faulty is set aside again; what was counted meanwhile counts once. Raises TopicsError.
    """
    await verify_topics(settings, DOSSIERS, DEAD_LETTERS)
    sent = 0
    async with producing(settings) as producer:
        async for letter in dead_letters(settings, slug):
            key = _person(letter.record) if slug == "wrong-partition" else letter.record.key
            partition = DefaultPartitioner()(key, _all(settings), _all(settings)) if key else letter.partition
            await producer.send_and_wait(DOSSIERS, key=key, value=letter.record.value, partition=partition)
            sent += 1
    return sent


def _letter(record: ConsumerRecord) -> DeadLetter:
    headers = dict(record.headers)
    size = len(record.value or b"")
    fault = detailed(headers["slug"].decode(), headers.get("detail", b"").decode())  # earlier versions wrote none
    return DeadLetter(fault, int(headers["partition"]), int(headers["offset"]), size, record)


def _all(settings: KafkaSettings) -> list[int]:
    return list(range(settings.partitions))


def _person(record: ConsumerRecord) -> bytes:
    """Return the person of a lawful event in a wrong place: behind frame, branch where there is one, and event id."""
    value: bytes = record.value
    union = schema_ids()[int.from_bytes(value[1:HEADER_BYTES], "big")] is None
    behind = HEADER_BYTES + union + KEY_BYTES
    return value[behind : behind + KEY_BYTES]
