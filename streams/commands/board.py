"""The board: published figures as a site."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sinks.public.protocol import PublicSource


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw serve --store store --port 8000")(serve)


def serve(
    store: Annotated[
        Path | None, typer.Option(help="Directory of the store, or its public tree alone.", show_default=False)
    ] = None,
    redis: Annotated[str | None, typer.Option(help="Redis to read from, as redis://host:6379/0.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the published figures as a site, with an interface for programs, until it is told to end.

    Of the store it reads the public tree alone. From Redis it shows the releases held there, and with --store beside it
    older ones too. A store without a release can be served: pages say so until there is one.
    """
    from streams.board.serve import serve as served
    from streams.board.settings import BoardSettings
    from streams.settings import UsageError
    from streams.shell.console import say
    from streams.shell.health import HealthSettings

    directory = None if store is None else _tree(store)
    source = _redis(redis) if redis else directory
    if source is None:
        message = "name what to serve: --store DIR, or --redis URL"
        raise UsageError(message)
    older = directory if redis else None
    settings, health = BoardSettings(), HealthSettings()
    say(f"http://{host}:{port}/ shows release {source.current() or 'none yet'}; end it with Ctrl-C")
    asyncio.run(served(source, older, (host, port), settings, health))


def _tree(store: Path) -> "PublicSource":
    from sinks.public.tree import NAME, PublicTree
    from streams.settings import UsageError

    if not store.is_dir():
        message = f"{store}: no directory; name a store, or a copy of its public tree"
        raise UsageError(message)
    return PublicTree(store if (store / "files").is_dir() else store / NAME)


def _redis(url: str) -> "PublicSource":
    from sinks.redis.tree import RedisTree
    from streams.redis_settings import RedisSettings

    copy = RedisSettings(url=url).copy_of_store()
    return RedisTree(copy.client, copy.keep)
