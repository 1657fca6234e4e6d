"""What a person looks at before sending files: numbers of events, months, places and amounts.

Only lines that would be applied are looked at: the others are listed one by one. Nothing here names a person.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from processors.admission.decoding import CLAIM, REGULARISATION, UPDATE_CLOSED
from processors.admission.fold import Step
from processors.rules import FIRST_DAY, Rules
from schemas.periods import parse_month
from schemas.supports import LEAVES

FIRST_PUBLISHED = parse_month("1999-01")
"""Figures are published from here on; whatever covers earlier months makes periods that nobody asks for."""
_EPOCH = date(1970, 1, 1)


@dataclass(slots=True)
class Amounts:
    """Lines of a support, and their amounts in cents: sum, least, most."""

    lines: int = 0
    total: int = 0
    least: int = 0
    most: int = 0

    def add(self, cents: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
        """Add some lines, one at least."""
        least, most = int(cents.min()), int(cents.max())
        self.least, self.most = (min(self.least, least), max(self.most, most)) if self.lines else (least, most)
        self.lines += len(cents)
        self.total += int(cents.sum())

    @property
    def mean(self) -> float:
        """Cents a line."""
        return self.total / self.lines


class Written(NamedTuple):
    """Lines of one record in a file."""

    file: str
    kind: int


@dataclass(slots=True)
class Overview:
    """What the applied lines of files hold; ``months`` are ordinals, first and last that any line touches.

    ``far`` are closings whose month lies after ``latest``. ``written`` counts all lines that parse, also those set
    aside. ``born_later`` counts lines of somebody who is born after ``today``, ``early`` those that touch months before
    FIRST_PUBLISHED.
    """

    today: date
    latest: int
    months: tuple[int, int] | None = None
    municipalities: set[int] = field(default_factory=set)
    amounts: dict[str, Amounts] = field(default_factory=dict)
    written: Counter[Written] = field(default_factory=Counter)
    closings: int = 0
    far: list[tuple[str, int]] = field(default_factory=list)
    born_later: int = 0
    early: int = 0
    persons: int = 0

    def add(self, step: Step, file: str, rules: Rules) -> None:
        """Add the events of a step of a file."""
        events, rows = step.events, slice(step.first, step.stop)
        kinds, parsed = events.kind[rows], events.start[rows] < events.stop[rows]
        for kind in (CLAIM, REGULARISATION):
            self.written[Written(file, kind)] += int((parsed & (kinds == kind)).sum())
        applied = events.fault[rows] == 0
        self.closings += int((applied & (kinds == UPDATE_CLOSED)).sum())
        if step.update is not None and step.update.reference_month > self.latest:
            self.far.append((step.update.update_id, step.update.reference_month))
        chosen = np.flatnonzero(applied & np.isin(kinds, (CLAIM, REGULARISATION))) + step.first
        if not len(chosen):
            return
        self.municipalities.update(np.unique(events.municipality[chosen]).tolist())
        first, last = (rules.month_of_day[column[chosen] - FIRST_DAY] for column in (events.first, events.last))
        early, late = int(first.min()), int(last.max())
        self.months = (min(self.months[0], early), max(self.months[1], late)) if self.months else (early, late)
        self.early += int((first < FIRST_PUBLISHED).sum())
        self.born_later += int((events.birth[chosen] > (self.today - _EPOCH).days).sum())
        for leaf in np.unique(events.leaf[chosen]).tolist():
            self.amounts.setdefault(LEAVES[leaf], Amounts()).add(events.amount[chosen][events.leaf[chosen] == leaf])
