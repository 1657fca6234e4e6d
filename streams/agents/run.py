"""The agents as a process: until a signal ends it, or a guard does."""

import asyncio
import signal

import faust

from streams.agents.app import build_app
from streams.agents.receipts import receipt_topics
from streams.health import Health
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import topics, verify_topics
from streams.metrics import Metrics


async def run_agents(settings: KafkaSettings, metrics: Metrics, host: str = "127.0.0.1", port: int = 0) -> None:
    """Run until SIGTERM or SIGINT; raises TopicsError for a missing topic, and what crashed the app otherwise."""
    await verify_topics(settings, (*topics(settings), *receipt_topics(settings.partitions)))
    app = build_app(settings, metrics)
    worker = faust.Worker(app, loop=asyncio.get_running_loop(), override_logging=False, redirect_stdouts=False)
    health = Health(
        metrics, host, port, waiting=lambda: "" if app.rebalancing is False else "its partitions are moving"
    )
    await health.start()
    asked = asyncio.Event()
    try:
        await worker.start()
        for number in (signal.SIGTERM, signal.SIGINT):  # the worker's own handlers would exit with another code
            asyncio.get_running_loop().add_signal_handler(number, asked.set)
        metrics.tell("ocmw_active", 1, "agents")
        await _until(asked, app)
    finally:
        await worker.stop()
        await health.stop()
    crash = worker.crash_reason or app.crash_reason
    if crash is not None:
        raise crash


async def _until(asked: asyncio.Event, app: faust.App) -> None:
    waits = {asyncio.ensure_future(asked.wait()), asyncio.ensure_future(app.wait_until_stopped())}
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
