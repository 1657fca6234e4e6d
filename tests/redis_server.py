"""Programs that tests need beside Python: skipped without them, in CI a failure."""

import os
import shutil
from typing import Self

import pytest

from streams.servers import redis


def required(program: str, package: str) -> str:
    """Return the path of a program; skip without it, but fail in CI."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/bin")
    if path is None:
        missing = f"{program} is not installed (apt-get install {package})"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


class RedisServer(redis.RedisServer):
    """A redis-server of a test."""

    def start(self) -> Self:
        """Start it where it is installed."""
        required("redis-server", "redis-server")
        return super().start()
