"""The contracts of many persons, gathered into columns."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np

from processors.services.gpmi.columns import KINDS, NO_DAY, OUTCOMES, PROJECT_TYPES, Contracts, Versions
from processors.services.gpmi.fold import Kept, PersonContracts
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

    rows: list[Kept] = field(default_factory=list)
    contract: list[int] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    person: list[int] = field(default_factory=list)
    closed_on: list[int | None] = field(default_factory=list)
    evaluated: list[int] = field(default_factory=list)
    evaluations: list[GpmiEvaluation] = field(default_factory=list)

    def add(self, number: int, person: bytes, state: PersonContracts) -> None:
        """Take in what is admitted of one person; contracts without a signed version are left out."""
        places = {}
        for contract, versions in state.contracts.items():
            signed = [versions[at] for at in sorted(versions) if versions[at].version.signed_on is not None]
            if signed:
                place = places[contract] = len(self.identities)
                self.identities.append((person, contract))
                self.person.append(number)
                self.closed_on.append(versions[max(versions)].version.closed_on)
                self.rows.extend(signed)
                self.contract.extend([place] * len(signed))
        for (contract, _, _), evaluation in state.evaluations.items():
            if contract in places:
                self.evaluated.append(places[contract])
                self.evaluations.append(evaluation)


def gathered(states: Iterable[tuple[bytes, PersonContracts]]) -> Gathered:
    """Return the contracts of all these persons as columns."""
    lists = _Lists()
    for number, (person, state) in enumerate(states):
        lists.add(number, person, state)
    versions = [kept.version for kept in lists.rows]
    return Gathered(_columns(lists, versions), versions, lists.identities)


def _columns(lists: _Lists, versions: list[GpmiContract]) -> Contracts:
    counts = np.fromiter((len(version.social_workers) for version in versions), np.int64, len(versions))
    return Contracts(
        versions=_versions(lists, versions),
        person=_whole(lists.person),
        closed_on=_days(lists.closed_on),
        worker_row=np.repeat(np.arange(len(versions)), counts),
        worker=_whole([worker for version in versions for worker in version.social_workers]),
        evaluated=_whole(lists.evaluated),
        held_on=_whole([one.held_on for one in lists.evaluations]),
        kind=_whole([_KIND[one.kind] for one in lists.evaluations]),
        outcome=_whole([_OUTCOME[one.outcome] for one in lists.evaluations]),
    )


def _versions(lists: _Lists, versions: list[GpmiContract]) -> Versions:
    def days(name: str) -> Int64:
        return _days(list(map(attrgetter(name), versions)))

    def whole(name: str) -> Int64:
        return _whole(list(map(attrgetter(name), versions)))

    return Versions(
        contract=_whole(lists.contract),
        order=_whole([kept.order for kept in lists.rows]),
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
