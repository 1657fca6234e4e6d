"""The electronic social report: who is asked, what they answer, what comes late, what is put away."""

from typing import Any

import pytest
from made import ANNA, at, consent, day, made, named
from reports_told import SERVICE, answers, came, dossiers_sent, requests, sent, states

from processors.services.protocol import Arrived
from processors.services.report_making import shown_contract
from processors.services.report_questions import seen_by_asker as page_of
from processors.services.report_states import ANSWER, REQUEST, IllegalTransitionError, Moment, after, state_of
from processors.services.social_reports import Answer, Person
from schemas.faults import Fault
from schemas.services.records import (
    DecisionTaken,
    DossierKnown,
    Element,
    GpmiContract,
    ReportArchived,
    SocialReportRequest,
)

GRANT = made(DecisionTaken, "grant")
KNOWN = made(DossierKnown, "known")
REQUESTED = made(SocialReportRequest, "request")


def test_an_ocmw_that_decided_answers_with_its_decisions() -> None:
    assert sent(GRANT, REQUESTED) == [(44021, "RECEIVED")]
    assert dossiers_sent(GRANT, REQUESTED) == [(1, ["GRANT"])]
    (request,) = requests(GRANT, REQUESTED)
    assert states(request.history) == ["RECEIVED", "ANSWERED"]


def test_an_ocmw_that_knows_the_person_and_decided_nothing_has_not_answered() -> None:
    assert sent(KNOWN, REQUESTED) == [(44021, "NOT_RECEIVED")]
    (request,) = requests(KNOWN, REQUESTED)
    assert states(request.history) == ["RECEIVED"]


def test_the_asker_itself_is_not_asked() -> None:
    assert sent(made(DecisionTaken, "own", ocmw=11002), REQUESTED) == [(0, "NOBODY_ASKED")]


def test_a_person_whom_nobody_knows_gives_an_answer_that_says_so() -> None:
    (request,) = requests(REQUESTED)
    assert [(one.answering, one.state, one.dossiers, one.contract) for one in request.reports] == [
        (0, "NOBODY_ASKED", (), None)
    ]
    assert states(request.history) == ["RECEIVED", "ANSWERED"]


def test_an_answer_about_a_person_whom_nobody_knows_has_the_form_and_the_moment_of_any_other() -> None:
    (nobody,), (somebody,) = (came(*one, REQUESTED, now=at("2017-04-11"))[0].state.requests for one in ([], [GRANT]))
    told_of, other = page_of(nobody), page_of(somebody)
    assert told_of.keys() == other.keys()
    (answer,), (known) = told_of["answers"], other["answers"][0]
    assert (answer.keys(), answer["report"].keys()) == (known.keys(), known["report"].keys())
    assert answer["report"]["made_at"] == known["report"]["made_at"]
    assert told_of["history"] == other["history"]


@pytest.mark.parametrize(
    ("said", "is_asked"),
    [
        ({"to_day": "2017-03-01"}, True),
        ({"to_day": "2017-02-28"}, False),
        ({"from_day": "2017-03-31"}, True),
        ({"from_day": "2017-04-01"}, False),
    ],
)
def test_a_dossier_asks_its_ocmw_where_it_touches_the_period(said: dict[str, object], *, is_asked: bool) -> None:
    assert bool(answers(made(DossierKnown, "known", **said), REQUESTED)) is is_asked


def test_the_last_word_about_a_dossier_holds() -> None:
    closed = made(DossierKnown, "closed", to_day="2017-01-31")
    assert answers(KNOWN, closed, REQUESTED) == {}
    assert answers(closed, KNOWN, REQUESTED) == {44021: "NOT_RECEIVED"}


def test_merged_ocmws_are_asked_under_the_code_of_the_day_of_the_request() -> None:
    old = made(DecisionTaken, "old", ocmw=11007)
    before = made(SocialReportRequest, "request", ocmw=44021, asked_at="2024-12-31T22:59")
    behind = made(SocialReportRequest, "request", ocmw=44021, asked_at="2024-12-31T23:00")  # 1 January in Brussels
    assert answers(old, before) == {11007: "RECEIVED"}
    assert answers(old, behind) == {11002: "RECEIVED"}


