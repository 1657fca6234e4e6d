"""The embedded driver: dossier files in, releases in a store directory out, no server.

    files ─► verify all ─► fold ─► journal (synced) ─► cut ─► publish          at each UpdateClosed
                             └───► at the end: journal, snapshot, set_aside.csv

The journal is the truth of a store: the admitted events in log order, closings among them. After a kill at any moment,
opening the store folds the journal again (or takes the snapshot and folds what follows) and makes the missing releases.
The same command, run again, then meets every journaled event as a duplicate. A declaration that waits in the journal
(``dimona-unknown-period``) and that no run reported is reported by the next. A journal that ends before the newest
release is refused: what it lacks would be missing in every figure to come. An input file is verified whole before
anything is written.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from processors.admission.closings import closing_of
from processors.admission.decoding import UPDATE_CLOSED, Batch, Events, batch_of, decode
from processors.admission.facts import WAITING
from processors.admission.fold import Fold, Step
from processors.admission.ledger import DUPLICATE
from processors.admission.overview import Overview
from processors.rules import rules
from schemas.faults import FAULTS
from schemas.log import IMPORT, KEY_ID, Block, CorruptFileError, LeftOverError, LogFile
from schemas.periods import from_yyyymm
from schemas.releases import Release, Update
from schemas.settings import FigureSettings
from sinks.directory.journal import Journal, too_short
from sinks.directory.origin import remember
from sinks.directory.set_aside import SetAside, append_run, told_of
from sinks.directory.store import DirectoryStore
from sinks.errors import KeyMismatchError
from sinks.lock import writer_lock
from sinks.public.writer import PublicWriter, Publishing
from streams.embedded import checkpoint
from streams.release.closing import counted_at_closing
from streams.release.closing_month import too_far
from streams.release.cut import Cut
from streams.release.indicators import Changes
from streams.release.publishing import unsealed
from streams.shell.escaping import printable_name
from streams.shell.progress import Report, silent

WAITS = FAULTS[WAITING - 1]
"""The one fault of events that are set aside and journaled too."""
BATCH_BYTES = 1 << 20
"""Blocks are folded together up to this size: columns of a batch stay in the processor's cache."""


@dataclass(slots=True)
class Outcomes:
    """What became of the events of a run (L2): applied + duplicates + set aside = events in."""

    applied: int = 0
    duplicates: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    set_aside: list[SetAside] = field(default_factory=list)

    @property
    def events(self) -> int:
        """Events in."""
        return self.applied + self.duplicates + self.faults.total()

    def note(self, step: Step, file: str) -> None:
        """Count the outcomes of a step, and remember where each event stood that was set aside."""
        tally = np.bincount(step.outcomes(), minlength=DUPLICATE + 1)
        self.applied += int(tally[0])
        self.duplicates += int(tally[DUPLICATE])
        for record, fault in step.set_aside():
            self.faults[fault.slug] += 1
            self.set_aside.append(SetAside(file, record, fault))


def batches(file: LogFile) -> Iterator[Batch]:
    """Yield the blocks of a file in batches. Raises CorruptFileError."""
    pending: list[Block] = []
    size = 0
    try:
        for block in file.blocks():
            pending.append(block)
            size += len(block.data)
            if size >= BATCH_BYTES:
                yield batch_of(pending, file.layout)
                pending, size = [], 0
        if pending:
            yield batch_of(pending, file.layout)
    except LeftOverError as error:
        raise _corrupt(file, error) from error


def steps_of(fold: Fold, path: Path) -> Iterator[Step]:
    """Fold a file and yield its steps, each as soon as it is folded. Raises CorruptFileError."""
    for batch in batches(LogFile.open(path)):
        yield from fold.steps(batch)


class Verified(NamedTuple):
    """A file that was read whole once, and its number of records."""

    file: LogFile
    records: int


def verified(
    paths: list[Path], settings: FigureSettings, progress: Report = silent, latest: int | None = None
) -> list[Verified]:
    """Read files whole: header, framing, decompression, records. Raises CorruptFileError; nothing was written then.

    Raises FutureMonthError for a closing whose reference month lies after ``latest``, where one is given.
    """
    files = []
    for number, path in enumerate(paths):
        progress(f"verifying {printable_name(path)}", number, len(paths))
        file = LogFile.open(path)
        files.append(Verified(file, sum(_parsed(file, batch, settings, latest) for batch in batches(file))))
    key_of([one.file for one in files])
    return files


