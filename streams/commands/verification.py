"""Is it right: the slow truth beside a store, and the fast core beside itself."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Files, Store


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(recount)
    app.command()(rebuild)


def recount(
    files: Files,
    store: Annotated[
        Path | None, typer.Option(help="Store made from these files; without one they are replayed first.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(help="Seed of a sample of whole blocks; without it every block is counted again.")
    ] = None,
) -> None:
    """Count again from scratch with slow, independent code; print each cell that differs, exit 1 if any does."""
    from streams import kernel_cache

    kernel_cache.prepare()
    from sinks.directory import DirectoryStore
    from streams.console import progress_bar
    from streams.embedded import Embedded
    from streams.recount import Recount
    from streams.settings import load_settings

    with tempfile.TemporaryDirectory() as temporary, progress_bar() as report:
        if store is None:
            store = Path(temporary) / "store"
            Embedded.run(store, load_settings().figures(), files, progress=report)
        found = Recount.of(files, DirectoryStore.reading(store))
        verdict = found.verdict(found.places() if sample is None else found.sample(sample), report)
    for difference in verdict.differences:
        typer.echo(difference)
    typer.echo(
        f"{len(verdict.differences)} of {verdict.cells} cells differ ({verdict.blocks} blocks and their vintages "
        f"by the slow count, {verdict.totals} kingdom totals in SQL, {verdict.indicators} rows of indicators)"
    )
    raise typer.Exit(1 if verdict.differences else 0)


def rebuild(
    store: Store,
    repair: Annotated[bool, typer.Option("--repair", help="Make all releases anew from the journal.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Count all periods again from the ledger with the fast core; compare with the newest release, or repair."""
    from streams import kernel_cache

    kernel_cache.prepare()
    from sinks.directory import DirectoryStore
    from streams.console import progress_bar
    from streams.embedded import Embedded
    from streams.rebuild import differing_blocks, forget_releases
    from streams.settings import load_settings

    settings = DirectoryStore.reading(store).settings
    if repair:
        forget_releases(store)
    with Embedded(store, settings, load_settings().keep_releases) as opened, progress_bar() as report:
        blocks, different = differing_blocks(opened, report)
    for name in different:
        typer.echo(f"{name}: the store holds other cells than a full count gives; run ocmw rebuild --repair")
    typer.echo(f"{len(different)} of {blocks} blocks differ")
    raise typer.Exit(1 if different else 0)
