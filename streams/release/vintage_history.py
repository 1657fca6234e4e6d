"""What became of figures: their vintages in a store, and the releases that it keeps."""

from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc

from processors.gate.delays import MonthAtUpdate
from schemas.figures import BlockKey
from schemas.periods import Period, from_yyyymm
from schemas.releases import Release, State, Update, Vintage
from sinks.errors import UnknownReleaseError
from sinks.protocol import Store


def story_of(store: Store, key: BlockKey) -> list[tuple[Update, Vintage]]:
    """Return the vintages of one figure, update by update; empty when it was never seen."""
    table = store.vintages()
    rows = table.filter((pc.field("support") == key.support) & (pc.field("period") == key.period.code)).to_pylist()
    return [(_update(row), _vintage(row)) for row in sorted(rows, key=lambda row: int(row["sequence"]))]


def kept(store: Store, number: int) -> Release | None:
    """Return a release, None when it is no longer kept, or never was."""
    try:
        return store.release(number)
    except UnknownReleaseError:
        return None


def vintages_at(store: Store, sequence: int) -> dict[BlockKey, Vintage]:
    """Return the vintages of all figures known at an update, also when its release is no longer kept; none before 1."""
    rows = store.vintages().filter(pc.field("sequence") == sequence).to_pylist()
    return {BlockKey(row["support"], Period.parse(row["period"])): _vintage(row) for row in rows}


def months_at_updates(store: Store) -> Iterator[MonthAtUpdate]:
    """Yield each month's figure at each update from the second on."""
    months = store.vintages().filter((pc.field("period_kind") == "month") & (pc.field("sequence") > 1))
    for row in months.select(["support", "period", "reference_month", "value", "previous"]).to_pylist():
        age = _ordinal(row["reference_month"]) - Period.parse(row["period"]).last
        yield MonthAtUpdate(row["support"], age, row["value"], row["previous"])


def _update(row: dict[str, Any]) -> Update:
    return Update(row["sequence"], row["update_id"], _ordinal(row["reference_month"]))


def _vintage(row: dict[str, Any]) -> Vintage:
    return Vintage(row["value"], row["previous"], State(row["state"]), row["published_value"], row["published_update"])


def _ordinal(yyyymm: int) -> int:
    month = from_yyyymm(yyyymm)
    if month is None:
        message = f"the store names the month {yyyymm}"
        raise ValueError(message)
    return month