def test_decisions_are_shown_by_dossier_in_the_order_of_their_effect() -> None:
    later = made(DecisionTaken, "later", effective_from="2017-03-10", decision_type="SUSPENSION")
    other = made(DecisionTaken, "other", effective_from="2016-06-01", dossier=2)
    assert dossiers_sent(later, GRANT, other, REQUESTED) == [(2, ["GRANT"]), (1, ["GRANT", "SUSPENSION"])]


def test_recoveries_of_a_dossier_that_is_shown_are_shown_whatever_their_day() -> None:
    recovery = made(DecisionTaken, "recovery", decision_type="RECOVERY", effective_from="2016-02-01")
    alone = made(DecisionTaken, "alone", decision_type="RECOVERY", effective_from="2016-02-01", dossier=2)
    assert dossiers_sent(recovery, alone, GRANT, REQUESTED) == [(1, ["RECOVERY", "GRANT"])]


def test_the_last_dossier_told_says_whether_the_person_is_its_main_beneficiary() -> None:
    no = made(DossierKnown, "no", main_beneficiary=False)
    for dossiers, main in (((KNOWN, no), False), ((no, KNOWN), True), ((), None)):
        (request,) = requests(*dossiers, GRANT, REQUESTED)
        assert [one.main_beneficiary for one in request.reports[0].dossiers] == [main]


def test_a_report_names_its_ocmw_in_its_language() -> None:
    brussels = made(DecisionTaken, "b", ocmw=21004)
    (request,) = requests(GRANT, brussels, REQUESTED)
    assert [one.ocmw_name for one in request.reports] == ["Bruxelles / Brussel", "Gent"]


# What is wrong with a request is its answer.


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"to_day": "2017-02-28", "reason": "?"}, "bad-request"),
        ({"asked_by": 0, "from_day": -(10**6)}, "bad-request"),
        ({"reason": "REVIEW", "ocmw": 46021}, "bad-request"),
        ({"from_day": -(10**6), "reason": "AID_REQUESTED"}, "bad-dates"),
        ({"gpmi_consent": consent("1899-12-31")}, "bad-dates"),
        ({"reason": "CURIOSITY", "ocmw": 11002}, "unknown-code"),
    ],
)
def test_the_first_error_of_a_request_is_its_answer(said: dict[str, object], error: str) -> None:
    own = made(DossierKnown, "own", ocmw=11002, from_day="2000-01-01", to_day="2000-01-02")
    records = (own, GRANT, made(SocialReportRequest, "request", **said))
    (request,) = requests(*records)
    assert (request.error, sent(*records)) == (error, [(0, "WITH_ERROR")])
    assert states(request.history) == ["RECEIVED", "ANSWERED_WITH_ERROR"]


def test_whoever_does_not_know_the_person_may_ask_only_because_aid_was_requested() -> None:
    review = made(SocialReportRequest, "request", reason="REVIEW")
    assert sent(GRANT, review) == [(0, "WITH_ERROR")]
    own = made(DossierKnown, "own", ocmw=11002, from_day="2000-01-01", to_day="2000-01-02")
    assert sent(GRANT, own, review) == [(44021, "RECEIVED")]


def test_a_request_of_an_ocmw_that_is_in_no_list_is_set_aside() -> None:
    assert came(made(SocialReportRequest, "request", ocmw=99999))[1] == ["unknown-ocmw"]


