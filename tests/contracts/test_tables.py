"""The promises of ``sinks.protocol.Tables``: tables beside releases, in memory, in a directory and in Redis."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import redis

from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.releases import Entry, Release, State, Update, Vintage
from schemas.settings import FigureSettings
from sinks.completeness import read_completeness, write_completeness
from sinks.directory.store import DirectoryStore
from sinks.memory import MemoryStore
from sinks.protocol import Store, Tables
from sinks.redis.tables import RedisTables

TABLE = pa.table({"place": pa.array([3, 4], pa.int16()), "count": pa.array([70_000, 0], pa.int32())})
SAID = {b"first": b"24", b"update_id": b"u12"}


def directory(request: pytest.FixtureRequest) -> Store:
    room: Path = request.getfixturevalue("tmp_path")
    return DirectoryStore.writing(room / "store", FigureSettings())


def memory(_request: pytest.FixtureRequest) -> Store:
    return MemoryStore()


def in_redis(request: pytest.FixtureRequest) -> Tables:
    client: redis.Redis = request.getfixturevalue("redis_client")
    return RedisTables(client, "restricted")


@pytest.fixture(params=[memory, directory, in_redis])
def tables(request: pytest.FixtureRequest) -> Tables:
    build: Callable[[pytest.FixtureRequest], Tables] = request.param
    return build(request)


@pytest.fixture(params=[memory, directory])
def store(request: pytest.FixtureRequest) -> Store:
    build: Callable[[pytest.FixtureRequest], Store] = request.param
    return build(request)


def test_a_table_is_read_as_it_was_written_with_its_metadata(tables: Tables) -> None:
    tables.write_table("indicators", 12, TABLE.replace_schema_metadata(SAID))
    table = tables.read_table("indicators", 12)
    assert table is not None
    assert (table.schema.field("place").type, table.to_pydict()) == (pa.int16(), TABLE.to_pydict())
    assert table.schema.metadata.items() >= SAID.items()


def test_an_update_that_wrote_no_table_has_none(tables: Tables) -> None:
    tables.write_table("indicators", 12, TABLE)
    assert (tables.read_table("indicators", 11), tables.read_table("outcomes", 12)) == (None, None)


def test_a_table_without_rows_is_a_table(tables: Tables) -> None:
    tables.write_table("outcomes", 1, TABLE.slice(0, 0))
    table = tables.read_table("outcomes", 1)
    assert table is not None
    assert (table.num_rows, table.column_names) == (0, ["place", "count"])


def test_what_is_written_again_takes_the_place_of_what_was_there(tables: Tables) -> None:
    for table in (TABLE, TABLE.slice(1)):
        tables.write_table("indicators", 12, table)
    again = tables.read_table("indicators", 12)
    assert again is not None
    assert again["count"].to_pylist() == [0]


def test_one_column_is_read_alone_and_no_column_gives_the_metadata(tables: Tables) -> None:
    tables.write_table("indicators", 12, TABLE.replace_schema_metadata(SAID))
    one, none = tables.read_table("indicators", 12, ["count"]), tables.read_table("indicators", 12, ())
    assert one is not None
    assert none is not None
    assert (one.column_names, none.column_names) == (["count"], [])
    assert none.schema.metadata[b"update_id"] == b"u12"


def test_the_place_of_tables_has_a_name_for_messages(tables: Tables) -> None:
    assert tables.name


def test_vintages_stand_beside_the_release_that_says_them(store: Store) -> None:
    for number in (1, 2):
        key = BlockKey("LL", Period.parse("2024-01"))
        entry = Entry(Vintage(number * 10, None, State.PENDING), None)
        store.publish(Release(Update(number, f"u{number}", key.period.last + number), {key: entry}))
    vintages = [store.read_table("vintages", number, ["value"]) for number in (1, 2, 3)]
    assert [table and table["value"].to_pylist() for table in vintages] == [[10], [20], None]


def test_completeness_is_read_month_by_month_where_it_was_counted_last(tables: Tables) -> None:
    january = pa.array([24], pa.int16()).to_numpy()
    for number, rows in ((1, 5), (2, 7)):
        write_completeness(tables, number, january, pa.array([rows], pa.int32()).to_numpy().reshape(1, 1, 1))
    assert [read_completeness(tables, number, [24], (1, 1))[24].tolist() for number in (1, 2)] == [[[5]], [[7]]]
