"""Topics on the broker: made and verified here, by nobody else; auto-creation must be off."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import KEPT, Topic, topics

_LOOKS, _LOOK_SECONDS = 50, 0.1


class TopicsError(Exception):
    """Topics are missing or are not what they must be; the text says which, and what to do."""


async def make_topics(settings: KafkaSettings, wanted: Sequence[Topic] = ()) -> list[str]:
    """Make the topics that are missing, verify all, and return the names of those made. Raises TopicsError."""
    chosen = wanted or topics(settings)
    admin = AIOKafkaAdminClient(**settings.connection())
    try:
        await admin.start()
        known = await _partitions(admin)
        missing = [topic for topic in chosen if topic.name not in known]
        await _create(admin, missing, settings.replication)
        await _led(admin, {topic.name for topic in missing})
        await _verify(admin, [topic for topic in chosen if topic.name in known], known)
    finally:
        await admin.close()
    return [topic.name for topic in missing]


async def verify_topics(settings: KafkaSettings, *names: str) -> None:
    """Raise TopicsError where a topic is missing or not what it must be: one of these names, or any of all."""
    await verify(settings, [topic for topic in topics(settings) if not names or topic.name in names])


async def verify(settings: KafkaSettings, wanted: Sequence[Topic]) -> None:
    """Raise TopicsError where one of these topics is missing or not what it must be."""
    admin = AIOKafkaAdminClient(**settings.connection())
    try:
        await admin.start()
        await _verify(admin, wanted, await _partitions(admin))
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {
        topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics() if not topic["error_code"]
    }


async def _create(admin: AIOKafkaAdminClient, missing: list[Topic], replication: int) -> None:
    if not missing:
        return
    new = [
        NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.config(replication))
        for topic in missing
    ]
    answer = await admin.create_topics(new)
    refused = [f"{error[0]}: {error[2] or error[1]}" for error in answer.topic_errors if error[1]]
    if refused:
        message = f"Kafka refused to make topics ({'; '.join(refused)}); see the settings of the brokers"
        raise TopicsError(message)


async def _led(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until new topics have leaders, so that the first sends need no second try; not longer than a while."""
    for _ in range(_LOOKS):
        parts_of = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
        if all(name in parts_of and all(part["leader"] >= 0 for part in parts_of[name]) for name in names):
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _verify(admin: AIOKafkaAdminClient, wanted: Sequence[Topic], known: dict[str, int]) -> None:
    for topic in wanted:
        if topic.name not in known:
            message = f"topic {topic.name} is missing; run ocmw topics"
            raise TopicsError(message)
        if known[topic.name] != topic.partitions:
            message = (
                f"topic {topic.name} has {known[topic.name]} partitions, not {topic.partitions}; their number never "
                "changes: set OCMW_KAFKA_PARTITIONS as it was, or emit the log again into a new topic"
            )
            raise TopicsError(message)
    for name, entries in (await _configs(admin, wanted)).items():
        _verify_config(next(topic for topic in wanted if topic.name == name), entries)


def _verify_config(topic: Topic, entries: dict[str, str]) -> None:
    for key in ("cleanup.policy", "retention.ms", "retention.bytes"):
        if topic.kept == KEPT and entries.get(key) != topic.config(1)[key]:
            message = (
                f"topic {topic.name} has {key}={entries.get(key)}, not {topic.config(1)[key]}: it would lose records"
            )
            raise TopicsError(message)
    if int(entries.get("max.message.bytes", 0)) < topic.max_bytes:
        message = (
            f"topic {topic.name} has max.message.bytes={entries.get('max.message.bytes')}, less than {topic.max_bytes}"
        )
        raise TopicsError(message)


async def _configs(admin: AIOKafkaAdminClient, wanted: Sequence[Topic]) -> dict[str, dict[str, str]]:
    if not wanted:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in wanted]
    entries_of: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(resources):
        for resource in answer.resources:
            entries: list[Any] = resource[4]
            entries_of[resource[3]] = {entry[0]: entry[1] for entry in entries}
    return entries_of
