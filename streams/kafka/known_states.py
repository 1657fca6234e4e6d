"""What a keyed service knows, read from its topics as they are now: the same admission as its worker's, no table.

So a question about many keys at once is answered by whoever may read the topics, and by no worker.
"""

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from processors.services.admission import Known, admitted
from processors.services.protocol import Service, kept_under, key_of
from schemas.services.reading import Record, record_of
from schemas.services.topics import TOPIC, ServiceTopic
from streams.kafka.clients import reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics


async def known_states(settings: KafkaSettings, service: Service[Any]) -> dict[bytes, Any]:
    """Return key -> state of all that a service admits, up to where its topics end now.

    What would be set aside changes nothing here either. Raises TopicsError for a missing topic.
    """
    known: dict[bytes, Known[Any]] = {}
    for name in service.topics:
        async for record, at in _records(settings, TOPIC[name]):
            key = kept_under(record)
            known[key], _ = admitted(service, known.get(key, Known(service.begin())), record, at)
    return {key: known[key].state for key in sorted(known)}


async def _records(settings: KafkaSettings, topic: ServiceTopic) -> AsyncIterator[tuple[Record, int]]:
    """Yield the records of a topic that stand where they belong, partition by partition, and when they were written."""
    await verify_topics(settings, topic.address)
    everywhere, place_of = list(range(settings.partitions)), DefaultPartitioner()
    for partition in everywhere:
        where = TopicPartition(topic.address, partition)
        async with reading(settings, where) as reader:
            start = (await reader.beginning_offsets([where]))[where]
            stop = (await reader.end_offsets([where]))[where]
            async for fetched in records_between(reader, where, start, stop):
                for one in fetched:
                    record = record_of(topic, one.value)
                    if isinstance(record, str) or one.key != key_of(record):
                        continue
                    if place_of(one.key, everywhere, everywhere) == partition:
                        yield record, one.timestamp
