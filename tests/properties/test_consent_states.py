"""Any life of requests: states follow their tables, and without consent nothing tells that there is a contract.

Two worlds live the same life, but in the second no contract was ever made. What an OCMW can see, in lists and pages,
must be the same in both as long as a request has no consent.
"""

from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as draw
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from made import at, consent, day, made
from reports_told import came

from processors.services.admission import Known
from processors.services.report_questions import consulted, listed, own_request, seen_by_asker
from processors.services.report_states import ANSWER, REQUEST
from processors.services.social_reports import Person, Request
from schemas.services.records import (
    DecisionTaken,
    DossierKnown,
    GpmiContract,
    ReportArchived,
    SocialReportRequest,
)

ASKER, ASKED = 11002, (44021, 46021)
TODAY = day("2017-06-01")
PERIOD = {"from_day": "2017-03-01", "to_day": "2017-03-31"}
"""Touched by what is decided, and by contracts, from January to April."""
DAYS = draw.integers(day("2017-01-01"), day("2017-04-15"))
OCMWS = draw.sampled_from(ASKED)


class Lives(RuleBasedStateMachine):
    """A person of whom OCMWs tell, ask, and put away what they asked."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        """Begin with nothing known, in both worlds."""
        super().__init__()
        self.known: Known[Person] | None = None
        self.without: Known[Person] | None = None
        self.number = 0
        self.now = at("2017-04-10")
        self.before: dict[bytes, Request] = {}

    def tell(self, kind: type, **said: Any) -> Any:  # noqa: ANN401 - any record
        """Let a record come, in the second world only where it is no contract; time goes on a day."""
        self.number, self.now = self.number + 1, self.now + 86_400_000
        record = made(kind, str(self.number), **said)
        became = self.come(record)
        return record if became == "applied" else None

    def come(self, record: Any) -> str:  # noqa: ANN401 - any record
        """Let a record come as it is, and return what became of it."""
        self.known, (became,) = came(record, known=self.known, now=self.now)
        if not isinstance(record, GpmiContract):
            self.without, (same,) = came(record, known=self.without, now=self.now)
            assert became == same
        return became

    @rule(ocmw=OCMWS, dossier=draw.integers(1, 2))
    def a_dossier_is_told(self, ocmw: int, dossier: int) -> None:
        """Let an OCMW know the person."""
        self.tell(DossierKnown, ocmw=ocmw, dossier=dossier)

    @rule(ocmw=OCMWS, first=DAYS, kind=draw.sampled_from(["GRANT", "STOP", "REFUSAL"]))
    def a_decision_is_sent(self, ocmw: int, first: int, kind: str) -> None:
        """Let an OCMW decide, perhaps late, perhaps of days that nobody asked for."""
        self.tell(DecisionTaken, ocmw=ocmw, effective_from=first, decision_type=kind, sent_at=self.now)

    @rule(ocmw=OCMWS, signed=draw.none() | DAYS, closed=draw.none() | DAYS, version=draw.integers(1, 2))
    def a_contract_is_made(self, ocmw: int, signed: int | None, closed: int | None, version: int) -> None:
        """Let an OCMW make a contract, or a version of one."""
        self.tell(GpmiContract, contract="A", ocmw=ocmw, signed_on=signed, closed_on=closed, version=version)

    @rule(target=requests, given=draw.sampled_from([None, None, consent("2017-04-01"), consent("2018-01-01")]))
    def it_is_asked(self, given: Any) -> Any:  # noqa: ANN401 - a consent or none
        """Let an OCMW ask, mostly without consent, or with one that is not given yet."""
        return self.tell(SocialReportRequest, ocmw=ASKER, asked_at=self.now, gpmi_consent=given, **PERIOD)

    @rule(request=requests)
    def it_is_asked_again(self, request: Any) -> None:  # noqa: ANN401 - a record
        """Let the same request come again, perhaps after it was put away."""
        assert self.come(request) == "duplicate"

    @rule(request=requests, answering=OCMWS, by=draw.sampled_from([ASKER, ASKER, 44021]))
    def an_answer_is_put_away(self, request: Any, answering: int, by: int) -> None:  # noqa: ANN401 - a record
        """Let somebody put an answer away, where the tables allow it."""
        self.tell(ReportArchived, request=request.event_id, answering=answering, by=by, at=self.now)

    @rule(request=consumes(requests))
    def a_request_is_put_away(self, request: Any) -> None:  # noqa: ANN401 - a record
        """Let the asker put a request away, once."""
        assert self.tell(ReportArchived, request=request.event_id, by=ASKER, at=self.now)
        assert self.tell(ReportArchived, request=request.event_id, by=ASKER, at=self.now) is None

    @invariant()
    def histories_follow_the_tables_and_only_grow(self) -> None:
        """Look at each step of a history, a transition of its table; what was once told stays told."""
        for request in self.told_of(self.known):
            assert follows(request.history, REQUEST)
            assert all(follows(answer.history, ANSWER) for answer in request.answers)
            earlier = self.before.get(request.record.event_id, request)
            assert request.history[: len(earlier.history)] == earlier.history
            assert request.reports[: len(earlier.reports)] == earlier.reports
            self.before[request.record.event_id] = request

    @invariant()
    def without_consent_nothing_tells_of_a_contract(self) -> None:
        """Compare pages, lists and consultations with those of a world in which no contract was ever made."""
        people = [known.state for known in (self.known, self.without) if known]
        if len(people) < 2:
            assert not self.told_of(self.known)
            return
        mine, other = people
        assert consulted(mine) == consulted(other)
        for name in ("requests", "answers", "asked"):
            for ocmw in (ASKER, *ASKED):
                assert listed([mine], name, ocmw, TODAY) == listed([other], name, ocmw, TODAY)
        for request in mine.requests:
            in_both = [own_request([one], request.record.event_id, ASKER, TODAY) for one in (mine, other)]
            pages = [seen_by_asker(one) for one in in_both if one]
            assert (pages[0] == pages[1]) or may_show(request.record)
            assert not any(own_request([mine], request.record.event_id, ocmw, TODAY) for ocmw in ASKED)

    @staticmethod
    def told_of(known: Known[Person] | None) -> tuple[Request, ...]:
        """Return the requests of a world."""
        return known.state.requests if known else ()


def may_show(request: SocialReportRequest) -> bool:
    """Tell whether a consent was given by the day of a request (asked at midnight, UTC)."""
    given = request.gpmi_consent
    return given is not None and given.given_on <= request.asked_at // 86_400_000


def follows(history: Any, table: Any) -> bool:  # noqa: ANN401 - moments, and a table of states
    """Tell whether each moment of a history comes from the one before by a transition of the table, and no sooner."""
    steps = pairwise(history)
    return all(
        after.at >= before.at and any(key[0] == before.state and state == after.state for key, state in table.items())
        for before, after in steps
    )


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
