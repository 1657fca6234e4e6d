"""A question answered: counted from the store and its log, hidden by a pattern that is kept, rounded, and logged."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from processors.disclosure.grids import ALL, Grid, columns_of
from processors.disclosure.linked import pattern
from processors.research import questions as counting
from processors.research.coupling import UNMATCHED, counted
from processors.research.questions import CountsByCell
from schemas.arrays import Int64, Mask
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import KINGDOM
from schemas.positions import POSITIONS
from schemas.questions import (
    LEAST_OF_CONDITIONS,
    QUESTIONS_AN_APPROVAL,
    THRESHOLD,
    TOO_FEW,
    Question,
    QuestionError,
    rounded,
)
from schemas.questions import question as parsed
from schemas.supports import NODE
from sinks import questions as kept
from sinks.access_log import Access, note_access
from streams.embedded.inquiry import COHORTS, Inquiry
from streams.embedded.question_tables import REGIONS, WIDE, Frozen, Tables, under, with_axis
from streams.shell.progress import Report, silent

HIDDEN = f"<{THRESHOLD} or c"
"""One mark for all that is hidden: fewer than the threshold, or a cell that would tell one of those."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question as text (CSV), whose extraction it is of, and the head of the log of accesses."""

    text: str
    extraction: str
    head: str


def answered(root: Path, text: str, approvals: tuple[str, str], at: datetime, progress: Report = silent) -> Answer:
    """Answer a question, on an approval, and note it; a refusal is noted too.

    ``approvals`` are the names of the one for questions and, where the answer leaves the house, the one for that. The
    log holds the digest of the answer as it is told. Raises QuestionError, ProtocolError, StoreError.
    """
    of: dict[str, Any] = {}
    try:
        question = parsed(text)
        fields = question.model_dump(mode="json", by_alias=True, exclude_unset=True)
        of = {"question": fields, "published_on": approvals[1]}
        inquiry = Inquiry.on(root, question.study, at.date(), progress)
        of |= {"extraction": inquiry.of.name, "update": inquiry.of.update}
        made = _answer(inquiry, question, approvals[0])
    except Exception as error:
        refusal = str(error) if isinstance(error, ValueError) else type(error).__name__
        note_access(root, Access("ask", approvals[0], {**of, "refused": refusal}), at)
        raise
    digest = hashlib.sha256(made.encode()).hexdigest()
    head = note_access(root, Access("ask", approvals[0], {**of, "answer": digest}), at)
    return Answer(made, inquiry.of.name, head)


def _answer(inquiry: Inquiry, question: Question, approval: str) -> str:
    if question.shape == COHORTS:
        return _cohort(inquiry, question, approval)
    if question.shape == 8:  # noqa: PLR2004 - a shape
        return _positions(inquiry, question)
    _require_apart(inquiry.store.root, question.support or "")
    _require_no_sum(inquiry.store.root, question)
    for period in question.periods:
        inquiry.require_published(question.support or "", period)
    rows = list[tuple[object, ...]]()
    for number, period in enumerate(question.periods):
        inquiry.progress(f"counting {period.code}", number, len(question.periods))
        rows += _lines(inquiry, question, period)
    return _csv((*("period", "level", "place"), *_names(question), question.measure), rows)


def _names(question: Question) -> tuple[str, ...]:
    return {6: ("later",), 7: ("duration",)}.get(question.shape, tuple(sorted(question.by)))


def _require_apart(root: Path, support: str) -> None:
    """Refuse a support that shares leaves with one that was asked for: the sum of leaves would tell a hidden one."""
    mine = set(NODE[support].leaves)
    for table in kept.tables(root):
        other = table.split()[1]
        if other != support and mine & set(NODE[other].leaves):
            raise QuestionError(f"support {support} shares leaves with {other}, on which questions were answered here")


def _require_no_sum(root: Path, question: Question) -> None:
    """Refuse spells of a year beside who enters in a month of it, and the other way round: a hidden month were told.

    Spells of a year are the persons of its first month and who enters in the others. What was answered before stands.
    """
    tables = kept.tables(root)
    for period in question.periods:
        if f"{question.measure} {question.support} {period.code}" in tables:
            continue
        for measure, support, code in (table.split()[:3] for table in tables):
            periods = {question.measure: period, measure: Period.parse(code)}
            if support == question.support and _add_up(periods.get("spells"), periods.get("entering")):
                raise QuestionError(
                    f"spells of {periods['spells'].code} and who enters in {periods['entering'].code} add up, and "
                    f"questions on one of them were answered here; ask for {measure}"
                )


def _add_up(spells: Period | None, entering: Period | None) -> bool:
    """Tell whether spells are of a year that holds a month of who enters."""
    if spells is None or entering is None or (spells.kind, entering.kind) != ("year", "month"):
        return False
    return spells.first <= entering.first <= spells.last


def _lines(inquiry: Inquiry, question: Question, period: Period) -> Iterator[tuple[object, ...]]:
    """Yield the lines of an answer for one period."""
    table = Tables(inquiry, question.support or "", period)
    if question.shape == 7:  # noqa: PLR2004 - a shape
        frozen, places = table.durations(), [place for place in WIDE if place[0] == question.level]
    elif question.shape == 6:  # noqa: PLR2004 - a shape
        frozen, places = table.later(), [question.where]
    elif question.level == "municipality":
        frozen, places = table.local(question.by, question.place or ""), table.below(question.place or "")
    else:
        frozen = table.frozen(question.measure, question.by)
        places = [question.where]
        if question.shape == 4:  # noqa: PLR2004 - a shape
            places = under(question.place or "", question.level)
    for cell, at in frozen.grid.number.items():
        place, column = (cell[0], cell[1]), cell[2:]
        if place in places and place not in frozen.grid.empty_places and column not in frozen.grid.empty_columns:
            codes = (code or "total" for code in column if question.by or question.shape >= 6)  # noqa: PLR2004 - a shape
            yield (period.code, *place, *codes, _value(frozen, at, question))


