"""Everything that is measured, in one closed list: a name that is not here cannot be set; a test reads docs/metrics.md.

What a worker *is* (outcomes of its fold, positions, release) is a gauge of state, set from that state: a restart, a
replay or a takeover then tells the truth at once, where a counter would begin again or count twice. What a worker
*does* (seconds spent) is a histogram. Labels are closed sets: slugs, supports, states, partitions. Never a person, an
event, or a municipality.
"""

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Gauge, Histogram, PlatformCollector, ProcessCollector

Kind = Literal["gauge", "histogram"]

_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 60, 300)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name as Prometheus has it, what it tells, and the names of its labels."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


METRICS: tuple[Metric, ...] = (
    Metric(
        "ocmw_events",
        "gauge",
        "Events of the log folded so far, by outcome (applied, duplicate, set_aside); L2.",
        ("partition", "outcome"),
    ),
    Metric("ocmw_set_aside", "gauge", "Events of the log set aside so far, by fault.", ("partition", "slug")),
    Metric("ocmw_lag_records", "gauge", "Records of a partition that wait to be read.", ("topic", "partition")),
    Metric(
        "ocmw_lag_seconds",
        "gauge",
        "For how long the oldest record that waits has been seen to wait, 0 when none does.",
        ("topic", "partition"),
    ),
    Metric("ocmw_fold_seconds", "histogram", "Time of folding one step of one partition."),
    Metric("ocmw_cut_seconds", "histogram", "Time from a barrier that all partitions reached to its release."),
    Metric("ocmw_rows", "gauge", "Rows in the ledger of a partition (intake) or of all (publish).", ("partition",)),
    Metric(
        "ocmw_gate_state", "gauge", "Figures of the current release in each state of the gate.", ("support", "state")
    ),
    Metric("ocmw_update", "gauge", "Number of the last update whose barrier a partition reached.", ("partition",)),
    Metric("ocmw_release", "gauge", "Number of the current release, in the store and in each copy.", ("place",)),
    Metric("ocmw_copy_missing", "gauge", "Values of the current release that a copy has not.", ("place",)),
    Metric(
        "ocmw_barrier_open_seconds", "gauge", "How long a barrier has waited for some partition, 0 when none is open."
    ),
    Metric("ocmw_request_waiting_seconds", "gauge", "Age of the oldest accepted closing without release, 0 when none."),
    Metric("ocmw_snapshot_age_seconds", "gauge", "Age of the last snapshot.", ("partition",)),
    Metric("ocmw_live_delay_seconds", "histogram", "From an event acknowledged to its live provisional figure."),
    Metric("ocmw_disk_free_ratio", "gauge", "Free share of the disk below the store or the snapshots.", ("place",)),
    Metric("ocmw_active", "gauge", "1 while this worker does its role, 0 while it stands by.", ("role",)),
    Metric(
        "ocmw_kafka_seconds_since_answer",
        "gauge",
        "Seconds since the leaders of all partitions that a worker reads answered it last.",
    ),
    Metric("ocmw_redis_seconds_since_answer", "gauge", "Seconds since Redis answered a publisher last."),
    Metric(
        "ocmw_board_seconds",
        "histogram",
        "Time of the board to the first byte of an answer, by kind of address (page, zone, api, file, static) and "
        "class of status.",
        ("kind", "status"),
    ),
    Metric("ocmw_board_unreadable", "gauge", "Answers refused so far: a file of the public tree could not be read."),
    Metric("ocmw_receipts", "gauge", "Receipts (OCMW and statement month) held by the agents."),
    Metric(
        "ocmw_stability",
        "gauge",
        "Periods of each support in each state, as the agents heard them.",
        ("support", "state"),
    ),
    Metric(
        "ocmw_service_events",
        "gauge",
        "Events of a keyed service so far, by outcome (applied, duplicate, set_aside); L2.",
        ("service", "partition", "outcome"),
    ),
    Metric(
        "ocmw_service_set_aside",
        "gauge",
        "Events of a keyed service set aside so far, by fault.",
        ("service", "partition", "slug"),
    ),
    Metric(
        "ocmw_service_waiting",
        "gauge",
        "Events of a keyed service that wait for another event.",
        ("service", "partition"),
    ),
    Metric(
        "ocmw_requests_unanswered",
        "gauge",
        "Requests for a social report that still lack an answer.",
        ("service", "partition"),
    ),
    Metric("ocmw_answer_delay_seconds", "histogram", "From a request in Kafka to its report acknowledged there."),
)
"""In the order of the table of docs/metrics.md."""


class Metrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self) -> None:
        """Make all of them, and those of the process (memory, processor time, open files)."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._gauges = {one.name: Gauge(one.name, one.help, one.labels, registry=self.registry) for one in _of("gauge")}
        self._histograms = {
            one.name: Histogram(one.name, one.help, one.labels, buckets=_SECONDS, registry=self.registry)
            for one in _of("histogram")
        }

    def tell(self, name: str, value: float, *labels: object) -> None:
        """Set a gauge. Raises KeyError for a name that is not in the list, ValueError for other labels than its own."""
        gauge = self._gauges[name]
        (gauge.labels(*map(str, labels)) if labels else gauge).set(value)

    def took(self, name: str, seconds: float, *labels: object) -> None:
        """Note a duration in a histogram. Raises as ``tell`` does."""
        histogram = self._histograms[name]
        (histogram.labels(*map(str, labels)) if labels else histogram).observe(seconds)

    def withdraw(self, name: str, **labels: str) -> None:
        """Drop the values of a gauge with labels: all of them, or those with these labels.

        Raises KeyError and ValueError as ``tell`` does.
        """
        if labels:
            self._gauges[name].remove_by_labels(labels)
        else:
            self._gauges[name].clear()

    def forget(self, partition: int | str) -> None:
        """Drop the values of a partition that another worker has now, so that nobody adds them twice."""
        for one in METRICS:
            if "partition" in one.labels:
                self._gauges[one.name].remove_by_labels({"partition": str(partition)})


def _of(kind: Kind) -> tuple[Metric, ...]:
    return tuple(one for one in METRICS if one.kind == kind)
