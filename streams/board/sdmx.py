"""SDMX REST 1.5 over a release: structures and data, in SDMX-ML 2.1, SDMX-CSV 2.0 and SDMX-JSON 1.0.

Of the kinds of nothing only two are observations: a place without an OCMW is missing (OBS_STATUS M), and where an OCMW
sent no claim the value is 0 with a comment. What waits or does not apply has no observation.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any
from urllib.parse import parse_qsl

from processors.board.nothing import Cell
from schemas.breakdowns import codes
from schemas.periods import KINDS, Period, day_in
from schemas.places import PLACES
from schemas.releases import is_synthetic
from sinks.files import sdmx21
from sinks.files.codes import category_id
from sinks.files.indicator_sdmx import code_id
from sinks.files.sdmx_message import Prepared
from streams.board.api import INDICATORS, MOST_CELLS, Answer
from streams.board.library import Bound, CellShown, Library
from streams.board.page import Sheet
from streams.board.parameters import PUBLIC_BREAKDOWNS
from streams.board.problems import ProblemError, bad
from streams.board.sheets import csv_of

XML = "application/vnd.sdmx.genericdata+xml; version=2.1; charset=utf-8"
STRUCTURE_XML = "application/vnd.sdmx.structure+xml; version=2.1; charset=utf-8"
CSV = "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8"
JSON = "application/vnd.sdmx.data+json; version=1.0.0; charset=utf-8"
KINDS_OF_STRUCTURE = ("dataflow", "datastructure", "codelist", "conceptscheme")
AGENCY, VERSION = "OCMW", "1.0.0"
MOST_LOOKED_AT = 20 * MOST_CELLS
_CATEGORY = {category_id(name, one): (name, one) for name in PUBLIC_BREAKDOWNS for one in codes(name)}
_ALL = ("", "all")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Query:
    """A question in SDMX REST: the release that its address names, the path, the parameters."""

    bound: Bound
    library: Library
    path: dict[str, str]
    query: str
    accept: str
    address: str


def structure(query: Query) -> Answer:
    """Return structures. Raises ProblemError: ``unknown`` for none, ``not-implemented`` for other kinds."""
    kind = query.path["kind"]
    if kind not in KINDS_OF_STRUCTURE:
        raise ProblemError("not-implemented", f"Of structures there are {', '.join(KINDS_OF_STRUCTURE)}.")
    given = _given(query.query, ("references", "detail", "format"))
    references = given.get("references", "none")
    if references not in ("none", "children", "all", "descendants", "parentsandsiblings", "parents"):
        raise bad("references", "none, children or all.")
    agency, version = query.path.get("agency", "all"), query.path.get("version", "latest")
    if agency not in (AGENCY, "all") or version not in ("latest", "all", VERSION, "*"):
        raise ProblemError("unknown", f"Structures here are of agency {AGENCY}, version {VERSION}.")
    wanted = {"none": "none", "children": "children"}.get(references, "all")
    document = sdmx21.structures(kind, query.path.get("id", "all"), wanted, _prepared(query.bound))
    if document is None:
        raise ProblemError("unknown", f"There is no {kind} {query.path.get('id', '')[:40]!r}.")
    return Answer(document.encode(), STRUCTURE_XML)


def data(query: Query) -> Answer:
    """Return observations of a flow. Raises ProblemError."""
    flow = _flow(query.path["flow"])
    given = _given(
        query.query,
        (
            "startPeriod",
            "endPeriod",
            "lastNObservations",
            "firstNObservations",
            "detail",
            "dimensionAtObservation",
            "includeHistory",
            "asOf",
            "format",
            "updatedAfter",
        ),
    )
    if "updatedAfter" in given or "firstNObservations" in given:
        raise ProblemError(
            "not-implemented", "updatedAfter and firstNObservations are not answered; see asOf, changes."
        )
    across = given.get("dimensionAtObservation", "TIME_PERIOD")
    if across not in ("TIME_PERIOD", "AllDimensions"):
        raise ProblemError("not-implemented", "dimensionAtObservation is TIME_PERIOD or AllDimensions.")
    detail = given.get("detail", "full")
    if detail not in ("full", "dataonly", "serieskeysonly"):
        raise ProblemError("not-implemented", "detail is full, dataonly or serieskeysonly.")
    bound = _as_of(query, given["asOf"]) if "asOf" in given else query.bound
    key = _key(flow, query.path.get("key", "all"))
    history = given.get("includeHistory", "false").lower()
    if history not in ("true", "false"):
        raise bad("includeHistory", "true or false.")
    sets = _history(bound, flow, key, given) if history == "true" else [(None, _rows(bound, flow, key, given))]
    if not any(rows for _, rows in sets):
        raise ProblemError("unknown", "There is no observation for this key.")
    sets = [(since, [_reduced(row, flow, detail) for row in rows]) for since, rows in sets]
    return _written(flow, sets, bound, across, _form(query.accept, given.get("format")))


ROUTES: tuple[tuple[str, Callable[[Query], Answer]], ...] = (
    ("/data/{flow}", data),
    ("/data/{flow}/{key}", data),
    ("/data/{flow}/{key}/{provider}", data),
    ("/{kind}", structure),
    ("/{kind}/{agency}", structure),
    ("/{kind}/{agency}/{id}", structure),
    ("/{kind}/{agency}/{id}/{version}", structure),
)


def _given(query: str, known: Sequence[str]) -> dict[str, str]:
    """Return the parameters, their names in any case. Raises ProblemError for unknown or repeated ones."""
    names = {name.lower(): name for name in known}
    given: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise ProblemError("bad-parameter", "The parameters of this address cannot be read.") from None
    for name, value in pairs:
        known_as = names.get(name.lower())
        if known_as is None:
            raise ProblemError(
                "bad-parameter", f"No parameter here is called {name[:40]!r}; there are: {', '.join(known)}."
            )
        if known_as in given:
            raise bad(known_as, "it may stand once.")
        given[known_as] = value
    return given


def _flow(text: str) -> str:
    parts = text.split(",")
    identifier = parts[1] if len(parts) > 1 else parts[0]
    fits = len(parts) == 1 or (parts[0] == AGENCY and (len(parts) == 2 or parts[2] in ("latest", VERSION)))  # noqa: PLR2004 - agency, id, version
    if identifier not in sdmx21.FLOWS or not fits:
        raise ProblemError("unknown", f"There is no flow {text[:40]!r}; there are {', '.join(sdmx21.FLOWS)}.")
    return identifier


def _key(flow: str, text: str) -> tuple[frozenset[str], ...]:
    """Return the codes that are asked for of each dimension, none for all of them."""
    names = sdmx21.dimensions(flow)
    if text in _ALL:
        return tuple(frozenset() for _ in names)
    parts = text.split(".")
    if len(parts) != len(names):
        raise bad("key", f"a key has {len(names)} parts, {'.'.join(names)}; {len(parts)} were given.")
    return tuple(frozenset(part.split("+")) if part else frozenset() for part in parts)


def _prepared(bound: Bound) -> Prepared:
    """Return what headers of a release's messages say: its moment, and that a synthetic history is a test.

    So the same release gives the same bytes.
    """
    published_at, day = bound.manifest.published_at, day_in(bound.reference, 1)
    at = datetime.fromisoformat(published_at) if published_at else datetime(day.year, day.month, 1, tzinfo=UTC)
    return Prepared(at, is_synthetic(bound.manifest.update_id))


def _as_of(query: Query, text: str) -> Bound:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad("asOf", f"{text[:40]!r} is no moment; write 2026-01-31T12:00:00Z.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    for number in reversed(query.library.numbers()):
        bound = query.library.bound(str(number))
        published_at = bound.manifest.published_at
        if published_at and datetime.fromisoformat(published_at) <= moment:
            return bound
    raise ProblemError("unknown", "Nothing was published then.")


def _rows(bound: Bound, flow: str, key: tuple[frozenset[str], ...], given: Mapping[str, str]) -> list[Row]:
    if flow == sdmx21.FLOWS[0]:
        return _figures(bound, key, given)
    return _indicators(bound, key, given)


def _figures(bound: Bound, key: tuple[frozenset[str], ...], given: Mapping[str, str]) -> list[Row]:
    supports, kinds, levels, geos, breakdowns, categories = key
    first, last = _bound_of(given, "startPeriod"), _bound_of(given, "endPeriod")
    places = [place for place in PLACES if (not geos or place[1] in geos) and (not levels or place[0] in levels)]
    chosen = [
        (identifier, *pair)
        for identifier, pair in _CATEGORY.items()
        if (not categories or identifier in categories) and (not breakdowns or pair[0] in breakdowns)
    ]
    periods_of = {
        (code, kind): _within(bound.periods(code, kind), first, last, given)
        for code, kind in product(bound.supports(), KINDS)
        if (not supports or code in supports) and (not kinds or kind in kinds)
    }
    total = sum(map(len, periods_of.values())) * len(places) * len(chosen)
    if total > MOST_CELLS:
        raise ProblemError(
            "too-many-cells", f"This asks for {total:,} cells; one answer looks at {MOST_CELLS:,}. Narrow the key."
        )
    return [
        row
        for (code, kind), periods in periods_of.items()
        for level, geo in places
        for identifier, breakdown, category in chosen
        for period in periods
        for row in _observed(
            bound.show(Cell(code, period, level, geo, breakdown, category)),
            (code, kind, level, geo, breakdown, identifier, _time(period)),
        )
    ]


def _observed(one: CellShown, key: tuple[str, ...]) -> Iterator[Row]:
    names = (*sdmx21.dimensions(sdmx21.FLOWS[0]), "TIME_PERIOD")
    dimensions = dict(zip(names, key, strict=True))
    about = {"OBS_STATUS": "A", "STATE": one.state, "UPDATE_ID": one.update_id}
    if one.nothing == "no_ocmw":
        yield {**dimensions, "OBS_STATUS": "M"}
    elif one.nothing == "suppressed":
        yield {**dimensions, **about, "CONF_STATUS": "C"}
    elif one.nothing == "no_claim":
        yield {**dimensions, "OBS_VALUE": 0, **about, "COMMENT": "no claim received"}
    elif one.nothing is None:
        yield {**dimensions, "OBS_VALUE": one.value, **about}


def _time(period: Period) -> str:
    return period.code.removeprefix("R12-")


def _bound_of(given: Mapping[str, str], name: str) -> Period | None:
    if name not in given:
        return None
    try:
        return Period.parse(given[name])
    except ValueError:
        raise bad(name, f"{given[name][:40]!r} is no period; write 2024-03, 2024-Q1 or 2024.") from None


def _within(
    periods: Sequence[Period], first: Period | None, last: Period | None, given: Mapping[str, str]
) -> list[Period]:
    inside = [
        one
        for one in periods
        if (first is None or one.last >= first.first) and (last is None or one.first <= last.last)
    ]
    newest = given.get("lastNObservations")
    if newest is None:
        return inside
    if not (newest.isascii() and newest.isdigit() and int(newest[:6]) > 0 and len(newest) < 6):  # noqa: PLR2004 - digits
        raise bad("lastNObservations", "a whole number above 0.")
    return inside[-int(newest) :]


def _indicators(bound: Bound, key: tuple[frozenset[str], ...], given: Mapping[str, str]) -> list[Row]:
    first, last = given.get("startPeriod", ""), given.get("endPeriod", "~")
    names = sdmx21.dimensions(sdmx21.FLOWS[1])
    rows: list[Row] = []
    for indicator in [one for one in INDICATORS if not key[0] or one in key[0]]:
        for entry in _all_rows(bound, indicator):
            row = {
                "INDICATOR": entry["indicator"],
                "METHOD": code_id(entry["method"]),
                "GEO_LEVEL": entry["geo_level"],
                "GEO": entry["geo"],
                "BREAKDOWN": code_id(entry["breakdown"]),
                "CATEGORY": code_id(entry["category"]),
                "TIME_PERIOD": entry["reference"].replace("-H", "-S"),
                "OBS_VALUE": entry["count"],
                "BASE": entry["base"],
                "UPDATE_ID": entry["update_id"],
            }
            fits = all(not codes_of or row[name] in codes_of for name, codes_of in zip(names, key, strict=True))
            if fits and first <= row["TIME_PERIOD"] <= last + "~":
                rows.append(row)
                if len(rows) > MOST_CELLS:
                    raise ProblemError(
                        "too-many-cells", f"This asks for more than {MOST_CELLS:,} cells. Narrow the key."
                    )
    return rows


def _all_rows(bound: Bound, indicator: str) -> Iterator[dict[str, Any]]:
    table = bound.indicators(indicator)
    if len(table) > MOST_LOOKED_AT:
        raise ProblemError(
            "too-many-cells", "This looks at too many cells; ask the indicators of the interface by place."
        )
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _history(
    bound: Bound, flow: str, key: tuple[frozenset[str], ...], given: Mapping[str, str]
) -> list[tuple[str | None, list[Row]]]:
    """Return for each release that told something else: when it was published, and what it told."""
    sets: list[tuple[str | None, list[Row]]] = []
    known: dict[tuple[Any, ...], Row] = {}
    names = (*sdmx21.dimensions(flow), "TIME_PERIOD")
    for number in bound.source.numbers():
        if number > bound.number:
            break
        release = bound.beside(number)
        rows = [row for row in _rows(release, flow, key, given) if known.get(tuple(row[name] for name in names)) != row]
        known |= {tuple(row[name] for name in names): row for row in rows}
        if rows:
            sets.append((release.manifest.published_at, rows))
    return sets


def _reduced(row: Row, flow: str, detail: str) -> Row:
    if detail == "full":
        return row
    kept = {*sdmx21.dimensions(flow), "TIME_PERIOD", *(["OBS_VALUE"] if detail == "dataonly" else [])}
    return {name: value for name, value in row.items() if name in kept}


def _form(accept: str, named: str | None) -> str:
    wanted = (named or accept).lower()
    if named is not None:
        form = {
            "xml": "xml",
            "generic": "xml",
            "csv": "csv",
            "sdmx-csv": "csv",
            "json": "json",
            "sdmx-json": "json",
            "jsondata": "json",
            "genericdata": "xml",
        }.get(wanted)
        if form is None:
            raise bad("format", "xml, csv or json.")
        return form
    for part in wanted.split(","):
        if "csv" in part:
            return "csv"
        if "json" in part:
            return "json"
        if "xml" in part or "*/*" in part or not part.strip() or "application/*" in part:
            return "xml"
    raise ProblemError("not-acceptable", "Data are given as SDMX-ML 2.1, SDMX-CSV 2.0 and SDMX-JSON 1.0.")


def _written(
    flow: str, sets: Sequence[tuple[str | None, Sequence[Row]]], bound: Bound, across: str, form: str
) -> Answer:
    if form == "csv":
        return Answer(_csv(flow, sets), CSV)
    if form == "json":
        return Answer(_json(flow, sets, bound), JSON)
    return Answer(sdmx21.generic(flow, sets, _prepared(bound), across).encode(), XML)


def _csv(flow: str, sets: Sequence[tuple[str | None, Sequence[Row]]]) -> bytes:
    names = [one.identifier for one in sdmx21.columns(flow)]
    rows = tuple(
        ("dataflow", f"{AGENCY}:{flow}({VERSION})", "I", *(row.get(name) for name in names))
        for _, rows_of_set in sets
        for row in rows_of_set
    )
    return csv_of(Sheet(("STRUCTURE", "STRUCTURE_ID", "ACTION", *names), rows))


def _json(flow: str, sets: Sequence[tuple[str | None, Sequence[Row]]], bound: Bound) -> bytes:
    """Return SDMX-JSON 1.0, observations flat: each under the places of its codes."""
    names = (*sdmx21.dimensions(flow), "TIME_PERIOD")
    lists: dict[str, dict[str, int]] = {name: {} for name in names}
    attributes = [one.identifier for one in sdmx21.columns(flow) if one.identifier not in (*names, "OBS_VALUE")]
    values: dict[str, dict[Any, int]] = {name: {} for name in attributes}
    datasets = []
    for since, rows in sets:
        observations = {}
        for row in rows:
            place = ":".join(str(lists[name].setdefault(row[name], len(lists[name]))) for name in names)
            about = [
                None if row.get(name) is None else values[name].setdefault(row[name], len(values[name]))
                for name in attributes
            ]
            observations[place] = [row.get("OBS_VALUE"), *about]
        datasets.append(
            {"action": "Information", "observations": observations, **({"validFrom": since} if since else {})}
        )
    structure_of = {
        "name": flow,
        "dimensions": {
            "observation": [
                {
                    "id": name,
                    "keyPosition": place,
                    "role": "time" if name == "TIME_PERIOD" else None,
                    "values": [{"id": code, "name": code} for code in lists[name]],
                }
                for place, name in enumerate(names)
            ]
        },
        "attributes": {
            "observation": [
                {"id": name, "values": [{"id": str(value), "name": str(value)} for value in values[name]]}
                for name in attributes
            ]
        },
    }
    meta = {
        "schema": "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/develop/data-message/tools/schemas/1.0/sdmx-json-data-schema.json",
        "id": f"{flow}-{bound.number}",
        "prepared": _prepared(bound).at.isoformat(),
        "test": _prepared(bound).test,
        "sender": {"id": AGENCY},
    }
    return json.dumps({"meta": meta, "data": {"dataSets": datasets, "structure": structure_of}}).encode()