@pytest.mark.parametrize(
    ("kind", "said", "slug"),
    [
        (DossierKnown, {"ocmw": 1, "from_day": 10**6}, "unknown-ocmw"),
        (DossierKnown, {"to_day": "2015-12-31"}, "bad-dates"),
        (DossierKnown, {"from_day": 10**6}, "bad-dates"),
        (DecisionTaken, {"ocmw": 1}, "unknown-ocmw"),
        (DecisionTaken, {"effective_to": "2016-12-31", "aid": "?"}, "bad-dates"),
        (DecisionTaken, {"duration_months": 0}, "bad-dates"),
        (DecisionTaken, {"decided_on": -(10**6)}, "bad-dates"),
        (DecisionTaken, {"aid": "GOLD", "amount_cents": -1}, "unknown-code"),
        (DecisionTaken, {"motive": "WHIM"}, "unknown-code"),
        (DecisionTaken, {"elements": (Element("SHOE_SIZE", None, 43, None),)}, "unknown-code"),
        (DecisionTaken, {"aid": "LEEFLOON_2", "decided_on": "2002-09-30"}, "unknown-code"),
        (DecisionTaken, {"amount_cents": -1}, "amount-out-of-range"),
        (DecisionTaken, {"recovered_cents": 10**9 + 1}, "amount-out-of-range"),
        (DecisionTaken, {"elements": (Element("CHILDREN", -1, None, None),)}, "amount-out-of-range"),
        (DecisionTaken, {"aid": "", "motive": "", "amount_cents": 10**9}, "applied"),
        (ReportArchived, {"by": 1}, "unknown-ocmw"),
        (ReportArchived, {"answering": 1}, "unknown-ocmw"),
        (ReportArchived, {}, "illegal-transition"),
    ],
)
def test_the_first_fault_of_a_record_counts(kind: type, said: dict[str, object], slug: str) -> None:
    assert came(made(kind, "a", **said))[1] == [slug]


# What comes late.


def test_a_decision_that_touches_makes_the_answer_that_lacked() -> None:
    late = made(DecisionTaken, "late", sent_at="2017-05-10")  # the thirtieth day
    assert sent(KNOWN, REQUESTED, late) == [(44021, "NOT_RECEIVED"), (44021, "RECEIVED")]
    (request,) = requests(KNOWN, REQUESTED, late)
    assert states(request.history) == ["RECEIVED", "ANSWERED"]
    assert states(request.answers[0].history) == ["NOT_RECEIVED", "RECEIVED"]


def test_after_thirty_days_nothing_is_late_any_more() -> None:
    late = made(DecisionTaken, "late", sent_at="2017-05-11")
    assert sent(KNOWN, REQUESTED, late) == [(44021, "NOT_RECEIVED")]


def test_a_decision_that_does_not_touch_makes_no_answer() -> None:
    late = made(DecisionTaken, "late", sent_at="2017-04-11", effective_to="2017-02-28")
    assert sent(KNOWN, REQUESTED, late) == [(44021, "NOT_RECEIVED")]


def test_a_decision_of_somebody_who_was_not_asked_makes_no_answer() -> None:
    late = made(DecisionTaken, "late", sent_at="2017-04-11", ocmw=46021)
    assert sent(KNOWN, REQUESTED, late) == [(44021, "NOT_RECEIVED")]


def test_an_answer_that_is_received_takes_no_more_decisions() -> None:
    more = made(DecisionTaken, "more", sent_at="2017-04-11", dossier=2)
    assert sent(GRANT, REQUESTED, more) == [(44021, "RECEIVED")]


def test_a_late_answer_holds_all_that_is_admitted_when_it_comes() -> None:
    too_late = made(DecisionTaken, "too late", sent_at="2017-06-01", dossier=2)
    late = made(DecisionTaken, "late", sent_at="2017-04-11")
    assert dossiers_sent(KNOWN, REQUESTED, too_late, late) == [(2, ["GRANT"]), (1, ["GRANT"])]


# What is put away.


def archived(**said: Any) -> ReportArchived:  # noqa: ANN401 - any field
    return made(ReportArchived, "archive", **said)  # type: ignore[no-any-return]


def test_the_asker_puts_a_request_away_once() -> None:
    again = made(ReportArchived, "again")
    assert came(GRANT, REQUESTED, archived(), again)[1][2:] == ["applied", "illegal-transition"]


