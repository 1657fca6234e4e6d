"""The electronic social report (ESV, RSE): asked, listed, shown, put away, and told to the person."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from schemas.services.records import Consent
    from streams.embedded.social_reports import ReportPlace

app = typer.Typer(
    name="esv", no_args_is_help=True, help="Electronic social reports: what other OCMWs decided about a person."
)

StoreDir = Annotated[Path | None, typer.Option("--store", help="Directory of the store.", show_default=False)]
OnKafka = Annotated[bool, typer.Option("--kafka", help="Ask on Kafka instead of in a store.")]
House = Annotated[str, typer.Option(help="NIS code of your OCMW, as 11002.", show_default=False)]
At = Annotated[str | None, typer.Option(help="Instant, as 2017-04-10T10:00:00Z; default: now.", show_default=False)]
Out = Annotated[Path | None, typer.Option(help="The file to write; default: print it.", show_default=False)]
PersonKey = Annotated[str, typer.Option(help="Pseudonym of the person, 32 hex digits.", show_default=False)]
RequestId = Annotated[str, typer.Argument(help="Id of the request, 32 hex digits.", show_default=False)]
ListFormat = Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="How to write it.")]


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


@app.command(epilog="Example: ocmw esv ask --ocmw 11002 --insz - --key edge.key --from 2017-03-01 ...")
def ask(
    ocmw: House,
    first: Annotated[str, typer.Option("--from", help="First day asked for.", show_default=False)],
    last: Annotated[str, typer.Option("--to", help="Last day asked for.", show_default=False)],
    reason: Annotated[str, typer.Option(help="AID_REQUESTED, REVIEW or RECOVERY.", show_default=False)],
    asked_by: Annotated[str, typer.Option(help="Keyed hash of who asks, 16 hex digits.", show_default=False)],
    consent: Annotated[
        str | None, typer.Option(help="Day of the citizen's consent to show the contract.", show_default=False)
    ] = None,
    consent_by: Annotated[
        Literal["CITIZEN", "REPRESENTATIVE"] | None, typer.Option(help="Who gave it.", show_default=False)
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="Pseudonym of the person, 32 hex digits.", show_default=False)
    ] = None,
    insz: Annotated[
        str | None,
        typer.Option(help="Instead of it -: type the national number, with --key.", metavar="-", show_default=False),
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Key file of the edge, for --insz.", show_default=False)] = None,
    identities: Annotated[
        Path | None, typer.Option(help="Numbers that changed, for --insz: old;new;day.", show_default=False)
    ] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="A trial: the number is of nobody.")] = False,
    at: At = None,
    store: StoreDir = None,
    kafka: OnKafka = False,
) -> None:
    """Ask what other OCMWs decided about a person in a period; the last line is the id of the request.

    It is noted in the log of accesses before it is answered. One with an error is answered too: see ocmw esv show.
    A number read with --insz - becomes the pseudonym of the logs at once, and is neither kept nor shown.
    """
    import secrets

    from schemas.services.records import SocialReportRequest
    from streams.settings import UsageError

    instant = _instant(at)
    record = SocialReportRequest(
        secrets.token_bytes(16),
        _person(person, insz, key, identities, synthetic=synthetic),
        _ocmw(ocmw),
        _day(first, "--from"),
        _day(last, "--to"),
        reason,
        int.from_bytes(_hex(asked_by, 8, "keyed hash"), "big", signed=True),
        instant,
        _consent(consent, consent_by),
    )
    fault = _place(store, kafka=kafka).send("requests", record, instant)
    if fault is not None:
        raise UsageError(f"{fault.reason}; {fault.remedy}")
    typer.echo(record.event_id.hex())


@app.command("list", epilog="Example: ocmw esv list answers --ocmw 11002 --store store")
def list_(
    what: Annotated[
        Literal["requests", "answers", "asked"],
        typer.Argument(help="What you asked, who answered, or who asked you.", show_default=False),
    ],
    ocmw: House,
    form: ListFormat = "table",
    out: Out = None,
    store: StoreDir = None,
    kafka: OnKafka = False,
) -> None:
    """List an OCMW's requests, the answers to them (a row for each OCMW asked), or who asked it, by whom and why."""
    from processors.services.report_questions import COLUMNS, listed
    from schemas.services.days import brussels_day
    from streams.embedded.social_reports import noted

    place, house = _place(store, kafka=kafka), _ocmw(ocmw)
    noted(place, f"esv list {what}", {"ocmw": f"{house:05d}"})
    _write(COLUMNS, listed(place.people(), what, house, brussels_day(_instant(None))), form, out)


@app.command(epilog="Example: ocmw esv show REQUEST --ocmw 11002 --lang fr --store store")
def show(
    request: RequestId,
    ocmw: House,
    lang: Annotated[Literal["nl", "fr"], typer.Option(help="Language of the page.")] = "nl",
    form: Annotated[Literal["text", "html", "json"], typer.Option("--format", help="How to write it.")] = "text",
    out: Out = None,
    store: StoreDir = None,
    kafka: OnKafka = False,
) -> None:
    """Show a request of an OCMW and its answers: dossiers, decisions one by one, elements of the calculation."""
    import json

    from processors.services.report_questions import asked_for, seen_by_asker
    from streams.embedded.social_reports import request_of

    report_request = request_of(_place(store, kafka=kafka), _hex(request, 16, "request"), _ocmw(ocmw))
    if form == "json":
        _out(json.dumps(seen_by_asker(report_request), indent=2, ensure_ascii=False) + "\n", out)
        return
    from sinks.files.social_report.page import social_report

    _out(social_report(seen_by_asker(report_request) | asked_for(report_request), lang, form), out)


