"""What late figures will be: chain ladder on the revision triangle, judged by its own past (F of the facts: own lines).

A triangle holds, for one support and measure, v(M, j): what was known of month M when the reference month of an update
was M + j; of two updates of one month the last. factor_j = sum of v(M, j+1) / sum of v(M, j) over the last 24 diagonals
that have both. A month known at age j becomes v x factor_j x ... up to the target age (24: later corrections are not
foreseen). Factors may be below 1: regularisations make counts fall.

The interval comes from the back-test: the whole method is run again at each earlier update with what was known then,
and the quotients of truth and forecast at the same age give the 10th and 90th percentile. Mack's standard error stands
beside it. With fewer than twelve updates nothing is forecast.

Worked example: v(1, 0..2) = 100, 110, 121 and v(2, 0..1) = 100, 110. factor_0 = 220/200, factor_1 = 121/110 = 1.1. At
age 1 month 2 is forecast as 110 x 1.1 = 121.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

TARGET = 24
DIAGONALS = 24
FEWEST = 12
"""Updates without which nothing is forecast."""

Floats = npt.NDArray[np.float64]


class TooYoungError(ValueError):
    """There are too few updates to forecast from; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Triangle:
    """What was known of months (ordinals), by age in months: ``values[row, age]``, nan where it never was."""

    months: tuple[int, ...]
    values: Floats

    @classmethod
    def of(cls, known: Mapping[tuple[int, int], float], target: int = TARGET) -> "Triangle":
        """Take values by (month, reference month); ages before 0 and above the target are left out."""
        cells = {(m, at - m): value for (m, at), value in known.items() if 0 <= at - m <= target}
        months = tuple(sorted({month for month, _ in cells}))
        values = np.full((len(months), target + 1), np.nan)
        for (month, age), value in cells.items():
            values[months.index(month), age] = value
        return cls(months, values)

    def upto(self, reference: int) -> "Triangle":
        """Return what was known when a month was the reference month."""
        at = np.array(self.months)[:, None] + np.arange(self.target + 1)[None, :]
        return Triangle(self.months, np.where(at <= reference, self.values, np.nan))

    @property
    def target(self) -> int:
        """The age at which a figure is taken as known."""
        return int(self.values.shape[1]) - 1

    @property
    def newest(self) -> int:
        """The newest reference month."""
        row, age = np.nonzero(~np.isnan(self.values))
        return int((np.array(self.months)[row] + age).max())

    @property
    def updates(self) -> int:
        """The number of reference months."""
        row, age = np.nonzero(~np.isnan(self.values))
        return len(set((np.array(self.months)[row] + age).tolist()))


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast; the interval is None where no earlier forecast of that age can be judged."""

    month: int
    age: int
    known: float
    value: float
    mack_se: float | None
    factors: int
    low80: float | None = None
    high80: float | None = None
    backtest: int = 0
    coverage80: float | None = None


def factors(triangle: Triangle) -> list[float | None]:
    """Return the factor of each age over the last diagonals, None where nothing stands below it."""
    steps: list[float | None] = []
    months = np.array(triangle.months)
    newest = triangle.newest
    for age in range(triangle.target):
        now, then = triangle.values[:, age + 1], triangle.values[:, age]
        chosen = ~np.isnan(now) & ~np.isnan(then) & (months + age + 1 > newest - DIAGONALS)
        base = float(then[chosen].sum())
        steps.append(float(now[chosen].sum()) / base if base > 0 else None)
    return steps


def _mack(triangle: Triangle, known: list[float | None], row: int, age: int) -> float | None:
    """Return Mack's standard error of the forecast of a month from an age on."""
    value, total = float(triangle.values[row, age]), 0.0
    for step in range(age, triangle.target):
        factor, sigma = known[step], _sigma(triangle, known, step)
        base = float(np.nansum(triangle.values[:, step]))
        if not factor or sigma is None or value <= 0 or base <= 0:
            return None
        total += sigma / factor**2 * (1 / value + 1 / base)
        value *= factor
    return float(value * total**0.5)


def _sigma(triangle: Triangle, known: list[float | None], age: int) -> float | None:
    then, now = triangle.values[:, age], triangle.values[:, age + 1]
    chosen = ~np.isnan(then) & ~np.isnan(now) & (then > 0)
    factor = known[age]
    if factor is None or not chosen.any():
        return None
    if chosen.sum() == 1:
        return 0.0
    return float((then[chosen] * (now[chosen] / then[chosen] - factor) ** 2).sum() / (chosen.sum() - 1))


def _plain(triangle: Triangle) -> list[Forecast]:
    """Return the forecast of each month that is not at the target age, as far as factors reach."""
    known, months_forecast = factors(triangle), []
    for row, month in enumerate(triangle.months):
        seen = np.flatnonzero(~np.isnan(triangle.values[row]))
        if not len(seen) or seen[-1] == triangle.target:
            continue
        age = int(seen[-1])
        steps = known[age:]
        if any(step is None for step in steps):
            continue
        value = float(triangle.values[row, age])
        grown = value * prod(step for step in steps if step is not None)
        months_forecast.append(Forecast(month, age, value, grown, _mack(triangle, known, row, age), len(steps)))
    return months_forecast


def forecasts(triangle: Triangle) -> list[Forecast]:
    """Return the forecasts of all months at the newest update, with intervals from the back-test.

    Raises TooYoungError where there are fewer than twelve updates.
    """
    if not triangle.months or triangle.updates < FEWEST:
        number = triangle.updates if triangle.months else 0
        raise TooYoungError(f"{number} updates are too few to forecast from; {FEWEST} are needed")
    past = _backtest(triangle)
    return [_judged(one, past.get(one.age, [])) for one in _plain(triangle)]


def _backtest(triangle: Triangle) -> dict[int, list[float]]:
    """Return truth / forecast by age, of every forecast made at an earlier update whose month is at the target now."""
    truth = {
        month: float(triangle.values[row, triangle.target])
        for row, month in enumerate(triangle.months)
        if not np.isnan(triangle.values[row, triangle.target])
    }
    ratios: dict[int, list[float]] = {}
    for reference in range(min(triangle.months, default=0), triangle.newest):
        before = triangle.upto(reference)
        if np.isnan(before.values).all() or before.updates < FEWEST:
            continue
        for one in _plain(before):
            if one.month in truth and one.value > 0:
                ratios.setdefault(one.age, []).append(truth[one.month] / one.value)
    return ratios


def _judged(one: Forecast, quotients: list[float]) -> Forecast:
    if not quotients:
        return one
    low, high = np.quantile(quotients, [0.1, 0.9])
    covered = float(np.mean([low <= quotient <= high for quotient in quotients]))
    return Forecast(
        one.month,
        one.age,
        one.known,
        one.value,
        one.mack_se,
        one.factors,
        one.value * float(low),
        one.value * float(high),
        len(quotients),
        covered,
    )


def projected(values: Mapping[int, float], month: int, last: int) -> float | None:
    """Return a month not begun: the same month a year before x (last 3 completed / the same 3 a year before).

    ``values`` are known or forecast, by month; ``last`` is the last complete month. None where one is missing.
    """
    year = 12
    recent = [last, last - 1, last - 2]
    needed = [month - year, *recent, *(one - year for one in recent)]
    if any(one not in values for one in needed):
        return None
    before = sum(values[one - year] for one in recent)
    return values[month - year] * sum(values[one] for one in recent) / before if before > 0 else None
