"""The contracts of many persons, gathered into columns."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np

from processors.services.contracts import Contracts as PersonContracts
from processors.services.gpmi.columns import KINDS, NO_DAY, OUTCOMES, PROJECT_TYPES, Contracts, Versions
from schemas.arrays import Int64
from schemas.services.records import GpmiContract, GpmiEvaluation

Identity = tuple[bytes, bytes]
"""Person and number of a contract."""
_TYPE, _KIND, _OUTCOME = ({name: at for at, name in enumerate(names)} for names in (PROJECT_TYPES, KINDS, OUTCOMES))


@dataclass
class Gathered:
    """Columns, and beside them the signed versions and whose contract is whose, by row and by contract."""

    columns: Contracts
    versions: list[GpmiContract]
    identities: list[Identity]


@dataclass
class _Lists:
    """What the columns are made of, person by person."""

    versions: list[GpmiContract] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    contract: list[int] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    person: list[int] = field(default_factory=list)
    closed_on: list[int | None] = field(default_factory=list)
    evaluated: list[int] = field(default_factory=list)
    evaluations: list[GpmiEvaluation] = field(default_factory=list)

    def add(self, number: int, person: bytes, known: PersonContracts) -> None:
        """Take in what is known of one person; contracts without a signed version are left out."""
        places: dict[bytes, int] = {}
        highest: dict[bytes, GpmiContract] = {}
        for version in known.versions:
            if version.contract not in highest or version.version > highest[version.contract].version:
                highest[version.contract] = version
        for order, version in sorted(enumerate(known.versions), key=_by_contract):
            if version.signed_on is not None:
                if version.contract not in places:
                    places[version.contract] = len(self.identities)
                    self.identities.append((person, version.contract))
                    self.person.append(number)
                    self.closed_on.append(highest[version.contract].closed_on)
                self.versions.append(version)
                self.order.append(order)
                self.contract.append(places[version.contract])
        holding = {(one.contract, one.held_on, one.kind): one for one in known.evaluations}
        for evaluation in holding.values():
            if evaluation.contract in places:
                self.evaluated.append(places[evaluation.contract])
                self.evaluations.append(evaluation)


def _by_contract(placed: tuple[int, GpmiContract]) -> tuple[bytes, int]:
    return placed[1].contract, placed[1].version


def gathered(states: Iterable[tuple[bytes, PersonContracts]]) -> Gathered:
    """Return the contracts of all these persons as columns; states are as their service folds them."""
    lists = _Lists()
    for number, (person, known) in enumerate(states):
        lists.add(number, person, known)
    return Gathered(_columns(lists), lists.versions, lists.identities)


def _columns(lists: _Lists) -> Contracts:
    versions = lists.versions
    counts = np.fromiter((len(version.social_workers) for version in versions), np.int64, len(versions))
    return Contracts(
        versions=_versions(lists),
        person=_whole(lists.person),
        closed_on=_days(lists.closed_on),
        worker_row=np.repeat(np.arange(len(versions)), counts),
        worker=_whole([worker for version in versions for worker in version.social_workers]),
        evaluated=_whole(lists.evaluated),
        held_on=_whole([one.held_on for one in lists.evaluations]),
        kind=_whole([_KIND[one.kind] for one in lists.evaluations]),
        outcome=_whole([_OUTCOME[one.outcome] for one in lists.evaluations]),
    )


def _versions(lists: _Lists) -> Versions:
    versions = lists.versions

    def days(name: str) -> Int64:
        return _days(list(map(attrgetter(name), versions)))

    def whole(name: str) -> Int64:
        return _whole(list(map(attrgetter(name), versions)))

    return Versions(
        contract=_whole(lists.contract),
        order=_whole(lists.order),
        ocmw=whole("ocmw"),
        signed_on=days("signed_on"),
        start_date=days("start_date"),
        end_date=days("end_date"),
        closed_on=days("closed_on"),
        project_type=_whole([_TYPE[version.project_type] for version in versions]),
        residence=whole("residence_municipality"),
        training=whole("training").astype(np.bool_),
        studies=whole("studies").astype(np.bool_),
        community_service=whole("community_service").astype(np.bool_),
        extra_support=whole("extra_support").astype(np.bool_),
        needs_analysis_on=days("needs_analysis_on"),
        sex=whole("sex"),
        birth_date=days("birth_date"),
    )


def _whole(values: list[int]) -> Int64:
    return np.array(values, np.int64)


def _days(values: list[int | None]) -> Int64:
    return np.array([NO_DAY if value is None else value for value in values], np.int64)
