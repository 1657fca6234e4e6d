"""The verdict of the slow truth on a store: its kept releases counted again by independent code, cell by cell (L1).

Five things are compared: blocks (latest, published and public, each with the recount at the update that it names),
vintages, by a third way of counting in SQL the kingdom's totals of the last update, and the indicators of the time
dimension and the completeness at the last update. A sample takes whole blocks: of the last update one for each node
and kind of period, and then at random until there are enough; of the indicators the last months, small stores whole.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import groupby
from operator import itemgetter

from processors.gate.publication import digest_of
from processors.reference import counting as reference
from processors.reference import gate as reference_gate
from processors.reference import rungs as reference_rungs
from processors.reference import students as reference_students
from processors.reference.events import AdmittedLog
from processors.reference.parts import History
from processors.reference.sql import ThirdOpinion, Total
from schemas.breakdowns import CATEGORIES, CATEGORY_NUMBER
from schemas.figures import MEASURES, BlockKey, Cells
from schemas.periods import Period
from schemas.places import KINGDOM, PLACE_NUMBER, PLACES
from schemas.releases import BlockRef, Entry, Release, Vintage
from schemas.rungs import CATEGORY_RUNG, HIDDEN, rungs_of
from schemas.settings import FigureSettings
from schemas.supports import NODE
from sinks.directory.store import DirectoryStore
from streams.proof.recount_completeness import completeness_differences
from streams.proof.recount_indicators import IndicatorRecount
from streams.settings import UsageError
from streams.shell.progress import Report, silent

SAMPLE_BLOCKS = 200
SAMPLE_CELLS = 1_000_000
TOGETHER = 16
"""Blocks counted together; more take more memory."""
_KEYS = ["geo_level", "geo", "breakdown", "category"]

Place = tuple[int, BlockKey]
"""A block: number of the release, node and period."""


@dataclass(slots=True)
class Verdict:
    """What was compared, and a sentence for each thing that differs."""

    blocks: int = 0
    cells: int = 0
    vintages: int = 0
    totals: int = 0
    indicators: int = 0
    differences: list[str] = field(default_factory=list)

    def with_(self, other: "Verdict") -> "Verdict":
        """Return both as one."""
        return Verdict(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(Verdict)))


@dataclass(frozen=True, slots=True)
class ReadLog:
    """A log as the slow reader read it, what it says for counting under some settings, and the blocks it knows."""

    log: AdmittedLog
    history: History
    known: dict[BlockKey, int]

    @classmethod
    def of(cls, log: AdmittedLog, settings: FigureSettings) -> "ReadLog":
        """Take a log that the slow reader read."""
        history = History.of(log, settings)
        return cls(log, history, reference.known(history))


@dataclass(frozen=True, slots=True)
class Recount:
    """A store beside the recount of the log that it was made from."""

    log: ReadLog
    store: DirectoryStore
    releases: dict[int, Release]

    @classmethod
    def of(cls, log: ReadLog, store: DirectoryStore) -> "Recount":
        """Take a log under the settings of the store. Raises UsageError where the log closed other updates."""
        made, closed = tuple(store.updates()), log.history.updates
        if made != closed[: len(made)]:
            message = f"{store.root}: these files close other updates than it released; give all its files, in order"
            raise UsageError(message)
        releases = {number: store.release(number) for number in store.numbers()}
        return cls(log, store, releases)

    def places(self) -> list[Place]:
        """Return every block that the store or the recount has, in any kept release."""
        return [
            (number, key)
            for number, release in self.releases.items()
            for key in sorted({*release.entries, *(key for key, since in self.log.known.items() if since <= number)})
        ]

    def sample(self, seed: int) -> list[Place]:
        """Return a seeded sample of whole blocks."""
        places = self.places()
        random.Random(seed).shuffle(places)  # noqa: S311 - a sample, no secret
        last = max(self.releases, default=0)
        kinds = {(key.support, key.period.kind): (number, key) for number, key in places if number == last}
        chosen = dict.fromkeys(kinds.values())
        cells = sum(self._size(place) for place in chosen)
        for place in places:
            if len(chosen) >= SAMPLE_BLOCKS and cells >= SAMPLE_CELLS:
                break
            if place not in chosen:
                chosen[place] = None
                cells += self._size(place)
        return list(chosen)

    def _size(self, place: Place) -> int:
        number, key = place
        entry = self.releases[number].entries.get(key)
        return entry.latest.cells if entry and entry.latest else 0

    def verdict(self, places: list[Place], progress: Report = silent) -> Verdict:
        """Compare blocks and their vintages, then the totals and the indicators of the last release."""
        verdict = self.blocks(places, progress).with_(self.totals())
        progress("recounting indicators", len(places), len(places))
        return verdict.with_(self.indicators(whole=len(places) == len(self.places())))

    def blocks(self, places: list[Place], progress: Report = silent) -> Verdict:
        """Compare blocks and their vintages."""
        verdict = Verdict()
        for number, keys in _together(places):
            progress("recounting blocks", verdict.blocks, len(places))
            counted = reference.counts(self.log.history, keys, number)
            for key in keys:
                verdict.differences += self._differences((number, key), counted[key], verdict)
        return verdict

    def totals(self) -> Verdict:
        """Compare the kingdom's totals of the newest release with the count in SQL."""
        verdict = Verdict()
        verdict.differences += self._total_differences(verdict)
        return verdict

    def indicators(self, *, whole: bool) -> Verdict:
        """Compare the indicators of the newest release (a few months of a large store) and its completeness."""
        verdict = Verdict()
        if not self.releases:
            return verdict
        release = self.releases[max(self.releases)]
        compared = IndicatorRecount(self.store, self.log.history, release, self.store.settings, whole)
        for rows, differences in (*compared.differences(), completeness_differences(self.store, self.log.history)):
            verdict.indicators += rows
            verdict.differences += differences
        return verdict

    def _differences(self, place: Place, counted: Cells, verdict: Verdict) -> Iterator[str]:
        number, key = place
        name = f"release {number}, {key.support} {key.period.code}"
        entry = self.releases[number].entries.get(key)
        since = self.log.known.get(key)
        if entry is None or since is None or since > number:
            yield f"{name}: known to the {'recount' if entry is None else 'store'} only"
            return
        verdict.blocks += 1
        verdict.vintages += 1
        vintage = self._vintage(place, since)
        if vintage != entry.vintage:
            yield f"{name}: the store has {entry.vintage}, the recount {vintage}"
        yield from _block_differences(f"{name}, latest", self._cells(entry.latest), counted, verdict)
        yield from self._published_differences(place, entry, counted, verdict)

    def _vintage(self, place: Place, since: int) -> Vintage:
        """Return the vintage by the slow gate: its values are recounted, and blocks differ as the store's do.

        The store's blocks are themselves compared with the recount, all of them or a sample.
        """
        number, key = place
        values = reference.totals(self.log.history, key)

        def differs(before: int, after: int) -> bool:
            return self._digest(before, key) != self._digest(after, key)

        return reference_gate.gate(key, self.log.history.updates[:number], values[:number], since, differs)[number]

    def _digest(self, number: int, key: BlockKey) -> bytes:
        """Return the digest of a block at an update: the store's, or the recount's where that release is not kept."""
        if number in self.releases and key in self.releases[number].entries:
            return digest_of(self.releases[number].entries[key].latest)
        return reference.count(self.log.history, key, number).digest()

    def _published_differences(self, place: Place, entry: Entry, counted: Cells, verdict: Verdict) -> Iterator[str]:
        number, key = place
        at = reference_gate.published_at(self.log.history, entry.vintage)
        name = f"release {number}, {key.support} {key.period.code}"
        if at is None:
            if entry.published or entry.public:
                yield f"{name}: a block is published that may not be"
            return
        published = self._cells(entry.published)
        if at == number:
            yield from _block_differences(f"{name}, published", published, counted, verdict)
        elif published.digest() != self._digest(at, key):
            yield f"{name}: the published block is not the one of update {at}"
        public = published.public() if NODE[key.support].public else Cells.empty()
        if self.store.settings.threshold is not None and NODE[key.support].public:
            public = public.take(CATEGORY_RUNG[public.category] <= rungs_of(self._cells(entry.hidden))[public.place])
            yield from (f"{name}: {reason}" for reason in self._rung_differences(place, entry, published))
        elif NODE[key.support].public:
            if entry.hidden is not None:
                public = public.take(rungs_of(self._cells(entry.hidden))[public.place] > HIDDEN)
            yield from (f"{name}: {reason}" for reason in self._student_differences(place, entry))
        yield from _block_differences(f"{name}, public", self._cells(entry.public), public, verdict)

    def _student_differences(self, place: Place, entry: Entry) -> Iterator[str]:
        """Say where students that no form told are shown, or others hidden (F4).

        What is hidden now was shown by releases of before the row was there; so of those only what they hide is judged.
        """
        number, key = place
        may = reference_students.hidden(key, self.store.settings)
        must = may if number == max(self.releases) else ()
        yield from reference_students.broken(must, may, {nis for _, nis in self._rungs(entry)})

    def _rung_differences(self, place: Place, entry: Entry, published: Cells) -> Iterator[str]:
        """Say which rules of a threshold the rungs of a figure break (F3)."""
        number, key = place
        threshold = self.store.settings.threshold or 0
        counts: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
        for at, category, count in zip(published.place, published.category, published.beneficiaries, strict=True):
            counts.setdefault(PLACES[at], {})[CATEGORIES[category]] = int(count)
        rungs = self._rungs(entry)
        yield from reference_rungs.broken(counts, rungs, threshold)
        hides = {nis for (level, nis), rung in rungs.items() if level == "municipality" and rung == HIDDEN}
        must = reference_students.hidden(key, self.store.settings) if number == max(self.releases) else ()
        yield from reference_students.broken(must, hides, hides)
        before = self.releases[number - 1].entries.get(key) if number - 1 in self.releases else None
        if before is not None and before.vintage.published_update is not None:
            yield from reference_rungs.rose(rungs, self._rungs(before))
        if key.period.kind != "month":
            for month in range(key.period.first, key.period.last + 1):
                shorter = self.releases[number].entries.get(BlockKey(key.support, Period("month", month)))
                if shorter is not None and shorter.vintage.published_update is not None:
                    yield from reference_rungs.longer(rungs, self._rungs(shorter), counts)

    def _rungs(self, entry: Entry) -> dict[tuple[str, str], int]:
        cells = self._cells(entry.hidden)
        return {PLACES[at]: int(rung) for at, rung in zip(cells.place, cells.beneficiaries, strict=True)}

    def _cells(self, ref: BlockRef | None) -> Cells:
        return Cells.empty() if ref is None else self.store.read_block(ref)

    def _total_differences(self, verdict: Verdict) -> Iterator[str]:
        """Compare the kingdom's totals of the newest release with the count in SQL."""
        if not self.releases:
            return
        release = self.releases[max(self.releases)]
        third = ThirdOpinion(self.log.log, self.store.settings).totals(release.update.sequence)
        for key, entry in release.entries.items():
            verdict.totals += 1
            stored = _total(self._cells(entry.latest))
            if third.get(key) != stored:
                yield f"{key.support} {key.period.code}: {stored} in the store, {third.get(key)} in SQL"


