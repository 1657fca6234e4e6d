"""Which versions of which contracts a question meets: beginning, end, version in force, version in the period.

**Theory.** B is the later of the start and the signature of the first signed version; E is the closing of the highest
version, else the planned end of the last signed one. Version i holds from F(i), the later of its signature and B; on a
day the highest number among those that hold by then is in force. So version i is in force from F(i) until the day
before any later version holds: the least F of the later ones. One running minimum from behind gives that for all.

Worked example: B = 1 January, versions signed on 1 January, 1 May, 1 March. Version 3 holds from March, so version 1
is in force in January and February, version 2 never, version 3 from March on.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from processors.services.gpmi.columns import NO_DAY, Contracts, first_rows, last_rows
from schemas.arrays import Int64, Mask
from schemas.services.days import code_on, known_code

NEVER = 2**31
"""The end of what has none: later than any day."""


def codes_on(codes: Int64, day: int) -> Int64:
    """Return municipality codes as they are called on a day (D2); 0 and unlisted ones stay as they are."""
    known, places = np.unique(codes, return_inverse=True)
    called = [code_on(code, day) if known_code(code) else code for code in known.tolist()]
    return np.array(called, np.int64)[places]


def months_later(days: Int64, months: int) -> Int64:
    """Return the same day of the month some calendar months later; where there is none, the month's last."""
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    behind = (dates - month.astype("datetime64[D]")).astype(np.int64)
    first = (month + months).astype("datetime64[D]").astype(np.int64)
    length = (month + months + 1).astype("datetime64[D]").astype(np.int64) - first
    later: Int64 = first + np.minimum(behind, length - 1)
    return later


@dataclass(frozen=True)
class Reading:
    """All contracts as a question reads them; ``first_day`` and ``last_day`` are its period, both in it."""

    contracts: Contracts
    first_day: int
    last_day: int

    @cached_property
    def first_signed(self) -> Int64:
        """The row of the first signed version of each contract."""
        return first_rows(self.contracts.versions.contract)

    @cached_property
    def last_signed(self) -> Int64:
        """The row of the last signed version of each contract."""
        return last_rows(self.contracts.versions.contract)

    @cached_property
    def signature(self) -> Int64:
        """The first signature of each contract."""
        return self.contracts.versions.signed_on[self.first_signed]

    @cached_property
    def begin(self) -> Int64:
        """B of each contract."""
        return np.maximum(self.contracts.versions.start_date[self.first_signed], self.signature)

    @cached_property
    def end(self) -> Int64:
        """E of each contract, NEVER where it has none."""
        planned = self.contracts.versions.end_date[self.last_signed]
        closed = self.contracts.closed_on
        end = np.where(closed != NO_DAY, closed, planned)
        return np.where(end != NO_DAY, end, NEVER)

    @cached_property
    def counts(self) -> Mask:
        """Whether a contract is in any figure: one that ends before it begins is in none."""
        return self.end >= self.begin

    @cached_property
    def holds_from(self) -> Int64:
        """F of each version."""
        versions = self.contracts.versions
        return np.maximum(versions.signed_on, self.begin[versions.contract])

    @cached_property
    def own_end(self) -> Int64:
        """The end that a version says by itself, NO_DAY for none."""
        versions = self.contracts.versions
        return np.where(versions.closed_on != NO_DAY, versions.closed_on, versions.end_date)

    @cached_property
    def rows(self) -> Int64:
        """The versions in the period: in force on a day of it."""
        contract = self.contracts.versions.contract
        until = np.minimum(self.end[contract], _before_later_ones(contract, self.holds_from))
        first = np.maximum(self.holds_from, self.first_day)
        return np.flatnonzero(self.counts[contract] & (first <= np.minimum(until, self.last_day)))

    @cached_property
    def latest(self) -> Int64:
        """The last version in the period of each contract that has one, by contract."""
        return self.rows[last_rows(self.contracts.versions.contract[self.rows])]

    @cached_property
    def ocmw(self) -> Int64:
        """The OCMW of each contract, as it is called on the last day: that of its last signed version."""
        return codes_on(self.contracts.versions.ocmw[self.last_signed], self.last_day)

    @cached_property
    def residence(self) -> Int64:
        """The municipality of residence of each version, as it is called on the last day."""
        return codes_on(self.contracts.versions.residence, self.last_day)

    def in_period(self, days: Int64) -> Mask:
        """Tell which days are in the period; NO_DAY and NEVER are not."""
        return (days >= self.first_day) & (days <= self.last_day)


def _before_later_ones(contract: Int64, holds_from: Int64) -> Int64:
    """Return the day before any later version of the contract holds; NEVER behind the last one."""
    if not len(contract):
        return contract
    width = 2 * NEVER + 1
    lifted = (contract * width + holds_from)[::-1]  # falls from contract to contract: one minimum serves them all
    least = np.minimum.accumulate(lifted)[::-1] - contract * width
    later = np.append(least[1:], NEVER)
    later[last_rows(contract)] = NEVER + 1
    return later - 1
