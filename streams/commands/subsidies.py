"""Subsidies: the form of yearly reports, what comes back filled, what must be mended, and the indicators."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from schemas.services.subsidy_figures import Row
    from streams.embedded.yearly_reports import ReportPlace

StoreOption = Annotated[Path | None, typer.Option("--store", help="Directory of the store.", show_default=False)]
OnKafka = Annotated[bool, typer.Option("--kafka", help="Use the topic of reports instead of a store.")]
Year = Annotated[int, typer.Option(help="Year of the subsidy.")]
Ocmw = Annotated[str | None, typer.Option(help="NIS code of one OCMW.")]
Out = Annotated[Path | None, typer.Option(help="File to write; without it csv goes to the screen.")]
Form = Annotated[str, typer.Option("--format", help="table, csv or xlsx.")]
Lang = Annotated[
    str, typer.Option(help="nl or fr, for OCMWs of Brussels; the others have the language of their region.")
]

app = typer.Typer(
    name="subsidies", no_args_is_help=True, help="Yearly reports of subsidies: form, import, corrections, indicators."
)


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app)


@app.command(epilog="Example: ocmw subsidies template --year 2017 --ocmw 44021 --out form.xlsx")
def template(
    year: Year = 2017,
    ocmw: Ocmw = None,
    form: Annotated[str, typer.Option("--format", help="xlsx, or csv: the headers alone.")] = "xlsx",
    out: Annotated[Path | None, typer.Option(help="File to write; default form-YEAR.xlsx.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Not needed: a form holds nothing of a store.")] = None,  # noqa: ARG001 - all four take it
) -> None:
    """Write the empty form of a year, its rules as validation of the cells, explained in Dutch and French."""
    from schemas.services.subsidy_form import FORM
    from sinks.files.rows import write_text
    from sinks.files.subsidy_template import write_template
    from streams.settings import UsageError

    _checked(year, ocmw)
    if form not in {"xlsx", "csv"}:
        raise UsageError(f"{form!r} is no format; write xlsx or csv")
    path = out or Path(f"form-{year}.{form}")
    if form == "csv":
        headers = [("sheet", *(column.field for column in columns)) for columns in FORM.values()]
        write_text(path, "".join(",".join(header) + "\n" for header in headers))
    else:
        write_template(path, year, ocmw or "")
    typer.echo(f"The form of {year} is in {path}; when it is filled: ocmw subsidies import {path} --store DIR")


@app.command("import", epilog="Example: ocmw subsidies import form.xlsx --store store --year 2017")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Filled forms, .xlsx or .csv.", show_default=False)],
    store: StoreOption = None,
    kafka: OnKafka = False,
    year: Year = 2017,
) -> None:
    """Admit filled forms: one report that is refused keeps all others; the same form again changes nothing.

    Exit 0 also when reports are refused: `ocmw subsidies corrections` names each cell, the rule and what to do. With
    --kafka the reports go to their topic; where their cells stood is kept in the folder OCMW_KAFKA_STATE.
    """
    from schemas.services.days import instant_of
    from streams.embedded.yearly_reports import import_into
    from streams.shell.clock import instant
    from streams.shell.console import counted

    _checked(year, None)
    place = _place(store, kafka=kafka)
    for file in files:
        done = import_into(place, file, year, instant_of(instant()))
        typer.echo(
            f"{file.name}: {counted(len(done.kept), 'report')} kept, {len(done.known):,} known before, "
            f"{len(done.refused):,} refused"
        )
        for code in done.refused:
            typer.echo(f"refused {code:05d}")
        if done.nobody:
            typer.echo(f"{counted(len(done.nobody), 'row')} of no OCMW")
        if done.refused or done.nobody:
            where = "--kafka" if store is None else f"--store {store}"
            typer.echo(f"see: ocmw subsidies corrections {where} --year {year}")


@app.command(epilog="Example: ocmw subsidies corrections --store store --year 2017 --ocmw 44021")
def corrections(
    store: StoreOption = None,
    kafka: OnKafka = False,
    year: Year = 2017,
    ocmw: Ocmw = None,
    form: Form = "table",
    out: Out = None,
    lang: Lang = "fr",
) -> None:
    """Tell what each OCMW should mend in its last report: the sheet, the cell, the rule, the remedy, in its language.

    An error refuses a report; a warning is worth knowing. No content of a cell is shown.
    """
    from schemas.services.subsidy_figures import CORRECTION_COLUMNS
    from streams.embedded.subsidy_corrections import corrections_of
    from streams.settings import UsageError

    code = _checked(year, ocmw)
    if lang not in {"nl", "fr"}:
        raise UsageError(f"{lang!r} is no language of Brussels; write nl or fr")
    place = _place(None if store is None else _there(store), kafka=kafka)
    rows = [row for row in corrections_of(place, year, lang) if code in (None, row.ocmw)]
    if form == "table":
        _table(("ocmw", "sheet", "cell", "rule", "remedy"), [row[:5] for row in rows], "Nothing is to be mended.")
    else:
        _give(CORRECTION_COLUMNS, rows, form, out)


@app.command(epilog="Example: ocmw subsidies report --store store --year 2017 --format xlsx --out r.xlsx")
def report(
    store: Annotated[Path | None, typer.Option("--store", help="Directory of the store.")] = None,
    kafka: Annotated[bool, typer.Option("--kafka", help="Read the topic of reports instead of a store.")] = False,
    year: Year = 2017,
    ocmw: Ocmw = None,
    form: Form = "table",
    out: Out = None,
) -> None:
    """Give the indicators 1 to 15: the kingdom (01000), then each OCMW; both official degrees under their names.

    8 is the degree of justification, uncapped; 8c the degree of use, capped at the grant.
    """
    from processors.services.subsidies.indicators import rows
    from processors.services.subsidies.standing import standings
    from schemas.services.subsidy_figures import COLUMNS
    from schemas.services.subsidy_years import subsidy_year

    code = _checked(year, ocmw)
    rows_of_year = list(rows(standings(_states(store, kafka=kafka), year), subsidy_year(year)))
    chosen = [row for row in rows_of_year if code in (None, row.ocmw)]
    if form == "table":
        printed = [(str(row.year), *("" if cell is None else cell for cell in row[1:])) for row in chosen]
        kept = [row for row in printed if code or row[1] == "01000"]
        _table(COLUMNS, kept, "Nothing is known of this OCMW's year.")
    elif form == "xlsx":
        _workbook(chosen, year, out)
    else:
        _give(COLUMNS, chosen, form, out)


def _workbook(rows: "Sequence[Row]", year: int, out: Path | None) -> None:
    from sinks.files.subsidy_workbook import write_subsidy_workbook
    from streams.settings import UsageError

    if out is None:
        raise UsageError("a workbook needs --out FILE")
    write_subsidy_workbook(out, year, rows)
    typer.echo(f"The workbook is in {out}")


def _place(store: Path | None, *, kafka: bool) -> "ReportPlace":
    from streams.settings import UsageError

    if (store is None) is not kafka:
        raise UsageError("say where the reports are: --store DIR, or --kafka")
    if store is not None:
        from streams.embedded.yearly_reports import StoreReports

        return StoreReports(store)
    from streams.agents.yearly_reports import KafkaReports
    from streams.kafka.settings import KafkaSettings

    return KafkaReports(KafkaSettings())


def _states(store: Path | None, *, kafka: bool) -> Iterator[Any]:
    from processors.services.subsidies.service import SubsidyService
    from streams.embedded.admission import states_of
    from streams.settings import UsageError

    if (store is None) is not kafka:
        raise UsageError("say where the reports are: --store DIR, or --kafka")
    service = SubsidyService()
    if store is not None:
        return (state for _, state in states_of(service, store))
    import asyncio

    from streams.kafka.known_states import known_states
    from streams.kafka.settings import KafkaSettings

    return iter(asyncio.run(known_states(KafkaSettings(), service)).values())


def _checked(year: int, ocmw: str | None) -> str | None:
    """Return the code under which an OCMW is read in that year. Raises UsageError for an unknown one, or year."""
    from processors.services.subsidies.standing import read_as
    from schemas.places import KINGDOM, MUNICIPALITY
    from schemas.services.subsidy_years import YEARS
    from streams.settings import UsageError

    if year not in YEARS:
        raise UsageError(f"the rules of {year} are not known; there are {', '.join(map(str, YEARS))}")
    if ocmw is None or ocmw == KINGDOM:
        return ocmw
    if ocmw not in MUNICIPALITY:
        raise UsageError(f"no OCMW has the code {ocmw!r}; write five digits, as 44021")
    return f"{read_as(int(ocmw), year):05d}"


def _there(store: Path) -> Path:
    from streams.settings import UsageError

    if not store.is_dir():
        raise UsageError(f"{store}: no store is here; import a form first")
    return store


def _table(columns: Sequence[str], rows: Sequence[tuple[object, ...]], nothing: str) -> None:
    from streams.shell.console import say, show_table

    if rows:
        show_table("", columns, rows)
    else:
        say(nothing)


def _give(columns: Sequence[str], rows: Sequence[tuple[object, ...]], form: str, out: Path | None) -> None:
    from sinks.files.rows import text_of, write_table, write_text
    from streams.settings import UsageError
    from streams.shell.console import counted

    if form not in {"csv", "xlsx"}:
        raise UsageError(f"{form!r} is no format; write table, csv or xlsx")
    if form == "xlsx" and out is None:
        raise UsageError("a workbook needs --out FILE")
    if out is None:
        typer.echo(text_of(columns, rows, "csv"), nl=False)
        return
    if form == "xlsx":
        write_table(out, columns, rows)
    else:
        write_text(out, text_of(columns, rows, "csv"))
    typer.echo(f"{counted(len(rows), 'row')} in {out}")
