"""Keyed services counted again from scratch by their slow truths, and what a store says differently."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from processors.reference import gpmi as slow_contracts
from processors.reference import social_reports as slow_reports
from processors.reference import subsidies as slow_subsidies
from processors.services.all_services import SERVICE
from processors.services.gpmi.answer import Question, answer
from processors.services.gpmi.gathering import gathered
from processors.services.report_making import decision_shown
from processors.services.social_reports import Request
from processors.services.subsidies.indicators import rows
from processors.services.subsidies.standing import standings
from schemas.places import KINGDOM
from schemas.services.days import date_of
from schemas.services.reading import Record, TopicFile
from schemas.services.records import GpmiContract
from schemas.services.subsidy_years import subsidy_year
from schemas.services.topics import ADMITS, HEARS, ServiceName
from streams.embedded.admission import states_of


class Verdict(NamedTuple):
    """What was compared, how much of it, and a sentence for each difference."""

    noun: str
    compared: int
    differences: list[str]


def recounted_service(name: ServiceName, files: Sequence[Path], root: Path) -> Verdict:
    """Return what the slow truth of a service says of files differently from the store made of them.

    Raises CorruptFileError and StoreError.
    """
    wanted = {*ADMITS[name], *HEARS.get(name, ())}
    opened = [TopicFile.open(path) for path in files]
    records = [record for file in opened if file.topic.name in wanted for record in file.records()]
    readable = [record for record in records if not isinstance(record, str)]
    return _RECOUNTS[name](readable, dict(states_of(SERVICE[name], root)))


def _social_reports(records: list[Record], states: dict[bytes, Any]) -> Verdict:
    truths, _ = slow_reports.recounted(records)
    kept = {
        (person, request.record.event_id): timeless(request)
        for person, state in states.items()
        for request in state.requests
    }
    slow = {key: timeless_truth(truth) for key, truth in truths.items()}
    differing = [key for key in {**kept, **slow} if kept.get(key) != slow.get(key)]
    sentences = [
        f"request {request.hex()}: {_difference(kept, slow, (person, request))}" for person, request in differing
    ]
    return Verdict("requests", len(slow), sentences)


def _difference(kept: dict[Any, Any], slow: dict[Any, Any], key: Any) -> str:  # noqa: ANN401 - a key of both
    if key not in kept or key not in slow:
        return "the store does not hold it" if key not in kept else "the slow truth does not know it"
    names = ("error", "states", "answers", "reports")
    wrong = [name for name, one, other in zip(names, kept[key], slow[key], strict=True) if one != other]
    return f"its {' and '.join(wrong)} differ"


def timeless(request: Request) -> tuple[Any, ...]:
    """Return error, states, answers and reports of a request, times left out, to be compared."""
    return (
        request.error,
        [moment.state for moment in request.history],
        {answer.answering: [moment.state for moment in answer.history] for answer in request.answers},
        [
            (
                report.answering,
                report.state,
                [(one.dossier, one.main_beneficiary, one.decisions) for one in report.dossiers],
                (report.contract.contract, report.contract.version) if report.contract else None,
            )
            for report in request.reports
        ],
    )


def timeless_truth(truth: slow_reports.Truth) -> tuple[Any, ...]:
    """Return the same of the slow truth, whose dossiers hold whole records."""
    reports = [
        (
            answering,
            state,
            [(number, main, tuple(map(decision_shown, decisions))) for number, main, decisions in dossiers],
            contract,
        )
        for answering, state, dossiers, contract in truth.reports
    ]
    return truth.error, truth.states, truth.answers, reports


def _contracts(records: list[Record], states: dict[bytes, Any]) -> Verdict:
    kept, _ = slow_contracts.admitted(records)
    columns = gathered(states.items()).columns
    compared, sentences = 0, []
    for year in sorted({date_of(one.start_date).year for one in kept if isinstance(one, GpmiContract)}):
        first, last = date(year, 1, 1), date(year, 12, 31)
        for ocmw in (KINGDOM, *sorted({f"{one.ocmw:05d}" for one in kept if isinstance(one, GpmiContract)})):
            slow_figures = slow_contracts.PeriodFigures(kept, ocmw, first, last).figures()
            slow = {key: values for key, values in slow_figures.items() if ocmw != KINGDOM or key[1] != "worker"}
            fast_rows = answer(columns, Question(ocmw, first, last))
            fast = {(row[3], row[4], row[5]): (row[6], row[7]) for row in fast_rows}
            compared += len(fast)
            keys = [key for key in {**fast, **slow} if _plain(fast.get(key, ())) != _plain(slow.get(key, ()))]
            sentences += [f"{ocmw} {year} {' '.join(key)}" for key in keys]
    return Verdict("figures", compared, sentences)


def _plain(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return values without what is written for nothing: 0, or empty without workers."""
    return tuple(value for value in values if value not in (0, "", None))


def _subsidies(records: list[Record], states: dict[bytes, Any]) -> Verdict:
    kept = [record for record in records if not slow_subsidies.fault(record)]
    compared, sentences = 0, []
    for year in sorted({record.year for record in kept}):
        fast = set(rows(standings(states.values(), year), subsidy_year(year)))
        slow = slow_subsidies.Year(kept, year).rows()
        compared += len(slow)
        sentences += sorted(" ".join(map(str, row)) for row in fast ^ slow)
    return Verdict("rows of indicators", compared, sentences)


_RECOUNTS: dict[str, Callable[[list[Record], dict[bytes, Any]], Verdict]] = {
    "contracts": _contracts,
    "social-reports": _social_reports,
    "subsidies": _subsidies,
}
