"""The log of accesses: who was given what about persons; is it whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("access-log", epilog="Example: ocmw access-log --store store --verify")(access_log)


def access_log(
    store: Annotated[Path, typer.Option("--store", help="Directory of the store, or the folder of an import.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Walk the whole chain, and look in it for the digests that releases name.")
    ] = False,
    digest: Annotated[
        list[str] | None, typer.Option("--digest", help="A digest that an answer was given with. Repeats.")
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="How many entries to show, the newest last.")] = 20,
) -> None:
    """Show the last entries of the log of accesses; with --verify say whether it is whole, and exit 1 if it is not.

    A changed, removed or inserted line breaks the chain behind it. Cutting off the end breaks nothing, so the
    digests that releases name are looked for too. Those that you kept yourself are compared by --digest.
    """
    from sinks.access_log import FILE, head, last_entries, walked
    from sinks.directory import identity
    from streams.settings import UsageError
    from streams.shell.console import counted, progress_bar, show_table

    kept = {one.strip().lower() for one in digest or ()}
    if not (store / FILE).exists() and not identity.exists(store):
        raise UsageError(f"{store}: neither a store nor a log of accesses is here; name the folder that holds it")
    if kept and not verify:
        raise UsageError("--digest compares with the whole log; add --verify")
    if not verify:
        lines = [(one.get("at", "?"), one.get("what", "not what was written"), one.get("approval", ""), _of(one))
                 for one in last_entries(store, last)]  # fmt: skip
        show_table("Log of accesses", ("at", "what", "approval", "of"), lines)
        typer.echo(f"head: {head(store) or 'none'}")
        return
    named = dict(_named(store)) if identity.exists(store) else {}
    with progress_bar() as report:
        walk = walked(store, {*named.values(), *kept}, lambda done, size: report("walking the log", done, size))
    gone = [f"what release {number} names" for number, one in named.items() if one in walk.missing]
    gone += [f"the entry {one}" for one in sorted(kept & walk.missing)]
    for missing in gone:
        typer.echo(f"{missing} is not in the log: its end was cut off, or it is another log; restore it from a copy")
    compared = f"{counted(len(named), 'release')} and {counted(len(kept), 'digest')} compared"
    typer.echo(f"{counted(walk.entries, 'entry') if walk.entries == 1 else f'{walk.entries:,} entries'} in one "
               f"chain, head {walk.head or 'none'}; {compared}, {len(gone)} missing")  # fmt: skip
    raise typer.Exit(1 if gone else 0)


def _of(entry: dict[str, object]) -> str:
    of = entry.get("of")
    return ", ".join(f"{name}={value}" for name, value in of.items()) if isinstance(of, dict) else ""


def _named(root: Path) -> Iterator[tuple[int, str]]:
    """Yield each kept release that names an entry, and its digest."""
    from sinks.directory.store import DirectoryStore

    home = DirectoryStore.reading(root)
    yield from ((number, named) for number in home.numbers() if (named := home.accesses(number)))
