"""The gate: when a figure may be shown (G3-G6, F2).

Two questions are put to each figure (a node and a period) at each update, both about the kingdom's total of
beneficiaries: has its legal delay passed, and did it vary by at most 1 % since the update before? The answers and the
state so far give the new state and whether the published block becomes this update's. Nothing else changes a state.

One more rule stands above: the series up to 2007 was frozen in January 2010. At the first update that refers to that
month or a later one, every period of it takes that update's block and is never touched again.
"""

from dataclasses import dataclass
from typing import Literal

from schemas.parameters import document
from schemas.periods import Period, parse_month
from schemas.releases import State, Update, Vintage
from schemas.supports import Node

_GATE = document("limits")["gate"]
VARIATION_PERCENT: int = _GATE["variation_percent"]
FROZEN_THROUGH: int = parse_month(_GATE["frozen_through"])
FROZEN_WHEN: int = parse_month(_GATE["frozen_when"])

Answer = Literal["early", "moving", "stable"]
"""Delay not passed; delay passed and variation above 1 %; delay passed and at most 1 %."""
Block = Literal["none", "kept", "this", "this if it differs"]
"""Which block is published from this update on."""

TRANSITIONS: dict[tuple[State, Answer], tuple[State, Block]] = {
    (State.PENDING, "early"): (State.PENDING, "none"),
    (State.PENDING, "moving"): (State.SETTLING, "none"),
    (State.PENDING, "stable"): (State.PUBLISHED, "this"),
    (State.SETTLING, "moving"): (State.SETTLING, "none"),
    (State.SETTLING, "stable"): (State.PUBLISHED, "this"),
    (State.PUBLISHED, "moving"): (State.REVISING, "kept"),
    (State.PUBLISHED, "stable"): (State.PUBLISHED, "this if it differs"),
    (State.REVISING, "moving"): (State.REVISING, "kept"),
    (State.REVISING, "stable"): (State.PUBLISHED, "this"),
    (State.FROZEN, "early"): (State.FROZEN, "kept"),
    (State.FROZEN, "moving"): (State.FROZEN, "kept"),
    (State.FROZEN, "stable"): (State.FROZEN, "kept"),
}
"""G6. What is not here cannot happen: a delay that has passed stays passed, since reference months never decrease."""


class IllegalTransitionError(Exception):
    """A state and an answer that the table does not hold: the code or the store is wrong, not the data."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An update as the gate sees it; ``frozen_before``: an earlier update closed the series up to 2007 already."""

    update: Update
    first: bool
    frozen_before: bool


def moment(update: Update, previous: Update | None) -> Moment:
    """Return what the gate must know of an update and the one before it (None: the log's first)."""
    frozen_before = previous is not None and previous.reference_month >= FROZEN_WHEN
    return Moment(update, previous is None, frozen_before)


def varies_little(value: int, previous: int | None) -> bool:
    """Tell whether a figure moved by at most 1 % (G3); exactly 1 % is little, from 0 only 0 is, nothing at first."""
    return previous is not None and 100 * abs(value - previous) <= VARIATION_PERCENT * previous


def delay_passed(node: Node, period: Period, reference_month: int) -> bool:
    """Tell whether the last month of a period is at or before M - k (G4)."""
    return period.last <= reference_month - node.delay


def answer(node: Node, period: Period, vintage: tuple[int, int | None], now: Moment) -> Answer:
    """Return the gate's answer for a figure with this (value, previous value)."""
    if not delay_passed(node, period, now.update.reference_month):
        return "early"
    return "stable" if varies_little(*vintage) else "moving"


def next_vintage(  # noqa: PLR0913 - the gate asks for no less
    node: Node,
    period: Period,
    known: Vintage | None,
    value: int,
    now: Moment,
    *,
    differs: bool,
) -> tuple[Vintage, bool]:
    """Return a figure's vintage at an update, and whether its published block becomes this update's.

    ``known`` is its vintage at the update before (None: never seen); ``value`` the kingdom's beneficiaries now;
    ``differs`` tells whether any cell differs from the published block. Raises IllegalTransitionError.
    """
    previous = known.value if known else None if now.first else 0
    if period.last <= FROZEN_THROUGH and now.update.reference_month >= FROZEN_WHEN:
        return _frozen(known, value, previous, now)
    before = known.state if known else State.PENDING
    verdict = answer(node, period, (value, previous), now)
    if (before, verdict) not in TRANSITIONS:
        message = f"{node.code} {period.code}: no transition from {before} when {verdict}; rebuild the store"
        raise IllegalTransitionError(message)
    state, block = TRANSITIONS[before, verdict]
    if block == "this" or (block == "this if it differs" and differs):
        return Vintage(value, previous, state, value, now.update.update_id), True
    if known is None:
        return Vintage(value, previous, state), False
    return Vintage(value, previous, state, known.published_value, known.published_update), False


def _frozen(known: Vintage | None, value: int, previous: int | None, now: Moment) -> tuple[Vintage, bool]:
    """Freeze with this update's block at the first update that may; later keep what was frozen, or nothing (F2)."""
    if not now.frozen_before:
        return Vintage(value, previous, State.FROZEN, value, now.update.update_id), True
    if known is None:
        return Vintage(value, previous, State.FROZEN), False
    return Vintage(value, previous, State.FROZEN, known.published_value, known.published_update), False
