"""Contracts of many persons as columns: what the statistics count from.

Only signed versions are rows; the closing of a contract is that of its highest version, signed or not, so it is a
column of contracts.
"""

from dataclasses import dataclass

import numpy as np

from schemas.arrays import Int64, Mask

NO_DAY = -(2**40)
"""No day, in a column of days since 1970-01-01: a birth date, which nobody checks, may be any int."""
PROJECT_TYPES = ("GENERAL", "STUDENT", "TRAINING", "OTHER")
KINDS = ("INTERMEDIATE", "FINAL")
OUTCOMES = ("REACHED", "PARTLY", "NOT_REACHED", "NONE")


@dataclass(frozen=True, slots=True)
class Versions:
    """A row for each signed version; those of a contract adjoin, by version number.

    ``contract`` numbers contracts from 0 upwards. Days are since 1970-01-01, NO_DAY for none; ``project_type`` is a
    place in PROJECT_TYPES; ``order`` is the place in the log of its person.
    """

    contract: Int64
    order: Int64
    ocmw: Int64
    signed_on: Int64
    start_date: Int64
    end_date: Int64
    closed_on: Int64
    project_type: Int64
    residence: Int64
    training: Mask
    studies: Mask
    community_service: Mask
    extra_support: Mask
    needs_analysis_on: Int64
    sex: Int64
    birth_date: Int64


@dataclass(frozen=True, slots=True)
class Contracts:
    """All contracts with a signed version.

    ``person`` and ``closed_on`` (of the highest version, NO_DAY for none) are columns of contracts; ``worker_row`` and
    ``worker`` say who works on which row of ``versions``; the evaluations are rows of (contract, held_on, kind), each
    once.
    """

    versions: Versions
    person: Int64
    closed_on: Int64
    worker_row: Int64
    worker: Int64
    evaluated: Int64
    held_on: Int64
    kind: Int64
    outcome: Int64

    @property
    def count(self) -> int:
        """Return the number of contracts."""
        return len(self.person)


def first_rows(contract: Int64) -> Int64:
    """Return the first row of each contract."""
    return np.flatnonzero(np.diff(contract, prepend=-1))


def last_rows(contract: Int64) -> Int64:
    """Return the last row of each contract that has any."""
    return np.flatnonzero(np.diff(contract, append=np.iinfo(np.int64).max))
