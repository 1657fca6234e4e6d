"""What all faults share: events that arrive while something breaks, workers on disks of their own, and the verdict."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

from kafka_workers import Workers

from sinks.directory.store import DirectoryStore
from streams.kafka.emit import Emitted, emit
from streams.proof.compare import differences

UPDATES = 6
PATIENCE = 240.0
PACE = 12.0
"""Seconds over which events arrive, so that faults fall among them."""

Fault = Callable[[Random], str]
"""Breaks something, at moments that it draws, and says what it did."""


def start(workers: Workers, *names: str) -> None:
    """Start workers, each on a disk of its own; a name is ``role-number``."""
    for name in names or ("intake-1", "intake-2", "publish-1"):
        workers.start(name, name.partition("-")[0], machine=f"disk-{name}")


def again(workers: Workers) -> None:
    """Start again what ended by itself, as whatever runs workers does."""
    for name, process in list(workers.processes.items()):
        if process.poll() is not None:
            workers.processes.pop(name)
            start(workers, name)


@contextmanager
def emitting(workers: Workers, history: Path) -> Iterator[Future[Emitted]]:
    """Let the events of a file arrive meanwhile; at the end all are there, and the result says how many."""
    seen = 0

    def paced(doing: str, done: int, total: int) -> None:
        nonlocal seen
        if doing == "emitting":
            time.sleep(PACE * (done - seen) / total)
            seen = done

    with ThreadPoolExecutor(1) as beside:
        emission = beside.submit(asyncio.run, emit(workers.settings, [history], paced))
        yield emission
        emission.result()


def run(workers: Workers, history: Path, embedded: DirectoryStore, fault: Fault) -> Emitted:
    """Let the events arrive while a fault happens, let the work end, and demand the verdict EXACT."""
    with emitting(workers, history) as emission:
        did = fault(Random(1))  # noqa: S311 - a schedule, no secret
    workers.await_release(UPDATES, PATIENCE)
    judge(did, workers, embedded)
    return emission.result()


def judge(did: str, workers: Workers, embedded: DirectoryStore, further: int = 0) -> None:
    """Say what was done and the verdict, and demand EXACT; ``further`` updates came after those of the files."""
    judgment = verdict(DirectoryStore.reading(workers.store), embedded, further)
    print(f"\n{did}: {judgment}", flush=True)  # noqa: T201 - for people
    assert judgment == "EXACT", did


def verdict(mine: DirectoryStore, embedded: DirectoryStore, further: int = 0) -> str:
    """Return EXACT, or whether the figures are more or less than those of the files, and what differs first.

    Every cell, state and vintage of every release is compared; a further release must be there and nothing else.
    """
    expected = set(range(UPDATES + 1, UPDATES + 1 + further))
    differing = [one for one in differences(embedded, mine) if one.release not in expected]
    if not differing and set(mine.numbers()) == set(range(1, UPDATES + 1)) | expected:
        return "EXACT"
    wanted, had = _total(embedded), _total(mine)
    return f"{'MORE' if had > wanted else 'LESS'}-THAN-GENERATED: {had} for {wanted}, {differing[:1]}, {mine.numbers()}"


def _total(store: DirectoryStore) -> int:
    return sum(entry.vintage.value for entry in store.release(min(UPDATES, store.latest())).entries.values())
