"""Codes of the electronic social report, by day (``parameters/esv_codes.yaml``), and the choices beside them."""

from functools import cache
from typing import Literal, NamedTuple

from schemas.parameters import document
from schemas.services.days import day_of
from schemas.services.records import Day

CodeList = Literal["aid", "motive", "element", "reason"]


class Code(NamedTuple):
    """An entry of a list: its days (``last`` None: still) and what people read."""

    code: str
    first: Day
    last: Day | None
    nl: str
    fr: str


@cache
def codes(of: CodeList) -> tuple[Code, ...]:
    """Return the entries of a list, in its order; a code may have several, of other days."""
    return tuple(
        Code(one["code"], day_of(one["from"]), day_of(one["to"]) if one["to"] else None, one["nl"], one["fr"])
        for one in document("esv_codes")[of]
    )


def holds(of: CodeList, code: str, day: Day) -> bool:
    """Tell whether a code stands in a list on a day."""
    return any(one.code == code and one.first <= day and (one.last is None or day <= one.last) for one in codes(of))


def label(of: CodeList, code: str, language: str) -> str:
    """Return what people read for a code in ``nl`` or ``fr`` (its last entry); the code where there is none."""
    entries = [one for one in codes(of) if one.code == code]
    return str(getattr(entries[-1], language)) if entries else code


def late_answer_days() -> int:
    """Return how many days after a request an answer may still come."""
    return int(document("esv_codes")["choices"]["late_answer_days"])


def reason_of_strangers() -> str:
    """Return the reason for which an OCMW may ask that does not know the person."""
    return str(document("esv_codes")["choices"]["reason_of_strangers"])
