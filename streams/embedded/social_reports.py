"""Where social reports are asked and read: a store, or Kafka; both give the same answers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from processors.services.all_services import SERVICE
from processors.services.report_questions import own_request
from processors.services.social_reports import Person, Request
from schemas.faults import Fault
from schemas.services.days import brussels_day, instant_of
from schemas.services.reading import Record
from schemas.services.records import Instant
from schemas.services.topics import TopicName
from sinks.errors import UnknownRequestError
from sinks.services.accesses import note_reading
from streams.embedded.admission import admitting, state_of, states_of
from streams.shell import clock

_SERVICE = SERVICE["social-reports"]


class ReportPlace(Protocol):
    """A place where social reports are kept."""

    @property
    def log(self) -> Path:
        """Directory of the log of accesses."""
        ...

    def people(self) -> list[Person]:
        """Return all of whom something is known."""
        ...

    def person(self, key: bytes) -> Person:
        """Return what is known of one person."""
        ...

    def send(self, topic: TopicName, record: Record, at: Instant) -> Fault | None:
        """Let a record come at an instant; return its fault where it is known at once to be set aside."""
        ...


@dataclass(frozen=True, slots=True)
class StorePlace:
    """The store of the embedded driver."""

    log: Path

    def people(self) -> list[Person]:
        """Return all of whom something is known. Raises StoreError."""
        return [person for _, person in states_of(_SERVICE, self.log)]

    def person(self, key: bytes) -> Person:
        """Return what is known of one person. Raises StoreError."""
        person: Person = state_of(_SERVICE, self.log, key)
        return person

    def send(self, topic: TopicName, record: Record, at: Instant) -> Fault | None:
        """Admit a record; return the fault for which it is set aside. Raises StoreError."""
        with admitting(self.log) as run:
            became = run.admit(topic, record, at, ("command line", 1))
            if isinstance(became, Fault):
                return became
            run.keep()
            return None


def request_of(place: ReportPlace, request: bytes, ocmw: int) -> Request:
    """Return a request of an OCMW for it to read. Raises UnknownRequestError where it has none with that id.

    The consultation stands in the log of accesses before, also where there is no such request.
    """
    noted(place, "esv show", {"request": request.hex(), "ocmw": f"{ocmw:05d}"})
    today = brussels_day(instant_of(clock.instant()))
    one = own_request(place.people(), request, ocmw, today)
    if one is None:
        message = f"no request {request.hex()} of OCMW {ocmw:05d}; see ocmw esv list requests --ocmw {ocmw:05d}"
        raise UnknownRequestError(message)
    return one


def noted(place: ReportPlace, kind: str, of: dict[str, str]) -> None:
    """Note a consultation in the log of accesses. Raises StoreError."""
    note_reading(place.log, kind, of, clock.instant())
