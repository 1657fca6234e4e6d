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


_LOOKS = (
    "text{font:12px sans-serif;fill:#444}.title{font-weight:bold}.grid{stroke:#ddd}.band{fill:#9dc3e6;opacity:.6}"
    ".band-key{stroke:#9dc3e6;stroke-width:8;opacity:.6}.line{fill:none;stroke-width:2}.s0 .line{stroke:#1f3864}"
    ".s1 .line{stroke:#bf9000;stroke-dasharray:6 4}.s0 circle{fill:#1f3864}.s1 circle{fill:#bf9000}"
)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw forecast --store store --support LL --out ll.csv --plot ll.svg")(forecast)


def forecast(
    store: Store,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    support: Annotated[str | None, typer.Option(help="Code of a support; default all.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="Format of the file.")] = Format.CSV,
    target: Annotated[int, typer.Option(help="Age in months at which a figure is taken as known.", min=1)] = 24,
    plot: Annotated[Path | None, typer.Option(help="A picture (.svg) of one support's months.")] = None,
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
    if plot is not None and plot.suffix != ".svg":
        raise UsageError(f"{plot} is no picture that is drawn here; name it .svg")
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
    from sinks.durability import put_in_place, temporary
    from sinks.svg.charts import Band, Frame, Series, band_chart
    from sinks.svg.elements import with_style

    mine = forecasts[(forecasts["measure"] == "beneficiaries") & (forecasts["period"].str.fullmatch(r"\d{4}-\d{2}"))]
    columns = ("low80", "high80", "forecast", "known")
    low, high, expected, known = ([None if one != one else float(one) for one in mine[name]] for name in columns)  # noqa: PLR0124 - NaN
    title = f"{support}: beneficiaries a month, Belgium (internal)"
    summary = "Blue the forecast, in light blue where 80 % of earlier forecasts fell, dashed what is known now."
    frame = Frame("forecast", title, summary, mine["period"].tolist(), "{:,.0f}".format, width=900, height=420)
    band = Band("80 % of earlier forecasts", low, high)
    drawn = band_chart(frame, band, [Series("forecast", expected), Series("known now", known)])
    with temporary(path) as written:
        written.write_text(with_style(drawn, _LOOKS), encoding="utf-8")
        put_in_place(written, path)
