"""Towns of the synthetic history: how many live on support there, and under which code an OCMW claims."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.parameters import table
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR
from schemas.places import MUNICIPALITY, valid_code
from synthetic.calendar import NEVER, Calendar
from synthetic.columns import Floats, Ints, Small
from synthetic.settings import settings

_PLACES = settings("places")


@dataclass(frozen=True, slots=True)
class Towns:
    """Municipalities valid in the log's first month, sorted by region.

    ``shares`` is cumulative over towns, ``bounds`` its values at the edges of each town's region (town, 2).
    ``codes`` holds the NIS code valid in each month (town, month - first); ``percentage`` is the State's share of a
    living wage; ``regions`` are NIS codes.
    """

    shares: Floats
    bounds: Floats
    codes: Small
    percentage: Small
    regions: tuple[str, ...]

    def drawn(self, rng: np.random.Generator, size: int) -> Ints:
        """Return ``size`` towns by their share."""
        places: Ints = np.searchsorted(self.shares, rng.random(size), side="right")
        return places.clip(max=len(self.shares) - 1)

    def drawn_near(self, rng: np.random.Generator, origin: Ints) -> Ints:
        """Return a town in the region of each origin, by its share."""
        low, high = self.bounds[origin].T
        places: Ints = np.searchsorted(self.shares, low + rng.random(len(origin)) * (high - low), side="right")
        return places.clip(max=len(self.shares) - 1)


def towns(calendar: Calendar) -> Towns:
    """Return the towns of a history."""
    first = calendar.first
    names = [nis for nis, entry in MUNICIPALITY.items() if entry.first <= first <= (entry.last or NEVER)]
    names.sort(key=lambda nis: (MUNICIPALITY[nis].region, nis))
    regions = np.array([MUNICIPALITY[nis].region for nis in names])
    people = _inhabitants(names, first)
    total = np.cumsum(_shares(names, regions, people))
    low = {region: total[regions < region].max(initial=0.0) for region in set(regions)}
    high = {region: total[regions == region].max() for region in set(regions)}
    codes = [[int(valid_code(nis, month)) for month in range(first, calendar.last + 1)] for nis in names]
    return Towns(
        shares=total,
        bounds=np.array([(low[region], high[region]) for region in regions]),
        codes=np.array(codes, dtype=np.int32),
        percentage=_percentages(people),
        regions=tuple(regions.tolist()),
    )


def _shares(names: list[str], regions: npt.NDArray[np.str_], people: Floats) -> Floats:
    weights = np.where(np.isin(names, _PLACES["without_ocmw"]), 0.0, people ** _PLACES["size_exponent"])
    shares = np.zeros(len(names))
    for region, share in _PLACES["regions"].items():
        chosen = regions == region
        shares[chosen] = share * weights[chosen] / weights[chosen].sum()
    shares /= shares.sum()
    return shares


def _inhabitants(names: list[str], month: int) -> Floats:
    """Return the inhabitants of each town in the nearest year in which it is known under its code."""
    year = month // MONTHS_PER_YEAR + EPOCH_YEAR
    known: dict[str, dict[int, int]] = defaultdict(dict)
    for row in table("population"):
        known[row["nis"]][abs(int(row["year"]) - year)] = int(row["population"])
    return np.array([known[nis][min(known[nis])] for nis in names], dtype=np.float64)


def _percentages(people: Floats) -> Small:
    steps: list[list[int]] = settings("articles")["percentages"]
    steps_of = np.searchsorted([inhabitants for inhabitants, _ in steps], people, side="right") - 1
    percentages: Small = np.array([percentage for _, percentage in steps], dtype=np.int32)
    return percentages[steps_of]
