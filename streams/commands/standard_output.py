"""``--out -``: what a command writes goes to standard output, and what it says of it to standard error."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import typer


@contextmanager
def or_standard_output(out: Path) -> Iterator[tuple[Path, Callable[[str], None]]]:
    """Yield the path to write to and how to tell of it; for ``-`` the file is then copied to standard output."""
    if str(out) != "-":
        yield out, typer.echo
        return
    with TemporaryDirectory() as room:
        path = Path(room) / "out"
        yield path, lambda sentence: typer.echo(sentence, err=True)
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
