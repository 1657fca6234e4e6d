"""Youth care on request: figures for whoever has an approval, and the outreach list of one OCMW (H5).

Nothing of it is stored, and nothing is counted before an approval was found. A list holds pseudonyms of a domain of its
own: the key of a person under a key that only this domain has, so that it cannot be joined with anything else here. Who
holds the source file can make the same pseudonyms and knows whom to visit.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from processors.admission.ledger import Ledger
from processors.counting.people import everyone
from processors.rules import rules
from processors.time.leavers import Leavers, leavers
from processors.time.outcome_tables import Outcomes, half_years_shown, youth_tables
from processors.time.tables import Question
from processors.time.window import Windows
from schemas.approvals import Approval
from schemas.arrays import Mask
from schemas.indicators import SITUATIONS, half_year_code
from schemas.places import MUNICIPALITIES, MUNICIPALITY, valid_code
from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.access_log import Access, note_access
from sinks.indicators import Counted
from streams.embedded.fold_at_update import fold_at
from streams.settings import UsageError
from streams.shell.clock import instant


def outcomes_at(ledger: Ledger, release: Release, settings: FigureSettings) -> Outcomes:
    """Return what youth care at a release is made from: all half-years, as far as published months reach."""
    rows = everyone(ledger)
    question = Question.of(ledger, rows, None, Windows.of(release, settings), 0, settings)
    return Outcomes.of(ledger, question)


def youth_counted(root: Path, release: Release, settings: FigureSettings, approval: Approval) -> tuple[Counted, str]:
    """Return the table of youth care at a release; the log of accesses notes it, its newest digest is second."""
    table = youth_tables(outcomes_at(fold_at(root, settings, release.update.sequence).ledger, release, settings))
    access = Access("youth care figures", approval.name, {"update": release.update.update_id})
    digest = note_access(root, access, instant())
    return Counted(release.update.update_id, 0, table), digest


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list that is asked for: of one OCMW (NIS code), a half-year (by its last month), so many months after."""

    ocmw: str
    half_year: int
    after: int


def outreach_list(root: Path, release: Release, settings: FigureSettings, wanted: Wanted) -> list[bytes]:
    """Return the persons, as the log has them, who left youth care, live there, are adult and no beneficiary (H5).

    Raises UsageError for a place that is none, and for a cohort that is not old enough yet.
    """
    if wanted.ocmw not in MUNICIPALITY:
        message = f"{wanted.ocmw!r} is no municipality; write the NIS code of one OCMW"
        raise UsageError(message)
    ledger = fold_at(root, settings, release.update.sequence).ledger
    outcomes = outcomes_at(ledger, release, settings)
    if wanted.half_year not in half_years_shown(outcomes, wanted.after):
        half_year = half_year_code(wanted.half_year)
        message = (
            f"nobody left youth care in {half_year}, or the months up to {wanted.after} after it are not published yet"
        )
        raise UsageError(message)
    cohort = leavers(outcomes.question.people.rows, outcomes.facts, wanted.half_year, wanted.after, settings)
    chosen = cohort.person[_to_visit(cohort, wanted, settings)]
    keys = np.ascontiguousarray(ledger.tables.persons[chosen].astype("<u8"))
    return [person.tobytes() for person in keys]


def _to_visit(cohort: Leavers, wanted: Wanted, settings: FigureSettings) -> Mask:
    """Return who is no beneficiary and lives in the municipality as it is called in the last month needed."""
    month = wanted.half_year + wanted.after
    valid = rules(settings).valid_municipality[rules(settings).era_of_month[month]]
    there = MUNICIPALITIES.index(valid_code(wanted.ocmw, month))
    lives_there = (cohort.municipality >= 0) & (valid[cohort.municipality] == there)
    chosen: Mask = lives_there & (cohort.situation == SITUATIONS.index("not_beneficiary"))
    return chosen
