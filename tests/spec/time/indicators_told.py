"""Who tells indicators: two engines behind one function, and their answers in the words of a statistician."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from processors.admission.fold import Fold
from processors.counting.people import people
from processors.reference import indicators as reference_indicators
from processors.reference.events import admitted
from processors.reference.parts import History
from processors.reference.spells import Asked
from processors.time import outcome_tables
from processors.time import tables as fast_tables
from schemas.indicators import COLUMNS, Benefit
from schemas.log import LogFile
from schemas.periods import MONTH_COUNT
from schemas.places import KINGDOM
from schemas.settings import FigureSettings
from streams.embedded.driver import batches

KEY = list(COLUMNS[:7])
ALL = (
    *reference_indicators.INDICATORS,
    *reference_indicators.OUTCOME_INDICATORS,
    *reference_indicators.YOUTH_INDICATORS,
)
Rows = Callable[..., pd.DataFrame]
"""Tells the rows of the indicators named, of all where none is."""


def reference(files: list[Path], settings: FigureSettings, benefit: Benefit, first: int, last: int) -> Rows:
    """Return what tells the rows of the slow truth, of some indicators or of all."""
    log = admitted(files)
    asked = Asked(History.of(log, settings), len(log.updates), settings, benefit)
    return lambda *names: reference_indicators.rows(asked, first, last, names or ALL)


def fast(files: list[Path], settings: FigureSettings, benefit: Benefit, first: int, last: int) -> Rows:
    """Return what tells the rows of the kernel."""
    fold = Fold(settings)
    for file in files:
        for batch in batches(LogFile.open(file)):
            for _ in fold.steps(batch):
                pass
    every = np.ones(MONTH_COUNT, np.bool_)
    asked = fast_tables.Asked(people(fold.ledger, every), first, last, benefit, settings)
    outcomes = outcome_tables.Outcomes.of(fold.ledger, asked, every)
    found = (fast_tables.tables(asked), outcome_tables.outcome_tables(outcomes), outcome_tables.youth_tables(outcomes))
    told = pd.concat([fast_tables.labelled(table) for table in found]).sort_values(KEY, ignore_index=True)
    return lambda *names: told[told["indicator"].isin(names or ALL)]


ENGINES: dict[str, Callable[[list[Path], FigureSettings, Benefit, int, int], Rows]] = {
    "reference": reference,
    "fast": fast,
}


class IndicatorsTold:
    """Rows by code; a place is its NIS code."""

    def __init__(self, rows: Rows) -> None:
        """Keep what tells rows."""
        self.rows = rows

    def by(
        self, indicator: str, method: str, reference: str, place: str = KINGDOM, breakdown: str = ""
    ) -> dict[str, int]:
        """Return category -> count of one place; ``breakdown`` where the indicator has several."""
        found = self.rows(indicator)
        chosen = found[
            (found["method"] == method)
            & (found["reference"] == reference)
            & (found["geo"] == place)
            & (found["breakdown"] == (breakdown or found["breakdown"]))
        ]
        return dict(zip(chosen["category"], chosen["count"].tolist(), strict=True))

    def band(self, month: str, method: str = "exact_own_g0", place: str = KINGDOM) -> dict[str, int]:
        """Return band -> beneficiaries of a month."""
        return self.by("duration", method, month, place, "band")

    def flow(self, month: str, method: str = "own_g0", place: str = KINGDOM) -> dict[str, int]:
        """Return entries, exits and stock of a month, zeros left out."""
        return {name: count for name, count in self.by("spells", method, month, place).items() if count}

    def ranks(self, year: str, method: str = "spells_own_g0", place: str = KINGDOM) -> dict[str, int]:
        """Return rank -> entries of a year."""
        return self.by("reentry", method, year, place)

    def outcomes(self, month: str, after: int = 6, place: str = KINGDOM, gap: int = 0) -> dict[str, int]:
        """Return outcome -> exits of a month."""
        return self.by("exit_to_work", f"own_x{after}_g{gap}", month, place)

    def changes(self, month: str, place: str = KINGDOM) -> dict[str, int]:
        """Return state|later state -> persons of a month."""
        return self.by("transitions", "own", month, place)

    def youth(self, half_year: str, after: int = 3, place: str = KINGDOM) -> dict[str, int]:
        """Return situation -> youth-care leavers of a half-year."""
        return self.by("youth_care", f"x{after}", half_year, place)


IndicatorTeller = Callable[..., IndicatorsTold]
"""Reads tables as one log and tells its indicators; the fixture ``indicators``."""
