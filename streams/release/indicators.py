"""The indicators of the time dimension at a closed update: counted from the ledger, stored before the release is.

Youth care is the exception: nothing of it is stored. It is counted when somebody asks who has an approval on record.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from processors.admission.facts import FAR
from processors.admission.ledger import Ledger
from processors.counting.people import People
from processors.rules import FIRST_DAY, LAST_DAY, rules
from processors.time.outcome_tables import Outcomes, outcome_tables
from processors.time.spells import layout
from processors.time.tables import Asked, tables
from processors.time.window import first_changed, first_outcome_changed, last_shown, published_months
from schemas.arrays import Mask
from schemas.indicators import OUTCOME_NODES, PARTS, Benefit
from schemas.periods import MONTH_COUNT
from schemas.releases import Release
from schemas.settings import FigureSettings
from schemas.supports import NODE
from sinks.directory.indicators import Counted, exists, last_counted, write_counted

BENEFIT: Benefit = "LL"


def count_indicators(
    root: Path, rows: People, release: Release, touched: Mask, settings: FigureSettings
) -> Asked | None:
    """Count what the update of a release may have changed, and store it; nothing where no month is shown yet.

    ``rows`` are ``everyone`` at its closing, ``touched`` is the mask of (leaf, month) that its events reached.
    Returns the question that was answered, for whoever asks further.
    """
    last = last_shown(release, BENEFIT)
    if last is None:
        return None
    number = release.update.sequence
    leaves = [leaf for part in PARTS[BENEFIT] for leaf in part]
    first = first_changed(touched, leaves, last_counted(root, number - 1))
    since = layout(rows, BENEFIT, last, settings).since
    asked = Asked(rows, max(first, since), last, BENEFIT, settings)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = tables(asked, threads.map)
    write_counted(root, number, Counted(release.update.update_id, first, last, found))
    return asked


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


def count_outcomes(root: Path, closed: Closed, asked: Asked) -> None:
    """Count the exits and transitions that an update may have changed, and store them (H4).

    ``asked`` is what ``count_indicators`` returned: its rows and spells are used again.
    """
    release, previous, changes = closed.release, closed.previous, closed.changes
    number = release.update.sequence
    shown = published_months(release)
    first = 0
    if previous is not None and exists(root, number - 1, "outcomes"):
        month = _month(changes.facts_since, asked.settings)
        first = first_outcome_changed(changes.touched, month, shown, published_months(previous))
    outcomes = outcomes_of(closed.ledger, asked, shown, first, release)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = outcome_tables(outcomes, threads.map)
    write_counted(root, number, Counted(release.update.update_id, first, last_of(release), found), "outcomes")


def outcomes_of(ledger: Ledger, asked: Asked, shown: npt.NDArray[np.bool_], first: int, release: Release) -> Outcomes:
    """Return what outcomes from a reference month on are made from."""
    leaves = [leaf for node in OUTCOME_NODES for leaf in NODE[node].leaves]
    with_rows = np.flatnonzero(ledger.tables.exists[leaves].any(axis=0))
    oldest = int(with_rows[0]) if len(with_rows) else MONTH_COUNT
    return Outcomes.of(ledger, replace(asked, first=max(first, oldest), last=last_of(release)), shown)


def last_of(release: Release) -> int:
    """Return the last month that a row of a release may need."""
    return release.update.reference_month


def _month(day: int, settings: FigureSettings) -> int:
    if day > LAST_DAY:
        return MONTH_COUNT
    return int(rules(settings).month_of_day[max(day, FIRST_DAY) - FIRST_DAY])
