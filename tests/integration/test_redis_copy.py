"""A publish to Redis, stopped at any step: what readers see is the release before or the new one, and nothing leaks."""

import hashlib
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from redis_server import RedisServer

from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import PUBLIC_CATEGORY, BlockKey, Cells
from schemas.periods import Period
from schemas.places import PLACE_NUMBER
from schemas.releases import Entry, Release, State, Update, Vintage
from schemas.supports import NODE
from sinks.columns import decoded
from sinks.errors import ReleaseExistsError, StoreWriteError
from sinks.memory import MemoryStore
from sinks.redis.acl import PUBLISHER, USERS, acl_file, rules
from sinks.redis.store import RedisCopy, connect
from sinks.zones import READ_ZONES

MONTHS = [Period.parse(f"2024-0{month}") for month in range(1, 7)]
STEPS = ["blocks public", "blocks restricted", "blocks provisional", "manifests", "moved", "swept"]
DOCUMENT = Path(__file__).parents[2] / "docs" / "redis.md"


def block(persons: int) -> Cells:
    places = (("kingdom", "01000"), ("municipality", "44021"))
    categories = (("nationality", "FR"), ("sex", "1"), ("total", "total"))
    pairs = sorted((PLACE_NUMBER[place], CATEGORY_NUMBER[category]) for place in places for category in categories)
    place, category = np.array(pairs, np.uint16).T
    counts = np.full(len(pairs), persons, np.int64)
    return Cells(place, category, counts.astype(np.int32), counts * 100_000, counts * 50_000, counts * 31)


def grown(home: MemoryStore) -> Release:
    """Publish the next release at home: each month is published two updates after it was first seen."""
    number = home.latest() + 1
    update = Update(number, f"u{number}", MONTHS[0].last + number)
    entries = dict(home.release().entries) if number > 1 else {}
    for support in ("IK_OW", "LL"):
        for at, month in enumerate(MONTHS[:number]):
            stable = number > at + 2
            cells = block(10 * number + at + 1)
            kept = home.write_blocks(update, "internal", support, [(month, cells)])[month]
            if not stable:
                entries[BlockKey(support, month)] = Entry(Vintage(1, None, State.PENDING), kept)
                continue
            vintage = Vintage(1, 1, State.PUBLISHED, 1, update.update_id)
            public = home.write_blocks(update, "public", support, [(month, cells.public())])[month]
            entries[BlockKey(support, month)] = Entry(vintage, kept, kept, public if NODE[support].public else None)
    return home.publish(Release(update, entries))


@pytest.fixture
def home() -> MemoryStore:
    made = MemoryStore()
    for _ in range(6):
        grown(made)
    return made


def raw(client: redis.Redis, key: str | bytes) -> bytes:
    """Return what stands at a key, nothing where nothing does."""
    data = client.get(key)
    assert data is None or isinstance(data, bytes)
    return data or b""


def notices(client: redis.Redis, zone: str) -> list[Any]:
    """Return the entries of the stream that tells of releases."""
    return list(client.xrange(f"ocmw:{zone}:releases") or ())


def seen(client: redis.Redis) -> dict[str, dict[str, str]]:
    """Read the public zone as a stranger would: period -> digest of the columns, for each support."""
    number = client.get("ocmw:public:current")
    if number is None:
        return {}
    release = json.loads(zlib.decompress(raw(client, f"ocmw:public:release:{int(number)}")))
    figures = release["figures"]
    return {
        support: {
            period: hashlib.sha256(raw(client, figure[3]) or b"gone").hexdigest() for period, figure in periods.items()
        }
        for support, periods in figures.items()
    }


def assert_public(client: redis.Redis) -> None:
    """Assert that nothing under the public prefix is restricted or provisional, whether a release names it or not."""
    allowed = {"current", "releases", "release", "block", "codebook"}
    for key in client.scan_iter(match="ocmw:public:*"):
        kind = key.decode().split(":")[2]
        assert kind in allowed
        if kind == "block":
            cells = decoded(raw(client, key), "public")
            assert PUBLIC_CATEGORY[cells.category].all()
            assert (cells.beneficiaries > 0).all()
        if kind == "release":
            document = json.loads(zlib.decompress(raw(client, key)))
            assert [name for name, _ in document["columns"]] == ["place", "category", "beneficiaries"]
            assert all(NODE[support].public for support in document["figures"])
            figure = [figure for periods in document["figures"].values() for figure in periods.values()]
            assert {one[1] for one in figure} <= {"published", "revising", "frozen"}


def test_a_publish_goes_through_these_steps(redis_client: redis.Redis, home: MemoryStore) -> None:
    assert list(RedisCopy(redis_client).publishing(home.release(), home)) == STEPS


def test_nothing_restricted_or_provisional_is_under_the_public_prefix_at_any_step(
    redis_client: redis.Redis, home: MemoryStore
) -> None:
    copy = RedisCopy(redis_client, keep=2)
    steps = 0
    for number in home.numbers():
        for _ in copy.publishing(home.release(number), home):
            assert_public(redis_client)
            steps += 1
    assert steps == len(STEPS) * 6
    assert seen(redis_client)["LL"].keys() == {"2024-01", "2024-02", "2024-03", "2024-04"}


