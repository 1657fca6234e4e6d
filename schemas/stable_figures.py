"""A public block as the fields of the Avro record ``StableFigures``, which needs no list of ours to be read."""

from collections import Counter
from typing import Any

import numpy as np

from schemas.breakdowns import CATEGORIES
from schemas.figures import BlockKey, Cells
from schemas.places import PLACES
from schemas.releases import State, Vintage


def stable_figures(release: int, key: BlockKey, vintage: Vintage, cells: Cells) -> dict[str, Any]:
    """Return the fields of a record; ``cells`` may be empty. Raises ValueError for cells the public may not see."""
    if cells.digest() != cells.public().digest():
        message = f"{key.support} {key.period.code}: these cells hold what the public may not see; pass Cells.public()"
        raise ValueError(message)
    numbers, categories = np.unique(cells.category, return_inverse=True)
    places, starts = np.unique(cells.place, return_index=True)
    bounds = [*starts.tolist(), len(cells)]
    return {
        "release": release,
        "support": key.support,
        "period": key.period.code,
        "state": str(vintage.state),
        "update_id": vintage.published_update,
        "categories": [dict(zip(("breakdown", "category"), CATEGORIES[number], strict=True)) for number in numbers],
        "places": [
            {
                "geo_level": PLACES[place][0],
                "geo": PLACES[place][1],
                "category": categories[start:stop].tolist(),
                "beneficiaries": cells.beneficiaries[start:stop].tolist(),
            }
            for place, start, stop in zip(places.tolist(), bounds, bounds[1:], strict=False)
        ],
    }


def hidden_places(rungs: Cells) -> list[dict[str, Any]]:
    """Return the places of a block of rungs, as the field ``hidden`` lists them (F3)."""
    return [
        {"geo_level": PLACES[place][0], "geo": PLACES[place][1], "rung": rung}
        for place, rung in zip(rungs.place.tolist(), rungs.beneficiaries.tolist(), strict=True)
    ]


def vintages(support: str, figures: dict[str, Vintage]) -> dict[str, Any]:
    """Return support and figures of a record ``Vintages``, periods in the order of their codes."""
    return {
        "support": support,
        "figures": [
            {
                "period": period,
                "value": vintage.value,
                "previous": vintage.previous,
                "state": str(vintage.state),
                "published_value": vintage.published_value,
                "published_update": vintage.published_update,
            }
            for period, vintage in sorted(figures.items())
        ],
    }


def states(vintages: dict[str, Any]) -> Counter[str]:
    """Return how many figures of a record ``Vintages`` are in each state; states without any are 0."""
    counts = Counter({state.value: 0 for state in State})
    counts.update(figure["state"] for figure in vintages["figures"])
    return counts
