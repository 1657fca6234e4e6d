"""Kafka and Redis are killed under running workers: readiness, metrics and alerts of a real Prometheus say so."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml
from kafka_workers import Workers
from program import ocmw
from redis_server import RedisServer, required

from sinks.directory.store import DirectoryStore
from sinks.redis.store import RedisCopy, connect
from streams.kafka.updates import close_update
from streams.servers.kafka import KafkaServer, free_port

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
PATIENCE = 120.0


def answer_of(port: int, path: str) -> tuple[int, str]:
    """Return status and text of what a worker or Prometheus answers, 0 where it does not."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def alerts(port: int) -> set[str]:
    """Return the names of the alerts that fire."""
    answered = json.loads(answer_of(port, "/api/v1/alerts")[1] or '{"data": {"alerts": []}}')["data"]["alerts"]
    return {alert["labels"]["alertname"] for alert in answered if alert["state"] == "firing"}


def awaited(question: Callable[[], bool], says: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < deadline, says()
        time.sleep(0.5)


@contextmanager
def prometheus(root: Path, *ports: int) -> Iterator[int]:
    """Have a Prometheus look at workers every second, with our rules; yield its port."""
    configuration = yaml.safe_load((RULES / "prometheus.yml").read_text(encoding="utf-8"))
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = [str(RULES / "alerts.yml")]
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{port}" for port in ports]
    (root / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    listening = free_port()
    command = [
        required("prometheus", "prometheus"),
        f"--config.file={root / 'prometheus.yml'}",
        f"--storage.tsdb.path={root / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{listening}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield listening
    finally:
        process.terminate()
        process.wait()


@pytest.mark.faults
def test_alerts_fire_and_no_worker_is_ready_while_kafka_and_redis_are_away(
    workers: Workers, kafka: KafkaServer, tmp_path: Path
) -> None:
    ports = {"intake": free_port(), "publish": free_port()}
    (tmp_path / "redis").mkdir()
    with RedisServer(tmp_path / "redis") as copy, prometheus(tmp_path, *ports.values()) as listening:
        for role, port in ports.items():
            workers.environment |= {"OCMW_HEALTH_PORT": str(port), "OCMW_REDIS_URL": copy.url}
            workers.start(role, role)

        def says() -> object:
            return {role: (answer_of(port, "/readyz"), workers.log(role)[-1500:]) for role, port in ports.items()}

        def ready() -> bool:
            return all(answer_of(port, "/readyz")[0] == 200 for port in ports.values())

        awaited(ready, says)
        assert alerts(listening) == set()
        asyncio.run(close_update(workers.settings, "u1", 202403))
        awaited(lambda: RedisCopy(connect(copy.url)).latest() == 1, says)
        copy.kill()
        awaited(lambda: answer_of(ports["publish"], "/readyz")[0] == 503, says)
        assert answer_of(ports["publish"], "/readyz")[1].startswith("Redis has not answered for ")
        assert answer_of(ports["intake"], "/readyz")[0] == 200
        kafka.kill()
        awaited(lambda: {"OcmwKafkaAway", "OcmwRedisAway"} <= alerts(listening), says)
        assert answer_of(ports["intake"], "/readyz")[1].startswith("Kafka has not answered for ")
        assert answer_of(ports["intake"], "/livez")[0] == 200  # starting it again would help nobody
        for role, port in ports.items():
            assert f'ocmw_active{{role="{role}"}} 0.0' in answer_of(port, "/metrics")[1]
        copy.start()  # it keeps nothing on the disk: the publisher makes it up, and needs neither release nor Kafka
        awaited(lambda: not RedisCopy(connect(copy.url)).lacks(DirectoryStore.reading(workers.store).release()), says)
        kafka.start()
        awaited(lambda: ready() and not {"OcmwKafkaAway", "OcmwRedisAway"} & alerts(listening), says)
        for role in ports:
            assert "%s" not in workers.log(role)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["intake", "publish", "agents"])
def test_a_worker_that_starts_without_a_broker_ends_and_says_why_and_nothing_else(role: str, tmp_path: Path) -> None:
    store = ["--store", tmp_path / "store"] if role == "publish" else []
    servers = f"127.0.0.1:{free_port()}"
    done = ocmw("worker", "--role", role, *store, OCMW_KAFKA_SERVERS=servers, OCMW_KAFKA_STATE=str(tmp_path / "state"))
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ocmw: Kafka cannot be reached at {servers} ([Errno 111] Connect call failed")