def test_the_same_archiving_again_is_a_duplicate() -> None:
    assert came(GRANT, REQUESTED, archived(), archived())[1][2:] == ["applied", "duplicate"]


def test_a_request_that_is_put_away_is_not_answered_again_and_a_new_one_is() -> None:
    again = made(SocialReportRequest, "anew", asked_at="2017-05-02")
    known, became = came(GRANT, REQUESTED, archived(), REQUESTED, again)
    assert became[2:] == ["applied", "duplicate", "applied"]
    assert [states(one.history)[-1] for one in known.state.requests] == ["ARCHIVED", "ANSWERED"]
    assert [len(one.reports) for one in known.state.requests] == [1, 1]


def test_nobody_else_puts_a_request_away() -> None:
    assert came(GRANT, REQUESTED, archived(by=44021))[1][2:] == ["illegal-transition"]


def test_a_request_that_is_put_away_takes_no_late_answer() -> None:
    late = made(DecisionTaken, "late", sent_at="2017-04-11")
    assert sent(KNOWN, REQUESTED, archived(), late) == [(44021, "NOT_RECEIVED")]


def test_an_answer_that_is_put_away_is_in_and_takes_no_late_answer() -> None:
    late = made(DecisionTaken, "late", sent_at="2017-04-11")
    (request,) = requests(KNOWN, REQUESTED, archived(answering=44021), late)
    assert states(request.history) == ["RECEIVED", "ANSWERED"]
    assert states(request.answers[0].history) == ["NOT_RECEIVED", "ARCHIVED"]
    assert len(request.reports) == 1


def test_only_an_answer_of_an_ocmw_that_was_asked_is_put_away() -> None:
    assert came(KNOWN, REQUESTED, archived(answering=46021))[1][2:] == ["illegal-transition"]


def test_an_archiving_before_its_request_is_illegal() -> None:
    assert came(archived(), REQUESTED)[1] == ["illegal-transition", "applied"]


def test_an_illegal_transition_raises_and_changes_nothing() -> None:
    answer = Answer(44021, (Moment("ARCHIVED", 0),))
    for table in (ANSWER, REQUEST):
        for happening in ("late answer", "archive", "faulty", "all answers in", "nobody to ask"):
            with pytest.raises(IllegalTransitionError):
                after(table, answer, happening, 1)
    assert answer == Answer(44021, (Moment("ARCHIVED", 0),))


def test_a_fold_that_refuses_gives_the_fault_and_the_state_is_as_it_was() -> None:
    state = came(GRANT, REQUESTED)[0].state
    before = came(GRANT, REQUESTED)[0].state
    assert isinstance(SERVICE.fold(state, Arrived(archived(by=44021), 0)), Fault)
    assert state == before


def test_a_request_asked_again_under_its_id_is_answered_once() -> None:
    assert came(GRANT, REQUESTED, REQUESTED)[1][1:] == ["applied", "duplicate"]
    assert sent(GRANT, REQUESTED, REQUESTED) == [(44021, "RECEIVED")]
    assert came(REQUESTED, made(SocialReportRequest, "request", asked_by=8))[1][1:] == ["conflicting-duplicate"]


def test_a_request_is_answered_once_whatever_comes_to_be_known() -> None:
    before, _ = came(GRANT, REQUESTED)
    more = made(DecisionTaken, "more", ocmw=46021)
    assert came(more, known=before)[0].state.requests == before.state.requests


# Consent.

WITH_CONSENT = made(SocialReportRequest, "request", gpmi_consent=consent("2017-04-10"))
CONTRACT = made(GpmiContract, "contract", contract="A")


def contract_shown(*records: Any) -> list[tuple[int, bytes | None, int | None]]:  # noqa: ANN401 - any record
    """Return (answering, contract, version) of each report sent."""
    return [
        (one.answering, one.contract.contract if one.contract else None, one.contract.version if one.contract else None)
        for request in requests(*records)
        for one in request.reports
    ]


