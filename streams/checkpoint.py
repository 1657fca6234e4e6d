"""The snapshot of a fold: what opening a store would otherwise fold again. A cache, never the truth."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from processors.closings import Closings
from processors.fold import Fold
from processors.ledger import Ledger, Tables
from schemas.releases import Update
from schemas.settings import FigureSettings
from sinks import snapshot

_FILE = "ledger.snapshot"
FORMAT = 3
"""Changes with the layout of ``Tables``, with the meaning of a row, or with the lists that its numbers refer to."""


def save(root: Path, fold: Fold, segments: int) -> None:
    """Keep the fold of the first ``segments`` segments of the journal."""
    meta = {"format": FORMAT, "segments": segments, "closings": [asdict(update) for update in fold.closings.accepted]}
    snapshot.save(root / _FILE, fold.ledger.trimmed()._asdict(), meta)


def load(root: Path, settings: FigureSettings) -> tuple[Fold, int]:
    """Return a fold and how many segments it covers; an empty one where there is no whole snapshot of this version."""
    found = snapshot.load(root / _FILE)
    if found is None or found.meta["format"] != FORMAT:
        return Fold(settings), 0
    tables = Tables(**{name: np.array(found.arrays[name]) for name in Tables._fields})
    closings = Closings([Update(**update) for update in found.meta["closings"]])
    return Fold(settings, Ledger(settings, tables), closings), found.meta["segments"]


def forget(root: Path) -> None:
    """Remove the snapshot; the journal is folded whole at the next opening."""
    (root / _FILE).unlink(missing_ok=True)
