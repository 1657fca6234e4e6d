"""The rules of a yearly report: what is wrong with it, and where exactly (K).

``own_findings`` says what a report shows by itself, which is what admission judges; ``findings_with`` says what
depends on the grant, which is judged when a question is answered. A finding names the row and the field, so that a
correction can name the cell.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from schemas.services.records import Activity, Grant, Module, Part, Share, YearReport
from schemas.services.subsidy_years import SubsidyYear

Sheet = Literal["report", "parts", "activities", "modules", "staff"]
SHEETS: tuple[Sheet, ...] = ("report", "parts", "activities", "modules", "staff")
Path = tuple[int, ...]
"""Which row of a sheet: place of the part, then of the activity or module in it, then of the cost of staff in that."""
MODULES = "B"
INDIVIDUAL_STAFF = ("SOCIAL_BALANCE", "MEASURING")
"""What staff does for participants one by one: of subsidised projects it is paid already."""
PERCENT = 100


class Where(NamedTuple):
    """A field of a row of the form."""

    sheet: Sheet
    path: Path = ()
    field: str = ""


class Finding(NamedTuple):
    """A rule that is broken (an error), or something worth knowing (a warning); part and activity may be empty."""

    rule: str
    error: bool
    where: Where
    part: str = ""
    activity: str = ""


def own_findings(report: YearReport, law: SubsidyYear) -> Iterator[Finding]:
    """Yield what a report shows by itself."""
    if report.agreements is not None and report.agreements < 0:
        yield Finding("persons-not-whole", True, Where("report", (), "agreements"))
    letters = [part.part for part in report.parts]
    codes = [activity.code for part in report.parts for activity in part.activities]
    seen = 0
    for place, part in enumerate(report.parts):
        at = _At(place, part)
        if part.part in letters[:place]:
            yield at.error("part-twice", "part")
        for number, activity in enumerate(part.activities):
            if activity.code in codes[:seen]:
                yield at.of_activity("activity-twice", number, "code")
            seen += 1
        yield from _part(at, law)


def findings_with(report: YearReport, grant: Grant, law: SubsidyYear) -> Iterator[Finding]:
    """Yield what a report shows beside its grant."""
    if grant.granted_cents < law.detailed_from:
        yield from _dropped(report)
        return
    for place, part in enumerate(report.parts):
        at = _At(place, part)
        if not _items(part):
            yield from _totals(at)
        if part.persons is None:
            yield at.error("persons-missing", "persons")
        for number, activity in enumerate(part.activities):
            if activity.persons is None:
                yield at.of_activity("persons-missing", number, "persons")
        yield from _missing_of_part(at)
    for field in ("own_staff_cents", "external_staff_cents", "agreements"):
        if getattr(report, field) is None:
            yield Finding("field-missing", False, Where("report", (), field))


class _At(NamedTuple):
    """A part and its place in the report."""

    place: int
    part: Part

    def error(self, rule: str, field: str) -> Finding:
        return Finding(rule, True, Where("parts", (self.place,), field), self.part.part)

    def warning(self, rule: str, field: str) -> Finding:
        return self.error(rule, field)._replace(error=False)

    def of_activity(self, rule: str, number: int, field: str) -> Finding:
        where = Where("activities", (self.place, number), field)
        return Finding(rule, True, where, self.part.part, self.part.activities[number].code)

    def of_module(self, rule: str, number: int, field: str) -> Finding:
        return Finding(rule, True, Where("modules", (self.place, number), field), self.part.part)


def _part(at: _At, law: SubsidyYear) -> Iterator[Finding]:
    part = at.part
    for number, activity in enumerate(part.activities):
        if activity.code not in law.activities.get(part.part, ()):
            yield at.of_activity("unknown-activity", number, "code")
        if activity.persons is not None and activity.persons < 0:
            yield at.of_activity("persons-not-whole", number, "persons")
    if part.persons is not None and part.persons < 0:
        yield at.error("persons-not-whole", "persons")
    if _items(part):
        yield from _totals(at)
    yield from _shares(at)
    yield from _staff(at)
    for number, module in enumerate(part.modules):
        if part.part != MODULES:
            yield at.of_module("unknown-activity", number, "title")
        yield from _module(at, number, module)


def _items(part: Part) -> Sequence[Activity | Module]:
    """Return what a part's totals are made of: modules in B, else activities."""
    return part.modules if part.part == MODULES else part.activities


