"""The first thing a newcomer runs: a small country from claims to workbooks, and the proof that it is right."""

import shutil
import time
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from streams.commands.demo_statements import FOLDER, FirstAct, compile_edge, from_statements
from streams.commands.history import show

if TYPE_CHECKING:
    from schemas.releases import Release
    from streams.embedded.driver import Outcomes
    from streams.proof.recount import Verdict
    from streams.shell.progress import Report
    from synthetic.history import Summary

PERSONS = 20_000
FIRST, LAST = "2022-01", "2023-12"
SEED = 1
WORKBOOKS = ("LL",)
HISTORY, STORE, BOOKS, SERVICES = "history.avro", "store", "workbooks", "services"
_TORN = f".{HISTORY}-*.tmp"
"""What a kill leaves of a history that was being written."""
KAFKA = "kafka"
"""Where the demo on Kafka makes its own, beside this one."""
MARK = ".made-by-ocmw-demo"
"""Stands in a folder before anything else of a demo does: names alone might be of somebody's own store."""

NEXT = (
    "ocmw serve --store {store}",
    "ocmw why --store {store} --support LL --period 2023-09",
    "ocmw changes --store {store}",
    "ocmw delays --store {store}",
    "ocmw export --store {store} --support LL --period 2022 --format csv --out ll_2022.csv",
    "ocmw indicators --store {store} --place 44021",
)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw demo")(demo)


def demo(
    directory: Annotated[
        Path, typer.Option(help="Where history, store and workbooks go; those of an earlier demo are replaced.")
    ] = Path("demo"),
) -> None:
    """Import statements, generate a history, replay it, recount a sample, write workbooks; say what happened.

    Needs nothing and takes about a minute and a half. All persons are synthetic.
    """
    from streams.shell import kernel_cache
    from streams.shell.processes import workers
    from streams.shell.warm_up import COMPILERS

    began = time.monotonic()
    kernel_cache.prepare()
    make_room(directory)
    with workers(2) as beside:
        compiling = [
            beside.submit(kernels) for kernels in (*COMPILERS, compile_edge)
        ]  # they begin while this process still imports
        made = _made(directory, beside, compiling)
    _tell(made, directory)
    _show_next(directory, time.monotonic() - began)
    raise typer.Exit(1 if made.verdict.differences or made.first.differences else 0)


def make_room(directory: Path) -> None:
    """Make the folder of a demo, or remove what an earlier one made in it, also one that was interrupted.

    Raises UsageError, and removes nothing, where anything else is in it.
    """
    from sinks.durability import explained
    from streams.settings import UsageError

    with explained(directory):
        directory.mkdir(parents=True, exist_ok=True)
        others = _others(directory)
        if others:
            message = f"{directory}: holds {others[0]}, which no demo made; name a new or empty folder with --directory"
            raise UsageError(message)
        (directory / MARK).touch()
        for torn in directory.glob(_TORN):
            torn.unlink()
        for name in (STORE, BOOKS, FOLDER):
            shutil.rmtree(directory / name, ignore_errors=True)


def _others(directory: Path) -> list[str]:
    """Return the names that no demo made; without its mark all of them, whatever they are called."""
    names = {path.name for path in directory.iterdir() if not path.match(_TORN)} - {KAFKA}
    strange = names - {MARK, HISTORY, STORE, BOOKS, FOLDER}
    return sorted(strange) or sorted(names if MARK not in names else ())


class _Made(NamedTuple):
    first: FirstAct
    history: "Summary"
    outcomes: "Outcomes"
    verdict: "Verdict"
    workbooks: list[str]


