"""What readers on Kafka get of a release, through a real broker."""

import asyncio
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import redis
from aiokafka import AIOKafkaProducer, TopicPartition
from kafka_workers import Workers
from redis_server import RedisServer

from schemas.figures import BlockKey
from schemas.framing import decode
from schemas.periods import Period, parse_month
from schemas.places import PLACES
from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreWriteError
from sinks.files.selection import Selection, select
from sinks.redis.store import RedisCopy
from streams.embedded.driver import Embedded
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.emit import emit
from streams.kafka.release.downstream import Announcements, CopyFollower, changed, kept_up
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import RELEASES, STABLE_FIGURES, VINTAGES, topics
from streams.kafka.updates import last_released
from streams.servers.kafka import KafkaServer
from synthetic import generate

pytestmark = pytest.mark.slow
UPDATES = 6
PATIENCE = 90.0
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "history.avro"
    generate(300, parse_month("2024-01"), parse_month("2024-06"), 7, path)
    return path


@pytest.fixture(scope="module")
def home(history: Path) -> DirectoryStore:
    Embedded.run(history.with_name("store"), FigureSettings(), [history])
    return DirectoryStore.reading(history.with_name("store"))


@pytest.fixture(scope="module")
def other(history: Path) -> DirectoryStore:
    """Return what a second pipeline makes of the same log: each municipality as it is after the mergers of 2025."""
    Embedded.run(history.with_name("other"), FigureSettings(geography="fixed:2025-01-01"), [history])
    return DirectoryStore.reading(history.with_name("other"))


async def records(settings: KafkaSettings, topic: str) -> list[dict[str, Any]]:
    place = TopicPartition(topic, 0)
    values = []
    async with reading(settings, place) as reader:
        end = (await reader.end_offsets([place]))[place]
        async for some in records_between(reader, place, 0, end):
            values += [decode(record.value or b"")[1] for record in some]
    return values


