"""The reports that go to the OCMW that asked: what each OCMW says, and the contract where the citizen consents.

Nothing in a report tells whether there is a contract that may not be shown. Consent is asked here, where a report is
made, and again where it is read (``shown_contract``).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from processors.services.contracts import Contracts, beginning, by_contract, end, signed
from processors.services.decisions import Placed, placed, same_dossier
from schemas.places import ancestors, place_name
from schemas.services.days import brussels_day, code_on
from schemas.services.records import (
    ContractShown,
    Day,
    Decision,
    DecisionTaken,
    Dossier,
    DossierKnown,
    GpmiContract,
    Instant,
    SocialReport,
    SocialReportRequest,
)

_LANGUAGES = {"02000": ("nl",), "03000": ("fr",), "04000": ("fr", "nl")}
"""Languages of a region's OCMWs."""


def consented(request: SocialReportRequest) -> bool:
    """Tell whether the citizen's consent stands with a request, given by the day on which it was made."""
    consent = request.gpmi_consent
    return consent is not None and consent.given_on <= brussels_day(request.asked_at)


def shown_contract(report: SocialReport, request: SocialReportRequest) -> ContractShown | None:
    """Return the contract of a report for whoever reads it: none without consent, whatever the report holds."""
    return report.contract if consented(request) else None


def notice(
    request: SocialReportRequest, state: Literal["NOBODY_ASKED", "WITH_ERROR"], error: str | None, at: Instant
) -> SocialReport:
    """Return the report that no OCMW makes: nobody was asked, or the request has an error."""
    return SocialReport(request.event_id, request.person, request.ocmw, 0, state, error, at, None, None, None, (), None)


def reports(  # noqa: PLR0913, PLR0917 - what is known of a person, and what is asked
    known: Sequence[DossierKnown],
    decisions: Sequence[DecisionTaken],
    contracts: Contracts,
    request: SocialReportRequest,
    houses: Sequence[int],
    at: Instant,
) -> tuple[SocialReport, ...]:
    """Return the report of each OCMW asked, from all that is known of the person now (records in log order)."""
    day, ordered = brussels_day(request.asked_at), placed(decisions)
    dossiers = {
        ocmw: _dossiers(known, [one for one in ordered if code_on(one.decision.ocmw, day) == ocmw], request)
        for ocmw in houses
    }
    contract = _contract(contracts, request, houses) if consented(request) else None
    return tuple(
        SocialReport(
            request.event_id,
            request.person,
            request.ocmw,
            ocmw,
            "RECEIVED" if dossiers[ocmw] else "NOT_RECEIVED",
            None,
            at,
            house_name(ocmw),
            None,
            None,
            dossiers[ocmw],
            contract.contract if contract and contract.ocmw == ocmw and dossiers[ocmw] else None,
        )
        for ocmw in houses
    )


def house_name(ocmw: int) -> str:
    """Return the name of a known code's municipality in the languages of its OCMW."""
    nis = f"{ocmw:05d}"
    names = [place_name("municipality", nis, language) for language in _LANGUAGES[ancestors(nis)["region"]]]
    return " / ".join(dict.fromkeys(names))


def _dossiers(
    known: Sequence[DossierKnown], decisions: Sequence[Placed], request: SocialReportRequest
) -> tuple[Dossier, ...]:
    """Return the dossiers with a decision that touches; their recoveries are shown whatever their day."""
    touching = [one for one in decisions if one.span.touches(request.from_day, request.to_day)]
    together: list[list[Placed]] = []
    for one in touching:
        home = next((them for them in together if _belongs(one, them)), None)
        if home is None:
            together.append([one])
        else:
            home.append(one)
    recoveries = [one for one in decisions if one.decision.decision_type == "RECOVERY" and one not in touching]
    groups = [
        sorted([*them, *(one for one in recoveries if _belongs(one, them))], key=lambda one: one.order)
        for them in together
    ]
    return tuple(_dossier(known, them) for them in sorted(groups, key=lambda them: them[0].order))


def _belongs(one: Placed, them: Sequence[Placed]) -> bool:
    return any(same_dossier(one.decision, other.decision) for other in them)


def _dossier(known: Sequence[DossierKnown], them: Sequence[Placed]) -> Dossier:
    main = [one.main_beneficiary for one in known if any(same_dossier(one, other.decision) for other in them)]
    return Dossier(
        them[0].decision.dossier, main[-1] if main else None, tuple(decision_shown(one.decision) for one in them)
    )


def decision_shown(taken: DecisionTaken) -> Decision:
    """Return a decision as reports show it."""
    return Decision(
        taken.decision_type,
        taken.law,
        taken.decided_on,
        taken.effective_from,
        taken.effective_to,
        taken.duration_months,
        taken.judgment,
        taken.aid,
        taken.motive,
        taken.amount_cents,
        taken.recovered_cents,
        taken.elements,
    )


class _Candidate(NamedTuple):
    signed_on: Day
    place: int
    ocmw: int
    contract: ContractShown


def _contract(contracts: Contracts, request: SocialReportRequest, houses: Sequence[int]) -> _Candidate | None:
    """Return the contract of any OCMW asked that runs in the period and was signed last; ties: the last in the log."""
    places = {id(version): place for place, version in enumerate(contracts.versions)}
    day = brussels_day(request.asked_at)
    candidates = []
    for versions in by_contract(contracts).values():
        valid = signed(versions)
        if not valid or not _runs(versions, request.from_day, request.to_day):
            continue
        ocmw = code_on(valid[-1].ocmw, day)
        if ocmw in houses:
            signature = max((one.signed_on or 0, places[id(one)]) for one in valid)
            candidates.append(_Candidate(*signature, ocmw, _contract_shown(valid[-1])))
    return max(candidates, key=lambda one: one[:2], default=None)


def _runs(versions: tuple[GpmiContract, ...], first: Day, last: Day) -> bool:
    """Tell whether a contract runs on a day of a period: begun by then, and not ended."""
    return max(beginning(versions), first) <= min(end(versions) - 1, last)


def _contract_shown(version: GpmiContract) -> ContractShown:
    return ContractShown(version.contract, version.version, version.signed_on, version.document)
