"""All periods counted again from the ledger, beside the newest release; and a store made anew from its journal."""

import shutil
from pathlib import Path

import numpy as np

from processors.axes import stretches
from processors.counting import turned
from processors.people import people
from processors.publication import counted, digest_of, knows, months_of
from schemas.figures import BlockKey
from schemas.supports import NODES
from sinks.live import LiveHome
from streams import checkpoint
from streams.embedded import Embedded
from streams.progress import Report, silent


def differing_blocks(store: Embedded, progress: Report = silent) -> tuple[int, list[str]]:
    """Return how many blocks the newest release holds, and the names of those that a full count gives otherwise."""
    if store.release is None:
        return 0, []
    ledger, entries = store.fold.ledger, dict(store.release.entries)
    exists = ledger.tables.exists
    known = {node.code: knows(node, exists) for node in NODES}
    different = []
    axes_of = stretches(np.flatnonzero(exists.any(axis=0)).tolist())
    for number, axes in enumerate(axes_of):
        rows = people(ledger, months_of(axes))
        for node in NODES:
            progress(f"counting {node.code}", number, len(axes_of))
            for figures in counted(turned(rows, axes, node, store.settings)):
                different += [
                    f"{node.code} {figure.period.code}"
                    for figure in figures
                    if known[node.code](figure.period)
                    and figure.digest != digest_of(entries[BlockKey(node.code, figure.period)].latest)
                ]
    return len(entries), different


def forget_releases(root: Path) -> None:
    """Remove all releases, the snapshot and live figures; whoever opens the store next makes the releases again.

    Nothing else remembers them but the journal of the store, or the topics of Kafka.
    """
    checkpoint.forget(root)
    LiveHome(root).forget()
    for manifest in sorted((root / "releases").glob("*.parquet"), reverse=True):
        manifest.unlink()
    shutil.rmtree(root / "blocks", ignore_errors=True)
