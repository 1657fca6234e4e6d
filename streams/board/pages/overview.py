"""The first page: the newest stable month, all supports, what waits."""

from typing import Any

from processors.board.nothing import Cell
from schemas.periods import Period
from schemas.places import KINGDOM
from streams.board.library import Bound, CellShown
from streams.board.page import Ask, Headline, Links, Page, Part, Sheet, Table, Td, Th, plain
from streams.board.pages.shared import cell_of, change_of, state_words


def overview(ask: Ask) -> Page:
    """Return the first page: the newest stable month of the living wage, then all supports, and what waits."""
    bound, words = ask.bound, ask.words
    parts: list[Part] = []
    rows, codes_of = [], list[tuple[Any, ...]]()
    for code in bound.supports():
        newest = bound.newest_period(code)
        link = ask.address(f"/support/{code}")
        if newest is None:
            waiting = bound.show(Cell(code, _first_waiting(bound, code), "kingdom", KINGDOM))
            rows.append(
                (
                    Td(words.support(code), link),
                    Td("…", "", "nothing", words.nothing("waiting")),
                    Td(""),
                    Td(""),
                    Td(state_words(words, waiting)),
                )
            )
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
    head = tuple(
        Th(words(name), number=place in (1, 3))
        for place, name in enumerate(("support", "persons", "newest_month", "change_year", "what_waits"))
    )
    parts.append(Table(words("all_supports"), head, tuple(rows), (words("never_sum"),)))
    parts.append(_of_the_release(ask))
    sheet = Sheet(("support", "period", "value", "nothing", "change_percent", "earliest"), plain(codes_of))
    return Page(words("overview_title"), tuple(parts), sheet, lead=words("overview_lead"))


def _first_waiting(bound: Bound, support: str) -> Period:
    """Return the first month after the newest published one; that of the release where nothing is."""
    newest = bound.newest_period(support)
    return Period("month", bound.reference if newest is None else newest.last + 1)


def _first_screen(ask: Ask, cell: Cell, one: CellShown, change: float | None) -> Headline:
    words = ask.words
    notes = [words("in_month", month=words.month(cell.period.last))]
    if change is not None:
        notes.append(words("on_a_year_before", change=words.percent(change)))
    notes.append(state_words(words, one))
    return Headline(words("persons_with", support=words.support(cell.support)), words.cell(one), tuple(notes))


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
        links.append(
            (ask.address(f"/report/quarter/{newest.code}"), words("report_of", period=words.period(newest)), "")
        )
    newest = bound.newest_period("LL", "year")
    if newest is not None:
        links.append((ask.address(f"/report/year/{newest.code}"), words("report_of", period=newest.code), ""))
    return Links(words("look_further"), tuple(links))
