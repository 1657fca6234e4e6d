"""Is it right: the slow truth beside a store, and the fast core beside itself."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Files, Store


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw recount claims.avro --store store --sample 1")(recount)
    app.command(epilog="Example: ocmw rebuild --store store")(rebuild)


def recount(
    files: Files,
    store: Annotated[
        Path | None, typer.Option(help="Store made from these files; without one they are replayed first.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(help="Seed of a sample of whole blocks; without it every block is counted again.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes, each with the whole log in memory; default one a processor.")
    ] = None,
) -> None:
    """Count again from scratch with slow, independent code; print each cell that differs, exit 1 if any does.

    Give all files that the store was made from, in the same order. A sample is quicker on a large store: whole blocks,
    one of each node and kind of period of the last update, then at random.
    """
    from streams import kernel_cache

    kernel_cache.prepare()
    from sinks.directory import DirectoryStore
    from streams.console import progress_bar
    from streams.embedded import Embedded
    from streams.processes import workers
    from streams.recount_workers import Task, keep_log, recounted
    from streams.settings import load_settings

    with (
        tempfile.TemporaryDirectory() as temporary,
        workers(processes or os.cpu_count() or 1) as beside,
        progress_bar() as report,
    ):
        log = Path(temporary) / "log"
        settings = load_settings().figures() if store is None else DirectoryStore.reading(store).settings
        reading = beside.submit(keep_log, files, log, settings)
        if store is None:
            store = Path(temporary) / "store"
            Embedded.run(store, settings, files, progress=report)
        report("reading the log slowly", 0, 1)
        reading.result()
        verdict = recounted(Task(log, store, sample), beside, report)
    for difference in verdict.differences:
        typer.echo(difference)
    typer.echo(
        f"{len(verdict.differences)} of {verdict.cells} cells differ ({verdict.blocks} blocks and their vintages "
        f"by the slow count, {verdict.totals} kingdom totals in SQL, {verdict.indicators} rows of indicators)"
    )
    raise typer.Exit(1 if verdict.differences else 0)


def rebuild(
    store: Store,
    repair: Annotated[bool, typer.Option("--repair", help="Make all releases anew, in the store itself.")] = False,  # noqa: FBT002 - a flag
    from_kafka: Annotated[bool, typer.Option("--from-kafka", help="For a store of workers, also a lost one.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Count all periods again from the ledger with the fast core; compare with the newest release, or repair.

    Exit 1 when a block differs. --repair forgets the releases and makes all of them again: from the store's journal, or
    with --from-kafka from the rows topic, also where the directory was lost.
    """
    from streams import kernel_cache

    kernel_cache.prepare()
    different = _from_kafka(store, repair=repair) if from_kafka else _from_journal(store, repair=repair)
    raise typer.Exit(1 if different else 0)


def _from_journal(store: Path, *, repair: bool) -> bool:
    from sinks.directory import DirectoryStore
    from sinks.journal import Journal
    from streams.console import progress_bar
    from streams.embedded import Embedded
    from streams.rebuild import differing_blocks, forget_releases
    from streams.settings import UsageError, load_settings

    found = DirectoryStore.reading(store)
    if found.latest() and not Journal(store).segments():
        message = f"{store}: no journal here, its releases came from Kafka; run it with --from-kafka"
        raise UsageError(message)
    if repair:
        forget_releases(store)
    with Embedded(store, found.settings, load_settings().keep_releases) as opened, progress_bar() as report:
        blocks, different = differing_blocks(opened, report)
    for name in different:
        typer.echo(f"{name}: the store holds other cells than a full count gives; run ocmw rebuild --repair")
    typer.echo(f"{len(different)} of {blocks} blocks differ")
    return bool(different)


def _from_kafka(store: Path, *, repair: bool) -> bool:
    """Make all releases from the topics: in the store itself, or beside it to compare; tell whether any differs."""
    import asyncio
    import tempfile

    from sinks.directory import DirectoryStore
    from streams.console import progress_bar, show_table
    from streams.kafka.compare import differences
    from streams.kafka.rebuild import make_releases
    from streams.kafka.settings import KafkaSettings
    from streams.rebuild import forget_releases
    from streams.settings import load_settings

    settings = load_settings()
    if repair:
        forget_releases(store)
    with tempfile.TemporaryDirectory() as temporary, progress_bar() as report:
        root = store if repair else Path(temporary) / "store"
        home = DirectoryStore.writing(root, settings.figures(), settings.keep_releases if repair else None)
        newest = asyncio.run(make_releases(KafkaSettings(), settings.figures(), home, report))
        found = [] if repair else list(differences(DirectoryStore.reading(store), home))
    if found:
        show_table("Differences", ("release", "support", "period", "what"), found)
    typer.echo(f"releases up to {newest} made from the topics" + ("" if repair else f"; {len(found)} differences"))
    return bool(found)
