"""Releases and vintages: what was published, at which update, and where its blocks lie (G1-G7)."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.figures import BlockKey


class State(StrEnum):
    """State of a figure (one node and period) at an update (G6)."""

    PENDING = "pending"
    SETTLING = "settling"
    PUBLISHED = "published"
    REVISING = "revising"
    FROZEN = "frozen"


UNSTABLE = frozenset({State.PENDING, State.SETTLING})
"""States in which a figure was never published: the provisional zone, and what live figures may show (F1)."""


SYNTHETIC = "synthetic-"
"""What the ids of updates of synthetic histories begin with; whatever shows such figures says so."""


def is_synthetic(update_id: str) -> bool:
    """Tell whether an update closes a synthetic history."""
    return update_id.startswith(SYNTHETIC)


@dataclass(frozen=True, slots=True)
class Update:
    """A closed update: ``sequence`` is its number in the log, from 1, and that of its release (G1)."""

    sequence: int
    update_id: str
    reference_month: int
    """Ordinal of the month M of the delays (G4)."""


@dataclass(frozen=True, slots=True)
class BlockRef:
    """Where a stored block lies: a file of the store (relative), a row group in it, its digest and number of cells.

    The digest is that of the whole block. Where ``base`` names another block the row group holds a patch over it, of
    ``patch_cells`` cells; a base may be a patch itself.
    """

    file: str
    group: int
    digest: bytes
    cells: int
    base: "BlockRef | None" = None
    patch_cells: int = 0

    @property
    def stored(self) -> int:
        """The number of cells in its row group."""
        return self.patch_cells if self.base else self.cells

    @property
    def chain(self) -> "tuple[BlockRef, ...]":
        """This block, then those that it is made of, the one that is stored whole last."""
        return (self, *self.base.chain) if self.base else (self,)

    @property
    def patches(self) -> "tuple[BlockRef, ...]":
        """The patches that it is made of, the newest first; none where it is stored whole."""
        return self.chain[:-1]


@dataclass(frozen=True, slots=True)
class Vintage:
    """A figure at one update: the kingdom's beneficiaries, all characteristics together (G2).

    ``previous`` is None only at the log's first update. The published pair is None until something is published.
    """

    value: int
    previous: int | None
    state: State
    published_value: int | None = None
    published_update: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a release says of one node and period.

    ``latest`` is the block of the latest recount (internal, provisional zones), ``published`` the block of the update
    ``vintage.published_update`` with all measures (restricted zone), ``public`` the same block as the public may see
    it (public zone; None for nodes that are not public), ``hidden`` the rung of each place that does not show
    everything (F3; None without a threshold). None also stands for a block without cells, and for
    ``published`` and ``public`` where nothing is published.
    """

    vintage: Vintage
    latest: BlockRef | None = None
    published: BlockRef | None = None
    public: BlockRef | None = None
    hidden: BlockRef | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """All that readers may see after one update; readers see one release whole (G7). Its number is the sequence."""

    update: Update
    entries: dict[BlockKey, Entry]
