"""Whether a server that a worker needs still answers: asked every few seconds, for a metric and for readiness.

A client that lost its server waits and tries again for ever, and raises nothing: without a question of its own a worker
looks well while it does nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable

from mode import Service

from streams.shell.metrics import Metrics
from streams.shell.services import task

Ask = Callable[[], Awaitable[bool]]
"""Asks a server something small; False where it refuses or is not there. It may take long to say so."""

EVERY = 3.0
"""Seconds between two questions, and between two tellings."""
PATIENCE = 15.0
"""Seconds without an answer after which a worker is not ready, and no longer counts as active."""


class Answers(Service):
    """Asks a server, one question at a time, and sets for how long it has not answered.

    ``metric`` is a gauge of seconds without labels. What asking raises ends the service.
    """

    def __init__(
        self, name: str, metric: str, metrics: Metrics, ask: Ask, close: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Take the server's name for people, the metric and where to set it, the question, and its end."""
        super().__init__()
        self._name = name
        self._metric = metric
        self._metrics = metrics
        self._ask = ask
        self._close = close
        self._last: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the last answer, or since the first question; 0 before that."""
        return 0.0 if self._last is None else asyncio.get_running_loop().time() - self._last

    def waits(self) -> str:
        """Say that the server does not answer; "" while it does."""
        return f"{self._name} has not answered for {self.seconds:.0f} seconds" if self.seconds > PATIENCE else ""

    async def on_stop(self) -> None:
        """Let go of the client that asked."""
        if self._close is not None:
            await self._close()

    @task
    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        question: asyncio.Future[bool] | None = None
        try:
            while not self.should_stop:
                question = question or asyncio.ensure_future(self._ask())
                await asyncio.wait({question}, timeout=EVERY)
                if question.done():
                    if question.result():
                        self._last = loop.time()
                    question = None
                self._metrics.tell(self._metric, self.seconds)
                await self.sleep(EVERY)
        finally:
            if question is not None:
                question.cancel()