def _totals(at: _At) -> Iterator[Finding]:
    part = at.part
    counts = [one.participants if isinstance(one, Module) else one.persons for one in _items(part)]
    known = [count for count in counts if count is not None]
    if part.persons is not None:
        too_many = len(known) == len(counts) and part.persons > sum(known)
        if too_many or part.persons < max(known, default=0):
            yield at.error("persons-of-part", "persons")
    if part.part != MODULES and sum(activity.justified_cents for activity in part.activities) != part.justified_cents:
        yield at.error("sum-of-activities", "justified_cents")


def _shares(at: _At) -> Iterator[Finding]:
    for name in ("rmi", "trajectory"):
        share: Share | None = getattr(at.part, name)
        if share is not None and not _lawful(share, at.part.persons):
            yield at.error(f"share-{name}", name)


def _lawful(share: Share, persons: int | None) -> bool:
    if share.kind == "PERCENTAGE":
        return 0 <= share.value <= PERCENT
    return share.value >= 0 and (persons is None or share.value <= persons)


def _staff(at: _At) -> Iterator[Finding]:
    part = at.part
    if part.staff_cents is None:
        return
    of_modules = sum(cost.cents for module in part.modules for cost in module.staff)
    if part.staff_cents > part.justified_cents or of_modules > part.staff_cents:
        yield at.error("staff-above-justified", "staff_cents")


def _module(at: _At, number: int, module: Module) -> Iterator[Finding]:
    for field in ("goal", "period_from", "period_to", "target_group"):
        value = getattr(module, field)
        if value is None or (isinstance(value, str) and not value.strip()):
            yield at.of_module("module-incomplete", number, field)
    if module.period_from is not None and module.period_to is not None and module.period_to < module.period_from:
        yield at.of_module("module-period", number, "period_to")
    if module.one_off:
        yield at.of_module("one-off", number, "one_off")
    for field in ("participants", "dropouts", "progressed", "gpmi_subsidised_participants"):
        if (getattr(module, field) or 0) < 0:
            yield at.of_module("persons-not-whole", number, field)
    if (module.dropouts or 0) + (module.progressed or 0) > module.participants:
        yield at.of_module("dropouts-progressed", number, "dropouts")
    if module.gpmi_subsidised_participants > module.participants:
        yield at.of_module("gpmi-participants", number, "gpmi_subsidised_participants")
    yield from _paid_twice(at, number, module)


def _paid_twice(at: _At, number: int, module: Module) -> Iterator[Finding]:
    """Yield costs of individual work: an error where all participants are subsidised elsewhere, a warning for some."""
    subsidised, participants = module.gpmi_subsidised_participants, module.participants
    if not 0 < subsidised <= participants:
        return
    for place, cost in enumerate(module.staff):
        if cost.kind in INDIVIDUAL_STAFF and cost.cents > 0:
            where = Where("staff", (at.place, number, place), "cents")
            yield Finding("double-subsidy", subsidised == participants, where, at.part.part)


def _missing_of_part(at: _At) -> Iterator[Finding]:
    for field in ("rmi", "trajectory", "staff_cents"):
        if getattr(at.part, field) is None:
            yield at.warning("field-missing", field)
    for number, module in enumerate(at.part.modules):
        for field in ("dropouts", "progressed"):
            if getattr(module, field) is None:
                yield at.of_module("field-missing", number, field)._replace(error=False)


def _dropped(report: YearReport) -> Iterator[Finding]:
    """Yield what a report gives beyond the totals of its parts, which an OCMW with a small grant need not give."""
    for place, part in enumerate(report.parts):
        at = _At(place, part)
        for field in ("persons", "staff_cents", "rmi", "trajectory"):
            if getattr(part, field) is not None:
                yield at.warning("not-counted", field)
        for number in range(len(part.activities)):
            yield at.of_activity("not-counted", number, "code")._replace(error=False)
        for number in range(len(part.modules)):
            yield at.of_module("not-counted", number, "title")._replace(error=False)
    for field in ("agreements", "own_staff_cents", "external_staff_cents"):
        if getattr(report, field) is not None:
            yield Finding("not-counted", False, Where("report", (), field))


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that refuse a report."""
    return tuple(finding for finding in findings if finding.error)
