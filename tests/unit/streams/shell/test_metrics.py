"""The closed list of metrics, and what a worker tells of itself."""

import pytest
from prometheus_client import generate_latest

from streams.shell.metrics import METRICS, Metrics


def text(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_each_name_stands_once_and_begins_with_ours() -> None:
    names = [one.name for one in METRICS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("ocmw_") for name in names)


def test_no_label_could_hold_a_person() -> None:
    labels = {label for one in METRICS for label in one.labels}
    ours = {"partition", "outcome", "slug", "topic", "support", "state", "place", "role", "service"}
    assert labels == ours | {"kind", "status"}  # of the board: kinds of address, classes of answer


def test_a_gauge_is_what_was_told_last() -> None:
    metrics = Metrics()
    metrics.tell("ocmw_events", 7, 3, "applied")
    metrics.tell("ocmw_events", 9, 3, "applied")
    assert 'ocmw_events{outcome="applied",partition="3"} 9.0' in text(metrics)


def test_a_duration_falls_into_its_bucket() -> None:
    metrics = Metrics()
    metrics.took("ocmw_fold_seconds", 0.3)
    assert 'ocmw_fold_seconds_bucket{le="0.5"} 1.0' in text(metrics)
    assert 'ocmw_fold_seconds_bucket{le="0.1"} 0.0' in text(metrics)


def test_a_name_that_is_not_in_the_list_cannot_be_told() -> None:
    with pytest.raises(KeyError):
        Metrics().tell("ocmw_persons", 1)


def test_a_partition_that_went_elsewhere_is_no_longer_told() -> None:
    metrics = Metrics()
    for partition in (1, 2):
        metrics.tell("ocmw_rows", 5, partition)
        metrics.tell("ocmw_set_aside", 1, partition, "undecodable")
    metrics.forget(1)
    assert 'partition="1"' not in text(metrics)
    assert 'ocmw_rows{partition="2"} 5.0' in text(metrics)
