"""The list of youth-care leavers whom one OCMW may look up (H5)."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Store

app = typer.Typer(name="outreach", no_args_is_help=True, help="Lists for outreach, with an approval on record only.")


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


@app.callback()
def outreach() -> None:
    """Keep ``list`` a command of its own name, also while it is the only one."""


@app.command("list", epilog="Example: ocmw outreach list --store store --ocmw 44021 --cohort 2024-H1 --out l.csv")
def list_(
    store: Store,
    ocmw: Annotated[str, typer.Option(help="NIS code of the one OCMW that the list is for.")],
    cohort: Annotated[str, typer.Option(help="Half-year of the exits, as 2024-H1.")],
    out: Annotated[Path, typer.Option(help="The file to write; only you may read it.")],
    after: Annotated[int, typer.Option(help="Months after the exit: 3, 6 or 12.")] = 3,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
) -> None:
    """Write the pseudonyms of adults who left youth care, live there and get no help there; note it in the log."""
    from streams.approvals import required
    from streams.settings import UsageError, load_settings

    settings = load_settings()
    approval = required(settings.approvals, "outreach")
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from edge.keys import log_pseudonyms, outreach_key
    from schemas.indicators import YOUTH_MONTHS, half_year_of
    from sinks.directory.store import DirectoryStore
    from streams.embedded.youth_care import Wanted, outreach_list, write_outreach
    from streams.shell.console import counted

    if after not in YOUTH_MONTHS:
        message = f"{after} months is no choice; write {', '.join(map(str, YOUTH_MONTHS))}"
        raise UsageError(message)
    try:
        wanted = Wanted(ocmw, half_year_of(cohort), after)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if settings.outreach_key is None:
        raise UsageError("the key of the outreach domain needs 32 bytes at least; name its file in OCMW_OUTREACH_KEY")
    key, found = outreach_key(settings.outreach_key), DirectoryStore.reading(store)
    pseudonyms = log_pseudonyms(key, outreach_list(found.root, found.release(release), found.settings, wanted))
    digest = write_outreach(found.root, out, pseudonyms, wanted, approval)
    typer.echo(f"{counted(len(pseudonyms), 'pseudonym')} for {ocmw} in {out}; log of accesses: {digest}")
