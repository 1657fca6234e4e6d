"""Faust's transport, with two things of its consumer made right.

It reads only what transactions committed; Faust ties that to its own transactions, which are not used here, while
those who send to our topics may use theirs. And after a rebalance it loses nothing (R5 of ``streams.agents.guards``).
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP


class _Thread(AIOKafkaConsumerThread):
    """The thread of a consumer of committed records."""

    def _create_worker_consumer(self, transport: Transport) -> Any:  # noqa: ANN401 - aiokafka is not typed
        made = super()._create_worker_consumer(transport)
        made._isolation_level = "read_committed"  # noqa: SLF001 - what its start hands to the fetcher
        return made


class _Consumer(Consumer):
    """A consumer of committed records that loses none over a rebalance (R5).

    Faust says after one: fetch the sources again, seek to what is committed, empty the queues, go on. Here sources are
    fetched again when it says: go on. And a fetch and a seek never run at once: records of a fetch that ends after the
    seek would be dropped, and not fetched again.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Faust's own
        """Begin with no partition that waits."""
        self._waiting: set[TP] = set()
        self._moving = asyncio.Lock()
        super().__init__(*args, **options)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:  # noqa: ASYNC109 - Faust's signature
        """Fetch from the partitions that are active now, from none where none is: aiokafka takes no set for all."""
        async with self._moving:
            active = set(active_partitions or ())  # the set itself changes while this waits or fetches
            return await super()._getmany(active, timeout) if active else {}

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to what is committed, between two fetches."""
        async with self._moving:
            return await super().seek_to_committed()

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek in changelogs, between two fetches."""
        async with self._moving:
            await super().seek_wait(partitions)

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Fetch nothing before Faust has paused what is new, also where this member had no partition before."""
        self.stop_flow()
        await super().on_partitions_assigned(assigned, generation_id)

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch from these no more."""
        paused = set(tps)
        self._waiting -= paused
        super().pause_partitions(paused)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch from changelogs at once, and from sources when the flow resumes."""
        resumed = set(tps)
        changelogs = {place for place in resumed if self._is_changelog_tp(place)}
        self._waiting |= resumed - changelogs
        super().resume_partitions(changelogs)

    def resume_flow(self) -> None:
        """Fetch from the sources that wait, too: their positions are sought and the queues are empty now."""
        super().resume_partitions(self._waiting)
        self._waiting = set()
        super().resume_flow()


class CommittedTransport(Transport):
    """The transport of ``GuardedApp``."""

    Consumer = _Consumer
