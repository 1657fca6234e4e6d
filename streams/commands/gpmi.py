"""Statistics of individualised projects (GPMI), for social workers and their heads."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from processors.services.gpmi.answer import Question
    from processors.services.gpmi.gathering import Gathered

FORMATS = ("table", "csv", "xlsx", "json")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw gpmi --store store --ocmw 44021 --from 2024-01-01 --to 2024-12-31")(gpmi)


def gpmi(
    first: Annotated[str, typer.Option("--from", help="First day, as 2024-01-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day; the geography is that of this day.")],
    store: Annotated[Path | None, typer.Option("--store", help="Directory of the store.")] = None,
    kafka: Annotated[bool, typer.Option("--kafka", help="Read the topic of contracts instead of a store.")] = False,
    ocmw: Annotated[str | None, typer.Option(help="NIS code of one OCMW, or 01000 for the kingdom.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="The kingdom, then every OCMW.")] = False,
    form: Annotated[str, typer.Option("--format", help="table, csv, xlsx or json.")] = "table",
    out: Annotated[Path | None, typer.Option(help="File to write; without it csv and json go to the screen.")] = None,
    names: Annotated[
        Path | None, typer.Option(help="CSV of worker,name for the workbook: it and the workbook stay at the OCMW.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Instead of figures: projects that need an evaluation on the last day.")
    ] = False,
    lang: Annotated[str | None, typer.Option(help="nl, fr or both, for xlsx; default by the OCMW's region.")] = None,
) -> None:
    """Count individualised projects (GPMI) of a period, as the tool counts and each once, beside each other.

    Only signed contracts count. A contract is that of the OCMW of its last signed version. Every category is written,
    also where it is 0; definitions stand in the workbook and in docs/services.md.
    """
    from streams.settings import UsageError

    if form not in FORMATS:
        raise UsageError(f"{form!r} is no format; write {', '.join(FORMATS)}")
    if form == "xlsx" and (out is None or due):
        raise UsageError("a workbook needs --out FILE, and holds the projects that need an evaluation itself, no --due")
    if names is not None and (form != "xlsx" or everybody):
        raise UsageError("--names goes into a workbook of one OCMW: add --format xlsx --ocmw NIS")
    question = _question(ocmw, first, last, everybody=everybody)
    known = _known(names)
    gathered = _gathered(store, kafka=kafka)
    if due:
        _write_due(gathered, question, form, out)
    elif form == "xlsx":
        _write_workbook(gathered, question, out or Path(), known, lang)
    else:
        _write_rows(gathered, question, form, out)


def _question(ocmw: str | None, first: str, last: str, *, everybody: bool) -> "Question":
    from datetime import date

    from processors.services.gpmi.answer import Question
    from streams.settings import UsageError

    if (ocmw is None) is not everybody:
        raise UsageError("say whose projects: --ocmw NIS, or --all")
    days = []
    for option, text in (("--from", first), ("--to", last)):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            raise UsageError(f"{option}: {text!r} is no day; write it as 2024-01-31") from None
    try:
        return Question(ocmw, days[0], days[1])
    except ValueError as error:
        raise UsageError(str(error)) from error


def _known(names: Path | None) -> dict[str, str]:
    """Return name by key of worker. Raises UsageError for a file that does not tell."""
    import csv
    import io

    from streams.settings import UsageError

    if names is None:
        return {}
    try:
        text = names.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{names}: no names can be read here; give a CSV in UTF-8 of worker,name") from None
    names_of = {}
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=";" if ";" in text else ","), start=1):
        if row and not (number == 1 and row[0] == "worker"):
            try:
                key, name = int(row[0], 16).to_bytes(8, "big").hex(), row[1].strip()
            except (ValueError, OverflowError, IndexError):
                raise UsageError(f"{names}: line {number} is no key of 16 hex digits and a name") from None
            names_of[key] = name
    return names_of


def _gathered(store: Path | None, *, kafka: bool) -> "Gathered":
    from processors.services.contracts import ContractService
    from processors.services.gpmi.gathering import gathered
    from streams.embedded.admission import states_of
    from streams.settings import UsageError

    if (store is None) is not kafka:
        raise UsageError("say where the contracts are: --store DIR, or --kafka")
    service = ContractService()
    if store is not None:
        return gathered(states_of(service, store))
    import asyncio

    from streams.kafka.known_states import known_states
    from streams.kafka.settings import KafkaSettings

    return gathered(asyncio.run(known_states(KafkaSettings(), service)).items())


def _write_rows(gathered: "Gathered", question: "Question", form: str, out: Path | None) -> None:
    from processors.services.gpmi.answer import answer
    from schemas.services.gpmi_figures import COLUMNS

    rows = list(answer(gathered.columns, question))
    if form == "table":
        typer.echo(f"{rows[0].ocmw if question.ocmw else 'All OCMWs'}, {rows[0].first_day} to {rows[0].last_day}")
        chosen = [row for row in rows if row[6:] != (0, 0) and (question.ocmw or row.breakdown == "total")]
        places = (3, 4, 5, 6, 7) if question.ocmw else (0, 3, 4, 5, 6, 7)
        _show([tuple(row[place] for place in places) for row in chosen], tuple(COLUMNS[place] for place in places))
        return
    _give(COLUMNS, rows, form, out)


def _write_due(gathered: "Gathered", question: "Question", form: str, out: Path | None) -> None:
    from processors.services.gpmi.lists import due
    from schemas.services.gpmi_figures import Due

    rows = [row._replace(workers=" ".join(row.workers)) for row in due(gathered, question)]  # type: ignore[arg-type]  # as text
    if form == "table":
        _show(rows, Due._fields)
        return
    _give(Due._fields, rows, form, out)


def _show(rows: "Sequence[tuple[object, ...]]", columns: tuple[str, ...]) -> None:
    from streams.shell.console import say, show_table

    show_table("", columns, rows)
    if not rows:
        say("Nothing: no signed contract is in the period.")


def _give(columns: tuple[str, ...], rows: "Sequence[tuple[object, ...]]", form: str, out: Path | None) -> None:
    from sinks.files.rows import text_of, write_text
    from streams.shell.console import counted

    text = text_of(columns, rows, "json" if form == "json" else "csv")
    if out is None:
        typer.echo(text, nl=False)
        return
    write_text(out, text)
    typer.echo(f"{counted(len(rows), 'row')} in {out}")


def _write_workbook(
    gathered: "Gathered", question: "Question", out: Path, names: dict[str, str], lang: str | None
) -> None:
    from processors.services.gpmi.answer import answer
    from processors.services.gpmi.lists import by_month, due
    from schemas.places import KINGDOM
    from sinks.files.gpmi_workbook import Report, write_gpmi_workbook

    rows = list(answer(gathered.columns, question))
    single = question.ocmw not in (None, KINGDOM)
    ocmw = rows[0].ocmw
    months = list(by_month(gathered, question))
    listed = list(due(gathered, question)) if single else []
    days = question.first_day, question.last_day
    write_gpmi_workbook(out, Report(ocmw, *days, rows, months, listed, languages(ocmw, lang), names))
    typer.echo(f"The workbook is in {out}" + ("; it holds names: keep it at the OCMW" if names else ""))


def languages(ocmw: str, lang: str | None) -> tuple[Literal["nl", "fr"], ...]:
    """Return the languages to write in for an OCMW: the one of its region, both in Brussels and for the kingdom."""
    from schemas.places import KINGDOM, ancestors
    from streams.settings import UsageError

    chosen: dict[str, tuple[Literal["nl", "fr"], ...]] = {"nl": ("nl",), "fr": ("fr",), "both": ("nl", "fr")}
    if lang is not None:
        if lang not in chosen:
            raise UsageError(f"{lang!r} is no choice; write nl, fr or both")
        return chosen[lang]
    region = "" if ocmw == KINGDOM else ancestors(ocmw)["region"]
    return chosen[{"02000": "nl", "03000": "fr"}.get(region, "both")]
