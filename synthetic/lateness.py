"""How late claims come: what the delays of G4 are made of."""

import numpy as np

from schemas.supports import LEAVES
from synthetic.columns import Floats, Ints, Tiny, draws
from synthetic.settings import settings

SETTINGS = settings("lateness")
LONGEST: int = SETTINGS["longest"]
WAYS: tuple[str, ...] = tuple(SETTINGS["supports"])
WAY_OF_LEAF: Tiny = np.array(
    [next(number for number, way in enumerate(WAYS) if leaf in SETTINGS["supports"][way]) for leaf in LEAVES],
    dtype=np.int8,
)


def weights(way: str) -> Floats:
    """Return the probability of 0, 1, ... ``LONGEST`` months."""
    given: list[float] = SETTINGS[way]["months"]
    tail = SETTINGS[way]["tail"] ** np.arange(LONGEST + 1 - len(given))
    return np.array([*given, *(tail / tail.sum() * (1 - sum(given)))])


def late_months(rng: np.random.Generator, leaf: Tiny) -> Ints:
    """Draw for each leaf number how many months late its claim comes."""
    late = np.zeros(len(leaf), dtype=np.int64)
    for number, way in enumerate(WAYS):
        chosen = WAY_OF_LEAF[leaf] == number
        late[chosen] = draws(rng, list(weights(way)), int(chosen.sum()))
    return late
