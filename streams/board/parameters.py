"""Parameters of addresses: each has one rule; unknown, repeated or unlawful ones are refused with a sentence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from schemas.breakdowns import BREAKDOWNS, CATEGORY_NUMBER, RESTRICTED_BREAKDOWNS
from schemas.periods import KINDS, Period, parse_month
from schemas.places import LEVELS
from schemas.supports import NODE
from streams.board.library import level_of
from streams.board.problems import ProblemError, bad

MOST_VALUES = 50
"""Values that a list may have."""
LONGEST_ADDRESS = 4096
"""Bytes of an address."""
PUBLIC_BREAKDOWNS: tuple[str, ...] = tuple(name for name in BREAKDOWNS if name not in RESTRICTED_BREAKDOWNS)
PUBLIC_SUPPORTS: tuple[str, ...] = tuple(code for code, node in NODE.items() if node.public)

Read = Callable[[str, str], Any]
"""Reads the text of a parameter by its name, or raises ProblemError."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an address: ``schema`` says to programs what it may be; ``many`` lets it stand several times."""

    name: str
    read: Read
    schema: Mapping[str, Any]
    says: str
    default: Any = None
    many: bool = False


def read_all(query: str, known: Sequence[Parameter]) -> dict[str, Any]:
    """Return name -> value (a tuple where it may stand several times). Raises ProblemError for what cannot be."""
    by_name = {one.name: one for one in known}
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=False, max_num_fields=8 * MOST_VALUES, errors="strict"
        )
    except (ValueError, UnicodeDecodeError):
        raise ProblemError("bad-parameter", "The parameters of this address cannot be read.") from None
    read: dict[str, list[Any]] = {}
    for name, text in pairs:
        if name not in by_name:
            names = ", ".join(sorted(by_name)) or "none"
            raise ProblemError("bad-parameter", f"No parameter here is called {name[:40]!r}; there are: {names}.")
        read.setdefault(name, []).append(by_name[name].read(name, text))
    for name, values in read.items():
        if len(values) > 1 and not by_name[name].many:
            raise bad(name, "it may stand once.")
        if len(values) > MOST_VALUES:
            raise bad(name, f"at most {MOST_VALUES} values.")
    return {one.name: _value(one, read.get(one.name)) for one in known}


def _value(known: Parameter, values: list[Any] | None) -> Any:  # noqa: ANN401 - what the parameter reads
    if known.many:
        return tuple(dict.fromkeys(values)) if values else known.default or ()
    return values[0] if values else known.default


def one_of(choices: Sequence[str]) -> tuple[Read, dict[str, Any]]:
    """Return what reads one of some codes, and its schema."""

    def read(name: str, text: str) -> str:
        if text not in choices:
            raise bad(name, f"{text[:40]!r} is none of {', '.join(choices)}.")
        return text

    return read, {"type": "string", "enum": list(choices)}


def number(low: int, high: int) -> tuple[Read, dict[str, Any]]:
    """Return what reads a whole number between two others, and its schema."""

    def read(name: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high):
            raise bad(name, f"a whole number from {low} to {high}.")
        return int(text)

    return read, {"type": "integer", "minimum": low, "maximum": high}


def _geo(name: str, text: str) -> str:
    if level_of(text) is None:
        raise bad(name, f"{text[:40]!r} is no NIS code of a place; five digits, as 11002, or 01000 for Belgium.")
    return text


