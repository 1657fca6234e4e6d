"""The indicators of the time dimension of one place, on the screen."""

from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import Store

if TYPE_CHECKING:
    import pandas as pd

    from sinks.directory.store import DirectoryStore


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw indicators --store store --place 44021")(indicators)


def indicators(
    store: Store,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
    place: Annotated[
        str, typer.Option(help="NIS code or name of a municipality, or an area up to the kingdom.")
    ] = "01000",
    zone: Annotated[str, typer.Option(help="public, or restricted for any municipality.")] = "public",
    update: Annotated[
        str | None, typer.Option(help="Id of an update: count its indicators first, where the store has none.")
    ] = None,
) -> None:
    """Show how long, how often again, who comes and goes and where to, as far as the months they need are published."""
    from schemas.indicators import is_public
    from schemas.places import PLACES
    from sinks.directory.store import DirectoryStore
    from sinks.files.indicators import TABLES, indicator_batches
    from streams.commands.places import place_named
    from streams.settings import UsageError
    from streams.shell.console import say, show_table

    place = place_named(place)
    if update is not None and release is not None:
        message = "--release does not apply where --update names what is shown; leave it out"
        raise UsageError(message)
    home = DirectoryStore.reading(store)
    number = home.release(release).update.sequence if release is not None else home.latest()
    if update is not None:
        number = _counted(home, update)
    any_shown = False
    for name in TABLES:
        for batch in indicator_batches(home, number, name, zone):
            rows = batch.to_pandas()
            for title, newest in _newest(rows[rows["geo"].astype(str) == place]):
                if not any_shown:
                    typer.echo(_heading(home, number, place, zone))
                any_shown = True
                typer.echo()
                say(title)
                show_table("", ("category", "count", "base"), newest)
    if any_shown:
        return
    if zone == "public" and not any(is_public(level, geo) for level, geo in PLACES if geo == place):
        why = ": of municipalities it shows the centre cities alone; ask with --zone restricted."
    else:
        why = f" at release {number}: no month it needs is published."
    typer.echo(f"Nothing is shown of {place} in the {zone} zone{why}")


def _heading(store: "DirectoryStore", number: int, place: str, zone: str) -> str:
    """Return the heading: place, zone, release and update. Below it each series stands at its newest reference."""
    from schemas.places import PLACES, place_name

    name = next(place_name(level, geo, "nl") for level, geo in PLACES if geo == place)
    return f"{name} ({place}), {zone} zone, release {number}, update {store.release(number).update.update_id}"


def _counted(store: "DirectoryStore", update: str) -> int:
    """Count the indicators of an update where the store has none; return its number."""
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from streams.embedded.on_request import count_on_request
    from streams.settings import UsageError

    numbers = {one.update_id: one.sequence for one in store.updates()}
    if update not in numbers:
        message = f"{update!r} is no update of this store; there are {', '.join(numbers) or 'none'}"
        raise UsageError(message)
    made = count_on_request(store, numbers[update])
    typer.echo(f"Update {update}: {', '.join(made) or 'nothing'} counted on request.")
    return numbers[update]


def _newest(rows: "pd.DataFrame") -> "list[tuple[str, list[tuple[str, int, int]]]]":
    """Return (title, lines) of each series of one dimension, at its newest reference."""
    from schemas.indicators import series_words

    simple = rows[~rows["breakdown"].astype(str).str.startswith("band_")]
    tables = []
    for (indicator, method), series in simple.groupby(["indicator", "method"], observed=True):
        newest = series[series["reference"].astype(str) == series["reference"].astype(str).max()]
        breakdown = str(newest["breakdown"].iloc[0])
        title = f"{newest['reference'].iloc[0]}, {series_words(str(indicator), str(method), breakdown)[1]}"
        columns = (newest["category"].astype(str), newest["count"].tolist(), newest["base"].tolist())
        order = _order(str(indicator), str(method), breakdown)
        tables.append((title, sorted(zip(*columns, strict=True), key=lambda line: order.index(line[0]))))
    return tables


def _order(indicator: str, method: str, breakdown: str) -> tuple[str, ...]:
    """Return the categories of a series as people read them: ``<1`` before ``1-2``, 3 months before 12."""
    from schemas.indicators import NUMBER, SERIES

    return SERIES[NUMBER[indicator, method, breakdown]].categories
