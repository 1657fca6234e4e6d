"""One history for all faults, and what the embedded driver makes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka_workers import Workers

from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from streams.embedded.driver import Embedded
from streams.servers.kafka import KafkaServer
from synthetic import generate

PERSONS = 39_000
"""Makes 200,000 events in six months."""


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "history.avro"
    made = generate(PERSONS, parse_month("2024-01"), parse_month("2024-06"), 11, path)
    assert made.events >= 200_000
    assert made.updates == 6
    return path


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory, history: Path) -> DirectoryStore:
    root = tmp_path_factory.mktemp("embedded") / "store"
    Embedded.run(root, FigureSettings(), [history])
    return DirectoryStore.reading(root)


@pytest.fixture(scope="session", autouse=True)
def _compiled(embedded: DirectoryStore) -> None:
    """Have every kernel compiled before the first worker needs it."""


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    """Yield workers with a broker of their own; none runs yet."""
    server = KafkaServer(tmp_path / "kafka").start()
    made = Workers(tmp_path, server, snapshot_seconds=1.0)
    yield made
    made.stop_all()
    server.kill()
