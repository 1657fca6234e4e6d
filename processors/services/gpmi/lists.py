"""Beside the figures: projects month by month, and those that need an evaluation (I)."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from processors.services.gpmi.answer import Question, groups_of, hex_of
from processors.services.gpmi.figures import last_looked_at, needs_evaluation
from processors.services.gpmi.gathering import Gathered
from processors.services.gpmi.reading import Reading
from schemas.arrays import Mask
from schemas.periods import month_code, month_of
from schemas.services.days import day_of, iso_day
from schemas.services.gpmi_figures import Due, Month


def by_month(gathered: Gathered, question: Question) -> Iterator[Month]:
    """Yield the months of the period, each project once, in the geography of the last day; so the months add up."""
    reading = _reading(gathered, question)
    mine = _mine(reading, question) & reading.counts
    begin, end = reading.begin[mine], reading.end[mine]
    for month in range(month_of(question.first_day), month_of(question.last_day) + 1):
        since, until = max(_first(month), reading.first_day), min(_first(month + 1) - 1, reading.last_day)
        yield Month(
            month_code(month),
            int(np.count_nonzero((begin <= until) & (end > until))),
            int(np.count_nonzero((begin >= since) & (begin <= until))),
            int(np.count_nonzero((end >= since) & (end <= until))),
        )


def _first(month: int) -> int:
    return day_of(date.fromisoformat(f"{month_code(month)}-01"))


def due(gathered: Gathered, question: Question) -> Iterator[Due]:
    """Yield the projects that need an evaluation on the last day, the longest without one first."""
    reading = _reading(gathered, question)
    looked = last_looked_at(reading)
    chosen = np.flatnonzero(_mine(reading, question) & needs_evaluation(reading))
    latest = dict(
        zip(reading.contracts.versions.contract[reading.latest].tolist(), reading.latest.tolist(), strict=True)
    )
    for contract in sorted(chosen.tolist(), key=lambda one: (looked[one], one)):
        version, begin = gathered.versions[latest[contract]], int(reading.begin[contract])
        yield Due(
            ocmw=f"{reading.ocmw[contract]:05d}",
            contract=version.contract.hex(),
            version=version.version,
            begins_on=iso_day(begin),
            evaluated_on=iso_day(int(looked[contract])) if looked[contract] > begin else "",
            workers=tuple(hex_of(worker) for worker in dict.fromkeys(version.social_workers)),
        )


def _reading(gathered: Gathered, question: Question) -> Reading:
    return Reading(gathered.columns, day_of(question.first_day), day_of(question.last_day))


def _mine(reading: Reading, question: Question) -> Mask:
    """Tell which contracts are those of the question: of its OCMW, of all for the kingdom."""
    _, groups = next(iter(groups_of(reading, question)))
    return groups >= 0