@app.command(epilog="Example: ocmw esv archive REQUEST --ocmw 11002 --store store")
def archive(
    request: RequestId,
    ocmw: House,
    answering: Annotated[
        str | None, typer.Option(help="OCMW whose answer it is; default: the request.", show_default=False)
    ] = None,
    at: At = None,
    store: StoreDir = None,
    kafka: OnKafka = False,
) -> None:
    """Put a request away, or one answer to it; only the OCMW that asked may, and only once."""
    import secrets

    from processors.services.protocol import Arrived
    from processors.services.social_reports import SocialReportService
    from schemas.faults import Fault
    from schemas.services.records import ReportArchived
    from sinks.errors import UnknownRequestError
    from streams.embedded.social_reports import request_of

    place, instant = _place(store, kafka=kafka), _instant(at)
    known_request = request_of(place, _hex(request, 16, "request"), _ocmw(ocmw))
    record = ReportArchived(
        secrets.token_bytes(16),
        known_request.record.person,
        known_request.record.event_id,
        _ocmw(answering) if answering else 0,
        _ocmw(ocmw),
        instant,
    )
    foreseen = SocialReportService().fold(place.person(record.person), Arrived(record, instant))
    fault = foreseen if isinstance(foreseen, Fault) else place.send("requests", record, instant)
    if fault is not None:
        raise UnknownRequestError(f"{fault.slug}: {fault.reason}; {fault.remedy}")


@app.command(epilog="Example: ocmw esv consulted --person PERSON --store store")
def consulted(
    person: PersonKey,
    form: ListFormat = "table",
    out: Out = None,
    store: StoreDir = None,
    kafka: OnKafka = False,
) -> None:
    """Say who asked about a person, by whom and why, refused requests too: the person's right to know."""
    from processors.services.report_questions import CONSULTED
    from processors.services.report_questions import consulted as rows
    from streams.embedded.social_reports import noted

    place, key = _place(store, kafka=kafka), _hex(person, 16, "person")
    noted(place, "esv consulted", {})
    _write(CONSULTED, rows(place.person(key)), form, out)


def _place(store: Path | None, *, kafka: bool) -> "ReportPlace":
    from streams.settings import UsageError

    if (store is None) is not kafka:
        raise UsageError("name one place: --store DIR, or --kafka")
    if store is not None:
        from streams.embedded.social_reports import StorePlace

        return StorePlace(store)
    from streams.agents.social_reports import KafkaPlace
    from streams.kafka.settings import KafkaSettings

    return KafkaPlace(KafkaSettings())


def _write(columns: tuple[str, ...], rows: list[dict[str, Any]], form: str, out: Path | None) -> None:
    import csv
    import json
    from io import StringIO

    from processors.services.report_questions import history_text
    from streams.shell.console import show_table
    from streams.shell.escaping import printable

    if form == "json":
        _out(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", out)
        return
    plain = [[history_text(row[name]) if name == "history" else row[name] for name in columns] for row in rows]
    if form == "csv" or out is not None:
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows([columns, *plain])
        _out(text.getvalue(), out)
        return
    show_table("", columns, [[printable(str(value)) for value in row] for row in plain])


def _out(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    from sinks.durability import write_for_owner

    write_for_owner(out, text)


def _hex(text: str, size: int, noun: str) -> bytes:
    from streams.settings import UsageError

    try:
        digits = bytes.fromhex(text)
    except ValueError:
        digits = b""
    if len(digits) != size or len(text) != 2 * size:
        raise UsageError(f"{text!r} is no {noun}; write {2 * size} hex digits")
    return digits


def _person(
    person: str | None, insz: str | None, key: Path | None, identities: Path | None, *, synthetic: bool
) -> bytes:
    from streams.commands.person_asked import NumberAsked, pseudonym
    from streams.settings import UsageError

    if (person is None) is (insz is None):
        raise UsageError("name one person: --person HEX, or --insz - with --key FILE")
    if person is not None:
        return _hex(person, 16, "person")
    return pseudonym(insz or "", NumberAsked(key, identities, synthetic))


def _ocmw(text: str) -> int:
    from schemas.services.days import known_code
    from streams.settings import UsageError

    five = text.isascii() and text.isdigit() and len(text) == 5  # noqa: PLR2004 - NIS codes have five digits
    if not five or not known_code(int(text)):
        raise UsageError(f"{text} is the code of no OCMW; write a NIS code of five digits, as 44021")
    return int(text)


def _day(text: str, option: str) -> int:
    from datetime import date

    from schemas.services.days import day_of
    from streams.settings import UsageError

    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        raise UsageError(f"{option} {text!r} is no day; write it as 2017-03-01") from None


def _instant(text: str | None) -> int:
    from datetime import UTC, datetime

    from schemas.services.days import instant_of
    from streams.settings import UsageError
    from streams.shell.clock import instant

    if text is None:
        return instant_of(instant())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text!r} is no instant; write it as 2017-04-10T10:00:00Z") from None
    return instant_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _consent(given_on: str | None, by: Literal["CITIZEN", "REPRESENTATIVE"] | None) -> "Consent | None":
    from schemas.services.records import Consent
    from streams.settings import UsageError

    if given_on is None and by is None:
        return None
    if given_on is None or by is None:
        raise UsageError("a consent has a day and a giver; name both --consent and --consent-by")
    return Consent(_day(given_on, "--consent"), by)
