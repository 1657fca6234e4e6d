"""Records of keyed services for tests: what a test does not say takes a plain value."""

import hashlib
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

from schemas.services.days import day_of, instant_of
from schemas.services.records import (
    Consent,
    DecisionTaken,
    DossierKnown,
    GpmiContract,
    GpmiEvaluation,
    ReportArchived,
    SocialReportRequest,
)

ANNA = b"anna".ljust(16, b"\x01")


def day(text: str) -> int:
    """Return ``2017-03-01`` as a day."""
    return day_of(date.fromisoformat(text))


def at(text: str) -> int:
    """Return ``2017-03-01`` or ``2017-03-01T10:00`` as an instant, in UTC."""
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=UTC))


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
    DossierKnown: DossierKnown(
        named("event"), ANNA, 44021, 1, day("2016-01-01"), None, True, at("2016-01-02")
    ),
    DecisionTaken: DecisionTaken(
        named("event"), ANNA, 44021, 1, "GRANT", "RMI", day("2016-12-20"), day("2017-01-01"), None, None, False,
        "LEEFLOON_2", "CONDITIONS_MET", 86_764, None, (), at("2016-12-21"),
    ),
    SocialReportRequest: SocialReportRequest(
        named("event"), ANNA, 11002, day("2017-03-01"), day("2017-03-31"), "AID_REQUESTED", 9, at("2017-04-10"), None
    ),
    ReportArchived: ReportArchived(named("event"), ANNA, named("request"), 0, 11002, at("2017-05-01")),
}  # fmt: skip


def _spelled(name: str, kind: Any, text: str) -> Any:  # noqa: ANN401 - a type as dataclasses have it
    if kind is bytes:
        return named(text)
    if kind in (int, int | None):
        return at(text) if name.endswith("at") else day(text)
    return text


def made(kind: type, name: str, /, **said: Any) -> Any:  # noqa: ANN401 - any record
    """Return a record with an event id of its name; texts of days, instants and identities become what they name."""
    types = {one.name: one.type for one in fields(kind)}
    plain = {key: _spelled(key, types[key], value) if isinstance(value, str) else value for key, value in said.items()}
    return replace(_PLAIN[kind], event_id=named(name), **plain)


def consent(given_on: str) -> Consent:
    """Return the citizen's consent of a day."""
    return Consent(day(given_on), "CITIZEN")
