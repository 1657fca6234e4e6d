"""The topics, one row for each: from ``TOPICS`` come their making and verification, rights, AsyncAPI and documents.

The number of partitions of the dossier log never changes: a person's events would lie in two partitions, and be
counted twice. More partitions means a new topic, filled by emitting again.
"""

from dataclasses import dataclass

from streams.kafka.settings import KafkaSettings

MIB = 1 << 20
DAY = 24 * 3600 * 1000
KEPT = "-1"
MAX_EVENT_BYTES = 6 * MIB
"""Largest record of the dossier log: large enough that nonsense of a few MB arrives, and is set aside by us."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be: partitions, bytes of the largest record, milliseconds kept (-1: for ever).

    A compacted one keeps the last record of each key.
    """

    name: str
    partitions: int
    max_bytes: int
    kept: str = KEPT
    policy: str = "delete"

    def config(self, replication: int) -> dict[str, str]:
        """Return its configuration on the broker."""
        return {
            "cleanup.policy": self.policy,
            "retention.ms": self.kept,
            "retention.bytes": "-1",
            "max.message.bytes": str(self.max_bytes),
            "min.insync.replicas": "2" if replication >= 3 else "1",  # noqa: PLR2004 - a majority of three
        }


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic of every pipeline.

    ``{epoch}`` in its name is the pipeline's number; ``single`` gives it one partition, others have as many as the
    dossier log; ``days`` None keeps it for ever. ``schema_ids`` are of ids.json, none where values are of others.
    ``writers`` and ``readers`` are roles of ``streams.acls``. ``sentence`` says what it holds, key included; of several
    sentences the first stands in tables.
    """

    name: str
    sentence: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    schema_ids: tuple[int, ...] = ()
    single: bool = False
    max_bytes: int = MIB
    days: int | None = None

    def topic(self, settings: KafkaSettings) -> Topic:
        """Return the topic as it is in a pipeline."""
        partitions = 1 if self.single else settings.partitions
        kept = KEPT if self.days is None else str(self.days * DAY)
        return Topic(self.name.format(epoch=settings.epoch), partitions, self.max_bytes, kept)


DOSSIERS, UPDATES, RELEASES, DEAD_LETTERS, VINTAGES = (
    "ocmw.dossiers.v1",
    "ocmw.updates.v1",
    "ocmw.releases.v1",
    "ocmw.dead-letters.v1",
    "ocmw.vintages.v1",
)
STABLE_FIGURES, RECEIPTS = "ocmw.stable-figures.v1", "ocmw.receipts.v1"
CONTRACTS, DECISIONS, REPORTS = "ocmw.contracts.v1", "ocmw.decisions.v1", "ocmw.reports.v1"
REQUESTS, ANSWERS = "ocmw.esv.requests.v1", "ocmw.esv.answers.v1"
ROWS, SUMMARIES = "ocmw.rows.v{epoch}", "ocmw.receipt-summaries.v{epoch}"


def letters_topic(service: str) -> str:
    """Return the name of the dead letters of a keyed service, which hold what its topics hold."""
    return f"ocmw.{service}.dead-letters.v1"


TOPICS: tuple[TopicRow, ...] = (
    TopicRow(
        DOSSIERS,
        "The only truth: all that concerns a person, in one partition. The key is the 16 bytes of the person, the "
        "partitioner Kafka's default (murmur2). An event counts once by person and event_id, so it may be sent again. "
        "Transactions are honoured: what was aborted is never read.",
        writers=("claims", "emit", "dead-letters"),
        readers=("intake", "log-export"),
        schema_ids=(1, 2, 3, 4, 5, 6, 7, 8),
        max_bytes=MAX_EVENT_BYTES,
    ),
    TopicRow(
        UPDATES,
        "The one order of closings. Only ocmw close-update writes here. A request's rank among the accepted ones is "
        "its number; one whose id was accepted before, or whose month is below the last, has none.",
        writers=("emit",),
        readers=("emit", "publish", "status"),
        schema_ids=(17,),
        single=True,
    ),
    TopicRow(
        ROWS,
        "Internal, from intake to publish; 1 is the epoch of the pipeline. Rows are absolute, and a batch whose stop "
        "is known already is ignored. Schemas 16 and 18 are what earlier versions wrote, before there were facts, and "
        "birth dates.",
        writers=("intake",),
        readers=("intake", "publish", "status"),
        schema_ids=(16, 18, 24),
    ),
    TopicRow(
        RELEASES,
        "One record a release, after its pointer moved and all its stable figures were sent; kept for ever. Ignore a "
        "number that is not higher than the last one applied. The header epoch is the number of the pipeline that "
        "announced it; the first release after another pipeline's tells every public figure.",
        writers=("publish",),
        readers=("emit", "publish", "status", "readers"),
        schema_ids=(21,),
        single=True,
    ),
    TopicRow(
        VINTAGES,
        "The gate's result of each update, one record a support. Internal: it holds figures that are not stable. The "
        "key is the support; keep one record per support and sequence.",
        writers=("publish",),
        readers=("agents", "status"),
        schema_ids=(20,),
        single=True,
    ),
    TopicRow(
        STABLE_FIGURES,
        "For publishers: the public figures that a release changed, each whole; key support|period. To apply a "
        "release, read ocmw.releases.v1; when a record with a higher number comes, read this topic up to its "
        "stable_figures_ends, keep for each key the record with the highest release, and show them together. A record "
        "of a lower release than the one you hold of its key is a repetition. Kept for 400 days; who is later than "
        "that begins with a store or Redis.",
        writers=("publish",),
        readers=("readers",),
        schema_ids=(19, 25),
        single=True,
        max_bytes=6 * MIB,
        days=400,
    ),
    TopicRow(
        SUMMARIES,
        "Internal, from intake to the agents; 1 is the epoch of the pipeline. Cumulative per OCMW, statement month and "
        "partition of the log, told every few seconds and not for each event; key the OCMW (five digits), Kafka's "
        "default partitioner. A summary that reaches no further than the last one of its partition says nothing new.",
        writers=("intake",),
        readers=("agents",),
        schema_ids=(22,),
        days=400,
    ),
    TopicRow(
        RECEIPTS,
        "For claim systems, the outcome of the events that they sent; key ocmw|statement month, the last record "
        "counts. Received is applied, duplicates and set aside together. An event that no sender can be read from (it "
        "does not decode) has no receipt; it stands among the dead letters.",
        writers=("agents",),
        readers=("claims", "status", "board"),
        schema_ids=(23,),
        days=400,
    ),
    TopicRow(
        DEAD_LETTERS,
        "Events that were set aside: the value as it came, with headers that say why and where it stood. It holds what "
        "senders sent, so it is as protected as the log. An empty value with the header resent notes that the event of "
        "the same partition and offset was sent again.",
        writers=("intake", "dead-letters"),
        readers=("dead-letters",),
        max_bytes=MAX_EVENT_BYTES + MIB,
        days=400,
    ),
    TopicRow(
        CONTRACTS,
        "GPMI contracts and their evaluations; no part of the dossier log, as all that follow. The key is the 16 "
        "bytes of the person, the partitioner Kafka's default. An event counts once by key and event_id.",
        writers=("records", "dead-letters"),
        readers=("contracts", "social-reports"),
        schema_ids=(32, 33, 34),
    ),
    TopicRow(
        DECISIONS,
        "Dossiers and decisions of OCMWs, of which social reports are made. The key is the 16 bytes of the person; "
        "there are as many partitions as of contracts and requests, so that a person lies in one place.",
        writers=("records", "dead-letters"),
        readers=("social-reports",),
        schema_ids=(35, 36, 37),
    ),
    TopicRow(
        REQUESTS,
        "Who asks for a social report of whom, and what askers put away. The key is the 16 bytes of the person, not "
        "the OCMW. Only esv-edge writes here; kept for ten years.",
        writers=("esv-edge",),
        readers=("social-reports",),
        schema_ids=(38, 39, 40),
        days=3653,
    ),
    TopicRow(
        ANSWERS,
        "Social reports, one for each OCMW asked and a further one for a late answer. The key is the asking OCMW, five "
        "digits. Identity is request, answering, state: the same may come again, with the same content. Only esv-edge "
        "reads here.",
        writers=("social-reports",),
        readers=("esv-edge",),
        schema_ids=(41,),
        max_bytes=6 * MIB,
        days=90,
    ),
    TopicRow(
        REPORTS,
        "Grants and yearly reports of subsidies. The key is OCMW and year, as 44021|2017.",
        writers=("records", "dead-letters"),
        readers=("subsidies",),
        schema_ids=(42, 43, 44),
    ),
    *(
        TopicRow(
            letters_topic(service),
            f"Events that the service of {service.replace('-', ' ')} set aside. The value is as it came, headers say "
            "why and where it stood; the same letter may come again, of the same place. An empty value with the header "
            "resent notes that the event of the same place was sent again.",
            writers=(service, "dead-letters"),
            readers=("dead-letters",),
            max_bytes=2 * MIB,
            days=400,
        )
        for service in ("contracts", "social-reports", "subsidies")
    ),
)
"""In the order of the tables. A new topic is a row here, and its schema ids in schemas/avro/ids.json."""


def rows_topic(settings: KafkaSettings) -> str:
    """Return the name of the rows topic of this pipeline."""
    return ROWS.format(epoch=settings.epoch)


def summaries_topic(settings: KafkaSettings) -> str:
    """Return the name of the topic of this pipeline from which receipts are made.

    A pipeline of its own has its own: another log could reach less far, and would then say nothing new.
    """
    return SUMMARIES.format(epoch=settings.epoch)


def topic_named(settings: KafkaSettings, name: str) -> Topic:
    """Return a topic of a pipeline by its name in ``TOPICS``. Raises StopIteration for a name that is not there."""
    return next(row for row in TOPICS if row.name == name).topic(settings)


def topics(settings: KafkaSettings) -> tuple[Topic, ...]:
    """Return the topics of a pipeline; but for those behind the agents' tables (``streams.agents.table``)."""
    return tuple(row.topic(settings) for row in TOPICS)
