"""Servers that several folders of tests need; a test that asks for none starts none."""

from collections.abc import Iterator

import pytest
import redis
from redis_server import RedisServer

from streams import kernel_cache

kernel_cache.prepare()  # compiled once for all tests and the processes that they start


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
