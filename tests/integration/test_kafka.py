"""The same history through Kafka and through files gives the same releases, whatever is killed meanwhile."""

import asyncio
from pathlib import Path

import fastavro
import pandas as pd
import pytest
from kafka_workers import Workers

from schemas import events as avro
from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.indicators import FAMILIES, Family, read_release
from streams.embedded.driver import Embedded
from streams.kafka.emit import emit
from streams.kafka.log_export import export_log
from streams.kafka.updates import accepted_updates
from streams.proof.compare import differences
from synthetic import generate

pytestmark = pytest.mark.slow
UPDATES = 6
CLOSED = 3


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "history.avro"
    generate(1500, parse_month("2024-01"), parse_month("2024-06"), 7, path)
    return path


@pytest.fixture(scope="module")
def embedded(history: Path) -> DirectoryStore:
    Embedded.run(history.with_name("embedded"), FigureSettings(), [history])
    return DirectoryStore.reading(history.with_name("embedded"))


def same(workers: Workers, embedded: DirectoryStore) -> bool:
    assert embedded.latest() == UPDATES
    return list(differences(embedded, DirectoryStore.reading(workers.store))) == []


def test_kafka_gives_the_releases_of_the_files_cell_by_cell(
    workers: Workers, history: Path, embedded: DirectoryStore, tmp_path: Path
) -> None:
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    emitted = asyncio.run(emit(workers.settings, [history]))
    workers.await_release(UPDATES, 90)
    assert emitted.closed == UPDATES
    assert same(workers, embedded)
    assert workers.stop("intake") == 0
    assert workers.stop("publish") == 0

    exported = tmp_path / "exported.avro"
    asyncio.run(export_log(workers.settings, exported))
    Embedded.run(tmp_path / "again", FigureSettings(), [exported])
    assert same(workers, DirectoryStore.reading(tmp_path / "again"))


def test_facts_travel_over_kafka_and_the_time_dimension_is_that_of_the_files_under_the_same_settings(
    workers: Workers, tmp_path: Path
) -> None:
    path, files = with_last_closings(tmp_path), tmp_path / "files"
    settings = FigureSettings(spells="LL+FH", first_month="2022-02")
    Embedded.run(files, settings, [path])
    workers.environment |= {"OCMW_SPELLS": settings.spells, "OCMW_FIRST_MONTH": "2022-02"}
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    asyncio.run(emit(workers.settings, [path]))
    workers.await_release(CLOSED, 240)
    assert DirectoryStore.reading(workers.store).settings == settings
    for family in FAMILIES:
        expected, had = indicators(files, CLOSED, family), indicators(workers.store, CLOSED, family)
        assert len(expected) > 1000
        pd.testing.assert_frame_equal(had, expected)


def with_last_closings(folder: Path) -> Path:
    """Write 26 months: with fewer, no exit is old enough to be shown. Only the last updates are closed."""
    whole, path = folder / "whole.avro", folder / "long.avro"
    generate(300, parse_month("2022-01"), parse_month("2024-02"), 7, whole)
    with whole.open("rb") as file:
        records = list(fastavro.reader(file, return_record_name=True))
    closings = [at for at, (name, _) in enumerate(records) if name.endswith("UpdateClosed")]
    left_out = set(closings[:-CLOSED])
    with path.open("wb") as out:
        fastavro.writer(out, avro.union(), [record for at, record in enumerate(records) if at not in left_out])
    return path


def indicators(store: Path, release: int, family: Family) -> pd.DataFrame:
    parts = read_release(DirectoryStore.reading(store), release, family)
    rows = pd.concat([pd.DataFrame(counted.table._asdict()) for counted in parts])
    return rows.sort_values(list(rows.columns[:4]), ignore_index=True)


@pytest.mark.faults
def test_emission_and_workers_may_be_killed_and_repeated(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    asyncio.run(emit(workers.settings, [history]))
    asyncio.run(emit(workers.settings, [history]))
    for update in range(1, UPDATES, 2):
        workers.start("intake", "intake")
        workers.start("publish", "publish")
        workers.await_release(update, 90)
        workers.kill("intake")
        workers.kill("publish")
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    workers.await_release(UPDATES, 90)
    assert same(workers, embedded)
    assert len(asyncio.run(accepted_updates(workers.settings))) == UPDATES


def test_a_store_that_was_lost_is_made_again_from_the_topics(
    workers: Workers, history: Path, embedded: DirectoryStore
) -> None:
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    asyncio.run(emit(workers.settings, [history]))
    workers.await_release(UPDATES, 90)
    workers.stop("publish")
    workers.store.rename(workers.root / "lost")
    workers.start("again", "publish")
    workers.await_release(UPDATES, 90)
    assert same(workers, embedded)
