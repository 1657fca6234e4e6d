"""What was set aside on Kafka, of the dossier log and of keyed services: listed, shown, sent again."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.services.topics import ServiceName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.faults import Fault
    from streams.kafka.settings import KafkaSettings

app = typer.Typer(name="dead-letters", no_args_is_help=True, help="What was set aside: list, show, send again.")

OfService = Annotated[
    ServiceName | None,
    typer.Option("--service", help="Of this keyed service; default: of the dossier log.", show_default=False),
]


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


@app.command("list", epilog="Example: ocmw dead-letters list")
def list_letters(
    service: Annotated[
        ServiceName | None,
        typer.Option("--service", help="Of this keyed service alone; default: of all.", show_default=False),
    ] = None,
) -> None:
    """Count the events set aside for each reason, and those sent again since; say whose fault it is and what to do.

    The dossier log comes first, then each keyed service that set something aside.
    """
    from schemas.services.topics import ADMITS
    from streams.kafka.settings import KafkaSettings

    settings = KafkaSettings()
    if service is not None:
        _list(settings, service, always=True)
        return
    _list(settings, None, always=True)
    for one in ADMITS:
        _list(settings, one, always=False)


@app.command("show", epilog="Example: ocmw dead-letters show unknown-schema")
def show_letter(
    slug: Annotated[str, typer.Argument(help="The reason, as ocmw dead-letters list names it.", show_default=False)],
    service: OfService = None,
) -> None:
    """Show whose events were set aside for a reason, where and when; never what they say of a person.

    A row stands for the events of one OCMW ("?" where none can be read) in one partition of the log, or of a topic of
    the service, with the offsets of the first and the last, when they were set aside (UTC), and how many were sent
    again since. Below stand the reasons, whose fault it is and what to do. Kafka keeps neither file nor client of an
    event: the sender finds both with ocmw check FILE.
    """
    from streams.kafka.dead_letters import groups
    from streams.kafka.settings import KafkaSettings
    from streams.shell.clock import minute
    from streams.shell.console import say, show_table

    _refuse_unknown(slug, service)
    of_slug = asyncio.run(groups(KafkaSettings(), slug, service)).get(slug, [])
    of_topic = ("topic",) if service else ()
    rows = (
        (
            one.ocmw or "?",
            *([one.topic] if service else []),
            str(one.partition),
            one.events,
            one.again,
            *map(str, one.offsets),
            *map(minute, one.since),
        )
        for one in of_slug
    )
    columns = ("OCMW", *of_topic, "partition", "events", "sent again", "first", "last", "from", "to")
    show_table(slug, columns, rows)
    fault = _faults(service)[slug]
    for reason in sorted({reason for one in of_slug for reason in one.reasons}) or [fault.reason]:
        say(f"{reason[0].upper()}{reason[1:]}; fault of the {fault.owner}: {fault.remedy}.")


@app.command("resend", epilog="Example: ocmw dead-letters resend unknown-schema")
def resend_letters(
    slug: Annotated[str, typer.Argument(help="The reason that was mended.", show_default=False)],
    service: OfService = None,
) -> None:
    """Send again what was set aside for a reason; what was counted meanwhile counts once.

    Requests for social reports are left: whoever asked asks again.
    """
    from schemas.faults import WITHHELD
    from streams.kafka.dead_letters import resend
    from streams.kafka.settings import KafkaSettings
    from streams.settings import UsageError
    from streams.shell.console import OUT, counted

    _refuse_unknown(slug, service)
    if slug in WITHHELD:
        message = f"{slug}: nothing of these events was kept; let their sender key the persons and send them again"
        raise UsageError(message)
    OUT.print(f"{counted(asyncio.run(resend(KafkaSettings(), slug, service)), 'event')} sent again")


def _faults(service: ServiceName | None) -> "Mapping[str, Fault]":
    from schemas.faults import FAULT
    from schemas.services.faults import SERVICE_FAULT

    return SERVICE_FAULT if service else FAULT


def _list(settings: "KafkaSettings", service: ServiceName | None, *, always: bool) -> None:
    from streams.kafka.dead_letters import groups
    from streams.shell.console import show_table

    groups_of, faults = asyncio.run(groups(settings, None, service)), _faults(service)
    sums = {slug: (sum(one.events for one in of), sum(one.again for one in of)) for slug, of in groups_of.items()}
    rows = [
        (slug, *sums[slug], faults[slug].owner, faults[slug].remedy)
        for slug in sorted(sums, key=lambda slug: -sums[slug][0])
    ]
    if rows or always:
        title = f"Set aside by {service}" if service else "Set aside"
        show_table(title, ("slug", "events", "sent again", "whose fault", "what to do"), rows)


def _refuse_unknown(slug: str, service: ServiceName | None) -> None:
    from schemas.services.faults import SERVICE_FAULT
    from streams.settings import UsageError

    faults = _faults(service)
    if slug in faults:
        return
    of_services = "" if service or slug not in SERVICE_FAULT else "; of a keyed service name it: --service"
    message = f"{slug!r} is no reason for which events are set aside{of_services}; choose among {', '.join(faults)}"
    raise UsageError(message)
