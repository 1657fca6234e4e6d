"""Statements to an event file: one file behind the other, in chunks, and what became of every line.

A statement is an OCMW and a month. The same statement twice, by the sum of the seals of its events, is told and written
once; one that came before with other events is refused, unless asked for. Whether it came before is known at the end of
its file: then what the file wrote is taken back, and the file read again without it.

Log order is the order of the files, then of the lines; so a file whose first month is before that of the file before it
is refused. A closing of a month stands behind its last line in all files, and behind the closings of earlier months.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import numpy as np

from edge.errors import EdgeError
from edge.statements.fields import fields_of
from edge.statements.judging import Judge, Judgement
from edge.statements.layouts import LOOKED_AT, Columns, Layout, layout_of
from edge.statements.lines import Lines, lines
from edge.statements.rules import LEGISLATIONS, SETTINGS
from edge.statements.slugs import BAD_FIELD, BAD_LINE, NO_FAULT, SLUGS, UNMAPPED_LINE
from schemas.arrays import Bytes, Int8, Int32, Int64, Mask
from schemas.events import UPDATE_CLOSED
from schemas.line_encoding import ClaimLines, encoded
from schemas.log import STATEMENTS, CorruptFileError, LogFile, LogWriter
from schemas.periods import MONTH_COUNT, month_code, month_of_days, to_yyyymm
from schemas.places import MUNICIPALITIES

_LEAST_LINES = 100
_WHOLE = 1 << 128
_TYPES = 6
_NOT_SHOWN = -1
_WIDE = 1 << 32
_SHOWN_BELOW: int = SETTINGS["shown_below"]
_FIRST_SYNTHETIC: int = SETTINGS["synthetic_from"]

Pair = tuple[str, int]
"""A statement: NIS code of the OCMW as written, month as YYYYMM."""
Progress = Callable[[str, int, int], None]
"""Hears what is done, bytes done, bytes in all."""


class Seal(NamedTuple):
    """What a statement gave: its number of events, and the sum of their seals."""

    events: int
    sum: int


class SetAside(NamedTuple):
    """A line that is no event: its number, the slug, the field (0: the whole line)."""

    line: int
    slug: str
    field: int


class SetAsides:
    """The lines of a file that are no events, in their order, ten bytes each."""

    def __init__(self) -> None:
        """Begin a file."""
        self._chunks: list[tuple[Int64, Bytes, Int8]] = []

    def add(self, line: Int64, slug: Bytes, field: Int8) -> None:
        """Add lines: their numbers, the numbers of their slugs (from 1), their fields."""
        self._chunks.append((line, slug, field))

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(len(line) for line, _, _ in self._chunks)

    def first_of_each(self) -> dict[str, SetAside]:
        """Return the first line of each slug that there is."""
        first: dict[str, SetAside] = {}
        for line, slug, at in self._chunks:
            for number, row in zip(*np.unique(slug, return_index=True), strict=True):
                first.setdefault(SLUGS[number - 1], SetAside(int(line[row]), SLUGS[number - 1], int(at[row])))
        return first

    def __iter__(self) -> Iterator[SetAside]:
        """Yield them."""
        for chunk in self._chunks:
            for line, slug, at in zip(*(column.tolist() for column in chunk), strict=True):
                yield SetAside(line, SLUGS[slug - 1], at)


@dataclass(slots=True)
class PairCount:
    """Of a statement: lines, events, cents of all lines that have an amount, lines set aside by slug."""

    lines: int = 0
    events: int = 0
    cents: int = 0
    slugs: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class FileOutcome:
    """What became of the lines of a file.

    ``cents`` is by amount type (1-6) and sign, ``by_ocmw`` by OCMW; both of events, with those that came again.
    ``unmapped`` gives lines and cents by legislation and article (None: an article that is not shown).
    ``students_unknown`` are OCMWs and months (ordinals) that living wages cover of which no form was given.
    """

    name: str
    lines: int = 0
    events: int = 0
    again: int = 0
    slugs: Counter[str] = field(default_factory=Counter)
    set_aside: SetAsides = field(default_factory=SetAsides)
    pairs: dict[Pair, PairCount] = field(default_factory=dict)
    seals: dict[Pair, Seal] = field(default_factory=dict)
    repeated: dict[Pair, str] = field(default_factory=dict)
    cents: Counter[tuple[int, bool]] = field(default_factory=Counter)
    by_ocmw: Counter[str] = field(default_factory=Counter)
    unmapped: dict[tuple[int, int | None], list[int]] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    students_unknown: set[tuple[str, int]] = field(default_factory=set)
    first_month: int | None = None


class Out(Protocol):
    """Where events and rejected lines go."""

    @property
    def keeps_rejects(self) -> bool:
        """Whether somebody wants the rejected lines."""

    def mark(self) -> tuple[int, int]:
        """Return how far both are written."""

    def take_back(self, mark: tuple[int, int]) -> None:
        """Forget what was written behind a mark."""

    def write(self, events: ClaimLines) -> None:
        """Write events."""

    def close(self, month: int) -> None:
        """Write the closing of a month (an ordinal)."""

    def reject(self, line: bytes) -> None:
        """Write a line that was set aside."""


class Nowhere:
    """Writes nothing: a dry run."""

    keeps_rejects = False

    def mark(self) -> tuple[int, int]:
        """Return nothing written."""
        return 0, 0

    def take_back(self, mark: tuple[int, int]) -> None:
        """Do nothing."""

    def write(self, events: ClaimLines) -> None:
        """Do nothing."""

    def close(self, month: int) -> None:
        """Do nothing."""

    def reject(self, line: bytes) -> None:
        """Do nothing."""


class EventFile:
    """Writes events to a log and rejected lines, whole, to a file that stays at the edge."""

    def __init__(self, log: LogWriter, rejects: IO[bytes] | None) -> None:
        """Take where both go."""
        self._log, self._rejects = log, rejects
        self.keeps_rejects = rejects is not None

    def mark(self) -> tuple[int, int]:
        """Return how far both are written."""
        return self._log.mark(), 0 if self._rejects is None else self._rejects.tell()

    def take_back(self, mark: tuple[int, int]) -> None:
        """Forget what was written behind a mark."""
        self._log.take_back(mark[0])
        if self._rejects is not None:
            self._rejects.seek(mark[1])
            self._rejects.truncate()

    def write(self, events: ClaimLines) -> None:
        """Write events."""
        self._log.append(*encoded(events))

    def close(self, month: int) -> None:
        """Write the closing of a month: an update called as the month."""
        self._log.append_plain(
            (UPDATE_CLOSED, {"update_id": month_code(month).encode(), "reference_month": to_yyyymm(month)}),
        )

    def reject(self, line: bytes) -> None:
        """Write a line that was set aside."""
        if self._rejects is not None:
            self._rejects.write(line + b"\n")


def known_statements(paths: Iterable[Path]) -> dict[Pair, list[Seal]]:
    """Return the statements that event files of before hold. Raises EdgeError for one that is none of an import."""
    seals: dict[Pair, list[Seal]] = {}
    for path in paths:
        try:
            text = LogFile.open(path).metadata.get(STATEMENTS)
        except CorruptFileError as error:
            raise EdgeError(str(error)) from error
        if text is None:
            raise EdgeError(f"{path.name}: says of no statement that it holds; name a file of ocmw import maandstaat")
        for one in json.loads(text):
            seals.setdefault((one["ocmw"], one["month"]), []).append(Seal(one["lines"], int(one["sum"], 16)))
    return seals


@dataclass(slots=True)
class Importer:
    """Imports files; ``seen`` holds the statements that came before, ``also`` lets one come with other events.

    ``closing``: an update is closed behind the last line of each month.
    """

    judge: Judge
    out: Out
    seen: dict[Pair, list[Seal]]
    also: bool = False
    closing: bool = False
    progress: Progress = lambda _what, _done, _all: None
    outcomes: list[FileOutcome] = field(default_factory=list)
    _closings: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _done: int = 0
    _all: int = 1

    def run(self, paths: list[Path]) -> list[FileOutcome]:
        """Import all files. Raises EdgeError, and then nothing that was written may be kept."""
        layouts = [layout_of(path) for path in paths]
        self._all = sum(path.stat().st_size for path in paths) * (2 if self.closing else 1)
        if self.closing:
            self._find_closings(paths, layouts)
        for number, (path, layout) in enumerate(zip(paths, layouts, strict=True)):
            outcome = self._file(number, path, layout)
            self._refuse_order(outcome)
            self.outcomes.append(outcome)
            for pair, seal in outcome.seals.items():
                if outcome.repeated.get(pair) != "again":
                    self.seen.setdefault(pair, []).append(seal)
        return self.outcomes

    def _file(self, number: int, path: Path, layout: Layout) -> FileOutcome:
        mark, done = self.out.mark(), self._done
        outcome = self._read(number, path, layout, {})
        repeated = {
            pair: "again" if seal.sum in {one.sum for one in self.seen[pair]} else "also"
            for pair, seal in outcome.seals.items()
            if pair in self.seen
        }
        others = [pair for pair, came in repeated.items() if came == "also"]
        if others and not self.also:
            ocmw, month = others[0]
            raise EdgeError(
                f"{path.name}: the statement of OCMW {ocmw} for {month} came before with other lines; name the right "
                "file, or give --also where it completes the one before"
            )
        if "again" in repeated.values():
            self.out.take_back(mark)
            self._done = done
            outcome = self._read(number, path, layout, repeated)
        outcome.repeated = repeated
        return outcome

    def _read(self, number: int, path: Path, layout: Layout, repeated: dict[Pair, str]) -> FileOutcome:
        outcome = FileOutcome(path.name)
        again = {pair for pair, came in repeated.items() if came == "again"}
        closings = list(self._closings.get(number, ()))
        self.judge.begin_file()
        judged_first = 0
        bad_first = 0
        for chunk in lines(path):
            read = _without_header(chunk, layout)
            judgement = self.judge.judged(read, layout)
            looked = judgement.fault[: LOOKED_AT - judged_first]
            bad_first += int(np.isin(looked, (BAD_LINE, BAD_FIELD)).sum())
            judged_first += len(looked)
            if judged_first >= LOOKED_AT:
                _refuse_another_layout(path.name, bad_first, judged_first)
            kept = self._note(outcome, read, judgement, again)
            self._write(read, judgement, kept, closings)
            self._done += len(chunk.data)
            self.progress(f"importing {path.name}", min(self._done, self._all), self._all)
        _refuse_another_layout(path.name, bad_first, judged_first)
        for _, month in closings:
            self.out.close(month)
        return outcome

    def _write(self, read: Lines, judgement: Judgement, kept: Mask, closings: list[tuple[int, int]]) -> None:
        """Write the events of a chunk, and the closings that stand behind lines of it."""
        if self.out.keeps_rejects:
            for row in np.flatnonzero(judgement.fault != NO_FAULT).tolist():
                self.out.reject(read.of(row))
        numbers = read.number[judgement.rows][kept]
        events = judgement.lines if kept.all() else _rows(judgement.lines, kept)
        begin, last = 0, int(read.number[-1]) if len(read.number) else 0
        while closings and closings[0][0] <= last:
            line, month = closings.pop(0)
            end = int(np.searchsorted(numbers, line, side="right"))
            if end > begin:
                self.out.write(_rows(events, slice(begin, end)))
            self.out.close(month)
            begin = end
        if begin < len(numbers):
            self.out.write(_rows(events, slice(begin, None)) if begin else events)

    def _note(self, outcome: FileOutcome, read: Lines, judgement: Judgement, again: set[Pair]) -> Mask:
        """Count what became of the lines of a chunk; return which of its events are new."""
        fields, fault, rows = judgement.fields, judgement.fault, judgement.rows
        outcome.lines += len(fault)
        outcome.unknown.update(judgement.unknown)
        lawful = np.flatnonzero(fields.month >= 0)
        if outcome.first_month is None and len(lawful):
            outcome.first_month = int(fields.month[lawful[0]])
        _note_set_aside(outcome, read, judgement)
        codes = _pair_codes(judgement)
        fresh = np.ones(len(rows), np.bool_)
        for code, members in _groups(codes):
            pair = _pair(code)
            count = outcome.pairs.setdefault(pair, PairCount())
            count.lines += len(members)
            count.cents += int(fields.cents[members].sum())
            faults = np.bincount(fault[members], minlength=len(SLUGS) + 1)
            count.slugs.update({SLUGS[slug - 1]: int(faults[slug]) for slug in np.flatnonzero(faults[1:]) + 1})
            events = int(faults[NO_FAULT])
            if pair in again:
                outcome.again += events
                fresh[np.isin(rows, members)] = False
            else:
                count.events += events
                outcome.events += events
        _add_seals(outcome, judgement, codes[rows])
        _note_money(outcome, judgement)
        return fresh

    def _refuse_order(self, outcome: FileOutcome) -> None:
        months = [one.first_month for one in self.outcomes if one.first_month is not None]
        if months and outcome.first_month is not None and outcome.first_month < months[-1]:
            raise EdgeError(
                f"{outcome.name}: begins with month {month_code(outcome.first_month)}, the file before it with "
                f"{month_code(months[-1])}; name the files in the order of their months"
            )

    def _find_closings(self, paths: list[Path], layouts: list[Layout]) -> None:
        """Find behind which line of which file each month is closed."""
        last: dict[int, tuple[int, int]] = {}
        for number, (path, layout) in enumerate(zip(paths, layouts, strict=True)):
            for chunk in lines(path):
                read = _without_header(chunk, layout)
                fields = fields_of(read, layout)
                months, places = np.unique(fields.month[::-1], return_index=True)
                for month, place in zip(months.tolist(), places.tolist(), strict=True):
                    if month >= 0:
                        last[month] = number, int(read.number[len(read.number) - 1 - place])
                self._done += len(chunk.data)
                self.progress(f"looking for the months in {path.name}", self._done, self._all)
        reached = (0, 0)
        for month in sorted(last):
            reached = max(reached, last[month])
            self._closings.setdefault(reached[0], []).append((reached[1], month))


def _without_header(chunk: Lines, layout: Layout) -> Lines:
    if isinstance(layout, Columns) and len(chunk.number) and chunk.number[0] == layout.header_line:
        return Lines(chunk.data, chunk.start[1:], chunk.stop[1:], chunk.number[1:], chunk.width[1:])
    return chunk


def _refuse_another_layout(name: str, bad: int, judged: int) -> None:
    if judged >= _LEAST_LINES and 2 * bad > judged:
        raise EdgeError(
            f"{name}: of its first {judged} lines {bad} do not fit the layout of a monthly statement; "
            "name a statement, as it comes"
        )


def _rows(events: ClaimLines, chosen: Mask | slice) -> ClaimLines:
    return ClaimLines(*(getattr(events, name)[chosen] for name in ClaimLines.__dataclass_fields__))


def _pair_codes(judgement: Judgement) -> Int64:
    """Return a number for the statement of each line, -1 where it names none."""
    fields = judgement.fields
    codes = fields.place.astype(np.int64) * MONTH_COUNT + fields.month
    return np.where((fields.place >= 0) & (fields.month >= 0), codes, -1)


def _pair(code: int) -> Pair:
    place, month = divmod(code, MONTH_COUNT)
    return MUNICIPALITIES[place], to_yyyymm(month)


def _groups(codes: Int64) -> Iterable[tuple[int, Int64]]:
    """Yield each statement and its rows, ascending."""
    if not len(codes):
        return
    order = np.argsort(codes, kind="stable")
    statements, begins = np.unique(codes[order], return_index=True)
    for code, rows in zip(statements.tolist(), np.split(order, begins[1:]), strict=True):
        if code >= 0:
            yield code, rows


def _add_seals(outcome: FileOutcome, judgement: Judgement, codes: Int64) -> None:
    """Add the seals of events to those of their statements, modulo 2 to the 128th."""
    halves = np.ascontiguousarray(judgement.seal).view(">u8").reshape(-1, 2)
    parts = np.stack([halves >> 32, halves & 0xFFFFFFFF], axis=2).reshape(-1, 4).astype(np.int64)
    for code, rows in _groups(codes):
        pair = _pair(code)
        total = 0
        for part in parts[rows].sum(axis=0).tolist():
            total = (total << 32) + part
        before = outcome.seals.get(pair, Seal(0, 0))
        outcome.seals[pair] = Seal(before.events + len(rows), (before.sum + total) % _WHOLE)


def _note_set_aside(outcome: FileOutcome, read: Lines, judgement: Judgement) -> None:
    fields, fault = judgement.fields, judgement.fault
    aside = np.flatnonzero(fault != NO_FAULT)
    if not len(aside):
        return
    outcome.set_aside.add(read.number[aside], fault[aside], judgement.field[aside])
    counts = np.bincount(fault[aside], minlength=len(SLUGS) + 1)
    outcome.slugs.update({SLUGS[slug - 1]: int(counts[slug]) for slug in np.flatnonzero(counts)})
    rows = np.flatnonzero(fault == UNMAPPED_LINE)
    laws, articles = fields.legislation[rows].astype(np.int64), fields.article[rows].astype(np.int64)
    articles[(articles >= _SHOWN_BELOW) & (articles < _FIRST_SYNTHETIC)] = _NOT_SHOWN
    pairs, which = np.unique(laws * _WIDE + articles - _NOT_SHOWN, return_inverse=True)
    for number, (law, article) in enumerate((code // _WIDE, code % _WIDE + _NOT_SHOWN) for code in pairs.tolist()):
        entry = outcome.unmapped.setdefault((law, None if article == _NOT_SHOWN else article), [0, 0])
        mine = which.reshape(-1) == number
        entry[0] += int(mine.sum())
        entry[1] += int(fields.cents[rows][mine].sum())


def _note_money(outcome: FileOutcome, judgement: Judgement) -> None:
    """Add up cents by amount type and sign, and by OCMW; note where students are not known."""
    fields, rows = judgement.fields, judgement.rows
    cents, place = fields.cents[rows], fields.place[rows]
    kind = fields.amount_type[rows].astype(np.int64) * 2 + (cents < 0)
    for code, total in enumerate(np.bincount(kind, cents, minlength=2 * _TYPES).tolist()):
        if total:
            outcome.cents[code // 2 + 1, bool(code % 2)] += int(total)
    by_place = np.bincount(place, cents, minlength=len(MUNICIPALITIES))
    for number in np.unique(place).tolist():
        outcome.by_ocmw[MUNICIPALITIES[number]] += int(by_place[number])
    wages = judgement.supports.living_wage[rows]
    if judgement.unknown["no-forms"]:
        covered = [_months_of_days(days[rows][wages]) for days in (fields.first_day, fields.last_day)]
        stretches = np.unique((place[wages].astype(np.int64) * MONTH_COUNT + covered[0]) * MONTH_COUNT + covered[1])
        outcome.students_unknown.update(
            (MUNICIPALITIES[number], month)
            for number, months in (divmod(code, MONTH_COUNT**2) for code in stretches.tolist())
            for month in range(months // MONTH_COUNT, months % MONTH_COUNT + 1)
        )


def _months_of_days(days: Int32) -> Int64:
    """Return the ordinal of the month of days since 1970-01-01."""
    since_1970: Int64 = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return since_1970 + month_of_days(0)


def statements_metadata(outcomes: Iterable[FileOutcome]) -> str:
    """Return the metadata ``ocmw.statements``: each statement with its number of events and the sum of their seals."""
    entries: list[dict[str, Any]] = [
        {"ocmw": pair[0], "month": pair[1], "lines": seal.events, "sum": f"{seal.sum:032x}"}
        for outcome in outcomes
        for pair, seal in sorted(outcome.seals.items())
        if outcome.repeated.get(pair) != "again"
    ]
    return json.dumps(entries)


def import_metadata(outcomes: Iterable[FileOutcome]) -> str:
    """Return the metadata ``ocmw.import``: of each statement its lines, events, and lines set aside by slug."""
    counts: dict[Pair, PairCount] = {}
    for outcome in outcomes:
        for pair, count in outcome.pairs.items():
            if outcome.repeated.get(pair) == "again":
                continue
            total = counts.setdefault(pair, PairCount())
            total.lines += count.lines
            total.events += count.events
            total.slugs.update(count.slugs)
    return json.dumps([
        {"ocmw": ocmw, "month": month, "lines": one.lines, "events": one.events, "slugs": dict(one.slugs)}
        for (ocmw, month), one in sorted(counts.items())
    ])  # fmt: skip


__all__ = ["LEGISLATIONS", "EventFile", "FileOutcome", "Importer", "Nowhere", "import_metadata", "known_statements"]
