"""TLS, users and rights, on a real Kafka and a real Redis: each role does its work with just the rows of the table."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fastavro
import pytest
import redis
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)
from kafka_workers import Workers
from program import ocmw, ocmw_apart
from redis_server import RedisServer
from secure_servers import ADMIN, Certificates, SecureKafka, grant

from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.redis.acl import USERS
from sinks.zones import READ_ZONES
from streams.acls import grants
from streams.agents.table import every_topic
from streams.board.zones.receipts import Receipts
from streams.embedded.driver import Embedded
from streams.kafka.clients import consumer, producing, reading
from streams.kafka.dead_letters import dead_letters
from streams.kafka.emit import emit
from streams.kafka.log_export import export_log
from streams.kafka.settings import KafkaSettings
from streams.kafka.status import sentences
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import DOSSIERS, RECEIPTS, RELEASES, STABLE_FIGURES, UPDATES, summaries_topic
from streams.kafka.updates import last_released
from streams.proof.compare import differences
from synthetic import generate

pytestmark = pytest.mark.slow
UPDATES_CLOSED = 3
PATIENCE = 120.0
REFUSED = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
"""The second is what a producer is told that may write to no topic at all."""
ROLES = tuple(grants(KafkaSettings()))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secure")


@pytest.fixture(scope="module")
def certificates(root: Path) -> Certificates:
    return Certificates.made(root)


@pytest.fixture(scope="module")
def kafka(root: Path, certificates: Certificates) -> Iterator[SecureKafka]:
    """Yield a broker on which each role is a user with its own rows; its topics were made by the user ``topics``."""
    server = SecureKafka(root / "kafka", certificates, ROLES)
    server.start()
    admin = server.settings(ADMIN)
    for role, rows in grants(admin).items():
        asyncio.run(grant(admin, role, rows))
    maker = server.settings("topics")
    asyncio.run(make_topics(maker, every_topic(maker)))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def history(root: Path) -> Path:
    path = root / "history.avro"
    generate(300, parse_month("2024-01"), parse_month("2024-03"), 7, path)
    return path


@pytest.fixture(scope="module")
def redis_users(root: Path) -> Path:
    """Return the directory of the passwords of Redis' users, beside the file of their rights."""
    folder = root / "redis-passwords"
    folder.mkdir()
    for user in USERS:
        (folder / user).write_text(f"canary-of-{user}\n")
    done = ocmw("redis-acl", "--passwords", folder, "--out", root / "users.acl")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def secure_redis(root: Path, certificates: Certificates, redis_users: Path) -> Iterator[RedisServer]:
    """Yield a Redis that takes TLS with certificates on both sides, and our users alone."""
    files = {"cert": certificates.server, "key": certificates.server_key, "ca-cert": certificates.ca}
    tls = [word for name, path in files.items() for word in (f"--tls-{name}-file", str(path))]
    assert redis_users.is_dir()
    with RedisServer(root, "--aclfile", str(root / "users.acl"), tls=tls) as server:
        yield server


@pytest.fixture(scope="module")
def redis_environment(secure_redis: RedisServer, certificates: Certificates, redis_users: Path) -> dict[str, str]:
    return {
        "OCMW_REDIS_URL": secure_redis.url,
        "OCMW_REDIS_USERNAME": "ocmw-publish",
        "OCMW_REDIS_PASSWORD_FILE": str(redis_users / "ocmw-publish"),
        "OCMW_REDIS_CA_FILE": str(certificates.ca),
        "OCMW_REDIS_CERT_FILE": str(certificates.client),
        "OCMW_REDIS_KEY_FILE": str(certificates.client_key),
    }


Reader = Callable[[str], redis.Redis]


@pytest.fixture(scope="module")
def redis_reader(secure_redis: RedisServer, certificates: Certificates, redis_users: Path) -> Reader:
    """Return what connects a user."""
    files = {"ca_certs": certificates.ca, "certfile": certificates.client, "keyfile": certificates.client_key}
    tls = {f"ssl_{name}": str(path) for name, path in files.items()}

    def connected(user: str) -> redis.Redis:
        password = (redis_users / user).read_text().strip()
        return redis.Redis.from_url(secure_redis.url, username=user, password=password, **tls)

    return connected


