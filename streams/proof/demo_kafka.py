"""The whole flow on servers of its own: emit, receipts, close, release, and the figures read back as from files."""

import asyncio
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import fastavro
import redis

from processors.services.all_services import SERVICE
from processors.services.social_reports import Person
from schemas.periods import parse_month
from schemas.services.reading import TopicFile
from schemas.services.records import SocialReportRequest
from schemas.settings import FigureSettings
from sinks.directory.identity import exists
from sinks.directory.store import DirectoryStore
from sinks.redis.store import RedisCopy
from streams.agents.records import emit_records, states_known
from streams.agents.table import every_topic
from streams.embedded.driver import Embedded
from streams.embedded.services_shown import made_records, shown_request
from streams.embedded.services_shown import sentence as sentence_of
from streams.kafka.emit import emit
from streams.kafka.receipts import line, read_receipts
from streams.kafka.roles.supervisor import ROLES, command
from streams.kafka.settings import KafkaSettings
from streams.kafka.status import sentences
from streams.kafka.topic_admin import make_topics
from streams.proof.compare import Difference, copy_differences, differences
from streams.servers.kafka import KafkaServer, ServerError
from streams.servers.redis import RedisServer
from synthetic import generate

PERSONS = 2_000
PATIENCE = 300.0
_LOG = "workers.log"

Say = Callable[[str], None]


def show(root: Path, say: Say) -> bool:
    """Run the demonstration in an empty directory and return whether the figures are equal. Raises ServerError."""
    history = root / "history.avro"
    made = generate(PERSONS, parse_month("2024-01"), parse_month("2024-06"), 1, history)
    say(f"{made.persons:,} persons, {made.events:,} events and {made.updates} updates in {history}")
    Embedded.run(root / "embedded", FigureSettings(), [history])
    say("replayed from the file: the figures to compare with")
    with ExitStack() as servers:
        kafka = KafkaServer(root / "kafka").start()
        servers.callback(kafka.kill)
        say(f"Apache Kafka at {kafka.servers}")
        copy = servers.enter_context(_redis(root, say))
        settings = KafkaSettings(servers=kafka.servers, state=root / "snapshots")
        return _shown_on_kafka(settings, root, copy, say)


@contextmanager
def _redis(root: Path, say: Say) -> Iterator[str | None]:
    """Yield where a Redis is for as long as it is needed, None where none is installed."""
    if not RedisServer.installed():
        say("no redis-server is installed (scripts/servers.sh does it): the figures are read back from the home alone")
        yield None
        return
    server = RedisServer(root).start()
    say(f"Redis at {server.url}")
    try:
        yield server.url
    finally:
        server.stop()


def _shown_on_kafka(settings: KafkaSettings, root: Path, copy: str | None, say: Say) -> bool:
    say(f"made the topics {', '.join(asyncio.run(make_topics(settings, every_topic(settings))))}")
    with _workers(settings, root, copy):
        emitted = asyncio.run(emit(settings, [root / "history.avro"]))
        say(f"emitted {emitted.events:,} events, closed {emitted.closed} updates")
        _show_receipts(settings, root / "history.avro", say)
        _await("release", lambda: _released(root / "store") >= emitted.closed)
        for sentence in asyncio.run(sentences(settings, root / "store")):
            say(sentence)
        _show_social_report(settings, root / "services", say)
        return _equal(root, copy, say)


@contextmanager
def _workers(settings: KafkaSettings, root: Path, copy: str | None) -> Iterator[None]:
    """Have one process a role run; what they say goes to a file."""
    given = {**os.environ, "OCMW_KAFKA_SERVERS": settings.servers, "OCMW_KAFKA_STATE": str(settings.state)}
    given |= {"OCMW_REDIS_URL": copy} if copy else {}
    with (root / _LOG).open("wb") as log:
        workers = [
            subprocess.Popen(command(role, root / "store"), env=given, stdout=log, stderr=log)  # noqa: S603 - ours
            for role in (*ROLES, "social-reports")
        ]
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def _show_receipts(settings: KafkaSettings, history: Path, say: Say) -> None:
    """Show the receipts of the OCMW that sent most, once they cover all that it sent."""
    with history.open("rb") as file:
        lines = (event for event in fastavro.reader(file) if "statement_month" in event)
        ((ocmw, events),) = Counter(event["ocmw"] for event in lines).most_common(1)
    last: list[dict[str, Any]] = []

    def whole() -> bool:
        last[:] = asyncio.run(read_receipts(settings, ocmw))
        return bool(sum(receipt["received"] for receipt in last) == events)

    _await("receipts", whole)
    say(f"OCMW {ocmw} sent {events:,} events; its receipts (ocmw receipts --ocmw {ocmw}):")
    for receipt in last:
        month, received, applied, duplicates, aside, _, euros = line(receipt)
        say(
            f"  {month}: received {received}, applied {applied} ({euros} euro), duplicates {duplicates}, "
            f"set aside {aside}"
        )


def _show_social_report(settings: KafkaSettings, folder: Path, say: Say) -> None:
    """Send decisions and then requests of nobody, and show one answer as soon as all are answered."""
    service = SERVICE["social-reports"]
    contracts, decisions, requests, *_ = map(TopicFile.open, made_records(folder))
    asyncio.run(emit_records(settings, [contracts, decisions]))
    wanted = sum(isinstance(record, SocialReportRequest) for record in requests.records())
    people: list[Person] = []

    def known() -> bool:
        people[:] = [person for _, person in asyncio.run(states_known(settings, service))]
        return sum(len(one.dossiers) + len(one.decisions) for one in people) == sum(1 for _ in decisions.records())

    def answered() -> bool:
        people[:] = [person for _, person in asyncio.run(states_known(settings, service))]
        return sum(len(one.requests) for one in people) == wanted

    _await("decisions known to the service of social reports", known)
    asyncio.run(emit_records(settings, [requests]))
    _await("social reports", answered)
    request = shown_request(people)
    if request is not None:
        say(sentence_of(request))


def _equal(root: Path, copy: str | None, say: Say) -> bool:
    embedded = DirectoryStore.reading(root / "embedded")
    equal = _said_equal("the home", list(differences(embedded, DirectoryStore.reading(root / "store"))), say)
    if copy is None:
        return equal
    redis_copy = RedisCopy(redis.Redis.from_url(copy))
    _await("copy", lambda: redis_copy.latest() == embedded.latest())
    return _said_equal("Redis", list(copy_differences(embedded, redis_copy)), say) and equal


def _said_equal(place: str, differing: list[Difference], say: Say) -> bool:
    if differing:
        say(f"{len(differing)} differences in {place}; first: {differing[0]}")
    else:
        say(f"read back from {place}: the same figures as from the file, cell by cell")
    return not differing


def _released(store: Path) -> int:
    return DirectoryStore.reading(store).latest() if exists(store) else 0


def _await(thing: str, come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not come():
        if time.monotonic() > deadline:
            message = f"the {thing} did not come within {PATIENCE:.0f} s; see {_LOG}, where the workers wrote"
            raise ServerError(message)
        time.sleep(0.3)
