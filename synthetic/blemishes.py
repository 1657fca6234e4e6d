"""What goes wrong on purpose: exact repeats, conflicting repeats, events that break a rule of admission."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from synthetic.columns import rows, stacked
from synthetic.events import Events
from synthetic.settings import settings
from synthetic.write import IN_CLEAR

SETTINGS = settings("blemishes")


@dataclass(frozen=True, slots=True)
class Blemished:
    """All events, the blemishes last, and how many of each there are; ``set_aside`` counts by slug."""

    events: Events
    duplicates: int
    set_aside: dict[str, int]


def _unknown_ocmw(events: Events) -> Events:
    return replace(events, ocmw=np.full_like(events.ocmw, 99999))


def _reversed_period(events: Events) -> Events:
    return replace(events, first_day=events.last_day + 1, last_day=events.first_day)


def _wrong_type(events: Events) -> Events:
    return replace(events, amount_type=(events.amount_type + 3) % 6)


def _too_many_days(events: Events) -> Events:
    return replace(events, days=np.full_like(events.days, 31 * 60 + 1))


def _absurd_amount(events: Events) -> Events:
    return replace(events, cents=np.full_like(events.cents, 10**9 + 1))


def _bad_sex(events: Events) -> Events:
    return replace(events, sex=np.full_like(events.sex, 7))


def _in_clear(events: Events) -> Events:
    return replace(events, person=np.full_like(events.person, IN_CLEAR))


INVALID: dict[str, Callable[[Events], Events]] = {
    "unknown-ocmw": _unknown_ocmw,
    "bad-period": _reversed_period,
    "bad-amount-type": _wrong_type,
    "days-out-of-range": _too_many_days,
    "amount-out-of-range": _absurd_amount,
    "bad-attributes": _bad_sex,
    "person-not-keyed": _in_clear,
}
"""Slug -> what makes events of that fault."""


def blemished(rng: np.random.Generator, events: Events) -> Blemished:
    """Return the events with repeats and faults among them; each stands behind its original."""
    copies = _sent_again_later(rng, _copies(rng, events, _count(events, "duplicates")))
    conflicting = _copies(rng, events, _count(events, "conflicting"))
    conflicting = replace(conflicting, cents=conflicting.cents + 100)
    wrong = _copies(rng, events, _count(events, "invalid"))
    wrong = replace(wrong, identity=len(events.kind) + np.arange(len(wrong.kind)))
    slugs = [slug for slug, _ in zip(cycle(INVALID), wrong.kind, strict=False)]
    broken = [INVALID[slug](rows(wrong, np.array([number]))) for number, slug in enumerate(slugs)]
    counts = Counter([*slugs, *["conflicting-duplicate"] * len(conflicting.kind)])
    return Blemished(stacked([events, copies, conflicting, *broken]), len(copies.kind), dict(counts))


def _count(events: Events, kind: str) -> int:
    wanted: int = max(SETTINGS["least"], round(SETTINGS[kind] * len(events.kind)))
    return min(wanted, len(events.kind))


def _copies(rng: np.random.Generator, events: Events, count: int) -> Events:
    """Return copies of some events, each later in the same update."""
    copies = rows(events, rng.choice(len(events.kind), count, replace=False))
    return replace(copies, order=copies.order + (1 - copies.order) * rng.random(count))


def _sent_again_later(rng: np.random.Generator, copies: Events) -> Events:
    """Move some copies to the next update, where there is one."""
    later = rng.random(len(copies.kind)) < SETTINGS["duplicates_a_month_later"]
    last = copies.arrives.max(initial=0)
    return replace(copies, arrives=np.minimum(copies.arrives + later, last).astype(np.int32))
