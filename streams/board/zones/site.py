"""The site of a zone: what each role finds at which address, behind a door that a proxy's word opens.

    headers ─► who is it (identity) ─► may this role go there ─► log of accesses ─► answer, kept by nobody

Nothing a request says of itself counts before the door: no X-Forwarded header is read at all. What is answered may be
kept nowhere on its way, and be read by no other site.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.questions import QuestionError, question
from sinks.errors import StoreError
from sinks.public.prepared import PreparedReleases
from sinks.question_box import Asked, QuestionBox
from streams.board.app import Board, build_app
from streams.board.library import Bound, level_of
from streams.board.page import Page, Part, Sheet, Table, Td, Text, Th
from streams.board.parameters import read_all
from streams.board.problems import ProblemError
from streams.board.requests import language_of, preferred, query_of
from streams.board.responses import HEADERS, HTML
from streams.board.sheets import FORMS, file_of
from streams.board.words import Words
from streams.board.zones import pages
from streams.board.zones.accesses import Accesses
from streams.board.zones.house import House, Wanted
from streams.board.zones.identity import Area, Door, Reader, Zone, home, require_area
from streams.shell.clock import instant

HOMES: dict[Area, str] = {"own": "mine", "prepared": "prepared", "questions": "questions"}
"""Path of the first page of a part, behind the language."""
LONGEST_QUESTION = 16_384
MOST_WAITING = 20
"""Questions of one researcher that may wait."""
PRIVATE = "private, no-store"
_OPEN = ("access-control-allow-origin", "access-control-expose-headers", "etag")

Handle = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Asking:
    """The form of a question: what stands in it, and what was wrong with it."""

    text: str = 'study = ""\nshape = 1\n'
    wrong: str = ""


class ZoneSite:
    """What a zone shows: pages of the zone, and to an officer the board with prepared releases."""

    def __init__(self, board: Board, zone: Zone, house: House, box: QuestionBox | None) -> None:
        """Take the board (its library holds what an officer sees), the zone, the store, where questions wait."""
        self.board = board
        self.zone: Zone = zone
        self.house = house
        self.box = box

    async def front(self, request: Request) -> Response:
        """Send a reader to the first page of its role."""
        path = HOMES[home(self.zone, _reader(request))]
        return Response(status_code=302, headers={**HEADERS, "Location": f"/{preferred(request)}/{path}"})

    def mine(self, ending: str) -> Handle:
        """Return what answers an OCMW's own page, or a file beside it."""

        async def handle(request: Request) -> Response:
            given = read_all(query_of(request), pages.OWN_PARAMETERS[self.zone])
            place = ("municipality", str(_reader(request).ocmw))
            wanted = Wanted(self.zone, place, given["support"], given.get("kind", "month"))
            receipts = None if ending else self.house.receipts  # files have figures alone
            own = partial(pages.Own, self.house, wanted=wanted, receipts=receipts)
            return await self._page(request, lambda words: pages.own(own(words)), ending)

        return handle

    def place(self, ending: str) -> Handle:
        """Return what answers an officer's page of a place, or a file beside it."""

        async def handle(request: Request) -> Response:
            given = read_all(query_of(request), pages.PLACE_PARAMETERS)
            place = (level_of(given["geo"]) or "kingdom", given["geo"])
            wanted = Wanted(self.zone, place, given["support"], given["kind"])
            return await self._page(request, lambda words: pages.place(pages.Own(self.house, words, wanted)), ending)

        return handle

    def prepared(self, ending: str) -> Handle:
        """Return what answers the list of prepared releases, or a file beside it."""

        async def handle(request: Request) -> Response:
            read_all(query_of(request), ())
            source = self.board.library.source
            releases = source.releases() if isinstance(source, PreparedReleases) else ()
            published = self.board.published() if self.board.published else 0
            return await self._page(request, lambda words: pages.prepared(words, releases, published), ending)

        return handle

    async def questions(self, request: Request) -> Response:
        """Answer the form of a question and the list of those that a researcher sent; take one that is sent."""
        box, by = self._questions(), str(request.state.who)
        if request.method != "POST":
            read_all(query_of(request), ())
            return await self._page(request, lambda words: _listed(words, box.of(by)), "", Asking())
        if request.headers.getlist("origin") != [self.board.address] or not self.board.address:
            raise ProblemError("forbidden", "A question is sent from the page of this site alone (OCMW_BOARD_ADDRESS).")
        text = await _question(request)
        try:
            question(text)
        except QuestionError as error:
            asking = Asking(text, str(error))
            return await self._page(request, lambda words: _listed(words, box.of(by)), "", asking)
        if sum(one.state in ("queued", "running") for one in box.of(by)) >= MOST_WAITING:
            raise ProblemError("bad-parameter", f"{MOST_WAITING} of your questions wait already; ask again later.")
        taken = await run_in_threadpool(box.put, by, text, instant())
        language = language_of(request.path_params["language"])
        return Response(status_code=303, headers={**HEADERS, "Location": f"/{language}/questions/{taken.name}"})

    async def one_question(self, request: Request) -> Response:
        """Answer how far a question is, and its answer; each file as it lies with its ending."""
        read_all(query_of(request), ())
        name, dot, ending = request.path_params["name"].partition(".")
        asked = self._questions().one(str(request.state.who), name)
        if asked is not None and not dot:
            return await self._page(request, lambda words: _one(words, asked), "")
        files = {"toml": "application/toml", "csv": "text/csv; charset=utf-8"}
        file = {"toml": asked.request, "csv": asked.answer}.get(ending) if asked else None
        if file is None or not file.is_file():
            raise ProblemError("unknown", "There is no such question of yours.")
        return Response(file.read_bytes(), headers=HEADERS, media_type=files[ending])

    def _questions(self) -> QuestionBox:
        if self.box is None:
            raise ProblemError("unknown", "Questions are not taken here (OCMW_BOARD_QUESTIONS).")
        return self.box

    async def _page(
        self, request: Request, make: Callable[[Words], Page], ending: str, asking: Asking | None = None
    ) -> Response:
        language = language_of(request.path_params["language"])
        words = Words(self._bound(), language)
        page = await run_in_threadpool(make, words)
        if ending:
            about = {"zone": self.zone, "title": page.title, "note": words("never_sum"), "invented": words.invented}
            return Response(file_of(page.sheet, ending, about), headers=HEADERS, media_type=FORMS[ending])
        path = request.url.path.partition(f"/{language}/")[2]
        text = self.board.template(
            "zone.html",
            page=page,
            words=words,
            zone=self.zone,
            home=HOMES[home(self.zone, _reader(request))],
            path=path,
            query=f"?{query_of(request)}" if query_of(request) else "",
            asking=asking,
            files=bool(page.sheet.columns),
        )
        return Response(text, 400 if asking and asking.wrong else 200, HEADERS, HTML)

    def _bound(self) -> Bound:
        library = self.board.library
        return library.bound("latest") if library.numbers() else library.today(self.board.program)

    def refused(self, request: Request, error: Exception) -> Response:
        """Answer what cannot be answered."""
        if isinstance(error, ProblemError):
            return self.board.problem(request, error)
        if isinstance(error, HTTPException):
            slug = "not-allowed" if error.status_code == 405 else "unknown"  # noqa: PLR2004 - of HTTP
            return self.board.problem(request, ProblemError(slug, "There is nothing at this address."))
        self.board.unreadable += 1
        return self.board.problem(request, ProblemError("no-release", "The store cannot be read; tell the operator."))


