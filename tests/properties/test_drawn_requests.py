"""Drawn lives of requests: the service and its slow truth agree, whatever comes in whatever order; so does a store."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draw
from made import ANNA, at, consent, day, made
from reports_told import SERVICE, came

from processors.reference.social_reports import recounted
from processors.services.report_making import consented
from processors.services.social_reports import Person
from schemas.services.reading import write_topic
from schemas.services.records import (
    DecisionTaken,
    DossierKnown,
    GpmiContract,
    ReportArchived,
    SocialReportRequest,
)
from schemas.services.topics import TOPIC, TopicName
from streams.embedded.admission import admit_files, state_of
from streams.proof.recount_services import timeless, timeless_truth

OCMWS = draw.sampled_from([44021, 11002, 11007, 46021, 99999])
"""Borsbeek (11007) became a part of Antwerpen (11002) on 1 January 2025; the last one is none."""
DAYS = draw.integers(day("2024-12-20"), day("2025-01-12"))
MAYBE_DAYS = draw.none() | DAYS
INSTANTS = draw.integers(at("2024-12-25"), at("2025-02-10"))
HASHES = draw.integers(1, 2)
NAMES = draw.integers(0, 60).map(str)


def record(kind: type, **said: draw.SearchStrategy[Any]) -> draw.SearchStrategy[Any]:
    return draw.builds(lambda name, **fields: made(kind, name, **fields), NAMES, **said)


DOSSIERS = record(
    DossierKnown, ocmw=OCMWS, dossier=HASHES, from_day=DAYS, to_day=MAYBE_DAYS, main_beneficiary=draw.booleans()
)
DECISIONS = record(
    DecisionTaken,
    ocmw=OCMWS,
    dossier=HASHES,
    decision_type=draw.sampled_from(["GRANT", "REFUSAL", "REVISION", "STOP", "SUSPENSION", "RECOVERY"]),
    law=draw.sampled_from(["RMI", "RMI", "WET65"]),
    decided_on=DAYS,
    effective_from=DAYS,
    effective_to=MAYBE_DAYS,
    duration_months=draw.none() | draw.integers(0, 2),
    aid=draw.sampled_from(["", "LEEFLOON_1", "GOLD"]),
    amount_cents=draw.sampled_from([None, 0, 10**9, -1]),
    sent_at=INSTANTS,
)
CONTRACTS = record(
    GpmiContract,
    contract=draw.sampled_from(["A", "B"]),
    version=draw.integers(1, 2),
    ocmw=OCMWS,
    signed_on=MAYBE_DAYS,
    start_date=DAYS,
    end_date=MAYBE_DAYS,
    closed_on=draw.none() | DAYS,
)
CONSENTS = draw.sampled_from([None, consent("2024-12-24"), consent("2025-01-05"), consent("2025-03-01")])
REQUESTS = record(
    SocialReportRequest,
    ocmw=OCMWS,
    from_day=DAYS,
    to_day=DAYS,
    reason=draw.sampled_from(["AID_REQUESTED", "AID_REQUESTED", "REVIEW", "WHIM"]),
    asked_by=draw.sampled_from([1, 1, 1, 0]),
    asked_at=INSTANTS,
    gpmi_consent=CONSENTS,
)
ARCHIVINGS = record(ReportArchived, request=NAMES, answering=draw.just(0) | OCMWS, by=OCMWS, at=INSTANTS)
LIVES = draw.lists(draw.one_of(DOSSIERS, DECISIONS, DECISIONS, CONTRACTS, REQUESTS, REQUESTS, ARCHIVINGS), max_size=14)


@draw.composite
def lives(drawn: draw.DrawFn) -> list[Any]:
    """Draw records of one person in log order; archivings mostly name a request that there is."""
    records = drawn(LIVES)
    requests = [one.event_id for one in records if isinstance(one, SocialReportRequest)]
    return [
        replace(one, request=drawn(draw.sampled_from(requests)))
        if requests and isinstance(one, ReportArchived)
        else one
        for one in records
    ]


@given(lives())
@settings(max_examples=50, deadline=None)
def test_the_service_is_what_its_slow_truth_says(records: list[Any]) -> None:
    known, became = came(*records)
    truths, outcomes = recounted(records)
    assert became == outcomes
    assert [timeless(one) for one in known.state.requests] == list(map(timeless_truth, truths.values()))


@given(lives())
@settings(max_examples=25, deadline=None)
def test_no_path_shows_a_contract_or_that_there_is_one_without_consent(records: list[Any]) -> None:
    """Without contracts all is the same, but for requests that have consent."""
    requests = came(*records)[0].state.requests
    without = came(*(one for one in records if not isinstance(one, GpmiContract)))[0].state.requests
    for request, other in zip(requests, without, strict=True):
        if not consented(request.record):
            assert request == other
            assert all(report.contract is None for report in request.reports)


@given(lives(), draw.integers(1, 4))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_files_of_any_size_lead_to_the_state_that_records_one_by_one_do(records: list[Any], size: int) -> None:
    expected = came(*records)[0].state
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number, (topic, some) in enumerate(_files(records, size)):
            write_topic(root / f"{number}.avro", TOPIC[topic], some)
        files = sorted(root.glob("*.avro"), key=lambda path: int(path.stem))
        admit_files(files[: len(files) // 2], root / "store", 0)
        admit_files(files[len(files) // 2 :], root / "store", 0)
        state: Person = state_of(SERVICE, root / "store", ANNA) if files else SERVICE.begin()
    assert state == expected


def _files(records: list[Any], size: int) -> list[tuple[TopicName, list[Any]]]:
    """Return records in log order as files: a file holds one topic's, and at most so many."""
    files: list[tuple[TopicName, list[Any]]] = []
    for one in records:
        kind = type(one).__name__
        topic: TopicName = (
            "contracts"
            if kind == "GpmiContract"
            else "decisions"
            if kind in ("DossierKnown", "DecisionTaken")
            else "requests"
        )
        if not files or files[-1][0] != topic or len(files[-1][1]) == size:
            files.append((topic, []))
        files[-1][1].append(one)
    return files
