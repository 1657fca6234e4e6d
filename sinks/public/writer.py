"""The public tree, written: what the public may know of a release is put, sealed, and only then pointed at.

    files ─► manifest ─► seal ─► sync ─► pointer

The manifest is linked to its number, so of two writers one wins and the other goes on with what it wrote. After a stop
anywhere the same call goes on: files have the names of their content, a manifest that is there is taken as it lies,
and the pointer comes last. A release's blocks are files of the store already; the tree holds them by a second name
(a hard link), so they cost no room, and outlive what the store forgets.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from schemas.figures import BlockKey
from schemas.periods import Period, month_code
from schemas.places import MUNICIPALITIES, PLACES
from schemas.public_release import Approval, IndicatorPart, PublicBlock, PublicFigure, PublicManifest, PublicReport
from schemas.releases import UNSTABLE, BlockRef, Entry, Release, State
from schemas.rungs import KINGDOM_AT, TOTAL, hidden_municipalities, rungs_of
from schemas.seals import FIRST
from schemas.supports import LEAVES, NODE
from sinks.completeness import read_completeness
from sinks.directory.store import DirectoryStore
from sinks.durability import explained, put_in_place, sync, temporary
from sinks.errors import StoreError, StoreMismatchError
from sinks.indicators import FAMILIES, Family
from sinks.indicators import exists as counted
from sinks.lock import turn_at
from sinks.protocol import BlockZone
from sinks.public.blocks import put_blocks
from sinks.public.changes import changes_bytes
from sinks.public.completeness import public_month
from sinks.public.definitions import frozen
from sinks.public.further import FurtherReleases
from sinks.public.history import HISTORY_SCHEMA, FigureAtRelease, grown, history_bytes, newest, read_history
from sinks.public.indicators import parts_under_threshold, public_part
from sinks.public.keys import SealKey
from sinks.public.protocol import PublicSource
from sinks.public.tree import NAME, PublicTree

_FOLDERS = ("files", "releases", "seals", "keys")


class NotApprovableError(StoreError):
    """A release that cannot be approved any more, or not with these values."""


class MadeReport(NamedTuple):
    """The report of a quarter or year: its code, whether all supports are published, language -> page."""

    code: str
    final: bool
    files: dict[str, bytes]


class Reports(Protocol):
    """What makes the reports that come with a release."""

    def due(self, manifest: PublicManifest, known: Mapping[str, PublicReport]) -> dict[str, PublicReport]:
        """Return the editions, without files, that a release comes with; ``known`` are those of the release before."""
        ...

    def made(self, source: PublicSource, codes: Iterable[str]) -> Iterable[MadeReport]:
        """Return the reports of some quarters and years of the newest release of a source."""
        ...


@dataclass(frozen=True, slots=True)
class Publishing:
    """How the releases of a store become public.

    ``now`` returns UTC to the second as text, ``program`` is the version of the program; ``key`` seals, None leaves
    releases unsealed. With ``approval`` nothing is published but what ``approve`` publishes. ``reports`` makes the
    reports that come with a release, None for none.
    """

    now: Callable[[], str]
    program: str
    key: SealKey | None = None
    approval: bool = False
    reports: Reports | None = None


class PublicWriter:
    """What writes the public tree of a store; others may read it meanwhile."""

    def __init__(self, store: DirectoryStore, how: Publishing) -> None:
        """Take a store that may be written; nothing is written yet."""
        self._store = store
        self._how = how
        self.tree = PublicTree.of(store.root)

    @staticmethod
    def begin(root: Path) -> None:
        """Make the empty tree of a new store, so that all of its releases have a time of publication."""
        with explained(root):
            (root / NAME).mkdir(exist_ok=True)
            sync(root)

    def make_up(self) -> int:
        """Publish in order what the store has released and the tree has not; return how many releases.

        Where approval is required, only what was approved and then stopped half way. Releases that were there before
        the tree was get no time of publication; only with the next release does an old store get its tree.
        """
        with self._turn():
            there = [number for number in self._store.numbers() if number > self.tree.current()]
            if self._how.approval:
                there = [number for number in there if self.tree.manifest_path(number).exists()]
            old = not self.tree.root.exists()
            for number in there:
                before_trees = old and number != there[-1]
                self._publish(number, None if before_trees else self._how.now(), None)
            if there and self._how.key is not None:
                self._seal_all(self._how.key)
        return len(there)

    def approve(self, number: int, by: str, reference: str) -> bool:
        """Publish a release on somebody's word; return whether this call did, False where it was so already.

        Raises ValueError for texts that cannot be, UnknownReleaseError for no such release, NotApprovableError where
        it was published with other values or is not above the published one, SealKeyError's kin for a foreign key.
        """
        moment = self._how.now()
        approval = Approval(by, reference, moment)
        with self._turn():
            self._store.release(number)
            half_done = self._approved(number)
            if half_done is not None and (half_done.by, half_done.reference) != (by, reference):
                message = f"release {number} was approved by {half_done.by}, reference {half_done.reference}"
                raise NotApprovableError(f"{message}; an approval is never changed")
            if number <= self.tree.current():
                if half_done is not None:
                    return False
                raise NotApprovableError(
                    f"release {number} is not above release {self.tree.current()}, which is published; "
                    "a later release corrects, none is withdrawn"
                )
            self._publish(number, moment, approval)
            if self._how.key is not None:
                self._seal_all(self._how.key)
        return True

    def seal(self) -> int:
        """Seal what was published unsealed, oldest first; return how many. Raises StoreMismatchError without a key."""
        if self._how.key is None:
            message = "no key that seals is named; set OCMW_SEAL_KEY_FILE, or make one with ocmw keys sign --out FILE"
            raise StoreMismatchError(message)
        with self._turn():
            return self._seal_all(self._how.key)

    def succeed(self, old: SealKey, new: SealKey) -> Path:
        """Write that a new key took the place of an old one; return the file. Raises StoreMismatchError, see text."""
        with self._turn():
            last = self._last_seal_key()
            if last not in (None, old.public.id):
                message = f"releases are sealed by key {last}, not by {old.public.id}; name that one with --from"
                raise StoreMismatchError(message)
            path = self.tree.root / "keys" / f"{new.public.id}.json"
            if not path.exists():
                self._put(path, old.succeeded_by(new.public).to_bytes())
        return path

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with turn_at(self._store.root / NAME):
            yield

    def _approved(self, number: int) -> Approval | None:
        path = self.tree.manifest_path(number)
        return PublicManifest.from_bytes(path.read_bytes()).approval if path.exists() else None

    def _publish(self, number: int, published_at: str | None, approval: Approval | None) -> None:
        with explained(self.tree.root):
            for folder in _FOLDERS:
                (self.tree.root / folder).mkdir(parents=True, exist_ok=True)
            if not self.tree.manifest_path(number).exists():
                content = _Content(self._store, self.tree, number)
                manifest = content.manifest(published_at, self._how.program, approval)
                if self._how.reports is not None and published_at is not None:
                    manifest = content.with_reports(manifest, self._how.reports)
                sync(self.tree.root / "files")
                self._put(self.tree.manifest_path(number), manifest.to_bytes())
            if self._how.key is not None:
                self._seal_all(self._how.key, number)
            sync(self.tree.root)
            self._point_at(number)

    def _point_at(self, number: int) -> None:
        path = self.tree.root / "current.json"
        with temporary(path) as written:
            written.write_bytes(pointer_bytes(number))
            put_in_place(written, path)

    def _seal_all(self, key: SealKey, upto: int | None = None) -> int:
        """Seal what is not sealed yet, up to a release that is about to be pointed at; return how many."""
        numbers = self.tree.numbers()
        numbers = (*numbers, upto) if upto is not None and upto not in numbers else numbers
        previous, made = FIRST, 0
        for number in numbers:
            if not self.tree.seal_path(number).exists():
                self._require_ours(key)
                manifest = _sha256(self.tree.manifest_path(number))
                self._put(self.tree.seal_path(number), key.seal(number, manifest, previous).to_bytes())
                made += 1
            previous = _sha256(self.tree.seal_path(number))
        return made

    def _require_ours(self, key: SealKey) -> None:
        last = self._last_seal_key()
        if last in (None, key.public.id):
            return
        if any((one.key_id, one.previous_key_id) == (key.public.id, last) for one in self.tree.successions()):
            return
        message = f"releases are sealed by key {last}, not by {key.public.id}; see ocmw keys rotate-seal"
        raise StoreMismatchError(message)

    def _last_seal_key(self) -> str | None:
        sealed = sorted((self.tree.root / "seals").glob("[0-9]*.json"))
        seal = self.tree.seal(int(sealed[-1].stem)) if sealed else None
        return seal.key_id if seal else None

    @staticmethod
    def _put(path: Path, data: bytes) -> None:
        with temporary(path) as written:
            written.write_bytes(data)
            put_in_place(written, path)


def pointer_bytes(number: int) -> bytes:
    """Return the content of ``current.json`` that points at a release."""
    return (json.dumps({"release": number}) + "\n").encode()


def as_it_would_be(store: DirectoryStore, tree: PublicTree, number: int, program: str) -> PublicManifest:
    """Return the manifest that a release would have were it published now; its files are put into ``tree``.

    It has no time of publication and no approval. Raises StoreError.
    """
    return _Content(store, tree, number).manifest(None, program, None)


class _Content:
    """What the manifest of one release is made of; files are put while it is made."""

    def __init__(self, store: DirectoryStore, tree: PublicTree, number: int) -> None:
        self._store = store
        self._tree = tree
        self._release: Release = store.release(number)
        current = tree.current()
        self._before = tree.manifest(current) if current else None
        self._files: dict[str, int] = {}
        self._adopted: dict[str, str] = {}
        self._threshold = store.settings.threshold
        self._anew: dict[tuple[BlockZone, BlockKey], PublicBlock] = {}

    def manifest(self, published_at: str | None, program: str, approval: Approval | None) -> PublicManifest:
        update, before = self._release.update, self._before
        figures = self._figures()
        by_support: dict[str, dict[str, PublicFigure]] = {}
        for (support, period), figure in sorted(figures.items()):
            by_support.setdefault(support, {})[period] = figure
        return PublicManifest(
            release=update.sequence,
            update_id=update.update_id,
            reference_month=month_code(update.reference_month),
            published_at=published_at,
            program=program,
            geography=self._store.settings.geography,
            previous=before.release if before else None,
            approval=approval,
            figures=by_support,
            tables=self._tables(figures),
            indicators=tuple(self._indicators()),
            completeness=self._completeness(by_support),
            files=self._files,
            accesses=self._store.accesses(update.sequence),
            threshold=self._threshold,
        )

    def with_reports(self, manifest: PublicManifest, reports: Reports) -> PublicManifest:
        """Return a manifest with the reports that come with it; their files are put. Raises StoreError."""
        known = self._before.reports if self._before else {}
        for report in known.values():
            for sha256 in report.files.values():
                self._keep(sha256)
        editions = reports.due(manifest, known)
        if not editions:
            return replace(manifest, reports=known)
        draft = FurtherReleases(self._tree, {manifest.release: replace(manifest, reports=known | editions)})
        for one in reports.made(draft, editions):
            files = {language: self._put(page) for language, page in one.files.items()}
            editions[one.code] = replace(editions[one.code], final=one.final, files=files)
        return replace(manifest, reports=known | editions)

    def _entries(self) -> dict[BlockKey, Entry]:
        return {key: entry for key, entry in self._release.entries.items() if NODE[key.support].public}

    def _figures(self) -> dict[tuple[str, str], PublicFigure]:
        entries = self._entries()
        new = {key: ref for key, entry in entries.items() if (ref := entry.public) and self._is_new(key, ref)}
        if self._threshold is None:
            files = sorted({ref.file for ref in new.values()})
            with ThreadPoolExecutor(os.cpu_count()) as threads:  # hashing gives the interpreter lock back
                self._adopted = dict(zip(files, threads.map(self._adopt, files), strict=True))
        else:
            self._write("public", new)
            rungs = ((key, entry.hidden) for key, entry in entries.items() if entry.hidden)
            self._write("hidden", {key: ref for key, ref in rungs if self._is_new(key, ref, "hidden")})
        return {(key.support, key.period.code): self._figure(key, entry) for key, entry in entries.items()}

    def _write(self, zone: BlockZone, blocks: dict[BlockKey, BlockRef]) -> None:
        for key, block, size in put_blocks(self._store, self._tree, zone, blocks):
            self._anew[zone, key] = block
            self._name(block.file, size)

    def _known(self, key: BlockKey, zone: BlockZone) -> PublicBlock | None:
        if self._before is None:
            return None
        figure = self._before.figures.get(key.support, {}).get(key.period.code)
        return None if figure is None else figure.block if zone == "public" else figure.rungs

    def _is_new(self, key: BlockKey, ref: BlockRef, zone: BlockZone = "public") -> bool:
        known = self._known(key, zone)
        return known is None or known.digest != ref.digest.hex()

    def _figure(self, key: BlockKey, entry: Entry) -> PublicFigure:
        vintage = entry.vintage
        if vintage.published_update is None:
            return PublicFigure(str(vintage.state), earliest=self._earliest(key, vintage.state))
        block = self._block(key, entry.public)
        rungs = None if self._threshold is None else self._block(key, entry.hidden, "hidden")
        return PublicFigure(str(vintage.state), vintage.published_update, None, block, self._hidden(entry), rungs)

    def _hidden(self, entry: Entry) -> tuple[str, ...]:
        """Return the municipalities of which a figure shows nothing; under a threshold its rungs say it."""
        if entry.hidden is None or self._threshold is not None:
            return ()
        return tuple(PLACES[place][1] for place in self._store.read_block(entry.hidden).place.tolist())

    def _earliest(self, key: BlockKey, state: State) -> str | None:
        """Return the reference month of the first update that may show a figure; a frozen one is never shown."""
        if state not in UNSTABLE:
            return None
        next_month = self._release.update.reference_month + 1
        return month_code(max(key.period.last + NODE[key.support].delay, next_month))

    def _block(self, key: BlockKey, ref: BlockRef | None, zone: BlockZone = "public") -> PublicBlock | None:
        if ref is None:
            return None
        known = self._known(key, zone)
        if known is not None and known.digest == ref.digest.hex() and self._before is not None:
            self._name(known.file, self._before.files[known.file])
            return known
        if self._threshold is not None:
            return self._anew[zone, key]
        return PublicBlock(self._adopted[ref.file], ref.group, ref.cells, ref.digest.hex())

    def _adopt(self, file: str) -> str:
        """Give a file of the store its second name, that of its content."""
        path = self._store.root / file
        sha256 = _sha256(path)
        target = self._tree.file_path(sha256)
        if not target.exists():
            try:
                os.link(path, target)
            except FileExistsError:
                pass
            except OSError:  # another file system, or one without hard links
                PublicWriter._put(target, path.read_bytes())  # noqa: SLF001 - of this file
        self._name(sha256, path.stat().st_size)
        return sha256

    def _put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._tree.file_path(sha256)
        if not target.exists():
            PublicWriter._put(target, data)  # noqa: SLF001 - of this file
        self._name(sha256, len(data))
        return sha256

    def _name(self, sha256: str, size: int) -> None:
        self._files[sha256] = size

    def _keep(self, sha256: str) -> str:
        """Name a file that the release before named."""
        assert self._before is not None  # noqa: S101 - a name can only come from there
        self._name(sha256, self._before.files[sha256])
        return sha256

    def _tables(self, figures: dict[tuple[str, str], PublicFigure]) -> dict[str, str]:
        tables = {name: self._put(data) for name, data in frozen(self._threshold).items()}
        before = read_history(self._tree.file_bytes(self._before.tables["history"])) if self._before else None
        history = HISTORY_SCHEMA.empty_table() if before is None else before
        known = newest(history)
        history = grown(history, self._at_release(known))
        now = newest(history)
        tables["history"] = self._put(history_bytes(history))
        earlier = {
            (support, period): figure
            for support, periods in (self._before.figures.items() if self._before else ())
            for period, figure in periods.items()
        }
        tables["changes"] = self._put(changes_bytes((earlier, known), (figures, now)))
        return tables

    def _at_release(self, known: Mapping[tuple[str, str], FigureAtRelease]) -> Iterator[FigureAtRelease]:
        number = self._release.update.sequence
        for key, entry in sorted(self._entries().items(), key=lambda pair: (pair[0].support, pair[0].period.code)):
            vintage = entry.vintage
            before = known.get((key.support, key.period.code))
            value = vintage.published_value if self._shows_kingdom(key, entry, before) else None
            published = (vintage.published_update, value)
            yield FigureAtRelease(key.support, key.period.code, number, str(vintage.state), *published)

    def _shows_kingdom(self, key: BlockKey, entry: Entry, before: FigureAtRelease | None) -> bool:
        """Tell whether the total of the kingdom is shown: a history of values stands under its rung (F3).

        Thousands of figures are not read again: where the rungs are those of the release before, so is the answer.
        """
        if self._threshold is None or entry.hidden is None:
            return True
        if before is not None and not self._is_new(key, entry.hidden, "hidden"):
            return before.value is not None
        return bool(rungs_of(self._store.read_block(entry.hidden))[KINGDOM_AT] >= TOTAL)

    def _indicators(self) -> Iterator[IndicatorPart]:
        """Yield the parts of each family, newest first; none where the update of this release counted none.

        They end with a part that holds all references: what came before may be of another edition.
        """
        number = self._release.update.sequence
        known = {(part.family, part.number): part for part in self._before.indicators} if self._before else {}
        for family in FAMILIES:
            if not counted(self._store, number, family):
                continue
            if self._threshold is not None:
                for earlier, rows, data in parts_under_threshold(self._store, number, family, self._threshold):
                    yield IndicatorPart(family, earlier, self._put(data), rows.update_id, rows.first)
                continue
            for earlier in range(number, 0, -1):
                part = known.get((family, earlier))
                if part is not None:
                    self._keep(part.file)
                else:
                    part = self._new_part(family, earlier)
                if part is not None:
                    yield part
                    if part.first == 0:
                        break

    def _new_part(self, family: Family, number: int) -> IndicatorPart | None:
        part = public_part(self._store, number, family)
        if part is None:
            return None
        counted, data = part
        return IndicatorPart(family, number, self._put(data), counted.update_id, counted.first)

    def _completeness(self, figures: dict[str, dict[str, PublicFigure]]) -> dict[str, str]:
        """Return the file of each month that some support shows; those that did not change stay where they were."""
        published = _published_months(figures)
        published_before = _published_months(self._before.figures) if self._before else {}
        known = self._before.completeness if self._before else {}
        same = {
            code for code, supports in published.items() if code in known and published_before.get(code) == supports
        }
        wanted = {Period.parse(code).last for code in published.keys() - same}
        hidden = self._hidden_senders(wanted) if self._threshold is not None else {}
        number = self._release.update.sequence
        sent = read_completeness(self._store, number, wanted, (len(LEAVES), len(MUNICIPALITIES)))
        fresh = {
            month_code(month): self._put(public_month(rows, frozenset(published[month_code(month)]), hidden.get(month)))
            for month, rows in sent.items()
        }
        return {code: self._keep(known[code]) for code in sorted(same)} | fresh

    def _hidden_senders(self, wanted: set[int]) -> dict[int, dict[str, frozenset[str]]]:
        """Return month -> support -> OCMWs whose municipality shows nothing of it (F3)."""
        fixed = self._store.settings.geography_month
        hidden: dict[int, dict[str, frozenset[str]]] = {}
        for key, entry in self._entries().items():
            if key.period.kind == "month" and key.period.last in wanted and entry.hidden is not None:
                rungs = rungs_of(self._store.read_block(entry.hidden))
                month = key.period.last
                mine = hidden_municipalities(rungs, month if fixed is None else fixed)
                hidden.setdefault(month, {})[key.support] = frozenset(mine)
        return hidden


def _published_months(figures: dict[str, dict[str, PublicFigure]]) -> dict[str, dict[str, tuple[str, str]]]:
    """Return month -> support -> update of the published figure, and the digest of what it hides."""
    published: dict[str, dict[str, tuple[str, str]]] = {}
    for support, periods in figures.items():
        for code, figure in periods.items():
            if figure.update_id is not None and Period.parse(code).kind == "month":
                rungs = figure.rungs.digest if figure.rungs else ""
                published.setdefault(code, {})[support] = figure.update_id, rungs
    return published


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
