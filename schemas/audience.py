"""Who may see what of a figure: one literal table, zone by state, and nobody else decides it (F1).

=========== ============================================== ============= ==============
zone        states of the figure                           block         update named
=========== ============================================== ============= ==============
public      published, revising, frozen; public nodes only as the public published one
restricted  published, revising, frozen                    published     published one
provisional pending, settling; months only                 latest        of the release
internal    all                                            latest        of the release
=========== ============================================== ============= ==============

A figure that is frozen and empty has no published block, and so shows none. Which cells of a block a zone holds is said
by ``Cells.public`` and, for an OCMW in the provisional zone, by the exporter; small cells are shown there. Under a
threshold (F3) the public zone is an exception: its block holds only what may be told, and ``hidden`` lists the rest. A
block with nothing left to tell is seen by ``hidden`` alone.
"""

from typing import Literal, NamedTuple

from schemas.datasets import Zone
from schemas.figures import BlockKey
from schemas.releases import BlockRef, Entry, Release, State
from schemas.supports import NODE

Which = Literal["public", "published", "latest"]
"""A block of an entry, by the name of its field."""

_SHOWN = (State.PUBLISHED, State.REVISING, State.FROZEN)
_WAITING = (State.PENDING, State.SETTLING)

AUDIENCE: dict[Zone, dict[State, Which]] = {
    "public": dict.fromkeys(_SHOWN, "public"),
    "restricted": dict.fromkeys(_SHOWN, "published"),
    "provisional": dict.fromkeys(_WAITING, "latest"),
    "internal": dict.fromkeys((*_SHOWN, *_WAITING), "latest"),
}
"""Which block of a figure a zone shows, by the state of the figure; a state that is not there shows nothing."""


class Seen(NamedTuple):
    """A block that a zone shows, and the update that its rows name."""

    ref: BlockRef
    update_id: str


def may_see(zone: Zone, key: BlockKey, state: State) -> bool:
    """Tell whether a zone shows a figure in this state, were its block empty or not (F1)."""
    if state not in AUDIENCE[zone]:
        return False
    if zone == "public":
        return NODE[key.support].public
    return zone != "provisional" or key.period.kind == "month"


def seen(zone: Zone, key: BlockKey, entry: Entry, release: Release) -> Seen | None:
    """Return what a zone shows of a figure of a release, None where it shows nothing."""
    vintage = entry.vintage
    if not may_see(zone, key, vintage.state):
        return None
    which = AUDIENCE[zone][vintage.state]
    ref: BlockRef | None = getattr(entry, which) or (entry.hidden if which == "public" else None)
    update_id = release.update.update_id if which == "latest" else vintage.published_update
    return None if ref is None or update_id is None else Seen(ref, update_id)


def is_public(key: BlockKey, entry: Entry) -> bool:
    """Tell whether the public may see something of this node and period, were it an empty block (F1)."""
    return may_see("public", key, entry.vintage.state) and entry.vintage.published_update is not None
