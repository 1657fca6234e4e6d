"""The slow truth of subsidies (K): rules one sentence each, indicators from flat tables, exact fractions.

A report is first laid out as tables (pandas): a row a part, an activity, a module, a cost of staff. Each rule and each
indicator is then asked of the tables by itself, however often that walks over them.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from schemas.parameters import document
from schemas.periods import month_of
from schemas.places import KINGDOM, MUNICIPALITY, valid_code
from schemas.services.records import Grant, YearReport

Record = Grant | YearReport
Table = list[tuple[int, str, str, str, str, int | None, str, str]]
_DAYS = range((date(1900, 1, 1) - date(1970, 1, 1)).days, (date(2199, 12, 31) - date(1970, 1, 1)).days + 1)


def law(year: int) -> dict[str, Any]:
    """Return the parameters of a year."""
    parameters: dict[str, Any] = document("subsidies")["years"][year]
    return parameters


def _flat(report: YearReport) -> dict[str, pd.DataFrame]:
    """Return the tables of a report; ``p`` is the place of the part, ``m`` that of the module in it."""
    parts, activities, modules, staff = [], [], [], []
    for p, part in enumerate(report.parts):
        row = {name: getattr(part, name) for name in ("part", "justified_cents", "staff_cents", "persons")}
        for share in ("rmi", "trajectory"):
            degree = getattr(part, share)
            row |= {
                f"{share}_kind": degree.kind if degree else None,
                f"{share}_value": degree.value if degree else None,
            }
        parts.append({"p": p, **row})
        for one in part.activities:
            line = {"code": one.code, "persons": one.persons, "justified_cents": one.justified_cents}
            activities.append({"p": p, "part": part.part, **line})
        for m, module in enumerate(part.modules):
            said = {name: getattr(module, name) for name in module.__dataclass_fields__ if name != "staff"}
            modules.append({"p": p, "m": m, "part": part.part, **said})
            staff += [{"p": p, "m": m, "part": part.part, "kind": c.kind, "cents": c.cents} for c in module.staff]
    columns = {
        "parts": (
            parts,
            "p part justified_cents staff_cents persons rmi_kind rmi_value trajectory_kind trajectory_value",
        ),
        "activities": (activities, "p part code persons justified_cents"),
        "modules": (
            modules,
            (
                "p m part title goal period_from period_to target_group one_off participants dropouts progressed "
                "instrument gpmi_subsidised_participants"
            ),
        ),
        "staff": (staff, "p m part kind cents"),
    }
    return {name: pd.DataFrame(rows, columns=names.split(), dtype=object) for name, (rows, names) in columns.items()}


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    yield from table.itertuples()


def fault(record: Record) -> str:
    """Return the slug under which a record is set aside, or nothing."""
    if f"{record.ocmw:05d}" not in MUNICIPALITY:
        return "unknown-ocmw"
    if isinstance(record, Grant):
        amounts = [record.granted_cents, record.staff_base_cents]
        bound = 10**11
    else:
        tables = _flat(record)
        days = [*tables["modules"]["period_from"], *tables["modules"]["period_to"]]
        if any(day is not None and day not in _DAYS for day in days):
            return "bad-dates"
        amounts = [record.own_staff_cents, record.external_staff_cents, *tables["staff"]["cents"]]
        amounts += [*tables["parts"]["justified_cents"], *tables["parts"]["staff_cents"]]
        amounts += [*tables["activities"]["justified_cents"]]
        bound = 10**9
    if any(amount is not None and not 0 <= amount <= bound for amount in amounts):
        return "amount-out-of-range"
    if record.year not in document("subsidies")["years"]:
        return "bad-version"
    return "refused-report" if isinstance(record, YearReport) and broken(record) else ""


def broken(report: YearReport) -> set[tuple[str, str, str]]:
    """Return (rule, part, activity) of all that a report shows by itself to be wrong."""
    tables, lists = (
        _flat(report),
        {part: law_of_part["activities"] for part, law_of_part in law(report.year)["parts"].items()},
    )
    parts, activities, modules, staff = (tables[name] for name in ("parts", "activities", "modules", "staff"))
    faults = {("part-twice", part, "") for part in parts["part"][parts["part"].duplicated()]}
    twice = activities[activities["code"].duplicated()]
    faults |= {("activity-twice", row.part, row.code) for row in _rows(twice)}
    faults |= {("unknown-activity", row.part, row.code) for row in _rows(activities) if row.code not in lists[row.part]}
    faults |= {("unknown-activity", part, "") for part in modules["part"] if part != "B"}
    faults |= {("persons-not-whole", row.part, "") for row in _rows(parts) if _negative(row.persons)}
    faults |= {("persons-not-whole", row.part, row.code) for row in _rows(activities) if _negative(row.persons)}
    if _negative(report.agreements):
        faults.add(("persons-not-whole", "", ""))
    for part in _rows(parts):
        items = modules[modules["p"] == part.p] if part.part == "B" else activities[activities["p"] == part.p]
        if len(items):
            faults |= _totals(part, items)
        for share in ("rmi", "trajectory"):
            kind, value = getattr(part, f"{share}_kind"), getattr(part, f"{share}_value")
            most = 100 if kind == "PERCENTAGE" else part.persons
            if value is not None and (value < 0 or (most is not None and value > most)):
                faults.add((f"share-{share}", part.part, ""))
        of_modules = sum(staff["cents"][staff["p"] == part.p])
        if part.staff_cents is not None and not of_modules <= part.staff_cents <= part.justified_cents:
            faults.add(("staff-above-justified", part.part, ""))
    for module in _rows(modules):
        costs = staff[(staff["p"] == module.p) & (staff["m"] == module.m)]
        faults |= {(rule, module.part, "") for rule in _module(module, costs)}
    return faults


def _negative(count: int | None) -> bool:
    return count is not None and count < 0


def _totals(part: Any, items: pd.DataFrame) -> set[tuple[str, str, str]]:  # noqa: ANN401 - a row
    """Return what is wrong with the totals of a part, given its modules or activities (perhaps none)."""
    faults = set()
    counts = list(items["participants"] if "participants" in items else items["persons"])
    given = [count for count in counts if count is not None]
    if part.persons is not None:
        below = part.persons < max([0, *given])
        above = len(given) == len(counts) and part.persons > sum(given)
        if below or above:
            faults.add(("persons-of-part", part.part, ""))
    if part.part != "B" and sum(items["justified_cents"]) != part.justified_cents:
        faults.add(("sum-of-activities", part.part, ""))
    return faults


def _module(module: Any, costs: pd.DataFrame) -> Iterator[str]:  # noqa: ANN401 - a row
    filled = module.goal.strip(), module.target_group.strip(), module.period_from, module.period_to
    if any(value in (None, "") for value in filled):
        yield "module-incomplete"
    if None not in (module.period_from, module.period_to) and module.period_from > module.period_to:
        yield "module-period"
    if module.one_off:
        yield "one-off"
    counts = (module.participants, module.dropouts, module.progressed, module.gpmi_subsidised_participants)
    if any(map(_negative, counts)):
        yield "persons-not-whole"
    if (module.dropouts or 0) + (module.progressed or 0) > module.participants:
        yield "dropouts-progressed"
    if module.gpmi_subsidised_participants > module.participants:
        yield "gpmi-participants"
    individual = costs[costs["kind"].isin(["SOCIAL_BALANCE", "MEASURING"]) & (costs["cents"] > 0)]
    if 0 < module.participants == module.gpmi_subsidised_participants and len(individual):
        yield "double-subsidy"


def _wrong_with_grant(report: YearReport, grant: Grant) -> bool:
    """Tell whether the grant makes a report wrong."""
    if grant.granted_cents < law(report.year)["detailed_from_cents"]:
        return False
    tables = _flat(report)
    for part in _rows(tables["parts"]):
        items = tables["modules" if part.part == "B" else "activities"]
        if not len(items[items["p"] == part.p]) and _totals(part, items[items["p"] == part.p]):
            return True
    persons = [*tables["parts"]["persons"], *tables["activities"]["persons"]]
    return any(count is None for count in persons)


def _rounded(value: Fraction) -> int:
    exact = Decimal(value.numerator * 2 // value.denominator) / 2  # halves are all that rounding has to see
    return int(exact.to_integral_value(ROUND_HALF_UP))


class Year:
    """The figures of a year, from admitted records in log order."""

    def __init__(self, records: Iterable[Record], year: int) -> None:
        """Find the last grant of each OCMW, and its last report without error."""
        self._year, self._law = year, law(year)
        self._grants: dict[str, Grant] = {}
        self._reports: dict[str, YearReport] = {}
        kept = [record for record in records if record.year == year]
        for record in kept:
            if isinstance(record, Grant):
                self._grants[self._code(record)] = record
        for record in kept:
            grant = self._grants.get(self._code(record))
            if isinstance(record, YearReport) and grant is not None and not _wrong_with_grant(record, grant):
                self._reports[self._code(record)] = record
        self._tables = {code: _flat(report) for code, report in self._reports.items()}

    def _code(self, record: Record) -> str:
        return valid_code(f"{record.ocmw:05d}", month_of(date(self._year, 12, 31)))

    def _large(self, code: str) -> bool:
        return self._grants[code].granted_cents >= int(self._law["detailed_from_cents"])

    def rows(self) -> set[tuple[Any, ...]]:
        """Return all rows."""
        return {*self._kingdom(), *(row for code in self._grants for row in self._of(code))}

    def _of(self, code: str) -> Iterator[tuple[Any, ...]]:
        for key, unit in self._keys():
            figure = self._figure(code, *key)
            if figure is not None:
                over, per, flag = figure
                yield (self._year, code, *key, *_value(over, per, flag, unit))

    def _keys(self) -> Iterator[tuple[tuple[str, str, str], str]]:
        parts = self._law["parts"]
        activities = [(part, code) for part, law_of_part in parts.items() for code in law_of_part["activities"]]
        for part, code in activities:
            yield ("1", part, code), "persons"
            yield ("4", part, code), "cents"
            yield ("8", part, code), "per10000"
            yield ("9", part, code), "per10000"
        for part in parts:
            for indicator in ("2", "2.1", "2.2"):
                yield (indicator, part, ""), "persons"
            yield ("3", part, ""), "cents"
            for indicator in ("8", "9", "11"):
                yield (indicator, part, ""), "per10000"
        for indicator in ("5", "5.1", "5.2"):
            yield (indicator, "B", ""), "persons"
        for indicator in ("6", "7"):
            yield (indicator, "", ""), "cents"
        for indicator in ("8", "8c", "9", "10", "12", "13", "14"):
            yield (indicator, "", ""), "per10000"
        yield ("15", "", ""), "agreements"

    def _figure(  # noqa: C901, PLR0911, PLR0912 - one branch an indicator
        self, code: str, indicator: str, part: str, activity: str, *, kingdom: bool = False
    ) -> tuple[int | None, int | None, str] | None:
        """Return (number, divisor or None, flag) of an OCMW, None where it has no such row."""
        granted = self._grants[code].granted_cents
        if indicator == "6":
            return granted, None, ""
        if code not in self._reports:
            return None
        report, tables = self._reports[code], self._tables[code]
        parts, activities, modules = tables["parts"], tables["activities"], tables["modules"]
        justified = sum(parts["justified_cents"])
        whole = {
            "7": (justified, None, ""),
            "8": (justified, granted, ""),
            "8c": (min(justified, granted), granted, ""),
            "9": (max(0, granted - justified), granted, ""),
            "10": (max(0, justified - granted), granted, ""),
        }
        if not part and indicator in whole:
            return whole[indicator]
        if indicator == "12":
            return whole["8c"] if granted <= self._law["small_to_cents"] else None
        line = activities[activities["code"] == activity] if activity else parts[parts["part"] == part]
        if indicator == "8" and (self._large(code) or not activity):
            return (sum(line["justified_cents"]), granted, "") if len(line) or kingdom else None
        if not self._large(code):
            return None
        if indicator in ("13", "14"):
            claimed = report.own_staff_cents if indicator == "13" else report.external_staff_cents
            return (None if claimed is None else claimed * 10), self._staff_base(code), ""
        if indicator == "15":
            return report.agreements, None, ""
        if not len(line):
            return None
        row = line.iloc[0]
        if indicator in ("1", "2"):
            return row["persons"], None, ""
        if indicator in ("3", "4"):
            return row["justified_cents"], row["persons"], ""
        if indicator == "9":
            return None if kingdom else (None, 0, "no-base")
        if indicator == "11":
            return row["staff_cents"], row["justified_cents"], ""
        if indicator in ("2.1", "2.2"):
            share = "rmi" if indicator == "2.1" else "trajectory"
            value = row[f"{share}_value"]
            if row[f"{share}_kind"] == "PERCENTAGE":
                return _rounded(Fraction(value * row["persons"], 100)), None, "estimate"
            return value, None, ""
        counts = list(modules[{"5": "participants", "5.1": "dropouts", "5.2": "progressed"}[indicator]])
        given = [count for count in counts if count is not None]
        if counts and not given:
            return None, None, ""
        return sum(given), None, "" if len(given) == len(counts) else "missing"

    def _staff_base(self, code: str) -> int:
        grant, parts = self._grants[code], self._tables[code]["parts"]
        if grant.staff_base_cents is not None:
            return grant.staff_base_cents
        of_b = sum(parts["justified_cents"][parts["part"] == "B"])
        return int(min(sum(parts["justified_cents"]) - of_b, max(0, grant.granted_cents - of_b)))

    def _kingdom(self) -> Iterator[tuple[Any, ...]]:
        for key, unit in self._keys():
            if key[0] == "9" and key[1]:
                continue
            figures = [self._figure(code, *key, kingdom=True) for code in sorted(self._grants)]
            full = [one for one in figures if one and one[0] is not None and one[1] != 0]
            ratio = unit == "per10000" or key[0] in ("3", "4")
            flags = {flag for _, _, flag in full}
            flag = "missing" if "missing" in flags else "estimate" if "estimate" in flags else ""
            over = sum(one[0] or 0 for one in full) if full else None
            per = sum(one[1] or 0 for one in full) if ratio else None
            empty = "no-base" if ratio else "missing"
            yield (self._year, KINGDOM, *key, *_value(over, per, flag if full else empty, unit))
            if key[0] == "15":
                having = sum(bool(one[0]) for one in full)
                yield (self._year, KINGDOM, *key, having if full else None, "ocmws", "" if full else "missing")
                share = _rounded(Fraction(having * 10000, len(full))) if full else None
                yield (self._year, KINGDOM, *key, share, "per10000", "" if full else "no-base")


def _value(over: int | None, per: int | None, flag: str, unit: str) -> tuple[int | None, str, str]:
    if over is None:
        return None, unit, flag or "missing"
    if per is None:
        return over, unit, flag
    if per == 0:
        return None, unit, "no-base"
    return _rounded(Fraction(over * (10000 if unit == "per10000" else 1), per)), unit, flag
