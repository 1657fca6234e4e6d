"""The benchmark of the centre cities, as a workbook or a page."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Store


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw benchmark --store store --year 2024 --out report.html")(benchmark)


def benchmark(
    store: Store,
    year: Annotated[int, typer.Option(help="Year to compare; durations are those of its last published month.")],
    out: Annotated[Path, typer.Option(help="The file to write; its ending says how: .xlsx or .html.")],
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
) -> None:
    """Compare the 13 Flemish centre cities with each other, Flanders and Belgium: how long, how often again."""
    from sinks.directory.store import DirectoryStore
    from sinks.files.benchmark.figures import benchmark as compare
    from streams.settings import UsageError

    if out.suffix not in (".xlsx", ".html"):
        message = f"{out} is neither .xlsx nor .html; the ending says which of the two is written"
        raise UsageError(message)
    home = DirectoryStore.reading(store)
    number = home.release(release).update.sequence
    try:
        compared = compare(home, number, year)
    except LookupError as error:
        raise UsageError(str(error)) from error
    if out.suffix == ".html":
        from sinks.files.benchmark.page import write_page

        write_page(out, compared)
    else:
        from sinks.files.benchmark.workbook import write_workbook

        write_workbook(out, compared)
    typer.echo(f"{len(compared.places)} places compared in {out}")
