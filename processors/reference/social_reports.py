"""The slow truth of social reports (J): plain lists walked over, one day asked at a time, nothing kept between.

Records of all persons come in log order. Whether a decision touches a period is asked of single days: the decision
touches if it is in force on the first day of the period on which it could be.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from processors.reference import gpmi
from schemas.parameters import document
from schemas.periods import month_of
from schemas.places import MUNICIPALITY, valid_code
from schemas.services.days import brussels_day
from schemas.services.records import (
    DecisionTaken,
    DossierKnown,
    GpmiContract,
    GpmiEvaluation,
    ReportArchived,
    SocialReportRequest,
)

EPOCH = date(1970, 1, 1)
_DAYS = range((date(1900, 1, 1) - EPOCH).days, (date(2199, 12, 31) - EPOCH).days + 1)
_MOST = 10**9
Record = Any
ReportedDossiers = tuple[tuple[int, bool | None, tuple[DecisionTaken, ...]], ...]
"""Dossiers of a report: hash, main beneficiary, decisions."""


@dataclass
class Truth:
    """What became of a request: error, states one after the other, those of each answer, and each report sent.

    A report is (answering, state, dossiers, (contract, version) or None).
    """

    record: SocialReportRequest
    error: str | None = None
    states: list[str] = field(default_factory=lambda: ["RECEIVED"])
    answers: dict[int, list[str]] = field(default_factory=dict)
    reports: list[tuple[int, str, ReportedDossiers, tuple[bytes, int] | None]] = field(default_factory=list)


def recounted(records: Iterable[Record]) -> tuple[dict[tuple[bytes, bytes], Truth], list[str]]:
    """Return what became of each request, by (person, request), and of each record: applied, duplicate or a slug.

    Contracts are there to be shown; what becomes of them is told too.
    """
    logs: dict[bytes, list[Record]] = {}
    truths: dict[tuple[bytes, bytes], Truth] = {}
    outcomes = []
    for record in records:
        log = logs.setdefault(record.person, [])
        outcome = _outcome(log, record, truths)
        if outcome == "applied":
            log.append(record)
            _happened(log, record, truths)
        outcomes.append(outcome)
    return truths, outcomes


def _outcome(log: list[Record], record: Record, truths: dict[tuple[bytes, bytes], Truth]) -> str:
    if isinstance(record, (GpmiContract, GpmiEvaluation)):
        before = [one for one in log if isinstance(one, (GpmiContract, GpmiEvaluation))]
        return gpmi.admitted([*before, record])[1][-1]
    kin = (
        (DossierKnown, DecisionTaken)
        if isinstance(record, (DossierKnown, DecisionTaken))
        else (
            SocialReportRequest,
            ReportArchived,
        )
    )
    twins = [one for one in log if isinstance(one, kin) and one.event_id == record.event_id]
    if twins == [record]:
        return "duplicate"
    slug = _fault(record)
    if not slug and isinstance(record, ReportArchived) and not _can_archive(record, truths):
        slug = "illegal-transition"
    return slug or ("conflicting-duplicate" if twins else "applied")


def _fault(record: Record) -> str:  # noqa: PLR0911 - one return for each fault
    if isinstance(record, ReportArchived):
        named = [record.by] + ([record.answering] if record.answering != 0 else [])
        return "" if all(_exists(one) for one in named) else "unknown-ocmw"
    if not _exists(record.ocmw):
        return "unknown-ocmw"
    if isinstance(record, SocialReportRequest):
        return ""
    if isinstance(record, DossierKnown):
        days = [record.from_day] + ([record.to_day] if record.to_day is not None else [])
        return "" if all(one in _DAYS for one in days) and days == sorted(days) else "bad-dates"
    first, last = record.effective_from, record.effective_to
    if (last is not None and last < first) or (record.duration_months or 1) < 1 or record.duration_months == 0:
        return "bad-dates"
    if not all(one in _DAYS for one in (record.decided_on, first, first if last is None else last)):
        return "bad-dates"
    codes = [("aid", record.aid), ("motive", record.motive)]
    wanted = [(of, code) for of, code in codes if code != ""] + [("element", one.code) for one in record.elements]
    if not all(_listed(of, code, record.decided_on) for of, code in wanted):
        return "unknown-code"
    cents = [record.amount_cents, record.recovered_cents] + [one.amount_cents for one in record.elements]
    return "" if all(one in range(_MOST + 1) for one in cents if one is not None) else "amount-out-of-range"


def _exists(code: int) -> bool:
    return code >= 0 and f"{code:05d}" in MUNICIPALITY


def _listed(of: str, code: str, day: int) -> bool:
    for entry in document("esv_codes")[of]:
        since, until = (entry["from"] - EPOCH).days, (entry["to"] - EPOCH).days if entry["to"] else None
        if entry["code"] == code and since <= day and (until is None or day <= until):
            return True
    return False


def _called(code: int, day: int) -> int:
    """Return the code of an OCMW on a day (D2)."""
    return int(valid_code(f"{code:05d}", month_of(EPOCH + timedelta(days=day))))


def _heirs(code: int) -> list[int]:
    line = [code]
    while MUNICIPALITY[f"{line[-1]:05d}"].successor:
        line.append(int(MUNICIPALITY[f"{line[-1]:05d}"].successor))
    return line


def _one_dossier(left: Record, right: Record) -> bool:
    houses = left.ocmw in _heirs(right.ocmw) or right.ocmw in _heirs(left.ocmw)
    return bool(left.dossier == right.dossier and houses)


# On which days a decision is in force.


def in_force(decision: DecisionTaken, day: int, log: list[DecisionTaken]) -> bool:
    """Tell whether a decision is in force on a day, among all decisions of its person in log order."""
    return _by_itself(decision, day, log) and not any(
        stop.decision_type == "STOP" and stop.effective_from <= day and _before(decision, stop, log)
        for stop in log
        if stop is not decision and _kin(stop, decision) and not _one_day(decision, log)
    )


def _kin(left: DecisionTaken, right: DecisionTaken) -> bool:
    return left.law == right.law and _one_dossier(left, right)


def _one_day(decision: DecisionTaken, log: list[DecisionTaken]) -> bool:
    first = decision.effective_from
    return _by_itself(decision, first, log) and not _by_itself(decision, first + 1, log)


def _by_itself(decision: DecisionTaken, day: int, log: list[DecisionTaken]) -> bool:
    """Tell whether it would be in force on a day if nobody had stopped it."""
    if day < decision.effective_from:
        return False
    if decision.effective_to is not None:
        return day <= decision.effective_to
    if decision.duration_months is not None:
        return day < _months_later(decision.effective_from, decision.duration_months)
    if decision.decision_type in {"STOP", "REFUSAL", "RECOVERY"}:
        return day == decision.effective_from
    followed = [
        one
        for one in log
        if one.decision_type in {"GRANT", "REVISION", "STOP"}
        and _kin(one, decision)
        and decision.effective_from < one.effective_from <= day
    ]
    return not followed


def _months_later(day: int, months: int) -> int:
    """Return the day so many months later, a day after all others where no calendar reaches it."""
    begun = EPOCH + timedelta(days=day)
    return (gpmi.months_after(begun, months) - EPOCH).days if begun.year + months / 12 < date.max.year else 10**9


def _before(left: DecisionTaken, right: DecisionTaken, log: list[DecisionTaken]) -> bool:
    return _order(left, log) < _order(right, log)


def _order(decision: DecisionTaken, log: list[DecisionTaken]) -> tuple[int, int, int]:
    place = next(number for number, one in enumerate(log) if one is decision)
    return decision.effective_from, decision.decided_on, place


def touches(decision: DecisionTaken, first: int, last: int, log: list[DecisionTaken]) -> bool:
    """Tell whether a decision is in force on a day of a period."""
    day = max(first, decision.effective_from)
    return day <= last and in_force(decision, day, log)


# What happens to requests.


def _happened(log: list[Record], record: Record, truths: dict[tuple[bytes, bytes], Truth]) -> None:
    if isinstance(record, SocialReportRequest):
        truths[record.person, record.event_id] = _truth_of(log, record)
    if isinstance(record, DecisionTaken):
        for truth in truths.values():
            if truth.record.person == record.person:
                _perhaps_late(log, record, truth)
    if isinstance(record, ReportArchived):
        truth = truths[record.person, record.request]
        if record.answering:
            truth.answers[record.answering].append("ARCHIVED")
            _settled(truth)
        else:
            truth.states.append("ARCHIVED")


def _can_archive(record: ReportArchived, truths: dict[tuple[bytes, bytes], Truth]) -> bool:
    truth = truths.get((record.person, record.request))
    if truth is None:
        return False
    day = brussels_day(record.at)
    if _called(record.by, day) != _called(truth.record.ocmw, day):
        return False
    if record.answering:
        return truth.answers.get(record.answering, ["ARCHIVED"])[-1] != "ARCHIVED"
    return truth.states[-1] != "ARCHIVED"


def _settled(truth: Truth) -> None:
    if truth.states[-1] == "RECEIVED" and all(states[-1] != "NOT_RECEIVED" for states in truth.answers.values()):
        truth.states.append("ANSWERED")


def _truth_of(log: list[Record], request: SocialReportRequest) -> Truth:
    truth = Truth(request, _error(log, request))
    if truth.error:
        truth.states.append("ANSWERED_WITH_ERROR")
        truth.reports.append((0, "WITH_ERROR", (), None))
        return truth
    houses = _houses(log, request)
    if not houses:
        truth.states.append("ANSWERED")
        truth.reports.append((0, "NOBODY_ASKED", (), None))
        return truth
    for house in houses:
        report = _report(log, request, house, houses)
        truth.answers[house] = [report[1]]
        truth.reports.append(report)
    _settled(truth)
    return truth


def _error(log: list[Record], request: SocialReportRequest) -> str | None:
    day = brussels_day(request.asked_at)
    acquainted = any(
        isinstance(one, DossierKnown) and _called(one.ocmw, day) == _called(request.ocmw, day) for one in log
    )
    if request.from_day > request.to_day or request.asked_by == 0:
        return "bad-request"
    if request.reason != "AID_REQUESTED" and not acquainted:
        return "bad-request"
    days = [request.from_day, request.to_day] + ([request.gpmi_consent.given_on] if request.gpmi_consent else [])
    if any(one not in _DAYS for one in days):
        return "bad-dates"
    return None if _listed("reason", request.reason, day) else "unknown-code"


def _decisions(log: list[Record]) -> list[DecisionTaken]:
    return [one for one in log if isinstance(one, DecisionTaken)]


def _houses(log: list[Record], request: SocialReportRequest) -> list[int]:
    day, decisions = brussels_day(request.asked_at), _decisions(log)
    houses = {_called(one.ocmw, day) for one in decisions if touches(one, request.from_day, request.to_day, decisions)}
    for place, one in enumerate(log):
        if not isinstance(one, DossierKnown):
            continue
        replaced = any(
            isinstance(later, DossierKnown) and (later.ocmw, later.dossier) == (one.ocmw, one.dossier)
            for later in log[place + 1 :]
        )
        over = one.to_day is not None and one.to_day < request.from_day
        if not replaced and not over and one.from_day <= request.to_day:
            houses.add(_called(one.ocmw, day))
    return sorted(houses - {_called(request.ocmw, day)})


def _report(
    log: list[Record], request: SocialReportRequest, house: int, houses: list[int]
) -> tuple[int, str, ReportedDossiers, tuple[bytes, int] | None]:
    day, decisions = brussels_day(request.asked_at), _decisions(log)
    theirs = sorted(
        (one for one in decisions if _called(one.ocmw, day) == house), key=lambda one: _order(one, decisions)
    )
    touching = [one for one in theirs if touches(one, request.from_day, request.to_day, decisions)]
    reported = [
        one
        for one in theirs
        if any(one is other for other in touching)
        or (one.decision_type == "RECOVERY" and any(_one_dossier(one, other) for other in touching))
    ]
    dossiers: list[list[DecisionTaken]] = []
    for one in reported:
        mine = [them for them in dossiers if any(_one_dossier(one, other) for other in them)]
        if mine:
            mine[0].append(one)
        else:
            dossiers.append([one])
    reported_dossiers = tuple((them[0].dossier, _main(log, them), tuple(them)) for them in dossiers)
    contract = _contract(log, request, houses)
    goes = contract[1:] if contract is not None and contract[0] == house and touching else None
    return house, "RECEIVED" if touching else "NOT_RECEIVED", reported_dossiers, goes


def _main(log: list[Record], them: list[DecisionTaken]) -> bool | None:
    for one in reversed(log):
        if isinstance(one, DossierKnown) and any(_one_dossier(one, other) for other in them):
            return one.main_beneficiary
    return None


def _contract(log: list[Record], request: SocialReportRequest, houses: list[int]) -> tuple[int, bytes, int] | None:
    """Return (OCMW, contract, version) of the contract that consent lets be shown, None without."""
    consent, day = request.gpmi_consent, brussels_day(request.asked_at)
    if consent is None or consent.given_on > day:
        return None
    versions = [one for one in log if isinstance(one, GpmiContract)]
    best: tuple[int, int] | None = None
    newest = None
    for place, version in enumerate(versions):
        if version.signed_on is None:
            continue
        of_it = sorted((one for one in versions if one.contract == version.contract), key=lambda one: one.version)
        signed = [one for one in of_it if one.signed_on is not None]
        if not _runs(of_it, signed, request) or _called(signed[-1].ocmw, day) not in houses:
            continue
        if best is None or (version.signed_on, place) > best:
            best = version.signed_on, place
            newest = _called(signed[-1].ocmw, day), version.contract, signed[-1].version
    return newest


def _runs(versions: list[GpmiContract], signed: list[GpmiContract], request: SocialReportRequest) -> bool:
    """Tell whether a contract runs on a day of the period: on the first one on which it could."""
    begun = max(signed[0].start_date, signed[0].signed_on or 0)
    closed = versions[-1].closed_on if versions[-1].closed_on is not None else signed[-1].end_date
    day = max(begun, request.from_day)
    return day <= request.to_day and (closed is None or day < closed)


def _perhaps_late(log: list[Record], decision: DecisionTaken, truth: Truth) -> None:
    request, houses = truth.record, sorted(truth.answers)
    house = _called(decision.ocmw, brussels_day(request.asked_at))
    days = brussels_day(decision.sent_at) - brussels_day(request.asked_at)
    if house not in truth.answers or truth.answers[house][-1] != "NOT_RECEIVED" or truth.states[-1] == "ARCHIVED":
        return
    decisions = _decisions(log)
    if days > document("esv_codes")["choices"]["late_answer_days"] or not touches(
        next(one for one in decisions if one is decision), request.from_day, request.to_day, decisions
    ):
        return
    truth.answers[house].append("RECEIVED")
    truth.reports.append(_report(log, request, house, houses))
    _settled(truth)
