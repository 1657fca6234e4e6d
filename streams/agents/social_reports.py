"""Social reports on Kafka, for the one role that may read and write their topics: the edge."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from processors.services.all_services import SERVICE
from processors.services.social_reports import Person
from schemas.faults import Fault
from schemas.services.reading import Record
from schemas.services.records import Instant
from schemas.services.topics import TopicName
from streams.agents.records import send_record, states_known
from streams.kafka.settings import KafkaSettings

_SERVICE = SERVICE["social-reports"]


@dataclass(frozen=True, slots=True)
class KafkaPlace:
    """The topics of the service, and the directory of this program's log of accesses."""

    settings: KafkaSettings

    @property
    def log(self) -> Path:
        """Directory of the log of accesses."""
        return self.settings.state

    def people(self) -> list[Person]:
        """Return all of whom something is known."""
        return [person for _, person in asyncio.run(states_known(self.settings, _SERVICE))]

    def person(self, key: bytes) -> Person:
        """Return what is known of one person."""
        known = dict(asyncio.run(states_known(self.settings, _SERVICE)))
        person: Person = known.get(key, _SERVICE.begin())
        return person

    def send(self, topic: TopicName, record: Record, at: Instant) -> Fault | None:  # noqa: ARG002 - the worker's clock counts
        """Send a record; what becomes of it the worker decides, later."""
        asyncio.run(send_record(self.settings, topic, record))
        return None
