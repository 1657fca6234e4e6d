"""The slow truth of the gate: which figures were shown at each update, and since when (G3-G6, F2).

One figure (a node and a period) is followed through all updates of the log; no other figure matters to it. The value
compared is the kingdom's total of beneficiaries; what is shown is a whole block.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from processors.reference.counting import count, known, totals
from processors.reference.parts import History
from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey, Cells
from schemas.parameters import document
from schemas.periods import parse_month
from schemas.places import KINGDOM, PLACE_NUMBER
from schemas.releases import State, Update, Vintage
from schemas.supports import NODE

_GATE = document("limits")["gate"]
_KINGDOM, _TOTAL = PLACE_NUMBER["kingdom", KINGDOM], CATEGORY_NUMBER["total", "total"]
_VARIATION_PERCENT: int = _GATE["variation_percent"]
_FROZEN_THROUGH, _FROZEN_WHEN = parse_month(_GATE["frozen_through"]), parse_month(_GATE["frozen_when"])

Differs = Callable[[int, int], bool]
"""Whether a figure's blocks at two updates (sequences) differ in any cell, any measure."""


def vintages(history: History, key: BlockKey, first: int | None = None) -> dict[int, Vintage]:
    """Return the vintage of a figure at each update (by sequence) since it is known (G2).

    ``first`` is the sequence where it is first known, when the caller has asked ``known`` already.
    """
    since = known(history)[key] if first is None else first

    def differs(before: int, after: int) -> bool:
        return count(history, key, before).digest() != count(history, key, after).digest()

    return gate(key, history.updates, totals(history, key), since, differs)


def all_vintages(history: History, blocks: Sequence[Mapping[BlockKey, Cells]]) -> dict[BlockKey, dict[int, Vintage]]:
    """Return the vintages of all figures, from all blocks at each update as ``counts`` gives them."""
    digests = [{key: cells.digest() for key, cells in counted.items()} for counted in blocks]
    by_figure = {}
    for key, since in known(history).items():
        values = [_value(counted[key]) if key in counted else 0 for counted in blocks]

        def differs(before: int, after: int, key: BlockKey = key) -> bool:
            return digests[before - 1][key] != digests[after - 1][key]

        by_figure[key] = gate(key, history.updates, values, since, differs)
    return by_figure


def _value(cells: Cells) -> int:
    at = (cells.place == _KINGDOM) & (cells.category == _TOTAL)
    return int(cells.beneficiaries[at].sum())


def gate(
    key: BlockKey, updates: Sequence[Update], values: Sequence[int], since: int, differs: Differs
) -> dict[int, Vintage]:
    """Return the vintages of a figure from its values at all updates; it is known from sequence ``since`` on."""
    by_update: dict[int, Vintage] = {}
    number = {update.update_id: update.sequence for update in updates}
    freezes = _freezing(key, updates)
    for before, update in pairwise((None, *updates)):
        if update is None or update.sequence < since:
            continue
        value, last = values[update.sequence - 1], by_update.get(update.sequence - 1)
        previous = None if before is None else values[before.sequence - 1]
        vintage = replace(last, value=value, previous=previous) if last else Vintage(value, previous, State.PENDING)
        if freezes is not None and update.sequence >= freezes:
            by_update[update.sequence] = _frozen(vintage, update, now=update.sequence == freezes)
        elif update.reference_month - NODE[key.support].delay < key.period.last:
            by_update[update.sequence] = vintage
        elif previous is None or not is_stable(previous, value):
            by_update[update.sequence] = replace(vintage, state=_UNSTABLE[vintage.state])
        elif vintage.state is not State.PUBLISHED or differs(number[vintage.published_update or ""], update.sequence):
            by_update[update.sequence] = _published(vintage, update)
        else:
            by_update[update.sequence] = vintage
    return by_update


_UNSTABLE = {
    State.PENDING: State.SETTLING,
    State.SETTLING: State.SETTLING,
    State.PUBLISHED: State.REVISING,
    State.REVISING: State.REVISING,
}


def is_stable(previous: int, value: int) -> bool:
    """Whether a figure moved by at most 1 %; from 0 only 0 is stable (G3)."""
    return 100 * abs(value - previous) <= _VARIATION_PERCENT * previous


def _freezing(key: BlockKey, updates: Sequence[Update]) -> int | None:
    """Return the sequence of the update at which a period of the first series is frozen (F2)."""
    if key.period.last > _FROZEN_THROUGH:
        return None
    return next((update.sequence for update in updates if update.reference_month >= _FROZEN_WHEN), None)


def _published(vintage: Vintage, update: Update, state: State = State.PUBLISHED) -> Vintage:
    return replace(vintage, state=state, published_value=vintage.value, published_update=update.update_id)


def _frozen(vintage: Vintage, update: Update, *, now: bool) -> Vintage:
    """Freeze with this update's block, or stay frozen with what was shown: nothing, for a figure seen too late."""
    return _published(vintage, update, State.FROZEN) if now else replace(vintage, state=State.FROZEN)


def published_at(history: History, vintage: Vintage) -> int | None:
    """Return the sequence of the update whose block a vintage shows, None where nothing is shown."""
    numbers = {update.update_id: update.sequence for update in history.updates}
    return None if vintage.published_update is None else numbers[vintage.published_update]
