"""``ocmw redis-acl`` and ``ocmw redis-fill`` as a person runs them."""

from pathlib import Path

import numpy as np
import pytest
import redis
from program import ocmw
from redis_server import RedisServer

from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.places import PLACE_NUMBER
from schemas.releases import Entry, Release, State, Update, Vintage
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.redis.acl import USERS

MARCH = Period.parse("2024-03")


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Return a store with one release: 5 persons in the kingdom in March."""
    made = DirectoryStore.writing(tmp_path / "store", FigureSettings())
    place = np.array([PLACE_NUMBER["kingdom", "01000"]], np.uint16)
    category = np.array([CATEGORY_NUMBER["total", "total"]], np.uint16)
    five = np.array([5], np.int64)
    cells = Cells(place, category, five.astype(np.int32), five, five, five)
    update = Update(1, "u1", MARCH.last + 12)
    kept = made.write_blocks(update, "internal", "LL", [(MARCH, cells)])[MARCH]
    public = made.write_blocks(update, "public", "LL", [(MARCH, cells.public())])[MARCH]
    vintage = Vintage(5, 5, State.PUBLISHED, 5, "u1")
    made.publish(Release(update, {BlockKey("LL", MARCH): Entry(vintage, kept, kept, public)}))
    return made


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    """Return a folder with a password for each user."""
    folder = tmp_path / "passwords"
    folder.mkdir()
    for user in USERS:
        (folder / user).write_text(f"{user}-{user}-{user}\n")
    return folder


def test_users_are_made_and_the_publisher_fills(tmp_path: Path, passwords: Path, store: DirectoryStore) -> None:
    done = ocmw("redis-acl", "--passwords", passwords, "--out", tmp_path / "users.acl")
    assert done.returncode == 0, done.stderr
    assert "ocmw-public-ocmw-public" not in (tmp_path / "users.acl").read_text()

    with RedisServer(tmp_path, "--aclfile", str(tmp_path / "users.acl")) as server:
        given = {
            "OCMW_REDIS_URL": server.url,
            "OCMW_REDIS_USERNAME": "ocmw-publish",
            "OCMW_REDIS_PASSWORD_FILE": str(passwords / "ocmw-publish"),
        }
        done = ocmw("redis-fill", "--store", store.root, **given)
        assert done.returncode == 0, done.stderr
        assert "1 release published, Redis shows release 1" in done.stdout.replace("\n", " ")
        reader = redis.Redis.from_url(server.url, username="ocmw-public", password="ocmw-public-" * 2 + "ocmw-public")
        assert reader.get("ocmw:public:current") == b"1"


def test_the_users_are_for_their_owner_alone_also_where_others_could_read_the_file_before(
    tmp_path: Path, passwords: Path
) -> None:
    out = tmp_path / "users.acl"
    out.write_text("user default off\n")
    out.chmod(0o644)
    assert ocmw("redis-acl", "--passwords", passwords, "--out", out).returncode == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert "user ocmw-publish" in out.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["passwords", "users.acl"]


def test_users_that_the_disk_refuses_are_told_in_a_sentence(passwords: Path) -> None:
    done = ocmw("redis-acl", "--passwords", passwords, "--out", passwords / "ocmw-publish" / "users.acl")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "users.acl: cannot be written (File exists)" in done.stderr


def test_the_folder_of_the_users_is_made(tmp_path: Path, passwords: Path) -> None:
    done = ocmw("redis-acl", "--passwords", passwords, "--out", tmp_path / "new" / "users.acl")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "new" / "users.acl").is_file()


def test_without_a_redis_it_says_what_to_set(store: DirectoryStore) -> None:
    done = ocmw("redis-fill", "--store", store.root)
    assert (done.returncode, done.stderr) == (
        2,
        "ocmw: no Redis is named; set OCMW_REDIS_URL, as redis://localhost:6379/0\n",
    )


def test_a_missing_password_is_a_sentence_and_nothing_is_written(tmp_path: Path) -> None:
    done = ocmw("redis-acl", "--passwords", tmp_path, "--out", tmp_path / "users.acl")
    assert done.returncode == 2
    assert "no password here" in done.stderr
    assert not (tmp_path / "users.acl").exists()


def test_a_password_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ocmw-public").write_bytes(b"\xff" * 20)
    done = ocmw("redis-acl", "--passwords", tmp_path, "--out", tmp_path / "users.acl")
    assert done.returncode == 2
    assert "no password here" in done.stderr


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ocmw-public").write_text("secret")
    done = ocmw("redis-acl", "--passwords", tmp_path, "--out", tmp_path / "users.acl")
    assert "shorter than 16 characters" in done.stderr
    assert "secret" not in done.stderr
