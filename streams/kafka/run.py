"""The roles of a worker, each a process of its own, and the supervisor that runs one of each."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from schemas.settings import FigureSettings
from streams.kafka.intake import Intake
from streams.kafka.publish import MakeFollowers, Publish, no_more
from streams.kafka.services import run_service
from streams.kafka.settings import KafkaSettings

ROLES = ("intake", "publish")
_LOOK_SECONDS = 0.2


async def run_intake(settings: KafkaSettings, figures: FigureSettings) -> None:
    """Run an intake worker until it is told to end; raises what ended it otherwise."""
    await run_service(Intake(settings, figures))


async def run_publish(
    settings: KafkaSettings,
    figures: FigureSettings,
    root: Path,
    keep_releases: int | None = None,
    followers: MakeFollowers = no_more,
) -> None:
    """Run a publisher, active or standby, on the store at ``root``; raises what ended it otherwise."""
    await run_service(Publish(settings, figures, root, keep_releases, followers))


def command(role: str, store: Path) -> list[str]:
    """Return the command that runs one role."""
    program = [sys.executable, "-c", "from streams.cli import main; main()"]
    return [*program, "worker", "--role", role, *(["--store", str(store)] if role == "publish" else [])]


def supervise(store: Path) -> int:
    """Run one process a role until a signal ends all (0), or any of them ends (its code, never 0)."""
    children = [subprocess.Popen(command(role, store)) for role in ROLES]  # noqa: S603 - this program
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
