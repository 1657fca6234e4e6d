"""Places beside each other."""

from markupsafe import Markup

from processors.board.nothing import Cell
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import MUNICIPALITY
from sinks.svg.charts import Series, small_multiples
from streams.board.library import Bound, CellShown
from streams.board.page import Ask, Chart, Choice, Page, Part, Sheet, Table, Td, Text, Th, plain
from streams.board.pages.shared import (
    CITY_CODES,
    cell_of,
    cities_of,
    frame_of,
    is_valid,
    kind_choices,
    legend,
    level_at,
    measured_value,
    rate_of,
    rate_words,
    support_choices,
    window,
)
from streams.board.problems import bad

MOST_PLACES, FEWEST_PLACES = 13, 2


def compare(ask: Ask) -> Page:
    """Return some places beside each other over time, one row a place."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, kind = given["support"], given["kind"]
    periods = window(ask, code, kind)
    newest = bound.newest_period(code, kind) or (periods[-1] if periods else Period("month", bound.reference))
    known = bool(bound.population(newest.last // MONTHS_PER_YEAR + 1900))
    measure = given["measure"] or ("rate" if known else "count")
    places = given["geo"] or cities_of(newest)
    if not FEWEST_PLACES <= len(places) <= MOST_PLACES:
        raise bad("geo", f"{FEWEST_PLACES} to {MOST_PLACES} places.")
    lines_of = {
        geo: [_of_city(bound, code, period, geo, named=bool(given["geo"])) for period in periods] for geo in places
    }
    people = {period.last // MONTHS_PER_YEAR + 1900: None for period in periods}
    inhabitants = {year: bound.population(year) for year in people}

    def measured(geo: str, at: int) -> float | None:
        year = periods[at].last // MONTHS_PER_YEAR + 1900
        return measured_value(lines_of[geo][at], inhabitants[year].get(geo), rated=measure == "rate")

    lines = [Series(words.place(geo), [measured(geo, at) for at in range(len(periods))]) for geo in places]
    title = words("compare_of", support=words.support(code))
    unit = words("per_thousand") if measure == "rate" else words("persons")
    frame = frame_of(words, "chart", title, words("compare_summary", places=len(places), unit=unit), periods, code)
    picture = small_multiples(frame, lines, 3 if len(places) > 4 else 2)  # noqa: PLR2004 - a wide picture for few
    parts: list[Part] = [Chart(Markup(picture), frame.summary)]  # noqa: S704 - of our own
    at = periods.index(newest) if newest in periods else len(periods) - 1
    rows = [
        (
            Td(words.place(geo), ask.address(f"/support/{code}", geo=geo)),
            cell_of(words, lines_of[geo][at]) if periods else Td(""),
            Td(
                rate_words(words, lines_of[geo][at], inhabitants[newest.last // MONTHS_PER_YEAR + 1900].get(geo))
                if periods
                else "",
                "",
                "number",
            ),
        )
        for geo in places
    ]
    head = (Th(words("place"), number=False), Th(words("persons")), Th(words("per_thousand")))
    parts.append(
        Table(
            words("in_period", period=words.period(newest)),
            head,
            tuple(rows),
            legend(words, [one for line in lines_of.values() for one in line]),
        )
    )
    missing = [str(year) for year, one in inhabitants.items() if not one]
    if measure == "rate" and missing:
        parts.append(Text((words("no_population", year=", ".join(missing)),)))
    parts.append(Text((words("never_sum"),)))
    sheet = Sheet(
        ("support", "period", "geo", "value", "nothing", "population", "per_1000"),
        plain(
            [
                (
                    code,
                    period.code,
                    geo,
                    one.value,
                    one.nothing,
                    (p := inhabitants[period.last // MONTHS_PER_YEAR + 1900].get(geo)),
                    rate_of(one, p),
                )
                for geo in places
                for period, one in zip(periods, lines_of[geo], strict=True)
            ]
        ),
    )
    choices = (
        Choice("support", words("support"), code, support_choices(ask)),
        Choice("kind", words("kind_of_period"), kind, kind_choices(ask)),
        Choice("measure", words("measure"), measure, (("rate", words("per_thousand")), ("count", words("persons")))),
    )
    return Page(title, tuple(parts), sheet, choices)


def _of_city(bound: Bound, code: str, period: Period, geo: str, *, named: bool) -> CellShown:
    """Return the figure of a place; of a centre city under the code that it had then (Hasselt had two)."""
    level = level_at(geo)
    if not named and level == "municipality" and not is_valid(geo, period.last):
        entry = MUNICIPALITY[geo]
        geo = next((old for old, one in MUNICIPALITY.items() if one.successor == geo and old in CITY_CODES), entry.nis)
    return bound.show(Cell(code, period, level, geo))
