"""The verdict of the slow truth on the indicators of a store's newest release (H1-H4)."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from processors.reference import indicators as slow
from processors.reference.parts import History
from processors.reference.spells import Asked
from processors.time.tables import labelled
from processors.time.window import LONGEST_LOOK, published_months
from schemas.indicators import COLUMNS, Table
from schemas.periods import month_code
from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.directory.indicators import Family, exists, last_counted, read_release
from streams.release.indicators import BENEFIT, last_of

SAMPLE_MONTHS = 2
"""References before the last one of a family that are compared where not all are."""
KEY = list(COLUMNS[:7])
COUNTS = ["count", "base"]


@dataclass(frozen=True, slots=True)
class IndicatorRecount:
    """The tables of a release beside those of the slow truth: all references, or the last few that are shown."""

    root: Path
    history: History
    release: Release
    settings: FigureSettings
    whole: bool

    def differences(self) -> Iterator[tuple[int, list[str]]]:
        """Yield for each family how many rows were compared, and a sentence for each that differs."""
        number = self.release.update.sequence
        last = last_counted(self.root, number)
        if last is not None:
            counted = self._counted(last - SAMPLE_MONTHS, last, slow.INDICATORS)
            yield self._compared("indicators", counted, last - SAMPLE_MONTHS)
        if exists(self.root, number, "outcomes"):
            shown = published_months(self.release)
            first = int(np.flatnonzero(shown)[-1]) - LONGEST_LOOK - SAMPLE_MONTHS
            counted = self._counted(first, last_of(self.release), slow.OUTCOME_INDICATORS)
            yield self._compared("outcomes", slow.shown(counted, shown), first)

    def _counted(self, first: int, last: int, names: tuple[str, ...]) -> pd.DataFrame:
        asked = Asked(self.history, self.release.update.sequence, self.settings, BENEFIT)
        oldest = asked.first_month()
        return slow.rows(asked, oldest if self.whole else max(first, oldest), last, names)

    def _compared(self, family: Family, counted: pd.DataFrame, first: int) -> tuple[int, list[str]]:
        tables = [part.table for part in read_release(self.root, self.release.update.sequence, family)]
        stored = labelled(Table._make(map(np.concatenate, zip(*tables, strict=True))))
        if not self.whole:
            stored, counted = (rows[rows["reference"] >= _first_text(rows, first)] for rows in (stored, counted))
        both = stored.merge(counted, how="outer", on=KEY, suffixes=(" stored", " counted"))
        both = both.fillna(dict.fromkeys((f"{name} {side}" for name in COUNTS for side in ("stored", "counted")), 0))
        differ = (both["count stored"] != both["count counted"]) | (both["base stored"] != both["base counted"])
        return len(both), [self._sentence(line) for line in both[differ].to_dict("records")]

    def _sentence(self, line: dict[Hashable, Any]) -> str:
        where = " ".join(str(line[name]) for name in KEY)
        told = ", ".join(f"{name} {line[f'{name} stored']:.0f} / {line[f'{name} counted']:.0f}" for name in COUNTS)
        return f"release {self.release.update.sequence}, {where}: {told} (store / recount)"


def _first_text(rows: pd.DataFrame, first: int) -> pd.Series:
    """Return the first reference compared, as rows of a month or of a year write it."""
    yearly = rows["reference"].str.len() == len("2024")
    month = month_code(first)
    return pd.Series(np.where(yearly, month[:4], month), index=rows.index, dtype=object)
