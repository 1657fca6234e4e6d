"""The board as a web application: one release bound for each request, answers held by what they are made of.

A request is read, its release bound (G7), its parameters refused or understood; then its answer is looked up, or made
in a thread, and sent with the headers that a page of its kind has. Nothing is asked of another host, no cookie is set,
and the name of this host is what OCMW_BOARD_ADDRESS says, never what a request says.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from processors.board.nothing import Cell
from schemas.periods import Period
from sinks.errors import StoreError
from streams.board import api, catalog, sdmx
from streams.board.api import Answer, Question
from streams.board.library import Bound, Cache, Library, level_of
from streams.board.page import Ask, Links, Page
from streams.board.pages.cities import OF_CITIES
from streams.board.parameters import PUBLIC_SUPPORTS, read_all
from streams.board.problems import ProblemError
from streams.board.requests import has_already, language_of, preferred, query_of, require_acceptable, wanted_of
from streams.board.responses import A_DAY, ASK_AGAIN, FOR_EVER, HEADERS, HTML, OPEN, Held, ranged, sent, tag_of
from streams.board.routes import API, PAGES, ApiRoute, PageRoute
from streams.board.sheets import FORMS, file_of
from streams.board.words import LANGUAGES, Language, Words

LOG = structlog.get_logger("ocmw.board")
WARM_MONTHS = 120
MENU = (
    ("/support/LL", "support"),
    ("/map", "map_title"),
    ("/compare", "compare_title"),
    ("/table", "table_title"),
    ("/cities", "cities_title"),
)
FOOT = (
    ("/definitions", "definitions_title"),
    ("/revisions", "revisions_title"),
    ("/completeness", "completeness_title"),
    ("/access", "access_title"),
    ("/seal", "seal_title"),
)
_STATIC: dict[str, str] = {
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    **{f"og-{language}.png": "image/png" for language in LANGUAGES},
}

Handle = Callable[[Request], Awaitable[Response]]


@cache
def _templates() -> Environment:
    """Return the templates, compiled once however many boards there are."""
    return Environment(
        loader=PackageLoader("streams.board"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )


class Board:
    """What answers requests: a library of releases, templates, and the answers that were made already."""

    def __init__(
        self,
        library: Library,
        program: str,
        address: str = "",
        megabytes: float = 32,
        published: Callable[[], int] | None = None,
    ) -> None:
        """Take the library, the version of the program, the absolute address of the site ("" for none).

        ``published`` returns the number of the newest published release where the library holds prepared ones above
        it; None where all of it is published. ``unreadable`` counts the answers that were refused because a file of
        the public tree could not be read.
        """
        self.library = library
        self.program = program
        self.address = address.rstrip("/")
        self.published = published
        self.unreadable = 0
        self._answers = Cache(megabytes)
        self._templates = _templates()

    @cached_property
    def static(self) -> dict[str, tuple[str, Held]]:
        """Return name -> (address, content) of the style and the script."""
        assets = {}
        for name, media in _STATIC.items():
            data = (files("streams.board") / "static" / name).read_bytes()
            assets[name] = (f"/static/{name}?v={hashlib.sha256(data).hexdigest()[:12]}", Held.of(data, media))
        return assets

    def warm(self) -> None:
        """Make the first pages that readers ask for, so that nobody waits for them; nothing where nothing is there."""
        try:
            bound = self.library.bound("latest")
            bound.outlines()
            bound.history()
            for code in bound.supports():
                for period in bound.periods(code, "month")[-WARM_MONTHS:]:
                    bound.show(Cell(code, period, "kingdom", "01000"))
        except (ProblemError, StoreError):
            LOG.warning("nothing to warm up with")

    def warm_further(self) -> None:
        """Read what takes longest, the indicators of the cities, while the first readers are answered already."""
        with suppress(ProblemError, StoreError):
            bound = self.library.bound("latest")
            for indicator in OF_CITIES:
                bound.indicators(indicator)

    # pages

    def page(self, route: PageRoute, ending: str) -> Handle:
        """Return what answers a page, or a file beside it."""

        async def handle(request: Request) -> Response:
            language = language_of(request.path_params.get("language", ""))
            bound = self._bound(request, today=route.without_release)
            given = read_all(query_of(request), route.parameters)
            named = {key: value for key, value in request.path_params.items() if key not in ("language", "number")}
            _require_support(named)
            words = Words(bound, language)
            path = route.path.format(**named)
            ask = Ask(bound, words, wanted_of(request), path, given, query_of(request), named)
            published = self.published() if self.published else None
            of = (bound.number, bound.newest, published)
            key = ("page", language, wanted_of(request), path, query_of(request), ending, *of)
            make = self._maker(route, ask, ending)
            return await self._answered(request, key, make, ASK_AGAIN)

        return handle

    def _maker(self, route: PageRoute, ask: Ask, ending: str) -> Callable[[], Held]:
        def made() -> Held:
            page = route.make(ask)
            if ending:
                about = {
                    **api.about(ask.bound),
                    "title": page.title,
                    "source": ask.words("source"),
                    "note": ask.words("never_sum"),
                    "invented": ask.words.invented,
                }
                return Held.of(file_of(page.sheet, ending, about), FORMS[ending])
            return Held.of(self._html(page, ask).encode(), HTML)

        return made

    def report(self, wanted: str, language: Language, period: Period) -> str:
        """Return a report as one HTML file that needs nothing else, and that no later release changes.

        What is stored with the release of an edition are these bytes. Raises ProblemError.
        """
        route = next(one for one in PAGES if one.path.startswith(f"/report/{period.kind}/"))
        bound = self.library.bound(wanted)
        path = route.path.format(period=period.code)
        ask = Ask(bound, Words(bound, language), str(bound.number), path, {}, "", {"period": period.code})
        style = Markup(self.static["board.css"][1].body.decode())  # noqa: S704 - of our own
        page = route.make(ask)
        alone = tuple(part for part in page.parts if not isinstance(part, Links))  # a file does not name itself
        return self._html(replace(page, parts=alone), ask, style)

    def _html(self, page: Page, ask: Ask, inlined: Markup | None = None) -> str:
        return self.template(
            "page.html",
            inlined,
            page=page,
            ask=ask,
            words=ask.words,
            menu=MENU,
            foot=FOOT,
            site=self.address,
            permanent=ask.here(wanted=str(ask.bound.number)),
            superseded=self._changed_since(page) if ask.bound.superseded and inlined is None else None,
            prepared=self._prepared(ask),
        )

    def _prepared(self, ask: Ask) -> str:
        """Return the sentence that calls a release prepared, "" for a published one."""
        published = self.published() if self.published else ask.bound.number
        return "" if ask.bound.number <= published else ask.words("prepared_notice", published=published or "-")

    def template(self, name: str, inlined: Markup | None = None, **given: object) -> str:
        """Return a template of the board with what is given in it; with an inlined style it needs no other file."""
        return self._templates.get_template(name).render(
            languages=LANGUAGES,
            style=self.static["board.css"][0],
            script=self.static["board.js"][0],
            inlined=inlined,
            **given,
        )

    def _changed_since(self, page: Page) -> int:
        """Return how many of a page's figures the newest release tells otherwise."""
        columns = page.sheet.columns
        if not {"support", "period", "value"} <= set(columns):
            return 0
        newest = self.library.bound("latest")
        places = {
            name: columns.index(name)
            for name in ("support", "period", "value", "geo", "breakdown", "category")
            if name in columns
        }
        changed = 0
        for row in page.sheet.rows[:5000]:
            fields = {name: row[at] for name, at in places.items()}
            if fields["period"] is None:
                continue
            geo = str(fields.get("geo", "01000"))
            cell = Cell(
                fields["support"],
                Period.parse(fields["period"]),
                level_of(geo) or "",
                geo,
                fields.get("breakdown", "total"),
                fields.get("category", "total"),
            )
            changed += newest.show(cell).value != fields["value"]
        return changed

    # programs

    def api(self, route: ApiRoute) -> Handle:
        """Return what answers an address of the interface."""

        async def handle(request: Request) -> Response:
            bound = self._bound(request)
            given = read_all(query_of(request), route.parameters)
            accept = request.headers.get("accept", "*/*")
            require_acceptable(accept, route.media)
            key = ("api", route.path, query_of(request), bound.number)
            question = Question(bound, given, accept)

            def made() -> Held:
                made_answer = route.make(question)
                return Held.of(made_answer.body, made_answer.media)

            keep = ASK_AGAIN if wanted_of(request) == "latest" else A_DAY
            return await self._answered(request, key, made, keep, {**OPEN, "Vary": "Accept, Accept-Encoding"})

        return handle

    def sdmx(self, make: Callable[[sdmx.Query], Answer]) -> Handle:
        """Return what answers an address of the SDMX interface."""

        async def handle(request: Request) -> Response:
            bound = self._bound(request)
            accept = request.headers.get("accept", "*/*")
            query = sdmx.Query(bound, self.library, dict(request.path_params), query_of(request), accept, self.address)
            key = ("sdmx", request.url.path, query_of(request), accept[:200], bound.number, bound.newest)

            def made() -> Held:
                made_answer = make(query)
                return Held.of(made_answer.body, made_answer.media)

            keep = ASK_AGAIN if wanted_of(request) == "latest" else A_DAY
            return await self._answered(request, key, made, keep, {**OPEN, "Vary": "Accept, Accept-Encoding"})

        return handle

    async def releases(self, request: Request) -> Response:
        """Answer the list of published releases."""
        read_all(query_of(request), ())
        numbers = self.library.numbers()

        def made() -> Held:
            rows = [_release(self.library.bound(str(number))) for number in numbers]
            return Held.of(json.dumps({"releases": rows}).encode(), "application/json")

        return await self._answered(request, ("releases", numbers), made, ASK_AGAIN, OPEN)

    async def file(self, request: Request) -> Response:
        """Answer a file that a manifest names, by its SHA-256; parts of it by Range."""
        sha256 = request.path_params["sha256"]
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):  # noqa: PLR2004 - hex digits of SHA-256
            raise ProblemError("unknown", "There is no file of this name.")
        numbers = self.library.numbers()
        bound = next(
            (
                one
                for one in (self.library.bound(str(number)) for number in reversed(numbers))
                if sha256 in one.manifest.files
            ),
            None,
        )
        if bound is None:
            raise ProblemError("unknown", "There is no file of this name.")
        tag, path = f'"{sha256}"', bound.source.path_of(sha256)
        if path is None:
            return ranged(request, await run_in_threadpool(bound.source.file_bytes, sha256), tag)
        headers = {**HEADERS, **OPEN, "ETag": tag, "Cache-Control": FOR_EVER}
        if has_already(request, tag):
            return Response(status_code=304, headers=headers)
        return FileResponse(path, headers=headers, media_type="application/octet-stream")

    async def openapi(self, request: Request) -> Response:
        """Answer the description of the interface."""
        read_all(query_of(request), ())

        def made() -> Held:
            document = catalog.openapi(API, self.address, self.program)
            return Held.of(json.dumps(document).encode(), "application/json")

        return await self._answered(request, ("openapi",), made, ASK_AGAIN, OPEN)

    async def catalog(self, request: Request) -> Response:
        """Answer the catalogue for harvesters (DCAT), where the site knows its address."""
        read_all(query_of(request), ())
        bound = self.library.bound("latest")
        self._require_address()

        def made() -> Held:
            return Held.of(
                json.dumps(catalog.dcat(bound, self.address), ensure_ascii=False).encode(), "application/ld+json"
            )

        return await self._answered(request, ("dcat", bound.number), made, ASK_AGAIN, OPEN)

    async def sitemap(self, request: Request) -> Response:
        """Answer the list of pages for search engines."""
        read_all(query_of(request), ())
        bound = self.library.bound("latest")
        self._require_address()
        paths = [one.path for one in PAGES if "{" not in one.path] + [f"/support/{code}" for code in bound.supports()]

        def made() -> Held:
            return Held.of(catalog.sitemap(self.address, paths), "application/xml")

        return await self._answered(request, ("sitemap", bound.number), made, ASK_AGAIN)

    async def robots(self, request: Request) -> Response:
        """Answer what robots may read: the newest release, not every old one."""
        sitemap = [f"Sitemap: {self.address}/sitemap.xml"] if self.address else []
        lines = ["User-agent: *", *(f"Disallow: /{language}/release/" for language in LANGUAGES), *sitemap]
        return await self._answered(
            request,
            ("robots",),
            lambda: Held.of(("\n".join(lines) + "\n").encode(), "text/plain; charset=utf-8"),
            ASK_AGAIN,
        )

    async def asset(self, request: Request) -> Response:
        """Answer the style or the script."""
        asset = self.static.get(request.path_params["name"])
        if asset is None:
            raise ProblemError("unknown", "There is no such file.")
        return sent(request, asset[1], tag_of(asset[0]), FOR_EVER)

    async def icon(self, request: Request) -> Response:
        """Answer the picture that browsers show beside the title."""
        address, held = self.static["icon.svg"]
        return sent(request, held, tag_of(address), A_DAY)

    async def front(self, request: Request) -> Response:
        """Send a reader to the newest release in the language that the browser asks for."""
        return Response(
            status_code=302,
            headers={**HEADERS, "Location": f"/{preferred(request)}/latest/", "Vary": "Accept-Language"},
        )

    def _require_address(self) -> None:
        if not self.address:
            raise ProblemError(
                "unknown", "This site does not know its address, so it has no catalogue (OCMW_BOARD_ADDRESS)."
            )

    def _bound(self, request: Request, *, today: bool = False) -> Bound:
        wanted = wanted_of(request)
        if today and wanted == "latest" and not self.library.numbers():
            return self.library.today(self.program)
        return self.library.bound(wanted)

    async def _answered(
        self,
        request: Request,
        key: tuple[object, ...],
        make: Callable[[], Held],
        keep: str,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        tag = tag_of((*key, self.program))
        if has_already(request, tag):
            return Response(status_code=304, headers={**HEADERS, "ETag": tag, "Cache-Control": keep, **(headers or {})})
        held: Held = await run_in_threadpool(self._answers.get, key, make, lambda one: one.size)
        return sent(request, held, tag, keep, headers)

    # what went wrong

    def problem(self, request: Request, error: ProblemError) -> Response:
        """Return the answer to a request that cannot be answered: a page for readers, JSON for programs."""
        kind = error.kind
        headers = dict(HEADERS) | {"Cache-Control": "no-store"}
        if kind.status == 503:  # noqa: PLR2004 - of HTTP
            headers["Retry-After"] = "30"
        path = request.url.path
        if path.startswith(tuple(f"/{language}/" for language in LANGUAGES)) and not path.endswith(tuple(FORMS)):
            template = self._templates.get_template("problem.html")
            text = template.render(
                language=path[1:3], kind=kind, sentence=error.sentence, style=self.static["board.css"][0]
            )
            return Response(text, kind.status, headers, HTML)
        document = {
            "type": f"/problems/{kind.slug}",
            "title": kind.title,
            "status": kind.status,
            "detail": error.sentence,
        }
        return Response(
            json.dumps(document, ensure_ascii=False), kind.status, {**headers, **OPEN}, "application/problem+json"
        )


def _release(bound: Bound) -> dict[str, Any]:
    manifest = bound.manifest
    approval = {"by": manifest.approval.by, "reference": manifest.approval.reference} if manifest.approval else None
    return {
        "release": bound.number,
        "update_id": manifest.update_id,
        "reference_month": manifest.reference_month,
        "published_at": manifest.published_at,
        "previous": manifest.previous,
        "approval": approval,
        "sealed": bound.source.seal_bytes(bound.number) is not None,
        "manifest_sha256": bound.sha256(),
    }


def _require_support(named: Mapping[str, str]) -> None:
    if "support" in named and named["support"] not in PUBLIC_SUPPORTS:
        raise ProblemError("unknown", f"There is no support {named['support'][:40]!r}.")


def build_app(board: Board) -> Starlette:  # noqa: C901 - one list of addresses
    """Return the application: every address that there is."""
    where = {"latest": "/latest", "release": "/release/{number}"}
    routes: list[Route] = [Route("/", board.front)]
    for one in PAGES:
        path = "/index" if one.path == "/" else one.path
        for start in where.values():
            for ending in FORMS:
                routes.append(Route(f"/{{language}}{start}{path}{ending}", board.page(one, ending)))
                if one.path == "/":
                    routes.append(Route(f"/{{language}}{start}{ending}", board.page(one, ending)))
    for one in PAGES:
        for start in where.values():
            routes.append(Route(f"/{{language}}{start}{one.path}", board.page(one, "")))
            if one.path == "/":
                routes.append(Route(f"/{{language}}{start}", board.page(one, "")))
    for start in where.values():
        routes += [Route(f"/api/v1{start}{answer.path}", board.api(answer)) for answer in API]
        routes += [Route(f"/api/v1{start}/sdmx/2.1{path}", board.sdmx(make)) for path, make in sdmx.ROUTES]
    routes += [
        Route("/api/v1/releases", board.releases),
        Route("/files/{sha256}", board.file),
        Route("/openapi.json", board.openapi),
        Route("/catalog.jsonld", board.catalog),
        Route("/sitemap.xml", board.sitemap),
        Route("/robots.txt", board.robots),
        Route("/static/{name}", board.asset),
        Route("/favicon.ico", board.icon),
    ]

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, ProblemError):
            return board.problem(request, error)
        if isinstance(error, HTTPException):
            slug = "not-allowed" if error.status_code == 405 else "unknown"  # noqa: PLR2004 - of HTTP
            sentence = (
                "Only GET and HEAD are answered here." if slug == "not-allowed" else "There is nothing at this address."
            )
            answer = board.problem(request, ProblemError(slug, sentence))
            answer.headers.update({"Allow": "GET, HEAD"} if slug == "not-allowed" else {})
            return answer
        LOG.error("a file of the public tree cannot be read", reason=type(error).__name__)
        board.unreadable += 1
        return board.problem(
            request, ProblemError("no-release", "A file of this release cannot be read; the operator has been told.")
        )

    app = Starlette(
        routes=routes, exception_handlers={ProblemError: refused, HTTPException: refused, StoreError: refused}
    )
    app.router.redirect_slashes = False
    return app
