"""The list of youth-care leavers whom one OCMW may look up (H5), and who they are, at the edge."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import Store

if TYPE_CHECKING:
    from edge.outreach import OutreachList
    from schemas.approvals import Approval
    from streams.settings import Settings

app = typer.Typer(name="outreach", no_args_is_help=True, help="Lists for outreach, with an approval on record only.")
_DAYS = 90
"""Days that a list holds, where nothing else is said and the approval holds as long."""


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


@app.command("list", epilog="Example: ocmw outreach list --store store --ocmw 44021 --cohort 2024-H1 --out l.csv")
def list_(
    store: Store,
    ocmw: Annotated[str, typer.Option(help="NIS code of the one OCMW that the list is for.")],
    cohort: Annotated[str, typer.Option(help="Half-year of the exits, as 2024-H1.")],
    out: Annotated[Path, typer.Option(help="The file to write; only you may read it.")],
    after: Annotated[int, typer.Option(help="Months after the exit: 3, 6 or 12.")] = 3,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
    days: Annotated[
        int, typer.Option(min=1, help="Days that the list holds, as far as the approval does.", show_default=True)
    ] = _DAYS,
) -> None:
    """Write the pseudonyms of adults who left youth care, live there and get no help there; note it in the log."""
    from streams.approvals import required
    from streams.settings import UsageError, load_settings

    settings = load_settings()
    approval = required(settings.approvals, "outreach")
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from datetime import timedelta

    from edge.outreach import OutreachList, pseudonyms_of
    from schemas.indicators import YOUTH_MONTHS, half_year_code, half_year_of
    from sinks.directory.origin import Origin
    from sinks.directory.store import DirectoryStore
    from streams.embedded.youth_care import Wanted, outreach_list
    from streams.shell.clock import today
    from streams.shell.console import counted

    if after not in YOUTH_MONTHS:
        message = f"{after} months is no choice; write {', '.join(map(str, YOUTH_MONTHS))}"
        raise UsageError(message)
    try:
        wanted = Wanted(ocmw, half_year_of(cohort), after)
    except ValueError as error:
        raise UsageError(str(error)) from error
    key, home = _outreach_key(settings), DirectoryStore.reading(store)
    pseudonyms = pseudonyms_of(key, outreach_list(home.root, home.release(release), home.settings, wanted))
    expires = min(today() + timedelta(days=min(days, 36500)), approval.valid_until)
    origin = Origin.of(home.root)
    key_id = (origin and origin.key_id) or ""
    made = OutreachList(pseudonyms, ocmw, half_year_code(wanted.half_year), expires, key_id)
    digest = _write_list(home.root, out, made, after, approval)
    typer.echo(f"{counted(len(pseudonyms), 'pseudonym')} for {ocmw} in {out}; log of accesses: {digest}")


def _outreach_key(settings: "Settings") -> bytes:
    from edge.outreach import outreach_key
    from streams.settings import UsageError

    if settings.outreach_key is None:
        raise UsageError("the key of the outreach domain needs 32 bytes at least; name its file in OCMW_OUTREACH_KEY")
    return outreach_key(settings.outreach_key)


def _write_list(root: Path, out: Path, made: "OutreachList", after: int, approval: "Approval") -> str:
    """Write a list that its owner alone may read, note it in the log of accesses first; return that entry's digest."""
    from sinks.access_log import Access, note_access
    from sinks.durability import write_for_owner
    from streams.shell.clock import instant

    of = {"ocmw": made.ocmw, "cohort": made.cohort, "after": after, "persons": len(made.pseudonyms)}
    access = Access("outreach list", approval.name, of | {"expires": made.expires.isoformat()})
    digest = note_access(root, access, instant())
    write_for_owner(out, made.text())
    return digest


@app.command(epilog="Example: ocmw outreach resolve l.csv --source e.csv --key k --recipient g.pub --out g")
def resolve(
    file: Annotated[Path, typer.Argument(metavar="LIST", help="What ocmw outreach list wrote.", show_default=False)],
    source: Annotated[
        list[Path], typer.Option("--source", help="File of youth-care exits, with national numbers. Repeats.")
    ],
    recipient: Annotated[str, typer.Option("--recipient", help="Public age key of the OCMW (age1…), or its file.")],
    key: Annotated[Path, typer.Option("--key", help="Key file of the log that the list was made from.")],
    out: Annotated[Path, typer.Option("--out", help="The encrypted file for the OCMW.", show_default=False)],
    identities: Annotated[
        Path | None, typer.Option("--identities", help="Numbers that changed: old;new;day.", show_default=False)
    ] = None,
) -> None:
    """Write for one OCMW who the persons of a list are, encrypted to its public key: number and day of exit.

    It runs at the edge that holds the source files; the plain text is nowhere on a disk. Its last day is inside and in
    the log of accesses beside it. Encryption cannot enforce that day: the OCMW deletes the file by then. Compare the
    fingerprint that is printed with the one that the OCMW tells you by telephone. It reads the file with age -d.
    """
    from streams.approvals import required
    from streams.settings import load_settings

    settings = load_settings()
    approval = required(settings.approvals, "outreach")
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from edge.errors import EdgeError
    from edge.keys import Key
    from edge.outreach import OutreachList, Recipient, letter, resolved
    from edge.persons.pseudonyms import Pseudonyms
    from edge.statements.sources import identities as read_identities
    from sinks.access_log import Access, note_access
    from sinks.durability import write_for_owner
    from streams.shell.clock import instant, today
    from streams.shell.console import say

    outreach, log, to = _outreach_key(settings), Key.read(key), Recipient.named(recipient)
    listed = OutreachList.read(file)
    if listed.expires < today():
        raise EdgeError(f"{file.name}: the list expired on {listed.expires}; delete it, and ask for another")
    if listed.key_id not in ("", log.key_id):
        raise EdgeError(f"{file.name}: is of a log under key {listed.key_id}, {key} is key {log.key_id}; name that key")
    persons = resolved(listed, source, Pseudonyms(log, read_identities(identities)), outreach)
    if not persons:
        raise EdgeError(f"nobody of {file.name} is in the sources; see whether keys and files are those of the list")
    sealed = to.sealed(letter(listed, persons, approval.name))
    of = {
        "ocmw": listed.ocmw,
        "cohort": listed.cohort,
        "persons": len(persons),
        "of": len(listed.pseudonyms),
    }
    noted = of | {"expires": listed.expires.isoformat(), "recipient": to.fingerprint}
    digest = note_access(out.parent, Access("outreach resolve", approval.name, noted), instant())
    write_for_owner(out, sealed)
    say(f"{len(persons)} of {len(listed.pseudonyms)} persons of the list, for {listed.ocmw}, in {out}, encrypted")
    if len(persons) < len(listed.pseudonyms):
        say("the others are in no source that was given; name every file of exits with --source, and --identities")
    say(f"to the key {to.fingerprint}: ask the OCMW by telephone whether that is its own")
    say(f"to be deleted by {listed.expires}, which encryption cannot enforce; log of accesses: {digest}")
