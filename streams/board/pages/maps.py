"""The map of municipalities."""

from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup

from processors.board.nothing import KINDS
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import MUNICIPALITY
from sinks.svg.maps import choropleth
from sinks.svg.scales import class_bounds, class_of
from streams.board.library import CellShown
from streams.board.page import Ask, Chart, Choice, Page, Part, Sheet, Table, Td, Text, Th, plain
from streams.board.pages.shared import cell_of, legend, measured_value, rate_of, rate_words, sorting, support_choices
from streams.board.problems import bad
from streams.board.words import Words

CLASSES = 5
SMALL_RATE = 5


def the_map(ask: Ask) -> Page:
    """Return the map of municipalities of one period: rates where inhabitants are known, counts else."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, by = given["support"], given["by"]
    period = given["period"] or bound.newest_period(code) or Period("month", bound.reference)
    people = bound.population(period.last // MONTHS_PER_YEAR + 1900)
    measure = given["measure"] or ("rate" if people else "count")
    cells = bound.by_place(code, period, "municipality", by)
    rated = measure == "rate" and bool(people)
    values = {geo: measured_value(one, people.get(geo), rated=rated) for geo, one in cells.items()}
    measured = {geo: value for geo, value in values.items() if value is not None and cells[geo].nothing is None}
    bounds = class_bounds([value for value in measured.values() if value > 0], CLASSES)
    drawn = bound.outlines()
    classes = {geo: _area_class(cells.get(geo), measured.get(geo), bounds) for geo in drawn.paths}
    decimals = _decimals(measured.values()) if rated else 0
    title = words("map_of", support=words.support(code), period=words.period(period))
    unit = words("per_thousand") if rated else words("persons")
    summary = words(
        "map_summary",
        unit=unit,
        places=len(measured),
        lowest=words.number(min(measured.values(), default=0), decimals),
        highest=words.number(max(measured.values(), default=0), decimals),
    )
    picture = choropleth(drawn, classes, "map", title, summary)
    parts: list[Part] = [Chart(Markup(picture), summary, _map_legend(words, bounds, classes, decimals), wide=True)]  # noqa: S704 - of our own
    if given["measure"] == "rate" and not people:
        parts.append(Text((words("no_population", year=str(period.last // MONTHS_PER_YEAR + 1900)),)))
    parts += _other_boundaries(ask, drawn.paths, cells)
    parts.append(_map_table(ask, cells, values, people))
    sheet = Sheet(
        ("support", "period", "geo", "breakdown", "category", "value", "nothing", "population", "per_1000"),
        plain(
            [
                (code, period.code, geo, *by, one.value, one.nothing, people.get(geo), rate_of(one, people.get(geo)))
                for geo, one in sorted(cells.items())
            ]
        ),
    )
    choices = (
        Choice("support", words("support"), code, support_choices(ask)),
        Choice("period", words("period"), period.code),
        Choice("measure", words("measure"), measure, (("rate", words("per_thousand")), ("count", words("persons")))),
    )
    return Page(title, tuple(parts), sheet, choices)


def _decimals(rates: Iterable[float]) -> int:
    """Return how many decimals tell rates apart."""
    return 1 if max(rates, default=0) >= SMALL_RATE else 2


def _area_class(one: CellShown | None, value: float | None, bounds: Sequence[float]) -> str:
    if one is None or one.nothing is not None:
        return f"n-{(one.nothing if one else None) or 'not_applicable'}"
    if value is None:
        return "n-no_rate"
    return f"q{class_of(value, bounds)}" if value > 0 else "zero"


def _map_legend(
    words: Words, bounds: Sequence[float], classes: dict[str, str], decimals: int
) -> tuple[tuple[str, str], ...]:
    lines = [
        (f"q{number}", words("from_value", value=words.number(low, decimals))) for number, low in enumerate(bounds)
    ]
    there = set(classes.values())
    lines += [("zero", "0")] if "zero" in there else []
    lines += [(f"n-{kind}", words.marks(kind)) for kind in KINDS if f"n-{kind}" in there and kind != "not_applicable"]
    if "n-not_applicable" in there:
        lines.append(("n-not_applicable", words("other_boundaries")))
    return tuple(lines)


def _other_boundaries(ask: Ask, areas: dict[str, str], cells: dict[str, CellShown]) -> list[Part]:
    """Return which municipalities stood where an area of today did not exist, with their figures, unsummed."""
    words = ask.words
    later = [geo for geo in areas if (one := cells.get(geo)) is not None and one.nothing == "not_applicable"]
    rows = []
    for geo in sorted(later, key=words.place):
        for before, entry in sorted(MUNICIPALITY.items()):
            if entry.successor == geo and before in cells and cells[before].nothing != "not_applicable":
                rows.append((Td(words.place(geo)), Td(words.place(before)), cell_of(words, cells[before])))
    if not rows:
        return []
    head = (Th(words("area_today"), number=False), Th(words("municipality_then"), number=False), Th(words("persons")))
    return [Table(words("other_boundaries"), head, tuple(rows), (words("never_sum"),))]


def _map_table(ask: Ask, cells: dict[str, CellShown], values: dict[str, float | None], people: dict[str, int]) -> Table:
    words = ask.words
    sort = ask.given["sort"] or "name"
    keys: dict[str, Callable[[str], object]] = {
        "name": words.place,
        "value": lambda geo: values[geo] if values[geo] is not None else -1,
        "persons": lambda geo: cells[geo].value if cells[geo].value is not None else -1,
    }
    if sort.removeprefix("-") not in keys:
        raise bad("sort", f"{sort[:40]!r} is none of {', '.join(keys)}.")
    there = [geo for geo, one in cells.items() if one.nothing != "not_applicable"]
    ordered = sorted(there, key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))  # type: ignore[arg-type]
    rows = [
        (
            Td(words.place(geo), ask.address(f"/support/{ask.given['support']}", geo=geo), "m" + geo),
            cell_of(words, cells[geo]),
            Td(rate_words(words, cells[geo], people.get(geo)), "", "number"),
        )
        for geo in ordered
    ]
    columns = [("name", "municipality"), ("persons", "persons"), ("value", "per_thousand")]
    head = tuple(sorting(ask, name, words(label), sort, number=name != "name") for name, label in columns)
    return Table(words("by_municipality"), head, tuple(rows), legend(words, list(cells.values())))
