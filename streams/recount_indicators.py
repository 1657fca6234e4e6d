"""The verdict of the slow truth on the indicators of a store's newest release (H1-H4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from processors import reference_indicators as slow
from processors.indicator_window import published_months
from processors.indicators import labelled
from processors.reference_parts import History
from processors.reference_spells import Asked
from schemas.indicators import COLUMNS, Table
from schemas.periods import month_code
from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.indicators import exists, last_counted, read_release
from streams.indicators import BENEFIT, last_of

KEY = list(COLUMNS[:7])
COUNTS = ["count", "base"]


@dataclass(frozen=True, slots=True)
class IndicatorRecount:
    """The tables of a release beside those of the slow truth; ``first`` is the first reference that is compared."""

    root: Path
    history: History
    release: Release
    settings: FigureSettings
    first: int

    def differences(self) -> Iterator[tuple[int, list[str]]]:
        """Yield for each family how many rows were compared, and a sentence for each that differs."""
        number = self.release.update.sequence
        last = last_counted(self.root, number)
        if last is not None:
            yield self._compared("indicators", self._asked(), last, slow.INDICATORS)
        if exists(self.root, number, "outcomes"):
            yield self._compared("outcomes", self._asked(), last_of(self.release), slow.OUTCOME_INDICATORS)

    def _asked(self) -> Asked:
        return Asked(self.history, self.release.update.sequence, self.settings, BENEFIT)

    def _compared(self, family: str, asked: Asked, last: int, names: tuple[str, ...]) -> tuple[int, list[str]]:
        number = self.release.update.sequence
        tables = [counted.table for counted in read_release(self.root, number, family)]  # type: ignore[arg-type]
        stored = labelled(Table._make(map(np.concatenate, zip(*tables, strict=True))))
        counted = slow.rows(asked, max(self.first, asked.first_month()), last, names)
        if family == "outcomes":
            counted = slow.shown(counted, published_months(self.release))
        stored = stored[stored["reference"] >= self._first_text(stored)]
        counted = counted[counted["reference"] >= self._first_text(counted)]
        both = stored.merge(counted, how="outer", on=KEY, suffixes=(" stored", " counted"))
        both = both.fillna(dict.fromkeys((f"{name} {side}" for name in COUNTS for side in ("stored", "counted")), 0))
        differ = (both["count stored"] != both["count counted"]) | (both["base stored"] != both["base counted"])
        return len(both), [self._sentence(line) for line in both[differ].to_dict("records")]

    def _first_text(self, rows: pd.DataFrame) -> pd.Series:
        """Return the first reference compared, as rows of a month or of a year write it."""
        yearly = rows["reference"].str.len() == len("2024")
        month = month_code(self.first)
        return pd.Series(np.where(yearly, month[:4], month), index=rows.index, dtype=object)

    def _sentence(self, line: dict[str, object]) -> str:
        where = " ".join(str(line[name]) for name in KEY)
        told = ", ".join(f"{name} {line[f'{name} stored']:.0f} / {line[f'{name} counted']:.0f}" for name in COUNTS)
        return f"release {self.release.update.sequence}, {where}: {told} (store / recount)"