def test_a_provisional_block_is_never_among_the_public_ones(redis_client: redis.Redis, home: MemoryStore) -> None:
    # the same month as a stable block of other values: the pending digest must not occur under the public prefix
    RedisCopy(redis_client).make_up(home)
    pending = home.release(2).entries[BlockKey("LL", MONTHS[1])].latest
    assert pending is not None
    under_public = b"".join(redis_client.scan_iter(match="ocmw:public:*"))
    assert pending.digest.hex().encode() not in under_public


@pytest.mark.parametrize("step", range(1, len(STEPS) + 1))
def test_a_publisher_that_stops_after_a_step_leaves_one_whole_release(
    redis_client: redis.Redis, home: MemoryStore, step: int
) -> None:
    copy = RedisCopy(redis_client)
    copy.publish(home.release(4), home)
    before = seen(redis_client)
    list(islice(copy.publishing(home.release(5), home), step))
    moved = step > STEPS.index("moved")
    assert copy.latest() == (5 if moved else 4)
    assert (seen(redis_client) == before) is not moved
    RedisCopy(redis_client).make_up(home)
    assert (copy.latest(), copy.missing(home.release(6))) == (6, 0)


@pytest.mark.parametrize("step", range(1, len(STEPS) + 1))
def test_redis_killed_after_a_step_is_made_up(tmp_path: Path, home: MemoryStore, step: int) -> None:
    with RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as server:
        copy = RedisCopy(connect(server.url))
        copy.publish(home.release(4), home)
        publishing = copy.publishing(home.release(5), home)
        list(islice(publishing, step))
        server.kill()
        server.start()
        assert set(seen(server.client())) == {"LL"}
        copy.make_up(home)
        assert (copy.latest(), copy.missing(home.release(6))) == (6, 0)


def test_a_redis_that_is_gone_is_one_sentence_without_values(tmp_path: Path, home: MemoryStore) -> None:
    with RedisServer(tmp_path) as server:
        copy = RedisCopy(redis.Redis.from_url(server.url))
        publishing = copy.publishing(home.release(), home)
        next(publishing)
        server.kill()
        with pytest.raises(StoreWriteError, match=r"^Redis cannot be written \(ConnectionError\); what readers saw"):
            list(publishing)


def test_a_redis_that_came_back_empty_is_filled(redis_client: redis.Redis, home: MemoryStore) -> None:
    copy = RedisCopy(redis_client)
    copy.make_up(home)
    before = seen(redis_client)
    redis_client.flushall()
    assert (copy.make_up(home), seen(redis_client)) == (6, before)


def test_a_redis_that_came_back_empty_shows_the_newest_release_at_once_and_tells_of_it_alone(
    redis_client: redis.Redis, home: MemoryStore
) -> None:
    RedisCopy(redis_client).make_up(home)
    redis_client.flushall()
    assert RedisCopy(redis_client).lacks(home.release())
    RedisCopy(redis_client).make_up(home)
    for zone in READ_ZONES:
        assert [name for name, _ in redis_client.xrange(f"ocmw:{zone}:releases") or []] == [b"6-0"]
    assert not RedisCopy(redis_client).lacks(home.release())


@pytest.mark.parametrize("lost", ["ocmw:restricted:current", "ocmw:public:current"])
def test_a_pointer_that_was_lost_comes_back_without_a_notice(
    redis_client: redis.Redis, home: MemoryStore, lost: str
) -> None:
    RedisCopy(redis_client).make_up(home)
    before = [redis_client.xrange(f"ocmw:{zone}:releases") for zone in READ_ZONES]
    redis_client.delete(lost)
    assert RedisCopy(redis_client).lacks(home.release())
    RedisCopy(redis_client).make_up(home)
    assert redis_client.get(lost) == b"6"
    assert [redis_client.xrange(f"ocmw:{zone}:releases") for zone in READ_ZONES] == before


def test_a_block_that_was_lost_is_put_again_without_moving_the_pointer(
    redis_client: redis.Redis, home: MemoryStore
) -> None:
    copy = RedisCopy(redis_client)
    copy.make_up(home)
    before = seen(redis_client)
    lost = copy.manifest("public")["figures"]["LL"]["2024-01"][3]
    redis_client.delete(lost)
    assert copy.missing(home.release()) == 1
    assert copy.make_up(home) == 0
    assert seen(redis_client) == before


def test_a_block_lost_just_before_the_move_is_put_again_before_readers_see_the_release(
    redis_client: redis.Redis, home: MemoryStore
) -> None:
    copy = RedisCopy(redis_client)
    copy.publish(home.release(5), home)
    publishing = copy.publishing(home.release(6), home)
    list(islice(publishing, STEPS.index("moved")))
    lost = next(iter(redis_client.scan_iter(match="ocmw:restricted:block:*")))
    for name in redis_client.scan_iter(match="ocmw:restricted:block:*"):
        redis_client.delete(name)
    assert list(publishing) == STEPS
    assert (copy.latest(), copy.missing(home.release(6)), bool(lost)) == (6, 0, True)


