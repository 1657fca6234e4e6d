"""The keys that seal releases: make one, and let another take its place."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Store
from streams.commands.keys import app as keys


def register(_: typer.Typer) -> None:
    """Add the commands of this file to those of keys."""
    keys.command(epilog="Example: ocmw keys sign --out seal.key")(sign)
    keys.command("rotate-seal", epilog="Example: ocmw keys rotate-seal --from a.key --to b.key --store store")(
        rotate_seal
    )


def sign(out: Annotated[Path, typer.Option(help="The file to write; it must not exist.", show_default=False)]) -> None:
    """Make a key that seals releases: the file is for OCMW_SEAL_KEY_FILE, what is printed for everybody.

    The file is readable by its owner alone (0600). Publish the public key and its id where readers find them.
    """
    from sinks.public.keys import SealKey
    from streams.shell.console import say

    key = SealKey.made(out)
    say(f"public key {key.public.text}")
    say(f"id {key.public.id}")


def rotate_seal(
    old: Annotated[Path, typer.Option("--from", help="File of the key that seals today.", show_default=False)],
    new: Annotated[Path, typer.Option("--to", help="File of the key that takes its place; made where there is none.")],
    store: Store,
) -> None:
    """Let a new key take the place of the one that seals: the old key signs the new one.

    Set OCMW_SEAL_KEY_FILE to the new file afterwards, and destroy the old key. Who holds the old public key can
    verify what the new one seals.
    """
    from sinks.directory.store import DirectoryStore
    from sinks.public.keys import SealKey
    from sinks.public.writer import PublicWriter
    from streams.release.publishing import unsealed
    from streams.shell.console import say

    before = SealKey.read(old)
    after = SealKey.read(new) if new.exists() else SealKey.made(new)
    path = PublicWriter(DirectoryStore.reading(store), unsealed()).succeed(before, after)
    say(f"{path}: key {after.public.id} takes the place of {before.public.id}")
    say(f"public key {after.public.text}")
