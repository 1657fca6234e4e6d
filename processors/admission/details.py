"""What exactly is wrong with an event that was set aside, read from its bytes once more.

The compiled pass tells faults apart, not their details, for nearly all events are lawful. Details are looked for here,
one event at a time, and only where somebody reads of it. They name fields and types, never values.
"""

from io import BytesIO
from typing import Any

import fastavro

from processors.rules import FIRST_DAY, LAST_DAY
from schemas import events
from schemas.faults import DETAILS, FAULT, FAULTS, SCHEMA_ID, Fault, detailed
from schemas.framing import HEADER_BYTES

_SEXES = (1, 2, 3)
_PERCENT = 100


def fault_of(number: int, kind: int, body: bytes) -> Fault:
    """Return a fault with its detail: of an event of this kind whose bytes, without branch index, are ``body``."""
    fault = FAULTS[number - 1]
    if fault.slug == "bad-amount-type":
        return detailed(fault.slug, events.RECORDS[kind])
    if fault.slug in _DETAIL and body:
        return detailed(fault.slug, _DETAIL[fault.slug](_read(kind, body)))
    if fault is FAULT["undecodable"] and body:
        return _undecodable(kind, body)
    return fault


def fault_of_value(number: int, value: bytes) -> Fault:
    """Return a fault with its detail: of the framed value of a record of Kafka."""
    fault = FAULTS[number - 1]
    if fault.slug not in DETAILS and fault.slug != "unknown-schema":
        return fault
    schema_id = int.from_bytes(value[1:HEADER_BYTES], "big")
    if schema_id not in events.schema_ids():
        return detailed(fault.slug, f"{SCHEMA_ID}{schema_id}")
    record, body = events.schema_ids()[schema_id], value[HEADER_BYTES:]
    if record is not None:
        return fault_of(number, events.RECORDS.index(record), body)
    return fault_of(number, body[0] // 2, body[1:])  # a branch index of one byte: there are few branches


def _read(kind: int, body: bytes) -> dict[str, Any]:
    values: dict[str, Any] = fastavro.schemaless_reader(BytesIO(body), events.plain(events.shapes()[kind]))
    return values


def _undecodable(kind: int, body: bytes) -> Fault:
    """Return which value of an event that parses is none of its type."""
    try:
        events.checked(_read(kind, body), kind)
    except events.UnresolvableError as error:
        return error.fault
    return FAULT["undecodable"]


def _period(values: dict[str, Any]) -> str:
    for field in ("first_day", "last_day"):
        if not FIRST_DAY <= values[field] <= LAST_DAY:
            return field
    return "reversed" if values["last_day"] < values["first_day"] else "months"


def _attribute(values: dict[str, Any]) -> str:
    if values["sex"] not in _SEXES:
        return "sex"
    return "nationality" if 0 <= values.get("state_percentage", 0) <= _PERCENT else "state_percentage"


_DETAIL = {"bad-period": _period, "bad-attributes": _attribute}
