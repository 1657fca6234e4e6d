"""Records of keyed services for tests: what a test does not say takes a plain value."""

import hashlib
from dataclasses import fields, replace
from datetime import date
from typing import Any

from schemas.services import records
from schemas.services.days import day_of
from schemas.services.records import GpmiContract, GpmiEvaluation

ANNA = b"anna".ljust(16, b"\x01")


def day(text: str) -> int:
    """Return ``2017-03-01`` as a day."""
    return day_of(date.fromisoformat(text))


def named(name: str) -> bytes:
    """Return an identity of 16 bytes for a name."""
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


_PLAIN: dict[type, Any] = {
    GpmiContract: GpmiContract(
        named("event"), ANNA, named("contract"), 1, 44021, (7,), day("2017-01-10"), day("2017-01-01"), None, None,
        "GENERAL", 44021, False, False, False, False, None, 2, day("1990-05-05"), None,
    ),
    GpmiEvaluation: GpmiEvaluation(
        named("event"), ANNA, named("contract"), day("2017-03-01"), "INTERMEDIATE", "NONE"
    ),
}  # fmt: skip


def made(kind: type, name: str, **said: Any) -> Any:  # noqa: ANN401 - any record
    """Return a record with an event id of its name; texts of days become days, ``contract="A"`` an identity."""
    days = {one.name for one in fields(kind) if "Day" in str(one.type)} | {
        key for key in said if key.endswith(("_on", "_day", "_date", "_from", "_to"))
    }
    plain = {key: day(value) if key in days and isinstance(value, str) else value for key, value in said.items()}
    ids = {key: named(value) for key, value in plain.items() if key == "contract" and isinstance(value, str)}
    return replace(_PLAIN[kind], event_id=named(name), **(plain | ids))


__all__ = ["ANNA", "day", "made", "named", "records"]
