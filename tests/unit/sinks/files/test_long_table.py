"""The long table as Parquet and CSV: zones, columns, order, types, labels (F1)."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.datasets import Zone
from schemas.figures import DIMENSIONS, LONG_COLUMNS, MEASURES, PUBLIC_COLUMNS
from schemas.releases import Release
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreWriteError
from sinks.files.csv import write_csv
from sinks.files.long_table import columns, long_table, table_schema
from sinks.files.parquet import write_parquet
from sinks.files.selection import ZONES, ExportRefusedError, Selection, select


def exported(store: DirectoryStore, path: Path, selection: Selection, *, labels: bool = False) -> pa.Table:
    chosen = select(store.release(), selection)
    batches = long_table(store, chosen, selection, labels=labels)
    write_parquet(path, table_schema(selection.zone, labels=labels), batches)
    return pq.read_table(path)


def rows(store: DirectoryStore, path: Path, selection: Selection) -> list[dict[str, object]]:
    table_rows: list[dict[str, object]] = exported(store, path, selection).to_pylist()
    return table_rows


def selected(zone: Zone, **more: Any) -> Selection:  # noqa: ANN401
    return Selection(zone, ocmw=str(more.pop("ocmw", "44021")) if zone == "provisional" else None, **more)


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_has_the_columns_and_types_of_the_contract(store: DirectoryStore, tmp_path: Path, zone: Zone) -> None:
    table = exported(store, tmp_path / "t.parquet", selected(zone))
    expected = PUBLIC_COLUMNS if zone == "public" else LONG_COLUMNS
    assert tuple(table.column_names) == expected
    assert [field.type for field in table.schema] == [pa.int64() if n in MEASURES else pa.string() for n in expected]


@pytest.mark.parametrize("zone", ZONES)
def test_rows_are_sorted_by_their_key_columns_as_text(store: DirectoryStore, tmp_path: Path, zone: Zone) -> None:
    keys = [tuple(row[name] for name in DIMENSIONS) for row in rows(store, tmp_path / "t.parquet", selected(zone))]
    assert len(keys) > 1
    assert all(before < after for before, after in itertools.pairwise(keys))


def test_the_public_zone_holds_nothing_restricted_or_provisional(store: DirectoryStore, tmp_path: Path) -> None:
    """F1: no IK_*, no country of nationality, no amount, no month that is not stable, no frozen month never shown."""
    public_rows = rows(store, tmp_path / "t.parquet", selected("public"))
    assert {row["support"] for row in public_rows} == {"LL", "FH"}
    assert {row["period"] for row in public_rows} == {
        "2005-03",
        "2024-01",
        "2024-02",
        "2024-03",
        "2024-Q1",
        "R12-2024-01",
    }
    assert "nationality" not in {row["breakdown"] for row in public_rows}
    assert {row["update_id"] for row in public_rows} == {"u1"}
    assert {row["obs_status"] for row in public_rows} == {"A"}


def test_a_revising_figure_shows_its_old_block_and_says_so(store: DirectoryStore, tmp_path: Path) -> None:
    public, restricted, internal = (
        next(row for row in rows(store, tmp_path / "t.parquet", selected(zone, periods=frozenset({"2024-02"})))
             if (row["geo"], row["category"]) == ("01000", "total"))
        for zone in ("public", "restricted", "internal")
    )  # fmt: skip
    assert (public["beneficiaries"], public["state"], public["update_id"]) == (42, "revising", "u1")
    assert (restricted["amount_cents"], restricted["state"], restricted["update_id"]) == (4200, "revising", "u1")
    assert (internal["beneficiaries"], internal["state"], internal["update_id"]) == (60, "revising", "u2")


def test_the_restricted_zone_has_all_nodes_and_breakdowns_that_are_stable(
    store: DirectoryStore, tmp_path: Path
) -> None:
    restricted_rows = rows(store, tmp_path / "t.parquet", selected("restricted"))
    assert {row["support"] for row in restricted_rows} == {"LL", "FH", "IK_RMH"}
    assert {row["state"] for row in restricted_rows} == {"frozen", "published", "revising"}
    assert "nationality" in {row["breakdown"] for row in restricted_rows}


def test_the_provisional_zone_is_one_ocmw_in_months_that_are_not_stable(store: DirectoryStore, tmp_path: Path) -> None:
    provisional_rows = rows(store, tmp_path / "t.parquet", selected("provisional"))
    assert {(row["geo_level"], row["geo"]) for row in provisional_rows} == {("municipality", "44021")}
    assert {(row["support"], row["period"]) for row in provisional_rows} == {
        ("LL", "2024-04"),
        ("LL", "2024-05"),
        ("IK_RMH", "2024-05"),
    }
    assert {(row["obs_status"], row["update_id"]) for row in provisional_rows} == {("P", "u2")}


def test_the_internal_zone_is_the_latest_recount_of_everything(store: DirectoryStore, tmp_path: Path) -> None:
    internal_rows = rows(store, tmp_path / "t.parquet", selected("internal"))
    assert len({(row["support"], row["period"]) for row in internal_rows}) == 13
    assert {row["update_id"] for row in internal_rows} == {"u2"}
    assert {row["obs_status"] for row in internal_rows if row["state"] in {"pending", "settling"}} == {"P"}


def test_supports_periods_and_a_municipality_narrow_the_rows(store: DirectoryStore, tmp_path: Path) -> None:
    only = Selection("public", frozenset({"LL"}), frozenset({"2024-01", "2024-Q1"}), "11002")
    chosen_rows = rows(store, tmp_path / "t.parquet", only)
    assert [(row["period"], row["category"]) for row in chosen_rows] == [
        ("2024-01", "2"),
        ("2024-01", "2|25-44"),
        ("2024-01", "total"),
        ("2024-Q1", "2"),
        ("2024-Q1", "2|25-44"),
        ("2024-Q1", "total"),
    ]


def test_labels_stand_beside_their_codes(store: DirectoryStore, tmp_path: Path) -> None:
    table = exported(store, tmp_path / "t.parquet", selected("public"), labels=True)
    assert tuple(table.column_names) == columns("public", labels=True)
    assert [name for name in table.column_names if name in PUBLIC_COLUMNS] == list(PUBLIC_COLUMNS)
    ghent = next(row for row in table.to_pylist() if row["geo"] == "44021" and row["category"] == "2")
    assert (ghent["geo_nl"], ghent["geo_fr"]) == ("Gent", "Gand")
    levels = [ghent[name] for name in ("geo_level", "geo_level_nl", "geo_level_fr", "geo_level_en")]
    assert levels == ["municipality", "Gemeente", "Commune", "Municipality"]
    assert (ghent["support_nl"], ghent["support_en"]) == ("Leefloon", "Living wage")
    assert (ghent["breakdown_fr"], ghent["category_nl"]) == ("Sexe", "vrouw")
    assert {row["category_en"] for row in table.to_pylist() if row["breakdown"] == "total"} == {"Total"}


def test_a_csv_file_says_what_the_parquet_file_says(store: DirectoryStore, tmp_path: Path) -> None:
    selection = selected("internal")
    batches = long_table(store, select(store.release(), selection), selection)
    written = write_csv(tmp_path / "t.csv", table_schema("internal"), batches)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    expected = [{k: str(v) for k, v in row.items()} for row in rows(store, tmp_path / "t.parquet", selection)]
    assert read == expected
    assert written == len(expected)


def test_excel_opens_the_excel_dialect(store: DirectoryStore, tmp_path: Path) -> None:
    selection = selected("public")
    batches = long_table(store, select(store.release(), selection), selection)
    write_csv(tmp_path / "t.csv", table_schema("public"), batches, "excel")
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file, delimiter=";")) == list(PUBLIC_COLUMNS)


@pytest.mark.parametrize("zone", ZONES)
def test_a_store_without_updates_gives_an_empty_table(store: DirectoryStore, tmp_path: Path, zone: Zone) -> None:
    selection = selected(zone)
    assert select(None, selection) == ()
    assert write_parquet(tmp_path / "t.parquet", table_schema(zone), long_table(store, (), selection)) == 0
    assert write_csv(tmp_path / "t.csv", table_schema(zone), long_table(store, (), selection)) == 0
    assert pq.read_table(tmp_path / "t.parquet").schema == table_schema(zone)
    header = ",".join(f'"{name}"' for name in table_schema(zone).names)
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == f"{header}\n"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"zone": "secret"}, "'secret' is no zone; choose among public, restricted"),
        ({"zone": "provisional"}, "name it with --ocmw"),
        ({"zone": "public", "supports": frozenset({"LEEFLOON"})}, "'LEEFLOON' is no support; choose among RMI, LL"),
        ({"zone": "public", "periods": frozenset({"2024-13"})}, "'2024-13' is not a period; write 2024-03"),
        ({"zone": "public", "ocmw": "99999"}, "'99999' is no NIS code of a municipality"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ExportRefusedError, match=sentence.replace("(", r"\(")):
        Selection(**wrong)


def test_a_failed_export_leaves_the_old_file_and_nothing_else(store: DirectoryStore, tmp_path: Path) -> None:
    target = tmp_path / "out" / "t.parquet"
    selection = selected("public")
    release: Release = store.release()
    write_parquet(target, table_schema("public"), long_table(store, select(release, selection), selection))
    before = target.read_bytes()

    def broken() -> Iterator[pa.RecordBatch]:
        yield from long_table(store, select(release, selection), selection)
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreWriteError):
        write_parquet(target, table_schema("public"), broken())
    with pytest.raises(StoreWriteError):
        write_csv(target, table_schema("public"), broken())
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]
