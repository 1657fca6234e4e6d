"""The board behind nginx, as docker-compose.yml puts it there."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

from published import replayed
from redis_server import required

from streams.servers.kafka import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


@contextmanager
def running(*command: object) -> Iterator[None]:
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)  # noqa: S603 - ours, or nginx
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def answer(address: str, **headers: str) -> tuple[Message, bytes]:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as found:  # noqa: S310 - of our own
                return found.headers, found.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def test_what_the_board_answers_comes_through_the_proxy_as_it_was(tmp_path: Path) -> None:
    nginx = required("nginx", "nginx-light")
    replayed(tmp_path / "store", "2024-01", "2024-02")
    board, proxy = free_port(), free_port()
    told = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    file = tmp_path / "nginx.conf"
    ours = told.replace("board:8000", f"127.0.0.1:{board}").replace("listen 8080", f"listen 127.0.0.1:{proxy}")
    for place in ("/run/", "/var/cache/nginx/"):
        ours = ours.replace(place, f"{tmp_path}/")
    file.write_text(ours, encoding="utf-8")
    served = (sys.executable, "-W", "ignore", "-c", "from streams.cli import main; main()", "serve")
    with (
        running(*served, "--store", tmp_path / "store", "--port", board),
        running(nginx, "-c", file, "-g", "daemon off;"),
    ):
        direct, through = (answer(f"http://127.0.0.1:{port}/nl/latest/support/LL") for port in (board, proxy))
        squeezed, body = answer(f"http://127.0.0.1:{proxy}/nl/latest/support/LL", **{"Accept-Encoding": "gzip"})
    assert through[1] == direct[1]
    kept = ("ETag", "Cache-Control", "Content-Security-Policy", "Content-Type", "Vary")
    assert [through[0][name] for name in kept] == [direct[0][name] for name in kept]
    assert squeezed["Content-Encoding"] == "gzip"
    assert len(body) < len(direct[1])
    assert "nginx/" not in str(through[0])
