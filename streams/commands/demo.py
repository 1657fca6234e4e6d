"""The first thing a newcomer runs: a small country from claims to workbooks, and the proof that it is right."""

import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import show

if TYPE_CHECKING:
    from schemas.releases import Release

PERSONS = 20_000
FIRST, LAST = "2022-01", "2023-12"
SEED = 1
WORKBOOKS = ("LL", "FH")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw demo")(demo)


def demo(
    directory: Annotated[Path, typer.Option(help="Where history, store and workbooks go; emptied first.")] = Path(
        "demo"
    ),
) -> None:
    """Generate a history, replay it, recount a sample, write workbooks; say what happened.

    Needs nothing and takes about a minute and a half. All persons are synthetic.
    """
    from streams import kernel_cache

    began = time.monotonic()
    kernel_cache.prepare()
    from schemas.periods import parse_month
    from schemas.settings import FigureSettings
    from sinks.directory import DirectoryStore
    from streams.console import OUT, progress_bar
    from streams.embedded import Embedded
    from streams.generator import generate
    from streams.recount import Recount
    from streams.warm_up import compile_counting

    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    history, root, books = directory / "history.avro", directory / "store", directory / "workbooks"
    with ProcessPoolExecutor(1, get_context("spawn")) as beside, progress_bar() as report:
        beside.submit(compile_counting)
        made = generate(
            PERSONS,
            parse_month(FIRST),
            parse_month(LAST),
            SEED,
            history,
            lambda done, total: report("writing a history", done, total),
        )
        outcomes = Embedded.run(root, FigureSettings(), [history], progress=report)
        writing = beside.submit(_write_workbooks, root, books)
        store = DirectoryStore.reading(root)
        found = Recount.of([history], store)
        verdict = found.verdict(found.sample(SEED), report, indicators=False)
        report("writing workbooks", 0, 1)
        written = writing.result()
    release = store.release()
    OUT.print(f"[bold]What came in[/]: {made.persons:,} synthetic persons, {FIRST} to {LAST}, {made.updates} updates")
    show(outcomes)
    _show_gate(release)
    OUT.print(f"[bold]Workbooks[/]: {', '.join(written)} in {books} (ocmw export --format xlsx writes all)")
    OUT.print(
        f"[bold]Proof[/]: {len(verdict.differences)} of {verdict.cells:,} cells differ from a slow recount of "
        f"{verdict.blocks} whole blocks, {verdict.totals:,} kingdom totals from one in SQL"
    )
    for difference in verdict.differences[:20]:
        OUT.print(difference)
    OUT.print(f"Done in {time.monotonic() - began:.0f} s. Try next:")
    for command in (
        f"ocmw why --store {root} --support LL --period 2023-09",
        f"ocmw changes --store {root}",
        f"ocmw delays --store {root}",
        f"ocmw export --store {root} --support LL --period 2022 --format csv --out ll_2022.csv",
        f"ocmw indicators --store {root} --place 44021",
    ):
        OUT.print(f"  .venv/bin/{command}")
    raise typer.Exit(1 if verdict.differences else 0)


def _write_workbooks(root: Path, books: Path) -> list[str]:
    """Write the workbooks of the demo, a process of its own; return their names."""
    from sinks.directory import DirectoryStore
    from sinks.files.selection import Selection
    from sinks.files.workbook import write_workbooks

    store = DirectoryStore.reading(root)
    written = write_workbooks(books, store, store.release(), Selection("public", frozenset(WORKBOOKS)))
    return [path.name for path in written]


def _show_gate(release: "Release") -> None:
    """Print, support by support, how many months are published, and what the others wait for."""
    from schemas.releases import State
    from schemas.supports import NODES
    from streams.console import show_table

    rows = []
    for node in NODES:
        months = [(key.period, entry) for key, entry in release.entries.items() if key[0] == node.code]
        of_month = [(period, entry.vintage) for period, entry in months if period.kind == "month"]
        tally = [sum(vintage.state is state for _, vintage in of_month) for state in State]
        shown = [(period, vintage) for period, vintage in of_month if vintage.published_value is not None]
        newest = max(shown, default=None, key=lambda found: found[0].last)
        figure = f"{newest[0].code}: {newest[1].published_value:,}" if newest else "-"
        rows.append((node.code, node.delay, *tally[:4], figure))
    show_table(
        f"Months after update {release.update.update_id} (pending: legal delay; settling, revising: stability)",
        ("support", "delay", *[state.value for state in State][:4], "newest published"),
        rows,
    )
