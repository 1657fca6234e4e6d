"""SDMX REST 1.5 of a release."""

from dataclasses import dataclass

from streams.board.api import Answer
from streams.board.library import Bound, Library


@dataclass(frozen=True)
class Query:
    """A question in SDMX REST."""

    bound: Bound
    library: Library
    path: dict[str, str]
    query: str
    accept: str
    address: str


ROUTES: tuple[tuple[str, object], ...] = ()
_ = Answer