class Reader:
    """A reader as docs/asyncapi.yaml tells one to be: applies a release when it is announced and read; once."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.release = 0
        self.figures: dict[tuple[str, str], tuple[int, dict[tuple[str, ...], int]]] = {}

    def read(self, stable: list[dict[str, Any]], announced: list[dict[str, Any]]) -> None:
        """Read both topics from their beginning; repeats and lower numbers change nothing."""
        for record in announced:
            if record["number"] > self.release:
                for said in stable[: record["stable_figures_ends"][0]]:
                    self._apply(said)
                self.release = record["number"]

    def _apply(self, said: dict[str, Any]) -> None:
        key = (said["support"], said["period"])
        if said["release"] >= self.figures.get(key, (0, {}))[0]:
            cells = {
                (place["geo_level"], place["geo"], *said["categories"][category].values()): persons
                for place in said["places"]
                for category, persons in zip(place["category"], place["beneficiaries"], strict=True)
            }
            self.figures[key] = (said["release"], cells)


def totals_by_place(home: DirectoryStore, number: int) -> Counter[tuple[str, ...]]:
    totals: Counter[tuple[str, ...]] = Counter()
    for one in select(home.release(number), Selection("public")):
        cells = home.read_block(one.ref)
        for place, persons in zip(cells.place.tolist(), cells.beneficiaries.tolist(), strict=True):
            totals[one.key.support, one.key.period.code, *PLACES[place]] += persons
    return totals


def kingdom_totals(home: DirectoryStore) -> dict[tuple[str, str], int]:
    totals = {}
    for one in select(home.release(), Selection("public")):
        cells = home.read_block(one.ref)
        totals[one.key.support, one.key.period.code] = int(cells.beneficiaries.sum())
    return totals


async def announced(settings: KafkaSettings, home: DirectoryStore, *releases: Release) -> None:
    await make_topics(settings, topics(settings))
    async with producing(settings) as producer:
        for release in releases:
            await Announcements(settings, producer, home).follow(release)


def test_a_reader_of_kafka_has_the_public_figures_of_the_release(kafka: KafkaServer, home: DirectoryStore) -> None:
    settings = KafkaSettings(servers=kafka.servers)
    asyncio.run(announced(settings, home, home.release(2), home.release()))
    stable, releases, vintages = (asyncio.run(records(settings, name)) for name in (STABLE_FIGURES, RELEASES, VINTAGES))

    assert [record["number"] for record in releases] == list(range(1, UPDATES + 1))
    ends = [record["stable_figures_ends"][0] for record in releases]
    assert ends == sorted(ends)
    assert ends[-1] == len(stable)
    reader = Reader()
    reader.read(stable, releases)
    read_totals = {key: sum(cells.values()) for key, (_, cells) in reader.figures.items() if cells}
    assert read_totals == kingdom_totals(home)
    assert read_totals

    again = Reader()
    again.read([*stable, *stable], releases)
    again.read([*stable, *stable], [*releases, *releases])
    assert (again.release, again.figures) == (reader.release, reader.figures)

    rows = sum(len(record["figures"]) for record in vintages)
    assert rows == home.vintages().num_rows
    assert {record["sequence"] for record in vintages} == set(range(1, UPDATES + 1))


def documented_reader(folder: Path, servers: str, support: str, period: str) -> list[list[str]]:
    """Run the reader of docs/kafka.md as it stands there; return the columns of the lines it prints."""
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "kafka.md").read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    (folder / "reader.py").write_text(program[1], encoding="utf-8")
    command = [sys.executable, "-I", "reader.py", servers, str(ROOT / "schemas" / "avro"), support, period]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603
    return [line.split("\t") for line in done.stdout.splitlines()]


async def say_everything_again(settings: KafkaSettings) -> None:
    for topic in (STABLE_FIGURES, RELEASES):
        place = TopicPartition(topic, 0)
        async with reading(settings, place) as reader, producing(settings) as producer:
            end = (await reader.end_offsets([place]))[place]
            async for some in records_between(reader, place, 0, end):
                for record in some:
                    await producer.send_and_wait(topic, key=record.key, value=record.value, partition=0)


def test_the_reader_of_the_documentation_survives_repeats(
    kafka: KafkaServer, home: DirectoryStore, tmp_path: Path
) -> None:
    settings = KafkaSettings(servers=kafka.servers)
    asyncio.run(announced(settings, home, home.release()))
    lines = documented_reader(tmp_path, kafka.servers, "LL", "2024-02")
    totals = [line for line in lines if line[1:3] == ["total", "total"]]
    assert [line[0] for line in totals] == ["5", "6"]  # M-3: published when the reference month is 2024-05
    value = home.release().entries[BlockKey("LL", Period.parse("2024-02"))].vintage.published_value
    assert totals[-1][3:] == [str(value), "published"]
    asyncio.run(say_everything_again(settings))
    assert documented_reader(tmp_path, kafka.servers, "LL", "2024-02") == lines


def test_what_was_announced_is_not_announced_again(kafka: KafkaServer, home: DirectoryStore) -> None:
    settings = KafkaSettings(servers=kafka.servers)
    asyncio.run(announced(settings, home, home.release(), home.release()))
    assert len(asyncio.run(records(settings, RELEASES))) == UPDATES


def test_the_first_release_of_another_pipeline_tells_all_its_figures_and_the_next_what_changed(
    kafka: KafkaServer, home: DirectoryStore, other: DirectoryStore
) -> None:
    settings = KafkaSettings(servers=kafka.servers)
    asyncio.run(announced(settings, home, home.release(UPDATES - 2)))
    second = settings.model_copy(update={"epoch": 2})
    asyncio.run(announced(second, other, other.release(UPDATES - 1)))
    stable, releases = (asyncio.run(records(settings, name)) for name in (STABLE_FIGURES, RELEASES))
    reader = Reader()
    reader.read(stable, releases)
    totals: Counter[tuple[str, ...]] = Counter()
    for key, (_, cells) in reader.figures.items():
        for where, persons in cells.items():
            totals[*key, *where[:2]] += persons
    assert totals == totals_by_place(other, UPDATES - 1)
    assert totals != totals_by_place(home, UPDATES - 1)

    asyncio.run(announced(second, other, other.release()))
    more = len(asyncio.run(records(settings, STABLE_FIGURES))) - len(stable)
    assert more == len(list(changed(other.release(), other.release(UPDATES - 1))))


def test_a_silent_pipeline_releases_and_announces_once_it_is_silent_no_more(workers: Workers, tmp_path: Path) -> None:
    path = tmp_path / "history.avro"
    generate(200, parse_month("2024-01"), parse_month("2024-02"), 7, path)
    workers.environment = {"OCMW_KAFKA_SILENT": "true"}
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    asyncio.run(emit(workers.settings, [path]))
    workers.await_release(2, PATIENCE)
    assert workers.stop("publish") == 0  # one that is not silent announces a release before it makes the next
    assert asyncio.run(last_released(workers.settings)) == 0
    workers.environment = {}
    workers.start("publish", "publish")
    deadline = time.monotonic() + PATIENCE
    while asyncio.run(last_released(workers.settings)) < 2:
        assert time.monotonic() < deadline, workers.log("publish")[-2000:]
        time.sleep(0.2)


def test_the_copy_follows_its_home(redis_client: redis.Redis, home: DirectoryStore) -> None:
    copy = RedisCopy(redis_client)
    (follower,) = kept_up(copy)(AIOKafkaProducer, home)
    asyncio.run(follower.follow(home.release()))
    assert (copy.latest(), copy.missing(home.release())) == (UPDATES, 0)


def test_a_copy_that_is_gone_does_not_hold_the_home_back(tmp_path: Path, home: DirectoryStore) -> None:
    server = RedisServer(tmp_path)
    copy = RedisCopy(redis.Redis.from_url(server.url))
    with pytest.raises(StoreWriteError):
        copy.make_up(home)
    asyncio.run(CopyFollower(copy, home, tries=2, pause=0.01).follow(home.release()))
    with server:
        asyncio.run(CopyFollower(copy, home).follow(home.release()))
        assert copy.latest() == UPDATES
