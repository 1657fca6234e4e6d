"""What each role may do in Kafka, and nothing beside it; docs/security.md shows it.

Who writes and reads a topic stands in its row of ``streams.kafka.topics``, which apps there are in the rows of
``streams.agents.table``. Whoever opens a topic of ours looks first whether it is as it must be, so such a role may
describe topics and their configuration: names, sizes, retention, no content. Writing to a topic is enough for an
idempotent producer (Kafka 3.0 and later). A closing stands in the dossier log like an event, so Kafka cannot tell who
may close from who may send; what can is that a closing without a number from the updates topic is set aside, and only
``emit`` writes there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from streams.agents.table import APPS, app_name
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import TOPICS, TopicRow


class Grant(NamedTuple):
    """A row of ``kafka-acls``: operations on a topic or group; a name that ends in ``*`` is a prefix."""

    resource: Literal["topic", "group"]
    name: str
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A user of Kafka: whether it looks at topics before it works, its consumer group, whether it makes topics.

    ``watches`` is another's group, whose positions it may see; ``knows`` is an app, whose tables it may read.
    """

    name: str
    looks: bool = True
    group: str | None = None
    makes_topics: bool = False
    watches: str | None = None
    knows: str | None = None


_INTAKE = "ocmw.intake.v{epoch}"

ROLES: tuple[Role, ...] = (
    Role("topics", makes_topics=True),
    Role("claims", looks=False),
    Role("records", looks=False),
    Role("esv-edge", knows="social-reports"),
    Role("emit"),
    Role("intake", group=_INTAKE),
    Role("publish", group="ocmw.publish.v{epoch}"),
    *(Role(app) for app in APPS),
    Role("status", watches=_INTAKE),
    Role("board"),
    Role("dead-letters"),
    Role("log-export"),
    Role("readers", looks=False),
)

_EVERY = "ocmw.*"


def grants(settings: KafkaSettings) -> Mapping[str, tuple[Grant, ...]]:
    """Return the rows of each role of a pipeline (its epoch is part of names), by the name of the role."""
    return {role.name: tuple(_granted(role, settings)) for role in ROLES}


def _granted(role: Role, settings: KafkaSettings) -> Iterator[Grant]:
    if role.makes_topics:
        yield Grant("topic", _EVERY, ("Create",))
    for row in TOPICS:
        operations = _operations(role, row)
        if operations:
            yield Grant("topic", row.topic(settings).name, operations)
    if role.name in APPS:
        yield Grant("topic", f"{app_name(settings, role.name)}-*", ("Create", "Read", "Write"))
    if role.knows:
        yield Grant("topic", f"{app_name(settings, role.knows)}-*", ("Read",))
    if role.looks:
        yield Grant("topic", _EVERY, ("Describe", "DescribeConfigs"))
    if role.watches:
        yield Grant("group", role.watches.format(epoch=settings.epoch), ("Describe",))
    if role.group:
        yield Grant("group", role.group.format(epoch=settings.epoch), ("Read",))
    if role.name in APPS:
        yield Grant("group", app_name(settings, role.name), ("Read",))


def _operations(role: Role, row: TopicRow) -> tuple[str, ...]:
    rights = {"Read": role.name in row.readers, "Write": role.name in row.writers}
    return tuple(operation for operation, may in rights.items() if may)
