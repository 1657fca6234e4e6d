"""The topics: made and verified here, by nobody else; auto-creation must be off.

The number of partitions of the dossier log never changes: a person's events would lie in two partitions, and be
counted twice. More partitions means a new topic, filled by emitting again.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.kafka.settings import KafkaSettings

MIB = 1 << 20
_LOOKS, _LOOK_SECONDS = 50, 0.1
DAY = 24 * 3600 * 1000
KEPT = "-1"
DOSSIERS, UPDATES, RELEASES, DEAD_LETTERS, VINTAGES = (
    "ocmw.dossiers.v1",
    "ocmw.updates.v1",
    "ocmw.releases.v1",
    "ocmw.dead-letters.v1",
    "ocmw.vintages.v1",
)
STABLE_FIGURES, RECEIPTS = "ocmw.stable-figures.v1", "ocmw.receipts.v1"
MAX_EVENT_BYTES = 6 * MIB
"""Largest record of the dossier log: large enough that nonsense of a few MB arrives, and is set aside by us."""


class TopicsError(Exception):
    """Topics are missing or are not what they must be; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be: partitions, bytes of the largest record, milliseconds kept (-1: for ever).

    A compacted one keeps the last record of each key.
    """

    name: str
    partitions: int
    max_bytes: int
    kept: str = KEPT
    policy: str = "delete"

    def config(self, replication: int) -> dict[str, str]:
        """Return its configuration on the broker."""
        return {
            "cleanup.policy": self.policy,
            "retention.ms": self.kept,
            "retention.bytes": "-1",
            "max.message.bytes": str(self.max_bytes),
            "min.insync.replicas": "2" if replication >= 3 else "1",  # noqa: PLR2004 - a majority of three
        }


STABLE_FIGURES_TOPIC = Topic(STABLE_FIGURES, 1, 6 * MIB, str(400 * DAY))
"""One partition: a release is a stretch of it. Kept for more than a year; older figures are in the store."""


def rows_topic(settings: KafkaSettings) -> str:
    """Return the name of the rows topic of this pipeline."""
    return f"ocmw.rows.v{settings.epoch}"


def summaries_topic(settings: KafkaSettings) -> str:
    """Return the name of the topic of this pipeline from which receipts are made.

    A pipeline of its own has its own: another log could reach less far, and would then say nothing new.
    """
    return f"ocmw.receipt-summaries.v{settings.epoch}"


def agents_name(settings: KafkaSettings) -> str:
    """Return the name of the app of this pipeline's agents: of their group, and what their changelogs begin with."""
    return f"ocmw.agents.v{settings.epoch}"


def changelogs(settings: KafkaSettings) -> tuple[Topic, ...]:
    """Return the topics behind the agents' tables.

    Faust would make them at its first start, and would then know of them minutes later: its first change failed.
    """
    tables = (("receipts", settings.partitions), ("flags", 1))
    return tuple(
        Topic(f"{agents_name(settings)}-{name}-changelog", partitions, 6 * MIB, policy="compact")
        for name, partitions in tables
    )


def topics(settings: KafkaSettings) -> tuple[Topic, ...]:
    """Return the topics that docs/asyncapi.yaml tells of: every role needs most of them, and ocmw topics makes them."""
    return (
        Topic(DOSSIERS, settings.partitions, MAX_EVENT_BYTES),
        Topic(UPDATES, 1, MIB),
        Topic(rows_topic(settings), settings.partitions, MIB),
        Topic(RELEASES, 1, MIB),
        Topic(VINTAGES, 1, MIB),
        STABLE_FIGURES_TOPIC,
        Topic(summaries_topic(settings), settings.partitions, MIB, str(400 * DAY)),
        Topic(RECEIPTS, settings.partitions, MIB, str(400 * DAY)),
        Topic(DEAD_LETTERS, settings.partitions, MAX_EVENT_BYTES + MIB, str(400 * DAY)),
    )


async def make_topics(settings: KafkaSettings, wanted: tuple[Topic, ...] = ()) -> list[str]:
    """Make the topics that are missing, verify all, and return the names of those made. Raises TopicsError."""
    chosen = wanted or (*topics(settings), *changelogs(settings))
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
    chosen = [topic for topic in (*topics(settings), *changelogs(settings)) if not names or topic.name in names]
    admin = AIOKafkaAdminClient(**settings.connection())
    try:
        await admin.start()
        await _verify(admin, chosen, await _partitions(admin))
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {
        found["topic"]: len(found["partitions"]) for found in await admin.describe_topics() if not found["error_code"]
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
        found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
        if all(name in found and all(part["leader"] >= 0 for part in found[name]) for name in names):
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _verify(admin: AIOKafkaAdminClient, wanted: list[Topic], known: dict[str, int]) -> None:
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
    for name, found in (await _configs(admin, wanted)).items():
        _verify_config(next(topic for topic in wanted if topic.name == name), found)


def _verify_config(topic: Topic, found: dict[str, str]) -> None:
    for key in ("cleanup.policy", "retention.ms", "retention.bytes"):
        if topic.kept == KEPT and found.get(key) != topic.config(1)[key]:
            message = (
                f"topic {topic.name} has {key}={found.get(key)}, not {topic.config(1)[key]}: it would lose records"
            )
            raise TopicsError(message)
    if int(found.get("max.message.bytes", 0)) < topic.max_bytes:
        message = (
            f"topic {topic.name} has max.message.bytes={found.get('max.message.bytes')}, less than {topic.max_bytes}"
        )
        raise TopicsError(message)


async def _configs(admin: AIOKafkaAdminClient, wanted: list[Topic]) -> dict[str, dict[str, str]]:
    if not wanted:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in wanted]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for resource in answer.resources:
            entries: list[Any] = resource[4]
            found[resource[3]] = {entry[0]: entry[1] for entry in entries}
    return found
