"""What several pages share: cells of tables, windows of time, fields of forms, the state of a figure in words."""

import json
from collections.abc import Sequence

from processors.board.nothing import KINDS, Cell
from schemas.breaks import breaks_in
from schemas.parameters import table as parameter_table
from schemas.periods import LENGTH, MONTHS_PER_YEAR, Period, PeriodKind
from schemas.places import KINGDOM, MUNICIPALITY, PLACES
from sinks.svg.charts import Frame
from streams.board.library import Bound, CellShown, level_of, years_before
from streams.board.page import Ask, Td, Th
from streams.board.problems import bad
from streams.board.words import Words

LAST_MONTHS, LAST_YEARS = 120, 20
MOST_ROWS, MOST_COLUMNS = 600, 60
CITY_CODES = frozenset(row["nis"] for row in parameter_table("centrumsteden"))


def cell_of(words: Words, one: CellShown, href: str = "") -> Td:
    """Return a figure as a cell of a table: its number, or its sign with the word beside it."""
    if one.nothing is not None:
        return Td(words.cell(one), href, "nothing", words.nothing(one.nothing))
    return Td(words.cell(one), href, "number revising" if one.revising else "number", "")


def state_words(words: Words, one: CellShown) -> str:
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
    published = [value for value in values if value is not None]
    return sum(published) / len(published) if len(published) == len(values) else None


def legend(words: Words, cells: Sequence[CellShown]) -> tuple[str, ...]:
    """Return a line for each kind of nothing that occurs, sign and word, and one for what is under revision."""
    there = {one.nothing for one in cells}
    lines = [words.marks(kind) for kind in KINDS if kind in there]
    return (*lines, *([words("mark_r")] if any(one.revising for one in cells) else []))


def level_at(geo: str) -> str:
    """Return the level of a NIS code. Raises ProblemError for none."""
    level = level_of(geo)
    if level is None:
        raise bad("geo", "no NIS code of a place.")
    return level


def support_choices(ask: Ask) -> tuple[tuple[str, str], ...]:
    """Return the supports to choose from."""
    return tuple((code, ask.words.support(code)) for code in ask.bound.supports())


def place_choices(ask: Ask) -> tuple[tuple[str, str], ...]:
    """Return the places to choose from: Belgium, areas, then the municipalities of today by name."""
    named = [(geo, ask.words.place(geo)) for level, geo in PLACES if level != "municipality"]
    towns = [
        (geo, ask.words.place(geo))
        for level, geo in PLACES
        if level == "municipality" and MUNICIPALITY[geo].last is None
    ]
    first = [(KINGDOM, ask.words.place(KINGDOM))]
    areas = sorted((one for one in named if one[0] != KINGDOM), key=lambda one: one[0])
    return (*first, *areas, *sorted(towns, key=lambda one: one[1]))


def kind_choices(ask: Ask) -> tuple[tuple[str, str], ...]:
    """Return the kinds of period to choose from."""
    return tuple((kind, ask.words.kind(kind)) for kind in LENGTH)


