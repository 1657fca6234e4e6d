"""docker-compose.yml and the Dockerfile: what the Compose specification allows, and what we promise beyond it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]


def test_the_compose_specification_allows_the_file() -> None:
    assert sorted(PyCompose.from_yaml(yaml.safe_dump(DOCUMENT)).service_names()) == sorted(SERVICES)


def test_the_check_refuses_what_the_specification_does_not_allow() -> None:
    with pytest.raises(ValueError, match=r"imagine|unknown"):
        PyCompose.from_yaml("services: {kafka: {imagine: apache/kafka}}")


def test_all_parts_are_there() -> None:
    assert set(SERVICES) == {
        "kafka",
        "redis",
        "topics",
        "intake-1",
        "intake-2",
        "publish",
        "publish-standby",
        "agents",
        "contracts",
        "social-reports",
        "subsidies",
        "board",
        "proxy",
        "prometheus",
        "grafana",
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_is_pinned_to_a_version(name: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+[\w.-]*$", SERVICES[name]["image"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"topics"}))
def test_what_runs_on_says_whether_it_is_healthy(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_each_volume_that_is_named_is_used_and_the_other_way_round() -> None:
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert {mount for mount in mounts if not mount.startswith(".")} == set(DOCUMENT["volumes"])


def test_files_that_are_mounted_exist() -> None:
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert [mount for mount in mounts if mount.startswith(".") and not (ROOT / mount).exists()] == []


def test_prometheus_looks_at_each_worker() -> None:
    configuration = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    targets = configuration["scrape_configs"][0]["static_configs"][0]["targets"]
    workers = {name for name, service in SERVICES.items() if service.get("command", [""])[0] in ("worker", "serve")}
    assert set(targets) == {f"{name}:9108" for name in workers}


def test_nothing_is_open_but_to_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_workers_run_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    last = [line for line in lines if line.startswith(("FROM", "USER"))][-1]
    assert last == "USER 10001"
    workers = [service for service in SERVICES.values() if service["image"].startswith("ocmw")]
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in workers)


def test_the_standby_has_the_store_of_the_active_publisher_and_snapshots_of_its_own() -> None:
    active, standby = (set(SERVICES[name]["volumes"]) for name in ("publish", "publish-standby"))
    assert {mount.split(":")[0] for mount in active & standby} == {"store"}
    assert SERVICES["publish"]["command"] == SERVICES["publish-standby"]["command"]


def test_the_board_cannot_write_into_the_store_nor_reach_kafka() -> None:
    assert SERVICES["board"]["volumes"] == ["store:/var/lib/ocmw/store:ro"]
    assert "OCMW_KAFKA_SERVERS" not in SERVICES["board"]["environment"]


@pytest.mark.parametrize(
    "name", ["intake-1", "intake-2", "publish", "publish-standby", "agents", "social-reports", "board"]
)
def test_a_worker_that_ends_is_started_again(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
