"""What it costs to add something: the files that docs/architecture.md names, and no other."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import documents
import pyarrow as pa
import pytest
from made import made
from typer.testing import CliRunner

import streams.acls
import streams.agents.table
import streams.kafka.topics
from processors.services import all_services
from processors.services.protocol import Arrived
from schemas.datasets import DATASETS, Column, Dataset
from schemas.faults import Fault
from schemas.periods import parse_month
from schemas.services.reading import Record, write_topic
from schemas.services.records import GpmiContract
from schemas.services.topics import TOPIC, TopicName
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.files import tables
from streams.acls import grants
from streams.agents.table import every_topic
from streams.cli import app
from streams.embedded import admission
from streams.embedded.driver import Embedded
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DAY, TOPICS, TopicRow
from synthetic import generate

TOY = Dataset(
    "toy",
    "How many updates a store has had.",
    (
        Column("update_id", "dimension", "the update"),
        Column("sequence", "measure", "its number in the log, from 1", number=True),
    ),
    ("public",),
    ("parquet", "csv"),
    frozenset(),
)


def rows_of_toy(store: DirectoryStore, _zone: str, number: int) -> Iterable[pa.RecordBatch]:
    updates = [one for one in store.updates() if one.sequence <= number]
    names = pa.array([one.update_id for one in updates])
    return [pa.RecordBatch.from_arrays([names, pa.array([one.sequence for one in updates])], ["update_id", "sequence"])]


def test_a_table_is_a_row_of_datasets_and_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "toy", TOY)
    monkeypatch.setitem(tables.SOURCES, "toy", rows_of_toy)
    generate(50, parse_month("2024-01"), parse_month("2024-02"), 1, tmp_path / "history.avro")
    Embedded.run(tmp_path / "store", FigureSettings(), [tmp_path / "history.avro"])
    out = tmp_path / "toy.csv"
    command = ["export", "--store", str(tmp_path / "store"), "--table", "toy", "--format", "csv", "--out", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert out.read_text(encoding="utf-8").splitlines() == [
        '"update_id","sequence"',
        '"synthetic-2024-01",1',
        '"synthetic-2024-02",2',
    ]
    assert "| `sequence` | integer | its number in the log, from 1 |" in documents.columns_table("toy")


def test_the_files_that_the_page_names_are_there() -> None:
    page = (documents.ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {word for word in page.replace("`", " ").split() if word.count("/") and word.endswith(".py")}
    assert named
    assert [name for name in sorted(named) if not (documents.ROOT / name).exists()] == []


def test_a_topic_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    row = TopicRow("ocmw.toys.v1", "Toys; key the toy.", writers=("claims",), readers=("status",), days=3)
    monkeypatch.setattr(streams.kafka.topics, "TOPICS", (*TOPICS, row))
    for module in (streams.acls, streams.agents.table):
        monkeypatch.setattr(module, "TOPICS", (*TOPICS, row), raising=False)
    settings = KafkaSettings()
    made = next(one for one in every_topic(settings) if one.name == "ocmw.toys.v1")
    assert (made.partitions, made.kept) == (12, str(3 * DAY))
    rights = grants(settings)
    assert any(one.name == "ocmw.toys.v1" and "Write" in one.operations for one in rights["claims"])
    assert any(one.name == "ocmw.toys.v1" and "Read" in one.operations for one in rights["status"])


@dataclass(frozen=True, slots=True)
class Versions:
    """How many versions of contracts a person has."""

    count: int = 0


class ToyService:
    """A service that counts the versions of contracts: one pure object, which both drivers can fold."""

    name = "toys"
    topics: tuple[TopicName, ...] = ()
    hears: tuple[TopicName, ...] = ("contracts",)
    state_type = Versions

    def begin(self) -> Versions:
        """Return none."""
        return Versions()

    def fold(self, state: Versions, event: Arrived) -> Versions | Fault:
        """Count a version of a contract."""
        return Versions(state.count + 1) if isinstance(event.record, GpmiContract) else state

    def waiting(self, _state: Versions) -> int:
        """Return 0: nothing waits."""
        return 0

    def sent(self, _before: Versions, _after: Versions) -> tuple[Record, ...]:
        """Return nothing: it answers nobody."""
        return ()


def test_a_keyed_service_is_one_pure_object_in_the_list_of_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = (*all_services.SERVICES, ToyService())
    for module in (all_services, admission):
        monkeypatch.setattr(module, "SERVICES", services)
    written = [made(GpmiContract, f"version {number}", version=number) for number in (1, 2)]
    write_topic(tmp_path / "contracts.avro", TOPIC["contracts"], written)
    admission.admit_files([tmp_path / "contracts.avro"], tmp_path / "store", 0)
    known = dict(admission.states_of(ToyService(), tmp_path / "store"))
    assert known == {written[0].person: Versions(2)}
