"""Extractions of persons for research: under a protocol, for one recipient, with both approvals on record."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from streams.commands.history import Store


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
    from edge.keys import HALF, secret
    from schemas.protocols import ProtocolError
    from schemas.protocols import protocol as parsed
    from sinks.directory.store import DirectoryStore
    from streams.approvals import both_on_record
    from streams.settings import UsageError, load_settings
    from streams.shell import kernel_cache
    from streams.shell.clock import instant, today

    kernel_cache.prepare()
    from streams.embedded.extracting import extract

    try:
        text = protocol.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{protocol}: no protocol can be read here") from error
    try:
        asked = parsed(text)
        asked.require_open(today())
        approval = both_on_record(load_settings().approvals, asked.approvals, "extraction")
        keyed = secret(key or protocol.with_name(f"{asked.study}.key"), HALF)
        made = extract(DirectoryStore.reading(store), text, out, keyed, approval, instant())
    except ProtocolError as error:
        raise UsageError(f"{protocol.name}: {error}") from error
    typer.echo(f"{made.rows:,} rows of {made.persons:,} persons in {made.folder}; log of accesses: {made.head}")


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
