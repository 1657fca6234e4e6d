"""The revision triangles of a store, and the rows of a forecast; internal, for they rest on what is not stable."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from processors.research.forecast import TARGET, Forecast, TooYoungError, Triangle, forecasts, projected
from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import Cells
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import KINGDOM, PLACE_NUMBER
from schemas.releases import BlockRef
from schemas.supports import NODES
from sinks.directory.store import DirectoryStore

Measure = Literal["beneficiaries", "state_share_cents"]
METHOD = "chain ladder"
COLUMNS: tuple[str, ...] = (
    "support", "period", "measure", "update_id", "age", "known", "forecast", "low80", "high80", "mack_se", "method",
    "factors_used", "vintages", "backtest_n", "backtest_coverage80", "state",
)  # fmt: skip
SCHEMA = pa.schema(
    [
        (
            name,
            pa.string()
            if name in ("support", "period", "measure", "update_id", "method", "state")
            else pa.int64()
            if name in ("age", "factors_used", "vintages", "backtest_n")
            else pa.float64(),
        )
        for name in COLUMNS
    ]
)
_KINGDOM, _TOTAL = PLACE_NUMBER["kingdom", KINGDOM], CATEGORY_NUMBER["total", "total"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a store knew: triangles by (support, kind, measure), each by (last month, reference month)."""

    triangles: dict[tuple[str, str, Measure], dict[tuple[int, int], float]]
    update_id: str
    reference: int


def known(store: DirectoryStore) -> Known:
    """Return the triangles of a store: persons from its vintages, State shares from the releases that it keeps."""
    triangles: dict[tuple[str, str, Measure], dict[tuple[int, int], float]] = {}
    table = store.vintages().select(["support", "period", "period_kind", "reference_month", "value"])
    for row in table.to_pylist():
        if row["period_kind"] != "rolling_year":
            year, month = divmod(row["reference_month"], 100)
            reference = Period.parse(f"{year:04d}-{month:02d}").last
            cell = triangles.setdefault((row["support"], row["period_kind"], "beneficiaries"), {})
            cell[Period.parse(row["period"]).last, reference] = float(row["value"])
    shares: dict[BlockRef, float] = {}
    for number in store.numbers():
        release = store.release(number)
        for key, entry in release.entries.items():
            if key.period.kind == "month":
                if entry.latest is not None and entry.latest not in shares:
                    shares[entry.latest] = _share(store.read_block(entry.latest))
                value = shares[entry.latest] if entry.latest else 0.0
                cell = triangles.setdefault((key.support, "month", "state_share_cents"), {})
                cell[key.period.last, release.update.reference_month] = value
    newest = store.release()
    return Known(triangles, newest.update.update_id, newest.update.reference_month)


def _share(cells: Cells) -> float:
    at = (cells.place == _KINGDOM) & (cells.category == _TOTAL)
    return float(cells.state_share_cents[at].sum())


def rows(store: DirectoryStore, support: str | None = None, target: int = TARGET) -> pd.DataFrame:
    """Return the forecasts of a store, one row a figure. Raises TooYoungError where no triangle is old enough."""
    said = known(store)
    lines: list[dict[str, Any]] = []
    young: TooYoungError | None = None
    for node in NODES:
        if support not in (None, node.code):
            continue
        for (code, kind, measure), values in said.triangles.items():
            if code != node.code:
                continue
            try:
                made = forecasts(Triangle.of(values, target))
            except TooYoungError as error:
                young = error
                continue
            lines += _of_triangle(said, (code, kind, measure), made)
            if measure == "state_share_cents":
                lines += _year(said, code, values, made)
    if not lines and young is not None:
        raise young
    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    return frame.sort_values(["support", "measure", "period"], ignore_index=True)


def _of_triangle(said: Known, which: tuple[str, str, Measure], made: list[Forecast]) -> Iterator[dict[str, Any]]:
    support, kind, measure = which
    updates = len({reference for _, reference in said.triangles[which]})
    for one in made:
        yield {
            "support": support,
            "period": Period(kind, one.month).code,  # type: ignore[arg-type]
            "measure": measure,
            "update_id": said.update_id,
            "age": one.age,
            "known": one.known,
            "forecast": round(one.value, 1),
            "low80": None if one.low80 is None else round(one.low80, 1),
            "high80": None if one.high80 is None else round(one.high80, 1),
            "mack_se": None if one.mack_se is None else round(one.mack_se, 1),
            "method": METHOD,
            "factors_used": one.factors,
            "vintages": updates,
            "backtest_n": one.backtest,
            "backtest_coverage80": one.coverage80,
            "state": "forecast",
        }


def _year(
    said: Known, support: str, values: dict[tuple[int, int], float], made: list[Forecast]
) -> Iterator[dict[str, Any]]:
    """Yield the State's share to the end of the running year: amounts add up, months not begun are projected."""
    best = {month: value for (month, at), value in sorted(values.items(), key=lambda one: one[0][1])}
    best.update({one.month: one.value for one in made})
    first = said.reference // MONTHS_PER_YEAR * MONTHS_PER_YEAR
    base = {"support": support, "measure": "state_share_cents", "update_id": said.update_id, "method": METHOD}
    for month in range(said.reference + 1, first + MONTHS_PER_YEAR):
        value = projected(best, month, said.reference)
        if value is None:
            return
        best[month] = value
        yield base | {"period": Period("month", month).code, "forecast": round(value, 1), "state": "projected"}
    months = range(first, first + MONTHS_PER_YEAR)
    if all(month in best for month in months):
        whole = float(np.sum([best[month] for month in months]))
        sure = float(np.sum([value for month in months for value in [_latest(values, month)] if value is not None]))
        state = "projected" if said.reference < months[-1] else "forecast"
        code = Period("year", months[-1]).code
        yield base | {"period": code, "known": sure, "forecast": round(whole, 1), "state": state}


def _latest(values: dict[tuple[int, int], float], month: int) -> float | None:
    mine = [(at, value) for (one, at), value in values.items() if one == month]
    return max(mine)[1] if mine else None


def sentence(store: DirectoryStore, support: str, period: Period) -> str | None:
    """Return what is expected of a figure, for whoever works on it; None where nothing can be said."""
    said = known(store)
    values = said.triangles.get((support, period.kind, "beneficiaries"))
    if values is None:
        return None
    try:
        made = {one.month: one for one in forecasts(Triangle.of(values))}
    except TooYoungError:
        return None
    one = made.get(period.last)
    if one is None:
        return None
    between = "" if one.low80 is None or one.high80 is None else f", between {one.low80:,.0f} and {one.high80:,.0f}"
    return (
        f"Expected when late corrections are in: {one.value:,.0f}{between} (forecast, internal; now {one.known:,.0f})."
    )
