"""Breaks in series: months from which a figure is no longer the same thing as before."""

from dataclasses import dataclass
from typing import Any

from schemas.breakdowns import BREAKDOWNS
from schemas.parameters import document
from schemas.periods import parse_month
from schemas.supports import NODE


@dataclass(frozen=True, slots=True)
class Break:
    """A break at the start of ``month`` (ordinal) in some supports and breakdowns; ``text`` says why, by language."""

    month: int
    supports: frozenset[str]
    breakdowns: frozenset[str]
    text: dict[str, str]


def _break(entry: dict[str, Any]) -> Break:
    supports = frozenset(entry.get("supports", NODE))
    breakdowns = frozenset(entry.get("breakdowns", BREAKDOWNS))
    return Break(parse_month(entry["month"]), supports, breakdowns, entry["text"])


BREAKS: tuple[Break, ...] = tuple(_break(entry) for entry in document("breaks")["breaks"])


def breaks_in(support: str, first: int, last: int) -> tuple[Break, ...]:
    """Return the breaks that a series of a support from ``first`` to ``last`` (ordinals) crosses, in order."""
    return tuple(one for one in BREAKS if support in one.supports and first < one.month <= last)
