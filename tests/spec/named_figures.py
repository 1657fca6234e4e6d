"""What an engine says of a history, in the words of a statistician: ``beneficiaries("LL", "2024-03") == 1``."""

from collections.abc import Callable

from engines import Engine, Outcomes

from schemas.breakdowns import CATEGORIES
from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.places import KINGDOM, PLACES
from schemas.releases import State, Vintage

Measures = tuple[int, int, int, int]
Named = dict[tuple[str, str, str, str], Measures]
"""(geo_level, geo, breakdown, category) -> beneficiaries, amount, state share, days."""
_NOTHING = (0, 0, 0, 0)


class NamedFigures:
    """Figures by code; ``at`` is the sequence of an update (default: the last one), a place is its NIS code."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine that has read the history."""
        self.engine = engine

    def outcomes(self) -> Outcomes:
        """Return applied, duplicates and set aside."""
        return self.engine.outcomes()

    def slugs(self) -> list[str]:
        """Return the faults of the events that were set aside, in log order."""
        return [slug for _, _, slug in self.outcomes().set_aside]

    def update_ids(self) -> list[str]:
        """Return the ids of the closed updates, in order."""
        return [update.update_id for update in self.engine.updates()]

    def periods(self, support: str, at: int | None = None) -> list[str]:
        """Return the codes of the months, quarters and years (not the rolling ones) that a node knows."""
        known = self.engine.known(self._at(at))
        periods = {key.period for key in known if key.support == support and key.period.kind != "rolling_year"}
        return [period.code for period in sorted(periods)]

    def supports(self, period: str) -> list[str]:
        """Return the nodes that count somebody in the kingdom in a period, sorted."""
        known = self.engine.known(self._at(None))
        supports = {key.support for key in known if key.period.code == period}
        return sorted(support for support in supports if self.beneficiaries(support, period))

    def cells(self, support: str, period: str, at: int | None = None) -> Named:
        """Return (geo_level, geo, breakdown, category) -> beneficiaries, amount, state share, days."""
        return _named(self.engine.cells(BlockKey(support, Period.parse(period)), self._at(at)))

    def measures(self, support: str, period: str, place: str = KINGDOM, at: int | None = None) -> Measures:
        """Return all four measures of a place, all characteristics together; zeros where there is no cell."""
        of_place = [
            measures
            for (_, geo, breakdown, _), measures in self.cells(support, period, at).items()
            if geo == place and breakdown == "total"
        ]
        return of_place[0] if of_place else _NOTHING

    def beneficiaries(self, support: str, period: str, place: str = KINGDOM, at: int | None = None) -> int:
        """Return how many persons a place counts."""
        return self.measures(support, period, place, at)[0]

    def amount(self, support: str, period: str, place: str = KINGDOM) -> int:
        """Return cents."""
        return self.measures(support, period, place)[1]

    def state_share(self, support: str, period: str, place: str = KINGDOM) -> int:
        """Return cents."""
        return self.measures(support, period, place)[2]

    def days(self, support: str, period: str, place: str = KINGDOM) -> int:
        """Return days."""
        return self.measures(support, period, place)[3]

    def by(self, breakdown: str, support: str, period: str, place: str = KINGDOM) -> dict[str, int]:
        """Return category -> beneficiaries of one breakdown, categories without a beneficiary left out."""
        return {
            category: measures[0]
            for (_, geo, name, category), measures in self.cells(support, period).items()
            if name == breakdown and geo == place and measures[0]
        }

    def amounts_by(self, breakdown: str, support: str, period: str, place: str = KINGDOM) -> dict[str, int]:
        """Return category -> cents of one breakdown, zero balances left out."""
        return {
            category: measures[1]
            for (_, geo, name, category), measures in self.cells(support, period).items()
            if name == breakdown and geo == place and measures[1]
        }

    def places(self, level: str, support: str, period: str) -> dict[str, int]:
        """Return NIS code -> beneficiaries of one geographic level, places without a beneficiary left out."""
        return {
            geo: measures[0]
            for (level_of_cell, geo, breakdown, _), measures in self.cells(support, period).items()
            if level_of_cell == level and breakdown == "total" and measures[0]
        }

    def breakdowns(self, support: str, period: str, at: int | None = None) -> set[str]:
        """Return the breakdowns that a block holds."""
        return {breakdown for _, _, breakdown, _ in self.cells(support, period, at)}

    def vintages(self, support: str, period: str) -> list[Vintage]:
        """Return the vintages of a figure, from the update on at which it is known."""
        return list(self.engine.vintages(BlockKey(support, Period.parse(period))).values())

    def states(self, support: str, period: str) -> list[str]:
        """Return the states of a figure, from the update on at which it is known."""
        return [State(vintage.state).value for vintage in self.vintages(support, period)]

    def published_updates(self, support: str, period: str) -> list[str | None]:
        """Return the update whose block is shown, at each update since the figure is known."""
        return [vintage.published_update for vintage in self.vintages(support, period)]

    def published(self, support: str, period: str, at: int | None = None) -> Measures | None:
        """Return the kingdom's measures of the block that is shown, None where nothing is shown."""
        cells = self.engine.published(BlockKey(support, Period.parse(period)), self._at(at))
        if cells is None:
            return None
        return _named(cells).get(("kingdom", KINGDOM, "total", "total"), _NOTHING)

    def everything(self) -> dict[tuple[str, str, int], Named]:
        """Return all cells of all blocks (support, period, sequence) at all updates."""
        return {
            (key.support, key.period.code, update.sequence): _named(cells)
            for update in self.engine.updates()
            for key, cells in self.engine.blocks(update.sequence).items()
        }

    def _at(self, at: int | None) -> int:
        return len(self.engine.updates()) if at is None else at


def _named(cells: Cells) -> Named:
    keys = [(*PLACES[p], *CATEGORIES[c]) for p, c in zip(cells.place, cells.category, strict=True)]
    columns = (cells.beneficiaries, cells.amount_cents, cells.state_share_cents, cells.days)
    return dict(zip(keys, zip(*(column.tolist() for column in columns), strict=True), strict=True))


Teller = Callable[..., NamedFigures]
"""Reads tables (or files) as one log and tells its figures; the fixture ``engine``."""
