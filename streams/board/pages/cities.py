"""The 13 centre cities."""

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from processors.board.nothing import SIGNS, Cell
from schemas.indicators import is_public
from schemas.periods import MONTHS_PER_YEAR, Period, month_code
from schemas.places import KINGDOM, PLACES
from sinks.svg.charts import Bar, bar_chart
from streams.board.library import Bound
from streams.board.page import Ask, Chart, Choice, Page, Part, Sheet, Table, Td, Th, plain
from streams.board.pages.series import support
from streams.board.pages.shared import CITY_CODES, cell_of, cities_of, level_at, rate_of
from streams.board.problems import ProblemError
from streams.board.words import Words

_REENTRY, _TO_WORK = OF_CITIES = ("reentry", "exit_to_work")
"""The indicators that the pages of cities show."""


Counts = dict[str, float | None]
"""Entries and shares of a place by name; None for what is hidden."""


def cities(ask: Ask) -> Page:
    """Return the 13 centre cities side by side: persons, rate, entries, and who left to work."""
    words, bound = ask.words, ask.bound
    newest = bound.newest_period("LL", "year") or Period("year", bound.reference // 12 * 12 - 1)
    period = Period("year", (ask.given["year"] - 1900) * 12 + 11) if ask.given["year"] else newest
    places = [*cities_of(period), "02000", KINGDOM]
    table = indicators_of_year(bound, period)
    people = bound.population(period.last // MONTHS_PER_YEAR + 1900)
    rows, sheet_rows = [], []
    for geo in places:
        one = bound.show(Cell("LL", period, level_at(geo), geo))
        counts = table.get(geo, {})
        rate = rate_of(one, people.get(geo)) if one.nothing is None else None
        rows.append(
            (
                Td(
                    words.place(geo), ask.address(f"/cities/{geo}", year=ask.given["year"]) if geo in CITY_CODES else ""
                ),
                cell_of(words, one),
                Td("" if rate is None else words.number(rate, 1), "", "number"),
                *counted_cells(words, counts),
            )
        )
        sheet_rows.append(
            (
                period.code,
                geo,
                one.value,
                one.nothing,
                rate,
                counts.get("entries"),
                counts.get("again"),
                counts.get("to_work"),
            )
        )
    head = (
        Th(words("place"), number=False),
        *(Th(words(name)) for name in ("persons_year", "per_thousand", "entries", "again_share", "work_share")),
    )
    title = words("cities_of", year=period.code)
    bars = [
        Bar(words.place(geo), row[4], "" if row[4] is None else words.number(row[4], 1))
        for geo, row in zip(places, sheet_rows, strict=True)
    ]
    parts: list[Part] = []
    if any(bar.value is not None for bar in bars):
        parts.append(Chart(Markup(bar_chart("bars", title, words("per_thousand"), bars)), words("per_thousand")))  # noqa: S704 - of our own
    hidden = note_on_hidden(words, (table.get(geo, {}) for geo in places))
    parts.append(Table(title, head, tuple(rows), (words("cities_note"), *hidden, words("never_sum"))))
    sheet = Sheet(
        ("year", "geo", "persons", "nothing", "per_1000", "entries", "again_percent", "to_work_percent"),
        plain(sheet_rows),
    )
    return Page(title, tuple(parts), sheet, (Choice("year", words("year"), period.code),))


def counted_cells(words: Words, counts: Counts) -> tuple[Td, Td, Td]:
    """Return the cells of a place: entries, share that came again, share at work."""
    entries, again, to_work = (_counted_cell(words, counts, name) for name in ("entries", "again", "to_work"))
    return entries, again, to_work


def _counted_cell(words: Words, counts: Counts, name: str) -> Td:
    one = counts.get(name)
    if one is not None:
        return Td(words.number(one) if name == "entries" else f"{words.number(one, 1)}\u00a0%", "", "number")
    if name in counts:
        return Td(SIGNS["suppressed"], "", "nothing", words.nothing("suppressed"))
    return Td("…", "", "nothing")


def note_on_hidden(words: Words, counts: Iterable[Counts]) -> tuple[str, ...]:
    """Return what the sign in these columns means, where it stands in one of them."""
    return (words("hidden_or_none"),) if any(None in one.values() for one in counts) else ()


def indicators_of_year(bound: Bound, year: Period) -> dict[str, Counts]:
    """Return by place: entries of a year, share that came again, share of those who left that worked a year on.

    Under a threshold what some places have and others lack is None for these: it is hidden there, or there was nobody.
    """
    by_place = _shares_of_year(bound, year)
    if bound.manifest.threshold is None:
        return {geo: dict(counts) for geo, counts in by_place.items()}
    names = {name for counts in by_place.values() for name in counts}
    places = (geo for level, geo in PLACES if is_public(level, geo))
    return {geo: {name: by_place.get(geo, {}).get(name) for name in names} for geo in places}


def _shares_of_year(bound: Bound, year: Period) -> dict[str, dict[str, float]]:
    by_place: dict[str, dict[str, float]] = {}
    for row in _rows_of(bound, _REENTRY, "spells_own_g0", year.code):
        counts = by_place.setdefault(row["geo"], {})
        if row["base"]:
            counts["entries"] = row["base"]
            if row["category"] not in ("1", "unknown"):
                counts["again"] = counts.get("again", 0) + 100 * row["count"] / row["base"]
    months = [month_code(month) for month in range(year.first, year.last + 1)]
    rows = [(month, row) for month in months for row in _rows_of(bound, _TO_WORK, "own_x12_g0", month)]
    worked: dict[str, list[int]] = {}
    for _, row in rows:
        if row["category"] == "work":
            sums = worked.setdefault(row["geo"], [0, 0, 0])
            sums[0], sums[1], sums[2] = sums[0] + row["count"], sums[1] + row["base"], sums[2] + 1
    counted = len({month for month, _ in rows})
    for geo, (count, base, whole) in worked.items():
        # under a threshold a month may be hidden, and the others alone would be no year
        if base and (bound.manifest.threshold is None or whole == counted):
            by_place.setdefault(geo, {})["to_work"] = 100 * count / base
    return by_place


def _rows_of(bound: Bound, indicator: str, method: str, reference: str) -> list[dict[str, Any]]:
    import pyarrow.compute as pc  # noqa: PLC0415 - few pages need it

    table = bound.indicators(indicator)
    chosen = (pc.field("method") == method) & (pc.field("reference") == reference)
    rows: list[dict[str, Any]] = table.filter(chosen).to_pylist()
    return rows


def city(ask: Ask) -> Page:
    """Return one centre city: its persons over time, and its indicators of a year."""
    geo = ask.named["nis"]
    if geo not in CITY_CODES:
        raise ProblemError("unknown", f"{geo[:20]} is none of the 13 centre cities.")
    bound, words = ask.bound, ask.words
    given = {"geo": geo, "kind": "month", "by": "total", "from": None, "to": None, "last": None}
    series = support(Ask(bound, words, ask.wanted, ask.path, given, "", {"support": "LL"}))
    newest = bound.newest_period("LL", "year") or Period("year", bound.reference // 12 * 12 - 1)
    period = Period("year", (ask.given["year"] - 1900) * 12 + 11) if ask.given["year"] else newest
    counts = indicators_of_year(bound, period).get(geo, {})
    head = tuple(Th(words(name)) for name in ("year", "entries", "again_share", "work_share"))
    table = Table(
        words("indicators_of", year=period.code),
        head,
        ((Td(period.code), *counted_cells(words, counts)),),
        (words("cities_note"), *note_on_hidden(words, [counts])),
    )
    return Page(words.place(geo), (*series.parts[:2], table, *series.parts[2:]), series.sheet)
