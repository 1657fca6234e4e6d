"""Whether a worker lives and is ready, and its metrics, over HTTP: for Prometheus and for whatever restarts workers.

``/livez`` answers 200 while the loop turns and nothing has crashed; ``/readyz`` 200 once the worker has its partitions
and has caught up, else 503 with the sentence of what it waits for; ``/metrics`` is Prometheus's text. Nothing else is
served: no figures, no settings, no table of any agent.
"""

from collections.abc import Callable

from aiohttp import web
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from streams.settings import FromEnvironment
from streams.shell.metrics import Metrics

Waiting = Callable[[], str]
"""Says in a sentence what a worker waits for, or nothing ("") when it is ready or lives."""


def ready() -> str:
    """Wait for nothing."""
    return ""


class HealthSettings(FromEnvironment):
    """Where a worker serves its health (``OCMW_HEALTH_…``)."""

    model_config = SettingsConfigDict(env_prefix="OCMW_HEALTH_")

    host: str = Field(default="127.0.0.1", description="Address at which a worker serves /metrics, /livez, /readyz.")
    port: int | None = Field(
        default=None,
        ge=0,
        description="Port of them; unset: not served. Under the supervisor intake has it, publish and agents the next.",
    )

    def served(self, metrics: Metrics, waiting: Waiting) -> "list[Health]":
        """Return the service that serves a worker's health, none where no port is named."""
        return [] if self.port is None else [Health(metrics, self.host, self.port, waiting=waiting)]

    def beside(self, number: int) -> dict[str, str]:
        """Return the environment that gives process ``number`` beside this one a port of its own."""
        return {"OCMW_HEALTH_PORT": str(self.port + number)} if self.port else {}


class Health(Service):
    """Serves a worker's health on one port; ``port`` 0 takes a free one, told by ``address`` once it has started."""

    def __init__(
        self, metrics: Metrics, host: str, port: int, *, ailing: Waiting = ready, waiting: Waiting = ready
    ) -> None:
        """Take the metrics and two questions: the worker's ailment (``/livez``), and its wait (``/readyz``)."""
        super().__init__()
        self.address = (host, port)
        self._metrics = metrics
        self._ailing = ailing
        self._waiting = waiting

    async def on_start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        app = web.Application()
        app.router.add_get("/metrics", self._measured)
        app.router.add_get("/livez", self._lives)
        app.router.add_get("/readyz", self._is_ready)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self.address)
        await site.start()
        self.address = self._runner.addresses[0][:2]

    async def on_stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _lives(self, _: web.Request) -> web.Response:
        return _answer(self._ailing())

    async def _is_ready(self, _: web.Request) -> web.Response:
        return _answer(self._ailing() or self._waiting())

    async def _measured(self, _: web.Request) -> web.Response:
        text = generate_latest(self._metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _answer(wrong: str) -> web.Response:
    return web.Response(status=503 if wrong else 200, text=(wrong or "ok") + "\n")
