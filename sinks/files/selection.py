"""Which blocks of a release an export holds: what its zone may see (``schemas.audience``), then what was asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple, get_args

from schemas.audience import seen
from schemas.datasets import Zone
from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.places import MUNICIPALITY
from schemas.releases import BlockRef, Entry, Release, State
from schemas.supports import NODE

ZONES: tuple[Zone, ...] = get_args(Zone)


class ExportRefusedError(ValueError):
    """What was asked for cannot be exported; the text is a sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export. Empty ``supports`` or ``periods`` mean all; ``ocmw`` keeps the rows of one municipality code.

    Raises ExportRefusedError for a zone, support, period or municipality that cannot be, and for the provisional zone
    without its OCMW. A code that is right but not in the zone or store selects nothing.
    """

    zone: Zone
    supports: frozenset[str] = frozenset()
    periods: frozenset[str] = frozenset()
    ocmw: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no release could answer."""
        _refuse_unknown("zone", {self.zone}, ZONES)
        _refuse_unknown("support", self.supports, NODE)
        for code in self.periods:
            _refuse_period(code)
        if self.ocmw is not None and self.ocmw not in MUNICIPALITY:
            raise ExportRefusedError(f"{self.ocmw!r} is no NIS code of a municipality; write its five digits, as 44021")
        if self.zone == "provisional" and self.ocmw is None:
            raise ExportRefusedError("the provisional zone shows an OCMW its own months; name it with --ocmw NIS")

    def holds(self, key: BlockKey) -> bool:
        """Whether the support and period are among those asked for."""
        support_chosen = not self.supports or key.support in self.supports
        return support_chosen and (not self.periods or key.period.code in self.periods)


class Chosen(NamedTuple):
    """A block to export, and what its rows say of themselves."""

    key: BlockKey
    state: State
    update_id: str
    ref: BlockRef
    hidden: BlockRef | None = None
    """Rungs of its places, in the public zone under a threshold (F3)."""


def select(release: Release | None, selection: Selection) -> tuple[Chosen, ...]:
    """Return the blocks of a release that the selection holds, by support, then period, as text.

    No release (a store without updates) gives no blocks; neither do blocks without cells.
    """
    if release is None:
        return ()
    blocks = (
        _chosen(key, entry, release, selection.zone) for key, entry in release.entries.items() if selection.holds(key)
    )
    return tuple(sorted((one for one in blocks if one), key=lambda one: (one.key.support, one.key.period.code)))


def _chosen(key: BlockKey, entry: Entry, release: Release, zone: Zone) -> Chosen | None:
    figure = seen(zone, key, entry, release)
    hidden = entry.hidden if zone == "public" else None
    return Chosen(key, entry.vintage.state, figure.update_id, figure.ref, hidden) if figure else None


def _refuse_unknown(kind: str, codes: Collection[str], known: Collection[str]) -> None:
    wrong = sorted(set(codes) - set(known))

    if wrong:
        raise ExportRefusedError(f"{wrong[0]!r} is no {kind}; choose among {', '.join(known)}")


def _refuse_period(code: str) -> None:
    try:
        Period.parse(code)
    except ValueError as reason:
        raise ExportRefusedError(str(reason)) from reason