class Guarded:
    """An application behind the door: who comes in is known, may go there, and is noted before it is answered."""

    def __init__(self, site: ZoneSite, app: ASGIApp, door: Door, accesses: Accesses) -> None:
        """Take the site and its application, the door, the log."""
        self._site = site
        self._app = app
        self._door = door
        self._accesses = accesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        closed = _closed(send)
        request = Request(scope)
        try:
            reader = self._door.reader(scope["headers"])
            await self._let_in(request, reader)
        except ProblemError as error:
            await self._site.board.problem(request, error)(scope, receive, closed)
            return
        await self._app(scope, receive, closed)

    async def _let_in(self, request: Request, reader: Reader) -> None:
        site, path = self._site, request.url.path
        request.state.reader, request.state.who = reader, self._accesses.name_of(reader)
        area = area_of(path)
        if area is None:
            return
        await self._accesses.note(reader, site.zone, f"{request.method} {path}", site.house.newest())
        require_area(site.zone, reader, area)
        source = site.board.library.source
        if area == "prepared" and isinstance(source, PreparedReleases):
            try:
                await run_in_threadpool(source.refresh)
            except StoreError:
                raise ProblemError("no-release", "A prepared release cannot be read; tell the operator.") from None


def area_of(path: str) -> Area | None:
    """Return the part of the board that an address belongs to, None for what all parts share."""
    first, _, rest = path.removeprefix("/").partition("/")
    if path == "/" or first in ("static", "favicon.ico"):
        return None
    second = rest.partition("/")[0].partition(".")[0]
    return {"mine": "own", "questions": "questions"}.get(second, "prepared")  # type: ignore[return-value]  # both are areas


