"""Admission to a keyed service: what is a duplicate, what conflicts, what is set aside (A4 for each key, L2).

    the same id, the same content      duplicate, nothing changes
    a fault of the event               set aside under the first one in the order of ``SERVICE_FAULTS``
    the same id, other content         conflicting-duplicate, unless the event has a fault that comes before it
    a fold that returns its own state  duplicate, and the id is not used up

The contract (services.md) orders the slugs; nothing that is set aside uses up an id.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple

import msgspec

from processors.services.protocol import Arrived, Service, State
from schemas.faults import Fault
from schemas.services.faults import RANK, SERVICE_FAULT
from schemas.services.reading import Record
from schemas.services.records import Instant

_DIGEST_BYTES = 16
_CONFLICT = SERVICE_FAULT["conflicting-duplicate"]


@dataclass(frozen=True, slots=True)
class Known(Generic[State]):
    """What is known under one key: its service's state, and the content (a digest) of each id that was applied."""

    state: State
    ids: Mapping[bytes, bytes] = field(default_factory=dict)


class Admission(NamedTuple):
    """What became of an event; ``known`` is what is known after it."""

    known: Known[Any]
    became: Literal["applied", "duplicate"] | Fault


def identity(record: Record) -> bytes:
    """Return what an id is unique for, within a key: the record's own topic and its event id."""
    return _topic_letter(record) + bytes(record.event_id)


def _topic_letter(record: Record) -> bytes:
    """Return a byte for each topic of a key: their ids do not meet."""
    kinds = {"GpmiContract": b"c", "GpmiEvaluation": b"c", "DossierKnown": b"d", "DecisionTaken": b"d"}
    return kinds.get(type(record).__name__, b"r")


def content(record: Record) -> bytes:
    """Return the digest of a record: its type and all its fields."""
    written = msgspec.msgpack.encode((type(record).__name__, record))
    return hashlib.blake2b(written, digest_size=_DIGEST_BYTES).digest()


def admitted(service: Service[State], known: Known[State], record: Record, at: Instant) -> Admission:
    """Return what becomes of a record that came at an instant."""
    name, digest = identity(record), content(record)
    before = known.ids.get(name)
    if before == digest:
        return Admission(known, "duplicate")
    state = service.fold(known.state, Arrived(record, at))
    if isinstance(state, Fault):
        late = before is not None and RANK[state.slug] > RANK[_CONFLICT.slug]
        return Admission(known, _CONFLICT if late else state)
    if before is not None:
        return Admission(known, _CONFLICT)
    if state is known.state:
        return Admission(known, "duplicate")
    return Admission(Known(state, {**known.ids, name: digest}), "applied")


class Codec(Generic[State]):
    """Writes what is known under a key as bytes and reads it back, the same value."""

    def __init__(self, service: Service[State]) -> None:
        """Make the codec of a service's state."""
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(tuple[service.state_type, dict[bytes, bytes]])  # type: ignore[name-defined]

    def write(self, known: Known[State]) -> bytes:
        """Return what is known as bytes."""
        return self._encoder.encode((known.state, known.ids))

    def read(self, data: bytes) -> Known[State]:
        """Return what bytes say is known. Raises msgspec.DecodeError for bytes of another version."""
        state, ids = self._decoder.decode(data)
        return Known(state, ids)
