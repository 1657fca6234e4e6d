"""Whatever fails, the figures are those of the embedded driver, cell by cell, vintages too.

Each test says what it did, and its verdict. Moments are drawn from a seed that is printed.
"""

import asyncio
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from kafka_workers import Workers

from sinks.directory import DirectoryStore
from streams.kafka.clients import producing
from streams.kafka.compare import differences
from streams.kafka.emit import emit
from streams.kafka.updates import close_everywhere, closing

pytestmark = pytest.mark.faults
UPDATES = 6
PATIENCE = 240.0


def verdict(workers: Workers, embedded: DirectoryStore) -> str:
    """Return EXACT, or whether the kingdom's figures are more or less than those of the files, and where first."""
    mine = DirectoryStore.reading(workers.store)
    found = list(differences(embedded, mine))
    if not found:
        return "EXACT"
    wanted, had = _total(embedded), _total(mine)
    return f"{'MORE' if had > wanted else 'LESS'}-THAN-GENERATED: {had} for {wanted}, {found[0]}"


def _total(store: DirectoryStore) -> int:
    return sum(entry.vintage.value for entry in store.release().entries.values())


def run(workers: Workers, history: Path, embedded: DirectoryStore, fault: Callable[[Random], str]) -> None:
    """Emit the history while a fault happens, let it end, and demand the verdict EXACT."""
    with ThreadPoolExecutor(1) as beside:
        emission = beside.submit(asyncio.run, emit(workers.settings, [history]))
        did = fault(Random(1))  # noqa: S311 - a schedule, no secret
        emission.result()
    workers.await_release(UPDATES, PATIENCE)
    found = verdict(workers, embedded)
    print(f"{did}: {found}")  # noqa: T201 - what the test did, for people
    assert found == "EXACT", did


def start(workers: Workers, *names: str) -> None:
    for name in names or ("intake-1", "intake-2", "publish-1"):
        workers.start(name, name.partition("-")[0], machine=f"disk-{name}")


@pytest.mark.parametrize("name", ["intake-1", "publish-1"])
def test_kill_9_of_a_role_five_times(workers: Workers, history: Path, embedded: DirectoryStore, name: str) -> None:
    start(workers)

    def fault(random: Random) -> str:
        for _ in range(5):
            time.sleep(random.uniform(1, 6))
            workers.kill(name)
            start(workers, name)
        return f"killed {name} five times"

    run(workers, history, embedded, fault)


def test_kill_9_of_all_at_once(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    start(workers)

    def fault(random: Random) -> str:
        for _ in range(3):
            time.sleep(random.uniform(3, 8))
            for name in list(workers.processes):
                workers.kill(name)
            start(workers)
        return "killed all workers three times"

    run(workers, history, embedded, fault)


@pytest.mark.parametrize("role", ["intake", "publish"])
def test_a_stopped_worker_wakes_up_as_a_zombie(
    workers: Workers, history: Path, embedded: DirectoryStore, role: str
) -> None:
    start(workers, "intake-1", "intake-2", "publish-1", "publish-2")

    def fault(random: Random) -> str:
        for name in (f"{role}-1", f"{role}-2"):
            time.sleep(random.uniform(2, 5))
            workers.signal(name, signal.SIGSTOP)
            time.sleep(16)
            workers.signal(name, signal.SIGCONT)
            time.sleep(3)
            if workers.processes[name].poll() is not None:  # a zombie may find out that it lost, and end
                workers.processes.pop(name)
                start(workers, name)
        return f"stopped each {role} until the other took over"

    run(workers, history, embedded, fault)


def test_intake_joins_and_leaves_six_times(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    start(workers)

    def fault(random: Random) -> str:
        for _ in range(6):
            seen = workers.log("intake-3").count("assigned") if (workers.root / "intake-3.log").exists() else 0
            start(workers, "intake-3")
            while workers.log("intake-3").count("assigned") == seen:
                time.sleep(0.1)
            time.sleep(random.uniform(0, 2))
            assert workers.stop("intake-3") == 0
        return "a third intake joined and left six times"

    run(workers, history, embedded, fault)


def test_snapshots_are_deleted_and_a_cold_worker_takes_over(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    start(workers)

    def fault(random: Random) -> str:
        time.sleep(random.uniform(4, 8))
        for name in ("intake-1", "publish-1"):
            workers.kill(name)
            shutil.rmtree(workers.root / f"disk-{name}", ignore_errors=True)
            start(workers, name)
        workers.kill("intake-2")
        start(workers, "intake-4")
        return "deleted snapshots, and began on an empty disk"

    run(workers, history, embedded, fault)


def test_the_broker_is_killed_and_comes_back(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    asyncio.run(emit(workers.settings, [history]))
    start(workers)
    time.sleep(6)
    workers.server.kill()
    time.sleep(3)
    workers.server.start()

    def again() -> None:
        """Start again what ended: an idempotent session that failed is not mended, it ends."""
        for name, process in list(workers.processes.items()):
            if process.poll() is not None:
                workers.processes.pop(name)
                start(workers, name)

    workers.await_release(UPDATES, PATIENCE, again)
    assert verdict(workers, embedded) == "EXACT"


def test_a_closing_that_stood_in_some_partitions_only_is_completed_by_the_next(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    asyncio.run(emit(workers.settings, [history]))

    async def half() -> None:
        """Ask for two more updates; the first closer dies after five partitions."""
        async with producing(workers.settings) as producer, closing(workers.settings, producer) as closer:
            first = await closer.close("half", 202407)
            few = workers.settings.model_copy(update={"partitions": 5})
            await close_everywhere(few, producer, first)
            await closer.close("whole", 202407)

    asyncio.run(half())
    start(workers)
    workers.await_release(UPDATES + 2, PATIENCE)
    found = list(differences(embedded, DirectoryStore.reading(workers.store)))
    assert {difference.release for difference in found} == {UPDATES + 1, UPDATES + 2}


def test_two_closers_at_once_close_each_update_once(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    start(workers)

    async def close(number: int) -> None:
        async with producing(workers.settings) as producer, closing(workers.settings, producer) as closer:
            for update in range(number, 20, 2):
                await closer.close(f"race-{update % 10}", 202407)

    async def race() -> None:
        await asyncio.gather(close(0), close(1), close(0))

    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(race())
    workers.await_release(UPDATES + 10, PATIENCE)
    found = {difference.release for difference in differences(embedded, DirectoryStore.reading(workers.store))}
    assert found == set(range(UPDATES + 1, UPDATES + 11))
    assert workers.released() == UPDATES + 10
