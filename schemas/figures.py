"""Figures as columns: cells of a block, and the names of the published tables' columns.

A *block* holds all cells of one node and period as computed at one update; it is the unit that is stored, compared
and published. Its cells are numbers only (place number, category number, measures); labels come at export.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import xxhash

from schemas.arrays import Int32, Int64, Mask, UInt16
from schemas.breakdowns import BREAKDOWNS, CATEGORIES, RESTRICTED_BREAKDOWNS
from schemas.datasets import FIGURES, VINTAGES
from schemas.periods import Period

MEASURES: tuple[str, ...] = FIGURES.names("measure")
DIMENSIONS: tuple[str, ...] = FIGURES.names("dimension")
LONG_COLUMNS: tuple[str, ...] = FIGURES.names()
PUBLIC_COLUMNS: tuple[str, ...] = tuple(column.name for column in FIGURES.shown_in("public"))
VINTAGE_COLUMNS: tuple[str, ...] = VINTAGES.names()

PUBLIC_CATEGORY: Mask = np.array([breakdown not in RESTRICTED_BREAKDOWNS for breakdown, _ in CATEGORIES])
"""Whether a category (by number) may stand in the public zone (F1)."""

CATEGORY_BREAKDOWN: npt.NDArray[np.uint8] = np.array(
    [BREAKDOWNS.index(breakdown) for breakdown, _ in CATEGORIES],
    dtype=np.uint8,
)
"""Place in ``BREAKDOWNS`` of each category, by category number."""


_TYPES: dict[str, np.dtype[Any]] = {
    "place": np.dtype("<u2"),
    "category": np.dtype("<u2"),
    "beneficiaries": np.dtype("<i4"),
    "amount_cents": np.dtype("<i8"),
    "state_share_cents": np.dtype("<i8"),
    "days": np.dtype("<i8"),
}
"""Columns of ``Cells`` as its digest reads them."""


class BlockKey(NamedTuple):
    """What a block is about: the code of a node and a period."""

    support: str
    period: Period


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of one block as parallel columns, sorted by (place, category), no pair twice, none all zero.

    ``place`` and ``category`` are numbers in ``schemas.places.PLACES`` and ``schemas.breakdowns.CATEGORIES``;
    ``beneficiaries`` counts persons, ``amount_cents`` and ``state_share_cents`` are euro cents, ``days`` days.
    """

    place: UInt16
    category: UInt16
    beneficiaries: Int32
    amount_cents: Int64
    state_share_cents: Int64
    days: Int64

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.place)

    @classmethod
    def empty(cls) -> Self:
        """Return a block without cells."""
        return cls(
            np.empty(0, np.uint16),
            np.empty(0, np.uint16),
            np.empty(0, np.int32),
            np.empty(0, np.int64),
            np.empty(0, np.int64),
            np.empty(0, np.int64),
        )

    def and_those_of(self, other: Self) -> Self:
        """Return the cells of both, those of the other behind: in no order, and maybe a pair twice."""
        return type(self)(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in _TYPES))

    def at(self, numbers: npt.NDArray[np.intp]) -> Self:
        """Return the cells at some places in the block, in the order of these."""
        return type(self)(*(getattr(self, name)[numbers] for name in _TYPES))

    def take(self, chosen: Mask) -> Self:
        """Return the chosen cells."""
        return self.at(np.flatnonzero(chosen))

    def bounds(self, places: Sequence[int]) -> list[int]:
        """Return where the cells of some places begin, given in rising order."""
        wanted = np.array(places, self.place.dtype)  # of another type, all places would be converted first
        starts: list[int] = np.searchsorted(self.place, wanted).tolist()
        return starts

    def public(self) -> Self:
        """Return what the public zone may hold: cells with beneficiaries, public breakdowns, no other measure (F1)."""
        public = np.flatnonzero((self.beneficiaries > 0) & PUBLIC_CATEGORY[self.category])
        nothing = np.zeros(len(public), np.int64)
        return type(self)(
            self.place[public], self.category[public], self.beneficiaries[public], nothing, nothing, nothing
        )

    def require_public(self) -> None:
        """Raise ValueError unless the public zone may hold all of it, as it is (F1)."""
        restricted = any(measure.any() for measure in (self.amount_cents, self.state_share_cents, self.days))
        if restricted or not ((self.beneficiaries > 0).all() and PUBLIC_CATEGORY[self.category].all()):
            message = "a block for the public zone holds restricted measures or categories; pass Cells.public()"
            raise ValueError(message)

    def digest(self) -> bytes:
        """Return 16 bytes over the sorted little-endian columns; equal digests mean equal cells."""
        state = xxhash.xxh3_128()
        for name, kind in _TYPES.items():
            state.update(np.ascontiguousarray(getattr(self, name), kind).data)
        return state.digest()
