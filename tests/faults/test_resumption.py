"""How soon work goes on after kill -9: each role alone, the same slot started again or another taking over.

The limits are twice what is promised on a quiet machine, and more where others work beside (a process that starts needs
some seconds of a core); the figures are printed.
"""

import asyncio
import os
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from judged import PATIENCE, UPDATES, judge, start
from kafka_workers import Workers

from sinks.directory.store import DirectoryStore
from streams.kafka.emit import emit
from streams.servers.kafka import free_port

pytestmark = pytest.mark.faults
LENIENT = 2.0
PROMISED = {
    "intake, the same slot": 5,
    "intake, another takes over": 15,
    "publish, the standby takes over": 30,
    "agents": 30,
}


def ready(workers: Workers, *names: str) -> None:
    """Start workers that serve their health, and return when all are ready."""
    for wait in [served(workers, name) for name in names]:
        wait()


def served(workers: Workers, name: str) -> Callable[[], None]:
    """Start a worker that serves its health; return what waits until it is ready."""
    address = workers.environment["OCMW_HEALTH_PORT"] = str(free_port())
    start(workers, name)

    def wait() -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{address}/readyz", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"{name} was not ready:\n{workers.log(name)[-2000:]}")

    return wait


def says(workers: Workers, name: str, text: str, seen: int) -> None:
    """Wait until a worker has said something once more than it was seen to."""
    deadline = time.monotonic() + PATIENCE
    while workers.log(name).count(text) <= seen:
        assert time.monotonic() < deadline, workers.log(name)[-2000:]
        time.sleep(0.05)


def test_work_goes_on_soon_after_kill_9(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    ready(workers, "intake-1", "publish-1", "agents-1", "publish-2")
    asyncio.run(emit(workers.settings, [history]))
    workers.await_release(UPDATES, PATIENCE)
    took: dict[str, float] = {}

    def killed(role: str, name: str, goes_on: Callable[[], None]) -> None:
        began = time.monotonic()
        workers.kill(name)
        goes_on()
        took[role] = time.monotonic() - began

    killed("intake, the same slot", "intake-1", partial(ready, workers, "intake-1"))
    killed("agents", "agents-1", partial(ready, workers, "agents-1"))
    active, standby = (
        ("publish-1", "publish-2") if '"active"' in workers.log("publish-1") else ("publish-2", "publish-1")
    )
    killed("publish, the standby takes over", active, partial(says, workers, standby, '"active"', 0))
    ready(workers, "intake-2")
    seen = workers.log("intake-2").count("assigned")
    killed("intake, another takes over", "intake-1", partial(says, workers, "intake-2", "assigned", seen))

    durations = ", ".join(f"{role} {seconds:.1f} s (of {PROMISED[role]})" for role, seconds in took.items())
    judge(f"killed each role and looked when work went on: {durations}", workers, embedded)
    lenient = LENIENT * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert {role for role, seconds in took.items() if seconds > lenient * PROMISED[role]} == set()