def test_a_publisher_woken_after_others_went_on_changes_nothing(redis_client: redis.Redis, home: MemoryStore) -> None:
    copy = RedisCopy(redis_client)
    copy.publish(home.release(4), home)
    zombie = copy.publishing(home.release(5), home)
    list(islice(zombie, STEPS.index("moved")))
    RedisCopy(redis_client).make_up(home)
    before = seen(redis_client)
    with pytest.raises(ReleaseExistsError):
        list(zombie)
    assert (copy.latest(), seen(redis_client)) == (6, before)


def test_a_sweep_of_a_woken_publisher_takes_nothing(redis_client: redis.Redis, home: MemoryStore) -> None:
    copy = RedisCopy(redis_client, keep=2)
    copy.publish(home.release(4), home)
    zombie = copy.publishing(home.release(5), home)
    list(islice(zombie, STEPS.index("swept")))
    RedisCopy(redis_client, keep=6).publish(home.release(6), home)
    names = set(redis_client.scan_iter())
    list(zombie)
    assert set(redis_client.scan_iter()) == names


def test_releases_beyond_those_kept_are_swept_with_their_blocks(redis_client: redis.Redis, home: MemoryStore) -> None:
    copy = RedisCopy(redis_client, keep=2)
    for number in home.numbers():
        copy.publish(home.release(number), home)
    kept = {name.decode() for name in redis_client.scan_iter(match="ocmw:public:release:*")}
    assert kept == {"ocmw:public:release:5", "ocmw:public:release:6"}
    named = {figure[3] for number in (5, 6) for figure in copy.manifest("public", number)["figures"]["LL"].values()}
    assert {name.decode() for name in redis_client.scan_iter(match="ocmw:public:block:*")} == named


def test_each_release_is_told_once_under_its_number(redis_client: redis.Redis, home: MemoryStore) -> None:
    for number in home.numbers():
        RedisCopy(redis_client).publish(home.release(number), home)
    redis_client.delete("ocmw:public:current", "ocmw:restricted:current", "ocmw:provisional:current")
    RedisCopy(redis_client).make_up(home)
    for zone in ("public", "restricted", "provisional"):
        entries = notices(redis_client, zone)
        assert [identity for identity, _ in entries] == [f"{number}-0".encode() for number in range(1, 7)]
    assert entries[0][1] == {b"release": b"1", b"update_id": b"u1", b"reference_month": b"202402"}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[RedisServer]:
    """Yield a Redis that knows our users and nobody else; each user's password is its name."""
    hashes = {user: hashlib.sha256(user.encode()).hexdigest() for user in USERS}
    (tmp_path / "users.acl").write_text("user default off\n" + acl_file(hashes))
    with RedisServer(tmp_path, "--aclfile", str(tmp_path / "users.acl")) as server:
        yield server


def as_user(server: RedisServer, user: str) -> redis.Redis:
    client: redis.Redis = connect(server.url, username=user, password=user)
    return client


def test_the_publisher_needs_no_more_than_its_own_rights(guarded: RedisServer, home: MemoryStore) -> None:
    copy = RedisCopy(as_user(guarded, PUBLISHER), keep=2)
    assert copy.make_up(home) == 2
    assert copy.make_up(home) == 0


@pytest.mark.parametrize("zone", ["public", "restricted", "provisional"])
def test_a_reader_reads_its_own_zone_and_no_other(guarded: RedisServer, home: MemoryStore, zone: str) -> None:
    RedisCopy(as_user(guarded, PUBLISHER)).make_up(home)
    reader = as_user(guarded, f"ocmw-{zone}")
    for other in ("public", "restricted", "provisional"):
        if other == zone:
            assert reader.get(f"ocmw:{other}:current") == b"6"
            assert [identity for identity, _ in notices(reader, other)] == [b"6-0"]
        else:
            with pytest.raises(redis.exceptions.NoPermissionError):
                reader.get(f"ocmw:{other}:current")


@pytest.mark.parametrize("command", [("SET", "ocmw:public:current", "9"), ("SCAN", "0"), ("KEYS", "*"), ("FLUSHALL",)])
def test_a_reader_writes_and_lists_nothing(guarded: RedisServer, command: tuple[str, ...]) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        as_user(guarded, "ocmw-public").execute_command(*command)  # type: ignore[no-untyped-call]


def test_a_user_of_nobody_has_no_rules() -> None:
    with pytest.raises(KeyError):
        rules("ocmw-internal")


def test_the_reader_of_the_documentation_works_as_it_stands(
    redis_server: RedisServer, redis_client: redis.Redis, home: MemoryStore, tmp_path: Path
) -> None:
    RedisCopy(redis_client).make_up(home)
    program = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    (tmp_path / "reader.py").write_text(program[1], encoding="utf-8")
    command = [sys.executable, "-I", "reader.py", redis_server.url, "LL", "2024-03"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines() == ["sex\t1\t63\tpublished\tu6", "total\ttotal\t63\tpublished\tu6"]


def test_the_reader_of_the_documentation_has_about_twenty_lines() -> None:
    program = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    assert sum(bool(line.strip()) for line in program[1].splitlines()) <= 20
