"""The interface for programs: figures and all that is about them, of one release."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from processors.board.nothing import Cell
from schemas.breakdowns import CATEGORY_NUMBER, codes
from schemas.periods import Period, month_code, parse_month
from schemas.places import MUNICIPALITY, PLACES
from schemas.releases import is_synthetic
from streams.board.json_stat import dataset
from streams.board.library import Bound, CellShown, level_of
from streams.board.page import FIGURE_COLUMNS, Sheet
from streams.board.parameters import PUBLIC_BREAKDOWNS
from streams.board.problems import ProblemError, bad
from streams.board.sheets import csv_of
from streams.board.words import LANGUAGES, Words

MOST_CELLS = 100_000
"""Cells that one answer looks at."""
INDICATORS = (
    "duration",
    "duration_difference",
    "spells",
    "reentry",
    "quartiles",
    "survival",
    "exit_to_work",
    "transitions",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a program asks of a release."""

    bound: Bound
    given: dict[str, Any]
    accept: str = "*/*"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its bytes and their media type."""

    body: bytes
    media: str = "application/json"


def answer(document: Any) -> Answer:  # noqa: ANN401 - what JSON can say
    """Return a document as JSON."""
    return Answer(json.dumps(document, ensure_ascii=False).encode())


def about(bound: Bound) -> dict[str, Any]:
    """Return what each answer says of its release."""
    manifest = bound.manifest
    return {
        "release": bound.number,
        "update_id": manifest.update_id,
        "published_at": manifest.published_at,
        "synthetic": is_synthetic(manifest.update_id),
    }


def asked_cells(question: Question) -> tuple[list[Cell], int]:
    """Return the cells that are asked for, in order, and how many there would be. Raises ProblemError for too many."""
    given, bound = question.given, question.bound
    supports = given["support"] or bound.supports()
    periods = {code: _periods(question, code) for code in supports}
    places = _places(question)
    breakdown = given["breakdown"]
    categories = given["category"] or codes(breakdown)
    for category in categories:
        if (breakdown, category) not in CATEGORY_NUMBER:
            raise bad("category", f"{category[:40]!r} is no category of {breakdown}.")
    total = sum(len(periods_of_support) for periods_of_support in periods.values()) * len(places) * len(categories)
    if total > MOST_CELLS:
        raise ProblemError(
            "too-many-cells", f"This asks for {total:,} cells; one answer looks at {MOST_CELLS:,}. Narrow it."
        )
    cells = [
        Cell(code, period, level, geo, breakdown, category)
        for code in supports
        for period in periods[code]
        for level, geo in places
        for category in categories
    ]
    return cells, total


def _periods(question: Question, code: str) -> list[Period]:
    given, bound = question.given, question.bound
    if given["period"]:
        return list(given["period"])
    periods = [
        period
        for kind in ([given["kind"]] if given["kind"] else ["month", "quarter", "year", "rolling_year"])
        for period in bound.periods(code, kind)  # type: ignore[arg-type]
        if (given["from"] is None or period.last >= given["from"])
        and (given["to"] is None or period.first <= given["to"])
    ]
    return periods[-given["last"] :] if given["last"] else periods


def _places(question: Question) -> list[tuple[str, str]]:
    level, named = question.given["level"], question.given["geo"]
    if named:
        named_places = [(level_of(geo) or "", geo) for geo in named]
        return [one for one in named_places if level is None or one[0] == level]
    return [place for place in PLACES if place[0] == (level or "kingdom")]


def figures(question: Question) -> Answer:
    """Return figures as rows, by page; or as CSV; or as one JSON-stat data set."""
    given, bound = question.given, question.bound
    if given["format"] == "json-stat":
        return answer(dataset(question.bound, *_cube(question)))
    cells, total = asked_cells(question)
    start, stop = given["cursor"], given["cursor"] + given["limit"]
    pairs = [(cell, bound.show(cell)) for cell in cells[start:stop]]
    rows = [_row(cell, one) for cell, one in pairs]
    if given["format"] == "csv":
        every = rows if total <= stop - start and not start else [_row(cell, bound.show(cell)) for cell in cells]
        return Answer(
            csv_of(Sheet(FIGURE_COLUMNS, tuple(tuple(row[name] for name in FIGURE_COLUMNS) for row in every))),
            "text/csv; charset=utf-8",
        )
    if given["labels"]:
        _label(rows, Words(bound, given["labels"]))
    following = stop if stop < total else None
    return answer({**about(bound), "total": total, "next": following, "rows": rows})


def _row(cell: Cell, one: CellShown) -> dict[str, Any]:
    return {
        "support": cell.support,
        "period": cell.period.code,
        "period_kind": cell.period.kind,
        "geo_level": cell.geo_level,
        "geo": cell.geo,
        "breakdown": cell.breakdown,
        "category": cell.category,
        "value": one.value,
        "nothing": one.nothing,
        "state": one.state,
        "update_id": one.update_id,
    }


def _label(rows: list[dict[str, Any]], words: Words) -> None:
    for row in rows:
        row["support_label"] = words.support(row["support"])
        row["geo_label"] = words.place(row["geo"])
        row["category_label"] = words.category(row["breakdown"], row["category"])


def _cube(question: Question) -> tuple[dict[str, list[str]], str, str, dict[Cell, CellShown], Words]:
    """Return the axes of a JSON-stat cube, its level and breakdown, and its cells."""
    given, bound = question.given, question.bound
    cells, _ = asked_cells(question)
    kinds, levels = {cell.period.kind for cell in cells}, {cell.geo_level for cell in cells}
    if len(kinds) > 1 or len(levels) > 1 or not cells:
        raise bad("format", "json-stat holds one kind of period and one level of places; choose kind and level.")
    axes: dict[str, list[str]] = {
        "support": list(dict.fromkeys(cell.support for cell in cells)),
        "period": [period.code for period in sorted({cell.period for cell in cells})],
        "geo": list(dict.fromkeys(cell.geo for cell in cells)),
        "category": list(dict.fromkeys(cell.category for cell in cells)),
    }
    shown_cells = {cell: bound.show(cell) for cell in cells}
    return axes, next(iter(levels)), given["breakdown"], shown_cells, Words(bound, given["labels"] or "en")


def history(question: Question) -> Answer:
    """Return one cell as each release told it: of a kingdom total from the first, of others from those held."""
    given, bound = question.given, question.bound
    period = given["period"] or bound.newest_period(given["support"])
    if period is None:
        raise ProblemError("unknown", "Nothing of this support is published.")
    category = given["category"][0] if given["category"] else codes(given["breakdown"])[0]
    if (given["breakdown"], category) not in CATEGORY_NUMBER:
        raise bad("category", f"{category[:40]!r} is no category of {given['breakdown']}.")
    cell = Cell(given["support"], period, level_of(given["geo"]) or "", given["geo"], given["breakdown"], category)
    rows = _kingdom(bound, cell) if (cell.geo_level, category) == ("kingdom", "total") else list(_held(bound, cell))
    return answer(
        {
            **about(bound),
            "support": cell.support,
            "period": period.code,
            "geo": cell.geo,
            "breakdown": cell.breakdown,
            "category": category,
            "rows": rows,
        }
    )


def _kingdom(bound: Bound, cell: Cell) -> list[dict[str, Any]]:
    story = bound.history().get((cell.support, cell.period.code), [])
    hides = bound.manifest.threshold is not None
    return [
        {"release": release, "state": state, "update_id": update, "value": value}
        | ({"nothing": "suppressed"} if hides and update is not None and value is None else {})
        for release, state, update, value in story
        if release <= bound.number
    ]


def _held(bound: Bound, cell: Cell) -> Iterator[dict[str, Any]]:
    before: CellShown | None = None
    for number in bound.source.numbers():
        if number > bound.number:
            return
        one = bound.beside(number).show(cell)
        if one != before:
            row = {"release": number, "state": one.state, "update_id": one.update_id, "value": one.value}
            yield row | ({"nothing": "suppressed"} if one.nothing == "suppressed" else {})
        before = one


def indicators(question: Question) -> Answer:
    """Return rows of indicators, by page."""
    given, bound = question.given, question.bound
    if given["indicator"] is None:
        raise bad("indicator", f"name one of {', '.join(INDICATORS)}.")
    table = bound.indicators(given["indicator"])
    chosen = pc.scalar(True)
    for name in ("reference", "level", "geo"):
        value = given[name]
        if value:
            column = pc.field("geo_level" if name == "level" else name)
            chosen &= column.isin(list(value)) if isinstance(value, tuple) else column == value
    chosen_rows = table.filter(chosen)
    start, stop = given["cursor"], given["cursor"] + given["limit"]
    rows = chosen_rows.slice(start, given["limit"]).to_pylist()
    return answer(
        {**about(bound), "total": len(chosen_rows), "next": stop if stop < len(chosen_rows) else None, "rows": rows}
    )


def changes(question: Question) -> Answer:
    """Return what changed since a release, against the one before where none is named."""
    bound, since = question.bound, question.given["since"]
    if since is None or since == bound.manifest.previous:
        return answer({**about(bound), "since": bound.manifest.previous, "rows": bound.document("changes")})
    if since >= bound.number:
        raise bad("since", f"it is not before release {bound.number}.")
    rows = []
    for (support, period), story in sorted(bound.history().items()):
        then = next((one for one in reversed(story) if one[0] <= since), None)
        now = next((one for one in reversed(story) if one[0] <= bound.number), None)
        if now is None or now[3] is None or (then is not None and then[2:] == now[2:]):
            continue
        kind = "new" if then is None or then[3] is None else "revised"
        rows.append(
            {
                "support": support,
                "period": period,
                "kind": kind,
                "update_id": now[2],
                "from": then[3] if then else None,
                "to": now[3],
            }
        )
    return answer({**about(bound), "since": since, "rows": rows})


def places(question: Question) -> Answer:
    """Return places with their names and the months in which they are valid."""
    bound, level = question.bound, question.given["level"]
    named = {language: Words(bound, language) for language in LANGUAGES}
    rows = [
        {
            "geo_level": one,
            "geo": geo,
            **{f"name_{language}": words.place(geo) for language, words in named.items()},
            **_validity(one, geo),
        }
        for one, geo in PLACES
        if level in (None, one)
    ]
    return answer({**about(bound), "rows": rows})


def _validity(level: str, geo: str) -> dict[str, Any]:
    if level != "municipality":
        return {}
    entry = MUNICIPALITY[geo]
    return {
        "from": month_code(entry.first) if entry.first else None,
        "to": None if entry.last is None else month_code(entry.last),
        "successor": entry.successor or None,
        "arrondissement": entry.arrondissement,
        "province": entry.province or None,
        "region": entry.region,
    }


def codes_of(question: Question) -> Answer:
    """Return codes with their names: supports, characteristics and categories, states."""
    bound = question.bound
    named = {language: Words(bound, language) for language in LANGUAGES}
    supports = [
        {
            "code": code,
            **{f"label_{lang}": words.support(code) for lang, words in named.items()},
            "delay": named["en"].delay(code),
        }
        for code in bound.supports()
    ]
    breakdowns = [
        {
            "code": name,
            **{f"label_{lang}": words.breakdown(name) for lang, words in named.items()},
            "categories": [
                {"code": one, **{f"label_{lang}": words.category(name, one) for lang, words in named.items()}}
                for one in codes(name)
            ],
        }
        for name in PUBLIC_BREAKDOWNS
    ]
    states = [
        {"code": one, **{f"label_{lang}": words.state(one) for lang, words in named.items()}}
        for one in ("pending", "settling", "published", "revising", "frozen")
    ]
    return answer({**about(bound), "supports": supports, "breakdowns": breakdowns, "states": states})


def completeness(question: Question) -> Answer:
    """Return by month of a year which OCMWs sent lines of a support, and of which that is not said (F3)."""
    bound, given = question.bound, question.given
    year = given["year"] or bound.reference // 12 + 1900
    months = range((year - 1900) * 12, (year - 1900) * 12 + 12)
    sent_by_month = {month_code(month): bound.completeness(month).get(given["support"]) for month in months}
    sent = {month: sorted(geos) for month, geos in sent_by_month.items() if geos is not None}
    hidden = {month: sorted(bound.hidden_senders(given["support"], parse_month(month))) for month in sent}
    not_said = {} if bound.manifest.threshold is None else {"hidden": hidden}
    return answer({**about(bound), "support": given["support"], "sent": sent, **not_said})


def definitions(question: Question) -> Answer:
    """Return the definitions as frozen with the release."""
    return answer({**about(question.bound), **question.bound.document("definitions")})


def manifest(question: Question) -> Answer:
    """Return the manifest as it lies, so that its SHA-256 is the one that was sealed."""
    return Answer(question.bound.source.manifest_bytes(question.bound.number))


def seal(question: Question) -> Answer:
    """Return the seal file as it lies."""
    data = question.bound.source.seal_bytes(question.bound.number)
    if data is None:
        raise ProblemError("unknown", f"Release {question.bound.number} is not sealed.")
    return Answer(data)
