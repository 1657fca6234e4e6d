"""The roles of a worker, each a process of its own, and the supervisor that runs one of each."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from schemas.settings import FigureSettings
from sinks.redis import RedisCopy
from sinks.redis_live import RedisLive
from streams.health import HealthSettings
from streams.kafka.downstream import kept_up
from streams.kafka.intake import Intake
from streams.kafka.publish import Home, Publish, no_more
from streams.kafka.services import run_service
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS, rows_topic
from streams.metrics import Metrics
from streams.watching import (
    EVERY,
    SELDOM,
    Tell,
    Watch,
    copy_told,
    disk_told,
    in_thread,
    intake_told,
    lag_told,
    publish_told,
    requests_told,
)

ROLES = ("intake", "publish", "agents")
_LOOK_SECONDS = 0.2


async def run_intake(settings: KafkaSettings, figures: FigureSettings, health: HealthSettings) -> None:
    """Run an intake worker until it is told to end; raises what ended it otherwise."""
    metrics = Metrics()
    intake = Intake(settings, figures, metrics)
    watch = Watch(
        metrics,
        EVERY,
        intake_told(intake),
        lag_told(DOSSIERS, intake.reaches),
        disk_told("snapshots", settings.state),
    )
    await run_service(intake, watch, *health.served(metrics, intake.waits))


async def run_publish(
    settings: KafkaSettings, figures: FigureSettings, home: Home, health: HealthSettings, copy: RedisCopy | None = None
) -> None:
    """Run a publisher, active or standby, and its copy if it has one; raises what ended it otherwise."""
    metrics = Metrics()
    followers, live = (kept_up(copy), [RedisLive(copy.client)]) if copy else (no_more, [])
    publish = Publish(settings, figures, home, metrics, followers, live)
    watch = Watch(
        metrics,
        EVERY,
        publish_told(publish),
        lag_told(rows_topic(settings), publish.reaches),
        disk_told("snapshots", settings.state),
        disk_told("store", home.root),
    )
    others = Watch(metrics, SELDOM, requests_told(settings), *_copy_told(publish, copy))
    await run_service(publish, watch, others, *health.served(metrics, publish.waits))


def _copy_told(publish: Publish, copy: RedisCopy | None) -> list[Tell]:
    if copy is None:
        return []
    return [in_thread(copy_told(copy, lambda: publish.publisher.release if publish.publisher else None))]


def command(role: str, store: Path) -> list[str]:
    """Return the command that runs one role."""
    program = [sys.executable, "-c", "from streams.cli import main; main()"]
    return [*program, "worker", "--role", role, *(["--store", str(store)] if role == "publish" else [])]


def supervise(store: Path, health: HealthSettings) -> int:
    """Run one process a role until a signal ends all (0), or any of them ends (its code, never 0).

    Where health is served, the roles have one port after the other, in the order of ``ROLES``.
    """
    children = [
        subprocess.Popen(command(role, store), env={**os.environ, **health.beside(number)})  # noqa: S603 - this program
        for number, role in enumerate(ROLES)
    ]
    asked: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not asked and all(child.poll() is None for child in children):
        time.sleep(_LOOK_SECONDS)
    codes = [child.poll() for child in children]
    for child in children:
        child.terminate()
    for child in children:
        child.wait()
    return 0 if asked else next((code for code in codes if code), 1)
