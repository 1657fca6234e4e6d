"""One redis-server on a free loopback port, for demo, benchmark and tests; never for production."""

import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import redis

from streams.servers.kafka import ServerError, free_port

START_SECONDS = 15.0


class RedisServer:
    """An empty Redis that keeps nothing on the disk; a context manager."""

    def __init__(self, folder: Path, *options: str, tls: Sequence[str] = ()) -> None:
        """Choose a port; nothing runs yet. ``tls`` (options of redis-server) replaces the plain port."""
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._tls = tls

    @staticmethod
    def installed() -> bool:
        """Tell whether this machine has a redis-server."""
        return shutil.which("redis-server") is not None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"redis{'s' if self._tls else ''}://localhost:{self.port}/0"

    def start(self) -> Self:
        """Start and wait until it takes connections. Raises ServerError."""
        ports = ["--port", "0", "--tls-port", str(self.port), *self._tls] if self._tls else ["--port", str(self.port)]
        command = ["redis-server", *ports, "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        self.process = subprocess.Popen([*command, *self._options], stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._answers():
                return self
            time.sleep(0.02)
        self.kill()
        message = f"redis-server did not answer within {START_SECONDS:.0f} s"
        raise ServerError(message)

    def _answers(self) -> bool:
        """Tell whether it listens and has loaded; with certificates only whether it listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as asking:
                asking.sendall(b"PING\r\n")
                return bool(self._tls) or not asking.recv(100).startswith(b"-LOADING")
        except OSError:
            return False

    def client(self) -> redis.Redis:
        """Return a plain client."""
        return redis.Redis.from_url(self.url)

    def stop(self) -> None:
        """End it in order."""
        self.process.terminate()
        self.process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.stop()
