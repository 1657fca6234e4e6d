"""Keyed services shown to a newcomer: synthetic records admitted, and one answer of a social report."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from processors.services.all_services import SERVICE
from processors.services.gpmi.answer import Question, answer
from processors.services.gpmi.gathering import gathered
from processors.services.report_questions import seen_by_asker
from processors.services.social_reports import Person, Request, requests_of
from processors.services.subsidies.indicators import rows
from processors.services.subsidies.standing import standings
from schemas.periods import parse_month
from schemas.places import KINGDOM
from schemas.services.days import instant_of
from schemas.services.subsidy_years import subsidy_year
from streams.embedded.admission import admit_files, states_of
from streams.shell import clock
from synthetic.services import generate_services

PERSONS = 300
YEAR = parse_month("2017-01"), parse_month("2017-12")
PERIOD = ("--from", "2017-01-01", "--to", "2017-12-31")
Say = Callable[[str], None]


def made_records(folder: Path) -> tuple[Path, ...]:
    """Write the files of a year of nobody into a folder, and return them in the order in which they are admitted."""
    return generate_services(PERSONS, YEAR, 1, folder, lambda _done, _total: None).files


def show_services(folder: Path, say: Say) -> None:
    """Make records in a folder, admit them into a store in it, and say what became of them; show one answer."""
    balances = admit_files(made_records(folder), folder / "store", instant_of(clock.instant()))
    for name, balance in balances.items():
        say(f"{name}: {balance.applied:,} of {balance.events:,} events applied, {balance.waiting} waiting")
    store = folder / "store"
    say(projects(store))
    say(f"its workbook: ocmw gpmi --ocmw 01000 {' '.join(PERIOD)} --format xlsx --out gpmi.xlsx --store {store}")
    say(subsidies(store))
    request = shown_request([state for _, state in states_of(SERVICE["social-reports"], folder / "store")])
    if request is not None:
        say(sentence(request))
        number, asker = request.record.event_id.hex(), f"{request.record.ocmw:05d}"
        say(f"its report: ocmw esv show {number} --ocmw {asker} --store {folder / 'store'}")


def projects(store: Path) -> str:
    """Say what the kingdom's projects of the year were, both ways of counting where they differ."""
    columns = gathered(states_of(SERVICE["contracts"], store)).columns
    first, last = map(date.fromisoformat, PERIOD[1::2])
    figures = {row.figure: row for row in answer(columns, Question(KINGDOM, first, last)) if row.breakdown == "total"}
    counts = ", ".join(
        f"{int(figures[name].unique):,} {verb}"
        for name, verb in (("projects_started", "began"), ("projects_closed", "ended"), ("projects_running", "run on"))
    )
    people = figures["beneficiaries"]
    return (
        f"projects (GPMI) of {last.year} in the kingdom: {counts}; {int(people.unique):,} beneficiaries, "
        f"{int(people.as_tool):,} as the tool counts"
    )


def subsidies(store: Path) -> str:
    """Say what the kingdom's OCMWs made of their subsidies, both official degrees."""
    year = date.fromisoformat(PERIOD[1]).year
    states = (state for _, state in states_of(SERVICE["subsidies"], store))
    indicators = rows(standings(states, year), subsidy_year(year))
    whole = {row.indicator: row.value or 0 for row in indicators if row.ocmw == KINGDOM and not row.part}
    return (
        f"subsidies of {year}: {whole['6'] / 100:,.0f} euro granted, degree of justification {whole['8'] / 100:.2f} %, "
        f"of use {whole['8c'] / 100:.2f} % (ocmw subsidies report --store {store})"
    )


def shown_request(people: Sequence[Person]) -> Request | None:
    """Return the first request whose answer shows the most decisions."""
    requests = requests_of(people)
    return max(requests, key=_decisions, default=None)


def _decisions(request: Request) -> int:
    return sum(len(dossier.decisions) for report in request.reports for dossier in report.dossiers)


def sentence(request: Request) -> str:
    """Say what an OCMW asked and what it learnt."""
    fields = seen_by_asker(request)
    answers = ", ".join(f"{one['answering']} {one['state'].lower().replace('_', ' ')}" for one in fields["answers"])
    contract = any(report.contract for report in request.reports)
    told_of = f"{_decisions(request)} decisions{' and, with consent, a contract' if contract else ''}"
    return f"a social report: OCMW {fields['asking']} asked, {answers}; it is told of {told_of}"
