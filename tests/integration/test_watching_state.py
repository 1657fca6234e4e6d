"""What a worker tells of its state."""

from pathlib import Path

import redis
from prometheus_client import generate_latest

from processors.ledger import DUPLICATE
from processors.partition import OUTCOMES
from schemas.faults import NUMBER
from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.releases import Entry, Release, State, Update, Vintage
from sinks.redis import RedisCopy
from streams.metrics import Metrics
from streams.watching import copy_told, disk_told, tell_outcomes, tell_release


def value(metrics: Metrics, line: str) -> float:
    found = [text for text in generate_latest(metrics.registry).decode().splitlines() if text.startswith(line)]
    return float(found[0].rpartition(" ")[2])


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
    told = [value(metrics, f'ocmw_events{{outcome="{name}"') for name in ("applied", "duplicate", "set_aside")]
    assert told == [90, 5, 5]
    assert value(metrics, 'ocmw_set_aside{partition="7",slug="bad-period"}') == 3


def test_states_of_the_gate_are_told_and_those_without_figures_are_0() -> None:
    metrics = Metrics()
    tell_release(metrics, release(State.PENDING, State.PENDING, State.FROZEN))
    told = {state: value(metrics, f'ocmw_gate_state{{state="{state}",support="LL"}}') for state in State}
    assert told == {"pending": 2, "settling": 0, "published": 0, "revising": 0, "frozen": 1}
    tell_release(metrics, release(State.PUBLISHED))
    assert value(metrics, 'ocmw_gate_state{state="pending",support="LL"}') == 0


def test_a_copy_that_does_not_answer_shows_release_0() -> None:
    metrics = Metrics()
    copy_told(RedisCopy(redis.Redis(port=1, retry=None)), lambda: None)(metrics)
    assert value(metrics, 'ocmw_release{place="redis"}') == 0


def test_the_free_share_of_a_disk_is_a_share(tmp_path: Path) -> None:
    metrics = Metrics()
    disk_told("store", tmp_path)(metrics)
    assert 0 < value(metrics, 'ocmw_disk_free_ratio{place="store"}') < 1
