"""The records of keyed services as frozen values; the fields and their order are those of ``schemas/avro``.

Days are ints, days since 1970-01-01, and instants are ints, milliseconds since 1970: a record holds whatever its bytes
say, and whether a day is lawful is a rule (``bad-dates``), not a crash of the reader. Identities are bytes.
"""

from dataclasses import dataclass
from typing import Literal

Day = int
"""Days since 1970-01-01."""
Instant = int
"""Milliseconds since 1970-01-01T00:00Z."""

ProjectType = Literal["GENERAL", "STUDENT", "TRAINING", "OTHER"]
EvaluationKind = Literal["INTERMEDIATE", "FINAL"]
EvaluationOutcome = Literal["REACHED", "PARTLY", "NOT_REACHED", "NONE"]
DecisionType = Literal["GRANT", "REFUSAL", "REVISION", "STOP", "SUSPENSION", "RECOVERY"]
Law = Literal["RMI", "WET65", "ORGANIC"]
ConsentBy = Literal["CITIZEN", "REPRESENTATIVE"]
ReportState = Literal["RECEIVED", "NOT_RECEIVED", "NOBODY_ASKED", "WITH_ERROR"]
PartCode = Literal["A", "B", "C"]
ShareKind = Literal["NUMBER", "PERCENTAGE"]
StaffKind = Literal["PREPARING", "ANIMATING", "CONSULTING", "SOCIAL_BALANCE", "MEASURING"]


@dataclass(frozen=True, slots=True)
class Document:
    """Where the signed text lies; the text itself never travels."""

    digest: bytes
    media_type: str
    locator: str


@dataclass(frozen=True, slots=True)
class GpmiContract:
    """One version of an individualised project for social integration (GPMI)."""

    event_id: bytes
    person: bytes
    contract: bytes
    version: int
    ocmw: int
    social_workers: tuple[int, ...]
    signed_on: Day | None
    start_date: Day
    end_date: Day | None
    closed_on: Day | None
    project_type: ProjectType
    residence_municipality: int
    training: bool
    studies: bool
    community_service: bool
    extra_support: bool
    needs_analysis_on: Day | None
    sex: int
    birth_date: Day | None
    document: Document | None


@dataclass(frozen=True, slots=True)
class GpmiEvaluation:
    """An evaluation of a contract; the last one of a contract, day and kind holds."""

    event_id: bytes
    person: bytes
    contract: bytes
    held_on: Day
    kind: EvaluationKind
    outcome: EvaluationOutcome


@dataclass(frozen=True, slots=True)
class DossierKnown:
    """A person is known in a dossier of an OCMW; the last one of an OCMW and dossier holds."""

    event_id: bytes
    person: bytes
    ocmw: int
    dossier: int
    from_day: Day
    to_day: Day | None
    main_beneficiary: bool
    sent_at: Instant


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the calculation, by its code in parameters/esv_codes.yaml."""

    code: str
    amount_cents: int | None
    count: int | None
    value: str | None


@dataclass(frozen=True, slots=True)
class DecisionTaken:
    """A decision of an OCMW about aid to a person."""

    event_id: bytes
    person: bytes
    ocmw: int
    dossier: int
    decision_type: DecisionType
    law: Law
    decided_on: Day
    effective_from: Day
    effective_to: Day | None
    duration_months: int | None
    judgment: bool
    aid: str
    motive: str
    amount_cents: int | None
    recovered_cents: int | None
    elements: tuple[Element, ...]
    sent_at: Instant


@dataclass(frozen=True, slots=True)
class Consent:
    """The citizen's explicit consent to show the contract; its period is that of the request."""

    given_on: Day
    by: ConsentBy


@dataclass(frozen=True, slots=True)
class SocialReportRequest:
    """An OCMW asks what others decided about a person in a period."""

    event_id: bytes
    person: bytes
    ocmw: int
    from_day: Day
    to_day: Day
    reason: str
    asked_by: int
    asked_at: Instant
    gpmi_consent: Consent | None


@dataclass(frozen=True, slots=True)
class ReportArchived:
    """The OCMW that asked puts a request, or one answer to it, away."""

    event_id: bytes
    person: bytes
    request: bytes
    answering: int
    by: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as a report shows it."""

    decision_type: DecisionType
    law: Law
    decided_on: Day
    effective_from: Day
    effective_to: Day | None
    duration_months: int | None
    judgment: bool
    aid: str
    motive: str
    amount_cents: int | None
    recovered_cents: int | None
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier as a report shows it."""

    dossier: int
    main_beneficiary: bool | None
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class ContractShown:
    """The contract as a report shows it, with consent only."""

    contract: bytes
    version: int
    signed_on: Day | None
    document: Document | None


@dataclass(frozen=True, slots=True)
class SocialReport:
    """The answer of one OCMW to a request, or that there is none. Identity: request, answering, state."""

    request: bytes
    person: bytes
    asking: int
    answering: int
    state: ReportState
    error: str | None
    made_at: Instant
    ocmw_name: str | None
    kbo: str | None
    telephone: str | None
    dossiers: tuple[Dossier, ...]
    contract: ContractShown | None


@dataclass(frozen=True, slots=True)
class Grant:
    """The subsidy granted to an OCMW for a year; the last one holds."""

    event_id: bytes
    ocmw: int
    year: int
    granted_cents: int
    staff_base_cents: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the persons, as a number or a percentage."""

    kind: ShareKind
    value: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done under one code."""

    code: str
    persons: int | None
    justified_cents: int


@dataclass(frozen=True, slots=True)
class Staff:
    """Cost of staff of a module."""

    kind: StaffKind
    cents: int


@dataclass(frozen=True, slots=True)
class Module:
    """A collective module of part B."""

    title: str
    goal: str
    period_from: Day | None
    period_to: Day | None
    target_group: str
    one_off: bool
    participants: int
    dropouts: int | None
    progressed: int | None
    instrument: str
    staff: tuple[Staff, ...]
    gpmi_subsidised_participants: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a report."""

    part: PartCode
    justified_cents: int
    staff_cents: int | None
    persons: int | None
    rmi: Share | None
    trajectory: Share | None
    activities: tuple[Activity, ...]
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True)
class YearReport:
    """What an OCMW reports about a year's subsidy; the last one without error holds."""

    event_id: bytes
    ocmw: int
    year: int
    parts: tuple[Part, ...]
    agreements: int | None
    own_staff_cents: int | None
    external_staff_cents: int | None


RECORD: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Document,
        GpmiContract,
        GpmiEvaluation,
        DossierKnown,
        Element,
        DecisionTaken,
        Consent,
        SocialReportRequest,
        ReportArchived,
        Decision,
        Dossier,
        ContractShown,
        SocialReport,
        Grant,
        Share,
        Activity,
        Staff,
        Module,
        Part,
        YearReport,
    )
}
"""Each record, nested ones too, by its name."""
