"""The board on a store: every kind of page and every route of its interface, cold once and then warm, from outside.

    python -m bench.board STORE
    python -m bench.board STORE redis

With ``redis`` the board reads a Redis that is filled from the store. Times are to the first byte, asked by this process
of a board in another one. A store of national size is left in
``bench/out`` by ``python -m bench.run``.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
from redis import Redis

from sinks.directory.store import DirectoryStore
from sinks.public.tree import PublicTree
from sinks.redis.store import RedisCopy
from sinks.redis.tree import RedisTree
from streams.board.routes import API, PAGES
from streams.servers.kafka import free_port
from streams.servers.redis import RedisServer
from streams.shell.console import show_table

FILLED = {"{support}": "LL", "{nis}": "44021", "quarter/{period}": "quarter/{quarter}", "year/{period}": "year/{year}"}
ROUNDS = 40
SETTLED = 3.0
"""Seconds after which a board has read what it reads ahead."""
QUERIES = {
    "/changes": "?since=1",
    "/history": "?support=LL&period={month}&geo=01000",
    "/indicators": "?indicator=duration",
}


@contextmanager
def served(*source: str) -> Iterator[tuple[HTTPConnection, float, int]]:
    """Serve what options of the command name.

    Yield a connection, the seconds until the first answer, and the id of the process.
    """
    port, began = free_port(), time.perf_counter()
    program = [sys.executable, "-W", "ignore", "-c", "from streams.cli import main; main()", "serve"]
    process = subprocess.Popen([*program, *source, "--port", str(port)], stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        while True:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                answered(connection, "/robots.txt")
                break
            except OSError:
                time.sleep(0.02)
        yield connection, time.perf_counter() - began, process.pid
    finally:
        process.terminate()
        process.wait()


def answered(connection: HTTPConnection, path: str) -> tuple[float, int, int]:
    """Return milliseconds to the first byte, the status, and the bytes as sent."""
    began = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    took = 1000 * (time.perf_counter() - began)
    return took, answer.status, len(answer.read())


def paths() -> dict[str, list[str]]:
    """Return kind of address -> addresses of it, other ones of the same kind among them."""
    addresses = {}
    months = ("2022-03", "2022-09", "2023-01")
    for page in PAGES:
        path = page.path
        for name, value in FILLED.items():
            path = path.replace(name, value)
        path = path.replace("{quarter}", "2022-Q2").replace("{year}", "2022")
        addresses[f"page {page.path}"] = [f"/{language}/latest{path}" for language in ("nl", "fr", "en")]
    for route in API:
        query = QUERIES.get(route.path, "")
        addresses[f"api {route.path}"] = [
            f"/api/v1/latest{route.path}{query}".replace("{month}", month) for month in months
        ]
    return addresses


def memory(process: int) -> int:
    """Return megabytes of memory that a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() >> 20


@contextmanager
def filled(store: Path) -> Iterator[str]:
    """Yield the address of a Redis that holds the public tree of a store."""
    with TemporaryDirectory() as folder, RedisServer(Path(folder)) as server:
        client = Redis.from_url(server.url)
        RedisCopy(client).make_up(DirectoryStore.reading(store))
        RedisTree(client).make_up(PublicTree.of(store))
        yield server.url


def measured(*source: str) -> None:
    """Ask for everything once, then in random order, and print the distribution of each kind."""
    order, rows = Random(1), []  # noqa: S311 - the order of addresses
    with served(*source) as (connection, start, process):
        time.sleep(SETTLED)
        cold = {kind: answered(connection, some[0]) for kind, some in paths().items()}
        warm: dict[str, list[float]] = {kind: [] for kind in cold}
        at_first = memory(process)
        for _ in range(ROUNDS):
            for kind in order.sample(sorted(warm), len(warm)):
                warm[kind].append(answered(connection, order.choice(paths()[kind]))[0])
        at_last = memory(process)
        for kind, times in warm.items():
            p50, p95, most = np.percentile(times, [50, 95, 100]).tolist()
            took, status, size = cold[kind]
            rows.append((kind, status, f"{size / 1024:.0f}", f"{took:.0f}", f"{p50:.1f}", f"{p95:.1f}", f"{most:.0f}"))
    show_table(
        f"First answer after {start:.1f} s; {at_first} MB, and {at_last} MB after {ROUNDS * len(rows)} requests",
        ("address", "status", "KiB", "cold ms", "p50 ms", "p95 ms", "most ms"),
        rows,
    )


if __name__ == "__main__":
    if sys.argv[2:] == ["redis"]:
        with filled(Path(sys.argv[1])) as address:
            measured("--redis", address)
    else:
        measured("--store", sys.argv[1])
