"""Towns of the synthetic history: how many live on support there, and under which code an OCMW claims."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from schemas.parameters import document, table
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR
from schemas.places import MUNICIPALITY, valid_code
from streams.generator.columns import Floats, Ints, Small

_LATEST = max(entry.first for entry in MUNICIPALITY.values())
"""The month of the last merger: population_2025_boundaries.csv speaks of the codes valid then."""


@dataclass(frozen=True, slots=True)
class Towns:
    """Municipalities valid in the log's first month, sorted by region.

    ``shares`` is cumulative over towns, ``bounds`` its values at the edges of each town's region (town, 2).
    ``codes`` holds the NIS code valid in each month (town, month - first); ``own`` the code of the first month.
    ``percentage`` is the State's share of a living wage.
    """

    first: int
    shares: Floats
    bounds: Floats
    codes: Small
    own: Small
    percentage: Small

    def drawn(self, rng: np.random.Generator, size: int) -> Ints:
        """Return ``size`` towns by their share."""
        return np.searchsorted(self.shares, rng.random(size), side="right").clip(max=len(self.shares) - 1)

    def drawn_near(self, rng: np.random.Generator, origin: Ints) -> Ints:
        """Return a town in the region of each origin, by its share."""
        low, high = self.bounds[origin].T
        found = np.searchsorted(self.shares, low + rng.random(len(origin)) * (high - low), side="right")
        return found.clip(max=len(self.shares) - 1)


def towns(first: int, last: int) -> Towns:
    """Return the towns of a history from ``first`` to ``last`` (ordinals)."""
    settings = document("generator")["places"]
    names = sorted(
        (nis for nis, entry in MUNICIPALITY.items() if entry.first <= first and (entry.last is None or entry.last >= first)),
        key=lambda nis: (MUNICIPALITY[nis].region, nis),
    )
    people = _inhabitants(names, first)
    weights = np.where(np.isin(names, settings["without_ocmw"]), 0.0, people ** settings["size_exponent"])
    regions = np.array([MUNICIPALITY[nis].region for nis in names])
    shares = np.zeros(len(names))
    for region, share in settings["regions"].items():
        chosen = regions == region
        shares[chosen] = share * weights[chosen] / weights[chosen].sum()
    total = np.cumsum(shares / shares.sum())
    bounds = np.array([[total[regions < region].max(initial=0.0), total[regions <= region].max()] for region in regions])
    codes = np.array([[int(valid_code(nis, month)) for month in range(first, last + 1)] for nis in names], dtype=np.int32)
    return Towns(first, total, bounds, codes, np.array(names).astype(np.int32), _percentages(people))


def _inhabitants(names: list[str], month: int) -> Floats:
    """Inhabitants in the nearest year known; a merged town's are divided equally over the towns that merged."""
    year = month // MONTHS_PER_YEAR + EPOCH_YEAR
    rows = table("population_2025_boundaries")
    nearest = min({int(row["year"]) for row in rows}, key=lambda known: abs(known - year))
    known = {row["nis"]: int(row["population"]) for row in rows if int(row["year"]) == nearest}
    today = [valid_code(nis, _LATEST) for nis in names]
    return np.array([known[nis] / today.count(nis) for nis in today])


def _percentages(people: Floats) -> Small:
    steps: list[Any] = document("generator")["articles"]["percentages"]
    found = np.searchsorted([inhabitants for inhabitants, _ in steps], people, side="right") - 1
    return np.array([percentage for _, percentage in steps], dtype=np.int32)[found]
