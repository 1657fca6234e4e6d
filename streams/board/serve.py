"""Serving the board: the application in uvicorn, its health and measures on a port of their own."""

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import version
from time import perf_counter
from types import MappingProxyType
from typing import Any, NamedTuple

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sinks.public.protocol import PublicSource
from streams.board.app import Board, build_app
from streams.board.library import Library
from streams.board.problems import ProblemError
from streams.board.settings import BoardSettings
from streams.release.publishing import PACKAGE
from streams.shell.health import HealthSettings
from streams.shell.metrics import Metrics

KINDS = {"api": "api", "files": "file", "static": "static"}
"""First part of an address -> what it is, for measures; anything else is a page, in a zone a page of it."""
_PAGES_SHARE = 3
"""Of what may be held in memory, a third is answers, the rest figures."""


class Measured:
    """Measures each request to its first byte, and how it was answered; no address and no reader is noted."""

    def __init__(self, served: "Served", metrics: Metrics) -> None:
        """Take what is served, and the measures."""
        self._board = served.board
        self._app = served.app
        self._pages = served.pages
        self._metrics = metrics
        metrics.tell("ocmw_board_unreadable", 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        kind = KINDS.get(scope["path"].strip("/").partition("/")[0], self._pages)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = f"{message['status'] // 100}xx"
                self._metrics.took("ocmw_board_seconds", perf_counter() - began, kind, answered)
                self._metrics.tell("ocmw_board_unreadable", self._board.unreadable)
            await send(message)

        await self._app(scope, receive, sending)


def waiting(library: Library) -> Callable[[], str]:
    """Return what says why the board is not ready, "" when it is."""

    def reason() -> str:
        try:
            library.bound("latest")
        except ProblemError as error:
            return error.sentence
        return ""

    return reason


class Served(NamedTuple):
    """What is served, over which TLS where a proxy is known by its certificate, and as what its pages are measured."""

    board: Board
    app: ASGIApp
    tls: Mapping[str, Any] = MappingProxyType({})
    pages: str = "page"


def public(source: PublicSource, older: PublicSource | None, settings: BoardSettings) -> Served:
    """Return the public site."""
    share = settings.cache_mb / _PAGES_SHARE
    board = Board(
        Library(source, settings.cache_mb - share, older), version(PACKAGE), settings.address, megabytes=share
    )
    return Served(board, build_app(board))


def server(served: Served, where: tuple[str, int], metrics: Metrics) -> uvicorn.Server:
    """Return the server of a site, not yet started; behind TLS it tells browsers to come by TLS alone."""
    by_tls = served.board.address.startswith("https://")
    config = uvicorn.Config(
        Measured(served, metrics),
        host=where[0],
        port=where[1],
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        limit_concurrency=500,
        h11_max_incomplete_event_size=16_384,
        lifespan="off",
        headers=[("Strict-Transport-Security", "max-age=31536000")] if by_tls else [],
        **served.tls,
    )
    return uvicorn.Server(config)


async def serve(served: Served, where: tuple[str, int], health: HealthSettings) -> None:
    """Serve until a signal ends it. Raises OSError where the port is taken."""
    board, metrics = served.board, Metrics()
    site = server(served, where, metrics)
    beside = health.served(metrics, waiting(board.library))
    for one in beside:
        await one.start()
    try:
        await asyncio.to_thread(board.warm)
        further = asyncio.create_task(asyncio.to_thread(board.warm_further))
        await site.serve()
        await further
    finally:
        for one in beside:
            await one.stop()
