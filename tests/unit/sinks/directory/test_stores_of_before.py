"""Stores that an earlier program wrote: they are read, recounted and continued, and say what they said.

``stores_of_before`` holds two, written whole by the program of 2026-11-29 (format 1): ``as_then`` with a snapshot
of the ledger, over the mergers of 2025; ``fixed`` in the geography of 2024 and without one. Digests are of what that
program exported.
"""

import hashlib
import tarfile
from pathlib import Path

import pytest

from processors.reference.events import admitted
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.files.csv import write_csv
from sinks.files.long_table import long_table, table_schema
from sinks.files.selection import Selection, select
from streams.embedded.driver import Embedded
from streams.proof.recount import ReadLog, Recount

HERE = Path(__file__).parent / "stores_of_before"
INTERNAL = {
    "as_then": ("516160416175b8232c17d2991a166e6dff1dcd96664438683b1974bd9dc6143c", 42_620),
    "fixed": ("3b11c3368579e3496a84ce949b748045cf26b701810698661ca2f1dec24cda4a", 62298),
}


@pytest.fixture(params=sorted(INTERNAL))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> DirectoryStore:
    """Return a store of before, unpacked."""
    with tarfile.open(HERE / f"{request.param}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    return DirectoryStore.reading(tmp_path / request.param)


def test_its_newest_release_says_what_it_said(old: DirectoryStore, tmp_path: Path) -> None:
    selection = Selection("internal")
    batches = long_table(old, select(old.release(), selection), selection)
    rows = write_csv(tmp_path / "internal.csv", table_schema("internal"), batches)
    digest = hashlib.sha256((tmp_path / "internal.csv").read_bytes()).hexdigest()
    assert (digest, rows) == INTERNAL[old.root.name]


def test_a_recount_from_its_journal_finds_no_cell_that_differs(old: DirectoryStore) -> None:
    journal = sorted((old.root / "journal").glob("*.avro"))
    recount = Recount.of(ReadLog.of(admitted(journal), old.settings), old)
    verdict = recount.blocks(recount.places()[::40])
    assert verdict.cells > 0
    assert verdict.differences == []


def test_it_goes_on_where_it_was(old: DirectoryStore) -> None:
    journal = sorted((old.root / "journal").glob("*.avro"))
    before = old.latest()
    Embedded.run(old.root, FigureSettings(geography=old.settings.geography), journal)
    assert DirectoryStore.reading(old.root).latest() == before
