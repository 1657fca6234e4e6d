"""Grants and yearly reports of subsidies, of each OCMW and the years that have rules."""

from schemas.parameters import document
from schemas.services.records import Activity, Grant, Part, YearReport
from synthetic.services.drawing import Drawing, rates

_SMALL = 750_000
"""Cents from which a report tells more than totals."""


def yearly_reports(draws: Drawing) -> list[Grant | YearReport]:
    """Draw a grant for each OCMW and year, and mostly a report."""
    records: list[Grant | YearReport] = []
    likely = rates()
    for year in document("subsidies")["years"]:
        for ocmw in draws.ocmws:
            small = draws.happens(likely["small_grant"])
            granted = draws.whole(100_000, _SMALL - 1) if small else draws.whole(_SMALL, 40_000_000)
            records.append(Grant(draws.identity(), ocmw, int(year), granted, None))
            if draws.happens(likely["report"]):
                records.append(_report(draws, ocmw, int(year), granted))
    return records


def _report(draws: Drawing, ocmw: int, year: int, granted: int) -> YearReport:
    parts = tuple(_part(draws, name, granted * share // 100) for name, share in (("A", 50), ("C", draws.whole(20, 55))))
    return YearReport(draws.identity(), ocmw, year, parts, draws.whole(0, 3), None, None)


def _part(draws: Drawing, name: str, cents: int) -> Part:
    first = Activity(f"{name}1", draws.whole(5, 200), cents // 2)
    second = Activity(f"{name}2", draws.whole(5, 200), cents - cents // 2)
    persons = draws.whole(max(first.persons or 0, second.persons or 0), (first.persons or 0) + (second.persons or 0))
    return Part(name, cents, cents // 20, persons, None, None, (first, second), ())  # type: ignore[arg-type]
