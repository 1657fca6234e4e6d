"""A store made again without one of its updates: how one repairs a reference month that lies far ahead.

The journal is replayed into another directory, the closing of that update left out; what it closed the next one closes.
Closings that were refused because of it never came into the journal: replay their files into the new store.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from processors.admission.closings import closing_of
from processors.admission.decoding import UPDATE_CLOSED, Batch, decode
from processors.rules import rules
from schemas.log import LogFile
from schemas.settings import FigureSettings
from sinks.directory import identity
from sinks.directory.journal import Journal
from sinks.directory.store import DirectoryStore
from streams.embedded.driver import Embedded, Outcomes, batches
from streams.settings import UsageError
from streams.shell.progress import Report, silent


def made_without(
    store: DirectoryStore, update_id: str, into: Path, keep_releases: int | None = None, progress: Report = silent
) -> Outcomes:
    """Replay the journal of a store into a new one without an update; return what became of its events.

    Raises UsageError where no update is called so, or ``into`` is a store, and CorruptFileError for a torn segment.
    The store itself stays as it is.
    """
    if identity.exists(into):
        message = f"{into}: there is a store already; name a new directory with --into"
        raise UsageError(message)
    with TemporaryDirectory() as room:
        journal, left_out = Journal(Path(room)), False
        for segment in Journal(store.root).segments():
            file = LogFile.open(segment)
            with journal.writing() as written:
                for batch in batches(file):
                    data, count = _without(batch, update_id, store.settings)
                    left_out |= count < batch.records
                    if count:
                        written.append(data, count)
                written.finish()
        if not left_out:
            message = f"{store.root}: no update of its journal is called {update_id}; ocmw changes names the newest"
            raise UsageError(message)
        return Embedded.run(into, store.settings, list(journal.segments()), keep_releases, progress)


def _without(batch: Batch, update_id: str, settings: FigureSettings) -> tuple[bytes, int]:
    """Return the bytes of a batch of a journal without the closings of an update, and how many events are left."""
    events, data = decode(batch, rules(settings)), batch.data.tobytes()
    kept, at, count = [], 0, batch.records
    for row in np.flatnonzero(events.kind == UPDATE_CLOSED).tolist():
        start, stop = int(events.start[row]), int(events.stop[row])
        closing = closing_of(data[start:stop])
        if closing is not None and closing.update_id == update_id:
            kept.append(data[at : start - 1])  # the branch index is one byte
            at, count = stop, count - 1
    return b"".join([*kept, data[at:]]), count
