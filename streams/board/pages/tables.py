"""Figures as a table, down and across."""

from collections.abc import Callable

from processors.board.nothing import Cell
from schemas.breakdowns import codes
from schemas.periods import Period
from schemas.places import PLACES
from streams.board.library import Bound, CellShown
from streams.board.page import Ask, Choice, Links, Page, Part, Sheet, Table, Td, plain
from streams.board.pages.shared import (
    MOST_COLUMNS,
    MOST_ROWS,
    breakdown_choices,
    cell_of,
    kind_choices,
    legend,
    level_at,
    sorting,
    support_choices,
    window,
)
from streams.board.problems import bad


def the_table(ask: Ask) -> Page:
    """Return figures as a table: places, periods or categories down and across, at most 600 rows and 60 columns."""
    bound, words, given = ask.bound, ask.words, ask.given
    code, kind, by = given["support"], given["kind"], given["by"]
    periods = (given["period"],) if given["period"] else window(ask, code, kind)
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
    body_cells = {
        (row, column): _at(
            bound, code, by, {rows_are: row, columns_are: column, left: axes[left][0] if axes[left] else ""}
        )
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
        down = sorted(down, key=lambda row: _size(body_cells[row, column]), reverse=sort.startswith("-"))
    elif sort.removeprefix("-") not in ("", "name"):
        raise bad("sort", f"{sort[:40]!r} is no column.")
    elif sort:
        down = sorted(down, key=names[rows_are], reverse=sort.startswith("-"))
    head = (
        sorting(ask, "name", words(f"axis_{rows_are}"), sort, number=False),
        *(sorting(ask, one, names[columns_are](one), sort) for one in across),
    )
    body = tuple(
        (Td(names[rows_are](row)), *(cell_of(words, body_cells[row, column]) for column in across)) for row in down
    )
    title = words("table_of", support=words.support(code))
    beside = f"{words(f'axis_{left}')}: {names[left](axes[left][0])}" if axes[left] else ""
    parts: list[Part] = [
        Table(f"{title}. {beside}", head, body, (*legend(words, list(body_cells.values())), words("never_sum")))
    ]
    pages = -(-len(axes[rows_are]) // MOST_ROWS)
    if pages > 1:
        parts.append(
            Links(
                words("further_pages"),
                tuple(
                    (ask.address(ask.path, support=code, kind=kind, level=level, by=by, page=one), str(one), "")
                    for one in range(1, pages + 1)
                ),
            )
        )
    sheet = Sheet(
        ("support", rows_are, columns_are, left, "breakdown", "value", "nothing", "state", "update_id"),
        plain(
            [
                (
                    code,
                    row,
                    column,
                    axes[left][0] if axes[left] else "",
                    by,
                    one.value,
                    one.nothing,
                    one.state,
                    one.update_id,
                )
                for (row, column), one in body_cells.items()
            ]
        ),
    )
    levels = tuple(
        (one, words.level(one)) for one in ("kingdom", "region", "province", "arrondissement", "municipality")
    )
    choices = (
        Choice("support", words("support"), code, support_choices(ask)),
        Choice("kind", words("kind_of_period"), kind, kind_choices(ask)),
        Choice("level", words("level"), level or "", levels),
        Choice("by", words("characteristic"), by, breakdown_choices(ask, code)),
    )
    return Page(title, tuple(parts), sheet, choices)


def _at(bound: Bound, code: str, by: str, named: dict[str, str]) -> CellShown:
    geo, period, category = named["geo"], named["period"], named["category"]
    if not (geo and period and category):
        return CellShown(None, "waiting", None, None, None)
    return bound.show(Cell(code, Period.parse(period), level_at(geo), geo, by, category))


def _size(one: CellShown) -> int:
    """Return what a cell is sorted by: nothing comes before zero."""
    return -1 if one.value is None else one.value
