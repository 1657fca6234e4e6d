"""What the service of social reports makes of a person's records, in words that a test shows."""

from collections.abc import Iterable
from typing import Any

from processors.services.admission import Known, admitted
from processors.services.report_states import state_of
from processors.services.social_reports import Person, Request, SocialReportService
from schemas.faults import Fault

SERVICE = SocialReportService()


def came(*records: Any, known: Known[Person] | None = None, now: int = 0) -> tuple[Known[Person], list[str]]:  # noqa: ANN401 - any record
    """Return what is known after records, and what became of each."""
    known, became = known or Known(SERVICE.begin()), []
    for record in records:
        known, outcome = admitted(SERVICE, known, record, now)
        became.append(outcome.slug if isinstance(outcome, Fault) else outcome)
    return known, became


def requests(*records: Any) -> tuple[Request, ...]:  # noqa: ANN401 - any record
    """Return the requests among records, with all that became of them."""
    return came(*records)[0].state.requests


def answers(*records: Any) -> dict[int, str]:  # noqa: ANN401 - any record
    """Return the state of each answer to the only request among records, by OCMW."""
    (request,) = requests(*records)
    return {answer.answering: state_of(answer) for answer in request.answers}


def sent(*records: Any) -> list[tuple[int, str]]:  # noqa: ANN401 - any record
    """Return (answering, state) of each report sent, in order."""
    return [(report.answering, report.state) for request in requests(*records) for report in request.reports]


def dossiers_sent(*records: Any) -> list[tuple[int, list[str]]]:  # noqa: ANN401 - any record
    """Return the dossiers of the last report sent: their hash, and the types of their decisions."""
    report = [report for request in requests(*records) for report in request.reports][-1]
    return [(one.dossier, [decision.decision_type for decision in one.decisions]) for one in report.dossiers]


def states(history: Iterable[Any]) -> list[str]:
    """Return the states of a history."""
    return [moment.state for moment in history]
