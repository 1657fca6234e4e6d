"""What operations people look at: real Prometheus on a real worker's endpoint, its rules, and the dashboard."""

import json
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from aiohttp import ClientSession
from redis_server import required

from streams.shell.health import Health
from streams.shell.metrics import METRICS, Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RUNBOOKS = DEPLOY.parent / "docs" / "runbooks.md"
_NAME = re.compile(r"ocmw_[a-z_]+")


def known(name: str) -> bool:
    return name in {one.name for one in METRICS} or name.removesuffix("_bucket") in {
        one.name for one in METRICS if one.kind == "histogram"
    }


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))
    alert_rules: list[dict[str, Any]] = document["groups"][0]["rules"]
    return alert_rules


def promtool(*arguments: str) -> None:
    command = [required("promtool", "prometheus"), *arguments]
    done = subprocess.run(command, cwd=PROMETHEUS, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules() -> None:
    promtool("check", "rules", "alerts.yml")


def test_alerts_fire_when_they_should_and_not_before() -> None:
    promtool("test", "rules", "alerts.test.yml")


def test_prometheus_takes_its_configuration() -> None:
    promtool("check", "config", "prometheus.yml")


def test_rules_ask_for_metrics_that_there_are() -> None:
    names = {name for rule in rules() for name in _NAME.findall(rule["expr"])}
    assert names
    assert not {name for name in names if not known(name)}


def test_each_alert_names_a_chapter_of_the_runbooks() -> None:
    headings = re.findall(r"^## (.+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    named = [re.match(r"docs/runbooks\.md#([a-z-]+): ", rule["annotations"]["runbook"]) for rule in rules()]
    assert {match[1] if match else None for match in named} <= anchors


def test_the_dashboard_shows_each_metric_and_no_other() -> None:
    board = json.loads((DEPLOY / "grafana" / "ocmw.json").read_text(encoding="utf-8"))
    queried = {name for panel in board["panels"] for name in _NAME.findall(panel["targets"][0]["expr"])}
    assert {name.removesuffix("_bucket") for name in queried} == {one.name for one in METRICS}


@pytest_asyncio.fixture
async def worker() -> AsyncIterator[tuple[str, Metrics, dict[str, str]]]:
    """Yield where a worker's health is served, its metrics, and what ails it or is waited for."""
    metrics, said = Metrics(), {"ailing": "", "waiting": ""}
    health = Health(metrics, "127.0.0.1", 0, ailing=lambda: said["ailing"], waiting=lambda: said["waiting"])
    await health.start()
    yield f"127.0.0.1:{health.address[1]}", metrics, said
    await health.stop()


async def answer_of(address: str, path: str) -> tuple[int, str]:
    async with ClientSession() as session, session.get(f"http://{address}{path}") as answer:
        return answer.status, await answer.text()


@pytest.mark.asyncio
async def test_a_worker_that_waits_lives_and_is_not_ready(worker: tuple[str, Metrics, dict[str, str]]) -> None:
    address, _, said = worker
    said["waiting"] = "partition 3 is 700 records behind"
    assert await answer_of(address, "/livez") == (200, "ok\n")
    assert await answer_of(address, "/readyz") == (503, "partition 3 is 700 records behind\n")


@pytest.mark.asyncio
async def test_a_worker_that_caught_up_is_ready(worker: tuple[str, Metrics, dict[str, str]]) -> None:
    assert await answer_of(worker[0], "/readyz") == (200, "ok\n")


@pytest.mark.asyncio
async def test_a_worker_that_crashed_neither_lives_nor_is_ready(worker: tuple[str, Metrics, dict[str, str]]) -> None:
    address, _, said = worker
    said["ailing"] = "the fold crashed"
    assert (await answer_of(address, "/livez"))[0] == 503
    assert (await answer_of(address, "/readyz"))[0] == 503


@pytest.mark.asyncio
async def test_nothing_else_is_served(worker: tuple[str, Metrics, dict[str, str]]) -> None:
    for path in ("/", "/table", "/settings"):
        assert (await answer_of(worker[0], path))[0] == 404
