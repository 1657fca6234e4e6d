"""The public tree's copy in Redis: the board reads from it what it reads from the directory, and no sooner."""

from pathlib import Path

import pytest
import redis
from program import ocmw
from published import key_of, replayed
from redis_server import RedisServer
from starlette.testclient import TestClient

from sinks.directory.store import DirectoryStore
from sinks.errors import StoreCorruptError, UnknownReleaseError
from sinks.public.protocol import PublicSource
from sinks.public.tree import PublicTree
from sinks.redis.store import RedisCopy
from sinks.redis.tree import RedisTree
from streams.board.app import Board, build_app
from streams.board.library import Library

MONTHS = [f"2024-{month:02d}" for month in range(1, 6)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("redis tree") / "store"
    replayed(made, *MONTHS)
    return made


def read(source: PublicSource) -> list[object]:
    """Return all that the newest release of a source says, cells and rungs by their digests."""
    manifest = source.manifest(source.current())
    cells = [
        (support, period, source.cells(figure.block).digest())
        for support, periods in manifest.figures.items()
        for period, figure in periods.items()
        if figure.block
    ]
    every = (figure for periods in manifest.figures.values() for figure in periods.values())
    rungs = [source.rungs(figure.rungs).digest() for figure in every if figure.rungs]
    files = [*manifest.tables.values(), *manifest.completeness.values(), *(part.file for part in manifest.indicators)]
    whole = [source.file_bytes(sha256) for sha256 in files]
    return [source.manifest_bytes(manifest.release), source.seal_bytes(manifest.release), cells, rungs, whole]


def test_both_tell_the_same(store: Path, redis_client: redis.Redis) -> None:
    RedisCopy(redis_client).make_up(DirectoryStore.reading(store))
    copy = RedisTree(redis_client)
    assert copy.make_up(PublicTree.of(store)) == 5
    assert copy.make_up(PublicTree.of(store)) == 0
    assert read(copy) == read(PublicTree.of(store))


def test_both_tell_the_same_under_a_threshold(tmp_path: Path, redis_client: redis.Redis) -> None:
    replayed(tmp_path / "store", *MONTHS[:4], OCMW_THRESHOLD="50")
    RedisCopy(redis_client).make_up(DirectoryStore.reading(tmp_path / "store"))
    tree, copy = PublicTree.of(tmp_path / "store"), RedisTree(redis_client)
    assert copy.make_up(tree) == len(MONTHS[:4])
    assert any(one.rungs for one in tree.manifest(4).figures["LL"].values())
    assert read(copy) == read(tree)


def test_only_the_newest_releases_are_held_and_what_only_older_ones_name_is_gone(
    store: Path, redis_client: redis.Redis
) -> None:
    RedisTree(redis_client, keep=5).make_up(PublicTree.of(store))
    copy = RedisTree(redis_client, keep=2)
    copy.make_up(PublicTree.of(store))
    assert copy.numbers() == (4, 5)
    with pytest.raises(UnknownReleaseError, match="keeps the last 2"):
        copy.manifest(3)
    with pytest.raises(StoreCorruptError):
        copy.file_bytes(PublicTree.of(store).manifest(1).tables["history"])


def test_a_board_on_redis_gives_a_stored_file_whole_or_in_parts(store: Path, redis_client: redis.Redis) -> None:
    RedisTree(redis_client).make_up(PublicTree.of(store))
    client = TestClient(build_app(Board(Library(RedisTree(redis_client)), "0.1.0")))
    sha256 = PublicTree.of(store).manifest(5).tables["history"]
    whole = PublicTree.of(store).file_bytes(sha256)
    assert client.get(f"/files/{sha256}").content == whole
    part = client.get(f"/files/{sha256}", headers={"Range": "bytes=2-5", "If-Range": f'"{sha256}"'})
    assert (part.status_code, part.content) == (206, whole[2:6])
    other = client.get(f"/files/{sha256}", headers={"Range": "bytes=2-5", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole)
    assert client.get(f"/files/{sha256}", headers={"Range": f"bytes={len(whole)}-"}).status_code == 416


def test_an_empty_redis_holds_nothing(redis_client: redis.Redis) -> None:
    assert (RedisTree(redis_client).current(), RedisTree(redis_client).numbers()) == (0, ())


def test_until_it_is_approved_nothing_of_a_release_stands_under_the_public_prefix(
    tmp_path: Path, redis_client: redis.Redis, redis_server: RedisServer
) -> None:
    key, _ = key_of(tmp_path)
    settings = {"OCMW_RELEASE_APPROVAL": "required", "OCMW_SEAL_KEY_FILE": str(key), "OCMW_REDIS_URL": redis_server.url}
    replayed(tmp_path / "store", *MONTHS, **settings)
    assert ocmw("redis-fill", "--store", tmp_path / "store", **settings).returncode == 0
    assert list(redis_client.scan_iter(match="ocmw:public:*")) == []
    assert redis_client.get("ocmw:restricted:current") == b"5"
    approved = ocmw("approve", 4, "--store", tmp_path / "store", "--by", "A", "--reference", "1", **settings)
    assert approved.returncode == 0, approved.stderr
    assert ocmw("redis-fill", "--store", tmp_path / "store", **settings).returncode == 0
    assert redis_client.get("ocmw:public:current") == b"4"
    assert RedisTree(redis_client).numbers() == (4,)
    assert redis_client.exists("ocmw:public:release:5", "ocmw:public:release:3") == 0
