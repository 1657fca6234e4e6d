"""What a page is made of, before it is HTML: parts in order, and the sheet of codes that its files hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from streams.board.library import Bound
from streams.board.words import Words


@dataclass(frozen=True, slots=True)
class Headline:
    """The first thing a reader sees: one figure, what it is, its change, its state with its date."""

    label: str
    figure: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, what is drawn, and the legend: (class, words). ``points`` are read by the script, not by people."""

    picture: Markup
    caption: str
    legend: tuple[tuple[str, str], ...] = ()
    points: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs, under a heading where there is one."""

    paragraphs: tuple[str, ...]
    heading: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Td:
    """A cell of a table: its text, where it leads, its class, and words for who hovers or listens."""

    text: str
    href: str = ""
    class_: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Th:
    """The head of a column; ``sort`` is ascending, descending or none, ``href`` sorts by it."""

    text: str
    href: str = ""
    sort: str = ""
    number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first cell of a row is its head."""

    caption: str
    head: tuple[Th, ...]
    rows: tuple[tuple[Td, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A field of the form above a page: a list to choose from, or a text where there is none."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """A list of links: (address, text, note)."""

    heading: str
    links: tuple[tuple[str, str, str], ...]


Part = Headline | Chart | Text | Table | Links


FIGURE_COLUMNS = (
    "support",
    "period",
    "period_kind",
    "geo_level",
    "geo",
    "breakdown",
    "category",
    "value",
    "nothing",
    "state",
    "update_id",
)
"""Of a sheet of figures, on a page and in the interface."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page's files hold: codes, and plain numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title, what is chosen above it, its parts in order, and its sheet."""

    title: str
    parts: tuple[Part, ...]
    sheet: Sheet
    choices: tuple[Choice, ...] = ()
    lead: str = ""


@dataclass(frozen=True)
class Ask:
    """A request for a page: the release, the words, the parameters, and where the page stands.

    ``wanted`` is ``latest`` or the number as the address has it, ``path`` what follows it (``/support/LL``).
    """

    bound: Bound
    words: Words
    wanted: str
    path: str
    given: dict[str, Any]
    query: str = ""
    named: dict[str, str] = field(default_factory=dict)

    def address(self, path: str, *, wanted: str | None = None, language: str | None = None, **given: object) -> str:
        """Return the address of a page of this release, with parameters that are not None."""
        release = wanted or self.wanted
        where = "latest" if release == "latest" else f"release/{release}"
        query = urlencode(
            [(name.rstrip("_"), str(value)) for name, value in given.items() if value is not None], safe=":"
        )
        address_of = f"/{language or self.words.language}/{where}{path}"
        return f"{address_of}?{query}" if query else address_of

    def here(self, *, wanted: str | None = None, language: str | None = None, ending: str = "") -> str:
        """Return the address of this page with all its parameters, in another release, language or form."""
        path = self.path if self.path != "/" or not ending else "/index"
        address = self.address(path + ending, wanted=wanted, language=language)
        return f"{address}?{self.query}" if self.query else address


def plain(rows: Sequence[Sequence[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Return rows as a sheet holds them."""
    return tuple(tuple(row) for row in rows)
