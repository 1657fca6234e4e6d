"""The roles of a worker, each a process of its own, and the supervisor that runs one of each."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from streams.shell.health import HealthSettings

ROLES = ("intake", "publish", "agents")
_LOOK_SECONDS = 0.2


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
    signals: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        signals.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not signals and all(child.poll() is None for child in children):
        time.sleep(_LOOK_SECONDS)
    codes = [child.poll() for child in children]
    for child in children:
        child.terminate()
    for child in children:
        child.wait()
    return 0 if signals else next((code for code in codes if code), 1)
