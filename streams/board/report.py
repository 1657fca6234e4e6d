"""The report (quarterly and yearly): fixed statistics, always in the same order, of one release."""

from markupsafe import Markup

from processors.board.editions import Revised, revised_since
from processors.board.nothing import Cell
from schemas.breakdowns import codes
from schemas.periods import Period
from schemas.places import KINGDOM, PLACES
from sinks.svg.charts import Series, line_chart
from streams.board.library import Bound
from streams.board.page import Ask, Chart, Headline, Links, Page, Part, Sheet, Table, Td, Text, Th, plain
from streams.board.pages.cities import counted_cells, indicators_of_year, note_on_hidden
from streams.board.pages.shared import (
    cell_of,
    change_of,
    cities_of,
    frame_of,
    legend,
    level_at,
    mean_of_months,
    rate_of,
    state_words,
    trend,
)
from streams.board.problems import ProblemError
from streams.board.words import Words

_QUARTERS, _YEARS = 20, 10
_MOST_REVISED = 40


def quarter(ask: Ask) -> Page:
    """Return the report of a quarter."""
    return _report(ask, _period_of_report(ask, "quarter"))


def year(ask: Ask) -> Page:
    """Return the report of a year."""
    return _report(ask, _period_of_report(ask, "year"))


def _period_of_report(ask: Ask, kind: str) -> Period:
    text = ask.named["period"]
    try:
        period = Period.parse(text)
    except ValueError:
        raise ProblemError("unknown", f"There is no report of {text[:20]!r}.") from None
    if period.kind != kind or ask.bound.figure("LL", period) is None:
        raise ProblemError("unknown", f"There is no report of {text[:20]!r} in release {ask.bound.number}.")
    return period


def _report(ask: Ask, period: Period) -> Page:
    words, bound = ask.words, ask.bound
    rows, sheet_rows = [], []
    for code in bound.supports():
        cell = Cell(code, period, "kingdom", KINGDOM)
        one, change, mean = bound.show(cell), change_of(bound, cell), mean_of_months(bound, cell)
        rows.append(
            (
                Td(words.support(code), ask.address(f"/support/{code}", kind=period.kind)),
                cell_of(words, one),
                Td("" if mean is None else words.number(mean, 1), "", "number"),
                Td("" if change is None else words.percent(change), "", "number"),
                Td(state_words(words, one)),
            )
        )
        sheet_rows.append((code, period.code, one.value, one.nothing, mean, change))
    title = words("report_of", period=words.period(period))
    published = _published(bound, period)
    how_far = words("so_many_supports", published=published, all=len(bound.supports()))
    head = tuple(
        Th(words(name), number=place in (1, 2, 3))
        for place, name in enumerate(("support", "persons", "mean_head", "change_year", "state"))
    )
    parts: list[Part] = [
        Headline(how_far, words("edition_final" if is_final(bound, period) else "edition_open"), _edition(ask, period)),
        Table(words("report_supports"), head, tuple(rows), (words("never_sum"),)),
        *(_composition(ask, code, period) for code in ("LL", "FH")),
        _areas(ask, period),
        *(_chart(ask, code, period) for code in ("LL", "FH")),
        _cities(ask, period),
        _revised(ask, period),
        Text((words("definitions_lead"), words("report_end")), words("definitions_title")),
        *_stored(ask, period),
    ]
    sheet = Sheet(("support", "period", "value", "nothing", "mean_of_months", "change_percent"), plain(sheet_rows))
    return Page(title, tuple(parts), sheet, lead=words("report_lead"))


def is_final(bound: Bound, period: Period) -> bool:
    """Tell whether every support of a period is published, so that its report is the final one."""
    return _published(bound, period) == len(bound.supports())


def _published(bound: Bound, period: Period) -> int:
    cells = (Cell(code, period, "kingdom", KINGDOM) for code in bound.supports())
    return sum(bound.show(cell).nothing != "waiting" for cell in cells)


def _edition(ask: Ask, period: Period) -> tuple[str, ...]:
    """Return the sentence that says which edition stands, none where the release came with no report of it."""
    edition = ask.bound.manifest.reports.get(period.code)
    return () if edition is None else (ask.words("edition_of", edition=edition.edition, release=edition.release),)


def _stored(ask: Ask, period: Period) -> tuple[Links, ...]:
    """Return links to the edition as it was stored with its release."""
    edition = ask.bound.manifest.reports.get(period.code)
    if edition is None or not edition.files:
        return ()
    note = f"HTML, release {edition.release}"
    links = tuple((f"/files/{sha256}", language, note) for language, sha256 in edition.files.items())
    return (Links(ask.words("edition_stored"), links),)