def key_of(files: list[LogFile]) -> str | None:
    """Return the name of the key under which persons are named in all of these files, None where they name none.

    Raises KeyMismatchError where they differ.
    """
    names = {file.metadata.get(KEY_ID) for file in files}
    if len(names) > 1:
        first = files[0]
        other = next(file for file in files if file.metadata.get(KEY_ID) != first.metadata.get(KEY_ID))
        named = (f"{file.path.name} ({file.metadata.get(KEY_ID) or 'no key'})" for file in (first, other))
        message = f"files of different keys: {' and '.join(named)}; their persons cannot be joined, rotate one of them"
        raise KeyMismatchError(message)
    return names.pop() if names else None


def _parsed(file: LogFile, batch: Batch, settings: FigureSettings, latest: int | None) -> int:
    try:
        events = decode(batch, rules(settings))
    except LeftOverError as error:
        raise _corrupt(file, error) from error
    if latest is not None:
        for update_id, month in closings_in(batch, events):
            if month is not None and month > latest:
                raise too_far(printable_name(file.path), update_id, month, latest)
    return batch.records


def closings_in(batch: Batch, events: Events) -> Iterator[tuple[str, int | None]]:
    """Yield id and reference month (an ordinal, None for one that is none) of the closings of a batch that parse."""
    for row in np.flatnonzero((events.kind == UPDATE_CLOSED) & (events.fault == 0)).tolist():
        closing = closing_of(batch.data[events.start[row] : events.stop[row]].tobytes())
        if closing is not None:
            yield closing.update_id, from_yyyymm(closing.reference_month)


def _corrupt(file: LogFile, error: LeftOverError) -> CorruptFileError:
    return CorruptFileError(f"{file.path}: corrupt, {error}; copy or export it again")


def _said(file: LogFile) -> list[dict[str, Any]]:
    """Return what the import of a file said of its statements."""
    try:
        said: list[dict[str, Any]] = json.loads(file.metadata.get(IMPORT, "[]"))
    except ValueError as error:
        message = f"{file.path}: its metadata {IMPORT} cannot be read; import the statements again"
        raise CorruptFileError(message) from error
    return said


def checked(
    paths: list[Path], settings: FigureSettings, progress: Report = silent, overview: Overview | None = None
) -> Outcomes:
    """Fold files without a store and return what would become of their events; an overview is filled beside it.

    Raises CorruptFileError.
    """
    fold, outcomes = Fold(settings), Outcomes()
    files = [LogFile.open(path) for path in paths]
    key_of(files)
    for number, file in enumerate(files):
        progress(f"checking {printable_name(file.path)}", number, len(files))
        for batch in batches(file):
            try:
                for step in fold.steps(batch):
                    outcomes.note(step, printable_name(file.path))
                    if overview is not None:
                        overview.add(step, printable_name(file.path), fold.ledger.rules)
            except LeftOverError as error:
                raise _corrupt(file, error) from error
    if overview is not None:
        overview.persons = fold.ledger.persons
    return outcomes


