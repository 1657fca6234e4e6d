"""Live figures: what one OCMW's months that are not stable amount to now, between two updates.

They name no update, for none holds them: they name what they reflect.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class LiveCells(NamedTuple):
    """Cells of one municipality and month, by node, then category: ``support`` is the place of a node in ``NODES``."""

    support: npt.NDArray[np.uint8]
    category: npt.NDArray[np.uint16]
    beneficiaries: npt.NDArray[np.int32]
    amount_cents: npt.NDArray[np.int64]
    state_share_cents: npt.NDArray[np.int64]
    days: npt.NDArray[np.int64]

    def take(self, chosen: "slice | npt.NDArray[np.int64]") -> "LiveCells":
        """Return some of the cells, or all in another order."""
        return LiveCells(
            self.support[chosen],
            self.category[chosen],
            self.beneficiaries[chosen],
            self.amount_cents[chosen],
            self.state_share_cents[chosen],
            self.days[chosen],
        )


class Recounted(NamedTuple):
    """What the rows of a municipality (NIS code) and month amount to now, in all nodes that the month is open in."""

    nis: str
    month: int
    cells: LiveCells


class Recounts(NamedTuple):
    """What was counted together: a municipality and month each in ``lines``, and all cells, one line behind the other.

    The cells of a line stand between its place in ``bounds`` and the next one.
    """

    lines: list[tuple[str, int]]
    bounds: list[int]
    cells: LiveCells

    def each(self) -> Iterator[Recounted]:
        """Yield the lines one by one."""
        for (nis, month), (start, stop) in zip(self.lines, pairwise(self.bounds), strict=True):
            yield Recounted(nis, month, self.cells.take(slice(start, stop)))


class Reflects(NamedTuple):
    """What a live state reflects: the release below it, and the rows of each partition up to a position of the log.

    ``as_of`` is when the newest of these rows were written to Kafka, in milliseconds since 1970.
    """

    release: int
    positions: tuple[int, ...]
    as_of: int

    def said(self) -> str:
        """Return how figures name it, instead of an update."""
        return f"live {datetime.fromtimestamp(self.as_of / 1000, UTC).isoformat(timespec='milliseconds')}"
