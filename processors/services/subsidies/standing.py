"""What stands of a year: the last grant of each OCMW, and the last report without error that it has (K)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from processors.services.subsidies.rules import errors, findings_with
from processors.services.subsidies.service import OcmwYear
from schemas.services.days import code_on, day_of
from schemas.services.records import Grant, YearReport
from schemas.services.subsidy_years import SubsidyYear, subsidy_year


def read_as(ocmw: int, year: int) -> int:
    """Return the code under which an OCMW of a year is read: that of its 31 December (D2)."""
    return code_on(ocmw, day_of(date(year, 12, 31)))


@dataclass
class Standing:
    """An OCMW's year: its last grant, None without one, and its admitted reports in log order."""

    ocmw: int
    law: SubsidyYear
    grant: Grant | None = None
    reports: list[YearReport] = field(default_factory=list)

    @property
    def accepted(self) -> YearReport | None:
        """The report that holds: the last one without error beside the grant; None without a grant."""
        if self.grant is None:
            return None
        return next(
            (one for one in reversed(self.reports) if not errors(findings_with(one, self.grant, self.law))), None
        )


def standings(states: Iterable[OcmwYear], year: int) -> dict[int, Standing]:
    """Return by code what stands of a year, from states in the order of their keys. Raises KeyError: no such year."""
    law = subsidy_year(year)
    standing_of: dict[int, Standing] = {}
    for state in states:
        records = ((state.grant,) if state.grant else ()) + state.reports
        if not records or records[0].year != year:
            continue
        code = read_as(records[0].ocmw, year)
        standing = standing_of.setdefault(code, Standing(code, law))
        standing.grant = state.grant or standing.grant
        standing.reports.extend(state.reports)
    return dict(sorted(standing_of.items()))
