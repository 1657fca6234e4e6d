"""The edge: files with national numbers in, pseudonymous events out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge.forms import Form
    from edge.statements.report import Report

app = typer.Typer(
    name="import", no_args_is_help=True, help="Files with national numbers to events under pseudonyms, at the edge."
)

KeyFile = Annotated[Path, typer.Option("--key", help="Key file; ocmw keys new makes one.", show_default=False)]
Out = Annotated[Path | None, typer.Option("--out", help="The Avro file of events to write.", show_default=False)]
Identities = Annotated[
    Path | None, typer.Option("--identities", help="Numbers that changed: old;new;day.", show_default=False)
]
EACH_MONTH = "each-month"


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


@app.callback()
def import_() -> None:
    """Keep each kind of source a command of its own name."""


@app.command(
    epilog="Example: ocmw import maandstaat s.txt --key edge.key --out e.avro --report report",
)
def maandstaat(
    files: Annotated[
        list[Path],
        typer.Argument(help="Monthly statements, TXT or CSV, in the order of their months.", show_default=False),
    ],
    key: KeyFile,
    out: Out = None,
    report: Annotated[Path | None, typer.Option(help="Folder for import.md and import.json.")] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="File for the lines set aside, whole; it holds numbers and stays at the edge.")
    ] = None,
    articles: Annotated[
        Path | None, typer.Option(help="Your own table of budget articles, for those that the program does not know.")
    ] = None,
    forms: Annotated[Path | None, typer.Option(help="Forms B: ocmw;reference;gpmi_code. They tell students.")] = None,
    forms_d: Annotated[
        Path | None, typer.Option(help="Forms D: ocmw;reference;aid_code. They tell kinds of aid.")
    ] = None,
    register: Annotated[Path | None, typer.Option(help="Nationalities: number;country;from.")] = None,
    identities: Identities = None,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="The statements are synthetic: numbers of nobody, articles from 900000 on."),
    ] = False,
    close: Annotated[
        str | None, typer.Option(help="each-month: close an update behind the last line of each statement month.")
    ] = None,
    known: Annotated[
        list[Path] | None, typer.Option(help="Event files of earlier imports: their statements count once. Repeats.")
    ] = None,
    also: Annotated[
        bool, typer.Option("--also", help="Take a statement that came before with other lines: it completes it.")
    ] = False,
    totals: Annotated[Path | None, typer.Option(help="Totals to compare with: ocmw;month;lines;cents.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write no events; say what would become of the lines.")
    ] = False,
) -> None:
    """Read monthly statements and write their lines as events; numbers, names and dossiers stay here.

    What cannot be an event is set aside, line by line, and the rest goes on: the report says which line, which field
    and why, and has a row to fill in for each budget article that no table derives. The same statement again gives
    nothing new. A file that is no statement fails the command, and then nothing is written.
    """
    from streams.settings import UsageError
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from edge.keys import Key
    from edge.statements.importing import Importer, import_metadata, known_statements, statements_metadata
    from edge.statements.judging import Judge
    from edge.statements.report import Report, totals_of
    from edge.statements.rules import Rules, known_rows, local_rows
    from edge.statements.sources import Beside
    from edge.statements.sources import identities as read_identities
    from schemas.log import IMPORT, KEY_ID, STATEMENTS
    from streams.commands.edge_files import note, writing
    from streams.shell.console import progress_bar

    if close not in (None, EACH_MONTH):
        raise UsageError(f"--close {close} is no choice; write {EACH_MONTH}, or leave it out")
    if out is None and not check:
        raise UsageError("no file for the events; name one with --out, or give --check to write none")
    edge_key = Key.read(key)
    numbers = read_identities(identities)
    tables = known_rows(synthetic=synthetic) + ([] if articles is None else local_rows(articles))
    beside = Beside.read(forms, forms_d, register, numbers)
    judge = Judge(edge_key, numbers, Rules.of(tables), beside, synthetic=synthetic)
    with progress_bar() as bar, writing(None if check else out, None if check else rejects) as target:
        importer = Importer(
            judge, target.lines, known_statements(known or []), also=also, closing=close == EACH_MONTH, progress=bar
        )
        importer.run(files)
        compared = () if totals is None else totals_of(totals, importer.outcomes)
        statement_report = Report(edge_key.key_id, importer.outcomes, compared, close is not None)
        if report is not None:
            _write_report(report, statement_report)
        if out is not None and not check:
            metadata = {
                KEY_ID: edge_key.key_id,
                STATEMENTS: statements_metadata(importer.outcomes),
                IMPORT: import_metadata(importer.outcomes),
            }
            target.finish(metadata)
            note(
                out.parent,
                "import of statements",
                {"key_id": edge_key.key_id, "files": len(files), "lines": statement_report.lines},
            )
    _tell(statement_report, out, check=check)


Sources = Annotated[list[Path], typer.Argument(help="Files of this form, in log order.", show_default=False)]
EventsOut = Annotated[Path, typer.Option("--out", help="The Avro file of events to write.", show_default=False)]
Trial = Annotated[bool, typer.Option("--synthetic", help="The numbers are synthetic: of nobody.")]


@app.command(epilog="Example: ocmw import dimona d.csv --key edge.key --out work.avro")
def dimona(
    files: Sources, key: KeyFile, out: EventsOut, identities: Identities = None, synthetic: Trial = False
) -> None:
    """Read Dimona declarations, CSV or XML, and write them as events: who works, for an OCMW or another employer."""
    from edge.sources import DIMONA

    _import_form(DIMONA, files, key, out, identities, synthetic=synthetic)


@app.command("youth-care", epilog="Example: ocmw import youth-care y.csv --key edge.key --out youth.avro")
def youth_care(
    files: Sources, key: KeyFile, out: EventsOut, identities: Identities = None, synthetic: Trial = False
) -> None:
    """Read who left youth care, and write it as events; sex and birth date are those of the number."""
    from edge.sources import EXITS

    _import_form(EXITS, files, key, out, identities, synthetic=synthetic)


@app.command(epilog="Example: ocmw import residences r.csv --key edge.key --out living.avro")
def residences(
    files: Sources, key: KeyFile, out: EventsOut, identities: Identities = None, synthetic: Trial = False
) -> None:
    """Read where people are registered, and write it as events."""
    from edge.sources import RESIDENCES

    _import_form(RESIDENCES, files, key, out, identities, synthetic=synthetic)


def _import_form(
    form: "Form", files: list[Path], key: Path, out: Path, identities: Path | None, *, synthetic: bool
) -> None:
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from edge.keys import Key
    from edge.sources import SourceReader
    from edge.statements.sources import identities as read_identities
    from schemas.log import KEY_ID
    from streams.commands.edge_files import note, writing_log
    from streams.shell.console import counted, progress_bar

    edge_key = Key.read(key)
    reader = SourceReader(form, edge_key, read_identities(identities), synthetic=synthetic)
    count = 0
    with progress_bar() as bar, writing_log(out) as target:
        for number, path in enumerate(files):
            bar(f"importing {path.name}", number, len(files))
            count += target.log.append_events(reader.events(path))
        target.finish({KEY_ID: edge_key.key_id})
    note(out.parent, f"import of {form.name}", {"key_id": edge_key.key_id, "files": len(files), "events": count})
    typer.echo(f"{counted(count, 'event')} in {out}: pseudonymised personal data, not anonymous; key {edge_key.key_id}")


def _write_report(folder: Path, report: "Report") -> None:
    from schemas.students_unknown import COLUMNS
    from sinks.durability import explained, write_for_owner

    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_for_owner(folder / "import.md", report.markdown())
    write_for_owner(folder / "import.json", report.json())
    if report.students_unknown():
        write_for_owner(folder / "students_unknown.csv", "\n".join((",".join(COLUMNS), *report.students_unknown(), "")))


def _tell(report: "Report", out: Path | None, *, check: bool) -> None:
    """Print what became of the lines: sentences first, the balance and the slugs last."""
    from streams.shell.console import say

    for sentence in report.sentences():
        say(sentence)
    if check:
        say("dry run: no event was written")
    elif not report.closed:
        say(
            "no update was closed: give --close each-month, or on Kafka ocmw close-update; "
            "a public figure needs two updates, for it is compared with the one before"
        )
    if out is not None and not check:
        say(f"key {report.key_id}; events in {out}: pseudonymised personal data, not anonymous")
    typer.echo(report.balance)
    for line in report.slug_lines():
        typer.echo(line)
