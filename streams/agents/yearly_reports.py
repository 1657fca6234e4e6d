"""Yearly reports on Kafka: filled forms go to the topic of reports, and where their cells stood is kept beside."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from processors.services.protocol import Arrived, kept_under
from processors.services.subsidies.service import OcmwYear, SubsidyService
from schemas.faults import Fault
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import Record
from schemas.services.records import Instant
from schemas.services.topics import TopicName
from sinks.lock import writer_lock
from streams.agents.records import send_records
from streams.kafka.known_states import known_states
from streams.kafka.settings import KafkaSettings

_SERVICE = SubsidyService()


@dataclass(frozen=True, slots=True)
class KafkaReports:
    """The topic of yearly reports; the last form of each OCMW stands in the folder of this program's state."""

    settings: KafkaSettings

    @property
    def root(self) -> Path:
        """The directory in which the last form of each OCMW stands."""
        return self.settings.state

    def known(self) -> dict[bytes, OcmwYear]:
        """Return what is known of each OCMW's year, up to where the topic ends now. Raises TopicsError."""
        return asyncio.run(known_states(self.settings, _SERVICE))

    @contextmanager
    def admitting(self) -> Iterator["Sending"]:
        """Open a run; no other import of this folder runs meanwhile. Raises StoreLockedError."""
        lock = writer_lock(self.root)
        lock.acquire()
        try:
            yield Sending(self.settings, self.known())
        finally:
            lock.release()


@dataclass(slots=True)
class Sending:
    """Reports that will be sent: judged here as the service's worker judges them."""

    settings: KafkaSettings
    known: dict[bytes, OcmwYear]
    reports: list[tuple[TopicName, Record]] = field(default_factory=list)

    def admit(self, topic: TopicName, record: Record | str, at: Instant, _place: tuple[str, int]) -> Fault | str:
        """Foresee what becomes of a report; return its fault, ``applied`` or ``duplicate``."""
        if isinstance(record, str):
            return SERVICE_FAULT[record]
        state = self.known.get(kept_under(record), _SERVICE.begin())
        if record in state.reports:
            return "duplicate"
        after = _SERVICE.fold(state, Arrived(record, at))
        if isinstance(after, Fault):
            return after
        self.reports.append((topic, record))
        return "applied"

    def keep(self) -> None:
        """Send all, and return when they are acknowledged. Raises TopicsError."""
        asyncio.run(send_records(self.settings, self.reports))
