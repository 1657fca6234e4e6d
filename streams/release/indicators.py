"""The indicators of the time dimension at a closed update: counted from the ledger, stored before the release is.

Youth care is the exception: nothing of it is stored. It is counted when somebody asks who has an approval on record.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from processors.admission.facts import FAR
from processors.admission.ledger import Ledger
from processors.counting.people import People
from processors.rules import FIRST_DAY, LAST_DAY, rules
from processors.time.outcome_tables import Outcomes, outcome_tables
from processors.time.tables import Question, tables
from processors.time.window import Windows, first_changed, first_outcome_changed
from schemas.arrays import Mask
from schemas.indicators import PARTS, SUPPORTS
from schemas.periods import MONTH_COUNT, Period
from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.directory import identity
from sinks.directory.store import DirectoryStore
from sinks.indicators import Counted, exists, write_counted
from sinks.protocol import Store


@dataclass(frozen=True, slots=True)
class Changes:
    """What the events of an update reached: (leaf, month), and the first day about which a fact says something new."""

    touched: Mask
    facts_since: int = FAR

    @classmethod
    def taken(cls, ledger: Ledger) -> "Changes":
        """Return what was reached since this was last asked, and let the ledger forget it."""
        return cls(ledger.take_touched(), ledger.take_facts_since())


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed update: the ledger as it stands there, its release and the one before, and what its events reached."""

    ledger: Ledger
    release: Release
    previous: Release | None
    changes: Changes

    @property
    def number(self) -> int:
        """Sequence of the update."""
        return self.release.update.sequence


def count_indicators(store: DirectoryStore, rows: People, closed: Closed, settings: FigureSettings) -> Question:
    """Count what an update may have changed, and store it. ``rows`` are all at its closing.

    Returns the question that was answered, for whoever asks further.
    """
    question = question_of(store, rows, closed.ledger, closed.release, settings)
    first = 0
    if closed.previous is not None and exists(store, closed.number - 1):
        leaves = [leaf for part in PARTS[settings.spells] for leaf in part]
        before = Windows.of(closed.previous, settings)
        first = first_changed(closed.changes.touched, leaves, question.windows.spells, before.spells)
    question = replace(question, first=first)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        counted = tables(question, threads.map)
    write_counted(store, closed.number, Counted(closed.release.update.update_id, first, counted))
    return question


def count_outcomes(store: Store, closed: Closed, question: Question) -> None:
    """Count the exits and transitions that an update may have changed, and store them (H4).

    ``question`` is what ``count_indicators`` returned: its rows and spells are used again.
    """
    first = 0
    if closed.previous is not None and exists(store, closed.number - 1, "outcomes"):
        month = _month(closed.changes.facts_since, question.settings)
        before = Windows.of(closed.previous, question.settings)
        first = first_outcome_changed(closed.changes.touched, month, question.windows, before)
    outcomes = Outcomes.of(closed.ledger, replace(question, first=first))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        counted = outcome_tables(outcomes, threads.map)
    write_counted(store, closed.number, Counted(closed.release.update.update_id, first, counted), "outcomes")


def question_of(
    store: DirectoryStore, rows: People, ledger: Ledger, release: Release, settings: FigureSettings
) -> Question:
    """Return the question of all references at a release, which need not be published yet."""
    since = first_month(store, release, settings)
    return Question.of(ledger, rows, since, Windows.of(release, settings), 0, settings)


def first_month(store: DirectoryStore, release: Release, settings: FigureSettings) -> int | None:
    """Return L of a store: as it is set, or by its first update with rows; None while there is no row.

    The store remembers it from the first time on. In an older store it follows from the vintages, which name every
    figure that an update knew.
    """
    known = settings.first if settings.first is not None else identity.first_month(store.root)
    if known is not None:
        return known
    first = _first_of_vintages(store, settings)
    if first is None:
        keys = [key for key in release.entries if key.support in SUPPORTS[settings.spells]]
        first = min((key.period.last for key in keys if key.period.kind == "month"), default=None)
    if first is not None:
        identity.remember_first_month(store.root, first)
    return first


def _first_of_vintages(store: DirectoryStore, settings: FigureSettings) -> int | None:
    """Return the first month of the first update that knew a month of the supports of spells."""
    vintages = store.vintages()
    months = vintages.filter(
        pc.and_(
            pc.is_in(vintages["support"].cast("string"), pa.array(SUPPORTS[settings.spells])),
            pc.equal(vintages["period_kind"].cast("string"), "month"),
        )
    )
    if not months.num_rows:
        return None
    first = months.filter(pc.equal(months["sequence"], pc.min(months["sequence"])))
    return min(Period.parse(code).last for code in first["period"].cast("string").to_pylist())


def _month(day: int, settings: FigureSettings) -> int:
    if day > LAST_DAY:
        return MONTH_COUNT
    return int(rules(settings).month_of_day[max(day, FIRST_DAY) - FIRST_DAY])
