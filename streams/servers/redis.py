"""One redis-server on a free loopback port, for the demo; never for production."""

import shutil
import subprocess
import time
from pathlib import Path
from typing import Self

import redis

from streams.servers.kafka import ServerError, free_port

START_SECONDS = 15.0


class RedisServer:
    """An empty Redis that keeps nothing on the disk."""

    def __init__(self, root: Path) -> None:
        """Choose a port; nothing runs yet."""
        self._root = root
        self.url = f"redis://127.0.0.1:{free_port()}/0"

    @staticmethod
    def installed() -> bool:
        """Tell whether this machine has a redis-server."""
        return shutil.which("redis-server") is not None

    def start(self) -> Self:
        """Start and wait until it answers. Raises ServerError."""
        port = self.url.rpartition(":")[2].removesuffix("/0")
        command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(self._root)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if redis.Redis.from_url(self.url).ping():
                    return self
            except redis.ConnectionError:
                time.sleep(0.05)
        self.stop()
        message = f"redis-server did not answer within {START_SECONDS:.0f} s"
        raise ServerError(message)

    def stop(self) -> None:
        """End it in order."""
        self._process.terminate()
        self._process.wait()
