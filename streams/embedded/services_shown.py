"""Keyed services shown to a newcomer: synthetic records admitted, and one answer of a social report."""

from collections.abc import Callable, Sequence
from pathlib import Path

from processors.services.all_services import SERVICE
from processors.services.report_questions import told
from processors.services.social_reports import Person, Request, requests_of
from schemas.periods import parse_month
from schemas.services.days import instant_of
from streams.embedded.admission import admit_files, states_of
from streams.shell import clock
from synthetic.services import generate_services

PERSONS = 300
YEAR = parse_month("2017-01"), parse_month("2017-12")
Say = Callable[[str], None]


def made_records(folder: Path) -> tuple[Path, ...]:
    """Write the files of a year of nobody into a folder, and return them in the order in which they are admitted."""
    return generate_services(PERSONS, YEAR, 1, folder, lambda _done, _total: None).files


def show_services(folder: Path, say: Say) -> None:
    """Make records in a folder, admit them into a store in it, and say what became of them; show one answer."""
    balances = admit_files(made_records(folder), folder / "store", instant_of(clock.instant()))
    for name, balance in balances.items():
        say(f"{name}: {balance.applied:,} of {balance.events:,} events applied, {balance.waiting} waiting")
    request = shown_request([state for _, state in states_of(SERVICE["social-reports"], folder / "store")])
    if request is not None:
        say(sentence(request))
        number, asker = request.record.event_id.hex(), f"{request.record.ocmw:05d}"
        say(f"its report: ocmw esv show {number} --ocmw {asker} --store {folder / 'store'}")


def shown_request(people: Sequence[Person]) -> Request | None:
    """Return the first request whose answer shows the most decisions."""
    requests = requests_of(people)
    return max(requests, key=_decisions, default=None)


def _decisions(request: Request) -> int:
    return sum(len(dossier.decisions) for report in request.reports for dossier in report.dossiers)


def sentence(request: Request) -> str:
    """Say what an OCMW asked and what it was told."""
    found = told(request)
    answers = ", ".join(f"{one['answering']} {one['state'].lower().replace('_', ' ')}" for one in found["answers"])
    contract = any(report.contract for report in request.reports)
    told_of = f"{_decisions(request)} decisions{' and, with consent, a contract' if contract else ''}"
    return f"a social report: OCMW {found['asking']} asked, {answers}; it is told of {told_of}"
