"""The whole flow on a real Kafka of its own: emit, intake, close, release, and the same figures as from files."""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory import DirectoryStore
from sinks.identity import exists
from streams.embedded import Embedded
from streams.generator import generate
from streams.kafka.compare import differences
from streams.kafka.emit import emit
from streams.kafka.run import ROLES, command
from streams.kafka.settings import KafkaSettings
from streams.kafka.status import sentences
from streams.kafka.topics import make_topics
from streams.servers.kafka import KafkaServer, ServerError

PERSONS = 2_000
PATIENCE = 180.0


def show(root: Path, say: Callable[[str], None]) -> bool:
    """Run the demonstration in an empty directory and return whether the figures are equal. Raises ServerError."""
    history = root / "history.avro"
    made = generate(PERSONS, parse_month("2024-01"), parse_month("2024-06"), 1, history)
    say(f"{made.persons:,} persons, {made.events:,} events and {made.updates} updates in {history}")
    Embedded.run(root / "embedded", FigureSettings(), [history])
    say("replayed from the file: the figures to compare with")
    server = KafkaServer(root / "kafka").start()
    say(f"Apache Kafka at {server.servers}")
    settings = KafkaSettings(servers=server.servers, state=root / "snapshots")
    try:
        _flow(settings, root / "store", history, made.updates, say)
    finally:
        server.kill()
    found = list(differences(DirectoryStore.reading(root / "embedded"), DirectoryStore.reading(root / "store")))
    say("both stores tell the same, cell by cell" if not found else f"{len(found)} differences; first: {found[0]}")
    return not found


def _flow(settings: KafkaSettings, store: Path, history: Path, updates: int, say: Callable[[str], None]) -> None:
    names = asyncio.run(make_topics(settings))
    say(f"made the topics {', '.join(names)}")
    given = {**os.environ, "OCMW_KAFKA_SERVERS": settings.servers, "OCMW_KAFKA_STATE": str(settings.state)}
    workers = [subprocess.Popen(command(role, store), env=given) for role in ROLES]  # noqa: S603 - this program
    try:
        emitted = asyncio.run(emit(settings, [history]))
        say(f"emitted {emitted.events:,} events, closed {emitted.closed} updates")
        _await(store, updates)
        for sentence in asyncio.run(sentences(settings, store)):
            say(sentence)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def _await(store: Path, updates: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not exists(store) or DirectoryStore.reading(store).latest() < updates:
        if time.monotonic() > deadline:
            message = f"release {updates} did not come within {PATIENCE:.0f} s; see what the workers said above"
            raise ServerError(message)
        time.sleep(0.2)
