"""Contracts, social reports and subsidies: keyed services beside the figures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import Store

if TYPE_CHECKING:
    from streams.embedded.admission import Balance

ServiceFiles = Annotated[
    list[Path], typer.Argument(help="Avro files, each of one topic's records, in log order.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw admit decisions.avro requests.avro --store store")(admit)


def admit(files: ServiceFiles, store: Store) -> None:
    """Admit contracts, decisions, requests and yearly reports into a store; what it knows already changes nothing.

    For each service whose records the files hold: events in = applied + duplicates + set aside, a line for each reason,
    and how many of all its events wait for another one. set_aside.csv in the store says where each stands.
    """
    from schemas.services.days import instant_of
    from streams.embedded.admission import admit_files
    from streams.shell.clock import instant
    from streams.shell.console import progress_bar

    with progress_bar() as report:
        balances = admit_files(files, store, instant_of(instant()), report)
    show(balances)


def show(balances: "dict[str, Balance]") -> None:
    """Print the balance of each service."""
    from schemas.services.faults import SERVICE_FAULTS

    for name, balance in balances.items():
        aside = balance.faults.total()
        sums = f"applied {balance.applied} + duplicates {balance.duplicates} + set aside {aside}"
        typer.echo(name)
        typer.echo(f"events in {balance.events} = {sums}")
        for fault in SERVICE_FAULTS:
            if balance.faults[fault.slug]:
                typer.echo(f"{fault.slug} {balance.faults[fault.slug]}")
        typer.echo(f"waiting {balance.waiting}")
