"""Contracts and evaluations of one person, folded one by one as they stand in the log (I)."""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple


from schemas.services.days import FIRST_DAY, LAST_DAY, known_code
from schemas.services.records import GpmiContract, GpmiEvaluation

SEXES = (1, 2, 3)
Outcome = str
"""``applied``, ``duplicate``, or the slug of a fault."""
APPLIED, DUPLICATE = "applied", "duplicate"


class Kept(NamedTuple):
    """A version and its place in the log of its person."""

    order: int
    version: GpmiContract


@dataclass(slots=True)
class PersonContracts:
    """What is admitted of one person: events by id, contracts by number and version, evaluations by what they are of.

    An evaluation may stand here before its contract: it waits.
    """

    ids: dict[bytes, GpmiContract | GpmiEvaluation] = field(default_factory=dict)
    contracts: dict[bytes, dict[int, Kept]] = field(default_factory=dict)
    evaluations: dict[tuple[bytes, int, str], GpmiEvaluation] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Return how many evaluations wait for their contract."""
        return sum(contract not in self.contracts for contract, _, _ in self.evaluations)


def fold(state: PersonContracts, event: GpmiContract | GpmiEvaluation) -> Outcome:
    """Take an event into a person's state; say whether it was applied, said nothing new, or what its fault is.

    What is not applied changes nothing, and uses up no id.
    """
    fault = own_fault(event)
    if fault:
        return fault
    known = state.ids.get(event.event_id)
    if known is not None:
        return DUPLICATE if known == event else "conflicting-duplicate"
    if type(event) is GpmiEvaluation:
        state.evaluations[event.contract, event.held_on, event.kind] = event
    else:
        outcome = _version(state, event)  # type: ignore[arg-type]  # a contract, for it is no evaluation
        if outcome:
            return outcome
    state.ids[event.event_id] = event
    return APPLIED


def _version(state: PersonContracts, event: GpmiContract) -> Outcome:
    versions = state.contracts.setdefault(event.contract, {})
    known = versions.get(event.version)
    if known is not None:
        return DUPLICATE if _content(known.version) == _content(event) else "conflicting-version"
    versions[event.version] = Kept(len(state.ids), event)
    return ""


_content = attrgetter(*[name for name in GpmiContract.__dataclass_fields__ if name != "event_id"])


def own_fault(event: GpmiContract | GpmiEvaluation) -> str:
    """Return the slug of the first fault that an event shows by itself, or nothing."""
    if type(event) is GpmiEvaluation:
        return "" if FIRST_DAY <= event.held_on <= LAST_DAY else "bad-dates"
    return _contract_fault(event)  # type: ignore[arg-type]  # a contract, for it is no evaluation


def _contract_fault(event: GpmiContract) -> str:
    if not known_code(event.ocmw):
        return "unknown-ocmw"
    if event.residence_municipality and not known_code(event.residence_municipality):
        return "unknown-municipality"
    if not _dates_hold(event):
        return "bad-dates"
    if event.sex not in SEXES:
        return "bad-attributes"
    return "bad-version" if event.version < 1 or not event.social_workers else ""


def _dates_hold(event: GpmiContract) -> bool:
    for day in (event.start_date, event.end_date, event.signed_on, event.closed_on, event.needs_analysis_on):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            return False
    return event.end_date is None or event.end_date >= event.start_date