class Embedded:
    """A store that is open for writing, and the fold of its journal. Use it as a context manager: it holds the lock."""

    def __init__(
        self,
        root: Path,
        settings: FigureSettings,
        keep_releases: int | None = None,
        how: Publishing | None = None,
    ) -> None:
        """Name the store; nothing is read or made before it is entered. ``how`` is at once and unsealed by default."""
        self._how = how or unsealed()
        self.root = root
        self.settings = settings
        self._keep = keep_releases
        self.release: Release | None = None
        self._waited = 0
        self._untold: list[SetAside] = []

    @classmethod
    def run(  # noqa: PLR0913, PLR0917 - each says how a store is written
        cls,
        root: Path,
        settings: FigureSettings,
        paths: list[Path],
        keep_releases: int | None = None,
        progress: Report = silent,
        how: Publishing | None = None,
        latest: int | None = None,
    ) -> Outcomes:
        """Replay files into the store at ``root``; see ``replay`` and ``verified``.

        A corrupt file leaves no store behind.
        """
        files = verified(paths, settings, progress, latest)
        with cls(root, settings, keep_releases, how) as store:
            return store.replay(files, progress)

    def __enter__(self) -> Self:
        """Take the lock, recover the fold, and make the releases that a killed run left unmade.

        Raises StoreCorruptError where the journal ends before the newest release.
        """
        self._lock = writer_lock(self.root)
        self._lock.acquire()
        try:
            self.store = DirectoryStore.writing(self.root, self.settings, self._keep, locked=True)
            self.public = PublicWriter(self.store, self._how)
            self.journal = Journal(self.root)
            self.release = self.store.release() if self.store.latest() else None
            self._recover()
            if self.public.tree.root.exists():  # an older store gets its tree with its next release
                self.public.make_up()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        self._lock.release()

    def _recover(self) -> None:
        segments = self.journal.segments()
        kept = checkpoint.load(self.root, self.settings)
        if kept.segments > len(segments) or len(kept.fold.closings.accepted) > self.store.latest():
            kept = checkpoint.Folded(Fold(self.settings))  # it is newer than the rest, as in a copy of a living store
        self.fold = kept.fold
        outcomes = Outcomes()
        for segment in segments[kept.segments :]:
            for step in steps_of(self.fold, segment):
                outcomes.note(step, f"journal/{segment.name}")
                self._cut_if_closed(step.update)
        if len(self.fold.closings.accepted) < self.store.latest():
            raise too_short(self.root, self.store.latest())
        waiting = [aside for aside in outcomes.set_aside if aside.fault is WAITS]
        self._waited = kept.waited + len(waiting)
        # A run that ended reported all that waited by then: the first so many of these.
        self._untold = waiting[max(told_of(self.root, WAITS) - kept.waited, 0) :]
        # An earlier version admitted these and this one does not: reported whenever the whole journal is folded.
        self._untold += [aside for aside in outcomes.set_aside if aside.fault is not WAITS]

    def replay(self, files: list[Verified], progress: Report = silent) -> Outcomes:
        """Fold verified files in this order and publish a release at each closing."""
        outcomes = Outcomes()
        remember(self.root, key_of([file for file, _ in files]), [entry for file, _ in files for entry in _said(file)])
        total = sum(records for _, records in files)
        steps = ((file, step) for file, _ in files for batch in batches(file) for step in self.fold.steps(batch))
        ongoing = True
        while ongoing:
            ongoing, update = self._journal_until_closed(steps, outcomes, lambda done: progress("folding", done, total))
            if update is not None:
                progress(f"counting update {update.update_id}", outcomes.events, total)
                self._cut_if_closed(update)
        append_run(self.root, self._untold + outcomes.set_aside)
        self._untold = []
        self._waited += outcomes.faults[WAITS.slug]
        self.keep_snapshot()
        return outcomes

    def keep_snapshot(self) -> None:
        """Keep the fold of the whole journal for the next opening. Raises StoreWriteError where the disk refuses."""
        checkpoint.save(self.root, checkpoint.Folded(self.fold, len(self.journal.segments()), self._waited))

    def _journal_until_closed(
        self, steps: Iterator[tuple[LogFile, Step]], outcomes: Outcomes, progress: Callable[[int], None]
    ) -> tuple[bool, Update | None]:
        """Journal steps up to the next closing; return whether there may be more, and the update that closed."""
        with self.journal.writing() as segment:
            for file, step in steps:
                outcomes.note(step, printable_name(file.path))
                data, count = step.admitted()
                if count:
                    segment.append(data, count)
                progress(outcomes.events)
                if step.update is not None:
                    segment.finish()
                    return True, step.update
            segment.finish()
        return False, None

    def _cut_if_closed(self, update: Update | None) -> None:
        if update is None:
            return
        changes = Changes.taken(self.fold.ledger)
        if update.sequence <= self.store.latest():
            return
        exists = self.fold.ledger.tables.exists
        cut = Cut(update, self.release, changes.touched, exists, self.settings, self.store)
        if update.sequence == 1:
            self.public.begin(self.root)
        self.release = self.store.publish(counted_at_closing(self.store, self.fold.ledger, cut, changes))
        self.public.make_up()
