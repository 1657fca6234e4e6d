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


@app.command(epilog="Example: ocmw keys study mobility.key")
def study(keyfile: Annotated[Path, typer.Argument(help="The key file to make.", show_default=False)]) -> None:
    """Make the key of one study: random, derived from nothing, so that to destroy it destroys the pseudonyms."""
    import secrets

    from edge.keys import HALF, write_secret

    write_secret(keyfile, secrets.token_bytes(HALF))
    typer.echo(f"a study key in {keyfile}")


@app.command("study-code", epilog="Example: ocmw keys study-code --key e --study m.key --source p.csv --out c.csv")
def study_code(
    key: Annotated[Path, typer.Option("--key", help="Key file of the edge.", show_default=False)],
    study_key: Annotated[Path, typer.Option("--study", help="Key file of the study.", show_default=False)],
    source: Annotated[Path, typer.Option("--source", help="Positions: number;quarter;position.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The coded file to write.", show_default=False)],
    identities: Annotated[
        Path | None, typer.Option("--identities", help="Numbers that changed: old;new;day.", show_default=False)
    ] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Synthetic numbers, for a trial.")] = False,
) -> None:
    """Code a file of labour-market positions for one study: no number is in it, and no other study can join it.

    Of a person who has two numbers the oldest counts. A pair of person and quarter that stands twice is refused.
    """
    import hmac

    from edge.errors import EdgeError
    from edge.forms import POSITIONS
    from edge.keys import HALF, Key, secret, study_id
    from edge.persons.asked import persons_of
    from edge.sources import rows_of
    from edge.statements.sources import identities as read_identities
    from schemas.positions import HEADER, Line
    from sinks.durability import write_for_owner
    from streams.commands.edge_files import note
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    known = read_identities(identities)
    edge_key, of_study = Key.read(key), secret(study_key, HALF)
    rows = list(rows_of(source, POSITIONS))
    persons = persons_of([row["number"] for row in rows], edge_key, known, synthetic=synthetic)
    lines: dict[tuple[bytes, str], str] = {}
    for row, person in zip(rows, persons, strict=True):
        coded = hmac.digest(of_study, person, "sha256")[:16]
        pair = (coded, row["quarter"].code)
        if pair in lines:
            raise EdgeError(f"{source.name}: line {row.line}: this person and quarter stand twice; leave one")
        lines[pair] = Line(study_id(of_study), coded, row["quarter"], row["position"]).text
    write_for_owner(out, "\n".join([HEADER, *sorted(lines.values())]) + "\n")
    note(
        out.parent, "coding for a study", {"key_id": edge_key.key_id, "study": study_id(of_study), "lines": len(lines)}
    )
    typer.echo(f"{len(lines)} lines under study key {study_id(of_study)} in {out}")


@app.command(epilog="Example: ocmw keys check edge.key")
def check(keyfile: Annotated[Path, typer.Argument(help="The key file.", show_default=False)]) -> None:
    """Say whether a key file can be used, and print the name of the key, which stands in every file made with it."""
    from edge.keys import Key

    typer.echo(f"key {Key.read(keyfile).key_id} in {keyfile}: yours alone, whole")


Logs = Annotated[list[Path] | None, typer.Argument(help="Event files, in log order.", show_default=False)]
IdentitiesFile = Annotated[
    Path | None, typer.Option("--identities", help="Numbers that changed: old;new;day.", show_default=False)
]


@app.command(epilog="Example: ocmw keys rotate --from edge.key --to new.key")
def rotate(
    old: Annotated[Path, typer.Option("--from", help="The key file of today.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The new key file; it is made where it is not there.")],
    logs: Logs = None,
    sources: Annotated[
        list[Path] | None, typer.Option("--sources", help="Files with the numbers of all persons of the logs. Repeats.")
    ] = None,
    identities: IdentitiesFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the logs under the new key.")] = None,
) -> None:
    """Replace the person key and keep the line key; with logs, write them under the new key.

    Pseudonyms cannot be turned back, so each number of the sources gets its old and its new one; a person of a log who
    is in no source refuses the command. Ids, dossiers and order stay, so all figures are equal, cell by cell.
    """
    from streams.settings import UsageError
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from edge.errors import EdgeError
    from edge.keys import Key
    from edge.persons.renaming import People, Renaming
    from edge.sources import people_of
    from edge.statements.sources import identities as read_identities
    from schemas.log import KEY_ID
    from streams.commands.edge_files import note
    from streams.commands.renamed_logs import persons_unknown, rename

    before = Key.read(old)
    after = Key.read(to) if logs and to.exists() else before.rotated()
    if not logs:
        after.write(to)
        typer.echo(f"key {after.key_id} in {to}: a new person key, the line key of {before.key_id}")
        return
    if not sources or out is None:
        raise UsageError("logs are rotated with --sources FILE..., which hold the numbers, into --out DIR")
    if after.line != before.line:
        raise EdgeError(f"{to}: has another line key than {old}; make it with ocmw keys rotate --from {old} --to NEW")
    people = People.joined(map(people_of, sources))
    renaming = Renaming.rotated(before, after, people, read_identities(identities))
    unknown = persons_unknown(logs, before.key_id, renaming)
    if unknown:
        raise EdgeError(f"{unknown} persons of the logs are in no source; name all files that they came from")
    if not to.exists():
        after.write(to)
    for log in logs:
        rename(log, out / log.name, renaming, {KEY_ID: after.key_id})
    note(out, "rotation of the person key", {"from": before.key_id, "to": after.key_id, "logs": len(logs)})
    typer.echo(f"key {after.key_id} in {to}; {len(logs)} logs under it in {out}: replay them into a new store")


@app.command(epilog="Example: ocmw keys rejoin --key edge.key --identities i.csv e.avro --out joined")
def rejoin(
    logs: Annotated[list[Path], typer.Argument(help="Event files, in log order.", show_default=False)],
    key: Annotated[Path, typer.Option("--key", help="Key file of the logs.", show_default=False)],
    identities: Annotated[Path, typer.Option("--identities", help="Numbers that changed: old;new;day.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the logs with joined persons.", show_default=False)],
) -> None:
    """Join persons who are in the logs under two numbers; figures change, for they count once from now on.

    The order of a joined person is that of the files as they are given.
    """
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from edge.keys import Key
    from edge.persons.renaming import Renaming
    from edge.statements.sources import identities as read_identities
    from schemas.log import KEY_ID
    from streams.commands.edge_files import note
    from streams.commands.renamed_logs import joined_persons, rename

    edge_key = Key.read(key)
    renaming = Renaming.rejoined(edge_key, read_identities(identities))
    before, after = joined_persons(logs, edge_key.key_id, renaming)
    for log in logs:
        rename(log, out / log.name, renaming, {KEY_ID: edge_key.key_id})
    note(out, "rejoining of persons", {"key_id": edge_key.key_id, "logs": len(logs), "persons": before})
    typer.echo(f"{before} persons became {after}; {len(logs)} logs in {out}: replay them into a new store")
