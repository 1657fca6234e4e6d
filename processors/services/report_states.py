"""The two state tables of the electronic social report, literal: nothing else changes a state.

A request is received, then answered when all answers are in or nobody is to be asked, or answered with an error; its
asker puts it away. An answer is received, or not received until a decision that touches comes in time; the asker puts
it away too, and then it is in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar

from schemas.services.records import Instant

RequestState = Literal["RECEIVED", "ANSWERED", "ANSWERED_WITH_ERROR", "ARCHIVED"]
AnswerState = Literal["NOT_RECEIVED", "RECEIVED", "ARCHIVED"]
Happening = Literal["all answers in", "nobody to ask", "faulty", "late answer", "archive"]

REQUEST: Mapping[tuple[str, Happening], RequestState] = {
    ("RECEIVED", "all answers in"): "ANSWERED",
    ("RECEIVED", "nobody to ask"): "ANSWERED",
    ("RECEIVED", "faulty"): "ANSWERED_WITH_ERROR",
    ("RECEIVED", "archive"): "ARCHIVED",
    ("ANSWERED", "archive"): "ARCHIVED",
    ("ANSWERED_WITH_ERROR", "archive"): "ARCHIVED",
}
ANSWER: Mapping[tuple[str, Happening], AnswerState] = {
    ("NOT_RECEIVED", "late answer"): "RECEIVED",
    ("NOT_RECEIVED", "archive"): "ARCHIVED",
    ("RECEIVED", "archive"): "ARCHIVED",
}


class IllegalTransitionError(Exception):
    """A happening that a state does not know; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A state, and since when."""

    state: str
    at: Instant


class _HasHistory(Protocol):
    @property
    def history(self) -> tuple[Moment, ...]: ...


Standing = TypeVar("Standing", bound=_HasHistory)


def state_of(standing: _HasHistory) -> str:
    """Return the state that a request or answer is in now."""
    return standing.history[-1].state


def after(
    table: Mapping[tuple[str, Happening], str], standing: Standing, happening: Happening, at: Instant
) -> Standing:
    """Return a request or answer after something happened. Raises IllegalTransitionError where its table has no row."""
    before = state_of(standing)
    if (before, happening) not in table:
        message = f"{happening} cannot happen to what is {before}"
        raise IllegalTransitionError(message)
    history = (*standing.history, Moment(table[before, happening], at))
    return replace(standing, history=history)  # type: ignore[type-var]
