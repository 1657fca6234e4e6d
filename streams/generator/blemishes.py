"""What goes wrong on purpose: exact repeats, conflicting repeats, events that break a rule of admission."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from schemas.parameters import document
from streams.generator.columns import Ints, rows, stacked
from streams.generator.events import Events

SETTINGS: dict[str, Any] = document("generator")["blemishes"]


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


INVALID: dict[str, Callable[[Events], Events]] = {
    "unknown-ocmw": _unknown_ocmw,
    "bad-period": _reversed_period,
    "bad-amount-type": _wrong_type,
    "days-out-of-range": _too_many_days,
    "amount-out-of-range": _absurd_amount,
    "bad-attributes": _bad_sex,
}
"""Slug -> what makes events of that fault."""


def blemished(rng: np.random.Generator, events: Events) -> Blemished:
    """Return the events with repeats and faults among them; each stands behind its original in its update."""
    copies = _copies(rng, events, _count(events, "duplicates"))
    conflicting = _copies(rng, events, _count(events, "conflicting"))
    conflicting = replace(conflicting, cents=conflicting.cents + 100)
    wrong = _copies(rng, events, _count(events, "invalid"))
    wrong = replace(wrong, identity=len(events.kind) + np.arange(len(wrong.kind)))
    slugs = [list(INVALID)[number % len(INVALID)] for number in range(len(wrong.kind))]
    broken = [INVALID[slug](rows(wrong, np.array([number]))) for number, slug in enumerate(slugs)]
    set_aside = {slug: slugs.count(slug) for slug in INVALID if slug in slugs}
    return Blemished(
        stacked([events, copies, conflicting, *broken]),
        len(copies.kind),
        set_aside | {"conflicting-duplicate": len(conflicting.kind)},
    )


def _count(events: Events, kind: str) -> int:
    return min(len(events.kind), max(SETTINGS["least"], round(SETTINGS[kind] * len(events.kind))))


def _copies(rng: np.random.Generator, events: Events, count: int) -> Events:
    chosen: Ints = rng.choice(len(events.kind), count, replace=False)
    copies = rows(events, chosen)
    return replace(copies, order=copies.order + (1 - copies.order) * rng.random(count))
