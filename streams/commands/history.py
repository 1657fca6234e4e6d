"""Events in: generate a synthetic history, check files, replay them into a store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.embedded.driver import Outcomes
    from streams.shell.progress import Report

Files = Annotated[list[Path], typer.Argument(help="Avro files of dossier events, in log order.", show_default=False)]
Store = Annotated[Path, typer.Option("--store", help="Directory of the store.", show_default=False)]

MOST_PERSONS = 12_000_000
"""All of Belgium."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw generate --persons 2000 --from 2023-01 --to 2024-06 --out claims.avro")(generate)
    app.command(epilog="Example: ocmw check claims.avro")(check)
    app.command(epilog="Example: ocmw replay claims.avro --store store")(replay)


def generate(
    persons: Annotated[int, typer.Option(help="Distinct persons in all.", min=1, max=MOST_PERSONS)],
    first: Annotated[str, typer.Option("--from", help="First month, as 2022-01.")],
    last: Annotated[str, typer.Option("--to", help="Last month, as 2023-12.")],
    out: Annotated[Path, typer.Option(help="The Avro file to write; with --services the folder.")],
    seed: Annotated[int, typer.Option(help="Same seed, same history.", min=0)] = 1,
    statements: Annotated[
        Path | None, typer.Option(help="Folder for the same history as monthly statements, for ocmw import maandstaat.")
    ] = None,
    services: Annotated[
        bool, typer.Option("--services", help="Contracts, decisions, requests and yearly reports instead of claims.")
    ] = False,
) -> None:
    """Write a synthetic, calibrated history: claims, late regularisations, moves, and an UpdateClosed a month.

    Persons are random pseudonyms, places and rates those of Belgium; the same options give the same bytes. With
    --statements the events hold what statements say, no more: importing them gives the same figures in all cells. The
    rates of --services are choices: it writes a file for each topic into a folder, in the order of ocmw admit.
    """
    if services:
        _generate_services(persons, (first, last), seed, out)
        return
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from schemas.periods import parse_month
    from streams.settings import UsageError
    from streams.shell.console import OUT, counted, progress_bar
    from synthetic import HistorySize, generate_statements
    from synthetic import generate as write_history

    def report_of(report: "Report") -> "Callable[[int, int], None]":
        return lambda done, total: report("writing months", done, total)

    try:
        size = HistorySize(persons, parse_month(first), parse_month(last), seed)
        with progress_bar() as report:
            made = (
                write_history(size.persons, size.first, size.last, size.seed, out, report_of(report))
                if statements is None
                else generate_statements(size, out, statements, report_of(report))
            )
    except ValueError as error:
        raise UsageError(str(error)) from error
    summary = (
        f"{counted(made.persons, 'person')}, {counted(made.events, 'event')} and {counted(made.updates, 'update')}"
    )
    OUT.print(f"{summary} in {out}")


def _generate_services(persons: int, months: tuple[str, str], seed: int, folder: Path) -> None:
    from schemas.periods import parse_month
    from sinks.durability import explained
    from streams.settings import UsageError
    from streams.shell.console import OUT, counted, progress_bar
    from synthetic.services import generate_services

    try:
        wanted = parse_month(months[0]), parse_month(months[1])
        with progress_bar() as report, explained(folder):
            made = generate_services(
                persons, wanted, seed, folder, lambda done, total: report("drawing lives", done, total)
            )
    except ValueError as error:
        raise UsageError(str(error)) from error
    for path, records in zip(made.files, made.records, strict=True):
        OUT.print(f"{counted(records, 'record')} in {path}")


def check(
    files: Files,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when anything would be set aside.")] = False,
) -> None:
    """Read and validate files without storing anything; say what they hold, what would be set aside and why.

    Look at months, OCMWs, supports and amounts before you send: euros taken for cents leap to the eye. Exit 0 also when
    events would be set aside, unless --strict; 1 when a file is corrupt or no Avro.
    """
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from processors.admission.overview import Overview
    from streams.commands.checking import show_groups, show_overview
    from streams.embedded.driver import checked
    from streams.settings import load_settings
    from streams.shell.clock import next_month, today
    from streams.shell.console import progress_bar
    from streams.shell.warm_up import compile_ahead

    settings, overview = load_settings().figures(), Overview(today(), next_month())
    with progress_bar() as report:
        compile_ahead(report)
        outcomes = checked(files, settings, report, overview)
    show(outcomes)
    show_groups(outcomes)
    show_overview(overview, outcomes)
    if strict and outcomes.set_aside:
        raise typer.Exit(1)


Future = Annotated[
    bool, typer.Option("--allow-future", help="Take a reference month later than next month; it blocks earlier ones.")
]


def replay(files: Files, store: Store, allow_future: Future = False) -> None:
    """Do the whole job without a server: events in, releases out; go on where the store was.

    Files are verified whole first: a corrupt one changes nothing, nor does one that closes an update for a month later
    than next month. Events that the store has seen change nothing either, so the same files may be given again with new
    ones. Each UpdateClosed in the files makes a release; what follows the last one is kept and waits. At the end:
    events in = applied + duplicates + set aside; set_aside.csv in the store says where each stands and what to do.
    """
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from streams.embedded.driver import Embedded
    from streams.release.publishing import publishing
    from streams.settings import load_settings
    from streams.shell.clock import next_month
    from streams.shell.console import progress_bar
    from streams.shell.warm_up import compile_ahead

    settings, latest = load_settings(), None if allow_future else next_month()
    how = publishing(settings)
    with progress_bar() as report:
        compile_ahead(report)
        outcomes = Embedded.run(store, settings.figures(), files, settings.keep_releases, report, how, latest)
    show(outcomes)
    _show_store(store, aside=bool(outcomes.set_aside))


def _show_store(store: Path, *, aside: bool) -> None:
    """Print how many releases a store holds, and where it lists what a run set aside."""
    from sinks.directory.set_aside import FILE
    from sinks.directory.store import DirectoryStore
    from streams.shell.console import counted

    releases = len(DirectoryStore.reading(store).numbers())
    none = f"no release in {store} yet: no update was closed"
    typer.echo(f"{counted(releases, 'release')} in {store}" if releases else none)
    if aside:
        typer.echo(f"where what was set aside stood, and what to do: {store / FILE}")


def show(outcomes: "Outcomes") -> None:
    """Print the balance of a run (L2), then a line for each fault that occurred."""
    from schemas.faults import FAULTS

    aside = outcomes.faults.total()
    balance = f"applied {outcomes.applied} + duplicates {outcomes.duplicates} + set aside {aside}"
    typer.echo(f"events in {outcomes.events} = {balance}")
    for fault in FAULTS:
        if outcomes.faults[fault.slug]:
            typer.echo(f"{fault.slug} {outcomes.faults[fault.slug]}")
