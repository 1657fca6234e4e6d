"""Small histories that hypothesis draws: few persons, places and months, so that all that is awkward meets.

A history is a list of numbers, and each number is the seed of an event. So hypothesis finds the fewest events that
still fail, and their fields are as mixed as chance makes them; fields that hypothesis draws itself are mostly alike.

Each event is its bytes in the union of a *newer* writer, which is today's with one record more, behind the others. A
history may be written with either schema: with today's it takes the compiled path, with the newer one every block is
read value by value.
"""

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import fastavro
from history import key, raw_file
from hypothesis import strategies as st

from schemas import events
from schemas.log import Plain, encode_plain
from schemas.periods import day_in, days_in, parse_month, to_yyyymm
from schemas.supports import LEAVES

NEWER = fastavro.parse_schema(
    [
        *events.schema_document("dossier.avsc"),
        {"type": "record", "name": "Later", "namespace": events.NAMESPACE, "fields": [{"name": "x", "type": "string"}]},
    ]
)
LATER = bytes([2 * len(events.RECORDS)]) + b"\x02y"
"""An event that only the newer writer knows."""

_UNIX_EPOCH = day_in(parse_month("1970-01"), 1).toordinal()
_BASES = ["2004-11", "2006-12", "2018-11", "2019-12", "2024-11"]
"""Around them rules change: households, the frozen series, mergers, who is European, mergers and provinces."""
_PLACES = [11002, 11007, 11056, 46030, 44021, 21004, 21001, 62063, 55086, 52043, 12030, 71022, 71072]
_TOGETHER = [
    "LL_OTHER LL_STUD IP_RMI TW_RMI_OTHER",
    "TW_RMI_ART60 TW_RMI_OTHER LL_OTHER",
    "FH MH_NDMH MH_DMH",
    "TW_RMH_ART60 TW_RMH_OTHER MH_DMH",
    "IK_RMH IK_OW FH",
    "LL_OTHER",
]
"""Leaves that meet in the nodes above them."""
_BORN = [None, 3652, 7300, 11462, -11000, 20100]
_FAULTS: list[dict[str, Any]] = [
    {"support": -1},
    {"status": 14},
    {"ocmw": 99999},
    {"last_day": -30000},
    {"amount_type": 3, "kind": events.CLAIM},
    {"amount_type": 0, "kind": events.REGULARISATION},
    {"statement_month": 202413},
    {"days": 9999},
    {"amount_cents": 10**9 + 1},
    {"sex": 4},
    {"state_percentage": 101},
    {"nationality": b"b1"},
    {"person": b"90661512345".ljust(16)},
]


def line(draw: Random, base: int, leaves: list[int]) -> Plain:
    """Draw a claim or a regularisation, now and then a faulty one; ids are few, so some are used twice."""
    fault = draw.choice([{}] * 60 + _FAULTS)
    kind = fault.get("kind", draw.choice([events.CLAIM, events.CLAIM, events.REGULARISATION]))
    first, last = _covered(draw, base)
    values = {
        "event_id": key(f"event {draw.randrange(40)}"),
        "person": key(f"person {draw.choice('aaabbc')}"),
        "ocmw": draw.choice(_PLACES),
        "dossier": 1,
        "support": draw.choice(leaves),
        "amount_type": draw.choice([0, 0, 0, 1, 2]) + 3 * kind,
        "first_day": first,
        "last_day": last,
        "statement_month": 202412,
        "amount_cents": draw.choice([100, 100, 101, 7, 1, 0, -1, -7, -100, -100, -101, 99999]),
        "days": draw.choice([31, 20, 1, 0, -20]),
        "budget_article": 1,
        "state_percentage": draw.choice([55, 50, 33, 100, 0]),
        "sex": draw.choice([1, 2, 2, 3]),
        "birth_date": draw.choice(_BORN),
        "household": draw.randrange(6),
        "nationality": draw.choice([b"BE", b"BE", b"GB", b"RO", b"HR", b"MA", b"ZZ"]),
        "status": draw.choice([0, 1, 12, 13]),
    }
    if kind == events.REGULARISATION:
        values["corrects"] = draw.choice([None, key("event 0")])
    return kind, values | {name: value for name, value in fault.items() if name in values}


def _covered(draw: Random, base: int) -> tuple[int, int]:
    first = base + draw.randrange(5)
    last = first + draw.choice([0, 0, 0, 1, 2, 13])
    start = draw.choice([1, 1, 15, 16, 28])
    stop = draw.choice([days_in(last), days_in(last), 28])
    return day_in(first, start).toordinal() - _UNIX_EPOCH, day_in(last, stop).toordinal() - _UNIX_EPOCH


_UPDATE_IDS = [b"u%d" % number for number in range(8)] + [b" u"]
"""Of these the last is none."""


def closing(draw: Random, base: int) -> Plain:
    """Draw a closing: of a few ids, so that one comes twice, and of months that may decrease or be none."""
    month = base + draw.choice([-1, 2, 3, 3, 6, 9, 9, 20])
    reference = draw.choice([to_yyyymm(month)] * 11 + [202400])
    return events.UPDATE_CLOSED, {"update_id": draw.choice(_UPDATE_IDS), "reference_month": reference}


def _event(seed: int, base: int, leaves: list[int]) -> bytes:
    draw = Random(seed)  # noqa: S311 - a history, not a secret
    chance = draw.random()
    if chance < 0.04:
        return LATER
    return encode_plain(closing(draw, base) if chance < 0.2 else line(draw, base, leaves))


@st.composite
def histories(draw: st.DrawFn, most: int = 24) -> list[bytes]:
    """Draw a history as the bytes of its events; something is closed, and often something stands behind that."""
    chance = Random(draw(st.integers(0, 2**64 - 1)))  # noqa: S311 - the same
    base = parse_month(chance.choice(_BASES))
    leaves = [LEAVES.index(leaf) for leaf in chance.choice(_TOGETHER).split()]
    seeds = draw(st.lists(st.integers(0, 2**64 - 1), min_size=most // 3, max_size=most))
    drawn = [_event(seed, base, leaves) for seed in seeds]
    drawn += [drawn[at] for at in draw(st.lists(st.integers(0, len(drawn) - 1), max_size=3))]  # said again, later
    sure = encode_plain((events.UPDATE_CLOSED, {"update_id": b"sure", "reference_month": to_yyyymm(base + 71)}))
    drawn.insert(draw(st.integers(0, len(drawn))), sure)
    return drawn


def newer_file(path: Path, bodies: Iterable[bytes]) -> Path:
    """Write a history as one block of a newer writer's file."""
    return raw_file(path, bodies, schema=NEWER)


def cut(bodies: list[bytes], size: int) -> list[list[bytes]]:
    """Return a history in pieces of ``size`` events."""
    return [bodies[first : first + size] for first in range(0, len(bodies), size)]


def known(bodies: Iterable[bytes]) -> list[bytes]:
    """Return the events that today's union knows."""
    return [body for body in bodies if body != LATER]
