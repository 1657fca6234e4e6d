"""Indicators 1 to 15 of a year, for each OCMW and for the kingdom (K).

A figure of an OCMW is a *cell*: a number, or a numerator and what it is divided by. The kingdom's figure adds the
numerators, and the denominators, of the cells that have a value. Ratios are parts per 10,000, money is cents; halves
go up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from processors.services.subsidies.rules import MODULES, PERCENT
from processors.services.subsidies.standing import Standing
from schemas.places import KINGDOM
from schemas.services.records import Grant, Module, Part, Share, YearReport
from schemas.services.subsidy_figures import Row
from schemas.services.subsidy_years import SubsidyYear

ESTIMATE, MISSING, NO_BASE = "estimate", "missing", "no-base"
PER10000 = 10_000
UNITS: dict[str, str] = {
    **dict.fromkeys(("1", "2", "2.1", "2.2"), "persons"),
    **dict.fromkeys(("3", "4"), "cents"),
    **dict.fromkeys(("5", "5.1", "5.2"), "persons"),
    **dict.fromkeys(("6", "7"), "cents"),
    **dict.fromkeys(("8", "8c", "9", "10", "11", "12", "13", "14"), "per10000"),
    "15": "agreements",
}
"""The unit of each indicator, in the order of the table."""
RATIOS = frozenset({"3", "4", "8", "8c", "9", "10", "11", "12", "13", "14"})
ORDER = {indicator: place for place, indicator in enumerate(UNITS)}


class Key(NamedTuple):
    """Which figure: indicator, part and activity (empty: whole)."""

    indicator: str
    part: str = ""
    activity: str = ""


class Cell(NamedTuple):
    """A number (``per`` None) or a quotient; ``over`` None is not given, ``per`` 0 gives no base.

    One that is not ``listed`` counts in the kingdom alone; one that is not ``counts`` does not count there.
    """

    over: int | None
    per: int | None = None
    flag: str = ""
    listed: bool = True
    counts: bool = True


Cells = Iterator[tuple[Key, Cell]]


def half_up(over: int, per: int) -> int:
    """Return a quotient of numbers that are not negative as a whole number, halves up."""
    return (2 * over + per) // (2 * per)


def rows(standings: Mapping[int, Standing], law: SubsidyYear) -> Iterator[Row]:
    """Yield the figures of a year: the kingdom's, then each OCMW's by code, indicators in the order of the table."""
    cells = {code: list(_cells(standing)) for code, standing in standings.items()}
    yield from _national([cell for own in cells.values() for cell in own], law)
    for code, own in cells.items():
        for key, cell in sorted(own, key=lambda pair: _place(pair[0])):
            if cell.listed:
                yield _row(law.year, f"{code:05d}", key, cell)


def _place(key: Key) -> tuple[int, str, str]:
    return ORDER[key.indicator], key.part, key.activity


def _row(year: int, ocmw: str, key: Key, cell: Cell) -> Row:
    value, flag = _value(key.indicator, cell)
    return Row(year, ocmw, *key, value, UNITS[key.indicator], flag)


def _value(indicator: str, cell: Cell) -> tuple[int | None, str]:
    if cell.over is None:
        return None, cell.flag or MISSING
    if cell.per is None:
        return cell.over, cell.flag
    if cell.per == 0:
        return None, NO_BASE
    factor = 1 if UNITS[indicator] == "cents" else PER10000
    return half_up(cell.over * factor, cell.per), cell.flag


def _cells(standing: Standing) -> Cells:
    """Yield the cells of an OCMW: of its grant, and of the report that holds."""
    grant, report = standing.grant, standing.accepted
    if grant is None:
        return
    yield Key("6"), Cell(grant.granted_cents)
    if report is None:
        return
    yield from _spending(report, grant, standing.law)
    if grant.granted_cents >= standing.law.detailed_from:
        yield from _detail(report, grant, standing.law)


def _justified(report: YearReport) -> int:
    return sum(part.justified_cents for part in report.parts)


def usable_cents(report: YearReport, grant: Grant, law: SubsidyYear) -> int:
    """Return what of the grant the justified amount uses: at most the grant, less what a part leaves of its least.

    A least share of a part is lost as far as that part stays below it; no least share is known for 2017.
    """
    spent: dict[str, int] = {part.part: part.justified_cents for part in report.parts}
    lost = 0
    for part, percent in law.least_percent.items():
        lost += max(0, grant.granted_cents * percent // PERCENT - spent.get(part, 0))
    return min(_justified(report), grant.granted_cents - lost)


def _spending(report: YearReport, grant: Grant, law: SubsidyYear) -> Cells:
    justified, granted = _justified(report), grant.granted_cents
    used = Cell(usable_cents(report, grant, law), granted)
    yield Key("7"), Cell(justified)
    yield Key("8"), Cell(justified, granted)
    held: dict[str, int] = {part.part: part.justified_cents for part in report.parts}
    for part in law.parts:
        yield Key("8", part), Cell(held.get(part, 0), granted, listed=part in held)
    yield Key("8c"), used
    yield Key("9"), Cell(max(0, granted - justified), granted)
    yield Key("10"), Cell(max(0, justified - granted), granted)
    if granted <= law.small_to:
        yield Key("12"), used


def _detail(report: YearReport, grant: Grant, law: SubsidyYear) -> Cells:
    """Yield what only OCMWs report whose grant is large enough."""
    held = {activity.code: activity for part in report.parts for activity in part.activities}
    for part, codes in law.activities.items():
        for code in codes:
            spent = held[code].justified_cents if code in held else 0
            yield Key("8", part, code), Cell(spent, grant.granted_cents, listed=code in held)
    for part_ in report.parts:
        yield from _part(part_)
    base = _staff_base(report, grant)
    share = PERCENT // law.staff_percent
    for indicator, claimed in (("13", report.own_staff_cents), ("14", report.external_staff_cents)):
        yield Key(indicator), Cell(None if claimed is None else claimed * share, base)
    yield Key("15"), Cell(report.agreements)


def _staff_base(report: YearReport, grant: Grant) -> int:
    """Return the amount of which staff may take a share: given with the grant, else what A and C have of it."""
    if grant.staff_base_cents is not None:
        return grant.staff_base_cents
    spent: dict[str, int] = defaultdict(int, {part.part: part.justified_cents for part in report.parts})
    return min(spent["A"] + spent["C"], max(0, grant.granted_cents - spent[MODULES]))


def _part(part: Part) -> Cells:
    letter, no_budget = part.part, Cell(None, flag=NO_BASE, counts=False)
    yield Key("2", letter), Cell(part.persons)
    yield Key("2.1", letter), _persons_of(part.rmi, part.persons)
    yield Key("2.2", letter), _persons_of(part.trajectory, part.persons)
    yield Key("3", letter), Cell(part.justified_cents, part.persons or 0)
    yield Key("9", letter), no_budget
    yield Key("11", letter), Cell(part.staff_cents, part.justified_cents)
    for activity in part.activities:
        code = activity.code
        yield Key("1", letter, code), Cell(activity.persons)
        yield Key("4", letter, code), Cell(activity.justified_cents, activity.persons or 0)
        yield Key("9", letter, code), no_budget
    if letter == MODULES:
        yield from _modules(part.modules)


def _persons_of(share: Share | None, persons: int | None) -> Cell:
    if share is None or persons is None:
        return Cell(None)
    if share.kind == "PERCENTAGE":
        return Cell(half_up(share.value * persons, PERCENT), flag=ESTIMATE)
    return Cell(share.value)


def _modules(modules: Sequence[Module]) -> Cells:
    yield Key("5", MODULES), Cell(sum(module.participants for module in modules))
    for indicator, field in (("5.1", "dropouts"), ("5.2", "progressed")):
        given = [getattr(module, field) for module in modules if getattr(module, field) is not None]
        if modules and not given:
            yield Key(indicator, MODULES), Cell(None)
        else:
            yield Key(indicator, MODULES), Cell(sum(given), flag=MISSING if len(given) < len(modules) else "")


def _keys(law: SubsidyYear) -> Iterator[Key]:
    """Yield the figures of the kingdom, in the order of the table."""
    of_activities, of_parts = frozenset({"1", "4"}), frozenset({"2", "2.1", "2.2", "3", "11"})
    for indicator in UNITS:
        if indicator in {"5", "5.1", "5.2"}:
            yield Key(indicator, MODULES)
            continue
        if indicator not in of_activities | of_parts:
            yield Key(indicator)
        for part, codes in law.activities.items():
            if indicator in of_parts or indicator == "8":
                yield Key(indicator, part)
            if indicator in of_activities or indicator == "8":
                yield from (Key(indicator, part, code) for code in codes)


def _national(cells: Iterable[tuple[Key, Cell]], law: SubsidyYear) -> Iterator[Row]:
    cells_of: dict[Key, list[Cell]] = defaultdict(list)
    for key, cell in cells:
        if cell.counts and _value(key.indicator, cell)[0] is not None:
            cells_of[key].append(cell)
    for key in _keys(law):
        yield _row(law.year, KINGDOM, key, _sum(key.indicator, cells_of[key]))
        if key.indicator == "15":
            yield from _agreeing(law.year, cells_of[key])


def _sum(indicator: str, cells: Sequence[Cell]) -> Cell:
    """Return the kingdom's cell: empty where no OCMW has a value, an estimate or incomplete where any is."""
    if not cells:
        return Cell(None, flag=NO_BASE if indicator in RATIOS else MISSING)
    flags = {cell.flag for cell in cells}
    flag = next((flag for flag in (MISSING, ESTIMATE) if flag in flags), "")
    over = sum(cell.over or 0 for cell in cells)
    return Cell(over, sum(cell.per or 0 for cell in cells) if indicator in RATIOS else None, flag)


def _agreeing(year: int, cells: Sequence[Cell]) -> Iterator[Row]:
    """Yield how many OCMWs have an agreement, and their share of those that say."""
    having = sum((cell.over or 0) > 0 for cell in cells)
    both = (having, "ocmws", MISSING), (half_up(having * PER10000, len(cells)) if cells else 0, "per10000", NO_BASE)
    for value, unit, flag in both:
        yield Row(year, KINGDOM, "15", "", "", value if cells else None, unit, "" if cells else flag)
