"""What each audience may see of a release, as values with names: three zones, nothing shared between them (F1).

public       blocks of public nodes that are published, revising or frozen, as ``Cells.public`` gives them
restricted   blocks of all nodes that are published, revising or frozen, all measures and breakdowns
provisional  months that are pending or settling, cut by municipality: an OCMW reads its own cells alone

A value's name holds the digest of its block, so a name never gets another content and releases share values. The
digest is over numbers; the codebook that says what they mean is part of the name, for other lists give other values.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from schemas.figures import Cells
from schemas.periods import to_yyyymm
from schemas.places import PLACES
from schemas.releases import UNSTABLE, BlockRef, Release
from sinks.columns import COLUMNS, encoded_parts
from sinks.directory.identity import codebook
from sinks.files.selection import Chosen, Selection, select
from sinks.protocol import BlockZone

ReadZone = Literal["public", "restricted", "provisional"]
READ_ZONES: tuple[ReadZone, ...] = ("public", "restricted", "provisional")

_ANY_OCMW = "11002"
"""A selection of the provisional zone names an OCMW; which blocks it holds does not depend on it."""
_FIRST_MUNICIPALITY = next(number for number, place in enumerate(PLACES) if place[0] == "municipality")
_LAST_MUNICIPALITY = max(number for number, place in enumerate(PLACES) if place[0] == "municipality")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a zone that holds a block: its name within the zone, and the block it is made of."""

    name: str
    ref: BlockRef
    zone: BlockZone


def block_zone(zone: ReadZone) -> BlockZone:
    """Return which columns the values of a zone have."""
    return "public" if zone == "public" else "internal"


def chosen(release: Release, zone: ReadZone) -> tuple[Chosen, ...]:
    """Return the blocks of a release that a zone shows."""
    return select(release, Selection(zone, ocmw=_ANY_OCMW if zone == "provisional" else None))


def values(release: Release, zone: ReadZone) -> Iterator[Value]:
    """Yield the values that hold the blocks of a zone, and under a threshold the rungs of their places (F3)."""
    for one in chosen(release, zone):
        if one.ref != one.hidden:
            yield Value(_block_name(one.ref), one.ref, block_zone(zone))
        if one.hidden:
            yield Value(_rungs_name(one.hidden), one.hidden, "hidden")


def _block_name(ref: BlockRef) -> str:
    return f"block:{codebook()[:8]}:{ref.digest.hex()}"


def _rungs_name(ref: BlockRef) -> str:
    return f"rungs:{codebook()[:8]}:{ref.digest.hex()}"


def codebook_name() -> str:
    """Return the name of the value that holds the lists of places and categories."""
    return f"codebook:{codebook()[:8]}"


def manifest_name(number: int) -> str:
    """Return the name of the value that lists the figures of a release."""
    return f"release:{number}"


def manifest(release: Release, zone: ReadZone, prefix: str, tables: Mapping[str, list[str]]) -> bytes:
    """Return a release as a zone shows it, as compressed JSON; the same release gives the same bytes.

    ``figures`` is support -> period -> [observation status, state, update, full name of the block]. A period that is
    not there is not shown; a cell that is not in its block is 0. Under a threshold (F3) that holds only at or under the
    rung of its place, which ``hidden`` gives; so ``figures`` is named ``shown`` there, which a reader of version 1 does
    not find. ``tables`` are full names of the tables of indicators that it shows, newest first, by family.
    """
    figures: dict[str, dict[str, list[str]]] = {}
    hidden: dict[str, dict[str, str]] = {}
    for one in chosen(release, zone):
        status = "P" if one.state in UNSTABLE else "A"
        name = "" if one.ref == one.hidden else prefix + _block_name(one.ref)
        figures.setdefault(one.key.support, {})[one.key.period.code] = [status, str(one.state), one.update_id, name]
        if one.hidden:
            hidden.setdefault(one.key.support, {})[one.key.period.code] = prefix + _rungs_name(one.hidden)
    document = {
        "release": release.update.sequence,
        "update_id": release.update.update_id,
        "reference_month": to_yyyymm(release.update.reference_month),
        "codebook": prefix + codebook_name(),
        "columns": COLUMNS[block_zone(zone)],
        **({"tables": tables} if tables else {}),
        **({"version": 2, "shown": figures, "hidden": hidden} if hidden else {"figures": figures}),
    }
    return zlib.compress(json.dumps(document, sort_keys=True).encode())


def by_municipality(cells: Cells) -> Iterator[tuple[str, bytes]]:
    """Return (NIS code, encoded cells) of each municipality of a block; wider places are left out."""
    first, stop = cells.bounds((_FIRST_MUNICIPALITY, _LAST_MUNICIPALITY + 1))
    numbers, starts = np.unique(cells.place[first:stop], return_index=True)
    bounds = [*(first + starts).tolist(), stop]
    codes = (PLACES[number][1] for number in numbers.tolist())
    return zip(codes, encoded_parts(cells, bounds, "internal"), strict=True)
