"""The value of a key in the table of a keyed service, as bytes: its state, and the last step.

A step takes several records, keeps what is known after them, and only then sends what they made. A process that is
killed between leaves answers unsent; its records come again, at the same places, and what that step made (all of its
instant) is sent once more, the same bytes. So no request is lost, and none is answered twice with different content.
"""

from dataclasses import dataclass, field
from typing import Generic

import msgspec

from processors.services.admission import Codec, Known
from processors.services.protocol import Service, State
from schemas.services.records import Instant

_BALANCE, _PERSON_BYTES = b"balance|", 16
Place = tuple[str, int]
"""Topic and offset; the partition is the table's."""


def balance_key(partition: int) -> bytes:
    """Return the key under which a table holds the balance of a partition."""
    return _BALANCE + b"%d" % partition


def is_balance(key: bytes) -> bool:
    """Tell whether a key is that of a balance; a person's key is longer."""
    return key.startswith(_BALANCE) and key[len(_BALANCE) :].isdigit() and len(key) < _PERSON_BYTES


class _Written(msgspec.Struct, array_like=True):
    known: bytes
    at: int
    places: list[Place]


@dataclass(frozen=True, slots=True)
class Held(Generic[State]):
    """What is known, and the last step that touched it: its instant and the places of its records."""

    known: Known[State]
    at: Instant = -1
    places: tuple[Place, ...] = ()


class HeldCodec(Generic[State]):
    """Writes what a table holds as bytes and reads it back."""

    def __init__(self, service: Service[State]) -> None:
        """Make the codec of a service."""
        self._service = service
        self._codec = Codec(service)

    def write(self, held: Held[State]) -> bytes:
        """Return what is held as bytes."""
        return msgspec.msgpack.encode(_Written(self._codec.write(held.known), held.at, list(held.places)))

    def read(self, value: bytes | None) -> Held[State]:
        """Return what bytes hold; of none, the beginning."""
        if value is None:
            return Held(Known(self._service.begin()))
        written = msgspec.msgpack.decode(value, type=_Written)
        return Held(self._codec.read(written.known), written.at, tuple(written.places))


@dataclass(slots=True)
class PartitionBalance:
    """What became of the events of a partition so far (L2), folded from them: a restart tells the truth at once."""

    reached: dict[str, int] = field(default_factory=dict)
    """The next offset of each topic: what lies before it is counted."""
    applied: int = 0
    duplicates: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    unanswered: int = 0

    def count(self, became: str) -> None:
        """Count an event: ``applied``, ``duplicate``, or the slug under which it was set aside."""
        if became == "applied":
            self.applied += 1
        elif became == "duplicate":
            self.duplicates += 1
        else:
            self.set_aside[became] = self.set_aside.get(became, 0) + 1


def balance_of(value: bytes | None) -> PartitionBalance:
    """Return the balance that bytes hold, an empty one of none."""
    return PartitionBalance() if value is None else msgspec.msgpack.decode(value, type=PartitionBalance)


def balance_written(balance: PartitionBalance) -> bytes:
    """Return a balance as bytes."""
    return msgspec.msgpack.encode(balance)
