"""Figures out of a store, as files."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import Store

if TYPE_CHECKING:
    from schemas.datasets import Dataset
    from sinks.directory.store import DirectoryStore
    from sinks.files.live import ExportedFigures
    from sinks.files.selection import Selection
    from sinks.files.tables import Rows


class Format(StrEnum):
    """Formats of an export."""

    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"
    SDMX_CSV = "sdmx-csv"


class Dialect(StrEnum):
    """Dialects of CSV: ``excel`` writes ``;`` and a byte order mark."""

    PLAIN = "plain"
    EXCEL = "excel"


_OF_FORMATS = ("--csv-dialect",)
"""Options of a format, whatever the table."""
_IDLE_IN_FORMAT: dict[Format, tuple[str, ...]] = {
    Format.CSV: (),
    Format.PARQUET: ("--csv-dialect",),
    Format.XLSX: ("--csv-dialect", "--labels"),
    Format.SDMX_CSV: ("--csv-dialect", "--labels"),
}


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(
        epilog="Examples:\n\n"
        "ocmw export --store store --support LL --format xlsx --out workbooks\n\n"
        "ocmw export --store store --support LL --period 2023 --format csv --out ll.csv\n\n"
        "ocmw export --store store --zone provisional --ocmw 44021 --format csv --out g"
    )(export)


def export(
    store: Store,
    out: Annotated[
        Path, typer.Option(help="A file for parquet and csv, or - for standard output; a directory for the others.")
    ],
    format_: Annotated[Format, typer.Option("--format", help="Format of the export.")],
    zone: Annotated[
        str | None, typer.Option(help="public, restricted, provisional (with --ocmw) or internal; default public.")
    ] = None,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
    support: Annotated[list[str] | None, typer.Option(help="Code of a support; repeats. Default all.")] = None,
    period: Annotated[
        list[str] | None, typer.Option(help="2024-03, 2024-Q1, 2024 (the year only) or R12-2024-03; repeats.")
    ] = None,
    ocmw: Annotated[str | None, typer.Option(help="Keep the rows of one municipality (NIS code or name).")] = None,
    table: Annotated[
        str | None,
        typer.Option(
            help="Another table than the figures: vintages, duration, quartiles, survival, spells, reentry, "
            "exit_to_work, transitions, completeness, youth_care (restricted, with an approval on record)."
        ),
    ] = None,
    live: Annotated[
        bool | None,
        typer.Option("--live/--released", help="Provisional zone: as a publisher shows it now, or of the release."),
    ] = None,
    csv_dialect: Annotated[Dialect, typer.Option(help="Dialect of csv.")] = Dialect.PLAIN,
    labels: Annotated[bool, typer.Option("--labels", help="Names beside the codes, in nl, fr and en.")] = False,
) -> None:
    """Write figures of a release: the long table, SDMX-CSV with its structure, or workbooks (public only).

    The long table has one row a cell: support, period, place, breakdown, category, measures, state, update. A cell that
    is not there is 0. Zones: public (beneficiaries, once stable), restricted (with amounts and days), provisional (one
    OCMW's months that are not stable), internal (all of the newest update; it never leaves the house).
    """
    from sinks.directory.store import DirectoryStore
    from sinks.files.selection import ExportRefusedError, Selection
    from sinks.files.tables import asked_for, dataset_named, write_table
    from streams.commands.nothing import no_figures, no_rows
    from streams.commands.places import place_named
    from streams.commands.standard_output import or_standard_output
    from streams.shell.console import counted

    supports = frozenset(code.upper() for code in support or ())
    periods = frozenset(code.upper() for code in period or ())
    ocmw = None if ocmw is None else place_named(ocmw, "municipality")
    if str(out) == "-" and format_ in (Format.XLSX, Format.SDMX_CSV):
        message = f"{format_.value} is written into a directory, not to standard output; name one with --out"
        raise ExportRefusedError(message)
    if format_ in (Format.XLSX, Format.SDMX_CSV) and out.exists() and not out.is_dir():
        message = f"{out} is a file; {format_.value} is written into a directory, name one with --out"
        raise ExportRefusedError(message)
    given = {
        "--support": support,
        "--period": period,
        "--ocmw": ocmw,
        "--live": live,
        "--released": live is False,
        "--labels": labels,
        "--csv-dialect": csv_dialect is Dialect.EXCEL,
    }
    options = [option for option, value in given.items() if value]
    _refuse_idle(options, format_)
    home = DirectoryStore.reading(store)
    with or_standard_output(out) as (path, tell):
        if table is not None:
            dataset = dataset_named(table, zone, format_.value, [one for one in options if one not in _OF_FORMATS])
            kept = _rows_of(home, dataset, zone, release)
            chosen = asked_for(kept, Selection("internal", supports, periods, ocmw))
            rows = write_table(chosen, format_.value, path, csv_dialect.value)
            tell(f"{counted(rows, 'row')} in {out}{kept.said}{'' if rows else no_rows(home, dataset.name)}")
            return
        selection = Selection(zone or "public", supports, periods, ocmw)  # type: ignore[arg-type]
        made = _exported(home, selection, release, live=live)
        number, noun = _figures(home, made, format_, path, csv_dialect, labels=labels)
        said = f"; {made.said}" if selection.zone == "provisional" else ""
        tell(f"{counted(number, noun)} in {out}{said}{'' if number else no_figures(made, format_.value)}")


def _refuse_idle(given: list[str], format_: Format) -> None:
    """Refuse an option that would change nothing: who gives it means something by it."""
    from sinks.files.selection import ExportRefusedError

    for option in given:
        if option in _IDLE_IN_FORMAT[format_]:
            message = f"{option} does not apply to the format {format_.value}; leave it out"
            raise ExportRefusedError(message)


def _exported(
    store: "DirectoryStore", selection: "Selection", number: int | None, *, live: bool | None
) -> "ExportedFigures":
    """Return what to export: of the release, or as it is now."""
    from sinks.files.live import as_it_is, as_released
    from sinks.files.selection import ExportRefusedError

    if live and (selection.zone != "provisional" or number is not None):
        message = "live figures are those of the provisional zone now; leave out --live, or ask for that zone alone"
        raise ExportRefusedError(message)
    now = (
        as_it_is(store, selection) if selection.zone == "provisional" and number is None and live is not False else None
    )
    if live and now is None:
        message = f"{store.root}: no live figures above the newest release; a publisher on Kafka shows them"
        raise ExportRefusedError(message)
    return now or as_released(store, selection, _number(store, selection.zone, number))


def _number(store: "DirectoryStore", zone: str, named: int | None) -> int:
    """Return the release to write: the one asked for, or the newest that the zone may see, 0 when there is none.

    Raises UnknownReleaseError for one that waits for approval.
    """
    from sinks.errors import UnknownReleaseError
    from streams.release.publishing import newest_public, shown_to_public
    from streams.settings import load_settings

    if zone != "public":
        return store.latest() if named is None else named
    approval = load_settings().release_approval == "required"
    newest = newest_public(store, approval=approval)
    if named is None:
        return newest
    if named > newest or not shown_to_public(store.root, approval=approval)(named):
        message = f"{store.root}: release {named} is not published; the newest that is: {newest or 'none'}"
        raise UnknownReleaseError(message)
    return named


def _rows_of(store: "DirectoryStore", dataset: "Dataset", zone: str | None, release: int | None) -> "Rows":
    """Return the rows of another table than the figures, of the release asked for or of the newest."""
    from sinks.files.tables import stored_rows

    if dataset.name == "youth_care":
        return _youth_care(store, dataset, zone, release)
    audience = zone or dataset.zones[0]
    number = _number(store, audience, release)
    if release is not None:
        store.release(number)  # a table of one that is not kept would be empty, not refused
    return stored_rows(store, dataset, audience, number)


def _youth_care(store: "DirectoryStore", dataset: "Dataset", zone: str | None, release: int | None) -> "Rows":
    """Return the rows of youth care: counted now, in the restricted zone, with an approval on record only (H5)."""
    from streams.approvals import required
    from streams.settings import load_settings

    approval = required(load_settings().approvals, "youth_care")
    from sinks.files.indicators import batches_of
    from sinks.files.selection import ExportRefusedError
    from sinks.files.tables import Rows
    from streams.shell import kernel_cache

    if zone != "restricted":
        message = "youth care stands in the restricted zone alone; write --zone restricted"
        raise ExportRefusedError(message)
    if release is None and not store.latest():
        return Rows(dataset, ())
    kernel_cache.prepare()
    from streams.embedded.youth_care import youth_counted

    counted, digest = youth_counted(store.root, store.release(release), store.settings, approval)
    return Rows(dataset, batches_of([counted]), f"; log of accesses: {digest}")


def _figures(
    store: "DirectoryStore", figures: "ExportedFigures", format_: Format, out: Path, dialect: Dialect, *, labels: bool
) -> tuple[int, str]:
    """Write the figures; return how many of what were written."""
    from sinks.files.csv import write_csv
    from sinks.files.long_table import long_table, table_schema
    from sinks.files.parquet import write_parquet
    from sinks.files.sdmx import write_sdmx
    from sinks.files.workbook import write_workbooks

    selection = figures.selection
    if format_ is Format.XLSX:
        books = write_workbooks(out, store, figures.release, selection, store.settings.geography)
        return len(books), "workbook"
    if format_ is Format.SDMX_CSV:
        return write_sdmx(out, figures.blocks, figures.release, selection, figures.chosen), "row"
    schema = table_schema(selection.zone, labels=labels)
    batches = long_table(figures.blocks, figures.chosen, selection, labels=labels)
    if format_ is Format.PARQUET:
        return write_parquet(out, schema, batches), "row"
    return write_csv(out, schema, batches, dialect.value), "row"
