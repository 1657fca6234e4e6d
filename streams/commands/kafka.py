"""The same figures on Kafka: topics, events in, closings, workers, what was set aside, and where all stands."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.commands.history import Files, Future

if TYPE_CHECKING:
    from schemas.services.reading import TopicFile

Role = Literal["intake", "publish", "agents", "contracts", "social-reports", "subsidies"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw topics")(topics)
    app.command(epilog="Example: ocmw emit claims.avro")(emit)
    app.command("close-update", epilog="Example: ocmw close-update 2024-04 --reference-month 2024-04")(close_update)
    app.command(epilog="Example: ocmw worker --role publish --store store")(worker)
    app.command("log-export", epilog="Example: ocmw log-export --out log.avro")(log_export)
    app.command(epilog="Example: ocmw status --store store")(status)
    app.command(epilog="Example: ocmw receipts --ocmw 44021 --statement-month 2024-03")(receipts)
    app.command(epilog="Example: ocmw compare old-store new-store")(compare)
    app.command("demo-kafka", epilog="Example: ocmw demo-kafka --out demo/kafka")(demo_kafka)


def topics() -> None:
    """Make the topics that are missing and verify all.

    Run it once before anything else; it changes no topic that is there. Brokers must not make topics by themselves.
    """
    from streams.agents.table import every_topic
    from streams.kafka.settings import KafkaSettings
    from streams.kafka.topic_admin import make_topics
    from streams.shell.console import OUT

    settings = KafkaSettings()
    for name in asyncio.run(make_topics(settings, every_topic(settings))):
        OUT.print(f"made {name}")
    OUT.print("all topics are as they must be")


def emit(files: Files, allow_future: Future = False) -> None:
    """Send the events of files to Kafka and close the updates that they close; repeating it changes no figure.

    Files of keyed services (contracts, decisions, requests, yearly reports) go to the topics of those.
    """
    from schemas.services.reading import TopicFile

    of_services = [path for path in files if TopicFile.holds_records(path)]
    if of_services:
        _emit_records([TopicFile.open(path) for path in of_services])
    claims = [path for path in files if path not in of_services]
    if claims:
        _emit_claims(claims, allow_future=allow_future)


def _emit_records(files: "list[TopicFile]") -> None:
    from streams.agents.records import emit_records
    from streams.kafka.settings import KafkaSettings
    from streams.shell.console import OUT, counted, progress_bar

    with progress_bar() as report:
        sent, unreadable = asyncio.run(emit_records(KafkaSettings(), files, report))
    OUT.print(f"{counted(sent, 'event')} of keyed services sent; {unreadable:,} records do not parse and were not sent")


def _emit_claims(files: list[Path], *, allow_future: bool) -> None:
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from streams.kafka.emit import emit as send
    from streams.kafka.settings import KafkaSettings
    from streams.shell.clock import next_month
    from streams.shell.console import OUT, counted, progress_bar

    latest = None if allow_future else next_month()
    with progress_bar() as report:
        emitted = asyncio.run(send(KafkaSettings(), files, report, latest))
    OUT.print(
        f"{counted(emitted.events, 'event')} and {counted(emitted.closed, 'closing')} sent; {emitted.unreadable:,} "
        f"records do not parse and were not sent; {emitted.refused:,} closings refused"
    )
    if emitted.in_clear:
        OUT.print(f"{counted(emitted.in_clear, 'event')} not sent: person-not-keyed; see ocmw check")


def close_update(
    update_id: Annotated[str, typer.Argument(help="Name of the update; used once.")],
    reference_month: Annotated[str, typer.Option(help="Reference month M of the delays, as 2024-03.")],
    allow_future: Future = False,
) -> None:
    """Close an update: it holds exactly what precedes its closing in each partition of the log.

    Reference months never decrease; one later than next month is refused without --allow-future. Was it killed half
    way? Run it again with the same name: it writes what is missing.
    """
    from schemas.periods import parse_month, to_yyyymm
    from streams.kafka.settings import KafkaSettings
    from streams.kafka.updates import close_update as close
    from streams.release.closing_month import too_far
    from streams.settings import UsageError
    from streams.shell.clock import next_month
    from streams.shell.console import OUT

    try:
        month = parse_month(reference_month)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if month > next_month() and not allow_future:
        raise too_far("close-update", update_id, month, next_month())
    update = asyncio.run(close(KafkaSettings(), update_id, to_yyyymm(month)))
    OUT.print(f"update {update_id} is closed; its number is {update.sequence}")


def worker(
    role: Annotated[Role | None, typer.Option(help="What it does; without: one of each, and any end ends all.")] = None,
    store: Annotated[Path | None, typer.Option(help="Directory of the store (publish).", show_default=False)] = None,
) -> None:
    """Run a worker until it is told to end.

    intake folds the events of its partitions; several share the work. publish counts, passes the gate and releases; a
    second one stands by. agents make receipts. contracts, social-reports and subsidies are keyed services, each a
    process of its own, started by its name alone. Settings come from the environment: ocmw settings.
    """
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from streams.kafka.asking import require_kafka
    from streams.kafka.roles.supervisor import supervise
    from streams.kafka.settings import KafkaSettings
    from streams.settings import UsageError, load_settings
    from streams.shell.health import HealthSettings
    from streams.shell.logs import configure, tell_uncaught

    if store is None and role in (None, "publish"):
        message = "name the directory of the store: --store DIR"
        raise UsageError(message)
    settings, figures, health = KafkaSettings(), load_settings(), HealthSettings()
    asyncio.run(require_kafka(settings))
    configure(settings.log_level)
    tell_uncaught()
    if role == "intake":
        from streams.kafka.roles.intake import run_intake  # a role imports what it needs, to be back soon

        asyncio.run(run_intake(settings, figures.figures(), health))
    elif role is not None and role != "publish":
        from streams.agents.run import run_agents

        asyncio.run(run_agents(settings, health, role))
    elif store is not None and role == "publish":
        from streams.kafka.release.election import Home
        from streams.kafka.roles.publish import run_publish
        from streams.redis_settings import RedisSettings
        from streams.release.publishing import publishing, shown_to_public

        how, copy = publishing(figures), RedisSettings()
        home = Home(store, figures.keep_releases, how)
        kept = copy.copy_of_store(shown_to_public(store, approval=how.approval)) if copy.url else None
        asyncio.run(run_publish(settings, figures.figures(), home, health, kept))
    elif store is not None:
        raise typer.Exit(supervise(store, health))


def log_export(
    out: Annotated[Path, typer.Option(help="The Avro file to write.", show_default=False)],
) -> None:
    """Write the log as an Avro file for replay and recount: all events up to each closing, then the closing."""
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from streams.kafka.log_export import export_log
    from streams.kafka.settings import KafkaSettings
    from streams.shell.console import OUT, counted

    exported = asyncio.run(export_log(KafkaSettings(), out))
    OUT.print(f"{counted(exported.records, 'event')} in {out}")
    if exported.half_closed is not None:
        OUT.print(
            f"update {exported.half_closed} is not closed in every partition yet, and what follows its closing is left "
            "out: see ocmw status, and export again once it is"
        )


def status(
    store: Annotated[Path | None, typer.Option(help="Directory of the store.", show_default=False)] = None,
) -> None:
    """Say where all stands and what it waits for."""
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from streams.kafka.settings import KafkaSettings
    from streams.kafka.status import sentences
    from streams.shell.console import OUT

    for sentence in asyncio.run(sentences(KafkaSettings(), store)):
        OUT.print(sentence)


def receipts(
    ocmw: Annotated[str, typer.Option(help="NIS code of the OCMW, as its events have it.", show_default=False)],
    statement_month: Annotated[
        str | None, typer.Option(help="Month of the statements, as 2024-03; default: all.", show_default=False)
    ] = None,
) -> None:
    """Say what became of the events that an OCMW sent, by statement month.

    Received is applied, duplicates and set aside together. Euros are signed sums at 100 %, before the state's share.
    """
    from schemas.periods import parse_month, to_yyyymm
    from streams.kafka.receipts import line, read_receipts
    from streams.kafka.settings import KafkaSettings
    from streams.settings import UsageError
    from streams.shell.console import OUT, show_table

    if not (ocmw.isascii() and ocmw.isdigit() and len(ocmw) == 5):  # noqa: PLR2004 - NIS codes have five digits
        message = f"{ocmw} is no NIS code; write five digits, as 44021"
        raise UsageError(message)
    try:
        month = to_yyyymm(parse_month(statement_month)) if statement_month else None
    except ValueError as error:
        raise UsageError(str(error)) from None
    last = asyncio.run(read_receipts(KafkaSettings(), int(ocmw), month))
    if not last:
        OUT.print(f"no receipt of {ocmw} yet: it sent nothing, or intake or the agents have not come to it")
        return
    columns = ("month", "received", "applied", "duplicates", "set aside", "euro in", "euro applied")
    show_table(f"OCMW {ocmw}", columns, map(line, last))


def compare(
    left: Annotated[Path, typer.Argument(help="Directory of a store.", show_default=False)],
    right: Annotated[Path, typer.Argument(help="Directory of another.", show_default=False)],
) -> None:
    """Compare two stores, release by release; exit 1 when they differ.

    The digests that releases name say which blocks and vintages differ. For how much, export both. Whether the blocks
    themselves still have these digests, ocmw rebuild says.
    """
    from sinks.directory.store import DirectoryStore
    from streams.proof.compare import differences
    from streams.shell.console import OUT, show_table

    lines = list(differences(DirectoryStore.reading(left), DirectoryStore.reading(right)))
    if lines:
        show_table("Differences", ("release", "support", "period", "what"), lines)
        OUT.print(f"first is {left}, second {right}; a block is all cells of a support and period.")
        OUT.print("known: one of them does not know the figure; vintage: its value or state; latest, published or")
        OUT.print("public block: what the newest update counts, what is stable, and what of it is public.")
        raise typer.Exit(1)
    OUT.print("no difference")


def demo_kafka(
    out: Annotated[Path, typer.Option(help="Empty directory for everything it makes.")] = Path("demo/kafka"),
) -> None:
    """Show the whole flow on a real Kafka that it fetches and starts itself, and compare with the embedded figures."""
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from sinks.durability import explained
    from streams.proof.demo_kafka import show
    from streams.settings import UsageError
    from streams.shell.console import OUT
    from streams.shell.logs import configure

    with explained(out):
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            message = f"{out} is not empty; name another directory with --out, or remove it"
            raise UsageError(message)
    configure("ERROR")
    if not show(out, OUT.print):
        raise typer.Exit(1)
