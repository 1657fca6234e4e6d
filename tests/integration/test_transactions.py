"""Senders that use transactions: what was aborted is counted nowhere, and a log that ends in a marker is read whole."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from kafka_events import claim
from kafka_workers import Workers

from schemas.figures import BlockKey
from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from streams.embedded.driver import Embedded
from streams.kafka.dead_letters import dead_letters
from streams.kafka.log_export import export_log
from streams.kafka.settings import KafkaSettings
from streams.kafka.status import sentences
from streams.kafka.topics import DOSSIERS
from streams.kafka.updates import close_update
from streams.proof.compare import differences
from streams.servers.kafka import KafkaServer, free_port

pytestmark = pytest.mark.slow
PATIENCE = 120.0
PARTITIONS = [0, 1]


def person(number: int) -> bytes:
    return b"\x01" + number.to_bytes(15, "little")  # no number in clear: those are set aside


async def transaction(settings: KafkaSettings, numbers: Iterable[int], *, commits: bool, cents: int = 100_000) -> None:
    """Send the claims of persons in one transaction."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.servers, transactional_id="sender")
    await producer.start()
    await producer.begin_transaction()
    for number in numbers:
        place = DefaultPartitioner()(person(number), PARTITIONS, PARTITIONS)
        value = claim(person(number), number, cents=cents)
        await producer.send_and_wait(DOSSIERS, key=person(number), value=value, partition=place)
    await (producer.commit_transaction() if commits else producer.abort_transaction())
    await producer.stop()


async def aside(settings: KafkaSettings) -> list[str]:
    return [letter.fault.slug async for letter in dead_letters(settings)]


def ready(port: int) -> str:
    """Return what a worker says of being ready."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return str(answer.read().decode().strip())
    except HTTPError as error:
        return error.read().decode().strip()
    except OSError:
        return "it does not answer"


def awaited(port: int) -> str:
    """Return what a worker says, as soon as it is ready, or after our patience."""
    deadline = time.monotonic() + PATIENCE
    while (said := ready(port)) != "ok" and time.monotonic() < deadline:
        time.sleep(0.2)
    return said


def gauge(port: int, name: str) -> set[float]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{")}


@pytest.fixture
def settings(kafka: KafkaServer, tmp_path: Path) -> Workers:
    made = Workers(tmp_path, kafka, snapshot_seconds=1.0, partitions=len(PARTITIONS))
    made.environment |= {"OCMW_KAFKA_PARTITIONS": str(len(PARTITIONS)), "OCMW_HEALTH_PORT": str(free_port())}
    return made


@pytest.fixture
def flow(settings: Workers) -> Iterable[Workers]:
    yield settings
    settings.stop_all()


def test_what_a_transaction_aborted_is_counted_nowhere(flow: Workers, tmp_path: Path) -> None:
    settings, port = flow.settings, int(flow.environment["OCMW_HEALTH_PORT"])
    asyncio.run(transaction(settings, range(1, 11), commits=True))
    asyncio.run(transaction(settings, range(11, 18), commits=False))
    flow.start("intake", "intake")
    assert awaited(port) == "ok"  # though each partition ends in the marker of a transaction
    deadline = time.monotonic() + 30  # what is folded is told by batches, which come a moment later
    while not (said := asyncio.run(sentences(settings))[0]).endswith("all of them folded"):
        assert time.monotonic() < deadline, said
    flow.stop("intake")  # keeps its snapshots

    asyncio.run(transaction(settings, range(20, 60), commits=False, cents=1))
    asyncio.run(transaction(settings, range(20, 60), commits=True))
    asyncio.run(transaction(settings, range(60, 64), commits=False))
    flow.start("intake", "intake")
    assert awaited(port) == "ok"
    time.sleep(6)  # the next look at the lag
    assert gauge(port, "ocmw_lag_records") == {0.0}
    flow.kill("intake")
    flow.start("intake", "intake")
    assert awaited(port) == "ok"

    flow.environment["OCMW_HEALTH_PORT"] = ""
    flow.start("publish", "publish")
    asyncio.run(close_update(settings, "u1", 202403))
    flow.await_release(1, PATIENCE)
    mine = DirectoryStore.reading(flow.store)
    assert counted(mine) == 50
    assert asyncio.run(aside(settings)) == []

    exported = tmp_path / "log.avro"
    asyncio.run(export_log(settings, exported))
    Embedded.run(tmp_path / "files", FigureSettings(), [exported])
    assert list(differences(DirectoryStore.reading(tmp_path / "files"), mine)) == []


def counted(store: DirectoryStore) -> int:
    """Return the beneficiaries of the living wage in the country in the month of all claims."""
    month = parse_month("2024-03")
    entries = store.release().entries
    return next(
        entry.vintage.value
        for key, entry in entries.items()
        if isinstance(key, BlockKey) and (key.support, key.period.kind, key.period.first) == ("LL", "month", month)
    )


def test_what_follows_an_open_transaction_waits_and_status_says_so(flow: Workers) -> None:
    settings, port = flow.settings, int(flow.environment["OCMW_HEALTH_PORT"])

    async def open_one() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.servers, transactional_id="slow", transaction_timeout_ms=600_000
        )
        await producer.start()
        await producer.begin_transaction()
        await producer.send_and_wait(DOSSIERS, key=person(1), value=claim(person(1), 1), partition=0)
        said = (await sentences(settings))[0]
        await producer.commit_transaction()
        await producer.stop()
        assert said == (
            "the log holds 0 records, all of them folded; 1 more wait in partition 0 for a sender to end its "
            "transaction"
        )

    flow.start("intake", "intake")
    assert awaited(port) == "ok"
    asyncio.run(open_one())
