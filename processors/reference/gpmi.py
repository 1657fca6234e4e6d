"""The slow truth of statistics of individualised projects (I): one contract at a time, one day at a time, plain sets.

A *seen* version is one that is in force on a day of the period. Each figure counts, as the tool does, the distinct
values that it reads in seen versions of a contract; and each contract, or person, once.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from schemas.parameters import document
from schemas.periods import month_of
from schemas.places import KINGDOM, MUNICIPALITY, valid_code
from schemas.services.records import GpmiContract, GpmiEvaluation

EPOCH = date(1970, 1, 1)
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
Event = GpmiContract | GpmiEvaluation
Figures = dict[tuple[str, str, str], tuple[int | str, int | str]]
"""(figure, breakdown, category) -> as_tool and unique; what is not there is 0."""


def admitted(events: Iterable[Event]) -> tuple[list[Event], list[str]]:
    """Return the events that are applied, and the outcome of each event: applied, duplicate or a slug."""
    kept: list[Event] = []
    outcomes = []
    for event in events:
        outcome = _outcome(kept, event)
        if outcome == "applied":
            kept.append(event)
        outcomes.append(outcome)
    return kept, outcomes


def _outcome(kept: list[Event], event: Event) -> str:
    fault = _fault(event)
    if fault:
        return fault
    for other in kept:
        if (other.person, other.event_id) == (event.person, event.event_id):
            return "duplicate" if other == event else "conflicting-duplicate"
    if isinstance(event, GpmiContract):
        for other in kept:
            if isinstance(other, GpmiContract) and _identity(other) == _identity(event):
                return "duplicate" if _said(other) == _said(event) else "conflicting-version"
    return "applied"


def _identity(event: GpmiContract) -> tuple[bytes, bytes, int]:
    return event.person, event.contract, event.version


def _said(event: GpmiContract) -> list[object]:
    return [getattr(event, name) for name in event.__dataclass_fields__ if name != "event_id"]


def _fault(event: Event) -> str:  # noqa: PLR0911 - one return for each fault
    if isinstance(event, GpmiEvaluation):
        return "" if _possible(event.held_on) else "bad-dates"
    if f"{event.ocmw:05d}" not in MUNICIPALITY:
        return "unknown-ocmw"
    if event.residence_municipality != 0 and f"{event.residence_municipality:05d}" not in MUNICIPALITY:
        return "unknown-municipality"
    days = [event.signed_on, event.start_date, event.end_date, event.closed_on, event.needs_analysis_on]
    if not all(day is None or _possible(day) for day in days):
        return "bad-dates"
    if event.end_date is not None and event.end_date < event.start_date:
        return "bad-dates"
    if event.sex not in {1, 2, 3}:
        return "bad-attributes"
    return "bad-version" if event.version < 1 or len(event.social_workers) == 0 else ""


def _possible(day: int) -> bool:
    return (FIRST - EPOCH).days <= day <= (LAST - EPOCH).days


def waiting(kept: Iterable[Event]) -> int:
    """Return how many evaluations wait: nothing is known of their contract."""
    events = list(kept)
    contracts = {(event.person, event.contract) for event in events if isinstance(event, GpmiContract)}
    return sum((event.person, event.contract) not in contracts for event in events if isinstance(event, GpmiEvaluation))


def _date(day: int | None) -> date | None:
    return None if day is None else EPOCH + timedelta(days=day)


def _called(code: int, day: date) -> str:
    return valid_code(f"{code:05d}", month_of(day)) if code else ""


def months_after(day: date, months: int) -> date:
    """Return the day so many months later: the same day of its month, or the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError(day)


