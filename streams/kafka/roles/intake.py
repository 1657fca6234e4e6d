"""The intake worker: its service and its gauges. It must be back soon, so it imports no more than it needs."""

from processors.admission.ledger import DUPLICATE
from schemas.faults import FAULTS
from schemas.settings import FigureSettings
from streams.kafka.asking import kafka_answers
from streams.kafka.intake.intake import Intake
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS, topic_named
from streams.shell.answers import Answers
from streams.shell.health import HealthSettings
from streams.shell.metrics import Metrics
from streams.shell.services import run_service
from streams.shell.watching import EVERY, Tell, Watch, disk_told, lag_told, tell_age


async def run_intake(settings: KafkaSettings, figures: FigureSettings, health: HealthSettings) -> None:
    """Run an intake worker until it is told to end; raises what ended it otherwise."""
    metrics = Metrics()
    intake = Intake(settings, figures, metrics)
    kafka = kafka_answers(settings, metrics, topic_named(settings, DOSSIERS))
    watch = Watch(metrics, EVERY, intake_told(intake, kafka), disk_told("snapshots", settings.state))
    lag = Watch(metrics, EVERY, lag_told(DOSSIERS, intake.reaches))
    await run_service(intake, watch, lag, kafka, *health.served(metrics, lambda: kafka.waits() or intake.waits()))


def intake_told(intake: Intake, kafka: Answers) -> Tell:
    """Return what sets the gauges of an intake worker, by partition: outcomes (L2), rows, updates reached."""

    def tell(metrics: Metrics) -> None:
        folds = intake.held.folds
        metrics.tell("ocmw_active", int(bool(folds) and not kafka.waits()), "intake")
        for partition, fold in folds.items():
            tell_outcomes(metrics, partition, fold.outcomes.tolist())
            metrics.tell("ocmw_rows", len(fold.ledger.rows), partition)
            metrics.tell("ocmw_update", len(fold.closings.accepted), partition)
            tell_age(metrics, partition, intake.snapshot_of(partition))

    return tell


def tell_outcomes(metrics: Metrics, partition: int, outcomes: list[int]) -> None:
    """Tell the outcomes of a fold: 0 applied, DUPLICATE, or the number of a fault."""
    aside = {fault.slug: outcomes[number] for number, fault in enumerate(FAULTS, start=1)}
    metrics.tell("ocmw_events", outcomes[0], partition, "applied")
    metrics.tell("ocmw_events", outcomes[DUPLICATE], partition, "duplicate")
    metrics.tell("ocmw_events", sum(aside.values()), partition, "set_aside")
    for slug, events in aside.items():
        metrics.tell("ocmw_set_aside", events, partition, slug)
