"""The keys of the edge: make, check, rotate them; join persons whose numbers changed."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="keys", no_args_is_help=True, help="The keys under which persons, dossiers and events are named."
)


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


@app.command(epilog="Example: ocmw keys new edge.key")
def new(
    keyfile: Annotated[Path, typer.Argument(help="The key file to make.", show_default=False)],
    outreach: Annotated[
        bool, typer.Option("--outreach", help="Make a key of the outreach domain: 32 bytes of its own.")
    ] = False,
) -> None:
    """Make a key file of random bytes that only you may read; a file that is there is never overwritten.

    Keep a copy under two officers. Without its first half no later statement continues the persons of before; whoever
    has its second half can find out dossier numbers.
    """
    import secrets

    from edge.keys import HALF, Key, write_secret

    if outreach:
        write_secret(keyfile, secrets.token_bytes(HALF))
        typer.echo(f"a key for outreach in {keyfile}")
        return
    key = Key.fresh()
    key.write(keyfile)
    typer.echo(f"key {key.key_id} in {keyfile}")


@app.command(epilog="Example: ocmw keys check edge.key")
def check(keyfile: Annotated[Path, typer.Argument(help="The key file.", show_default=False)]) -> None:
    """Say whether a key file can be used, and print the name of the key, which stands in every file made with it."""
    from edge.keys import Key

    typer.echo(f"key {Key.read(keyfile).key_id} in {keyfile}: yours alone, whole")
