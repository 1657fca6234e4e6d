"""Social reports on a real broker: the answers of the embedded driver, also when the worker is killed in the middle."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from aiokafka import TopicPartition
from made import ANNA, consent, made, named
from typer.testing import CliRunner

from processors.services.protocol import key_of
from schemas.services.reading import record_of, value_of, write_topic
from schemas.services.records import (
    DecisionTaken,
    DossierKnown,
    GpmiContract,
    ReportArchived,
    SocialReport,
    SocialReportRequest,
)
from schemas.services.topics import TOPIC, TopicName
from streams.agents.table import every_topic
from streams.cli import app
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import letters_topic
from streams.servers.kafka import KafkaServer, free_port

pytestmark = pytest.mark.slow
PARTITIONS = 3
PATIENCE = 60.0
PROGRAM = [sys.executable, "-W", "ignore", "-c", "from streams.cli import main; main()"]
BERT = b"bert".ljust(16, b"\x02")


@contextmanager
def worker(settings: KafkaSettings, port: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    given = {
        "OCMW_KAFKA_SERVERS": settings.servers,
        "OCMW_KAFKA_STATE": str(settings.state),
        "OCMW_KAFKA_PARTITIONS": str(PARTITIONS),
        **({"OCMW_HEALTH_PORT": str(port)} if port else {}),
    }
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "worker", "--role", "social-reports"], env={**os.environ, **given}
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def send(settings: KafkaSettings, *records: tuple[TopicName, Any]) -> None:
    async with producing(settings) as producer:
        for topic, record in records:
            value = record if isinstance(record, bytes) else value_of(TOPIC[topic], record)
            key = ANNA if isinstance(record, bytes) else key_of(record)
            await producer.send_and_wait(TOPIC[topic].address, key=key, value=value)


async def values(settings: KafkaSettings, topic: str) -> list[bytes]:
    read = []
    for partition in range(PARTITIONS):
        place = TopicPartition(topic, partition)
        async with reading(settings, place) as reader:
            end = (await reader.end_offsets([place]))[place]
            async for some in records_between(reader, place, 0, end):
                read += [record.value or b"" for record in some]
    return read


def answers(settings: KafkaSettings, wanted: int) -> list[SocialReport]:
    """Return the reports sent, each once, as soon as there are so many, or after our patience.

    The same report may come again, and then its content is the same.
    """
    end, reports = time.monotonic() + PATIENCE, dict[tuple[bytes, int, str], SocialReport]()
    while len(reports) < wanted and time.monotonic() < end:
        time.sleep(0.2)
        for value in asyncio.run(values(settings, TOPIC["answers"].address)):
            report = record_of(TOPIC["answers"], value)
            assert isinstance(report, SocialReport)
            name = (report.request, report.answering, report.state)
            assert reports.setdefault(name, report) == report
    return list(reports.values())


def ocmw(settings: KafkaSettings, *arguments: str) -> str:
    environment = {
        "OCMW_KAFKA_SERVERS": settings.servers,
        "OCMW_KAFKA_STATE": str(settings.state),
        "OCMW_KAFKA_PARTITIONS": str(PARTITIONS),
    }
    done = CliRunner().invoke(app, arguments, env=environment)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def awaited(reached: Callable[[], bool]) -> None:
    """Return once something is reached; fail after our patience."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, "not reached in time"
        time.sleep(0.2)


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def folded(port: int) -> int:
    """Return how many events the worker has folded, as its metrics tell."""
    lines = [line for line in get(port, "/metrics")[1].splitlines() if line.startswith("ocmw_service_events{")]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines)


@pytest.fixture
def settings(kafka: KafkaServer, tmp_path: Path) -> KafkaSettings:
    made_settings = KafkaSettings(servers=kafka.servers, partitions=PARTITIONS, state=tmp_path / "state")
    asyncio.run(make_topics(made_settings, every_topic(made_settings)))
    return made_settings


