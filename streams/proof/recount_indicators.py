"""The verdict of the slow truth on the indicators of a store's newest release (H1-H4)."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from processors.reference import indicators as slow
from processors.reference.parts import History
from processors.reference.spells import SpellSource
from processors.time.tables import labelled
from processors.time.window import LONGEST_OF_OUTCOMES
from schemas.indicators import COLUMNS, Table
from schemas.periods import month_code
from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.indicators import FAMILIES, Family, exists, read_release
from sinks.protocol import Tables

SAMPLE_MONTHS = 2
"""References before the last that an update may show, compared where not all are."""
KEY = list(COLUMNS[:7])
COUNTS = ["count", "base"]
NO_ROW = -1
"""Said of a row that one of the two has not; 0 would be a row of it."""
NAMES: dict[Family, tuple[str, ...]] = {"indicators": slow.INDICATORS, "outcomes": slow.OUTCOME_INDICATORS}


@dataclass(frozen=True, slots=True)
class IndicatorRecount:
    """The tables of a release beside those of the slow truth: all references, or the last few that are shown."""

    tables: Tables
    history: History
    release: Release
    settings: FigureSettings
    whole: bool

    def differences(self) -> Iterator[tuple[int, list[str]]]:
        """Yield for each family how many rows were compared, and a sentence for each that differs.

        What another version of this program counted is not compared: it went by other rules.
        """
        there = slow.MonthsThere.at(self.release)
        source = SpellSource(self.history, self.release.update.sequence, self.settings)
        for family in FAMILIES:
            if exists(self.tables, self.release.update.sequence, family):
                first = self._first(there, family)
                wanted = None if self.whole else range(first, self.release.update.reference_month + 1)
                yield self._compared(family, slow.rows(source, there, NAMES[family], wanted), first)

    def _first(self, months_there: slow.MonthsThere, family: Family) -> int:
        """Return the first reference of a sample: some months before the last that is published."""
        last = max((month for (_, month), there in months_there.known.items() if there), default=0)
        return last - SAMPLE_MONTHS - (LONGEST_OF_OUTCOMES if family == "outcomes" else 0)

    def _compared(self, family: Family, counted: pd.DataFrame, first: int) -> tuple[int, list[str]]:
        tables = [part.table for part in read_release(self.tables, self.release.update.sequence, family)]
        stored = labelled(Table._make(map(np.concatenate, zip(*tables, strict=True))))
        if not self.whole:
            stored, counted = (_wanted(rows, first) for rows in (stored, counted))
        both = stored.merge(counted, how="outer", on=KEY, suffixes=(" stored", " counted"))
        absent = dict.fromkeys((f"{name} {side}" for name in COUNTS for side in ("stored", "counted")), NO_ROW)
        both = both.fillna(absent)
        differ = (both["count stored"] != both["count counted"]) | (both["base stored"] != both["base counted"])
        return len(both), [self._sentence(line) for line in both[differ].to_dict("records")]

    def _sentence(self, line: dict[Hashable, Any]) -> str:
        where = " ".join(str(line[name]) for name in KEY)
        differing = ", ".join(f"{name} {line[f'{name} stored']:.0f} / {line[f'{name} counted']:.0f}" for name in COUNTS)
        return f"release {self.release.update.sequence}, {where}: {differing} (store / recount)"


def _wanted(rows: pd.DataFrame, first: int) -> pd.DataFrame:
    """Return the rows of references from a month on; of a year those that end then or later."""
    yearly = rows["reference"].str.len() == len("2024")
    last = rows["reference"].where(~yearly, rows["reference"] + "-12")
    return rows[last >= month_code(first)]