def _closed(send: Send) -> Send:
    async def closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Cache-Control"] = PRIVATE
            headers["Referrer-Policy"] = "same-origin"  # under no-referrer a browser sends a form with Origin: null
            for name in _OPEN:
                del headers[name]
        await send(message)

    return closed


def build_zone(site: ZoneSite, door: Door, accesses: Accesses) -> ASGIApp:
    """Return the application of a zone."""
    routes: list[Route | Mount] = [Route("/", site.front)]
    for ending in ("", *FORMS):
        routes.append(Route(f"/{{language}}/mine{ending}", site.mine(ending)))
        if site.zone == "restricted":
            routes.append(Route(f"/{{language}}/prepared{ending}", site.prepared(ending)))
            routes.append(Route(f"/{{language}}/figures{ending}", site.place(ending)))
    if site.zone == "restricted":
        routes.append(Route("/{language}/questions", site.questions, methods=["GET", "POST"]))
        routes.append(Route("/{language}/questions/{name}", site.one_question))
    routes.append(Mount("/", build_app(site.board)))

    async def refused(request: Request, error: Exception) -> Response:
        return site.refused(request, error)

    handlers = {ProblemError: refused, HTTPException: refused, StoreError: refused}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Guarded(site, app, door, accesses)


def _reader(request: Request) -> Reader:
    reader: Reader = request.state.reader
    return reader


async def _question(request: Request) -> str:
    """Return the question of a form. Raises ProblemError for one that is too long or no form."""
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > LONGEST_QUESTION:
            raise ProblemError("bad-parameter", f"A question has at most {LONGEST_QUESTION} bytes.")
    try:
        values = parse_qs(data.decode("ascii"), strict_parsing=True, max_num_fields=1, errors="strict")["question"]
    except (ValueError, KeyError):
        raise ProblemError("bad-parameter", "This is not the form of a question.") from None
    return values[0].replace("\r\n", "\n")


def _listed(words: Words, questions: tuple[Asked, ...]) -> Page:
    rows = tuple(
        (Td(one.name, f"/{words.language}/questions/{one.name}"), Td(words(f"question_{one.state}")))
        for one in questions
    )
    head = tuple(Th(words(name), number=False) for name in ("question_at", "state"))
    part: Part = Table(words("questions_yours"), head, rows) if rows else Text((words("questions_none"),))
    return Page(words("questions_title"), (part,), Sheet((), ()), lead=words("questions_lead"))


def _one(words: Words, asked: Asked) -> Page:
    state = asked.state
    parts: list[Part] = []
    if state == "answered":
        head, *rows = (line.split(",") for line in asked.answer.read_text(encoding="utf-8").splitlines())
        cells = tuple(tuple(Td(value) for value in row) for row in rows)
        parts.append(Table(words("question_answer"), tuple(Th(name, number=False) for name in head), cells))
    else:
        parts.append(Text((words(f"question_{state}_text", reason=asked.reason),)))
    parts.append(Text((), words("question_request"), asked.request.read_text(encoding="utf-8")))
    return Page(words("question_of", name=asked.name), tuple(parts), Sheet((), ()), lead=words(f"question_{state}"))