def _together(places: list[Place]) -> Iterator[tuple[int, list[BlockKey]]]:
    """Yield the blocks of one update, some at a time: together they are counted in less time than one by one."""
    for number, group in groupby(sorted(places), key=itemgetter(0)):
        keys = [key for _, key in group]
        for start in range(0, len(keys), TOGETHER):
            yield number, keys[start : start + TOGETHER]


def _block_differences(name: str, stored: Cells, counted: Cells, verdict: Verdict) -> Iterator[str]:
    verdict.cells += len(counted)
    if stored.digest() == counted.digest():
        return
    both = reference.labelled(stored).merge(
        reference.labelled(counted), how="outer", on=_KEYS, suffixes=(" stored", " counted")
    )
    verdict.cells += len(both) - len(counted)
    for line in both.fillna(0).to_dict("records"):
        values = [(int(line[f"{name} stored"]), int(line[f"{name} counted"])) for name in MEASURES]
        if any(before != after for before, after in values):
            where = " ".join(str(line[column]) for column in _KEYS)
            differing = ", ".join(
                f"{measure} {a} / {b}" for measure, (a, b) in zip(MEASURES, values, strict=True) if a != b
            )
            yield f"{name}: {where}: {differing} (store / recount)"


def _total(cells: Cells) -> Total:
    """Return the measures of the kingdom, all characteristics together."""
    total = (cells.place == PLACE_NUMBER["kingdom", KINGDOM]) & (cells.category == CATEGORY_NUMBER["total", "total"])
    return Total(*(int(getattr(cells, name)[total].sum()) for name in MEASURES))
