"""Questions about social reports, answered for one OCMW alone: its requests, their answers, who asked it.

A request of another OCMW does not exist here. What is shown is plain text and numbers: ids 32 and hashes 16 lower-case
hex digits, days and instants as ISO 8601, amounts in cents.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from processors.services.report_making import shown_contract
from processors.services.report_states import Moment, state_of
from processors.services.social_reports import Answer, Person, Request, acts_for, requests_of
from schemas.services.days import brussels_day, iso_day, iso_instant
from schemas.services.reading import fields
from schemas.services.records import Day, Decision, Document, SocialReport

ListName = Literal["requests", "answers", "asked"]
COLUMNS = ("request", "ocmw", "person", "from", "to", "state", "received_on", "history", "counterpart")
CONSULTED = ("request", "ocmw", "asked_by", "asked_at", "reason", "from", "to", "state", "error")
_UNSIGNED = 2**64 - 1
_NO_OCMW = "0"


def hash_code(value: int) -> str:
    """Return a keyed hash as 16 hex digits."""
    return f"{value & _UNSIGNED:016x}"


def ocmw_code(ocmw: int) -> str:
    """Return a code as five digits, ``0`` where there is none."""
    return f"{ocmw:05d}" if ocmw else _NO_OCMW


def own_request(people: Iterable[Person], request: bytes, ocmw: int, today: Day) -> Request | None:
    """Return the request with an id that an OCMW made, None where there is none."""
    return next((one for one in requests_of(people) if one.record.event_id == request and _own(one, ocmw, today)), None)


def _own(request: Request, ocmw: int, today: Day) -> bool:
    return acts_for(ocmw, request.record.ocmw, today)


def listed(people: Iterable[Person], name: ListName, ocmw: int, today: Day) -> list[dict[str, Any]]:
    """Return the rows of a list for an OCMW, by ``COLUMNS``, the oldest request first."""
    rows = {"requests": _requests, "answers": _answers, "asked": _asked_by_others}[name]
    return [row for request in requests_of(people) for row in rows(request, ocmw, today)]


def _requests(request: Request, ocmw: int, today: Day) -> Iterator[dict[str, Any]]:
    if _own(request, ocmw, today):
        answering = " ".join(ocmw_code(answer.answering) for answer in request.answers)
        received = iso_day(brussels_day(request.record.asked_at))
        yield _row(request, request.record.ocmw, request.history, received, answering)


def _answers(request: Request, ocmw: int, today: Day) -> Iterator[dict[str, Any]]:
    if _own(request, ocmw, today):
        for answer in request.answers:
            yield _row(request, answer.answering, answer.history, _received(answer), ocmw_code(request.record.ocmw))


def _asked_by_others(request: Request, ocmw: int, today: Day) -> Iterator[dict[str, Any]]:
    for answer in request.answers:
        if acts_for(ocmw, answer.answering, today):
            record = request.record
            why = f"{hash_code(record.asked_by)} {record.reason}"
            yield _row(request, record.ocmw, answer.history, _received(answer), why)


def _received(answer: Answer) -> str:
    moments = [moment.at for moment in answer.history if moment.state == "RECEIVED"]
    return iso_day(brussels_day(moments[0])) if moments else ""


def _row(
    request: Request, ocmw: int, history: tuple[Moment, ...], received_on: str, counterpart: str
) -> dict[str, Any]:
    record = request.record
    values = (
        record.event_id.hex(),
        ocmw_code(ocmw),
        record.person.hex(),
        iso_day(record.from_day),
        iso_day(record.to_day),
        history[-1].state,
        received_on,
        _history(history),
        counterpart,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _history(history: tuple[Moment, ...]) -> list[dict[str, str]]:
    return [{"state": moment.state, "at": iso_instant(moment.at)} for moment in history]


def history_text(history: Iterable[dict[str, str]]) -> str:
    """Return a history on one line."""
    return "; ".join(f"{moment['state']} {moment['at']}" for moment in history)


def consulted(person: Person) -> list[dict[str, Any]]:
    """Return who asked about a person, and why: the person's right to know, by ``CONSULTED``."""
    return [
        dict(
            zip(
                CONSULTED,
                (
                    one.record.event_id.hex(),
                    ocmw_code(one.record.ocmw),
                    hash_code(one.record.asked_by),
                    iso_instant(one.record.asked_at),
                    one.record.reason,
                    iso_day(one.record.from_day),
                    iso_day(one.record.to_day),
                    state_of(one),
                    one.error or "",
                ),
                strict=True,
            )
        )
        for one in requests_of([person])
    ]


def seen_by_asker(request: Request) -> dict[str, Any]:
    """Return a request with its answers as its asker may see them."""
    record = request.record
    answers = [
        {
            "answering": ocmw_code(answer.answering),
            "state": state_of(answer),
            "history": _history(answer.history),
            "report": _report(request, _last_report(request, answer.answering)),
        }
        for answer in request.answers
    ]
    notices = [
        {
            "answering": _NO_OCMW,
            "state": one.state,
            "history": [{"state": one.state, "at": iso_instant(one.made_at)}],
            "report": _report(request, one),
        }
        for one in request.reports
        if not one.answering
    ]
    return {
        "request": record.event_id.hex(),
        "person": record.person.hex(),
        "asking": ocmw_code(record.ocmw),
        "state": state_of(request),
        "error": request.error,
        "history": _history(request.history),
        "answers": answers + notices,
    }


def asked_for(request: Request) -> dict[str, str]:
    """Return what the asker asked for, as its page says it: ``from``, ``to`` and ``reason``."""
    record = request.record
    return {"from": iso_day(record.from_day), "to": iso_day(record.to_day), "reason": record.reason}


def _last_report(request: Request, answering: int) -> SocialReport | None:
    """Return the report that an OCMW made, None as long as it has not answered."""
    made = [one for one in request.reports if one.answering == answering and one.state == "RECEIVED"]
    return made[-1] if made else None


def _report(request: Request, report: SocialReport | None) -> dict[str, Any] | None:
    if report is None:
        return None
    contract = shown_contract(report, request.record)
    return {
        "made_at": iso_instant(report.made_at),
        "ocmw_name": report.ocmw_name,
        "kbo": report.kbo,
        "telephone": report.telephone,
        "dossiers": [
            {
                "dossier": hash_code(one.dossier),
                "main_beneficiary": one.main_beneficiary,
                "decisions": list(map(_decision, one.decisions)),
            }
            for one in report.dossiers
        ],
        "contract": contract
        and {
            "contract": contract.contract.hex(),
            "version": contract.version,
            "signed_on": _day(contract.signed_on),
            "document": _document(contract.document),
        },
    }


def _decision(decision: Decision) -> dict[str, Any]:
    days = ("decided_on", "effective_from", "effective_to")
    return fields(decision) | {name: _day(getattr(decision, name)) for name in days}


def _day(day: Day | None) -> str | None:
    return None if day is None else iso_day(day)


def _document(document: Document | None) -> dict[str, str] | None:
    if document is None:
        return None
    return {"digest": document.digest.hex(), "media_type": document.media_type, "locator": document.locator}
