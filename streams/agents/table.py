"""The agents, one row for each: from ``AGENTS`` come the apps, their tables and changelogs, lag, metrics and rights.

Agents of one app share one consumer, and a busy topic starves a quiet one of the same app: so a service whose answers
are waited for names an app of its own. Nothing here loads Faust before an app is built.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from schemas.services.topics import ADMITS, HEARS, TOPIC, ServiceName
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import ANSWERS, MIB, RECEIPTS, SUMMARIES, TOPICS, VINTAGES, Topic, letters_topic, topics
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
        """Withdraw the gauges: the table is not here, or not whole."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """What an agent is given: its table, where it answers and sets aside if it does, and the settings of its worker."""

    table: "GuardedTable"
    answers: "TopicT | None"
    letters: "TopicT | None"
    settings: KafkaSettings


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent: its name, which its table has too; the topics that it reads and answers in (names as in ``TOPICS``).

    ``make`` gives the agent its wiring: its table, bytes to bytes, with as many partitions as the source, and where it
    sends. ``hears`` are further sources, of as many partitions; ``letters`` takes what it sets aside.
    ``app`` is the Faust app that it runs in: a consumer group, and the role that runs it.
    """

    name: str
    source: str
    make: "Callable[[Wiring], Agent]"
    answers: str | None = None
    app: str = "agents"
    hears: tuple[str, ...] = ()
    letters: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The topics that it reads."""
        return (self.source, *self.hears)

    @property
    def used(self) -> tuple[str, ...]:
        """All its topics, but the one behind its table."""
        return tuple(one for one in (*self.sources, self.answers, self.letters) if one)

    def changelog(self, settings: KafkaSettings) -> Topic:
        """Return the topic behind its table.

        Faust would make it at its first start, and would then know of it minutes later: its first change failed.
        """
        source = next(row for row in TOPICS if row.name == self.source).topic(settings)
        name = f"{app_name(settings, self.app)}-{self.name}-changelog"
        return Topic(name, source.partitions, LARGEST, policy="compact")


def _receipts(wiring: Wiring) -> Agent:
    from streams.agents.receipts import Receipts  # noqa: PLC0415 - see above

    if wiring.answers is None:
        message = "receipts are answers, and their row names no topic for them"
        raise ValueError(message)
    return Receipts(wiring.table, wiring.answers)


def _flags(wiring: Wiring) -> Agent:
    from streams.agents.flags import Flags  # noqa: PLC0415 - see above

    return Flags(wiring.table)


def _service(name: ServiceName, wiring: Wiring) -> Agent:
    from processors.services.all_services import SERVICE  # noqa: PLC0415 - see above
    from streams.agents.keyed_service import KeyedService  # noqa: PLC0415

    return KeyedService(SERVICE[name], wiring)


def _row_of(service: ServiceName, answers: str | None = None) -> AgentRow:
    """Return the row of a keyed service, which has an app of its own: its answers are waited for."""
    source, *more = (TOPIC[topic].address for topic in (*ADMITS[service], *HEARS.get(service, ())))
    letters = letters_topic(service)
    return AgentRow("known", source, partial(_service, service), answers, service, tuple(more), letters)


AGENTS: tuple[AgentRow, ...] = (
    AgentRow("receipts", SUMMARIES, _receipts, answers=RECEIPTS),
    AgentRow("flags", VINTAGES, _flags),
    _row_of("contracts"),
    _row_of("social-reports", ANSWERS),
    _row_of("subsidies"),
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