def _composition(ask: Ask, code: str, period: Period) -> Table:
    """Return a support by sex, age, household and nationality group; that of foreigners by status too."""
    words, bound = ask.words, ask.bound
    names = ["sex", "age5", "household", "nationality_group", *(["status"] if code == "FH" else [])]
    rows, all_shown = [], []
    for name in names:
        for category in codes(name):
            one = bound.show(Cell(code, period, "kingdom", KINGDOM, name, category))
            if one.nothing == "not_applicable" or (one.value == 0 and one.nothing is None):
                continue
            all_shown.append(one)
            rows.append((Td(words.breakdown(name)), Td(words.category(name, category)), cell_of(words, one)))
    head = (Th(words("characteristic"), number=False), Th(words("axis_category"), number=False), Th(words("persons")))
    return Table(words("composition_of", support=words.support(code)), head, tuple(rows), legend(words, all_shown))


def _areas(ask: Ask, period: Period) -> Table:
    words, bound = ask.words, ask.bound
    people = bound.population(period.last // 12 + 1900)
    levels = ("region", "province", *(["arrondissement"] if period.kind == "year" else []))
    rows = []
    for level in levels:
        for geo in (geo for one, geo in PLACES if one == level):
            cells = [bound.show(Cell(code, period, level, geo)) for code in ("LL", "FH")]
            rate = rate_of(cells[0], people.get(geo))
            rows.append(
                (
                    Td(words.place(geo)),
                    *(cell_of(words, one) for one in cells),
                    Td("" if rate is None else words.number(rate, 1), "", "number"),
                )
            )
    head = (
        Th(words("place"), number=False),
        Th(words.support("LL")),
        Th(words.support("FH")),
        Th(words("per_thousand")),
    )
    return Table(words("report_areas"), head, tuple(rows), (words("never_sum"),))


def _chart(ask: Ask, code: str, period: Period) -> Chart:
    words, bound = ask.words, ask.bound
    most = _QUARTERS if period.kind == "quarter" else _YEARS
    periods = [one for one in bound.periods(code, period.kind) if one <= period][-most:]
    cells = [bound.show(Cell(code, one, "kingdom", KINGDOM)) for one in periods]
    name = words.support(code)
    frame = frame_of(words, f"chart-{code}", name, trend(words, name, periods, cells), periods, code)
    return Chart(Markup(line_chart(frame, [Series(name, [one.value for one in cells])])), frame.summary)  # noqa: S704 - of our own


def _cities(ask: Ask, period: Period) -> Table:
    words, bound = ask.words, ask.bound
    counts = indicators_of_year(bound, Period("year", period.last // 12 * 12 + 11))
    rows = []
    for geo in cities_of(period):
        one = bound.show(Cell("LL", period, level_at(geo), geo))
        rows.append((Td(words.place(geo)), cell_of(words, one), *counted_cells(words, counts.get(geo, {}))))
    head = (
        Th(words("place"), number=False),
        *(Th(words(name)) for name in ("persons", "entries", "again_share", "work_share")),
    )
    hidden = note_on_hidden(words, (counts.get(geo, {}) for geo in cities_of(period)))
    return Table(words("cities_title"), head, tuple(rows), (words("cities_note"), *hidden))


def _revised(ask: Ask, period: Period) -> Table:
    """Return what is revised since the edition before, or since the one that stands where a later release is looked at.

    Where there is none: since the release before.
    """
    words, bound = ask.words, ask.bound
    edition = bound.manifest.reports.get(period.code)
    since = None if edition is None else edition.release if edition.release < bound.number else edition.previous
    if since is None:
        changes = (one for one in bound.document("changes") if one["kind"] == "revised" and {"from", "to"} <= set(one))
        moved = (Revised(one["support"], one["period"], one["from"], one["to"]) for one in changes)
        revised = [one for one in moved if one.before != one.now]
        caption = words("report_revised")
    else:
        revised = [one for one in revised_since(bound.history(), since) if _is_told(Period.parse(one.period), period)]
        caption = words("report_revised_since", release=since)
    names = (("support", False), ("period", False), ("first_value_head", True), ("newest_value", True))
    head = tuple(Th(words(name), number=is_number) for name, is_number in names)
    return Table(caption, head, tuple(_row(words, one) for one in revised[:_MOST_REVISED]))


def _is_told(one: Period, period: Period) -> bool:
    """Tell whether the report of a period tells a figure of another one: of its kind, or a month in it."""
    return one.kind == period.kind or (one.kind == "month" and period.first <= one.last <= period.last)


def _row(words: Words, one: Revised) -> tuple[Td, ...]:
    values = (Td(words.number(value), "", "number") for value in (one.before, one.now))
    return (Td(words.support(one.support)), Td(words.period(Period.parse(one.period))), *values)
