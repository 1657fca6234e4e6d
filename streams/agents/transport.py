"""Faust's transport with one setting that Faust does not offer: its consumers read only what transactions committed.

Faust ties that to its own transactions, which are not used here; those who send to our topics may use theirs.
"""

from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport


class _Thread(AIOKafkaConsumerThread):
    """The thread of a consumer of committed records."""

    def _create_worker_consumer(self, transport: Transport) -> Any:  # noqa: ANN401 - aiokafka is not typed
        made = super()._create_worker_consumer(transport)
        made._isolation_level = "read_committed"  # noqa: SLF001 - what its start hands to the fetcher
        return made


class _Consumer(Consumer):
    """A consumer of committed records."""

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class CommittedTransport(Transport):
    """The transport of ``GuardedApp``."""

    Consumer = _Consumer
