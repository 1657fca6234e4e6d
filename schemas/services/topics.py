"""The topics of keyed services: which records each holds, in the order of its union, and what its key is."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from schemas.events import Schema, Shape, schema_document, shape

TopicName = Literal["contracts", "decisions", "requests", "answers", "reports"]
KeyKind = Literal["person", "asking", "ocmw-year"]


@dataclass(frozen=True, slots=True)
class ServiceTopic:
    """A topic: name in Kafka, the file of its union in ``schemas/avro``, what its key is, and the id of the union."""

    name: TopicName
    address: str
    file: str
    key: KeyKind
    union_id: int

    @property
    def schema(self) -> Schema:
        """The union as its file has it (one record stands alone)."""
        return schema_document(self.file)


TOPICS: tuple[ServiceTopic, ...] = (
    ServiceTopic("contracts", "ocmw.contracts.v1", "contracts.avsc", "person", 32),
    ServiceTopic("decisions", "ocmw.decisions.v1", "decisions.avsc", "person", 35),
    ServiceTopic("requests", "ocmw.esv.requests.v1", "social-report-requests.avsc", "person", 38),
    ServiceTopic("answers", "ocmw.esv.answers.v1", "social-report.avsc", "asking", 41),
    ServiceTopic("reports", "ocmw.reports.v1", "subsidy-reports.avsc", "ocmw-year", 42),
)
ServiceName = Literal["contracts", "social-reports", "subsidies"]
ADMITS: dict[ServiceName, tuple[TopicName, ...]] = {
    "contracts": ("contracts",),
    "social-reports": ("decisions", "requests"),
    "subsidies": ("reports",),
}
"""The services there are, and the topics whose events each admits."""
HEARS: dict[ServiceName, tuple[TopicName, ...]] = {"social-reports": ("contracts",)}
"""Topics of another service that a service reads too."""
TOPIC: dict[str, ServiceTopic] = {topic.name: topic for topic in TOPICS}


@cache
def branches(topic: ServiceTopic) -> tuple[Shape, ...]:
    """Return the shapes of the records of a topic, in the order of its union."""
    union = shape(topic.schema)
    return union.branches or (union,)


@cache
def ids_of(topic: ServiceTopic) -> dict[int, int | None]:
    """Return schema id -> branch of the records that may stand in a topic (None: the union, its branch in front)."""
    named = {branch.name.rpartition(".")[2]: number for number, branch in enumerate(branches(topic))}
    entries = schema_document("ids.json")["ids"].items()
    single = len(named) == 1
    return {
        int(number): named.get(entry["record"], 0 if single else None)
        for number, entry in entries
        if entry["file"] == topic.file
    }