def test_without_consent_no_contract_is_shown_and_nothing_tells_that_there_is_one() -> None:
    with_it, without = requests(GRANT, CONTRACT, REQUESTED), requests(GRANT, REQUESTED)
    assert with_it == without


def test_with_consent_the_last_signed_version_of_the_running_contract_goes_along() -> None:
    signed = made(GpmiContract, "two", contract="A", version=2, signed_on="2017-02-01")
    unsigned = made(GpmiContract, "three", contract="A", version=3, signed_on=None)
    assert contract_shown(GRANT, CONTRACT, signed, unsigned, WITH_CONSENT) == [(44021, named("A"), 2)]


@pytest.mark.parametrize(("given", "goes"), [("2017-04-10", True), ("2017-04-11", False)])
def test_consent_counts_that_was_given_by_the_day_of_the_request(given: str, *, goes: bool) -> None:
    request = made(SocialReportRequest, "request", gpmi_consent=consent(given))
    assert (contract_shown(GRANT, CONTRACT, request)[0][1] is not None) is goes


@pytest.mark.parametrize(
    ("said", "goes"),
    [
        ({"end_date": "2017-03-02"}, True),
        ({"end_date": "2017-03-01"}, False),  # its end is no day of it
        ({"closed_on": "2017-03-01"}, False),
        ({"signed_on": "2017-03-31"}, True),
        ({"signed_on": "2017-04-01"}, False),
        ({"signed_on": None}, False),
        ({"ocmw": 46021}, False),  # not asked
    ],
)
def test_the_contract_runs_on_a_day_of_the_period(said: dict[str, object], *, goes: bool) -> None:
    contract = made(GpmiContract, "contract", contract="A", **said)
    assert (contract_shown(GRANT, contract, WITH_CONSENT)[0][1] is not None) is goes


def test_the_contract_signed_last_goes_along_and_of_equals_the_last_in_the_log() -> None:
    later = made(GpmiContract, "later", contract="B", signed_on="2017-01-20")
    same = made(GpmiContract, "same", contract="C", signed_on="2017-01-20")
    assert contract_shown(GRANT, later, CONTRACT, WITH_CONSENT) == [(44021, named("B"), 1)]
    assert contract_shown(GRANT, later, same, WITH_CONSENT) == [(44021, named("C"), 1)]


def test_the_contract_of_an_ocmw_that_has_not_answered_is_not_shown_nor_another_instead() -> None:
    knows = made(DossierKnown, "knows", ocmw=46021)
    theirs = made(GpmiContract, "theirs", contract="B", ocmw=46021, signed_on="2017-02-01")
    assert contract_shown(GRANT, CONTRACT, knows, theirs, WITH_CONSENT) == [(44021, None, None), (46021, None, None)]


def test_a_late_answer_brings_its_contract_along() -> None:
    late = made(DecisionTaken, "late", sent_at="2017-04-11")
    assert contract_shown(KNOWN, WITH_CONSENT, CONTRACT, late) == [(44021, None, None), (44021, named("A"), 1)]


def test_consent_is_asked_again_where_a_report_is_read() -> None:
    (request,) = requests(GRANT, CONTRACT, WITH_CONSENT)
    (report,) = request.reports
    assert shown_contract(report, WITH_CONSENT) == report.contract
    assert shown_contract(report, REQUESTED) is None


def test_time_is_handed_in() -> None:
    known, _ = came(GRANT, REQUESTED, now=at("2017-04-10T12:00"))
    (request,) = known.state.requests
    assert request.reports[0].made_at == at("2017-04-10T12:00")
    assert [moment.at for moment in request.history] == [at("2017-04-10"), at("2017-04-10T12:00")]


def test_a_person_begins_unknown() -> None:
    assert SERVICE.begin() == Person()
    assert state_of(Answer(1, (Moment("RECEIVED", 0),))) == "RECEIVED"
    assert (day("1970-01-02"), len(ANNA)) == (1, 16)
