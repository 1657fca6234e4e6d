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
    worst: Annotated[int, typer.Option(min=1, help="OCMWs on the page; all of them stand in a .csv beside it.")] = 50,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
) -> None:
    """Say how complete the data are: OCMWs worst first, supports, and months that are most likely typing errors.

    Beside the page a file .csv has all OCMWs; month by month they are in the table: ocmw export --table completeness.
    It names no person and stays in the house.
    """
    from sinks.directory.store import DirectoryStore
    from sinks.files.completeness_page import beside, completeness_page, write_page
    from streams.settings import UsageError

    if out.suffix not in (".html", ".md"):
        raise UsageError(f"{out} is neither .html nor .md; the ending says which of the two is written")
    home = DirectoryStore.reading(store)
    page = completeness_page(home, home.release(release).update.sequence, months, worst)
    write_page(out, page)
    shown = f"the worst {len(page.tables[0].rows)} of {len(page.ocmws.rows)} OCMWs, {page.first} to {page.last}"
    typer.echo(f"{out}: {shown}; all in {beside(out)}")
    for month, ocmw, lines in page.tables[-1].rows:
        typer.echo(f"most likely a typing error: {lines} lines of {month}, OCMW {ocmw}")
