"""A store's fold as it stood at one of its updates, from its journal: what figures on request are counted from."""

from pathlib import Path

from processors.fold import Fold
from schemas.log import LogFile
from schemas.settings import FigureSettings
from sinks.errors import UnknownReleaseError
from sinks.journal import Journal
from streams import checkpoint
from streams.embedded import batches


def fold_at(root: Path, settings: FigureSettings, number: int) -> Fold:
    """Return the fold of a store at the closing of an update; the snapshot spares folding where it stands there.

    Raises UnknownReleaseError where the journal holds no such closing.
    """
    kept, covered = checkpoint.load(root, settings)
    if covered == number == len(kept.closings.accepted):  # each segment ends at a closing, or it is the last one
        return kept
    fold = Fold(settings)
    for segment in Journal(root).segments():
        for batch in batches(LogFile.open(segment)):
            for step in fold.steps(batch):
                if step.update is not None and step.update.sequence == number:
                    return fold
    message = f"{root}: its journal holds no update {number}; figures on request need the store that made them"
    raise UnknownReleaseError(message)
