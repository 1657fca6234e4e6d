"""The pages of the board: each is a function of a release and its parameters, and says what stands on it."""

import json
from collections.abc import Callable, Sequence
from datetime import date

from markupsafe import Markup

from processors.board.nothing import KINDS, SIGNS, WITHOUT_OCMW, Cell
from schemas.breakdowns import codes
from schemas.breaks import breaks_in
from schemas.parameters import table as parameter_table
from schemas.periods import LENGTH, MONTHS_PER_YEAR, Period, PeriodKind, month_code
from schemas.places import KINGDOM, MUNICIPALITY, PLACES
from sinks.svg.charts import Bar, Frame, Series, bar_chart, line_chart, small_multiples
from sinks.svg.maps import choropleth
from sinks.svg.scales import class_bounds, class_of
from streams.board.library import Bound, Shown, level_of, years_before
from streams.board.page import Ask, Chart, Choice, Headline, Links, Page, Part, Sheet, Table, Td, Text, Th, plain
from streams.board.problems import ProblemError, bad
from streams.board.words import Words

LAST_MONTHS, LAST_YEARS = 120, 20
MOST_ROWS, MOST_COLUMNS = 600, 60
MOST_PLACES, FEWEST_PLACES = 13, 2
CLASSES = 5
HEAT_RELEASES = 36


# What pages share


def cell_of(words: Words, one: Shown, href: str = "") -> Td:
    """Return a figure as a cell of a table: its number, or its sign with the word beside it."""
    if one.nothing is not None:
        return Td(words.shown(one), href, "nothing", words.nothing(one.nothing))
    return Td(words.shown(one), href, "number revising" if one.revising else "number", "")


def state_words(words: Words, one: Shown) -> str:
    """Return the state of a figure with its date, as a sentence."""
    if one.state is None or one.update_id is None:
        if one.earliest is None:
            return words("never_published")
        return words("waits_until", month=words.month(Period.parse(one.earliest).last))
    return words("state_with_update", state=words.state(one.state), update=one.update_id)


def change_of(bound: Bound, cell: Cell) -> float | None:
    """Return the change on a year before in per cent, None unless both are published."""
    before = Cell(cell.support, years_before(cell.period), cell.geo_level, cell.geo, cell.breakdown, cell.category)
    now, then = bound.show(cell), bound.show(before)
    if now.value is None or not then.value:
        return None
    return 100 * (now.value - then.value) / then.value


def mean_of_months(bound: Bound, cell: Cell) -> float | None:
    """Return the mean of the months of a longer period, None unless all of them are published."""
    if cell.period.kind == "month":
        return None
    months = (Period("month", month) for month in range(cell.period.first, cell.period.last + 1))
    values = [
        bound.show(Cell(cell.support, month, cell.geo_level, cell.geo, cell.breakdown, cell.category)).value
        for month in months
    ]
    told = [value for value in values if value is not None]
    return sum(told) / len(told) if len(told) == len(values) else None


def legend(words: Words, shown: Sequence[Shown]) -> tuple[str, ...]:
    """Return a line for each kind of nothing that occurs, sign and word, and one for what is under revision."""
    there = {one.nothing for one in shown}
    lines = [f"{SIGNS[kind]} {words.nothing(kind)}" for kind in KINDS if kind in there]
    return (*lines, *([words("mark_r")] if any(one.revising for one in shown) else []))


def _level(geo: str) -> str:
    level = level_of(geo)
    if level is None:
        raise bad("geo", "no NIS code of a place.")
    return level


def _supports(ask: Ask) -> tuple[tuple[str, str], ...]:
    return tuple((code, ask.words.support(code)) for code in ask.bound.supports())


def _places(ask: Ask) -> tuple[tuple[str, str], ...]:
    named = [(geo, ask.words.place(geo)) for level, geo in PLACES if level != "municipality"]
    towns = [
        (geo, ask.words.place(geo))
        for level, geo in PLACES
        if level == "municipality" and MUNICIPALITY[geo].last is None
    ]
    first = [(KINGDOM, ask.words.place(KINGDOM))]
    areas = sorted((one for one in named if one[0] != KINGDOM), key=lambda one: one[0])
    return (*first, *areas, *sorted(towns, key=lambda one: one[1]))


def _kinds(ask: Ask) -> tuple[tuple[str, str], ...]:
    return tuple((kind, ask.words.kind(kind)) for kind in LENGTH)


