"""The board: published figures as a site."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sinks.public.protocol import PublicSource
    from streams.board.serve import Served


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw serve --store store --port 8000")(serve)
    app.command(epilog="Example: ocmw report --store store --lang nl --out report.html")(report)


def serve(
    store: Annotated[
        Path | None, typer.Option(help="Directory of the store, or its public tree alone.", show_default=False)
    ] = None,
    redis: Annotated[str | None, typer.Option(help="Redis to read from, as redis://host:6379/0.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=0, max=65535)] = 8000,
    zone: Annotated[
        str | None, typer.Option(help="restricted or provisional, behind a proxy that knows its users; default public.")
    ] = None,
) -> None:
    """Serve the published figures as a site, with an interface for programs, until it is told to end.

    Of the store it reads the public tree alone. From Redis it shows the releases held there, and with --store beside it
    older ones too. A store without a release can be served: pages say so until there is one. With --zone an OCMW sees
    its own figures and receipts, an officer what is prepared, a researcher questions; who that is a proxy says
    (docs/board.md).
    """
    from tempfile import TemporaryDirectory

    from streams.board.serve import public
    from streams.board.serve import serve as served
    from streams.board.settings import BoardSettings
    from streams.settings import UsageError
    from streams.shell.console import say
    from streams.shell.health import HealthSettings
    from streams.shell.logs import configure

    settings, health = BoardSettings(), HealthSettings()
    configure()
    if zone is not None:
        with TemporaryDirectory(prefix="ocmw-prepared-") as folder:
            site = _zone(store, redis, zone, Path(folder))
            say(f"http://{host}:{port}/ shows the {zone} zone to the proxy; end it with Ctrl-C")
            asyncio.run(served(site, (host, port), health))
        return
    directory = None if store is None else _tree(store)
    source = _redis(redis) if redis else directory
    if source is None:
        message = "name what to serve: --store DIR, or --redis URL"
        raise UsageError(message)
    older = directory if redis else None
    say(f"http://{host}:{port}/ shows release {source.current() or 'none yet'}; end it with Ctrl-C")
    asyncio.run(served(public(source, older, settings), (host, port), health))


def _zone(store: Path | None, redis: str | None, zone: str, folder: Path) -> "Served":
    from streams.board.settings import BoardSettings
    from streams.board.zones.identity import ZONES
    from streams.board.zones.serve import zone as made
    from streams.settings import UsageError

    which = next((one for one in ZONES if one == zone), None)
    if which is None:
        raise UsageError(f"{zone!r} is no zone that is served; write {' or '.join(ZONES)}, or leave --zone out")
    if store is None or redis is not None:
        message = f"--zone {zone} reads a store: name it with --store DIR, without --redis"
        raise UsageError(message)
    return made(store, which, BoardSettings(), folder)


def report(
    store: Annotated[Path, typer.Option(help="Directory of the store, or its public tree alone.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The file to write: .html, or .pdf with the extra.", show_default=False)],
    period: Annotated[
        str | None,
        typer.Option(help="A quarter, as 2024-Q1, or a year; default the newest quarter of the living wage."),
    ] = None,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.", min=1)] = None,
    lang: Annotated[str, typer.Option(help="nl, fr or en.")] = "nl",
) -> None:
    """Write the report of a quarter or a year, as the board shows it, into one file that needs nothing else.

    A PDF is made for whoever listens to it too (PDF/UA-1); it needs the extra: pip install 'ocmw-figures[pdf]'.
    """
    from importlib.metadata import version

    from schemas.periods import Period
    from sinks.durability import put_in_place, temporary
    from streams.board.app import Board
    from streams.board.library import Library
    from streams.board.problems import ProblemError
    from streams.board.words import LANGUAGES
    from streams.release.publishing import PACKAGE
    from streams.settings import UsageError
    from streams.shell.console import say

    language = next((one for one in LANGUAGES if one == lang), None)
    if language is None:
        message = f"--lang is {', '.join(LANGUAGES)}, not {lang}"
        raise UsageError(message)
    if out.suffix not in (".html", ".pdf"):
        message = f"{out}: name a file that ends in .html or .pdf"
        raise UsageError(message)
    library = Library(_tree(store))
    try:
        bound = library.bound("latest" if release is None else str(release))
        reported = Period.parse(period) if period else bound.newest_period("LL", "quarter")
        if reported is None or reported.kind not in ("quarter", "year"):
            message = f"release {bound.number} has no such quarter or year; name one with --period, as 2024-Q1"
            raise UsageError(message)
        html = Board(library, version(PACKAGE)).report(str(bound.number), language, reported)
    except (ProblemError, ValueError) as error:
        raise UsageError(str(error)) from None
    with temporary(out) as written:
        written.write_bytes(html.encode() if out.suffix == ".html" else _pdf(html))
        put_in_place(written, out)
    say(f"{out}: {reported.code}, release {bound.number}")


def _pdf(html: str) -> bytes:
    from streams.settings import UsageError

    try:
        from weasyprint import HTML
    except ImportError:
        message = "a PDF needs the extra: pip install 'ocmw-figures[pdf]'; or write .html"
        raise UsageError(message) from None
    made: bytes = HTML(string=html).write_pdf(pdf_variant="pdf/ua-1")
    return made


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
