"""A broker for each test that asks for one."""

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
    if not (shutil.which("java") and shutil.which("mvn")):
        message = "Java or Maven is not installed (apt-get install maven)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    server = KafkaServer(tmp_path / "kafka").start()
    yield server
    server.kill()


@pytest.fixture
def workers(tmp_path: Path, kafka: KafkaServer) -> Iterator[Workers]:
    """Yield workers of that Kafka; none runs yet."""
    made = Workers(tmp_path, kafka, snapshot_seconds=2.0)
    yield made
    made.stop_all()
