"""Guards against five ways in which Faust 0.15.3 loses data by default. Each was reproduced; each has a test.

R1  A send that the broker rejects (a record that is too large, say) is only logged, and the message that led to it
    is acknowledged. So ``settle`` awaits every send of the agent, and ``EndOnRefusal`` ends the process on a refusal
    that nobody awaits.
R2  Before it commits, Faust flushes its producer for a tenth of a second and then commits whatever became of it: with
    a slow leader the message is acknowledged and the table's change is not written. So ``GuardedTable`` keeps the
    futures of its changes, and the agent awaits ``settle`` before it takes the next message.
R3  An exception in an agent acknowledges its message; ``noack`` does not help (it is off by one). So ``GuardedApp``
    ends the process at once, with nothing between: whatever runs longer may commit. The restart sees the message
    again, and again: poison stops the agents instead of being skipped, and decoding errors are values, not exceptions.
R4  An agent that is cancelled while it waits, as at SIGTERM, acknowledges what it was taking, done or not. So work on
    messages runs ``to_its_end``; the cancellation follows.
R5  After a rebalance Faust fetches first and empties its queues then: what came between is lost, and the commits of
    its partition stand still or pass over it. So the consumer of ``GuardedApp`` waits with the sources.

They lean on private names of Faust, which is why it is pinned exactly. One agent of concurrency 1 for each guarded
table: ``settle`` awaits all changes of its table, and a second agent's could hide behind the first one's commit.
"""

import asyncio
import logging
import os
import weakref
from collections.abc import Coroutine
from typing import Any

import faust
import structlog
from faust.sensors import Sensor
from faust.streams import _current_event
from faust.tables.table import Table
from faust.types import AgentT, EventT, FutureMessage, ProducerT
from faust.types.transports import TransportT

from streams.agents.table import Agent
from streams.agents.transport import CommittedTransport

LOG = structlog.get_logger("ocmw.agents")
EXIT_CODE = 70
"""Of a process that a guard ended (EX_SOFTWARE)."""


def end(why: str, error: BaseException) -> None:
    """End this process now: no commit, no handler, no farewell."""
    LOG.error(why, error=type(error).__name__)
    logging.shutdown()
    os._exit(EXIT_CODE)


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Return when work is done, also when the agent is cancelled meanwhile (R4); raises what it raises."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled:
        raise cancelled


class GuardedApp(faust.App):
    """An app whose failing agent ends the process before the message can be acknowledged (R3).

    ``ours`` are its agents, as ``streams.agents.app`` made them.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Faust's own
        """Begin with no agent."""
        self.ours: list[Agent] = []
        super().__init__(*args, **options)

    def _new_transport(self) -> TransportT:
        """Read nothing that a transaction aborted, and lose nothing over a rebalance (R5)."""
        made: TransportT = CommittedTransport(self.conf.broker_consumer, self)
        return made

    async def _on_agent_error(self, agent: AgentT[Any], exc: BaseException) -> None:  # noqa: ARG002 - Faust's signature
        end("an agent failed; its message stays and is seen again", exc)


class EndOnRefusal(Sensor):
    """Ends the process when the broker refuses any send of the app (R1)."""

    def on_send_error(self, producer: ProducerT, exc: BaseException, state: Any) -> None:  # noqa: ANN401, ARG002
        """End on a refusal."""
        end("Kafka refused a record of the agents", exc)


class GuardedTable(Table[bytes, bytes]):
    """A table that knows which of its changes are not acknowledged yet (R1, R2)."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Faust's own
        """Begin with no change under way."""
        super().__init__(*args, **options)
        self._under_way: list[FutureMessage] = []

    @staticmethod
    def turn_to(event: EventT[bytes]) -> None:
        """Let the table be that of the partition of an event, which Faust does not do for events taken together."""
        _current_event.set(weakref.ref(event))

    def send_changelog(self, *args: Any, **options: Any) -> FutureMessage:  # noqa: ANN401 - Faust's own
        """Send a change and remember it."""
        sent = super().send_changelog(*args, **options)
        self._under_way.append(sent)
        return sent

    async def settle(self) -> None:
        """Return when the broker has acknowledged every change; raises what it refused one with."""
        waiting, self._under_way = self._under_way, []
        await asyncio.gather(*waiting)
