"""How complete the data are, as a page."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Store


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw completeness --store store --out complete.html")(completeness)


def completeness(
    store: Store,
    out: Annotated[Path, typer.Option(help="The file to write; its ending says how: .html or .md.")],
    months: Annotated[int, typer.Option(min=1, help="Months up to the one that was closed.")] = 24,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
) -> None:
    """Say how complete the data are: OCMWs worst first, supports, and months that are most likely typing errors.

    All of it is in the table: ocmw export --table completeness. It names no person and stays in the house.
    """
    from sinks.directory.store import DirectoryStore
    from sinks.files.completeness_page import completeness_page, write_page
    from streams.settings import UsageError

    if out.suffix not in (".html", ".md"):
        raise UsageError(f"{out} is neither .html nor .md; the ending says which of the two is written")
    home = DirectoryStore.reading(store)
    page = completeness_page(home, home.release(release).update.sequence, months)
    write_page(out, page)
    typer.echo(f"{len(page.tables[0].rows)} OCMWs, {page.first} to {page.last}, in {out}")
