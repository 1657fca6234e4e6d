"""Whatever fails among the workers and the broker, the figures are those of the embedded driver, cell by cell.

Each test says what it did, and its verdict. Moments are drawn from a seed. Faults fall while the events arrive.
"""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import fastavro
import pytest
from aiokafka import TopicPartition
from judged import PATIENCE, UPDATES, again, emitting, judge, run, start
from kafka_workers import Workers

from processors.protocol.receipts import Sources, Summary, heard, key_of
from schemas.framing import decode
from sinks.directory.store import DirectoryStore
from streams.kafka.clients import reading, records_between
from streams.kafka.emit import emit
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import RECEIPTS, summaries_topic

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("name", ["intake-1", "publish-1"])
def test_kill_9_of_a_role_five_times(workers: Workers, history: Path, embedded: DirectoryStore, name: str) -> None:
    start(workers)

    def fault(random: Random) -> str:
        for _ in range(5):
            time.sleep(random.uniform(1, 5))
            workers.kill(name)
            start(workers, name)
        return f"killed {name} five times"

    run(workers, history, embedded, fault)


def test_kill_9_of_the_agents_five_times(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    start(workers, "intake-1", "publish-1", "agents-1")

    def fault(random: Random) -> str:
        for _ in range(5):
            time.sleep(random.uniform(2, 5))
            workers.kill("agents-1")
            start(workers, "agents-1")
        return "killed the agents five times"

    run(workers, history, embedded, fault)
    sent = lines(history)
    received, wanted, had = 0, {b"": 1}, {b"": 0}
    deadline = time.monotonic() + 2 * PATIENCE  # a summary of each OCMW, month and partition, a thousand a second
    while (received < sent or had != wanted) and time.monotonic() < deadline:
        time.sleep(2)
        wanted, had = asyncio.run(summed(workers.settings)), asyncio.run(answered(workers.settings))
        received = sum(had.values())
    print(f"receipts tell of {received} lines of {sent} sent")  # noqa: T201 - for people
    assert had == wanted
    assert received == sent


def lines(history: Path) -> int:
    """Return how many lines of statements a file holds: only of these there are receipts."""
    with history.open("rb") as file:
        names = [name.rpartition(".")[2] for name, _ in fastavro.reader(file, return_record_name=True)]
    return sum(name in ("ReimbursementClaim", "Regularisation") for name in names)


async def summed(settings: KafkaSettings) -> dict[bytes, int]:
    """Return how many events were received by OCMW and month, as the summaries of intake say."""
    known: dict[bytes, Sources] = {}
    async for value in values(settings, summaries_topic(settings)):
        one = decode(value)[1]
        key = key_of(one["ocmw"], one["statement_month"])
        summary = Summary(one["to"], one["received"], 0, 0, (), 0, 0)
        known[key] = heard(known.get(key, {}), one["partition"], summary)
    return {key: sum(one.received for one in sources.values()) for key, sources in known.items()}


async def answered(settings: KafkaSettings) -> dict[bytes, int]:
    """Return the same as the last receipts say."""
    received = {}
    async for value in values(settings, RECEIPTS):
        one = decode(value)[1]
        received[key_of(one["ocmw"], one["statement_month"])] = one["received"]
    return received


async def values(settings: KafkaSettings, topic: str) -> AsyncIterator[bytes]:
    for partition in range(settings.partitions):
        place = TopicPartition(topic, partition)
        async with reading(settings, place) as reader:
            end = (await reader.end_offsets([place]))[place]
            async for fetched in records_between(reader, place, 0, end):
                for record in fetched:
                    yield record.value or b""


def test_kill_9_of_all_at_once(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    names = ("intake-1", "intake-2", "publish-1", "agents-1")
    start(workers, *names)

    def fault(random: Random) -> str:
        for _ in range(3):
            time.sleep(random.uniform(3, 7))
            for name in names:
                workers.kill(name)
            start(workers, *names)
        return "killed all workers three times"

    run(workers, history, embedded, fault)


def test_stopped_workers_wake_up_as_zombies(workers: Workers, history: Path, embedded: DirectoryStore) -> None:
    start(workers, "intake-1", "intake-2", "publish-1", "publish-2")

    def fault(random: Random) -> str:
        for number in (1, 2):
            time.sleep(random.uniform(2, 5))
            names = (f"intake-{number}", f"publish-{number}")
            for name in names:
                workers.signal(name, signal.SIGSTOP)
            time.sleep(16)
            for name in names:
                workers.signal(name, signal.SIGCONT)
            time.sleep(3)
            again(workers)  # a zombie may find out that it lost, and end
        return "stopped intake and publish until others took over, then let them go on"

    with emitting(workers, history):
        did = fault(Random(1))  # noqa: S311 - a schedule, no secret
    workers.await_release(UPDATES, PATIENCE, lambda: again(workers))
    judge(did, workers, embedded)


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
    while "assigned" not in workers.log("intake-1"):
        time.sleep(0.1)
    workers.server.kill()
    time.sleep(3)
    workers.server.start()
    # an idempotent session that failed is not mended, it ends: hence again
    workers.await_release(UPDATES, PATIENCE, lambda: again(workers))
    judge("killed the broker in the middle of the fold", workers, embedded)