def _cohort(inquiry: Inquiry, question: Question, approval: str) -> str:
    """Answer shape 5. Whatever is refused for its data is refused at one place, after the same work."""
    root = inquiry.store.root
    if inquiry.cohorts_before[approval] >= QUESTIONS_AN_APPROVAL:
        raise QuestionError(
            f"{approval} had its {QUESTIONS_AN_APPROVAL} questions of shape 5; ask for another approval"
        )
    periods = [Period.parse(str(one.year)) for one in question.conditions]
    for one, period in zip(question.conditions, periods, strict=True):
        inquiry.require_published(one.support, period)
    (by,) = question.by
    with inquiry.rows(min(one.first for one in periods), max(one.last for one in periods)) as connection:
        sizes, members = counting.cohort(connection, question.conditions, question.where, by)
    persons = members["number"].to_numpy(np.int64)
    few = min(sizes) < LEAST_OF_CONDITIONS * THRESHOLD or len(persons) < THRESHOLD
    near = _too_near(persons, [one.persons for one in kept.cohorts(root, inquiry.day)])
    if few or near:
        raise QuestionError(f"{TOO_FEW}; {question.nearest}")
    grid = replace(
        Tables(inquiry, question.conditions[-1].support, periods[-1]).grid((by,), (question.where,)),
        empty_places=frozenset(),
    )
    by_category: CountsByCell = {
        (*question.where, str(code)): int(n) for code, n in members["category"].value_counts().items()
    }
    counts = grid.counts(by_category | {(*question.where, ALL): len(persons)})
    total = grid.mask([(*question.where, ALL)])
    linked = grid.linked(counts, total, np.zeros(len(counts), np.bool_), (np.zeros_like(counts), grid.free()))
    hidden = pattern(linked, THRESHOLD)
    kept.keep_cohort(root, kept.Cohort(inquiry.of.study, inquiry.of.destroy_by, persons))
    lines = [
        (*question.where, cell[2] or "total", HIDDEN if hidden[at] else str(rounded(int(counts[at]))))
        for cell, at in grid.number.items()
        if cell[2:] not in grid.empty_columns
    ]
    return _csv(("level", "place", by, "persons"), lines)


def _positions(inquiry: Inquiry, question: Question) -> str:
    """Answer shape 8, from the newest coupling of the study, of the extraction that is named or one before it."""
    root, of = inquiry.store.root, inquiry.of
    names = (f"{of.study}-{number:04d}" for number in range(of.number, 0, -1))
    coupling = next(((name, held) for name in names if (held := kept.coupled(root, name)) is not None), None)
    if coupling is None:
        raise QuestionError("shape 8 needs a coupling of this study; make it with ocmw extract couple")
    by = question.by or ("position",)
    frozen = _leavers(inquiry, question.from_period, coupling, by)
    lines = [
        (question.from_period.code, *cell[:2], *(code or "total" for code in cell[2:]), _value(frozen, at, question))
        for cell, at in frozen.grid.number.items()
        if cell[0] == "region"
    ]
    return _csv(("period", "level", "place", *by, "persons"), lines)


def _leavers(inquiry: Inquiry, period: Period, coupling: tuple[str, pd.DataFrame], by: tuple[str, ...]) -> Frozen:
    """Return who left in a year by position, and by the later one where two are named; the first alone is its margin.

    ``coupling`` is the name of an extraction and what its coupling told.
    """
    later, codes = len(by) > 1, (*POSITIONS, UNMATCHED)
    grid = Grid(REGIONS, columns_of([codes, codes] if later else [codes]))
    counts = grid.counts(counted(coupling[1], period.first // MONTHS_PER_YEAR, {"": KINGDOM}, later=later))
    margins = [with_axis(_leavers(inquiry, period, coupling, ("position",)), 1)] if later else []
    table = f"leavers {coupling[0]} {' '.join(by)}"
    return Tables(inquiry, "LL", period).kept(table, grid, counts, (margins, []), "", ())


def _value(frozen: Frozen, at: int, question: Question) -> str:
    count = int(frozen.counts[at])
    return HIDDEN if frozen.hidden[at] else str(rounded(count) if question.round_ else count)


def _too_near(persons: Int64, earlier: list[Int64]) -> bool:
    """Tell whether some persons, and any two earlier cohorts, cut out a group of 1 to t - 1 persons."""
    everyone = np.unique(np.concatenate([persons, *earlier])) if earlier else persons
    mine = np.isin(everyone, persons)
    members = [np.isin(everyone, one) for one in earlier]
    pairs: Iterable[tuple[Mask, Mask]] = [*combinations(members, 2), *((one, one) for one in members)]
    narrow = False
    for first, second in pairs:
        regions = np.bincount(mine * 4 + first * 2 + second, minlength=8)[1:]
        narrow |= bool(((regions > 0) & (regions < THRESHOLD)).any())
    return narrow


def _csv(header: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in (tuple(header), *rows))
