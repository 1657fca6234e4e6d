"""A broker for each test that asks for one, or for a file of tests."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka_workers import Workers

from streams.servers.kafka import KafkaServer


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    """Yield an empty Kafka; without Java and Maven the test is skipped, in CI it fails."""
    yield from started(tmp_path / "kafka")


@pytest.fixture(scope="module")
def shared_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Yield a Kafka for all tests of a file that keep to topics and groups of their own."""
    yield from started(tmp_path_factory.mktemp("shared") / "kafka")


def started(root: Path) -> Iterator[KafkaServer]:
    """Start a Kafka, and end it when the test, or the file of tests, is done."""
    if not (shutil.which("java") and shutil.which("mvn")):
        message = "Java or Maven is not installed (apt-get install maven)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    server = KafkaServer(root).start()
    yield server
    server.kill()


@pytest.fixture
def workers(tmp_path: Path, kafka: KafkaServer) -> Iterator[Workers]:
    """Yield workers of that Kafka; none runs yet."""
    made = Workers(tmp_path, kafka, snapshot_seconds=2.0)
    yield made
    made.stop_all()
