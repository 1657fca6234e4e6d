"""One support at one place over time."""

from collections.abc import Sequence

from markupsafe import Markup

from processors.board.nothing import Cell
from schemas.breakdowns import codes
from schemas.periods import Period
from sinks.svg.charts import Series, line_chart
from streams.board.library import CellShown
from streams.board.page import (
    FIGURE_COLUMNS,
    Ask,
    Chart,
    Choice,
    Headline,
    Page,
    Part,
    Sheet,
    Table,
    Td,
    Text,
    Th,
    plain,
)
from streams.board.pages.shared import (
    break_notes,
    breakdown_choices,
    cell_of,
    change_of,
    frame_of,
    kind_choices,
    legend,
    level_at,
    mean_of_months,
    place_choices,
    points,
    state_words,
    trend,
    window,
)
from streams.board.words import Words


def support(ask: Ask) -> Page:
    """Return one support at one place over time: the newest figure, a chart, its state with its date, the table."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, geo, kind, by = ask.named["support"], given["geo"], given["kind"], given["by"]
    level = level_at(geo)
    periods = window(ask, code, kind)
    categories = codes(by)
    lines = [
        (words.category(by, one), [bound.show(Cell(code, period, level, geo, by, one)) for period in periods])
        for one in categories
    ]
    with_values = [(name, cells) for name, cells in lines if any(one.value for one in cells)] or lines[:1]
    place = words.place(geo)
    title = words("support_title", support=words.support(code), place=place)
    parts: list[Part] = [_newest(ask, Cell(code, periods[-1], level, geo))] if periods else []
    if not periods:
        parts.append(Text((words("nothing_published_here"),)))
    else:
        frame = frame_of(words, "chart", title, trend(words, place, periods, with_values[0][1]), periods, code)
        drawn = line_chart(frame, [Series(name, [one.value for one in cells]) for name, cells in with_values])
        names = tuple((f"s{number % 8}", name) for number, (name, _) in enumerate(with_values))
        beside = names if len(with_values) > 1 else (), points(words, periods, with_values)
        parts.append(Chart(Markup(drawn), frame.summary, *beside))  # noqa: S704 - of our own
        parts += [Text(break_notes(words, frame), words("breaks"))] if frame.breaks else []
        parts.append(_over_time(ask, code, periods, with_values))
    told_apart = _students_unknown(ask, code, periods)
    parts.append(Text((words("never_sum"), *double_count(words, code), *told_apart), words("how_to_read")))
    sheet = Sheet(
        FIGURE_COLUMNS,
        plain(
            [
                (
                    code,
                    period.code,
                    kind,
                    level,
                    geo,
                    by,
                    one,
                    cells[at].value,
                    cells[at].nothing,
                    cells[at].state,
                    cells[at].update_id,
                )
                for (_, cells), one in zip(lines, categories, strict=True)
                for at, period in enumerate(periods)
            ]
        ),
    )
    choices = (
        Choice("geo", words("place"), geo, place_choices(ask)),
        Choice("kind", words("kind_of_period"), kind, kind_choices(ask)),
        Choice("by", words("characteristic"), by, breakdown_choices(ask, code)),
    )
    return Page(title, tuple(parts), sheet, choices, words.law(code))


def double_count(words: Words, code: str) -> tuple[str, ...]:
    """Return the footnote of supports in which status D counts in each OCMW."""
    return (words("status_d"),) if code in ("FH", "RMH") else ()


def _students_unknown(ask: Ask, code: str, periods: Sequence[Period]) -> tuple[str, ...]:
    """Return the footnote of municipalities of which no form tells students in one of these periods (F4)."""
    figures = (ask.bound.figure(code, period) for period in periods)
    hidden = {nis for figure in figures if figure for nis in figure.hidden}
    return (ask.words("students_unknown", number=ask.words.number(len(hidden))),) if hidden else ()


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
    return Headline(words("persons_in", place=words.place(cell.geo)), words.cell(one), tuple(notes))


def _over_time(
    ask: Ask, code: str, periods: Sequence[Period], lines: Sequence[tuple[str, Sequence[CellShown]]]
) -> Table:
    words = ask.words
    newest_first = range(len(periods) - 1, -1, -1)
    rows = [
        (
            Td(words.period(periods[at])),
            *(cell_of(words, cells[at]) for _, cells in lines),
            Td(state_words(words, lines[0][1][at])),
        )
        for at in newest_first
    ]
    head = (Th(words("period"), number=False), *(Th(name) for name, _ in lines), Th(words("state"), number=False))
    return Table(
        words("table_of", support=words.support(code)),
        head,
        tuple(rows),
        legend(words, [one for _, cells in lines for one in cells]),
    )
