"""Serving the board: the application in uvicorn, its health and measures on a port of their own."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter

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
"""First part of an address -> what it is, for measures; anything else is a page."""
_PAGES_SHARE = 3
"""Of what may be held in memory, a third is answers, the rest figures."""


class Measured:
    """Measures each request to its first byte, and how it was answered; no address and no reader is noted."""

    def __init__(self, board: Board, metrics: Metrics) -> None:
        """Take the board and the measures."""
        self._board = board
        self._app: ASGIApp = build_app(board)
        self._metrics = metrics
        metrics.tell("ocmw_board_unreadable", 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        kind = KINDS.get(scope["path"].strip("/").partition("/")[0], "page")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = f"{message['status'] // 100}xx"
                self._metrics.took("ocmw_board_seconds", perf_counter() - began, kind, answered)
                self._metrics.tell("ocmw_board_unreadable", self._board.unreadable)
            await send(message)

        await self._app(scope, receive, told)


def waiting(library: Library) -> Callable[[], str]:
    """Return what says why the board is not ready, "" when it is."""

    def told() -> str:
        try:
            library.bound("latest")
        except ProblemError as error:
            return error.sentence
        return ""

    return told


async def serve(
    source: PublicSource,
    older: PublicSource | None,
    where: tuple[str, int],
    settings: BoardSettings,
    health: HealthSettings,
) -> None:
    """Serve until a signal ends it. Raises OSError where the port is taken."""
    share = settings.cache_mb / _PAGES_SHARE
    library = Library(source, settings.cache_mb - share, older)
    board = Board(library, version(PACKAGE), settings.address, share)
    metrics = Metrics()
    app = Measured(board, metrics)
    config = uvicorn.Config(
        app,
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
    )
    served = health.served(metrics, waiting(library))
    for one in served:
        await one.start()
    try:
        await asyncio.to_thread(board.warm)
        further = asyncio.create_task(asyncio.to_thread(board.warm_further))
        await uvicorn.Server(config).serve()
        await further
    finally:
        for one in served:
            await one.stop()
