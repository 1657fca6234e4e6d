"""Figures as a JSON-stat 2 data set: dense values, zeros written, null for nothing, and its kind in the status."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from processors.board.nothing import JSON_STAT, Cell
from schemas.periods import Period
from streams.board.library import Bound, CellShown
from streams.board.words import Words

_IDS = ("support", "period", "geo", "category")


def dataset(  # noqa: PLR0913, PLR0917 - the parts of one cube
    bound: Bound,
    axes: Mapping[str, list[str]],
    level: str,
    breakdown: str,
    cells: Mapping[Cell, CellShown],
    words: Words,
) -> dict[str, Any]:
    """Return one cube of one kind of period, one level of places and one breakdown."""
    values: list[int | None] = []
    status: dict[str, str] = {}
    for place, (support, period, geo, category) in enumerate(product(*(axes[name] for name in _IDS))):
        one = cells.get(Cell(support, Period.parse(period), level, geo, breakdown, category))
        values.append(None if one is None else one.value)
        mark = _mark(one)
        if mark:
            status[str(place)] = mark
    labels: dict[str, Callable[[str], str]] = {
        "support": words.support,
        "period": lambda period: words.period(Period.parse(period)),
        "geo": words.place,
        "category": lambda category: words.category(breakdown, category),
    }
    manifest = bound.manifest
    return {
        "version": "2.0",
        "class": "dataset",
        "label": words("board"),
        "source": words("source"),
        "updated": manifest.published_at,
        "note": [words("never_sum"), *([words.hiding] if words.hiding else [])],
        "id": list(_IDS),
        "size": [len(axes[name]) for name in _IDS],
        "role": {"time": ["period"], "geo": ["geo"]},
        "dimension": {
            name: {
                "label": words("characteristic" if name == "category" else "place" if name == "geo" else name),
                "category": {"index": axes[name], "label": {code: labels[name](code) for code in axes[name]}},
            }
            for name in _IDS
        },
        "value": values,
        "status": status,
        "extension": {
            "ocmw": {
                "release": bound.number,
                "update": manifest.update_id,
                "published_at": manifest.published_at,
                "manifest_sha256": bound.sha256(),
            }
        },
    }


def _mark(one: CellShown | None) -> str:
    if one is None:
        return JSON_STAT["waiting"]
    if one.nothing is not None:
        return JSON_STAT[one.nothing]
    return "r" if one.revising else ""