def _period(name: str, text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError:
        raise bad(name, f"{text[:40]!r} is no period; write 2024-03, 2024-Q1, 2024 or R12-2024-03.") from None


def _month(name: str, text: str) -> int:
    try:
        return parse_month(text)
    except ValueError:
        raise bad(name, f"{text[:40]!r} is no month; write 2024-03.") from None


def _by(name: str, text: str) -> tuple[str, str]:
    breakdown, colon, category = text.partition(":")
    if not colon or (breakdown, category) not in CATEGORY_NUMBER or breakdown in RESTRICTED_BREAKDOWNS:
        raise bad(name, f"{text[:40]!r} is no characteristic and category; write total:total or sex:1.")
    return breakdown, category


def text_of(name: str, text: str) -> str:
    """Return a short text as it is."""
    if len(text) > 200 or not text.isprintable():  # noqa: PLR2004 - characters
        raise bad(name, "at most 200 characters.")
    return text


def _two_releases(name: str, text: str) -> tuple[int, int]:
    first, _, second = text.partition(",")
    read, _ = number(1, 999_999)
    pair = read(name, first), read(name, second)
    if pair[0] >= pair[1]:
        raise bad(name, "an older and a newer release, as 3,12.")
    return pair


TEXT = {"type": "string", "maxLength": 200}
SUPPORT = Parameter("support", *one_of(PUBLIC_SUPPORTS), "Code of the support.", "LL")
SUPPORTS = Parameter("support", *one_of(PUBLIC_SUPPORTS), "Codes of supports; default all.", (), many=True)
KIND = Parameter("kind", *one_of(KINDS), "Kind of period.", "month")
ANY_KIND = Parameter("kind", *one_of(KINDS), "Kind of period; default all.")
LEVEL = Parameter("level", *one_of(LEVELS), "Level of places.")
GEO = Parameter("geo", _geo, {"type": "string", "pattern": "^[0-9]{5}$"}, "NIS code of a place.", "01000")
ANY_GEO = Parameter("geo", _geo, {"type": "string", "pattern": "^[0-9]{5}$"}, "NIS code of a place.")
GEOS = Parameter("geo", _geo, {"type": "string", "pattern": "^[0-9]{5}$"}, "NIS codes of places.", (), many=True)
PERIOD = Parameter(
    "period", _period, {"type": "string", "pattern": "^(R12-)?[0-9]{4}(-(Q[1-4]|[01][0-9]))?$"}, "A period."
)
PERIODS = Parameter("period", _period, PERIOD.schema, "Periods.", (), many=True)
FROM = Parameter("from", _month, {"type": "string", "pattern": "^[0-9]{4}-[01][0-9]$"}, "First month.")
TO = Parameter("to", _month, FROM.schema, "Last month.")
LAST = Parameter("last", *number(1, 600), "So many periods, the newest.")
BREAKDOWN = Parameter("breakdown", *one_of(PUBLIC_BREAKDOWNS), "Characteristic.", "total")
BY = Parameter("by", *one_of(PUBLIC_BREAKDOWNS), "Characteristic.", "total")
BY_CATEGORY = Parameter("by", _by, TEXT, "Characteristic and category.", ("total", "total"))
CATEGORY = Parameter("category", text_of, TEXT, "Categories of the characteristic.", (), many=True)
MEASURE = Parameter("measure", *one_of(("count", "rate")), "Persons, or persons by 1,000 inhabitants.")
BETWEEN = Parameter("between", _two_releases, TEXT, "Two releases, as 3,12.")
YEAR = Parameter("year", *number(1999, 2199), "A year.")
SORT = Parameter("sort", text_of, TEXT, "A column to sort by, with - before it the other way.")
PAGE = Parameter("page", *number(1, 10_000), "Which page of a long list.", 1)
LIMIT = Parameter("limit", *number(1, 10_000), "Rows of an answer.", 1000)
CURSOR = Parameter("cursor", *number(0, 10_000_000), "Where the answer before said to go on.", 0)
FORMAT = Parameter("format", *one_of(("json", "csv", "json-stat")), "Form of the answer.", "json")
LABELS = Parameter("labels", *one_of(("nl", "fr", "en")), "Add names in a language.")
SINCE = Parameter("since", *number(1, 999_999), "Changes after this release; default the one before.")
ALL = Parameter("all", *one_of(("1",)), "Everything, however long.")
