"""Dossiers and decisions of a person, and the requests of a second OCMW that gets to know the person."""

from dataclasses import dataclass, field, replace
from typing import Any

from schemas.services.records import (
    Consent,
    Day,
    DecisionTaken,
    DossierKnown,
    Element,
    Law,
    ReportArchived,
    SocialReportRequest,
)
from synthetic.services.drawing import Drawing, rates

_LONGEST = 400
"""Days that a decision is dated back from its effect at most, and a request asks back."""


@dataclass
class Life:
    """What happened to a person: known and decided before anything is asked, asked, and decided afterwards."""

    person: bytes
    ocmw: int
    before: list[DossierKnown | DecisionTaken] = field(default_factory=list)
    requests: list[SocialReportRequest | ReportArchived] = field(default_factory=list)
    late: list[DecisionTaken] = field(default_factory=list)


def life(draws: Drawing) -> Life:
    """Draw the life of a person."""
    one, likely = Life(draws.identity(), draws.ocmw()), rates()
    known = _known(draws, one.person, one.ocmw)
    one.before.append(known)
    decided = _decisions(draws, known) if draws.happens(likely["decision"]) else []
    one.before += decided
    if draws.happens(likely["moves"]):
        _ask(draws, one, known, answered=bool(decided))
    return one


def _known(draws: Drawing, person: bytes, ocmw: int) -> DossierKnown:
    day = draws.day(draws.first - _LONGEST, draws.last - 1)
    return DossierKnown(
        draws.identity(), person, ocmw, draws.keyed_hash(), day, None, draws.happens(0.8), draws.during(day)
    )


def _decisions(draws: Drawing, known: DossierKnown) -> list[DecisionTaken]:
    likely = rates()
    law: Law = draws.one("RMI", "RMI", "RMI", "WET65", "ORGANIC")
    first = replace(
        _grant(draws, known, known.from_day),
        law=law,
        aid=_aid(draws, law),
        duration_months=draws.one(None, None, 3, 6, 12),
    )
    if draws.happens(likely["refusal"]):
        return [replace(first, decision_type="REFUSAL", aid="", motive="SUFFICIENT_MEANS", amount_cents=None)]
    decisions = [first]
    for kind in ("REVISION", "SUSPENSION", "RECOVERY", "STOP"):
        if draws.happens(likely[kind.lower()]):
            day = draws.day(decisions[-1].effective_from + 1, decisions[-1].effective_from + _LONGEST)
            more = replace(first, event_id=draws.identity(), decision_type=kind, duration_months=None)
            decisions.append(_later(draws, more, day))
    return decisions


def _later(draws: Drawing, decision: DecisionTaken, day: Day) -> DecisionTaken:
    """Return a decision of a later day, with what its kind says."""
    fields: dict[str, dict[str, Any]] = {
        "REVISION": {"motive": "CHANGED_SITUATION", "amount_cents": draws.whole(20_000, 140_000)},
        "SUSPENSION": {"motive": "SANCTION", "amount_cents": None, "effective_to": day + draws.whole(15, 90)},
        "RECOVERY": {
            "aid": "",
            "motive": "UNDUE_PAYMENT",
            "amount_cents": None,
            "recovered_cents": draws.whole(5_000, 200_000),
        },
        "STOP": {"aid": "", "motive": "CHANGED_SITUATION", "amount_cents": None},
    }
    sent = draws.during(day)
    return replace(decision, decided_on=day, effective_from=day, sent_at=sent, **fields[decision.decision_type])


def _grant(draws: Drawing, known: DossierKnown, day: Day) -> DecisionTaken:
    elements = (
        Element("CATEGORY", None, None, draws.one("1", "2", "3")),
        *((Element("CHILDREN", None, draws.whole(1, 5), None),) if draws.happens(0.4) else ()),
        *((Element("STUDY_GRANT", draws.whole(10_000, 300_000), None, None),) if draws.happens(0.15) else ()),
    )
    return DecisionTaken(
        draws.identity(),
        known.person,
        known.ocmw,
        known.dossier,
        "GRANT",
        "RMI",
        day + draws.whole(0, 30),
        day,
        None,
        None,
        draws.happens(0.03),
        "",
        "CONDITIONS_MET",
        draws.whole(30_000, 160_000),
        None,
        elements,
        draws.during(day + 30),
    )


def _aid(draws: Drawing, law: str) -> str:
    aids = {
        "RMI": ("LEEFLOON_1", "LEEFLOON_2", "LEEFLOON_3", "ACTIVATION_ART60"),
        "WET65": ("EQUIVALENT_1", "EQUIVALENT_2", "EQUIVALENT_3"),
        "ORGANIC": ("MEDICAL_AID", "HOUSING_AID", "OTHER_AID"),
    }
    return str(draws.one(*aids[law]))


def _ask(draws: Drawing, asker: Life, known: DossierKnown, *, answered: bool) -> None:
    """Let a second OCMW ask; then a decision may come late, or the request be put away."""
    likely, day = rates(), draws.day()
    asking = draws.ocmw()
    first, last = day - draws.whole(30, _LONGEST), day
    if draws.happens(likely["asked_in_error"]):
        first, last = last, first
    agreed = Consent(day - draws.whole(0, 5), draws.one("CITIZEN", "CITIZEN", "REPRESENTATIVE"))
    consent = agreed if draws.happens(likely["consent"]) else None
    request = SocialReportRequest(
        draws.identity(),
        asker.person,
        asking,
        first,
        last,
        "AID_REQUESTED",
        draws.keyed_hash(),
        draws.during(day),
        consent,
    )
    asker.requests.append(request)
    if draws.happens(likely["archived"]):
        at = draws.during(day + 60)
        asker.requests.append(ReportArchived(draws.identity(), asker.person, request.event_id, 0, asking, at))
    elif not answered and draws.happens(likely["late"]):
        effect = max(known.from_day, min(first, last))
        late = replace(_grant(draws, known, effect), aid="LEEFLOON_2", sent_at=draws.during(day + draws.whole(1, 30)))
        asker.late.append(late)
