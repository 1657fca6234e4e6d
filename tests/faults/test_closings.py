"""Closers that die, race and repeat themselves: each update is closed once, in one order, in every partition."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from broken_program import COPIES
from judged import PATIENCE, UPDATES, judge, start
from kafka_workers import Workers

from sinks.directory.store import DirectoryStore
from streams.kafka.clients import producing
from streams.kafka.emit import emit
from streams.kafka.updates import accepted_updates, closing

pytestmark = pytest.mark.faults
PROGRAM = Path(__file__).with_name("broken_program.py")
WHOLE = [sys.executable, "-c", "from streams.cli import main; main()"]
DYING = [sys.executable, str(PROGRAM), "dying-closer"]


def close(workers: Workers, program: list[str], update: str) -> subprocess.CompletedProcess[str]:
    command = [*program, "close-update", update, "--reference-month", "2024-07"]
    given = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[2]), "OCMW_KAFKA_SERVERS": workers.settings.servers}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)  # noqa: S603 - this program


def test_a_closer_dies_half_way_and_the_next_completes_its_update(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    start(workers)
    asyncio.run(emit(workers.settings, [history]))
    assert close(workers, DYING, "half").returncode == -9
    closed = close(workers, WHOLE, "whole")
    assert "its number is 8" in closed.stdout, closed.stderr
    assert "its number is 7" in close(workers, WHOLE, "half").stdout
    assert "its number is 8" in close(workers, WHOLE, "whole").stdout
    workers.await_release(UPDATES + 2, PATIENCE)
    judge(f"killed a closer after {COPIES} partitions, closed another, repeated both", workers, embedded, further=2)
    assert [update.update_id for update in asyncio.run(accepted_updates(workers.settings))[UPDATES:]] == [
        "half",
        "whole",
    ]


def test_two_closers_at_once_close_each_update_once(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    start(workers)

    async def closes(number: int) -> None:
        async with producing(workers.settings) as producer, closing(workers.settings, producer) as closer:
            for update in range(number, 20, 2):
                await closer.close(f"race-{update % 10}", 202407)

    async def race() -> None:
        await asyncio.gather(closes(0), closes(1), closes(0))

    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(race())
    workers.await_release(UPDATES + 10, PATIENCE)
    judge("three closers at once closed ten updates, several times", workers, embedded, further=10)
    assert len(asyncio.run(accepted_updates(workers.settings))) == UPDATES + 10
