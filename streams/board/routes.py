"""All addresses of the board, one table: what makes the routes makes the OpenAPI document too."""

from collections.abc import Callable
from dataclasses import dataclass

from streams.board import api, parameters, report
from streams.board.api import Answer, Question
from streams.board.page import Ask, Page
from streams.board.pages import about, cities, comparison, maps, overview, revisions, series, silence, tables
from streams.board.parameters import Parameter


@dataclass(frozen=True, slots=True)
class PageRoute:
    """A page: its path below a release, what it takes, what makes it, and what it is for."""

    path: str
    make: Callable[[Ask], Page]
    parameters: tuple[Parameter, ...]
    says: str
    without_release: bool = False
    """Whether it answers where nothing is published yet."""


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """An address for programs below a release: its path, what it takes, what answers."""

    path: str
    make: Callable[[Question], Answer]
    parameters: tuple[Parameter, ...]
    says: str
    media: tuple[str, ...] = ("application/json",)


_P = parameters
PAGES: tuple[PageRoute, ...] = (
    PageRoute("/", overview.overview, (), "The newest stable month, all supports, what waits."),
    PageRoute(
        "/support/{support}",
        series.support,
        (_P.GEO, _P.KIND, _P.BY, _P.FROM, _P.TO, _P.LAST),
        "One support over time.",
    ),
    PageRoute(
        "/map", maps.the_map, (_P.SUPPORT, _P.PERIOD, _P.MEASURE, _P.BY_CATEGORY, _P.SORT), "Every municipality."
    ),
    PageRoute(
        "/compare",
        comparison.compare,
        (_P.SUPPORT, _P.GEOS, _P.KIND, _P.MEASURE, _P.FROM, _P.TO, _P.LAST),
        "Places side by side.",
    ),
    PageRoute(
        "/table",
        tables.the_table,
        (
            _P.SUPPORT,
            _P.KIND,
            _P.PERIOD,
            _P.FROM,
            _P.TO,
            _P.LAST,
            _P.LEVEL,
            _P.GEOS,
            _P.BY,
            Parameter("rows", *_P.one_of(("geo", "period", "category")), "What stands down."),
            Parameter("columns", *_P.one_of(("geo", "period", "category")), "What stands across."),
            _P.SORT,
            _P.PAGE,
        ),
        "Figures as a table.",
    ),
    PageRoute(
        "/revisions", revisions.revisions, (_P.SUPPORT, _P.PERIOD, _P.GEO, _P.BETWEEN, _P.ALL), "How figures moved."
    ),
    PageRoute("/cities", cities.cities, (_P.YEAR,), "The 13 centre cities."),
    PageRoute("/cities/{nis}", cities.city, (_P.YEAR,), "One centre city."),
    PageRoute("/completeness", silence.completeness, (_P.SUPPORT, _P.YEAR, _P.PAGE), "Which OCMW sent nothing."),
    PageRoute("/definitions", about.definitions, (), "What words mean, as of the release.", without_release=True),
    PageRoute("/access", about.access, (), "Files, programs, other zones."),
    PageRoute("/seal", about.seal, (), "The seal of the release."),
    PageRoute("/report/quarter/{period}", report.quarter, (), "The report of a quarter."),
    PageRoute("/report/year/{period}", report.year, (), "The report of a year."),
)
API: tuple[ApiRoute, ...] = (
    ApiRoute(
        "/figures",
        api.figures,
        (
            _P.SUPPORTS,
            _P.ANY_KIND,
            _P.FROM,
            _P.TO,
            _P.LAST,
            _P.PERIODS,
            _P.LEVEL,
            _P.GEOS,
            _P.BREAKDOWN,
            _P.CATEGORY,
            _P.FORMAT,
            _P.LABELS,
            _P.LIMIT,
            _P.CURSOR,
        ),
        "Figures, a row a cell.",
        ("application/json", "text/csv"),
    ),
    ApiRoute(
        "/history",
        api.history,
        (_P.SUPPORT, _P.PERIOD, _P.GEO, _P.BREAKDOWN, _P.CATEGORY),
        "One cell, release by release.",
    ),
    ApiRoute(
        "/indicators",
        api.indicators,
        (
            Parameter("indicator", *_P.one_of(api.INDICATORS), "Which indicator."),
            _P.GEOS,
            _P.LEVEL,
            Parameter("reference", _P.text_of, _P.TEXT, "Its month or year."),
            _P.LIMIT,
            _P.CURSOR,
        ),
        "Durations, entries, exits.",
    ),
    ApiRoute("/changes", api.changes, (_P.SINCE,), "What changed since a release."),
    ApiRoute("/places", api.places, (_P.LEVEL,), "Places, their names, when they are valid."),
    ApiRoute("/codes", api.codes_of, (), "Codes and their names."),
    ApiRoute("/completeness", api.completeness, (_P.SUPPORT, _P.YEAR), "Which OCMW sent lines about a month."),
    ApiRoute("/definitions", api.definitions, (), "Definitions, as frozen with the release."),
    ApiRoute("/manifest", api.manifest, (), "The public manifest, as it was sealed."),
    ApiRoute("/seal", api.seal, (), "The seal."),
)
