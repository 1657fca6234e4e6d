"""Who may see what: each zone and state, said again here as a table that a statistician can read (F1)."""

import pytest

from schemas.audience import AUDIENCE, is_public, may_see, seen
from schemas.datasets import Zone
from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release, State, Update, Vintage

LATEST, PUBLISHED, PUBLIC = (BlockRef(name, 0, b"", 1) for name in ("latest", "published", "public"))
TABLE = """
state      public  restricted  provisional  internal
pending    -       -           latest       latest
settling   -       -           latest       latest
published  public  published   -            latest
revising   public  published   -            latest
frozen     public  published   -            latest
"""
HEAD, *LINES = (line.split() for line in TABLE.split("\n") if line)
CASES = [(zone, line[0], block) for line in LINES for zone, block in zip(HEAD[1:], line[1:], strict=True)]


def seen_as(zone: Zone, state: str, key: BlockKey) -> str:
    published = state in ("published", "revising", "frozen")
    vintage = Vintage(9, 9, State(state), 9 if published else None, "u1" if published else None)
    entry = Entry(vintage, LATEST, PUBLISHED if published else None, PUBLIC if published else None)
    figure = seen(zone, key, entry, Release(Update(2, "u2", 0), {key: entry}))
    return f"{figure.ref.file} of {figure.update_id}" if figure else "-"


@pytest.mark.parametrize(("zone", "state", "block"), CASES)
def test_a_zone_shows_of_a_month_what_its_line_says(zone: Zone, state: str, block: str) -> None:
    named = {"-": "-", "latest": "latest of u2", "published": "published of u1", "public": "public of u1"}
    assert seen_as(zone, state, BlockKey("LL", Period.parse("2024-03"))) == named[block]


def test_a_year_that_waits_is_in_no_zone_but_the_internal_one() -> None:
    year = BlockKey("LL", Period.parse("2024"))
    assert [zone for zone in AUDIENCE if may_see(zone, year, State.PENDING)] == ["internal"]


def test_a_node_that_is_not_public_is_restricted() -> None:
    premium = BlockKey("IK_RMH", Period.parse("2024-03"))
    assert [seen_as(zone, "published", premium) for zone in AUDIENCE] == ["-", "published of u1", "-", "latest of u2"]


def test_a_figure_that_is_frozen_and_empty_is_shown_to_nobody_outside() -> None:
    empty = Entry(Vintage(0, 0, State.FROZEN))
    key = BlockKey("LL", Period.parse("2005-03"))
    assert not is_public(key, empty)
    assert seen("restricted", key, empty, Release(Update(2, "u2", 0), {})) is None
