"""The service of subsidies: admits grants and yearly reports of an OCMW's year (K)."""

from dataclasses import dataclass, replace

from processors.services.protocol import Arrived
from processors.services.subsidies.rules import Finding, errors, own_findings
from schemas.faults import Fault
from schemas.services.days import known_code, lawful
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import Record
from schemas.services.records import Grant, YearReport
from schemas.services.subsidy_years import YEARS, subsidy_year
from schemas.services.topics import TopicName

MOST_CENTS = 10**9
MOST_GRANT_CENTS = 10**11


@dataclass(frozen=True, slots=True)
class OcmwYear:
    """What is known of an OCMW's year: the last grant, and all reports that break no rule by themselves."""

    grant: Grant | None = None
    reports: tuple[YearReport, ...] = ()


class SubsidyService:
    """The service of subsidies."""

    name = "subsidies"
    topics: tuple[TopicName, ...] = ("reports",)
    hears: tuple[TopicName, ...] = ()
    state_type = OcmwYear

    def begin(self) -> OcmwYear:
        """Return a year of which nothing is known."""
        return OcmwYear()

    def fold(self, state: OcmwYear, event: Arrived) -> OcmwYear | Fault:
        """Return the year after a grant or a report."""
        record: Grant | YearReport = event.record
        fault = own_fault(record)
        if fault is not None:
            return fault
        if isinstance(record, Grant):
            return replace(state, grant=record)
        return replace(state, reports=(*state.reports, record))

    def waiting(self, state: OcmwYear) -> int:
        """Return how many reports wait for their grant."""
        return len(state.reports) if state.grant is None else 0

    def sent(self, before: OcmwYear, after: OcmwYear) -> tuple[Record, ...]:  # noqa: ARG002 - the protocol's
        """Return nothing: subsidies are asked, they do not answer by themselves."""
        return ()


def own_fault(record: Grant | YearReport) -> Fault | None:
    """Return the first fault that a record shows by itself; of a refused report it names each rule that is broken."""
    if not known_code(record.ocmw):
        return SERVICE_FAULT["unknown-ocmw"]
    if isinstance(record, YearReport) and not _dates_hold(record):
        return SERVICE_FAULT["bad-dates"]
    if not _amounts_hold(record):
        return SERVICE_FAULT["amount-out-of-range"]
    if record.year not in YEARS:
        return SERVICE_FAULT["bad-version"]
    if isinstance(record, Grant):
        return None
    broken = errors(own_findings(record, subsidy_year(record.year)))
    return replace(SERVICE_FAULT["refused-report"], reason="; ".join(map(_named, broken))) if broken else None


def _named(finding: Finding) -> str:
    return " ".join(word for word in (finding.rule, finding.part, finding.activity) if word)


def _dates_hold(report: YearReport) -> bool:
    return all(lawful(module.period_from, module.period_to) for part in report.parts for module in part.modules)


def _amounts_hold(record: Grant | YearReport) -> bool:
    if isinstance(record, Grant):
        amounts, most = [record.granted_cents, record.staff_base_cents], MOST_GRANT_CENTS
    else:
        amounts, most = [record.own_staff_cents, record.external_staff_cents], MOST_CENTS
        for part in record.parts:
            amounts += [part.justified_cents, part.staff_cents]
            amounts += [activity.justified_cents for activity in part.activities]
            amounts += [cost.cents for module in part.modules for cost in module.staff]
    return all(amount is None or 0 <= amount <= most for amount in amounts)