def window(ask: Ask, support: str, kind: PeriodKind) -> tuple[Period, ...]:
    """Return the periods that are asked for: from, to, or the last hundred and twenty months (twenty years)."""
    periods = ask.bound.periods(support, kind)
    first, last = ask.given.get("from"), ask.given.get("to")
    if first is not None and last is not None and first > last:
        raise bad("from", "it lies after to.")
    if first is not None or last is not None:
        chosen = [
            one for one in periods if (first is None or one.last >= first) and (last is None or one.first <= last)
        ]
        return tuple(chosen[-600:])
    most = LAST_MONTHS if kind == "month" else LAST_YEARS * (MONTHS_PER_YEAR // LENGTH[kind])
    if kind == "rolling_year":
        most = LAST_MONTHS
    return periods[-ask.given["last"] :] if ask.given.get("last") else periods[-most:]


def frame_of(  # noqa: PLR0913, PLR0917 - each is said beside the lines
    words: Words, name: str, title: str, summary: str, periods: Sequence[Period], support: str
) -> Frame:
    """Return the frame of a chart over some periods, with the breaks that it crosses."""
    breaks = breaks_in(support, periods[0].first, periods[-1].last) if periods else ()
    marks = []
    for one in breaks:
        at = next((place for place, period in enumerate(periods) if period.last >= one.month), None)
        if at:
            marks.append((at, one.text[words.language]))
    return Frame(name, title, summary, [one.code for one in periods], words.number, marks)


def trend(words: Words, name: str, periods: Sequence[Period], cells: Sequence[CellShown]) -> str:
    """Return one sentence that says what a line does."""
    published = [(period, one.value) for period, one in zip(periods, cells, strict=True) if one.value is not None]
    if not published:
        hides = any(one.nothing == "suppressed" for one in cells) and words.hiding
        return words("nothing_shown_here" if hides else "nothing_published_here")
    (first, then), (last, now) = published[0], published[-1]
    lowest, highest = min(value for _, value in published), max(value for _, value in published)
    return words(
        "trend",
        name=name,
        first=words.period(first),
        then=words.number(then),
        last=words.period(last),
        now=words.number(now),
        lowest=words.number(lowest),
        highest=words.number(highest),
    )


def points(words: Words, periods: Sequence[Period], lines: Sequence[tuple[str, Sequence[CellShown]]]) -> str:
    """Return what the script shows beside the pointer: a label for each place of the axis."""
    labels = []
    for at, period in enumerate(periods):
        values = [f"{name}: {_spoken(words, cells[at])}" for name, cells in lines]
        labels.append(f"{words.period(period)} · {' · '.join(values)}")
    return json.dumps(labels, ensure_ascii=False)


def _spoken(words: Words, one: CellShown) -> str:
    return words.nothing(one.nothing) if one.nothing else words.cell(one)


def break_notes(words: Words, frame: Frame) -> tuple[str, ...]:
    """Return what changed at each break of a chart."""
    return tuple(words("break_at", place=frame.places[at], text=text) for at, text in frame.breaks)


def breakdown_choices(ask: Ask, code: str) -> tuple[tuple[str, str], ...]:
    """Return the characteristics to choose from."""
    from streams.board.parameters import PUBLIC_BREAKDOWNS  # noqa: PLC0415 - parameters know pages' places too

    _ = code
    return tuple((name, ask.words.breakdown(name)) for name in PUBLIC_BREAKDOWNS)


def measured_value(one: CellShown, people: int | None, *, rated: bool) -> float | None:
    """Return the persons of a figure, or persons by 1,000 inhabitants; None for nothing."""
    if one.value is None:
        return None
    if not rated:
        return one.value
    return 1000 * one.value / people if people else None


def rate_of(one: CellShown, people: int | None) -> float | None:
    """Return persons by 1,000 inhabitants, None where either is unknown."""
    return None if one.value is None or not people else round(1000 * one.value / people, 4)


def rate_words(words: Words, one: CellShown, people: int | None) -> str:
    """Return that rate in words, empty where there is none."""
    rate = rate_of(one, people) if one.nothing is None else None
    return "" if rate is None else words.number(rate, 1)


def sorting(ask: Ask, name: str, label: str, sort: str, *, number: bool = True) -> Th:
    """Return the head of a column that sorts: up, then down."""
    way = "ascending" if sort == name else "descending" if sort == f"-{name}" else "none"
    following = f"-{name}" if way == "ascending" or (way == "none" and number) else name
    kept = {
        key: _text_of(value)
        for key, value in ask.given.items()
        if value not in (None, (), "") and key not in ("sort", "page")
    }
    return Th(label, ask.address(ask.path, **{**kept, "sort": following}), way, number)


def _text_of(value: object) -> str:
    if isinstance(value, Period):
        return value.code
    return ":".join(value) if isinstance(value, tuple) else str(value)


def cities_of(period: Period) -> tuple[str, ...]:
    """Return the codes of the 13 centre cities that are valid at the end of a period, by name of the city."""
    rows = sorted(parameter_table("centrumsteden"), key=lambda row: row["city"])
    return tuple(row["nis"] for row in rows if is_valid(row["nis"], period.last))


def is_valid(nis: str, month: int) -> bool:
    """Tell whether a municipality code is valid in a month."""
    entry = MUNICIPALITY[nis]
    return entry.first <= month and (entry.last is None or month <= entry.last)
