"""Tables of which one holds another, as one: a month and its year, who entered and who was there (F3).

A count of a month is at most that of its year, and by so much less hidden counts of both bound each other. So the
pattern of a table is made together with those that are answered already: what these hide stays hidden and stays wide,
what they show stays shown, and only the new table gives way.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from processors.disclosure.linked import Linked, Sum
from schemas.arrays import Mask


class Within(NamedTuple):
    """A cell (table, number) that is at most another; the new table is table 0."""

    part: tuple[int, int]
    whole: tuple[int, int]


def joined(new: Linked, others: Sequence[Linked], within: Sequence[Within]) -> Linked:
    """Return a table and others, which are fixed as they are, as one table; the cells of the new one come first.

    ``hidden`` of the others is their pattern.
    """
    tables = [new, *others]
    starts = [0, *accumulate(len(one.counts) for one in tables)]
    sums = [
        Sum(start + whole, tuple(start + part for part in parts))
        for start, one in zip(starts, tables, strict=False)
        for whole, parts in one.sums
    ]
    rest = np.zeros(starts[-1] - starts[1], np.bool_)
    return Linked(
        np.concatenate([one.counts for one in tables]),
        sums,
        np.concatenate([one.structural for one in tables]),
        np.concatenate([new.fixed, *(~one.hidden for one in others)]),
        np.concatenate([one.hidden for one in tables]),
        np.concatenate([one.least for one in tables]),
        np.concatenate([one.most for one in tables]),
        [_padded(layer, rest) for layer in new.layers],
        [(starts[part[0]] + part[1], starts[whole[0]] + whole[1]) for part, whole in within],
    )


def _padded(layer: Mask, rest: Mask) -> Mask:
    return np.concatenate([layer, rest])
