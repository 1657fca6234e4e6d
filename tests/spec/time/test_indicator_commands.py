"""What a person at the keyboard sees of the time dimension: commands, their files and their sentences."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from history import log_file
from program import ocmw
from typer.testing import CliRunner

from schemas.indicators import COLUMNS
from schemas.settings import FigureSettings
from streams.cli import app
from streams.embedded.driver import Embedded

MONTHS = [f"2023-{month:02d}" for month in range(1, 13)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with one person in Gent and one in Borsbeek, published up to 2023-09."""
    lines = ["person | month | ocmw"]
    for month in MONTHS:
        lines += [f"a | {month} | 44021", f"b | {month} | 11007", f"close {month} {month}"]
    room = tmp_path_factory.mktemp("commands")
    Embedded.run(room / "store", FigureSettings(), [log_file(room / "log.avro", "\n".join(lines))])
    return room / "store"


def run(*arguments: str | Path) -> str:
    """Return what a command prints."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("table", ["duration", "spells", "reentry"])
def test_a_table_is_exported_with_the_columns_of_the_contract(store: Path, tmp_path: Path, table: str) -> None:
    out = tmp_path / "table.parquet"
    run("export", "--store", store, "--table", table, "--format", "parquet", "--out", out)
    assert tuple(pq.read_table(out).column_names) == COLUMNS


def test_rows_are_sorted_by_their_keys_and_none_stands_twice(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.parquet"
    run("export", "--store", store, "--table", "duration", "--zone", "restricted", "--format", "parquet", "--out", out)
    keys = list(zip(*(column.to_pylist() for column in pq.read_table(out).columns[:7]), strict=True))
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "sdmx-csv"])
def test_a_table_holds_the_periods_and_the_municipality_asked_for(store: Path, tmp_path: Path, form: str) -> None:
    options = ("--table", "spells", "--ocmw", "44021", "--period", "2023-03", "--period", "2023-04")
    printed = run("export", "--store", store, *options, "--format", form, "--out", tmp_path / "out")
    assert printed.startswith("11 rows")  # two months, two tolerances, three flows; none enters in L + 2
    if form == "parquet":
        table = pq.read_table(tmp_path / "out", columns=["geo", "reference"]).to_pylist()
        assert {tuple(row.values()) for row in table} == {("44021", "2023-03"), ("44021", "2023-04")}


def test_an_earlier_release_shows_what_was_known_then(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.parquet"
    run("export", "--store", store, "--table", "spells", "--release", "6", "--format", "parquet", "--out", out)
    assert max(pq.read_table(out)["reference"].to_pylist()) == "2023-02"


def test_the_screen_shows_categories_in_the_order_of_people_not_of_text(store: Path) -> None:
    printed = run("indicators", "--store", store, "--place", "44021")
    flows = printed.partition("spells, own_g0")[2]
    assert flows.index("entries") < flows.index("exits") < flows.index("stock")


def test_the_screen_shows_the_newest_reference_of_a_place(store: Path) -> None:
    printed = run("indicators", "--store", store, "--place", "44021")
    assert printed.startswith("Gent (44021), public zone, release 12, update 2023-12\n")
    assert "2023-09, duration, exact_own_g0, band: duration, months since the spell began, the place itself" in printed
    assert "unknown" in printed


def test_a_place_that_the_public_may_not_see_is_told_so_in_a_sentence(store: Path) -> None:
    printed = run("indicators", "--store", store, "--place", "11007")
    assert printed == (
        "Nothing is shown of 11007 in the public zone: of municipalities it shows the centre cities alone; ask with "
        "--zone restricted.\n"
    )
    assert "2023-09" in run("indicators", "--store", store, "--place", "11007", "--zone", "restricted")


def test_a_place_of_which_no_month_is_published_is_told_so(store: Path) -> None:
    printed = run("indicators", "--store", store, "--place", "44021", "--release", "1")
    assert printed == "Nothing is shown of 44021 in the public zone at release 1: no month it needs is published.\n"


def test_a_release_beside_an_update_is_refused_for_each_names_what_is_shown(store: Path) -> None:
    done = ocmw("indicators", "--store", store, "--update", "2023-12", "--release", "6")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ocmw: --release does not apply where --update names what is shown; leave it out\n"


@pytest.mark.parametrize("place", ["99999", "abc", ""])
def test_a_place_that_does_not_exist_is_refused(store: Path, place: str) -> None:
    done = ocmw("indicators", "--store", store, "--place", place)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"ocmw: {place!r} is no place; write its NIS code, as 44021, or its name, as Gent; 01000 is the kingdom\n"
    )


def test_the_benchmark_is_written_as_its_ending_says(store: Path, tmp_path: Path) -> None:
    for name in ("report.html", "report.xlsx"):
        run("benchmark", "--store", store, "--year", "2023", "--out", tmp_path / name)
        assert (tmp_path / name).stat().st_size > 5000


@pytest.mark.parametrize("ending", ["html", "xlsx"])
def test_a_benchmark_that_the_disk_refuses_is_told_in_a_sentence(store: Path, ending: str) -> None:
    done = ocmw("benchmark", "--store", store, "--year", "2023", "--out", f"/proc/report.{ending}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"ocmw: /proc/report.{ending}: cannot be written (No such file or directory)")
