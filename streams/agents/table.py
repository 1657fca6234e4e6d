"""The agents, one row for each: from ``AGENTS`` come the apps, their tables and changelogs, lag, metrics and rights.

Agents of one app share one consumer, and a busy topic starves a quiet one of the same app: so a service whose answers
are waited for names an app of its own. Nothing here loads Faust before an app is built.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import MIB, RECEIPTS, SUMMARIES, TOPICS, VINTAGES, Topic, topics
from streams.shell.metrics import Metrics

if TYPE_CHECKING:
    from faust import TopicT
    from faust.types import StreamT

    from streams.agents.guards import GuardedTable

LARGEST = 6 * MIB
"""Bytes of the largest record that an agent sends or fetches, changes of tables too."""


class Agent(Protocol):
    """A keyed service on Faust: it reads its source and keeps its table."""

    async def run(self, source: "StreamT[bytes]") -> None:
        """Take what comes, for ever; the next only when all that came of the last is acknowledged."""
        ...

    def tell(self, metrics: Metrics) -> None:
        """Tell what its table holds here, which other members of the group may have parts of."""
        ...

    def withdraw(self, metrics: Metrics) -> None:
        """Take back what was told: the table is not here, or not whole."""
        ...


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent: its name, which its table has too; the topics that it reads and answers in (names as in ``TOPICS``).

    ``make`` gives the agent its table, bytes to bytes, with as many partitions as the source, and where it answers.
    ``app`` is the Faust app that it runs in: a consumer group, and the role that runs it.
    """

    name: str
    source: str
    make: "Callable[[GuardedTable, TopicT | None], Agent]"
    answers: str | None = None
    app: str = "agents"

    def changelog(self, settings: KafkaSettings) -> Topic:
        """Return the topic behind its table.

        Faust would make it at its first start, and would then know of it minutes later: its first change failed.
        """
        source = next(row for row in TOPICS if row.name == self.source).topic(settings)
        name = f"{app_name(settings, self.app)}-{self.name}-changelog"
        return Topic(name, source.partitions, LARGEST, policy="compact")


def _receipts(table: "GuardedTable", answers: "TopicT | None") -> Agent:
    from streams.agents.receipts import Receipts  # noqa: PLC0415 - see above

    if answers is None:
        message = "receipts are answers, and their row names no topic for them"
        raise ValueError(message)
    return Receipts(table, answers)


def _flags(table: "GuardedTable", _answers: "TopicT | None") -> Agent:
    from streams.agents.flags import Flags  # noqa: PLC0415 - see above

    return Flags(table)


AGENTS: tuple[AgentRow, ...] = (
    AgentRow("receipts", SUMMARIES, _receipts, answers=RECEIPTS),
    AgentRow("flags", VINTAGES, _flags),
)
"""A new agent is a row here, and its topics rows in ``streams.kafka.topics``."""

APPS: tuple[str, ...] = tuple(dict.fromkeys(row.app for row in AGENTS))
"""The apps, in the order of their first agents."""


def app_name(settings: KafkaSettings, app: str) -> str:
    """Return the name of an app of this pipeline: of its group, and what its changelogs begin with."""
    return f"ocmw.{app}.v{settings.epoch}"


def agents_of(app: str) -> tuple[AgentRow, ...]:
    """Return the agents that run in an app."""
    return tuple(row for row in AGENTS if row.app == app)


def every_topic(settings: KafkaSettings) -> tuple[Topic, ...]:
    """Return all topics of a pipeline, those behind the agents' tables too: what ``ocmw topics`` makes."""
    return (*topics(settings), *(row.changelog(settings) for row in AGENTS))
