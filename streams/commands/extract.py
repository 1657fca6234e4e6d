"""Extractions of persons for research: under a protocol, for one recipient, with both approvals on record."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from streams.commands.history import Store

if TYPE_CHECKING:
    from schemas.approvals import Purpose


class _Default(TyperGroup):
    """A group in which a protocol alone is carried out: ``ocmw extract mobility.toml``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own
        """Return the command of some arguments."""
        known = args and (args[0] in self.commands or args[0].startswith("-"))
        return super().resolve_command(ctx, args if known else ["make", *args])


app = typer.Typer(
    name="extract", cls=_Default, no_args_is_help=True, help="Persons for research, under a protocol and a study key."
)


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


Folder = Annotated[Path, typer.Argument(help="The numbered folder of an extraction.", show_default=False)]
StudyKey = Annotated[Path, typer.Option("--key", help="Key file of the study (ocmw keys study).", show_default=False)]


@app.command(epilog="Example: ocmw extract make mobility.toml --store store --out extractions")
def make(
    protocol: Annotated[Path, typer.Argument(help="The protocol, a TOML file.", show_default=False)],
    store: Store,
    out: Annotated[Path, typer.Option(help="Folder of extractions; each gets a number.", show_default=False)],
    key: Annotated[
        Path | None,
        typer.Option(help="Key file of the study (ocmw keys study); default STUDY.key beside the protocol."),
    ] = None,
) -> None:
    """Carry out a protocol: rows of its persons, encrypted to its recipient, with codebook, manifest and letter.

    Refused without both approvals on record (OCMW_APPROVALS), for months that are not published, and where persons
    stand too much alone. The k report stays here. A later run gives the next number and says what changed.
    """
    from sinks.directory.store import DirectoryStore
    from streams.shell import kernel_cache
    from streams.shell.clock import instant
    from streams.shell.console import progress_bar

    kernel_cache.prepare()
    from streams.embedded.extracting import extract

    with _named(protocol):
        text, approval, keyed = _allowed(protocol, "extraction", key)
        with progress_bar() as report:
            made = extract(DirectoryStore.reading(store), text, out, keyed, approval, instant(), report)
    typer.echo(f"{made.rows:,} rows of {made.persons:,} persons in {made.folder}; log of accesses: {made.head}")


@app.command(epilog="Example: ocmw extract couple m.toml --coded c.csv --store store --out extractions")
def couple(
    protocol: Annotated[Path, typer.Argument(help="The protocol, with the variable position.", show_default=False)],
    store: Store,
    out: Annotated[Path, typer.Option(help="Folder of extractions; each gets a number.", show_default=False)],
    coded: Annotated[
        Path | None, typer.Option(help="Positions under the study key (ocmw keys study-code).", show_default=False)
    ] = None,
    drawn: Annotated[bool, typer.Option("--drawn", help="Draw positions: a trial on synthetic persons.")] = False,
    key: Annotated[
        Path | None,
        typer.Option(help="Key file of the study (ocmw keys study); default STUDY.key beside the protocol."),
    ] = None,
) -> None:
    """Join who left the living wage with labour-market positions, of the quarter after and four quarters on.

    Approvals for coupling are needed, of the committee and the chairman. The table by region is told by a question of
    shape 8. A file under another key, or with a code that is malformed or stands twice, is refused.
    """
    from schemas.questions import rounded_or_few
    from sinks.directory.store import DirectoryStore
    from streams.settings import UsageError
    from streams.shell import kernel_cache
    from streams.shell.clock import instant
    from streams.shell.console import progress_bar

    if (coded is None) != drawn:
        raise UsageError("give a coded file with --coded, or --drawn for a trial on synthetic persons")
    kernel_cache.prepare()
    from streams.embedded.extracting import couple as carried_out

    lines = None if coded is None else _text(coded, "coded file").splitlines()
    with _named(protocol):
        text, approval, keyed = _allowed(protocol, "coupling", key)
        with progress_bar() as report:
            joined = carried_out(DirectoryStore.reading(store), text, out, keyed, approval, instant(), lines, report)
    made = joined.made
    typer.echo(
        f"{made.rows:,} exits of {made.persons:,} persons in {made.folder}, {rounded_or_few(joined.unmatched)} of them "
        f"without a position; log of accesses: {made.head}"
    )


@contextmanager
def _named(protocol: Path) -> Iterator[None]:
    """Let a refusal name the file of the protocol."""
    from schemas.protocols import ProtocolError
    from streams.settings import UsageError

    try:
        yield
    except ProtocolError as error:
        raise UsageError(f"{protocol.name}: {error}") from error


def _text(path: Path, noun: str) -> str:
    from streams.settings import UsageError

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: no {noun} can be read here") from error


def _allowed(protocol: Path, purpose: "Purpose", key: Path | None) -> tuple[str, str, bytes]:
    """Return the text of a protocol, its approvals and its study key; nothing is read from the store before."""
    from edge.keys import HALF, secret
    from schemas.protocols import protocol as parsed
    from streams.approvals import both_on_record
    from streams.settings import load_settings
    from streams.shell.clock import today

    text = _text(protocol, "protocol")
    wanted = parsed(text)
    wanted.require_open(today())
    approval = both_on_record(load_settings().approvals, wanted.approvals, purpose)
    return text, approval, secret(key or protocol.with_name(f"{wanted.study}.key"), HALF)


@app.command(epilog="Example: ocmw extract verify extractions/mobility-0001")
def verify(folder: Folder) -> None:
    """Say whether the files of an extraction are what its manifest says; exit 1 where one is not."""
    from schemas.protocols import ProtocolError
    from streams.embedded.extracting import verified
    from streams.settings import UsageError

    try:
        wrong = verified(folder)
    except ProtocolError as error:
        raise UsageError(str(error)) from error
    for name in wrong:
        typer.echo(f"{name}: not what the manifest says")
    typer.echo("whole" if not wrong else f"{len(wrong)} differ")
    raise typer.Exit(1 if wrong else 0)


@app.command(epilog="Example: ocmw extract destroy x/mobility-0001 --store s --key m.key --who Ann")
def destroy(
    folder: Folder,
    store: Store,
    key: StudyKey,
    who: Annotated[str, typer.Option(help="Who destroys it.", show_default=False)],
    declaration: Annotated[str, typer.Option(help="Reference of the recipient's signed declaration.")] = "",
) -> None:
    """Delete the files and the study key of an extraction; proof of it stays, and stands in the log of accesses."""
    from edge.keys import HALF, secret
    from schemas.protocols import ProtocolError
    from streams.embedded.extracting import destroyed
    from streams.settings import UsageError
    from streams.shell.clock import instant

    try:
        secret(key, HALF)
        proof = destroyed(store, folder, key, who, declaration, instant())
    except ProtocolError as error:
        raise UsageError(str(error)) from error
    typer.echo(f"destroyed; proof in {proof}")
