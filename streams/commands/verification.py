"""Is it right: the slow truth beside a store, and the fast core beside itself."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer

from streams.commands.history import Files, Store


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw recount claims.avro --store store --sample 1")(recount)
    app.command(epilog="Example: ocmw rebuild --store store")(rebuild)


Service = Literal["contracts", "social-reports", "subsidies"]
_MOST = 50
"""Differences that are printed."""


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
    service: Annotated[
        Service | None, typer.Option(help="Count this keyed service again instead of the figures.", show_default=False)
    ] = None,
) -> None:
    """Count again from scratch with slow, independent code; print each cell that differs, exit 1 if any does.

    Give all files that the store was made from, in the same order. A sample is quicker on a large store: whole blocks,
    one of each node and kind of period of the last update, then at random. With a service the files are its own
    (contracts, decisions, requests, yearly reports), and each request, figure or indicator is compared.
    """
    from streams.shell import kernel_cache

    if service is not None:
        _recount_service(service, files, store)
        return

    kernel_cache.prepare()
    from sinks.directory.store import DirectoryStore
    from streams.embedded.driver import Embedded
    from streams.proof.recount_workers import Task, keep_log, recounted
    from streams.settings import load_settings
    from streams.shell.console import progress_bar
    from streams.shell.processes import workers

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


def _recount_service(name: Service, files: list[Path], store: Path | None) -> None:
    from schemas.services.days import instant_of
    from streams.embedded.admission import admit_files
    from streams.proof.recount_services import recounted_service
    from streams.shell.clock import instant

    with tempfile.TemporaryDirectory() as temporary:
        if store is None:
            store = Path(temporary) / "store"
            admit_files(files, store, instant_of(instant()))
        verdict = recounted_service(name, files, store)
    for difference in verdict.differences[:_MOST]:
        typer.echo(difference)
    typer.echo(f"{len(verdict.differences)} of {verdict.compared} {verdict.noun} differ by the slow count")
    if verdict.differences:
        raise typer.Exit(1)


def rebuild(
    store: Store,
    repair: Annotated[bool, typer.Option("--repair", help="Make all releases anew, in the store itself.")] = False,
    from_kafka: Annotated[bool, typer.Option("--from-kafka", help="For a store of workers, also a lost one.")] = False,
    without_update: Annotated[
        str | None, typer.Option(help="Id of an update to leave out, with --into; the store stays as it is.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Directory of the new store.", show_default=False)] = None,
) -> None:
    """Count all periods again from the log with the fast core; compare with the newest release, or repair.

    Every block is also read. Exit 1 when one is torn or differs; nothing is written. --repair makes all releases again,
    from the store's journal, or with --from-kafka from the rows topic, also where the directory was lost: beside the
    old ones, which stand until all is made. --without-update replays the journal into another store without one
    update: that is how one repairs a reference month far ahead, which blocks all others.
    """
    from streams.settings import UsageError
    from streams.shell import kernel_cache

    if (without_update is None) != (into is None) or (into is not None and (repair or from_kafka)):
        message = "--without-update ID and --into DIR belong together, and to no other option"
        raise UsageError(message)
    kernel_cache.prepare()
    if without_update is not None and into is not None:
        _without(store, without_update, into)
        return
    different = _from_kafka(store, repair=repair) if from_kafka else _from_journal(store, repair=repair)
    raise typer.Exit(1 if different else 0)


def _without(root: Path, update_id: str, into: Path) -> None:
    from sinks.directory.store import DirectoryStore
    from streams.commands.history import show
    from streams.proof.without_update import made_without
    from streams.settings import load_settings
    from streams.shell.console import counted, progress_bar, say

    with progress_bar() as report:
        outcomes = made_without(DirectoryStore.reading(root), update_id, into, load_settings().keep_releases, report)
    show(outcomes)
    say(f"{counted(len(DirectoryStore.reading(into).numbers()), 'release')} in {into}, without update {update_id}")
    say("closings that were refused because of it are in no journal: replay their files into the new store")


def _from_journal(root: Path, *, repair: bool) -> bool:
    """Compare a store with its journal, after a repair where one is asked for; tell whether anything differs."""
    from sinks.directory.journal import Journal
    from sinks.directory.store import DirectoryStore
    from streams.proof.rebuild import made_anew, releases_of_journal, unsound
    from streams.settings import UsageError, load_settings
    from streams.shell.console import progress_bar

    store = DirectoryStore.reading(root)
    if store.latest() and not Journal(root).segments():
        message = f"{root}: no journal here, its releases came from Kafka; run it with --from-kafka"
        raise UsageError(message)
    with progress_bar() as report:
        if repair:
            report("making all releases anew", 0, 1)
            made_anew(root, releases_of_journal(store, load_settings().keep_releases))
        wrong = list(unsound(store, report))
    for sentence in wrong:
        typer.echo(sentence)
    blocks = len(store.release().entries) if store.latest() else 0
    typer.echo(f"{len(wrong)} differences in {blocks:,} blocks" + ("; run ocmw rebuild --repair" if wrong else ""))
    return bool(wrong)


def _from_kafka(root: Path, *, repair: bool) -> bool:
    """Make all releases from the topics: for the store itself, or beside it to compare; tell whether any differs.

    A lost store has no settings any more that these could differ from.
    """
    import asyncio
    import tempfile

    from sinks.directory import identity
    from sinks.directory.store import DirectoryStore
    from streams.kafka.release.rebuild import make_releases
    from streams.kafka.settings import KafkaSettings
    from streams.proof.compare import differences
    from streams.proof.rebuild import made_anew
    from streams.settings import load_settings
    from streams.shell.console import progress_bar, show_table

    settings = load_settings()
    if identity.exists(root) or not repair:
        identity.require(root, settings.figures())

    with progress_bar() as report, tempfile.TemporaryDirectory() as temporary:

        def make(room: Path) -> int:
            made = DirectoryStore.writing(room, settings.figures(), settings.keep_releases if repair else None)
            return asyncio.run(make_releases(KafkaSettings(), settings.figures(), made, report))

        newest = made_anew(root, make) if repair else make(Path(temporary))
        reading = DirectoryStore.reading
        differing = [] if repair else list(differences(reading(root), reading(Path(temporary))))
    if differing:
        show_table("Differences", ("release", "support", "period", "what"), differing)
    typer.echo(f"releases up to {newest} made from the topics" + ("" if repair else f"; {len(differing)} differences"))
    return bool(differing)
