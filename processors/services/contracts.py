"""Contracts of a person (GPMI): their versions and evaluations as they were admitted, and how a contract is read.

A contract is (person, contract). Only *signed* versions exist for statistics, by version number; but closing is an act
of the centre: that of the highest version counts, signed or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from processors.services.protocol import Arrived
from schemas.faults import Fault
from schemas.services.days import FOREVER, known_code, lawful
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import Record
from schemas.services.records import Day, GpmiContract, GpmiEvaluation
from schemas.services.topics import TopicName

_SEXES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Contracts:
    """All versions and evaluations of a person that were applied, in log order."""

    versions: tuple[GpmiContract, ...] = ()
    evaluations: tuple[GpmiEvaluation, ...] = ()


class ContractService:
    """The service of contracts: admits versions and evaluations."""

    name = "contracts"
    topics: tuple[TopicName, ...] = ("contracts",)
    hears: tuple[TopicName, ...] = ()
    state_type = Contracts

    def begin(self) -> Contracts:
        """Return a person without contracts."""
        return Contracts()

    def fold(self, state: Contracts, event: Arrived) -> Contracts | Fault:
        """Return the contracts after a version or an evaluation."""
        return folded(state, event.record)

    def waiting(self, state: Contracts) -> int:
        """Return how many evaluations wait for their contract."""
        known = {version.contract for version in state.versions}
        return sum(evaluation.contract not in known for evaluation in state.evaluations)

    def sent(self, before: Contracts, after: Contracts) -> tuple[Record, ...]:  # noqa: ARG002 - the protocol's
        """Return nothing: contracts are asked, they do not answer by themselves."""
        return ()


def folded(state: Contracts, record: Record) -> Contracts | Fault:
    """Return the contracts after a record of their topic, or its fault."""
    if isinstance(record, GpmiEvaluation):
        if not lawful(record.held_on):
            return SERVICE_FAULT["bad-dates"]
        return replace(state, evaluations=(*state.evaluations, record))
    slug = _slug(record)
    if slug:
        return SERVICE_FAULT[slug]
    same = [one for one in state.versions if (one.contract, one.version) == (record.contract, record.version)]
    if same:
        agrees = replace(record, event_id=same[0].event_id) == same[0]
        return state if agrees else SERVICE_FAULT["conflicting-version"]
    return replace(state, versions=(*state.versions, record))


def _slug(version: GpmiContract) -> str:
    days = (version.signed_on, version.start_date, version.end_date, version.closed_on, version.needs_analysis_on)
    reversed_ = version.end_date is not None and version.end_date < version.start_date
    checks = (
        ("unknown-ocmw", not known_code(version.ocmw)),
        (
            "unknown-municipality",
            version.residence_municipality != 0 and not known_code(version.residence_municipality),
        ),
        ("bad-dates", reversed_ or not lawful(*days)),
        ("bad-attributes", version.sex not in _SEXES),
        ("bad-version", version.version < 1 or not version.social_workers),
    )
    return next((slug for slug, wrong in checks if wrong), "")


def by_contract(state: Contracts) -> dict[bytes, tuple[GpmiContract, ...]]:
    """Return the versions of each contract, by version number; contracts in the order in which they came."""
    versions_of: dict[bytes, list[GpmiContract]] = {}
    for version in state.versions:
        versions_of.setdefault(version.contract, []).append(version)
    return {
        contract: tuple(sorted(versions, key=lambda one: one.version)) for contract, versions in versions_of.items()
    }


def signed(versions: Iterable[GpmiContract]) -> tuple[GpmiContract, ...]:
    """Return the signed versions of one contract, by number where they came so."""
    return tuple(version for version in versions if version.signed_on is not None)


def beginning(versions: tuple[GpmiContract, ...]) -> Day:
    """Return B of a contract (versions by number, one of them signed): the start, or the first signature if later."""
    first = signed(versions)[0]
    return max(first.start_date, first.signed_on or first.start_date)


def end(versions: tuple[GpmiContract, ...]) -> Day:
    """Return E: the closing of the highest version, else the end of the last signed one, else FOREVER (none)."""
    closed, agreed = versions[-1].closed_on, signed(versions)[-1].end_date
    if closed is not None:
        return closed
    return FOREVER if agreed is None else agreed
