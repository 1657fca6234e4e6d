"""Which OCMW sent nothing: those with the most silent months first, some a page; the page's files hold all."""

from processors.board.nothing import SIGNS, WITHOUT_OCMW
from schemas.periods import month_code
from schemas.places import PLACES
from streams.board.page import Ask, Choice, Headline, Links, Page, Part, Sheet, Table, Td, Text, Th, plain
from streams.board.pages.shared import is_valid, support_choices
from streams.board.words import Words

_ROWS_A_PAGE = 50
"""All of them would be thousands of cells, which nobody reads and browsers are slow on."""


def completeness(ask: Ask) -> Page:
    """Return the OCMWs that sent no line of a support, month by month of a year."""
    bound, words, given = ask.bound, ask.words, ask.given
    code = given["support"]
    newest = bound.newest_period(code)
    year = given["year"] or ((newest.last if newest else bound.reference) // 12 + 1900)
    months = list(range((year - 1900) * 12, (year - 1900) * 12 + 12))
    known = {month: sent for month in months if (sent := bound.completeness(month).get(code)) is not None}
    hidden = {month: bound.hidden_senders(code, month) for month in known}
    towns = [geo for level, geo in PLACES if level == "municipality" and geo not in WITHOUT_OCMW]
    there = [geo for geo in towns if any(is_valid(geo, month) for month in known)]
    silent = [geo for geo in there if any(_is_silent(known, hidden, month, geo) for month in known)]
    title = words("completeness_of", support=words.support(code), year=str(year))
    whole = [geo for geo in silent if not any(geo in known[month] or geo in hidden[month] for month in known)]
    parts: list[Part] = []
    if known:
        parts.append(
            Headline(
                words("without_claim"),
                words.number(len(whole)),
                (words("of_ocmws", number=words.number(len(there))), words("months_known", number=len(known))),
            )
        )
    else:
        parts.append(Text((words("nothing_published_here"),)))
    worst = sorted(silent, key=lambda geo: (-_silent_months(known, hidden, geo), words.place(geo)))
    start = (given["page"] - 1) * _ROWS_A_PAGE
    rows = [
        (
            Td(words.place(geo), ask.address(f"/support/{code}", geo=geo)),
            *(_claim(words, known, hidden, month, geo) for month in months),
        )
        for geo in worst[start : start + _ROWS_A_PAGE]
    ]
    head = (Th(words("ocmw"), number=False), *(Th(month_code(month), number=False) for month in months))
    parts.append(Table(title, head, tuple(rows), (words("completeness_note"),)))
    if len(worst) > _ROWS_A_PAGE:
        pages = range(1, -(-len(worst) // _ROWS_A_PAGE) + 1)
        links = tuple((ask.address(ask.path, support=code, year=year, page=one), str(one), "") for one in pages)
        parts.append(Links(words("further_pages"), links))
    sheet = Sheet(
        ("support", "month", "geo", "claim"),
        plain(
            [
                (code, month_code(month), geo, _said(known, hidden, month, geo))
                for month in known
                for geo in there
                if is_valid(geo, month)
            ]
        ),
    )
    choices = (
        Choice("support", words("support"), code, support_choices(ask)),
        Choice("year", words("year"), str(year)),
    )
    return Page(title, tuple(parts), sheet, choices)


_Senders = dict[int, frozenset[str]]


def _said(known: _Senders, hidden: _Senders, month: int, geo: str) -> str:
    """Return what a file says of an OCMW and a month; under a threshold that may be that nothing is said (F3)."""
    if geo in hidden[month]:
        return "suppressed"
    return "sent" if geo in known[month] else "no_claim"


def _is_silent(known: _Senders, hidden: _Senders, month: int, geo: str) -> bool:
    return is_valid(geo, month) and _said(known, hidden, month, geo) == "no_claim"


def _silent_months(known: _Senders, hidden: _Senders, geo: str) -> int:
    return sum(_is_silent(known, hidden, month, geo) for month in known)


def _claim(words: Words, known: _Senders, hidden: _Senders, month: int, geo: str) -> Td:
    if month not in known:
        return Td("…", "", "nothing", words.nothing("waiting"))
    if not is_valid(geo, month):
        return Td("/", "", "nothing", words.nothing("not_applicable"))
    if geo in hidden[month]:
        return Td(SIGNS["suppressed"], "", "nothing", words.nothing("suppressed"))
    return Td("+", "", "", words("sent")) if geo in known[month] else Td("-", "", "nothing", words.nothing("no_claim"))