def test_every_role_does_its_work_with_just_its_rows(
    root: Path, kafka: SecureKafka, history: Path, redis_environment: dict[str, str], redis_reader: Reader
) -> None:
    workers = Workers(root, kafka, **kafka.arguments("topics"))
    for role in ("intake", "publish", "agents"):
        workers.environment = {**kafka.environment(role), **(redis_environment if role == "publish" else {})}
        workers.start(role, role)
    try:
        asyncio.run(emit(kafka.settings("emit"), [history]))
        workers.await_release(UPDATES_CLOSED, PATIENCE)
        await_announced(kafka.settings("status"), UPDATES_CLOSED)  # until then, closing the next closes it again
        closed = ocmw("close-update", "by-hand", "--reference-month", "2024-03", **kafka.environment("emit"))
        assert closed.returncode == 0, closed.stderr
        await_announced(kafka.settings("status"), UPDATES_CLOSED + 1)
    finally:
        workers.stop_all()
    outcomes = Embedded.run(root / "embedded", FigureSettings(), [history])
    differing = differences(DirectoryStore.reading(root / "embedded"), DirectoryStore.reading(workers.store))
    assert {one.release for one in differing} == {UPDATES_CLOSED + 1}
    assert redis_reader("ocmw-public").get("ocmw:public:current") == b"4"

    status = asyncio.run(sentences(kafka.settings("status")))
    assert f"{UPDATES_CLOSED + 1} updates are closed, all of them released" in status[1]
    assert asyncio.run(letters(kafka.settings("dead-letters"))) == outcomes.faults.total()
    exported = asyncio.run(export_log(kafka.settings("log-export"), root / "exported.avro"))
    assert exported == (outcomes.events + 1, None)

    with history.open("rb") as file:
        persons = {record["person"] for record in fastavro.reader(file) if "person" in record}
    keys = [text for person in persons for text in (person.hex(), repr(person)[2:-1])]
    wanted = [*kafka.passwords.values(), "canary-of", *keys]
    for name in ("intake", "publish", "agents"):
        assert not any(secret in workers.log(name) for secret in wanted)


def await_announced(settings: KafkaSettings, number: int) -> None:
    """Wait until a release is announced: then all that follows it has it."""
    end = time.monotonic() + PATIENCE
    while asyncio.run(last_released(settings)) < number:
        assert time.monotonic() < end
        time.sleep(0.3)


async def letters(settings: KafkaSettings) -> int:
    return len([letter async for letter in dead_letters(settings)])


async def write(settings: KafkaSettings, topic: str) -> None:
    async with producing(settings) as producer:
        await producer.send_and_wait(topic, key=b"key", value=b"value", partition=0)


async def read(settings: KafkaSettings, topic: str) -> None:
    async with reading(settings, TopicPartition(topic, 0)) as reader:
        await reader.getmany(timeout_ms=2000)


async def join(settings: KafkaSettings, group: str) -> None:
    member = consumer(settings, group_id=group, partition_assignment_strategy=[StickyPartitionAssignor])
    await member.start()
    try:
        member.subscribe([DOSSIERS])
        await member.getmany(timeout_ms=2000)
    finally:
        await member.stop()


@pytest.mark.parametrize(
    ("role", "topic"),
    [("intake", DOSSIERS), ("intake", RELEASES), ("publish", DOSSIERS), ("publish", UPDATES), ("agents", RELEASES),
     ("emit", RELEASES), ("claims", RECEIPTS), ("claims", UPDATES), ("readers", STABLE_FIGURES), ("status", UPDATES),
     ("board", RECEIPTS)],
)  # fmt: skip
def test_a_role_cannot_write_what_is_not_its_own(kafka: SecureKafka, role: str, topic: str) -> None:
    with pytest.raises(REFUSED):
        asyncio.run(write(kafka.settings(role), topic))