def test_kafka_and_the_embedded_driver_give_the_same_answers(settings: KafkaSettings, tmp_path: Path) -> None:
    known = [
        made(DossierKnown, "known"),
        made(DecisionTaken, "grant"),
        made(DecisionTaken, "bert", person=BERT, ocmw=46021),
        made(DecisionTaken, "wrong", aid="GOLD"),
        made(DossierKnown, "lier", ocmw=12021),
    ]
    contract = made(GpmiContract, "contract")
    requests = [
        made(SocialReportRequest, "first", gpmi_consent=consent("2017-04-01")),
        made(SocialReportRequest, "second", person=BERT),
        made(SocialReportRequest, "third", reason="REVIEW"),
        made(ReportArchived, "away", request="second", person=BERT),
        made(ReportArchived, "illegal", request="none"),
    ]
    late = made(DecisionTaken, "late", ocmw=12021, sent_at="2017-04-20")
    for name, topic, records in (
        ("1", "contracts", [contract]),
        ("2", "decisions", known),
        ("3", "requests", requests),
        ("4", "decisions", [late]),
    ):
        write_topic(tmp_path / f"{name}.avro", TOPIC[topic], records)
    files = [str(tmp_path / f"{name}.avro") for name in "1234"]
    embedded = CliRunner().invoke(app, ["admit", *files, "--store", str(tmp_path / "store")])
    assert "events in 11 = applied 9 + duplicates 0 + set aside 2\n" in embedded.stdout
    port = free_port()
    with worker(settings, port):
        awaited(lambda: get(port, "/readyz")[0] == 200)
        printed = ocmw(settings, "emit", *files[:2])
        assert printed.startswith("6 events of keyed services sent; 0 records")
        elsewhere = value_of(TOPIC["decisions"], made(DecisionTaken, "elsewhere", person=BERT))
        asyncio.run(send(settings, ("decisions", elsewhere)))  # under the key of another person: wrong-partition
        awaited(lambda: folded(port) == 6)  # requests come after decisions are admitted
        ocmw(settings, "emit", files[2])
        assert len(answers(settings, 4)) == 4
        ocmw(settings, "emit", files[3])
        reports = answers(settings, 5)
        assert len(reports) == 5
        _same(settings, tmp_path, named("first").hex())
        letters = asyncio.run(values(settings, letters_topic("social-reports")))
        aside = (("decisions", known[3]), ("requests", requests[4]))
        assert sorted(letters) == sorted([elsewhere, *(value_of(TOPIC[topic], record) for topic, record in aside)])
        arguments = f"--ocmw 11002 --person {ANNA.hex()} --from 2017-03-01 --to 2017-03-31 --reason AID_REQUESTED"
        more = "--asked-by 00000000000000a1 --at 2017-04-10T10:00:00Z --kafka"
        request = ocmw(settings, "esv", "ask", *arguments.split(), *more.split()).splitlines()[-1]
        assert len(answers(settings, 7)) == 7
        assert json.loads(ocmw(settings, "esv", "show", request, "--ocmw", "11002", "--kafka", "--format", "json"))


def _same(settings: KafkaSettings, root: Path, request: str) -> None:
    """Assert that a request is shown alike in the store and on Kafka, but for the moments of its answers."""
    arguments = ["esv", "show", request, "--ocmw", "11002", "--format", "json"]
    store = json.loads(ocmw(settings, *arguments, "--store", str(root / "store")))
    kafka = json.loads(ocmw(settings, *arguments, "--kafka"))
    assert _timeless(kafka) == _timeless(store)
    assert [answer["state"] for answer in kafka["answers"]] == ["RECEIVED", "RECEIVED"]


def _timeless(document: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(document, dict):
        return {name: _timeless(value) for name, value in document.items() if name not in ("at", "made_at")}
    return [_timeless(one) for one in document] if isinstance(document, list) else document
