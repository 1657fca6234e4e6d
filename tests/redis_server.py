"""A real redis-server of our own for tests: on a free port of this machine, ended by its own process id."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest
import redis

from streams.servers.kafka import free_port

_PATIENCE = 15.0


def required(program: str, package: str) -> str:
    """Return the path of a program; skip without it, but fail in CI."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/bin")
    if path is None:
        missing = f"{program} is not installed (apt-get install {package})"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


class RedisServer:
    """A redis-server with its data under ``folder``; a context manager."""

    def __init__(self, folder: Path, *options: str, tls: Sequence[str] = ()) -> None:
        """Name where it keeps its data; it starts when entered. ``tls`` replaces the plain port."""
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._tls = tls

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"redis{'s' if self._tls else ''}://localhost:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        ports = ["--port", "0", "--tls-port", str(self.port), *self._tls] if self._tls else ["--port", str(self.port)]
        command = [required("redis-server", "redis-server"), *ports, "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self.process = subprocess.Popen(  # noqa: S603 - the server of this test
            [*command, "--save", "", *self._options],
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as asking:
                    asking.sendall(b"PING\r\n")
                    if self._tls or not asking.recv(100).startswith(b"-LOADING"):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        message = f"redis-server did not answer within {_PATIENCE} s"
        raise TimeoutError(message)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def client(self) -> redis.Redis:
        """Return a plain client."""
        return redis.Redis.from_url(self.url)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()