@dataclass
class Contract:
    """A contract with all that is known of it; versions carry their place in the log."""

    person: bytes
    number: bytes
    versions: list[tuple[int, GpmiContract]] = field(default_factory=list)
    evaluations: dict[tuple[int, str], GpmiEvaluation] = field(default_factory=dict)

    @cached_property
    def signed(self) -> list[tuple[int, GpmiContract]]:
        """Signed versions by number."""
        return sorted((one for one in self.versions if one[1].signed_on is not None), key=lambda one: one[1].version)

    @cached_property
    def begin(self) -> date:
        """B."""
        first = self.signed[0][1]
        return max(EPOCH + timedelta(days=first.start_date), EPOCH + timedelta(days=first.signed_on or 0))

    @cached_property
    def end(self) -> date | None:
        """E."""
        highest = max(self.versions, key=lambda one: one[1].version)[1]
        return _date(highest.closed_on) or _date(self.signed[-1][1].end_date)

    @property
    def counts(self) -> bool:
        """Whether it is in any figure."""
        return bool(self.signed) and (self.end is None or self.end >= self.begin)

    def holds_from(self, place: int) -> date:
        """F of a signed version, by its place among them."""
        signed_on = _date(self.signed[place][1].signed_on)
        return self.begin if place == 0 or signed_on is None else max(signed_on, self.begin)

    def in_force(self, day: date) -> int | None:
        """Return the place of the version in force on a day, None before B and after E."""
        if day < self.begin or (self.end is not None and day > self.end):
            return None
        return max(place for place in range(len(self.signed)) if self.holds_from(place) <= day)

    def seen(self, first: date, last: date) -> list[int]:
        """Return the places of versions in force on a day of the period, ascending."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return sorted({place for place in map(self.in_force, days) if place is not None})


def contracts_of(kept: Iterable[Event]) -> list[Contract]:
    """Return the contracts of admitted events, evaluations with theirs."""
    events = list(kept)
    contracts: dict[tuple[bytes, bytes], Contract] = {}
    for order, event in enumerate(events):
        if isinstance(event, GpmiContract):
            contract = contracts.setdefault((event.person, event.contract), Contract(event.person, event.contract))
            contract.versions.append((order, event))
    for event in events:
        if isinstance(event, GpmiEvaluation) and (event.person, event.contract) in contracts:
            contracts[event.person, event.contract].evaluations[event.held_on, event.kind] = event
    return [contract for contract in contracts.values() if contract.counts]


@dataclass
class _Project:
    """A contract of the OCMW that is asked about, as the period shows it."""

    contract: Contract
    own: str
    first: date
    last: date

    @cached_property
    def places(self) -> list[int]:
        return self.contract.seen(self.first, self.last)

    @cached_property
    def seen(self) -> list[GpmiContract]:
        return [self.contract.signed[place][1] for place in self.places]

    @property
    def latest(self) -> GpmiContract:
        return self.seen[-1]

    @property
    def rank(self) -> tuple[date, date, int]:
        """What decides which of a person's projects shows the person: F, B, place in the log."""
        place = self.places[-1]
        return self.contract.holds_from(place), self.contract.begin, self.contract.signed[place][0]

    def within(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last

    @property
    def runs(self) -> bool:
        end = self.contract.end
        return bool(self.seen) and self.contract.begin <= self.last and not (end is not None and end <= self.last)


class PeriodFigures:
    """The figures of one OCMW or of the kingdom in a period."""

    def __init__(self, kept: Iterable[Event], ocmw: str, first: date, last: date) -> None:
        """Read all contracts; keep those whose last signed version is of the OCMW, as it is called on the last day."""
        self._first, self._last = first, last
        code = ocmw if ocmw == KINGDOM else valid_code(ocmw, month_of(last))
        owned = [(contract, _called(contract.signed[-1][1].ocmw, last)) for contract in contracts_of(kept)]
        self._all = [_Project(one, own, first, last) for one, own in owned if code in (KINGDOM, own)]
        self._projects = [project for project in self._all if project.seen]
        self._figures: dict[tuple[str, str, str], list[int | str]] = {}

    def figures(self) -> Figures:
        """Return all figures that are not 0, and the means."""
        self._count_beneficiaries()
        self._count_projects()
        self._count_workers()
        self._count_durations()
        self._count_contents()
        self._count_evaluations()
        return {key: (values[0], values[1]) for key, values in self._figures.items()}

    def _put(self, figure: str, category: tuple[str, str], as_tool: int | str, unique: int | str) -> None:
        if (as_tool, unique) != (0, 0):
            self._figures[(figure, *category)] = [as_tool, unique]

    def _tell(
        self,
        figure: str,
        tool: AbstractSet[tuple[object, ...]],
        unique: Iterable[tuple[object, ...]],
        **breakdowns: int,
    ) -> None:
        """Count sets of (contract or person, values read) and (whatever is once, values) by places of values."""
        once = list(unique)
        self._put(figure, ("total", "total"), len(tool), len(once))
        for breakdown, place in breakdowns.items():
            for category in {one[place] for one in tool} | {one[place] for one in once}:
                self._put(
                    figure,
                    (breakdown, str(category)),
                    sum(one[place] == category for one in tool),
                    sum(one[place] == category for one in once),
                )

    def _persons(self) -> list[_Project]:
        best: dict[bytes, _Project] = {}
        for project in self._projects:
            other = best.get(project.contract.person)
            if other is None or project.rank > other.rank:
                best[project.contract.person] = project
        return list(best.values())

    def _count_beneficiaries(self) -> None:
        def read(version: GpmiContract) -> tuple[str, str, str]:
            sex, age = str(version.sex), self._age_class(version)
            return sex, age, f"{sex}|{age}"

        tool = {(id(p.contract), *read(version)) for p in self._projects for version in p.seen}
        once = [(p.contract.person, *read(p.latest)) for p in self._persons()]
        self._tell("beneficiaries", tool, once, sex=1, age5=2, sex_age5=3)
        for figure, holds in (
            ("not_resident", lambda code, own: code not in ("", own)),
            ("residence_unknown", lambda code, _: code == ""),
        ):
            homes = {
                (id(p.contract), _called(version.residence_municipality, self._last), p.own)
                for p in self._projects
                for version in p.seen
            }
            once_ = [
                (p.contract.person, _called(p.latest.residence_municipality, self._last), p.own)
                for p in self._persons()
            ]
            self._tell(figure, {one for one in homes if holds(*one[1:])}, [one for one in once_ if holds(*one[1:])])

    def _age_class(self, version: GpmiContract) -> str:
        if version.birth_date is None:
            return "unknown"
        age = ((self._last - EPOCH).days - version.birth_date) // 365
        classes = ((0, 17), (18, 24), (25, 44), (45, 64))
        fitting = [f"{low}-{high}" for low, high in classes if low <= age <= high]
        return fitting[0] if fitting else "65+" if age > 0 else "unknown"

    def _count_projects(self) -> None:
        def own_start(project: _Project, version: GpmiContract) -> date | None:
            return max(_date(version.start_date) or FIRST, _date(project.contract.signed[0][1].signed_on) or FIRST)

        def own_end(_: _Project, version: GpmiContract) -> date | None:
            return _date(version.closed_on) or _date(version.end_date)

        days: tuple[tuple[str, Callable[[_Project], date | None], Callable[..., date | None]], ...] = (
            ("projects_started", lambda p: p.contract.begin, own_start),
            ("projects_closed", lambda p: p.contract.end, own_end),
        )
        for figure, day, own_day in days:
            once = [(id(p.contract), day(p), p.latest.project_type) for p in self._projects if p.within(day(p))]
            tool = set(once) | {
                (id(p.contract), own_day(p, version), version.project_type)
                for p in self._projects
                for version in p.seen
                if p.within(own_day(p, version))
            }
            self._tell(figure, tool, once, project_type=2)
        now = [p for p in self._projects if p.runs]
        types = {(id(p.contract), version.project_type) for p in now for version in p.seen}
        self._tell("projects_running", types, [(id(p.contract), p.latest.project_type) for p in now], project_type=1)

    def _count_workers(self) -> None:
        tool = {(id(p.contract), worker) for p in self._projects for v in p.seen for worker in v.social_workers}
        projects = {(id(p.contract), worker) for p in self._projects for worker in p.latest.social_workers}
        people = {(p.contract.person, worker) for p in self._projects for worker in p.latest.social_workers}
        for counted, unique in (("projects", projects), ("beneficiaries", people)):
            for worker in {worker for _, worker in tool}:
                category = "worker", worker.to_bytes(8, "big", signed=True).hex()
                counts = [sum(named == worker for _, named in pairs) for pairs in (tool, unique)]
                self._put(f"{counted}_per_worker", category, *counts)
            numbers = [(len(pairs), len({worker for _, worker in pairs})) for pairs in (tool, unique)]
            self._put("workers", ("total", "total"), numbers[0][1], numbers[1][1])
            self._put(f"mean_{counted}", ("total", "total"), *(_mean(*number) for number in numbers))

    def _count_durations(self) -> None:
        def lasts(start: int, end: date, months: int, days: int) -> bool:
            return months_after(EPOCH + timedelta(days=start), months) + timedelta(days=days) <= end + timedelta(days=1)

        def ends(project: _Project, version: GpmiContract) -> Iterator[date]:
            yield _date(version.closed_on) or _date(version.end_date) or self._last
            yield project.contract.end or self._last

        for figure, months, days in (
            ("duration_6_months", 6, 0),
            ("duration_1_year", 12, 0),
            ("duration_over_1_year", 12, 1),
        ):
            tool = {
                (id(p.contract), end)
                for p in self._projects
                for version in p.seen
                for end in ends(p, version)
                if lasts(version.start_date, end, months, days)
            }
            once = [
                (id(p.contract),)
                for p in self._projects
                if lasts(p.latest.start_date, p.contract.end or self._last, months, days)
            ]
            self._tell(figure, tool, once)

    def _count_contents(self) -> None:
        fields = {
            "with_training": "training",
            "with_studies": "studies",
            "with_community_service": "community_service",
            "extra_support_projects": "extra_support",
        }
        for figure, name in fields.items():
            tool = {(id(p.contract),) for p in self._projects if any(getattr(version, name) for version in p.seen)}
            once = [(id(p.contract),) for p in self._projects if getattr(p.latest, name)]
            self._tell(figure, tool, once)
        people = {(p.contract.person,) for p in self._projects if p.latest.extra_support}
        contracts = {(id(p.contract),) for p in self._projects if any(version.extra_support for version in p.seen)}
        self._tell("extra_support_beneficiaries", contracts, people)

    def _count_evaluations(self) -> None:
        held = [
            (id(p.contract), day, kind)
            for p in self._all
            for day, kind in p.contract.evaluations
            if p.within(_date(day))
        ]
        self._tell("evaluations", set(held), held, kind=2)
        for p in self._all:
            final = [day for day, kind in p.contract.evaluations if kind == "FINAL" and p.within(_date(day))]
            if final:
                self._one_more("final_evaluations", "outcome", p.contract.evaluations[max(final), "FINAL"].outcome)
        for p in self._projects:
            if p.within(p.contract.begin):
                self._one_more("needs_analysis", "when", self._when(p))
            if p.runs and self._needs_evaluation(p.contract):
                self._one_more("without_evaluation", "total", "total")

    def _one_more(self, figure: str, breakdown: str, category: str) -> None:
        counts = self._figures.setdefault((figure, breakdown, category), [0, 0])
        counts[0] = counts[1] = int(counts[0]) + 1

    def _when(self, project: _Project) -> str:
        made, signed = _date(project.latest.needs_analysis_on), _date(project.contract.signed[0][1].signed_on)
        between = document("gpmi")["needs_analysis_transition"]
        if made is None or signed is None:
            return "none"
        if made <= signed:
            return "before"
        return "transition" if between["from"] <= signed <= between["to"] else "after"

    def _needs_evaluation(self, contract: Contract) -> bool:
        held = [EPOCH + timedelta(days=day) for day, _ in contract.evaluations]
        last = max([contract.begin, *(day for day in held if day <= self._last)])
        return months_after(last, document("gpmi")["evaluation_months"]) < self._last


def _mean(total: int, number: int) -> str:
    """Return a mean with two decimals, half away from zero; empty where it divides by nothing."""
    if number == 0:
        return ""
    return str((Decimal(total) / Decimal(number)).quantize(Decimal("0.01"), ROUND_HALF_UP))
