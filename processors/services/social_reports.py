"""The electronic social report: who is asked about a person, what each answers, and what later changes that.

A request is answered once, from what is admitted of the person at that moment: the OCMWs asked, their answers and all
states are kept with the request and read back, never computed again. Afterwards only three things happen to it: a
decision that touches comes late, and the answer that lacked is made; its asker archives an answer; or the request.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from processors.services import contracts, report_making
from processors.services.contracts import Contracts
from processors.services.decisions import placed
from processors.services.protocol import Arrived
from processors.services.report_states import (
    ANSWER,
    REQUEST,
    Happening,
    IllegalTransitionError,
    Moment,
    after,
    state_of,
)
from schemas.faults import Fault
from schemas.services.codes import holds, late_answer_days, reason_of_strangers
from schemas.services.days import brussels_day, code_on, known_code, lawful
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import Record
from schemas.services.records import (
    Day,
    DecisionTaken,
    DossierKnown,
    GpmiContract,
    GpmiEvaluation,
    Instant,
    ReportArchived,
    SocialReport,
    SocialReportRequest,
)
from schemas.services.topics import TopicName

_MOST_CENTS = 10**9


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one OCMW that was asked, by its code on the day of the request, with the history of its states."""

    answering: int
    history: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its history, its error if it has one, its answers by OCMW, and every report that was sent."""

    record: SocialReportRequest
    error: str | None
    history: tuple[Moment, ...]
    answers: tuple[Answer, ...] = ()
    reports: tuple[SocialReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """What the service knows of a person: records in log order, and requests with what became of them."""

    dossiers: tuple[DossierKnown, ...] = ()
    decisions: tuple[DecisionTaken, ...] = ()
    contracts: Contracts = field(default_factory=Contracts)
    requests: tuple[Request, ...] = ()


class SocialReportService:
    """The service of social reports."""

    name = "social-reports"
    topics: tuple[TopicName, ...] = ("decisions", "requests")
    hears: tuple[TopicName, ...] = ("contracts",)
    state_type = Person

    def begin(self) -> Person:
        """Return somebody of whom nothing is known."""
        return Person()

    def fold(self, state: Person, event: Arrived) -> Person | Fault:
        """Return what is known after a record; see the module."""
        record = event.record
        if isinstance(record, (GpmiContract, GpmiEvaluation)):
            return _with_contract(state, record)
        slug = fault_of(record)
        return SERVICE_FAULT[slug] if slug else _applied(state, event)

    def waiting(self, state: Person) -> int:  # noqa: ARG002 - the protocol's
        """Return 0: nothing of this service waits for another event."""
        return 0

    def sent(self, before: Person, after: Person) -> tuple[Record, ...]:
        """Return the reports that a step made, in the order in which they go out."""
        known = {request.record.event_id: len(request.reports) for request in before.requests}
        return tuple(
            report for request in after.requests for report in request.reports[known.get(request.record.event_id, 0) :]
        )


def _applied(state: Person, event: Arrived) -> Person | Fault:
    record = event.record
    if isinstance(record, DossierKnown):
        return replace(state, dossiers=(*state.dossiers, record))
    if isinstance(record, DecisionTaken):
        return _decided(replace(state, decisions=(*state.decisions, record)), record, event.at)
    if isinstance(record, SocialReportRequest):
        return replace(state, requests=(*state.requests, _taken(state, record, event.at)))
    try:
        return _archived(state, record)
    except IllegalTransitionError:
        return SERVICE_FAULT["illegal-transition"]


def fault_of(record: Record) -> str:
    """Return the slug of what is wrong with a record by itself, "" where nothing is.

    A request is applied whatever else is wrong with it, once its OCMW exists: see ``error_of``.
    """
    if isinstance(record, ReportArchived):
        codes = (record.by, record.answering) if record.answering else (record.by,)
        return "" if all(map(known_code, codes)) else "unknown-ocmw"
    if not known_code(record.ocmw):
        return "unknown-ocmw"
    if isinstance(record, DossierKnown):
        reversed_ = record.to_day is not None and record.to_day < record.from_day
        return "bad-dates" if reversed_ or not lawful(record.from_day, record.to_day) else ""
    return _fault_of_decision(record) if isinstance(record, DecisionTaken) else ""


def _fault_of_decision(decision: DecisionTaken) -> str:
    to, months = decision.effective_to, decision.duration_months
    wrong = (to is not None and to < decision.effective_from) or (months is not None and months < 1)
    if wrong or not lawful(decision.decided_on, decision.effective_from, to):
        return "bad-dates"
    day = decision.decided_on
    empty_or_known = (
        not decision.aid or holds("aid", decision.aid, day),
        not decision.motive or holds("motive", decision.motive, day),
        *(holds("element", element.code, day) for element in decision.elements),
    )
    if not all(empty_or_known):
        return "unknown-code"
    cents = (decision.amount_cents, decision.recovered_cents, *(one.amount_cents for one in decision.elements))
    return "" if all(one is None or 0 <= one <= _MOST_CENTS for one in cents) else "amount-out-of-range"


def error_of(state: Person, request: SocialReportRequest) -> str | None:
    """Return the slug of what is wrong with a request, None where nothing is; the request stands either way."""
    day = brussels_day(request.asked_at)
    asking = code_on(request.ocmw, day)
    stranger = all(code_on(known.ocmw, day) != asking for known in state.dossiers)
    if request.to_day < request.from_day or not request.asked_by:
        return "bad-request"
    if stranger and request.reason != reason_of_strangers():
        return "bad-request"
    consent = request.gpmi_consent
    if not lawful(request.from_day, request.to_day, consent.given_on if consent else None):
        return "bad-dates"
    return None if holds("reason", request.reason, day) else "unknown-code"


def houses_asked(state: Person, request: SocialReportRequest) -> tuple[int, ...]:
    """Return the OCMWs that are asked, ascending, by their codes on the day of the request (D2).

    They are all others that know the person, or decided something, in the period asked for.
    """
    day, period = brussels_day(request.asked_at), (request.from_day, request.to_day)
    last = {(known.ocmw, known.dossier): known for known in state.dossiers}
    knowing = {
        code_on(known.ocmw, day)
        for known in last.values()
        if known.from_day <= period[1] and (known.to_day is None or period[0] <= known.to_day)
    }
    deciding = {code_on(one.decision.ocmw, day) for one in placed(state.decisions) if one.span.touches(*period)}
    return tuple(sorted((knowing | deciding) - {code_on(request.ocmw, day)}))


def _with_contract(state: Person, record: GpmiContract | GpmiEvaluation) -> Person | Fault:
    after_it = contracts.folded(state.contracts, record)
    if isinstance(after_it, Fault):
        return after_it
    return state if after_it is state.contracts else replace(state, contracts=after_it)


def _taken(state: Person, record: SocialReportRequest, at: Instant) -> Request:
    request = Request(record, error_of(state, record), (Moment("RECEIVED", record.asked_at),))
    if request.error:
        report = report_making.notice(record, "WITH_ERROR", request.error, at)
        return after(REQUEST, replace(request, reports=(report,)), "faulty", at)
    houses = houses_asked(state, record)
    if not houses:
        report = report_making.notice(record, "NOBODY_ASKED", None, at)
        return after(REQUEST, replace(request, reports=(report,)), "nobody to ask", at)
    reports = report_making.reports(state.dossiers, state.decisions, state.contracts, record, houses, at)
    answers = tuple(Answer(report.answering, (Moment(report.state, at),)) for report in reports)
    return _once_all_are_in(replace(request, answers=answers, reports=reports), at)


def _once_all_are_in(request: Request, at: Instant) -> Request:
    """Return a request that is answered if it waited for answers and none is missing any more."""
    missing = any(state_of(answer) == "NOT_RECEIVED" for answer in request.answers)
    if missing or state_of(request) != "RECEIVED":
        return request
    return after(REQUEST, request, "all answers in", at)


def _decided(state: Person, decision: DecisionTaken, at: Instant) -> Person:
    """Return what is known after a decision, which the state holds already: answers that lacked are made."""
    span = next(one.span for one in placed(state.decisions) if one.place == len(state.decisions) - 1)
    requests = []
    for request in state.requests:
        record = request.record
        waits = in_time(decision, record) and span.touches(record.from_day, record.to_day)
        requests.append(_late(state, request, decision, at) if waits else request)
    return replace(state, requests=tuple(requests))


def in_time(decision: DecisionTaken, request: SocialReportRequest) -> bool:
    """Tell whether a decision was sent soon enough after a request to change its answer."""
    return brussels_day(decision.sent_at) <= brussels_day(request.asked_at) + late_answer_days()


def _late(state: Person, request: Request, decision: DecisionTaken, at: Instant) -> Request:
    answering = code_on(decision.ocmw, brussels_day(request.record.asked_at))
    answer = _answer_of(request, answering)
    if answer is None or state_of(answer) != "NOT_RECEIVED" or state_of(request) == "ARCHIVED":
        return request
    houses = tuple(one.answering for one in request.answers)
    made = report_making.reports(state.dossiers, state.decisions, state.contracts, request.record, houses, at)
    report = next(one for one in made if one.answering == answering)
    changed = _with_answer(request, answering, "late answer", at)
    return _once_all_are_in(replace(changed, reports=(*changed.reports, report)), at)


def _answer_of(request: Request, answering: int) -> Answer | None:
    return next((one for one in request.answers if one.answering == answering), None)


def _with_answer(request: Request, answering: int, happening: Happening, at: Instant) -> Request:
    answers = tuple(after(ANSWER, one, happening, at) if one.answering == answering else one for one in request.answers)
    return replace(request, answers=answers)


def _archived(state: Person, record: ReportArchived) -> Person:
    """Return what is known after an archiving. Raises IllegalTransitionError where nothing can be archived there."""
    request = next((one for one in state.requests if one.record.event_id == record.request), None)
    if request is None or not acts_for(record.by, request.record.ocmw, brussels_day(record.at)):
        message = "nobody but the asker archives, and only a request that there is"
        raise IllegalTransitionError(message)
    changed = _put_away(request, record)
    return replace(state, requests=tuple(changed if one is request else one for one in state.requests))


def _put_away(request: Request, record: ReportArchived) -> Request:
    if not record.answering:
        return after(REQUEST, request, "archive", record.at)
    if _answer_of(request, record.answering) is None:
        message = "this OCMW was not asked"
        raise IllegalTransitionError(message)
    return _once_all_are_in(_with_answer(request, record.answering, "archive", record.at), record.at)


def unanswered(state: Person) -> int:
    """Return how many requests about a person still lack an answer."""
    return sum(state_of(request) == "RECEIVED" for request in state.requests)


def acts_for(ocmw: int, asker: int, day: Day) -> bool:
    """Tell whether an OCMW is, on a day, the one that asked or that was asked: the same, or what became of it."""
    return code_on(ocmw, day) == code_on(asker, day)


def requests_of(people: Iterable[Person]) -> list[Request]:
    """Return all requests about some people, the oldest first."""
    requests = [request for person in people for request in person.requests]
    return sorted(requests, key=lambda one: (one.record.asked_at, one.record.event_id))