@pytest.mark.parametrize(
    ("role", "topic"),
    [("publish", DOSSIERS), ("agents", DOSSIERS), ("emit", DOSSIERS), ("claims", DOSSIERS),
     ("intake", summaries_topic(KafkaSettings())), ("status", DOSSIERS), ("dead-letters", DOSSIERS),
     ("board", DOSSIERS)],
)  # fmt: skip
def test_a_role_cannot_read_what_is_not_its_own(kafka: SecureKafka, role: str, topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(read(kafka.settings(role), topic))


def test_readers_see_the_names_of_their_topics_alone(kafka: SecureKafka) -> None:
    async def seen() -> set[str]:
        admin = AIOKafkaAdminClient(**kafka.settings("readers").connection())
        await admin.start()
        try:
            return set(await admin.list_topics())
        finally:
            await admin.close()

    assert asyncio.run(seen()) == {RELEASES, STABLE_FIGURES}


def test_what_is_its_own_it_reads_and_joins(kafka: SecureKafka) -> None:
    asyncio.run(read(kafka.settings("intake"), DOSSIERS))
    asyncio.run(join(kafka.settings("intake"), "ocmw.intake.v1"))
    asyncio.run(read(kafka.settings("readers"), STABLE_FIGURES))
    assert Receipts(kafka.settings("board")).of("44021") is not None


def test_a_role_cannot_join_another_group(kafka: SecureKafka) -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        asyncio.run(join(kafka.settings("intake"), "ocmw.publish.v1"))


def test_what_a_role_may_not_do_stops_its_command_with_a_sentence(kafka: SecureKafka) -> None:
    done = ocmw_apart("close-update", "not-mine", "--reference-month", "2024-03", **kafka.environment("intake"))
    assert done.returncode == 1
    assert done.stderr.startswith("ocmw: ")
    assert "TopicAuthorizationFailedError" in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"OCMW_KAFKA_USERNAME": "nobody"},
        {"OCMW_KAFKA_CA_FILE": ""},
        {"OCMW_KAFKA_CERT_FILE": "", "OCMW_KAFKA_KEY_FILE": ""},
        {"OCMW_KAFKA_SECURITY": "PLAINTEXT"},
    ],
    ids=["user", "authority", "certificate", "plain"],
)
def test_who_is_not_trusted_gets_a_sentence_and_nothing_secret_is_told(
    kafka: SecureKafka, wrong: dict[str, str]
) -> None:
    given = {name: value for name, value in {**kafka.environment("status"), **wrong}.items() if value}
    done = ocmw_apart("status", **given)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert kafka.passwords["status"] not in done.stdout + done.stderr


def test_redis_is_filled_and_read_with_tls_and_users(
    root: Path, redis_reader: Reader, redis_environment: dict[str, str], history: Path
) -> None:
    Embedded.run(root / "filled", FigureSettings(), [history])
    redis_reader("ocmw-publish").unlink(*(f"ocmw:{zone}:current" for zone in READ_ZONES))
    done = ocmw("redis-fill", "--store", root / "filled", **redis_environment)
    assert done.returncode == 0, done.stderr
    assert "canary-of" not in done.stdout + done.stderr
    reader = redis_reader("ocmw-public")
    assert reader.get("ocmw:public:current") == b"3"
    with pytest.raises(redis.exceptions.NoPermissionError):
        reader.get("ocmw:restricted:current")
    with pytest.raises(redis.exceptions.NoPermissionError):
        reader.set("ocmw:public:current", 1)


def test_redis_without_the_right_password_or_certificate_is_a_sentence(
    root: Path, redis_environment: dict[str, str], history: Path
) -> None:
    Embedded.run(root / "filled", FigureSettings(), [history])
    (root / "wrong").write_text("canary-that-is-wrong")
    for wrong in (
        {"OCMW_REDIS_PASSWORD_FILE": str(root / "wrong")},
        {"OCMW_REDIS_CERT_FILE": "", "OCMW_REDIS_KEY_FILE": ""},
    ):
        given = {name: value for name, value in {**redis_environment, **wrong}.items() if value}
        done = ocmw("redis-fill", "--store", root / "filled", **given)
        assert done.returncode == 1
        assert done.stderr.startswith("ocmw: Redis cannot be written")
        assert "canary" not in done.stdout + done.stderr
