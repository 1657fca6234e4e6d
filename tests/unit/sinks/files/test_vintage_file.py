"""The revision triangle as a file (G2)."""

from pathlib import Path

import pyarrow.parquet as pq

from schemas.figures import VINTAGE_COLUMNS
from sinks.directory.store import DirectoryStore
from sinks.files.csv import write_csv
from sinks.files.parquet import write_parquet
from sinks.files.vintages import vintage_batches
from sinks.vintages import VINTAGE_SCHEMA


def test_vintages_come_with_nulls_where_nothing_is_published(store: DirectoryStore, tmp_path: Path) -> None:
    write_parquet(tmp_path / "v.parquet", VINTAGE_SCHEMA, vintage_batches(store))
    table = pq.read_table(tmp_path / "v.parquet")
    assert tuple(table.column_names) == VINTAGE_COLUMNS
    assert [field.type for field in table.schema] == [field.type for field in VINTAGE_SCHEMA]
    rows = {(row["support"], row["period"]): row for row in table.to_pylist()}
    assert (rows["LL", "2024-05"]["published_value"], rows["LL", "2024-05"]["published_update"]) == (None, None)
    assert (rows["LL", "2024-02"]["state"], rows["LL", "2024-02"]["published_update"]) == ("revising", "u1")
    assert {(row["update_id"], row["sequence"], row["reference_month"]) for row in rows.values()} == {
        ("u2", 2, 202406),
    }
    assert list(rows) == sorted(rows)


def test_a_missing_vintage_is_an_empty_field_of_the_csv(store: DirectoryStore, tmp_path: Path) -> None:
    assert write_csv(tmp_path / "v.csv", VINTAGE_SCHEMA, vintage_batches(store)) == 14
    lines = (tmp_path / "v.csv").read_text(encoding="utf-8").splitlines()
    assert '"LL","2024-05","month","u2",2,202406,10,0,"pending",,' in lines
