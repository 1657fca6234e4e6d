"""A store's fold as it stood at one of its updates, from its journal."""

from pathlib import Path

from processors.admission.fold import Fold
from schemas.settings import FigureSettings
from sinks.directory.journal import Journal, too_short
from streams.embedded import checkpoint
from streams.embedded.driver import steps_of


def fold_at(root: Path, settings: FigureSettings, number: int) -> Fold:
    """Return what ``folded_at`` does; the snapshot spares folding where it stands there."""
    kept = checkpoint.load(root, settings)
    if kept.segments == number == len(kept.fold.closings.accepted):  # each segment ends at a closing, or is the last
        return kept.fold
    return folded_at(root, settings, number)


def folded_at(root: Path, settings: FigureSettings, number: int) -> Fold:
    """Return the fold of a store at the closing of an update, by its journal alone: what came later is not in it.

    Raises StoreCorruptError where the journal ends before, CorruptFileError for a segment that is torn.
    """
    fold = Fold(settings)
    for segment in Journal(root).segments():
        for step in steps_of(fold, segment):
            if step.update is not None and step.update.sequence == number:
                return fold
    raise too_short(root, number)
