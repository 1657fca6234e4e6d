"""Live figures in Redis: what the home shows, in one direction only, under the provisional prefix alone."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import redis

from schemas.live import LiveCells, Recounts, Reflects
from schemas.periods import parse_month
from sinks.directory.live import Line, LiveHome, lines
from sinks.errors import StoreWriteError
from sinks.redis.live import STATE, RedisLive

JANUARY = parse_month("2024-01")
KEY = f"{STATE}:44021"


def counted(persons: int, nis: str = "44021", month: int = JANUARY) -> list[Line]:
    column = np.full(2, persons, np.int64)
    cells = LiveCells(
        np.array([0, 1], np.uint8), np.array([5, 6], np.uint16), column.astype(np.int32), column, column, column
    )
    return lines(Recounts([(nis, month)], [0, 2], cells))


@pytest.fixture
def home(tmp_path: Path) -> LiveHome:
    made = LiveHome(tmp_path)
    assert made.show(Reflects(1, (10, 20), 5_000), counted(7))
    return made


@pytest.fixture
def copy(redis_client: redis.Redis) -> RedisLive:
    return RedisLive(redis_client)


def persons(client: redis.Redis, key: str = KEY, month: str = "2024-01") -> list[int]:
    """Read as docs/redis.md says, with nothing of ours."""
    state = client.hgetall(STATE)
    assert client.hget(key, "release") == state[b"release"]
    packed = client.hget(key, month)
    assert isinstance(packed, bytes)
    data = zlib.decompress(packed)
    columns = json.loads(state[b"columns"])
    kinds = [kind for _, kind in columns]
    cells = len(data) // struct.calcsize("<" + "".join(kinds))
    values = struct.unpack("<" + "".join(f"{cells}{kind}" for kind in kinds), data)
    at = [name for name, _ in columns].index("beneficiaries")
    return list(values[at * cells : (at + 1) * cells])


def test_what_the_home_shows_is_shown(copy: RedisLive, home: LiveHome, redis_client: redis.Redis) -> None:
    copy.follow(home)
    assert persons(redis_client) == [7, 7]
    state = redis_client.hgetall(STATE)
    assert state[b"release"] == b"1"
    assert state[b"records"] == b"30"
    assert state[b"as_of"] == b"5000"
    supports = state[b"supports"]
    assert isinstance(supports, bytes)
    assert supports.startswith(b"RMI LL ")


def test_lines_that_changed_are_replaced_and_others_stay(
    copy: RedisLive, home: LiveHome, redis_client: redis.Redis
) -> None:
    home.show(Reflects(1, (11, 20), 6_000), counted(8, "11002"))
    copy.follow(home)
    home.show(Reflects(1, (12, 20), 7_000), counted(9, "11002"))
    copy.follow(home)
    assert persons(redis_client) == [7, 7]
    assert persons(redis_client, f"{STATE}:11002") == [9, 9]


def test_the_next_release_empties_it(copy: RedisLive, home: LiveHome, redis_client: redis.Redis) -> None:
    copy.follow(home)
    home.show(Reflects(2, (12, 20), 7_000), counted(9, "11002"))
    copy.follow(home)
    assert not redis_client.exists(KEY)
    assert persons(redis_client, f"{STATE}:11002") == [9, 9]


def test_a_home_of_an_older_state_changes_nothing(
    copy: RedisLive, home: LiveHome, redis_client: redis.Redis, tmp_path: Path
) -> None:
    copy.follow(home)
    for older in (Reflects(0, (99, 99), 9_000), Reflects(1, (1, 1), 4_000)):
        folder = tmp_path / f"home-{older.release}"
        folder.mkdir()
        late = LiveHome(folder)
        late.show(older, counted(1))
        copy.follow(late)
        assert persons(redis_client) == [7, 7]


def test_a_redis_that_was_emptied_is_filled_again(copy: RedisLive, home: LiveHome, redis_client: redis.Redis) -> None:
    copy.follow(home)
    redis_client.flushdb()
    copy.follow(home)
    assert persons(redis_client) == [7, 7]


def test_nothing_is_written_outside_the_provisional_prefix(
    copy: RedisLive, home: LiveHome, redis_client: redis.Redis
) -> None:
    copy.follow(home)
    assert all(name.startswith(b"ocmw:provisional:live") for name in redis_client.scan_iter())


def test_a_home_that_shows_nothing_shows_nothing(copy: RedisLive, redis_client: redis.Redis, tmp_path: Path) -> None:
    copy.follow(LiveHome(tmp_path))
    assert not redis_client.exists(STATE)


def test_a_redis_that_refuses_is_told_in_a_sentence(home: LiveHome) -> None:
    nowhere = redis.Redis(port=1, socket_connect_timeout=0.2)
    with pytest.raises(StoreWriteError, match="Redis takes no live figures"):
        RedisLive(nowhere).follow(home)
