"""Statistics of projects and subsidies on a real broker: the topics answer as the store of the embedded driver does."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from made import day, made, named
from typer.testing import CliRunner

from processors.services.protocol import key_of
from schemas.services.reading import value_of, write_topic
from schemas.services.records import Activity, GpmiContract, GpmiEvaluation, Grant, Part, YearReport
from schemas.services.topics import TOPIC
from streams.agents.table import every_topic
from streams.cli import app
from streams.kafka.clients import producing
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow
PARTITIONS = 3
PERIOD = ("--from", "2017-01-01", "--to", "2017-12-31", "--all", "--format", "csv")


def contracts() -> list[GpmiContract | GpmiEvaluation]:
    """Return contracts of some persons, one of them wrong, an evaluation before its contract."""
    records: list[GpmiContract | GpmiEvaluation] = []
    for number in range(12):
        person = named(f"person {number}")
        records.append(made(GpmiEvaluation, f"early {number}", person=person))
        first = made(GpmiContract, f"a {number}", person=person, sex=1 + number % 3)
        records += [
            first,
            replace(first, event_id=named(f"b {number}"), version=2, signed_on=day("2017-06-01"), training=True),
        ]
    return [*records, made(GpmiContract, "wrong", version=0)]


def reports() -> list[Grant | YearReport]:
    """Return grants and reports, one without its grant, one refused."""
    part = Part("A", 500_000, None, 9, None, None, (Activity("A1", 9, 500_000),), ())
    records: list[Grant | YearReport] = []
    for ocmw in (44021, 11002, 21004):
        records += [Grant(named(f"g {ocmw}"), ocmw, 2017, 900_000, None)]
        records += [YearReport(named(f"r {ocmw}"), ocmw, 2017, (part,), 1, None, None)]
    wrong = replace(part, persons=99)
    records += [YearReport(named("refused"), 44021, 2017, (wrong,), None, None, None)]
    return [*records[1:], YearReport(named("waits"), 62063, 2017, (part,), None, None, None)]


def printed(*line: str) -> str:
    """Run the program and return what it prints."""
    done = CliRunner().invoke(app, list(line))
    assert done.exit_code == 0, done.output
    return done.output


async def sent(settings: KafkaSettings, files: dict[str, list[object]]) -> None:
    """Make the topics and send records to them, and one that stands in a partition of another key."""
    await make_topics(settings, every_topic(settings))
    async with producing(settings) as producer:
        for name, records in files.items():
            for record in records:
                await producer.send_and_wait(TOPIC[name].address, value_of(TOPIC[name], record), key=key_of(record))
            await producer.send_and_wait(TOPIC[name].address, b"no record", key=b"nobody")


def test_the_topics_answer_as_the_store_does(
    shared_kafka: KafkaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = KafkaSettings(servers=shared_kafka.servers, partitions=PARTITIONS, state=tmp_path / "state")
    monkeypatch.setenv("OCMW_KAFKA_SERVERS", shared_kafka.servers)
    monkeypatch.setenv("OCMW_KAFKA_PARTITIONS", str(PARTITIONS))
    asyncio.run(sent(settings, {"contracts": list(contracts()), "reports": list(reports())}))
    store = str(tmp_path / "store")
    for name, records in (("contracts", contracts()), ("reports", reports())):
        write_topic(tmp_path / f"{name}.avro", TOPIC[name], list(records))
        printed("admit", str(tmp_path / f"{name}.avro"), "--store", store)
    figures = printed("gpmi", "--store", store, *PERIOD)
    assert "projects_started,total,total,12,12" in figures
    assert printed("gpmi", "--kafka", *PERIOD) == figures
    indicators = printed("subsidies", "report", "--store", store, "--format", "csv")
    assert "2017,21004,7,,,500000,cents," in indicators
    assert printed("subsidies", "report", "--kafka", "--format", "csv") == indicators


def test_a_form_is_imported_into_the_topic_as_into_a_store(
    kafka: KafkaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = KafkaSettings(servers=kafka.servers, partitions=PARTITIONS, state=tmp_path / "state")
    for name, value in (
        ("SERVERS", kafka.servers),
        ("PARTITIONS", str(PARTITIONS)),
        ("STATE", str(tmp_path / "state")),
    ):
        monkeypatch.setenv(f"OCMW_KAFKA_{name}", value)
    grants = [one for one in reports() if isinstance(one, Grant)]
    asyncio.run(sent(settings, {"reports": list(grants)}))
    write_topic(tmp_path / "grants.avro", TOPIC["reports"], list(grants))
    store = ("--store", str(tmp_path / "store"))
    printed("admit", str(tmp_path / "grants.avro"), *store)
    form = tmp_path / "form.csv"
    lines = ("sheet;ocmw;part;justified;persons", "parts;44021;A;6000;30", "parts;21004;A;all;30", "parts;9;A;1;1")
    for again, said in ((False, "1 report kept, 0 known before, 1 refused"), (True, "0 reports kept, 1 known before")):
        form.write_text("\n".join(lines), encoding="utf-8")
        for place in (store, ("--kafka",)):
            assert said in printed("subsidies", "import", str(form), *place), again
    for more in (("report", "--format", "csv"), ("corrections", "--format", "csv")):
        assert printed("subsidies", *more, "--kafka") == printed("subsidies", *more, *store)
    assert "21004,parts,D3,justified-not-whole" in printed("subsidies", "corrections", "--kafka", "--format", "csv")