def _made(directory: Path, beside: ProcessPoolExecutor, compiling: "list[Future[None]]") -> _Made:
    """Make everything in ``directory``: the slow reader reads beside the replay, then all recount."""
    from schemas.settings import FigureSettings
    from streams.embedded.driver import Embedded
    from streams.proof.recount_workers import Task, keep_log, recounted
    from streams.shell.console import progress_bar

    history, root = directory / HISTORY, directory / STORE
    with TemporaryDirectory() as temporary, progress_bar() as report:
        made = _history(history, report)
        for number, kernels in enumerate(compiling):
            report("compiling (once)", number, len(compiling))
            kernels.result()
        first = from_statements(directory / FOLDER, report)
        settings = FigureSettings()
        reading = beside.submit(keep_log, [history], Path(temporary) / "log", settings)
        outcomes = Embedded.run(root, settings, [history], progress=report)
        writing = [beside.submit(_write_workbook, root, directory / BOOKS, support) for support in WORKBOOKS]
        report("reading the log slowly", 0, 1)
        reading.result()
        verdict = recounted(Task(Path(temporary) / "log", root, SEED), beside, report, indicators=False)
        report("writing workbooks", 0, 1)
        return _Made(first, made, outcomes, verdict, [name for book in writing for name in book.result()])


def _history(path: Path, report: "Report") -> "Summary":
    from schemas.periods import parse_month
    from synthetic import generate

    def progress(done: int, total: int) -> None:
        report("writing a history", done, total)

    return generate(PERSONS, parse_month(FIRST), parse_month(LAST), SEED, path, progress)


def _tell(made: _Made, directory: Path) -> None:
    from sinks.directory.store import DirectoryStore
    from streams.shell.console import headed

    headed("From statements", made.first.sentence)
    came = made.history
    headed("What came in", f"{came.persons:,} synthetic persons, {FIRST} to {LAST}, {came.updates} updates")
    show(made.outcomes)
    _show_gate(DirectoryStore.reading(directory / STORE).release())
    headed("Workbooks", f"{', '.join(made.workbooks)} in {directory / BOOKS} (ocmw export --format xlsx writes all)")
    _show_verdict(made.verdict)
    _show_services(directory / SERVICES)


def _show_services(folder: Path) -> None:
    from streams.embedded.services_shown import show_services
    from streams.shell.console import OUT, headed

    headed("Keyed services", "contracts, social reports and subsidies stand beside the figures (docs/services.md)")
    show_services(folder, lambda line: OUT.print(f"  {line}"))


def _show_next(directory: Path, seconds: float) -> None:
    from streams.shell.console import OUT

    OUT.print(f"Done in {seconds:.0f} s. Try next:")
    for command in NEXT:
        OUT.print(f"  .venv/bin/{command.format(store=directory / 'store')}")


def _write_workbook(root: Path, books: Path, support: str) -> list[str]:
    """Write the workbooks of one support, a process of its own; return their names."""
    from sinks.directory.store import DirectoryStore
    from sinks.files.selection import Selection
    from sinks.files.workbook import write_workbooks

    store = DirectoryStore.reading(root)
    written = write_workbooks(books, store, store.release(), Selection("public", frozenset((support,))))
    return [path.name for path in written]


def _show_verdict(verdict: "Verdict") -> None:
    from streams.shell.console import OUT, headed

    headed(
        "Proof",
        f"{len(verdict.differences)} of {verdict.cells:,} cells differ from a slow recount of "
        f"{verdict.blocks} whole blocks, {verdict.totals:,} kingdom totals from one in SQL",
    )
    for difference in verdict.differences[:20]:
        OUT.print(difference)


def _show_gate(release: "Release") -> None:
    """Print, support by support, how many months are published, and what the others wait for."""
    from schemas.releases import State
    from schemas.supports import NODES
    from streams.shell.console import show_table

    rows = []
    for node in NODES:
        months = [(key.period, entry) for key, entry in release.entries.items() if key[0] == node.code]
        of_month = [(period, entry.vintage) for period, entry in months if period.kind == "month"]
        tally = [sum(vintage.state is state for _, vintage in of_month) for state in State]
        published = [(period, vintage) for period, vintage in of_month if vintage.published_value is not None]
        newest = max(published, default=None, key=lambda pair: pair[0].last)
        figure = f"{newest[0].code}: {newest[1].published_value:,}" if newest else "-"
        rows.append((node.code, node.delay, *tally[:4], figure))
    show_table(
        f"Months after update {release.update.update_id} (pending: legal delay; settling, revising: stability)",
        ("support", "delay", *[state.value for state in State][:4], "newest published"),
        rows,
    )
