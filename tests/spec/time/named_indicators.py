"""Who tells indicators: two engines behind one function, and their answers in the words of a statistician."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from processors.admission.fold import Fold
from processors.counting.people import everyone
from processors.reference import indicators as reference_indicators
from processors.reference.events import admitted
from processors.reference.parts import History
from processors.reference.spells import SpellSource
from processors.time import outcome_tables
from processors.time import tables as fast_tables
from processors.time.window import There, Windows
from schemas.indicators import COLUMNS, PARTS
from schemas.periods import MONTH_COUNT
from schemas.places import KINGDOM
from schemas.settings import FigureSettings
from streams.embedded.driver import steps_of

KEY = list(COLUMNS[:7])
ALL = (
    *reference_indicators.INDICATORS,
    *reference_indicators.OUTCOME_INDICATORS,
    *reference_indicators.YOUTH_INDICATORS,
)
Rows = Callable[..., pd.DataFrame]
"""Tells the rows of the indicators named, of all where none is."""


def reference(files: list[Path], settings: FigureSettings, first: int, last: int) -> Rows:
    """Return what tells the rows of the slow truth, of some indicators or of all."""
    log = admitted(files)
    source = SpellSource(History.of(log, settings), len(log.updates), settings)
    months_there = reference_indicators.MonthsThere.through(last)
    return lambda *names: reference_indicators.rows(source, months_there, names or ALL, range(first, last + 1))


def fast(files: list[Path], settings: FigureSettings, first: int, last: int) -> Rows:
    """Return what tells the rows of the kernel."""
    fold = Fold(settings)
    for file in files:
        for _ in steps_of(fold, file):
            pass
    exists = fold.ledger.tables.exists[[leaf for part in PARTS[settings.spells] for leaf in part]].any(axis=0)
    since = int(np.flatnonzero(exists)[0]) if settings.first is None and exists.any() else settings.first
    there = np.arange(MONTH_COUNT) <= last
    windows = Windows(There(there, there), There(there, there))
    question = fast_tables.Question.of(fold.ledger, everyone(fold.ledger), since, windows, first, settings)
    outcomes = outcome_tables.Outcomes.of(fold.ledger, question)
    tables = (
        fast_tables.tables(question),
        outcome_tables.outcome_tables(outcomes),
        outcome_tables.youth_tables(outcomes),
    )
    rows = pd.concat([fast_tables.labelled(table) for table in tables]).sort_values(KEY, ignore_index=True)
    asked_for = _within(rows, first, last)
    return lambda *names: asked_for[asked_for["indicator"].isin(names or ALL)]


def _within(rows: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return the rows of these references: those that are counted whole reach further."""
    years = {str(month // 12 + 1900) for month in range(first, last + 1) if month % 12 == 11}
    whole = rows["indicator"].isin(["survival", "reentry"])
    return rows[~whole | rows["reference"].isin(years)].reset_index(drop=True)


ENGINES: dict[str, Callable[[list[Path], FigureSettings, int, int], Rows]] = {
    "reference": reference,
    "fast": fast,
}


class NamedIndicators:
    """Rows by code; a place is its NIS code."""

    def __init__(self, rows: Rows) -> None:
        """Keep what tells rows."""
        self.rows = rows

    def by(
        self, indicator: str, method: str, reference: str, place: str = KINGDOM, breakdown: str = ""
    ) -> dict[str, int]:
        """Return category -> count of one place; ``breakdown`` where the indicator has several."""
        rows = self.rows(indicator)
        chosen = rows[
            (rows["method"] == method)
            & (rows["reference"] == reference)
            & (rows["geo"] == place)
            & (rows["breakdown"] == (breakdown or rows["breakdown"]))
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

    def quartiles(self, reference: str, method: str = "running_g0", place: str = KINGDOM) -> dict[str, int]:
        """Return quartile -> months."""
        return self.by("quartiles", method, reference, place)

    def survival(self, year: str, gap: int = 0, place: str = KINGDOM) -> dict[str, int]:
        """Return months -> spells of ten thousand that last longer."""
        return self.by("survival", f"kaplan_meier_g{gap}", year, place)

    def youth(self, half_year: str, after: int = 3, place: str = KINGDOM) -> dict[str, int]:
        """Return situation -> youth-care leavers of a half-year."""
        return self.by("youth_care", f"x{after}", half_year, place)


IndicatorTeller = Callable[..., NamedIndicators]
"""Reads tables as one log and tells its indicators; the fixture ``indicators``."""
