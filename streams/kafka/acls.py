"""What each role may do in Kafka, and nothing beside it: the one table, which docs/security.md shows.

Whoever opens a topic of ours looks first whether it is as it must be, so all roles may describe topics and their
configuration: names, sizes, retention, no content. Writing to a topic is enough for an idempotent producer (Kafka 3.0
and later). A closing stands in the dossier log like an event, so Kafka cannot tell who may close from who may send;
what can is that a closing without a number from the updates topic is set aside, and only ``emit`` writes there.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import (
    DEAD_LETTERS,
    DOSSIERS,
    RECEIPTS,
    RELEASES,
    STABLE_FIGURES,
    UPDATES,
    VINTAGES,
    agents_name,
    rows_topic,
    summaries_topic,
)


class Grant(NamedTuple):
    """A row of ``kafka-acls``: operations on a topic or group; a name that ends in ``*`` is a prefix."""

    resource: Literal["topic", "group"]
    name: str
    operations: tuple[str, ...]


def _may(operations: str, *topics: str) -> tuple[Grant, ...]:
    return tuple(Grant("topic", topic, tuple(operations.split())) for topic in topics)


def _member(group: str) -> tuple[Grant, ...]:
    return (Grant("group", group, ("Read",)),)


_LOOK = _may("Describe DescribeConfigs", "ocmw.*")


def grants(settings: KafkaSettings) -> Mapping[str, tuple[Grant, ...]]:
    """Return the rows of each role of a pipeline (its epoch is part of names), by the name of the role."""
    rows, summaries, agents, epoch = (
        rows_topic(settings),
        summaries_topic(settings),
        agents_name(settings),
        settings.epoch,
    )
    return {
        "topics": (*_may("Create", "ocmw.*"), *_LOOK),
        "claims": (*_may("Write", DOSSIERS), *_may("Read", RECEIPTS)),
        "emit": (*_may("Write", DOSSIERS), *_may("Read Write", UPDATES), *_may("Read", RELEASES), *_LOOK),
        "intake": (
            *_may("Read", DOSSIERS),
            *_may("Read Write", rows),
            *_may("Write", DEAD_LETTERS, summaries),
            *_LOOK,
            *_member(f"ocmw.intake.v{epoch}"),
        ),
        "publish": (
            *_may("Read", rows, UPDATES),
            *_may("Read Write", RELEASES),
            *_may("Write", VINTAGES, STABLE_FIGURES),
            *_LOOK,
            *_member(f"ocmw.publish.v{epoch}"),
        ),
        "agents": (
            *_may("Read", summaries, VINTAGES),
            *_may("Write", RECEIPTS),
            *_may("Create Read Write", f"{agents}-*"),
            *_LOOK,
            *_member(agents),
        ),
        "status": (*_may("Read", UPDATES, RELEASES, rows, VINTAGES, RECEIPTS), *_LOOK),
        "dead-letters": (*_may("Read", DEAD_LETTERS), *_may("Write", DOSSIERS), *_LOOK),
        "log-export": (*_may("Read", DOSSIERS), *_LOOK),
        "readers": _may("Read", RELEASES, STABLE_FIGURES),
    }