def _window(ask: Ask, support: str, kind: PeriodKind) -> tuple[Period, ...]:
    """Return the periods that are asked for: from, to, or the last hundred and twenty months (twenty years)."""
    periods = ask.bound.periods(support, kind)
    first, last = ask.given.get("from"), ask.given.get("to")
    if first is not None and last is not None and first > last:
        raise bad("from", "it lies after to.")
    if first is not None or last is not None:
        chosen = [one for one in periods if (first is None or one.last >= first) and (last is None or one.first <= last)]
        return tuple(chosen[-600:])
    most = LAST_MONTHS if kind == "month" else LAST_YEARS * (MONTHS_PER_YEAR // LENGTH[kind])
    if kind == "rolling_year":
        most = LAST_MONTHS
    return periods[-ask.given["last"] :] if ask.given.get("last") else periods[-most:]


def _frame(words: Words, name: str, title: str, summary: str, periods: Sequence[Period], support: str) -> Frame:
    breaks = breaks_in(support, periods[0].first, periods[-1].last) if periods else ()
    marks = []
    for one in breaks:
        at = next((place for place, period in enumerate(periods) if period.last >= one.month), None)
        if at:
            marks.append((at, one.text[words.language]))
    return Frame(name, title, summary, [one.code for one in periods], words.number, marks)


def _trend(words: Words, name: str, periods: Sequence[Period], shown: Sequence[Shown]) -> str:
    told = [(period, one.value) for period, one in zip(periods, shown, strict=True) if one.value is not None]
    if not told:
        return words("nothing_published_here")
    (first, then), (last, now) = told[0], told[-1]
    lowest, highest = min(value for _, value in told), max(value for _, value in told)
    return words(
        "trend", name=name, first=words.period(first), then=words.number(then), last=words.period(last),
        now=words.number(now), lowest=words.number(lowest), highest=words.number(highest),
    )  # fmt: skip


def _points(words: Words, periods: Sequence[Period], lines: Sequence[tuple[str, Sequence[Shown]]]) -> str:
    """Return what the script shows beside the pointer: a label for each place of the axis."""
    told = []
    for at, period in enumerate(periods):
        values = [f"{name}: {_spoken(words, shown[at])}" for name, shown in lines]
        told.append(f"{words.period(period)} · {' · '.join(values)}")
    return json.dumps(told, ensure_ascii=False)


def _spoken(words: Words, one: Shown) -> str:
    return words.nothing(one.nothing) if one.nothing else words.shown(one)


def _break_notes(words: Words, frame: Frame) -> tuple[str, ...]:
    return tuple(words("break_at", place=frame.places[at], text=text) for at, text in frame.breaks)


# The pages


def overview(ask: Ask) -> Page:
    """Return the first page: the newest stable month of the living wage, then all supports, and what waits."""
    bound, words = ask.bound, ask.words
    parts: list[Part] = []
    rows, codes_of = [], []
    for code in bound.supports():
        newest = bound.newest_period(code)
        link = ask.address(f"/support/{code}")
        if newest is None:
            waiting = bound.show(Cell(code, _first_waiting(bound, code), "kingdom", KINGDOM))
            rows.append((Td(words.support(code), link), Td("…", "", "nothing", words.nothing("waiting")), Td(""), Td(""),
                         Td(state_words(words, waiting))))  # fmt: skip
            codes_of.append((code, None, None, "waiting", None, waiting.earliest))
            continue
        cell = Cell(code, newest, "kingdom", KINGDOM)
        one, change = bound.show(cell), change_of(bound, cell)
        waits = _first_waiting(bound, code)
        rows.append(
            (
                Td(words.support(code), link),
                cell_of(words, one),
                Td(words.month(newest.last)),
                Td("" if change is None else words.percent(change), "", "number"),
                Td(state_words(words, bound.show(Cell(code, waits, "kingdom", KINGDOM))) if waits != newest else ""),
            )
        )
        codes_of.append((code, newest.code, one.value, one.nothing, None if change is None else round(change, 4), None))
        if code == "LL":
            parts.append(_first_screen(ask, cell, one, change))
    head = tuple(Th(words(name), number=place in (1, 3)) for place, name in enumerate(
        ("support", "persons", "newest_month", "change_year", "what_waits")))  # fmt: skip
    parts.append(Table(words("all_supports"), head, tuple(rows), (words("never_sum"),)))
    parts.append(_of_the_release(ask))
    sheet = Sheet(("support", "period", "value", "nothing", "change_percent", "earliest"), plain(codes_of))
    return Page(words("overview_title"), tuple(parts), sheet, lead=words("overview_lead"))


def _first_waiting(bound: Bound, support: str) -> Period:
    """Return the first month after the newest published one; that of the release where nothing is."""
    newest = bound.newest_period(support)
    return Period("month", bound.reference if newest is None else newest.last + 1)


def _first_screen(ask: Ask, cell: Cell, one: Shown, change: float | None) -> Headline:
    words = ask.words
    notes = [words("in_month", month=words.month(cell.period.last))]
    if change is not None:
        notes.append(words("on_a_year_before", change=words.percent(change)))
    notes.append(state_words(words, one))
    return Headline(words("persons_with", support=words.support(cell.support)), words.shown(one), tuple(notes))


def _of_the_release(ask: Ask) -> Links:
    words, bound = ask.words, ask.bound
    links = [
        (ask.address("/map"), words("map_title"), words("map_says")),
        (ask.address("/compare"), words("compare_title"), words("compare_says")),
        (ask.address("/cities"), words("cities_title"), words("cities_says")),
        (ask.address("/table"), words("table_title"), words("table_says")),
        (ask.address("/revisions"), words("revisions_title"), words("revisions_says")),
        (ask.address("/completeness"), words("completeness_title"), words("completeness_says")),
    ]
    newest = bound.newest_period("LL", "quarter")
    if newest is not None:
        links.append((ask.address(f"/report/quarter/{newest.code}"), words("report_of", period=words.period(newest)), ""))
    newest = bound.newest_period("LL", "year")
    if newest is not None:
        links.append((ask.address(f"/report/year/{newest.code}"), words("report_of", period=newest.code), ""))
    return Links(words("look_further"), tuple(links))


def support(ask: Ask) -> Page:
    """Return one support at one place over time: the newest figure, a chart, its state with its date, the table."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, geo, kind, by = ask.named["support"], given["geo"], given["kind"], given["by"]
    level = _level(geo)
    periods = _window(ask, code, kind)
    categories = codes(by)
    lines = [
        (words.category(by, one), [bound.show(Cell(code, period, level, geo, by, one)) for period in periods])
        for one in categories
    ]
    told = [(name, shown) for name, shown in lines if any(one.value for one in shown)] or lines[:1]
    place = words.place(geo)
    title = words("support_title", support=words.support(code), place=place)
    parts: list[Part] = [_newest(ask, Cell(code, periods[-1], level, geo))] if periods else []
    if not periods:
        parts.append(Text((words("nothing_published_here"),)))
    else:
        frame = _frame(words, "chart", title, _trend(words, place, periods, told[0][1]), periods, code)
        drawn = line_chart(frame, [Series(name, [one.value for one in shown]) for name, shown in told])
        names = tuple((f"s{number % 8}", name) for number, (name, _) in enumerate(told))
        parts.append(Chart(Markup(drawn), frame.summary, names if len(told) > 1 else (), _points(words, periods, told)))  # noqa: S704 - of our own
        parts += [Text(_break_notes(words, frame), words("breaks"))] if frame.breaks else []
        parts.append(_over_time(ask, code, periods, told))
    parts.append(Text((words("never_sum"), *_double_count(words, code)), words("how_to_read")))
    sheet = Sheet(
        ("support", "period", "period_kind", "geo_level", "geo", "breakdown", "category", "value", "nothing", "state", "update_id"),
        plain([
            (code, period.code, kind, level, geo, by, one, shown[at].value, shown[at].nothing, shown[at].state, shown[at].update_id)
            for (_, shown), one in zip(lines, categories, strict=True)
            for at, period in enumerate(periods)
        ]),
    )  # fmt: skip
    choices = (
        Choice("geo", words("place"), geo, _places(ask)),
        Choice("kind", words("kind_of_period"), kind, _kinds(ask)),
        Choice("by", words("characteristic"), by, _breakdowns(ask, code)),
    )
    return Page(title, tuple(parts), sheet, choices, words.law(code))


def _breakdowns(ask: Ask, code: str) -> tuple[tuple[str, str], ...]:
    from streams.board.parameters import PUBLIC_BREAKDOWNS  # noqa: PLC0415 - parameters know pages' places too

    _ = code
    return tuple((name, ask.words.breakdown(name)) for name in PUBLIC_BREAKDOWNS)


def _double_count(words: Words, code: str) -> tuple[str, ...]:
    return (words("status_d"),) if code in ("FH", "RMH") else ()


def _newest(ask: Ask, last: Cell) -> Headline:
    """Return the newest published figure of a place, with the mean of the months beside a longer period."""
    bound, words = ask.bound, ask.words
    newest = bound.newest_period(last.support, last.period.kind)
    cell = Cell(last.support, newest or last.period, last.geo_level, last.geo)
    one, change, mean = bound.show(cell), change_of(bound, cell), mean_of_months(bound, cell)
    notes = [words.period(cell.period)]
    if one.nothing:
        notes.append(words.nothing(one.nothing))
    if change is not None:
        notes.append(words("on_a_year_before", change=words.percent(change)))
    if mean is not None:
        notes.append(words("mean_of_months", mean=words.number(mean, 1)))
    notes.append(state_words(words, one))
    return Headline(words("persons_in", place=words.place(cell.geo)), words.shown(one), tuple(notes))


def _over_time(
    ask: Ask, code: str, periods: Sequence[Period], lines: Sequence[tuple[str, Sequence[Shown]]]
) -> Table:
    words = ask.words
    newest_first = range(len(periods) - 1, -1, -1)
    rows = [
        (
            Td(words.period(periods[at])),
            *(cell_of(words, shown[at]) for _, shown in lines),
            Td(state_words(words, lines[0][1][at])),
        )
        for at in newest_first
    ]
    head = (Th(words("period"), number=False), *(Th(name) for name, _ in lines), Th(words("state"), number=False))
    return Table(words("table_of", support=words.support(code)), head, tuple(rows), legend(words, [one for _, shown in lines for one in shown]))


def the_map(ask: Ask) -> Page:
    """Return the map of municipalities of one period: rates where inhabitants are known, counts else."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, by = given["support"], given["by"]
    period = given["period"] or bound.newest_period(code) or Period("month", bound.reference)
    people = bound.population(period.last // MONTHS_PER_YEAR + 1900)
    measure = given["measure"] or ("rate" if people else "count")
    shown = bound.by_place(code, period, "municipality", by)
    rated = measure == "rate" and bool(people)
    values = {geo: _measured(one, people.get(geo), rated=rated) for geo, one in shown.items()}
    told = {geo: value for geo, value in values.items() if value is not None and shown[geo].nothing is None}
    bounds = class_bounds([value for value in told.values() if value > 0], CLASSES)
    drawn = bound.outlines()
    classes = {geo: _area_class(shown.get(geo), told.get(geo), bounds) for geo in drawn.paths}
    decimals = 1 if rated else 0
    title = words("map_of", support=words.support(code), period=words.period(period))
    unit = words("per_thousand") if rated else words("persons")
    summary = words("map_summary", unit=unit, places=len(told), lowest=words.number(min(told.values(), default=0), decimals),
                    highest=words.number(max(told.values(), default=0), decimals))  # fmt: skip
    picture = choropleth(drawn, classes, "map", title, summary)
    parts: list[Part] = [Chart(Markup(picture), summary, _map_legend(words, bounds, classes, decimals), wide=True)]  # noqa: S704 - of our own
    if given["measure"] == "rate" and not people:
        parts.append(Text((words("no_population", year=str(period.last // MONTHS_PER_YEAR + 1900)),)))
    parts += _other_boundaries(ask, drawn.paths, shown)
    parts.append(_map_table(ask, shown, values, people, decimals))
    sheet = Sheet(
        ("support", "period", "geo", "breakdown", "category", "value", "nothing", "population", "per_1000"),
        plain([
            (code, period.code, geo, *by, one.value, one.nothing, people.get(geo), _rate(one, people.get(geo)))
            for geo, one in sorted(shown.items())
        ]),
    )  # fmt: skip
    choices = (
        Choice("support", words("support"), code, _supports(ask)),
        Choice("period", words("period"), period.code),
        Choice("measure", words("measure"), measure, (("rate", words("per_thousand")), ("count", words("persons")))),
    )
    return Page(title, tuple(parts), sheet, choices)


def _measured(one: Shown, people: int | None, *, rated: bool) -> float | None:
    if one.value is None:
        return None
    if not rated:
        return one.value
    return 1000 * one.value / people if people else None


def _rate(one: Shown, people: int | None) -> float | None:
    return None if one.value is None or not people else round(1000 * one.value / people, 4)


def _area_class(one: Shown | None, value: float | None, bounds: Sequence[float]) -> str:
    if one is None or one.nothing is not None:
        return f"n-{(one.nothing if one else None) or 'not_applicable'}"
    if value is None:
        return "n-no_rate"
    return f"q{class_of(value, bounds)}" if value > 0 else "zero"


def _map_legend(words: Words, bounds: Sequence[float], classes: dict[str, str], decimals: int) -> tuple[tuple[str, str], ...]:
    lines = [(f"q{number}", words("from_value", value=words.number(low, decimals))) for number, low in enumerate(bounds)]
    there = set(classes.values())
    lines += [("zero", "0")] if "zero" in there else []
    lines += [(f"n-{kind}", f"{SIGNS[kind]} {words.nothing(kind)}") for kind in KINDS if f"n-{kind}" in there and kind != "not_applicable"]
    if "n-not_applicable" in there:
        lines.append(("n-not_applicable", words("other_boundaries")))
    return tuple(lines)


def _other_boundaries(ask: Ask, areas: dict[str, str], shown: dict[str, Shown]) -> list[Part]:
    """Return which municipalities stood where an area of today did not exist, with their figures, unsummed."""
    words = ask.words
    later = [geo for geo in areas if (one := shown.get(geo)) is not None and one.nothing == "not_applicable"]
    rows = []
    for geo in sorted(later, key=words.place):
        for before, entry in sorted(MUNICIPALITY.items()):
            if entry.successor == geo and before in shown and shown[before].nothing != "not_applicable":
                rows.append((Td(words.place(geo)), Td(words.place(before)), cell_of(words, shown[before])))
    if not rows:
        return []
    head = (Th(words("area_today"), number=False), Th(words("municipality_then"), number=False), Th(words("persons")))
    return [Table(words("other_boundaries"), head, tuple(rows), (words("never_sum"),))]


def _map_table(ask: Ask, shown: dict[str, Shown], values: dict[str, float | None], people: dict[str, int], decimals: int) -> Table:
    words = ask.words
    sort = ask.given["sort"] or "name"
    keys: dict[str, Callable[[str], object]] = {
        "name": words.place,
        "value": lambda geo: values[geo] if values[geo] is not None else -1,
        "persons": lambda geo: shown[geo].value if shown[geo].value is not None else -1,
    }
    if sort.removeprefix("-") not in keys:
        raise bad("sort", f"{sort[:40]!r} is none of {', '.join(keys)}.")
    there = [geo for geo, one in shown.items() if one.nothing != "not_applicable"]
    ordered = sorted(there, key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))  # type: ignore[arg-type]
    rated = decimals > 0
    rows = [
        (
            Td(words.place(geo), ask.address(f"/support/{ask.given['support']}", geo=geo), "m" + geo),
            cell_of(words, shown[geo]),
            Td(_rate_words(words, shown[geo], people.get(geo)), "", "number"),
        )
        for geo in ordered
    ]
    columns = [("name", "municipality"), ("persons", "persons"), ("value", "per_thousand" if rated else "per_thousand")]
    head = tuple(_sorting(ask, name, words(label), sort, number=name != "name") for name, label in columns)
    return Table(words("by_municipality"), head, tuple(rows), legend(words, list(shown.values())))


def _rate_words(words: Words, one: Shown, people: int | None) -> str:
    rate = _rate(one, people) if one.nothing is None else None
    return "" if rate is None else words.number(rate, 1)


def _sorting(ask: Ask, name: str, label: str, sort: str, *, number: bool = True) -> Th:
    """Return the head of a column that sorts: up, then down."""
    way = "ascending" if sort == name else "descending" if sort == f"-{name}" else "none"
    following = f"-{name}" if way == "ascending" or (way == "none" and number) else name
    kept = {key: _text_of(value) for key, value in ask.given.items() if value not in (None, (), "") and key not in ("sort", "page")}
    return Th(label, ask.address(ask.path, **{**kept, "sort": following}), way, number)


def _text_of(value: object) -> str:
    if isinstance(value, Period):
        return value.code
    return ":".join(value) if isinstance(value, tuple) else str(value)


def cities_of(period: Period) -> tuple[str, ...]:
    """Return the codes of the 13 centre cities that are valid at the end of a period, by name of the city."""
    rows = sorted(parameter_table("centrumsteden"), key=lambda row: row["city"])
    return tuple(row["nis"] for row in rows if _valid(row["nis"], period.last))


def _valid(nis: str, month: int) -> bool:
    entry = MUNICIPALITY[nis]
    return entry.first <= month and (entry.last is None or month <= entry.last)


def compare(ask: Ask) -> Page:
    """Return some places beside each other over time, one row a place."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, kind, measure = given["support"], given["kind"], given["measure"] or "rate"
    periods = _window(ask, code, kind)
    newest = bound.newest_period(code, kind) or (periods[-1] if periods else Period("month", bound.reference))
    places = given["geo"] or cities_of(newest)
    if not FEWEST_PLACES <= len(places) <= MOST_PLACES:
        raise bad("geo", f"{FEWEST_PLACES} to {MOST_PLACES} places.")
    shown = {geo: [_of_city(bound, code, period, geo, asked=bool(given["geo"])) for period in periods] for geo in places}
    people = {period.last // MONTHS_PER_YEAR + 1900: None for period in periods}
    inhabitants = {year: bound.population(year) for year in people}

    def measured(geo: str, at: int) -> float | None:
        year = periods[at].last // MONTHS_PER_YEAR + 1900
        return _measured(shown[geo][at], inhabitants[year].get(geo), rated=measure == "rate")

    lines = [Series(words.place(geo), [measured(geo, at) for at in range(len(periods))]) for geo in places]
    title = words("compare_of", support=words.support(code))
    unit = words("per_thousand") if measure == "rate" else words("persons")
    frame = _frame(words, "chart", title, words("compare_summary", places=len(places), unit=unit), periods, code)
    picture = small_multiples(frame, lines, 3 if len(places) > 4 else 2)  # noqa: PLR2004 - a wide picture for few
    parts: list[Part] = [Chart(Markup(picture), frame.summary)]  # noqa: S704 - of our own
    at = periods.index(newest) if newest in periods else len(periods) - 1
    rows = [
        (
            Td(words.place(geo), ask.address(f"/support/{code}", geo=geo)),
            cell_of(words, shown[geo][at]) if periods else Td(""),
            Td(_rate_words(words, shown[geo][at], inhabitants[newest.last // MONTHS_PER_YEAR + 1900].get(geo)) if periods else "", "", "number"),
        )
        for geo in places
    ]
    head = (Th(words("place"), number=False), Th(words("persons")), Th(words("per_thousand")))
    parts.append(Table(words("in_period", period=words.period(newest)), head, tuple(rows), legend(words, [one for line in shown.values() for one in line])))
    missing = [str(year) for year, one in inhabitants.items() if not one]
    if measure == "rate" and missing:
        parts.append(Text((words("no_population", year=", ".join(missing)),)))
    parts.append(Text((words("never_sum"),)))
    sheet = Sheet(
        ("support", "period", "geo", "value", "nothing", "population", "per_1000"),
        plain([
            (code, period.code, geo, one.value, one.nothing, (p := inhabitants[period.last // MONTHS_PER_YEAR + 1900].get(geo)), _rate(one, p))
            for geo in places
            for period, one in zip(periods, shown[geo], strict=True)
        ]),
    )  # fmt: skip
    choices = (
        Choice("support", words("support"), code, _supports(ask)),
        Choice("kind", words("kind_of_period"), kind, _kinds(ask)),
        Choice("measure", words("measure"), measure, (("rate", words("per_thousand")), ("count", words("persons")))),
    )
    return Page(title, tuple(parts), sheet, choices)


def _of_city(bound: Bound, code: str, period: Period, geo: str, *, asked: bool) -> Shown:
    """Return the figure of a place; of a centre city under the code that it had then (Hasselt had two)."""
    level = _level(geo)
    if not asked and level == "municipality" and not _valid(geo, period.last):
        entry = MUNICIPALITY[geo]
        geo = next((old for old, one in MUNICIPALITY.items() if one.successor == geo and old in _CITY_CODES), entry.nis)
    return bound.show(Cell(code, period, level, geo))


_CITY_CODES = frozenset(row["nis"] for row in parameter_table("centrumsteden"))


def the_table(ask: Ask) -> Page:
    """Return figures as a table: places, periods or categories down and across, at most 600 rows and 60 columns."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, kind, by = given["support"], given["kind"], given["by"]
    periods = (given["period"],) if given["period"] else _window(ask, code, kind)
    level = given["level"] or ("kingdom" if not given["geo"] else None)
    places = list(given["geo"]) or [geo for one, geo in PLACES if one == level]
    rows_are, columns_are = given["rows"] or "geo", given["columns"] or ("period" if by == "total" else "category")
    if rows_are == columns_are:
        raise bad("columns", "rows and columns are the same.")
    axes: dict[str, list[str]] = {"geo": places, "period": [one.code for one in periods], "category": list(codes(by))}
    left = next(name for name in axes if name not in (rows_are, columns_are))
    if len(axes[left]) > 1:
        axes[left] = axes[left][-1:] if left == "period" else axes[left][:1]
    start = (given["page"] - 1) * MOST_ROWS
    down, across = axes[rows_are][start : start + MOST_ROWS], axes[columns_are][-MOST_COLUMNS:]
    shown = {
        (row, column): _at(bound, code, by, {rows_are: row, columns_are: column, left: axes[left][0] if axes[left] else ""})
        for row in down
        for column in across
    }
    names: dict[str, Callable[[str], str]] = {
        "geo": words.place,
        "period": lambda period: words.period(Period.parse(period)),
        "category": lambda one: words.category(by, one),
    }
    sort = given["sort"] or ""
    if sort.removeprefix("-") in across:
        column = sort.removeprefix("-")
        down = sorted(down, key=lambda row: shown[row, column].value if shown[row, column].value is not None else -1, reverse=sort.startswith("-"))  # type: ignore[arg-type,return-value]
    elif sort.removeprefix("-") not in ("", "name"):
        raise bad("sort", f"{sort[:40]!r} is no column.")
    elif sort:
        down = sorted(down, key=names[rows_are], reverse=sort.startswith("-"))
    head = (_sorting(ask, "name", words(f"axis_{rows_are}"), sort, number=False), *(_sorting(ask, one, names[columns_are](one), sort) for one in across))
    body = tuple((Td(names[rows_are](row)), *(cell_of(words, shown[row, column]) for column in across)) for row in down)
    title = words("table_of", support=words.support(code))
    beside = f"{words(f'axis_{left}')}: {names[left](axes[left][0])}" if axes[left] else ""
    parts: list[Part] = [Table(f"{title}. {beside}", head, body, (*legend(words, list(shown.values())), words("never_sum")))]
    pages = -(-len(axes[rows_are]) // MOST_ROWS)
    if pages > 1:
        parts.append(Links(words("further_pages"), tuple((ask.address(ask.path, support=code, kind=kind, level=level, by=by, page=one), str(one), "") for one in range(1, pages + 1))))
    sheet = Sheet(
        ("support", rows_are, columns_are, left, "breakdown", "value", "nothing", "state", "update_id"),
        plain([
            (code, row, column, axes[left][0] if axes[left] else "", by, one.value, one.nothing, one.state, one.update_id)
            for (row, column), one in shown.items()
        ]),
    )  # fmt: skip
    levels = tuple((one, words.level(one)) for one in ("kingdom", "region", "province", "arrondissement", "municipality"))
    choices = (
        Choice("support", words("support"), code, _supports(ask)),
        Choice("kind", words("kind_of_period"), kind, _kinds(ask)),
        Choice("level", words("level"), level or "", levels),
        Choice("by", words("characteristic"), by, _breakdowns(ask, code)),
    )
    return Page(title, tuple(parts), sheet, choices)


def _at(bound: Bound, code: str, by: str, named: dict[str, str]) -> Shown:
    geo, period, category = named["geo"], named["period"], named["category"]
    if not (geo and period and category):
        return Shown(None, "waiting", None, None, None)
    return bound.show(Cell(code, Period.parse(period), _level(geo), geo, by, category))


def revisions(ask: Ask) -> Page:
    """Return how a figure became what it is: each release that told it otherwise; or all that changed between two."""
    return _between(ask, *ask.given["between"]) if ask.given["between"] else _story(ask)


def _story(ask: Ask) -> Page:
    bound, words, given = ask.bound, ask.words, ask.given
    code = given["support"]
    period = given["period"] or bound.newest_period(code) or Period("month", bound.reference)
    told = [one for one in bound.history().get((code, period.code), []) if one[0] <= bound.number]
    values = [(number, value) for number, _, _, value in told if value is not None]
    changes = [pair for place, pair in enumerate(values) if not place or values[place - 1][1] != pair[1]]
    title = words("revisions_of", support=words.support(code), period=words.period(period))
    parts: list[Part] = []
    if changes:
        (_, first), (_, newest) = changes[0], changes[-1]
        notes = (words("first_value", value=words.number(first)), words("times_revised", number=len(changes) - 1))
        parts.append(Headline(words("newest_value"), words.number(newest), notes))
    else:
        parts.append(Text((state_words(words, bound.show(Cell(code, period, "kingdom", KINGDOM))),)))
    rows = [
        (Td(str(number), ask.address(f"/support/{code}", wanted=str(number))), Td(words.state(state)), Td(update or ""),
         Td("…" if value is None else words.number(value), "", "number" if value is not None else "nothing"))
        for number, state, update, value in reversed(told)
    ]  # fmt: skip
    head = tuple(Th(words(name), number=name == "value") for name in ("release", "state", "update", "value"))
    parts += [Table(words("each_release"), head, tuple(rows)), *_triangle(ask, code)]
    parts.append(Text((words("revisions_explained"),)))
    sheet = Sheet(("support", "period", "release", "state", "update_id", "value"), plain([(code, period.code, *one) for one in told]))
    choices = (Choice("support", words("support"), code, _supports(ask)), Choice("period", words("period"), period.code))
    return Page(title, tuple(parts), sheet, choices)


def _triangle(ask: Ask, code: str) -> list[Part]:
    """Return months against releases: what each said of each, the last three years of releases unless all are asked."""
    bound, words = ask.bound, ask.words
    months = bound.periods(code, "month")[-24:]
    numbers = [number for number in _releases(bound) if ask.given["all"] or number > bound.number - HEAT_RELEASES]
    known = bound.history()
    rows = []
    for period in reversed(months):
        told = known.get((code, period.code), [])
        cells = [Td(words.period(period))]
        before: int | None = None
        for number in numbers:
            value = next((one[3] for one in reversed(told) if one[0] <= number), None)
            moved = value is not None and before is not None and value != before
            cells.append(Td("" if value is None else words.number(value), "", "number moved" if moved else "number"))
            before = value if value is not None else before
        rows.append(tuple(cells))
    if not rows or not numbers:
        return []
    head = (Th(words("period"), number=False), *(Th(str(number)) for number in numbers))
    return [Table(words("triangle"), head, tuple(rows), (words("triangle_note"),))]


def _releases(bound: Bound) -> list[int]:
    numbers = {one[0] for told in bound.history().values() for one in told}
    return sorted(number for number in numbers if number <= bound.number)


def _between(ask: Ask, first: int, second: int) -> Page:
    words, bound = ask.words, ask.bound
    if second > bound.number:
        raise bad("between", f"release {second} is not there; {bound.number} is the newest of this page.")
    rows, plain_rows = [], []
    for (code, period), told in sorted(bound.history().items()):
        then = next((one[3] for one in reversed(told) if one[0] <= first), None)
        now = next((one[3] for one in reversed(told) if one[0] <= second), None)
        if now is None or now == then:
            continue
        rows.append((Td(words.support(code)), Td(words.period(Period.parse(period))),
                     Td("…" if then is None else words.number(then), "", "number"), Td(words.number(now), "", "number")))  # fmt: skip
        plain_rows.append((code, period, then, now))
    head = tuple(Th(text, number=place > 1) for place, text in enumerate((words("support"), words("period"), str(first), str(second))))
    title = words("between_releases", first=first, second=second)
    shown = tuple(rows[:MOST_ROWS])
    notes = (words("so_many_more", number=len(rows) - len(shown)),) if len(rows) > len(shown) else ()
    parts: tuple[Part, ...] = (Headline(words("figures_changed"), words.number(len(rows))), Table(title, head, shown, notes))
    return Page(title, parts, Sheet(("support", "period", f"release_{first}", f"release_{second}"), plain(plain_rows)))


def cities(ask: Ask) -> Page:
    """Return the 13 centre cities side by side: persons, rate, entries, and who left to work."""
    words, bound = ask.words, ask.bound
    newest = bound.newest_period("LL", "year") or Period("year", bound.reference // 12 * 12 - 1)
    period = Period("year", (ask.given["year"] - 1900) * 12 + 11) if ask.given["year"] else newest
    places = [*cities_of(period), "02000", KINGDOM]
    table = _indicators_of(bound, period)
    people = bound.population(period.last // MONTHS_PER_YEAR + 1900)
    rows, sheet_rows = [], []
    for geo in places:
        one = bound.show(Cell("LL", period, _level(geo), geo))
        told = table.get(geo, {})
        rate = _rate(one, people.get(geo)) if one.nothing is None else None
        rows.append((Td(words.place(geo), ask.address(f"/cities/{geo}", year=ask.given["year"]) if geo in _CITY_CODES else ""), cell_of(words, one),
                     Td("" if rate is None else words.number(rate, 1), "", "number"), *_counted(words, told)))  # fmt: skip
        sheet_rows.append((period.code, geo, one.value, one.nothing, rate, told.get("entries"), told.get("again"), told.get("to_work")))
    head = (Th(words("place"), number=False), *(Th(words(name)) for name in ("persons_year", "per_thousand", "entries", "again_share", "work_share")))
    title = words("cities_of", year=period.code)
    bars = [Bar(words.place(geo), row[4], "" if row[4] is None else words.number(row[4], 1)) for geo, row in zip(places, sheet_rows, strict=True)]
    parts: list[Part] = []
    if any(bar.value is not None for bar in bars):
        parts.append(Chart(Markup(bar_chart("bars", title, words("per_thousand"), bars)), words("per_thousand")))  # noqa: S704 - of our own
    parts.append(Table(title, head, tuple(rows), (words("cities_note"), words("never_sum"))))
    sheet = Sheet(("year", "geo", "persons", "nothing", "per_1000", "entries", "again_percent", "to_work_percent"), plain(sheet_rows))
    return Page(title, tuple(parts), sheet, (Choice("year", words("year"), period.code),))


def _counted(words: Words, told: dict[str, float]) -> tuple[Td, Td, Td]:
    entries = told.get("entries")
    shares = [told.get(name) for name in ("again", "to_work")]
    return (
        Td("…" if entries is None else words.number(entries), "", "nothing" if entries is None else "number"),
        *(Td("…" if one is None else f"{words.number(one, 1)}\u00a0%", "", "nothing" if one is None else "number") for one in shares),  # type: ignore[return-value]
    )


def _indicators_of(bound: Bound, year: Period) -> dict[str, dict[str, float]]:
    """Return by place: entries of a year, the share that came again, the share of those who left who worked a year on."""
    found: dict[str, dict[str, float]] = {}
    for row in _rows_of(bound, "indicators", "reentry", "spells_own_g0", year.code):
        told = found.setdefault(row["geo"], {})
        if row["base"]:
            told["entries"] = row["base"]
            if row["category"] not in ("1", "unknown"):
                told["again"] = told.get("again", 0) + 100 * row["count"] / row["base"]
    months = [month_code(month) for month in range(year.first, year.last + 1)]
    worked: dict[str, list[int]] = {}
    for month in months:
        for row in _rows_of(bound, "outcomes", "exit_to_work", "own_x12_g0", month):
            if row["category"] == "work":
                sums = worked.setdefault(row["geo"], [0, 0])
                sums[0], sums[1] = sums[0] + row["count"], sums[1] + row["base"]
    for geo, (count, base) in worked.items():
        if base:
            found.setdefault(geo, {})["to_work"] = 100 * count / base
    return found


def _rows_of(bound: Bound, family: str, indicator: str, method: str, reference: str) -> list[dict[str, object]]:
    import pyarrow.compute as pc  # noqa: PLC0415 - few pages need it

    table = bound.indicators(family)
    chosen = (pc.field("indicator") == indicator) & (pc.field("method") == method) & (pc.field("reference") == reference)
    rows: list[dict[str, object]] = table.filter(chosen).to_pylist()
    return rows


def city(ask: Ask) -> Page:
    """Return one centre city: its persons over time, and its indicators of a year."""
    geo = ask.named["nis"]
    if geo not in _CITY_CODES:
        raise ProblemError("unknown", f"{geo[:20]} is none of the 13 centre cities.")
    bound, words = ask.bound, ask.words
    given = {"geo": geo, "kind": "month", "by": "total", "from": None, "to": None, "last": None}
    series = support(Ask(bound, words, ask.wanted, ask.path, given, "", {"support": "LL"}))
    newest = bound.newest_period("LL", "year") or Period("year", bound.reference // 12 * 12 - 1)
    period = Period("year", (ask.given["year"] - 1900) * 12 + 11) if ask.given["year"] else newest
    told = _indicators_of(bound, period).get(geo, {})
    head = tuple(Th(words(name)) for name in ("year", "entries", "again_share", "work_share"))
    table = Table(words("indicators_of", year=period.code), head, ((Td(period.code), *_counted(words, told)),), (words("cities_note"),))
    return Page(words.place(geo), (*series.parts[:2], table, *series.parts[2:]), series.sheet)


def completeness(ask: Ask) -> Page:
    """Return the OCMWs that sent no line of a support, month by month of a year."""
    bound, words, given = ask.bound, ask.words, ask.given
    code = given["support"]
    newest = bound.newest_period(code)
    year = given["year"] or ((newest.last if newest else bound.reference) // 12 + 1900)
    months = [month for month in range((year - 1900) * 12, (year - 1900) * 12 + 12)]
    known = {month: sent for month in months if (sent := bound.completeness(month).get(code)) is not None}
    towns = [geo for level, geo in PLACES if level == "municipality" and geo not in WITHOUT_OCMW]
    there = [geo for geo in towns if any(_valid(geo, month) for month in known)]
    silent = [geo for geo in there if any(_valid(geo, month) and geo not in known[month] for month in known)]
    title = words("completeness_of", support=words.support(code), year=str(year))
    whole = [geo for geo in silent if not any(geo in known[month] for month in known)]
    parts: list[Part] = []
    if known:
        parts.append(Headline(words("without_claim"), words.number(len(whole)), (words("of_ocmws", number=words.number(len(there))), words("months_known", number=len(known)))))
    else:
        parts.append(Text((words("nothing_published_here"),)))
    rows = [
        (Td(words.place(geo), ask.address(f"/support/{code}", geo=geo)), *(_claim(words, known, month, geo) for month in months))
        for geo in sorted(silent, key=words.place)
    ]
    head = (Th(words("ocmw"), number=False), *(Th(month_code(month), number=False) for month in months))
    parts.append(Table(title, head, tuple(rows[:MOST_ROWS]), (words("completeness_note"),)))
    sheet = Sheet(("support", "month", "geo", "claim"), plain([
        (code, month_code(month), geo, "sent" if geo in known[month] else "no_claim") for month in known for geo in there if _valid(geo, month)
    ]))  # fmt: skip
    choices = (Choice("support", words("support"), code, _supports(ask)), Choice("year", words("year"), str(year)))
    return Page(title, tuple(parts), sheet, choices)


def _claim(words: Words, known: dict[int, frozenset[str]], month: int, geo: str) -> Td:
    if month not in known:
        return Td("…", "", "nothing", words.nothing("waiting"))
    if not _valid(geo, month):
        return Td("/", "", "nothing", words.nothing("not_applicable"))
    return Td("+", "", "", words("sent")) if geo in known[month] else Td("-", "", "nothing", words.nothing("no_claim"))


def definitions(ask: Ask) -> Page:
    """Return what the words mean, as frozen with the release."""
    words = ask.words
    supports = ask.bound.supports()
    rows = [(Td(code), Td(words.support(code)), Td(words.law(code)), Td(f"M-{words.delay(code)}")) for code in supports]
    head = tuple(Th(words(name), number=False) for name in ("code", "support", "act", "delay"))
    texts = [Text((words(f"define_{name}"),), words(f"define_{name}_title")) for name in
             ("beneficiary", "periods", "stable", "revision", "places", "sum", "mean", "rate", "privacy")]  # fmt: skip
    signs = tuple((Td(SIGNS[kind]), Td(words.nothing(kind)), Td(words(f"define_{kind}"))) for kind in KINDS)
    nothing_head = (Th(words("sign"), number=False), Th(words("word"), number=False), Th(words("meaning"), number=False))
    breaks = _breaks_of(ask)
    categories = [
        (Td(words.breakdown(name)), Td(", ".join(words.category(name, one) for one in codes(name))))
        for name in ("sex", "age5", "age13", "household", "nationality_group", "status")
    ]
    parts: list[Part] = [
        *texts[:4],
        Table(words("kinds_of_nothing"), nothing_head, signs, (words("zero_is_zero"),)),
        *texts[4:],
        Table(words("all_supports"), head, tuple(rows)),
        Table(words("characteristics"), (Th(words("characteristic"), number=False), Th(words("categories"), number=False)), tuple(categories)),
        Table(words("breaks"), (Th(words("from_month"), number=False), Th(words("what_changed"), number=False)), breaks),
    ]  # fmt: skip
    sheet = Sheet(("code", "label", "act", "delay"), plain([(code, words.support(code), words.law(code), words.delay(code)) for code in supports]))
    return Page(words("definitions_title"), tuple(parts), sheet, lead=words("definitions_lead"))


def _breaks_of(ask: Ask) -> tuple[tuple[Td, ...], ...]:
    found = ask.bound.document("definitions")["documents"]["breaks"]["breaks"]
    return tuple((Td(str(one["month"])), Td(one["text"][ask.words.language])) for one in found)


def access(ask: Ask) -> Page:
    """Return how to get at the figures otherwise: files, interfaces for programs, other zones."""
    words = ask.words
    api = f"/api/v1/{'latest' if ask.wanted == 'latest' else f'release/{ask.wanted}'}"
    links = (
        (f"{api}/figures?support=LL&level=region&last=12", words("api_figures"), "JSON, CSV, JSON-stat"),
        (f"{api}/sdmx/2.1/data/SUPPORT_MEASURES/LL.month.kingdom.01000.total.total", words("api_sdmx"), "SDMX 2.1"),
        (f"{api}/manifest", words("api_manifest"), "JSON"),
        (f"{api}/changes", words("api_changes"), "JSON"),
        ("/openapi.json", words("api_openapi"), "OpenAPI 3.1"),
        ("/api/v1/releases", words("api_releases"), "JSON"),
    )
    parts: tuple[Part, ...] = (
        Links(words("for_programs"), links),
        Text((words("files_beside"),), words("files_title")),
        Text((words("recount_text"),), words("recount_title"), "ocmw recount claims.avro --store store --sample 1"),
        Text((words("zones_text"),), words("zones_title")),
        Text((words("accessibility_text"),), words("accessibility_title")),
        Text((words("licence_text"),), words("licence_title")),
    )
    sheet = Sheet(("address", "what", "form"), plain(links))
    return Page(words("access_title"), parts, sheet)


def seal(ask: Ask) -> Page:
    """Return the seal of the release, and the command that verifies it."""
    words, manifest = ask.words, ask.bound.manifest
    data = ask.bound.source.seal_bytes(ask.bound.number)
    told = json.loads(data) if data else None
    files = words.number(len(manifest.files))
    parts: list[Part] = [
        Headline(words("seal_of", number=manifest.release), words("sealed") if told else words("unsealed"), (words("files_named", number=files),))
    ]
    if manifest.approval:
        approval = manifest.approval
        parts.append(Text((words("approved", by=approval.by, reference=approval.reference, at=approval.approved_at),)))
    if told:
        rows = tuple((Td(name), Td(str(value), "", "code")) for name, value in told.items())
        parts.append(Table(words("seal"), (Th(words("field"), number=False), Th(words("value"), number=False)), rows))
    parts.append(Text((words("verify_text"),), words("verify_title"), "ocmw verify --store copy --key seal.pub"))
    sheet = Sheet(("file", "bytes"), plain(sorted(manifest.files.items())))
    return Page(words("seal_title"), tuple(parts), sheet)


def today_of(bound: Bound) -> date | None:
    """Return the day on which a release was published, None where nobody noted it."""
    told = bound.manifest.published_at
    return date.fromisoformat(told[:10]) if told else None
