"""An OCMW sees its events arrive between two updates, and nobody else sees anything of it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import fastavro
import pytest
from kafka_workers import Workers
from typer.testing import CliRunner

from schemas import events as avro
from schemas.periods import parse_month
from schemas.places import MUNICIPALITIES
from schemas.settings import FigureSettings
from sinks.directory.live import LiveHome
from sinks.directory.store import DirectoryStore
from sinks.files.live import ExportedFigures, as_it_is, as_released
from sinks.files.long_table import long_table
from sinks.files.selection import Selection
from streams.cli import app
from streams.embedded.driver import Embedded
from streams.kafka.clients import producing
from streams.kafka.emit import emit
from streams.kafka.updates import closing
from streams.proof.compare import differences
from synthetic import generate

pytestmark = pytest.mark.slow
RELEASES = 3
SOME = MUNICIPALITIES[::10]
"""Whose exports are compared: one takes a tenth of a second. ``tests/unit/processors/live`` compares all cells."""
SECONDS = 60.0
"""More than the 2 s that ``make bench-kafka`` measures: tests share their machine."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a history up to its third update, what follows without a closing, and the closing of that."""
    folder = tmp_path_factory.mktemp("files")
    whole = folder / "whole.avro"
    generate(800, parse_month("2024-01"), parse_month("2024-04"), 11, whole)
    parts: list[list[tuple[str, object]]] = [[], [], []]
    closed = 0
    with whole.open("rb") as file:
        for record in fastavro.reader(file, return_record_name=True):
            is_closing = record[0] == "be.ocmw.v1.UpdateClosed"
            parts[min(closed // RELEASES, 1) + (is_closing and closed == RELEASES)].append(record)
            closed += is_closing
    parts[2] = [("be.ocmw.v1.UpdateClosed", {"update_id": "later", "reference_month": 202403})]
    paths = [folder / f"{name}.avro" for name in ("closed", "open", "closing")]
    for path, records in zip(paths, parts, strict=True):
        with path.open("wb") as out:
            fastavro.writer(out, avro.union(), records)
    return paths


def provisional(
    show: Callable[[DirectoryStore, Selection], ExportedFigures | None], store: DirectoryStore
) -> list[object]:
    """Return what the zone tells some OCMWs, without what names the update."""
    rows: list[object] = []
    for nis in SOME:
        live_figures = show(store, Selection("provisional", ocmw=nis))
        assert live_figures is not None
        for batch in long_table(live_figures.blocks, live_figures.chosen, live_figures.selection):
            rows += batch.drop_columns(["update_id"]).to_pylist()
    return rows


def await_live(workers: Workers, stop: int, release: int = RELEASES) -> None:
    """Wait until so many records of the log are live above a release."""
    home, deadline = LiveHome(workers.store), time.monotonic() + SECONDS
    while True:
        state = home.state()
        if state and state.reflects.release == release and sum(state.reflects.positions) >= stop:
            return
        assert time.monotonic() < deadline, (state, workers.log("publish")[-2000:])
        time.sleep(0.05)


def seen_by_others(workers: Workers) -> list[object]:
    """Return what the public and the restricted zone tell."""
    store = DirectoryStore.reading(workers.store)
    return [as_released(store, Selection(zone)).chosen for zone in ("public", "restricted")]


def exported(workers: Workers, out: Path, *options: str) -> str:
    zone = ["--zone", "provisional", "--ocmw", "44021", "--format", "csv", "--out", str(out)]
    result = CliRunner().invoke(app, ["export", "--store", str(workers.store), *zone, *options])
    assert result.exit_code == 0, result.output
    return result.output


async def close(workers: Workers) -> None:
    async with producing(workers.settings) as producer, closing(workers.settings, producer) as closer:
        await closer.close("later", 202403)


def test_events_show_before_their_update_and_are_what_it_tells(
    workers: Workers, files: list[Path], tmp_path: Path
) -> None:
    Embedded.run(tmp_path / "embedded", FigureSettings(), files)
    embedded = DirectoryStore.reading(tmp_path / "embedded")
    workers.start("intake", "intake")
    workers.start("publish", "publish")
    closed = asyncio.run(emit(workers.settings, files[:1]))
    workers.await_release(RELEASES, 90)
    before = seen_by_others(workers)

    sent = asyncio.run(emit(workers.settings, files[1:2]))
    stop = closed.events + sent.events + RELEASES * workers.settings.partitions
    await_live(workers, stop)
    store = DirectoryStore.reading(workers.store)
    assert sent.events > 500
    live_rows = provisional(as_it_is, store)
    assert live_rows == provisional(as_released, embedded)
    assert live_rows != provisional(as_released, store)
    assert seen_by_others(workers) == before
    assert "; live 20" in exported(workers, tmp_path / "live.csv")
    assert '"live 20' in (tmp_path / "live.csv").read_text(encoding="utf-8")
    assert "; as released by release 3" in exported(workers, tmp_path / "released.csv", "--released")

    workers.kill("publish")
    (workers.store / "live.sqlite").unlink()
    workers.start("publish", "publish")
    await_live(workers, stop)
    assert provisional(as_it_is, store) == live_rows

    asyncio.run(close(workers))
    workers.await_release(RELEASES + 1, 60)
    await_live(workers, stop, RELEASES + 1)
    assert list(differences(embedded, store)) == []
    assert provisional(as_it_is, store) == live_rows
    assert "and what came since" in exported(workers, tmp_path / "after.csv")
    assert (tmp_path / "after.csv").read_bytes() == (exported_release(workers, tmp_path)).read_bytes()


def exported_release(workers: Workers, folder: Path) -> Path:
    out = folder / "release.csv"
    exported(workers, out, "--released")
    return out
