"""The snapshot of a fold: what opening a store would otherwise fold again. A cache, never the truth."""

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from processors.admission.closings import Closings
from processors.admission.fold import Fold
from processors.admission.keeping import restored, to_keep
from schemas.faults import FAULT
from schemas.releases import Update
from schemas.settings import FigureSettings
from sinks.directory import snapshot

_FILE = "ledger.snapshot"
FORMAT = 6
"""Changes with the layout of ``Tables``, with the meaning of a row, or with the lists that its numbers refer to.

Format 5, which held the hash tables too, is read. Another list of faults is another admission: the journal is folded
again too.
"""


_READ = (5, FORMAT)


class Folded(NamedTuple):
    """The fold of the first ``segments`` segments of a journal, of whose events ``waited`` were set aside to wait."""

    fold: Fold
    segments: int = 0
    waited: int = 0


def save(root: Path, folded: Folded) -> None:
    """Keep a fold. Raises StoreWriteError where the disk refuses."""
    fold, segments, waited = folded
    closings = [asdict(update) for update in fold.closings.accepted]
    meta = {"format": FORMAT, "faults": list(FAULT), "segments": segments, "waited": waited, "closings": closings}
    snapshot.save(root / _FILE, to_keep(fold.ledger), meta)


def load(root: Path, settings: FigureSettings) -> Folded:
    """Return what was kept; the fold of nothing where there is no whole snapshot of this version."""
    saved = snapshot.load(root / _FILE)
    if saved is None or saved.meta["format"] not in _READ or saved.meta.get("faults") != list(FAULT):
        return Folded(Fold(settings))
    closings = Closings([Update(**update) for update in saved.meta["closings"]])
    return Folded(
        Fold(settings, restored(settings, saved.arrays), closings), saved.meta["segments"], saved.meta["waited"]
    )


def forget(root: Path) -> None:
    """Remove the snapshot; the journal is folded whole at the next opening."""
    (root / _FILE).unlink(missing_ok=True)
