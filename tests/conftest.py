"""Servers that several folders of tests need; a test that asks for none starts none."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis_server import RedisServer

from streams.commands.demo_statements import compile_edge
from streams.shell import kernel_cache
from streams.shell.processes import workers
from streams.shell.warm_up import COMPILERS

kernel_cache.prepare()  # compiled once for all tests and the processes that they start


def pytest_configure(config: pytest.Config) -> None:
    """Compile what is not compiled yet, on two processors, before processes of tests do so beside each other."""
    cache = os.environ.get("NUMBA_CACHE_DIR")  # none where no folder can be made for it: nothing can be kept then
    if cache and not hasattr(config, "workerinput") and not any(Path(cache).rglob("*.nbc")):
        with workers(2) as beside:
            for compiled in [beside.submit(kernels) for kernels in (*COMPILERS, compile_edge)]:
                compiled.result()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Yield a redis-server for the whole run."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """Yield a client of an empty Redis."""
    with redis_server.client() as client:
        client.flushall()
        yield client
