"""The examples of docs/events.md write events that are applied, each with the client that it is for."""

import subprocess
import sys
from pathlib import Path

import avro.schema
import pytest
from avro.datafile import DataFileWriter
from avro.io import DatumWriter
from history import records
from program import ocmw
from writers import SCHEMA, avro_jars, example


@pytest.mark.parametrize(("client", "lines"), [("fastavro", 3), ("avro", 1)])
def test_what_an_example_writes_is_applied(tmp_path: Path, client: str, lines: int) -> None:
    out = tmp_path / "claims.avro"
    subprocess.run([sys.executable, "-c", example(client), SCHEMA, out], check=True)  # noqa: S603 - our own example
    assert ocmw("check", "--strict", out).stdout.startswith(f"events in {lines} = applied {lines} + duplicates 0 + ")


def test_what_the_example_in_java_writes_is_applied(tmp_path: Path) -> None:
    program, out = tmp_path / "Claims.java", tmp_path / "claims.avro"
    program.write_text(example("java"), encoding="utf-8")
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    subprocess.run(["java", *quick, "-cp", f"{avro_jars()}/*", program, SCHEMA, out], check=True)  # noqa: S603, S607
    assert ocmw("check", "--strict", out).stdout.startswith("events in 1 = applied 1 + duplicates 0 + ")


def test_a_writer_that_looks_for_a_branch_that_fits_is_told_of_its_trap(tmp_path: Path) -> None:
    union = avro.schema.parse(SCHEMA.read_text())
    with DataFileWriter((tmp_path / "log.avro").open("wb"), DatumWriter(), union) as writer:
        for _, values in records("person\na\nb\nleft open"):
            writer.append(values)
    done = ocmw("check", tmp_path / "log.avro")
    assert "bad-amount-type 2\n" in done.stdout
    assert "every Regularisation carries the types of a ReimbursementClaim" in " ".join(done.stdout.split())
