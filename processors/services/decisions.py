"""On which days a decision touches, and which decisions belong to one dossier.

    a GRANT from 1 January, open          touches until the day before the next GRANT, REVISION or STOP
    a REFUSAL, RECOVERY or STOP, open     touches its first day alone
    a STOP from 1 March                   ends on 28 February what came before it in its dossier and act,
                                          save what touches one day alone

*Before* is by (effective_from, decided_on, log order). A span whose last day lies before its first touches nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemas.services.days import FOREVER, plus_months, same_house
from schemas.services.records import Day, DecisionTaken, DossierKnown

_ONE_DAY = frozenset({"STOP", "REFUSAL", "RECOVERY"})
"""Types that touch one day where they have no end."""
_SUCCEEDING = frozenset({"GRANT", "REVISION", "STOP"})
"""Types that end an open decision before them."""


class Span(NamedTuple):
    """First and last day."""

    first: Day
    last: Day

    def touches(self, first: Day, last: Day) -> bool:
        """Tell whether it has a day in common with a period."""
        return self.first <= self.last and self.first <= last and first <= self.last


class Placed(NamedTuple):
    """A decision, its place in the log of its person, and the days that it touches."""

    decision: DecisionTaken
    place: int
    span: Span

    @property
    def order(self) -> tuple[Day, Day, int]:
        """What decisions are ordered by."""
        return self.decision.effective_from, self.decision.decided_on, self.place


def same_dossier(left: DecisionTaken | DossierKnown, right: DecisionTaken | DossierKnown) -> bool:
    """Tell whether two records are of one dossier: one hash, and one OCMW is the other or its successor."""
    return left.dossier == right.dossier and same_house(left.ocmw, right.ocmw)


def placed(decisions: Sequence[DecisionTaken]) -> tuple[Placed, ...]:
    """Return all decisions of a person (in log order) with the days that each touches, ordered."""
    ordered = sorted(
        (Placed(decision, place, Span(0, -1)) for place, decision in enumerate(decisions)), key=lambda one: one.order
    )
    with_spans = []
    for number, one in enumerate(ordered):
        fellows = [
            (at, other.decision)
            for at, other in enumerate(ordered)
            if at != number and other.decision.law == one.decision.law and same_dossier(other.decision, one.decision)
        ]
        own = _own_span(one.decision, [decision for _, decision in fellows])
        stops = (
            decision.effective_from for at, decision in fellows if at > number and decision.decision_type == "STOP"
        )
        with_spans.append(one._replace(span=_stopped(own, stops)))
    return tuple(with_spans)


def _own_span(decision: DecisionTaken, fellows: Iterable[DecisionTaken]) -> Span:
    first = decision.effective_from
    if decision.effective_to is not None:
        return Span(first, decision.effective_to)
    if decision.duration_months is not None:
        return Span(first, plus_months(first, decision.duration_months) - 1)
    if decision.decision_type in _ONE_DAY:
        return Span(first, first)
    later = (
        other.effective_from for other in fellows if other.decision_type in _SUCCEEDING and other.effective_from > first
    )
    return Span(first, min(later, default=FOREVER + 1) - 1)


def _stopped(span: Span, stops: Iterable[Day]) -> Span:
    if span.first == span.last:
        return span
    return Span(span.first, min([span.last, *(stop - 1 for stop in stops)]))
