"""The store directory is lost: all its releases come again from the topics, or from a copy and the topics."""

import asyncio
import shutil
from pathlib import Path

import pytest
from kafka_workers import Workers
from typer.testing import CliRunner, Result

from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from streams.cli import app
from streams.embedded.driver import Embedded
from streams.kafka.emit import emit
from streams.proof.compare import differences
from synthetic import generate

pytestmark = pytest.mark.slow
UPDATES = 4


def rebuild(workers: Workers, monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    monkeypatch.setenv("OCMW_KAFKA_SERVERS", workers.settings.servers)
    return CliRunner().invoke(app, ["rebuild", "--store", str(workers.store), *options])


def test_a_lost_store_comes_again_from_the_topics_or_from_a_copy(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = tmp_path / "history.avro"
    generate(600, parse_month("2024-01"), parse_month("2024-04"), 5, history)
    Embedded.run(tmp_path / "embedded", FigureSettings(), [history])
    embedded = DirectoryStore.reading(tmp_path / "embedded")
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    asyncio.run(emit(workers.settings, [history]))
    workers.await_release(UPDATES, 90)
    workers.stop("publish")

    beside = rebuild(workers, monkeypatch, "--from-kafka")
    assert beside.exit_code == 0, beside.output
    assert f"releases up to {UPDATES} made from the topics; 0 differences" in beside.output
    refused = rebuild(workers, monkeypatch, "--repair")
    assert refused.exit_code != 0
    assert workers.released() == UPDATES

    shutil.rmtree(workers.store)
    repaired = rebuild(workers, monkeypatch, "--from-kafka", "--repair")
    assert repaired.exit_code == 0, repaired.output
    assert list(differences(embedded, DirectoryStore.reading(workers.store))) == []

    for number in range(3, UPDATES + 1):  # as in a copy of which releases/ was taken first
        (workers.store / "releases" / f"{number:06d}.parquet").unlink()
    assert workers.released() == UPDATES - 2
    workers.start("publish", "publish")
    workers.await_release(UPDATES, 90)
    assert list(differences(embedded, DirectoryStore.reading(workers.store))) == []
