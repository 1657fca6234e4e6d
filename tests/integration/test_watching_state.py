"""What a worker tells of its state."""

from pathlib import Path

import pytest
import redis
from prometheus_client import generate_latest
from redis.backoff import NoBackoff
from redis.retry import Retry

from processors.admission.ledger import DUPLICATE
from processors.protocol.barrier import Alignment, Source
from processors.protocol.partition import OUTCOMES
from schemas.faults import NUMBER
from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.releases import Entry, Release, State, Update, Vintage
from schemas.rows import CutReached
from schemas.settings import FigureSettings
from sinks.redis.store import RedisCopy
from streams.agents.app import build_app
from streams.agents.run import tables_told
from streams.kafka.asking import kafka_answers
from streams.kafka.release.election import Home, Publish
from streams.kafka.roles.intake import tell_outcomes
from streams.kafka.roles.publish import barrier_is_open, copy_told, publish_told, tell_release
from streams.kafka.settings import KafkaSettings
from streams.shell.health import HealthSettings
from streams.shell.metrics import Metrics
from streams.shell.watching import Ends, disk_told


def series(metrics: Metrics, line: str) -> list[str]:
    return [text for text in generate_latest(metrics.registry).decode().splitlines() if text.startswith(line)]


def value(metrics: Metrics, line: str) -> float:
    return float(series(metrics, line)[0].rpartition(" ")[2])


def release(*states: State) -> Release:
    entries = {
        BlockKey("LL", Period("month", 1490 + at)): Entry(Vintage(1, None, state)) for at, state in enumerate(states)
    }
    return Release(Update(4, "u4", 1500), entries)


def test_outcomes_add_up_to_the_events_in() -> None:
    outcomes = [0] * OUTCOMES
    outcomes[0], outcomes[DUPLICATE], outcomes[NUMBER["bad-period"]], outcomes[NUMBER["undecodable"]] = 90, 5, 3, 2
    metrics = Metrics()
    tell_outcomes(metrics, 7, outcomes)
    values = [value(metrics, f'ocmw_events{{outcome="{name}"') for name in ("applied", "duplicate", "set_aside")]
    assert values == [90, 5, 5]
    assert value(metrics, 'ocmw_set_aside{partition="7",slug="bad-period"}') == 3


def test_states_of_the_gate_are_told_and_those_without_figures_are_0() -> None:
    metrics = Metrics()
    tell_release(metrics, release(State.PENDING, State.PENDING, State.FROZEN))
    values = {state: value(metrics, f'ocmw_gate_state{{state="{state}",support="LL"}}') for state in State}
    assert values == {"pending": 2, "settling": 0, "published": 0, "revising": 0, "frozen": 1}
    tell_release(metrics, release(State.PUBLISHED))
    assert value(metrics, 'ocmw_gate_state{state="pending",support="LL"}') == 0


@pytest.mark.asyncio
async def test_a_publisher_that_stands_by_no_longer_tells_of_the_release_it_made() -> None:
    metrics = Metrics()
    tell_release(metrics, release(State.PENDING))
    metrics.tell("ocmw_release", 4, "redis")
    publish = Publish(KafkaSettings(), FigureSettings(), Home(Path("store")), metrics)
    publish_told(publish, kafka_answers(KafkaSettings(), metrics))(metrics)
    assert series(metrics, "ocmw_release{") == ['ocmw_release{place="redis"} 4.0']
    assert series(metrics, "ocmw_gate_state{") == []


@pytest.mark.asyncio
async def test_agents_without_their_tables_tell_of_no_flag() -> None:
    metrics = Metrics()
    metrics.tell("ocmw_stability", 3, "LL", "pending")
    tables_told(build_app(KafkaSettings()), metrics)
    assert series(metrics, "ocmw_stability{") == []


def test_a_copy_that_does_not_answer_shows_release_0() -> None:
    metrics = Metrics()
    copy_told(RedisCopy(redis.Redis(port=1, retry=Retry(NoBackoff(), 0))), lambda: None)(metrics)
    assert value(metrics, 'ocmw_release{place="redis"}') == 0


def test_the_free_share_of_a_disk_is_a_share(tmp_path: Path) -> None:
    metrics = Metrics()
    disk_told("store", tmp_path)(metrics)
    assert 0 < value(metrics, 'ocmw_disk_free_ratio{place="store"}') < 1


def test_a_record_waits_since_it_was_first_seen_until_it_is_read() -> None:
    ends = Ends()
    assert ends.waits(position=5, end=5, now=100.0) == 0
    assert ends.waits(position=5, end=8, now=105.0) == 0  # seen now for the first time
    assert ends.waits(position=5, end=9, now=110.0) == 5
    assert ends.waits(position=8, end=9, now=115.0) == 5  # the last one has been seen since 110
    assert ends.waits(position=9, end=9, now=120.0) == 0


def test_a_barrier_is_open_while_some_partitions_wait_and_not_all() -> None:
    marker = CutReached(0, Update(1, "u1", 1500), 10, 3, bytes(8))
    alignment = Alignment([Source(), Source()], 0)
    assert not barrier_is_open(alignment)
    alignment.sources[1].marker = marker
    assert barrier_is_open(alignment)
    alignment.sources[0].marker = marker
    assert not barrier_is_open(alignment)


def test_roles_beside_each_other_serve_their_health_on_ports_that_follow() -> None:
    assert HealthSettings(port=9108).beside(2) == {"OCMW_HEALTH_PORT": "9110"}
    assert HealthSettings(port=None).beside(2) == {}
    assert HealthSettings(port=0).beside(2) == {}  # each takes a free one


def test_where_no_port_is_named_no_health_is_served() -> None:
    assert HealthSettings(port=None).served(Metrics(), lambda: "") == []
