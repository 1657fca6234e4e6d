"""All roles under the supervisor, on a real Kafka and a real Redis: what people, Prometheus and readers then see."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import urlopen

import fastavro
import pytest
import redis
import yaml
from prometheus_client.parser import text_string_to_metric_families
from redis_server import RedisServer, required

from schemas.framing import REQUEST_ID, encode
from schemas.periods import parse_month
from schemas.settings import FigureSettings
from sinks.directory.identity import exists
from sinks.directory.store import DirectoryStore
from sinks.redis.store import RedisCopy
from streams.agents.table import every_topic
from streams.embedded.driver import Embedded
from streams.kafka.clients import producing
from streams.kafka.emit import emit
from streams.kafka.receipts import read_receipts
from streams.kafka.roles.supervisor import ROLES
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import UPDATES as REQUESTS
from streams.kafka.updates import accepted_with_time, close_everywhere, last_released
from streams.proof.compare import copy_differences, differences
from streams.servers.kafka import KafkaServer, free_port
from streams.shell.metrics import METRICS
from synthetic import generate

pytestmark = pytest.mark.slow
UPDATES = 6
PARTITIONS = 3
PATIENCE = 300.0
PROGRAM = [sys.executable, "-c", "from streams.cli import main; main()"]
PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus" / "prometheus.yml"
Values = dict[str, dict[tuple[tuple[str, str], ...], float]]
"""By name of a sample and by its labels."""


@dataclass
class Flow:
    """Where everything of this test is."""

    root: Path
    settings: KafkaSettings
    redis: str
    ports: dict[str, int]
    history: Path
    workers: subprocess.Popen[bytes] = field(init=False)

    @property
    def environment(self) -> dict[str, str]:
        """What each process of ours is told."""
        return {
            **os.environ,
            "OCMW_KAFKA_SERVERS": self.settings.servers,
            "OCMW_KAFKA_PARTITIONS": str(PARTITIONS),
            "OCMW_KAFKA_STATE": str(self.settings.state),
            "OCMW_KAFKA_SNAPSHOT_SECONDS": "1",
            "OCMW_REDIS_URL": self.redis,
            "OCMW_HEALTH_PORT": str(self.ports["intake"]),
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have one of each role run, under the supervisor."""
        command = [*PROGRAM, "worker", "--store", str(self.root / "store")]
        with self.log.open("ab") as log:
            self.workers = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)  # noqa: S603
        try:
            yield
        finally:
            self.workers.terminate()
            self.workers.wait(PATIENCE)

    @property
    def log(self) -> Path:
        """What the workers wrote."""
        return self.root / "workers.log"

    def ocmw(self, *arguments: str) -> str:
        """Return what a command says; it must succeed."""
        command = [*PROGRAM, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, role: str, path: str) -> tuple[int, str]:
        """Return status and text that a role answers, 0 where it does not."""
        try:
            with urlopen(f"http://127.0.0.1:{self.ports[role]}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""

    def values(self, role: str) -> Values:
        """Return all that a role tells."""
        values: Values = {}
        for family in text_string_to_metric_families(self.get(role, "/metrics")[1]):
            for sample in family.samples:
                values.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
        return values


def awaited(question: Callable[[], bool], flow: Flow) -> None:
    """Return when the answer is yes; fails with the workers' log when it does not come, or they end."""
    deadline = time.monotonic() + PATIENCE
    while not question():
        log = flow.log.read_text(errors="replace")[-3000:]
        assert time.monotonic() < deadline, log
        assert flow.workers.poll() is None, log
        time.sleep(0.3)


def free_ports(count: int) -> list[int]:
    """Return ports that follow each other and are free."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return list(range(first, first + count))


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """Yield the flow when all updates of a history are released and every role is ready."""
    for program, package in (("java", "default-jre"), ("mvn", "maven")):
        required(program, package)
    root = tmp_path_factory.mktemp("flow")
    history = root / "history.avro"
    generate(800, parse_month("2024-01"), parse_month("2024-06"), 7, history)
    server = KafkaServer(root / "kafka").start()
    settings = KafkaSettings(servers=server.servers, partitions=PARTITIONS, state=root / "state")
    with ended(server), RedisServer(root) as redis_server:
        made = Flow(root, settings, redis_server.url, dict(zip(ROLES, free_ports(3), strict=True)), history)
        asyncio.run(make_topics(settings, every_topic(settings)))
        with made.running():
            asyncio.run(emit(settings, [history]))
            awaited(lambda: exists(root / "store") and DirectoryStore.reading(root / "store").latest() == UPDATES, made)
            awaited(lambda: asyncio.run(last_released(settings)) == UPDATES, made)  # a release is told after it stands
            awaited(lambda: all(made.get(role, "/readyz")[0] == 200 for role in ROLES), made)
            yield made


@contextmanager
def ended(server: KafkaServer) -> Iterator[None]:
    """Kill the server in the end."""
    try:
        yield
    finally:
        server.kill()


def records(history: Path) -> list[dict[str, Any]]:
    """Return all events of a history, closings among them."""
    with history.open("rb") as file:
        return list(fastavro.reader(file))


def counted(history: Path) -> Counter[tuple[int, int]]:
    """Return how many lines of each OCMW and statement month a history holds."""
    lines = [event for event in records(history) if "statement_month" in event]
    return Counter((event["ocmw"], event["statement_month"]) for event in lines)


def test_the_figures_are_those_of_the_files_in_the_home_and_in_redis(flow: Flow) -> None:
    Embedded.run(flow.root / "embedded", FigureSettings(), [flow.history])
    embedded, home = DirectoryStore.reading(flow.root / "embedded"), DirectoryStore.reading(flow.root / "store")
    copy = RedisCopy(redis.Redis.from_url(flow.redis))
    awaited(lambda: copy.latest() == UPDATES, flow)
    assert list(differences(embedded, home)) == []
    assert list(copy_differences(embedded, copy)) == []


def test_each_sender_has_a_receipt_of_all_that_it_sent(flow: Flow) -> None:
    sent = counted(flow.history)
    chosen = [ocmw for ocmw, _ in Counter({key[0]: events for key, events in sent.items()}).most_common(3)]

    def received_of() -> dict[tuple[int, int], int]:
        receipts = [one for ocmw in chosen for one in asyncio.run(read_receipts(flow.settings, ocmw))]
        return {(one["ocmw"], one["statement_month"]): one["received"] for one in receipts}

    wanted = {key: events for key, events in sent.items() if key[0] in chosen}
    awaited(lambda: received_of() == wanted, flow)
    (ocmw, month), events = max(wanted.items(), key=lambda item: item[1])
    printed = flow.ocmw("receipts", "--ocmw", f"{ocmw}", "--statement-month", f"{month // 100}-{month % 100:02d}")
    assert re.search(rf"{month // 100}-{month % 100:02d} +{events:,} ", printed)
    assert "no receipt of 12345 yet" in flow.ocmw("receipts", "--ocmw", "12345")
    assert "unknown-ocmw 1" in flow.ocmw("receipts", "--ocmw", "99999")  # the history holds one of a wrong code


PLAUSIBLE: dict[str, Callable[[list[float]], bool]] = {
    "ocmw_events": lambda values: sum(values) > 2_000,
    "ocmw_set_aside": lambda values: sum(values) > 0,
    "ocmw_lag_records": lambda values: max(values) == 0,
    "ocmw_lag_seconds": lambda values: max(values) == 0,
    "ocmw_fold_seconds": lambda values: max(values) >= 1,
    "ocmw_cut_seconds": lambda values: max(values) == UPDATES,
    "ocmw_rows": lambda values: sum(values) == 2 * max(values),  # once in intake's parts, once whole in publish
    "ocmw_gate_state": lambda values: sum(values) > 100,
    "ocmw_update": lambda values: values == [UPDATES] * PARTITIONS,
    "ocmw_release": lambda values: values == [UPDATES] * 2,
    "ocmw_copy_missing": lambda values: values == [0],
    "ocmw_barrier_open_seconds": lambda values: max(values) == 0,
    "ocmw_request_waiting_seconds": lambda values: max(values) == 0,
    "ocmw_snapshot_age_seconds": lambda values: len(values) == PARTITIONS + 1 and max(values) < 300,
    "ocmw_disk_free_ratio": lambda values: len(values) == 2 and 0 < min(values) <= max(values) < 1,
    "ocmw_active": lambda values: values == [1] * len(ROLES),
    "ocmw_receipts": lambda values: max(values) > 100,
    "ocmw_stability": lambda values: sum(values) > 100,
}
OF_SERVICES = {
    "ocmw_service_events", "ocmw_service_set_aside", "ocmw_service_waiting", "ocmw_requests_unanswered",
    "ocmw_answer_delay_seconds",
}  # fmt: skip
"""Told by the workers of keyed services, which this flow has not: see test_social_reports_on_kafka."""
LIVE = {"ocmw_live_delay_seconds"}
OF_SERVERS = {"ocmw_kafka_seconds_since_answer", "ocmw_redis_seconds_since_answer"}
"""Told of servers that a worker asks: see test_servers_away."""
OF_BOARD = {"ocmw_board_seconds", "ocmw_board_unreadable"}
"""Told by the board, which this flow has not: see the tests of the board."""


def metrics_of(flow: Flow) -> dict[str, list[float]]:
    """Return the values of each metric of ours, with all labels that it has, over all roles."""
    by_metric: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for role in ROLES:
        for name, values in flow.values(role).items():
            metric = name.removesuffix("_count")
            by_metric.setdefault(metric, {})
            for labels, value in values.items():
                by_metric[metric][labels] = max(value, by_metric[metric].get(labels, 0.0))
    return {name: list(values.values()) for name, values in by_metric.items()}


def test_every_metric_of_the_list_is_told_and_plausible(flow: Flow) -> None:
    assert PLAUSIBLE.keys() | LIVE | OF_SERVICES | OF_SERVERS | OF_BOARD == {one.name for one in METRICS}
    wrong: dict[str, list[float]] = {}

    def right() -> bool:
        metrics = metrics_of(flow)
        wrong.clear()
        wrong.update(
            {name: metrics.get(name, []) for name, holds in PLAUSIBLE.items() if not _holds(holds, metrics, name)}
        )
        return not wrong

    try:
        awaited(right, flow)
    except AssertionError as error:
        raise AssertionError(wrong) from error


def _holds(holds: Callable[[list[float]], bool], metrics: dict[str, list[float]], name: str) -> bool:
    return bool(metrics.get(name)) and holds(metrics[name])


def test_outcomes_add_up_to_what_was_sent(flow: Flow) -> None:
    events = flow.values("intake")["ocmw_events"]
    assert sum(events.values()) == len(records(flow.history))


def test_a_real_prometheus_reads_the_real_workers(flow: Flow) -> None:
    configuration: dict[str, Any] = yaml.safe_load(PROMETHEUS.read_text(encoding="utf-8"))
    configuration["global"]["scrape_interval"] = "1s"
    configuration["rule_files"] = [str(PROMETHEUS.with_name("alerts.yml"))]
    targets = [f"127.0.0.1:{port}" for port in flow.ports.values()]
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = targets
    (flow.root / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    listening = f"127.0.0.1:{free_port()}"
    command = [
        required("prometheus", "prometheus"),
        f"--config.file={flow.root / 'prometheus.yml'}",
        f"--storage.tsdb.path={flow.root / 'prometheus'}",
        f"--web.listen-address={listening}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        awaited(lambda: _queried(listening, "sum(up)") == "3", flow)
        awaited(lambda: _queried(listening, "sum(ocmw_active)") == "3", flow)
        assert _queried(listening, 'ocmw_release{place="home"}') == str(UPDATES)
    finally:
        process.terminate()
        process.wait()


def _queried(listening: str, query: str) -> str:
    """Return the value of the first result of a query, "" where there is none."""
    try:
        with urlopen(f"http://{listening}/api/v1/query?query={quote(query)}", timeout=5) as answer:
            vector = yaml.safe_load(answer.read())["data"]["result"]
    except OSError:
        return ""
    return str(vector[0]["value"][1]) if vector else ""


def test_status_says_what_is_stable_and_for_whom_an_update_waits(flow: Flow) -> None:
    said = flow.ocmw("status", "--store", str(flow.root / "store"))
    assert "all of them folded" in said
    assert f"{UPDATES} updates are closed, all of them released" in said
    assert re.search(r"^LL at update \S+: .*\d+ pending", said, re.MULTILINE)

    async def half() -> None:
        """Ask for an update and write its closing into one partition only, as a closer that is killed."""
        async with producing(flow.settings) as producer:
            value = encode(REQUEST_ID, {"update_id": "half", "reference_month": 202407})
            await producer.send_and_wait(REQUESTS, value=value, partition=0)
            update = (await accepted_with_time(flow.settings))[-1].update
            await close_everywhere(flow.settings.model_copy(update={"partitions": 1}), producer, update)

    asyncio.run(half())
    awaited(lambda: flow.values("publish")["ocmw_barrier_open_seconds"][()] > 0, flow)
    said = flow.ocmw("status")
    assert f"update half (number {UPDATES + 1}), asked for 0 minutes ago, waits for its closer" in said
    assert "is not in partitions 1, 2" in said
    assert "run ocmw close-update half --reference-month 2024-07 again" in said
    assert f"partitions 1, 2 at update {UPDATES}, partition 0 at update {UPDATES + 1}" in said
    flow.ocmw("close-update", "half", "--reference-month", "2024-07")
    awaited(lambda: DirectoryStore.reading(flow.root / "store").latest() == UPDATES + 1, flow)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_whose_topics_are_missing_says_what_to_run(flow: Flow, role: str) -> None:
    command = [*PROGRAM, "worker", "--role", role, "--store", str(flow.root / "other")]
    given = {**flow.environment, "OCMW_KAFKA_EPOCH": "2", "OCMW_HEALTH_PORT": "0"}
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)  # noqa: S603 - this program
    assert done.returncode == 1
    assert re.search(r"^ocmw: topic ocmw\.\S+\.v2 is missing; run ocmw topics$", done.stderr, re.MULTILINE)


def test_the_supervisor_ends_all_roles_in_order(flow: Flow) -> None:
    flow.workers.send_signal(signal.SIGTERM)
    assert flow.workers.wait(PATIENCE) == 0, flow.log.read_text(errors="replace")[-3000:]
    assert [flow.get(role, "/livez")[0] for role in ROLES] == [0, 0, 0]
