"""Stores of small histories, and the rows that a release of them shows."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
from history import log_file
from named_indicators import KEY

from schemas.indicators import COLUMNS
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.files.indicators import TABLES, indicator_batches
from streams.embedded.driver import Embedded

Replayed = Callable[..., "Store"]


class Store:
    """A store, and what its releases show."""

    def __init__(self, room: Path, table: str, settings: FigureSettings) -> None:
        """Replay a table into a new store in ``room``."""
        self.log = log_file(room / "log.avro", table)
        self.root, self.settings = room / "store", settings
        Embedded.run(self.root, settings, [self.log])

    def rows(self, number: int, tables: Iterable[str] = TABLES) -> pd.DataFrame:
        """Return all rows of a release, restricted zone."""
        batches = [
            batch
            for name in tables
            for batch in indicator_batches(DirectoryStore.reading(self.root), number, name, "restricted")
        ]
        frames: list[pd.DataFrame] = [pa.Table.from_batches([batch]).to_pandas() for batch in batches]
        empty = pd.DataFrame(columns=list(COLUMNS))
        rows = pd.concat([empty, *frames], ignore_index=True).astype(dict.fromkeys((*KEY, "update_id"), str))
        return rows.sort_values(KEY, ignore_index=True)

    def references(self, number: int, indicator: str, method: str, category: str = "") -> list[str]:
        """Return the references that a release shows of a series, of one of its categories."""
        rows = self.rows(number)
        chosen = (rows["indicator"] == indicator) & (rows["method"] == method)
        if category:
            chosen &= rows["category"] == category
        return sorted(set(rows.loc[chosen, "reference"]))

    def counts(self, number: int, indicator: str, method: str, reference: str, place: str = "01000") -> dict[str, int]:
        """Return category -> count of one place, zeros left out; durations by their total alone."""
        rows = self.rows(number)
        chosen = (rows["indicator"] == indicator) & (rows["method"] == method) & (rows["reference"] == reference)
        chosen &= (rows["geo"] == place) & ~rows["breakdown"].str.startswith("band_") & (rows["count"] > 0)
        return dict(zip(rows.loc[chosen, "category"], rows.loc[chosen, "count"].tolist(), strict=True))
