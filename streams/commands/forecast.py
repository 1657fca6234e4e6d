"""What late figures will be."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import Store

if TYPE_CHECKING:
    import pandas as pd


class Format(StrEnum):
    """Formats of a forecast."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw forecast --store store --support LL --out ll.csv --plot ll.png")(forecast)


def forecast(
    store: Store,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    support: Annotated[str | None, typer.Option(help="Code of a support; default all.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="Format of the file.")] = Format.CSV,
    target: Annotated[int, typer.Option(help="Age in months at which a figure is taken as known.", min=1)] = 24,
    plot: Annotated[Path | None, typer.Option(help="A picture (.png or .svg) of one support's months.")] = None,
) -> None:
    """Forecast figures that late corrections will still change: chain ladder, with an interval from its own past.

    Internal: it rests on pending figures and stands in no other zone. Persons by month, quarter and year have triangles
    of their own, for they never add up; the State's share does, to the end of the running year. Twelve updates or more
    are needed.
    """
    from processors.research.forecast import TooYoungError
    from schemas.supports import NODE
    from sinks.directory.store import DirectoryStore
    from streams.release.forecasting import SCHEMA, rows
    from streams.settings import UsageError
    from streams.shell.console import counted

    if support is not None and support not in NODE:
        raise UsageError(f"{support!r} is no support; choose among {', '.join(NODE)}")
    if plot is not None and support is None:
        raise UsageError("a picture shows one support; name it with --support")
    if plot is not None and plot.suffix not in (".png", ".svg"):
        raise UsageError(f"{plot} is no picture; name it .png or .svg")
    home = DirectoryStore.reading(store)
    if not home.latest():
        raise UsageError(f"{store}: no update is closed, so nothing can be forecast")
    try:
        forecasts = rows(home, support, target)
    except TooYoungError as error:
        raise UsageError(f"{store}: {error}") from error
    import pyarrow as pa

    from sinks.files.csv import write_csv
    from sinks.files.parquet import write_parquet

    table = pa.Table.from_pandas(forecasts, SCHEMA, preserve_index=False)
    number = (
        write_csv(out, SCHEMA, table.to_batches(), "plain")
        if format_ is Format.CSV
        else write_parquet(out, SCHEMA, table.to_batches())
    )
    typer.echo(f"{counted(number, 'row')} in {out}, internal")
    if not (forecasts["state"] == "forecast").any():
        typer.echo(f"no figure was seen {target} months old yet, so none is forecast; choose a smaller --target")
    if plot is not None:
        _draw(forecasts, plot, support or "")
        typer.echo(f"picture in {plot}")


def _draw(forecasts: "pd.DataFrame", path: Path, support: str) -> None:
    from matplotlib.figure import Figure

    mine = forecasts[(forecasts["measure"] == "beneficiaries") & (forecasts["period"].str.fullmatch(r"\d{4}-\d{2}"))]
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    at = range(len(mine))
    low, high = mine["low80"].astype(float), mine["high80"].astype(float)
    axes.fill_between(at, low, high, color="#9DC3E6", alpha=0.6, label="80 % of earlier forecasts")
    axes.plot(at, mine["forecast"].astype(float), color="#1F3864", marker="o", markersize=3, label="forecast")
    axes.plot(at, mine["known"].astype(float), color="#BF9000", linestyle="--", label="known now")
    axes.set_xticks(list(at)[::2], mine["period"].tolist()[::2], rotation=60, fontsize=8)
    axes.set_title(f"{support}: beneficiaries a month, Belgium (internal)")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
