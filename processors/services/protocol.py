"""What a keyed service is, for whoever drives it: embedded from files, or Faust agents with guarded tables.

    fold(state, event) -> state or fault          answer(state, question) -> answer          time is handed in

A state is a frozen value that concerns one key alone (a person, an OCMW's year). ``fold`` never changes it: it returns
the next one, or a fault, and then nothing has happened. It returns the very state it was given where the event says
nothing new; that is a duplicate, and uses up no id. Nothing of the driver (files, tables, offsets) is seen here.
"""

from datetime import date
from typing import Any, NamedTuple, Protocol, TypeVar

from schemas.faults import Fault
from schemas.services.days import code_on, day_of, known_code
from schemas.services.reading import Record
from schemas.services.records import Grant, Instant, YearReport
from schemas.services.subsidy_years import YEARS
from schemas.services.topics import TopicName

State = TypeVar("State")


class Arrived(NamedTuple):
    """A record that came, and when: the one time that a service knows of beside those of its records."""

    record: Record
    at: Instant


class Service(Protocol[State]):
    """A keyed service."""

    name: str
    """What it is called in commands, metrics and dead letters."""
    topics: tuple[TopicName, ...]
    """The topics whose events it admits: its L2 counts them."""
    hears: tuple[TopicName, ...]
    """Topics of other services that it folds too, once those admitted the event."""
    state_type: type[State]
    """The frozen dataclass of a key's state, of types that msgspec writes."""

    def begin(self) -> State:
        """Return the state of a key that nothing is known of."""
        ...

    def fold(self, state: State, event: Arrived) -> State | Fault:
        """Return the state after an event; a fault where it cannot be; the same object where it says nothing new."""
        ...

    def waiting(self, state: State) -> int:
        """Return how many applied events of a key wait for another one, and have no effect yet."""
        ...

    def sent(self, before: State, after: State) -> tuple[Record, ...]:
        """Return what a step made for the service's topic of answers, in the order in which it goes out."""
        ...


def key_of(record: Record) -> bytes:
    """Return the key of a record in its topic: the person, the asking OCMW, or ``44021|2017``."""
    of_any_kind: Any = record
    if hasattr(of_any_kind, "asking"):
        return b"%05d" % of_any_kind.asking
    if hasattr(of_any_kind, "person"):
        return bytes(of_any_kind.person)
    return b"%05d|%d" % (of_any_kind.ocmw, of_any_kind.year)


def kept_under(record: Record) -> bytes:
    """Return the key under which a driver that has all keys at hand keeps the state of a record.

    It is that of the topic, but a year's subsidy belongs to the OCMW as it is called on 31 December (D2): a recoded
    code written either way is one OCMW, so a report finds its grant.
    """
    if isinstance(record, (Grant, YearReport)) and known_code(record.ocmw) and record.year in YEARS:
        return b"%05d|%d" % (code_on(record.ocmw, day_of(date(record.year, 12, 31))), record.year)
    return key_of(record)
