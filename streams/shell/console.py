"""What people see: a progress bar on standard error, tables and sentences on standard output."""

import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from streams.shell.progress import Report

OUT = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
"""Prints text as it stands: people choose the names of updates and files, and these may look like markup."""
ERR = Console(stderr=True, highlight=False)


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Show one bar for long work; what it says and how far it is comes through the yielded function.

    Where nobody watches (a file, a pipe) nothing is written: standard error is for sentences.
    """
    columns = (
        TextColumn("{task.description:<28}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        task = bar.add_task("starting", total=None)

        def report(doing: str, done: int, total: int) -> None:
            bar.update(task, description=doing, completed=done, total=total)

        yield report


def say(sentence: str, indent: int = 0) -> None:
    """Print a sentence; on a terminal it is wrapped between words, elsewhere it is one line."""
    width, margin = OUT.width if OUT.is_terminal else sys.maxsize, " " * indent
    wrapped = textwrap.wrap(sentence, width - indent, break_long_words=False, break_on_hyphens=False)
    typer.echo(textwrap.indent("\n".join(wrapped), margin))


def headed(head: str, sentence: str) -> None:
    """Print a sentence behind what it is about, which is bold on a terminal."""
    OUT.print(Text.assemble((head, "bold"), f": {sentence}"))


def counted(number: int, noun: str) -> str:
    """Return ``1 row``, ``26,491 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_WIDE = 10_000
"""Columns of a table that no terminal shows: each of its rows is one line, for programs."""


def euros(cents: float) -> str:
    """Return cents as euro, ``1,234.50``."""
    return f"{cents / 100:,.2f}"


def show_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table; numbers stand right. Where nobody watches (a file, a pipe) each row is one line."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    lines = [tuple(row) for row in rows]
    for number, name in enumerate(columns):
        numeric = all(isinstance(row[number], (int, float)) for row in lines)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold", no_wrap=not OUT.is_terminal)
    for row in lines:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    console = (
        OUT if OUT.is_terminal else Console(file=OUT.file, width=_WIDE, highlight=False, markup=False, emoji=False)
    )
    console.print(table)
