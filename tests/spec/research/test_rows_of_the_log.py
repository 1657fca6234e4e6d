"""The rows of an extraction are those of the log: each event once, also where a journal holds some twice."""

import shutil
from pathlib import Path

import numpy as np
from study_room import UPDATE, Room

from processors.admission.fold import Fold
from processors.admission.ledger import Ledger
from sinks.directory.journal import Journal
from sinks.directory.store import DirectoryStore
from streams.embedded.driver import steps_of
from streams.embedded.extracting import release_named, source_of


def folded(store: DirectoryStore, ledger: Ledger) -> Ledger:
    """Return what the journal of a store amounts to."""
    fold = Fold(store.settings, ledger)
    for segment in Journal(store.root).segments():
        for _ in steps_of(fold, segment):
            pass
    return fold.ledger


def test_events_that_were_admitted_before_amount_to_the_same_without_comparing_ids(room: Room) -> None:
    store = DirectoryStore.reading(room.store)
    compared, believed = folded(store, Ledger(store.settings)), folded(store, Ledger.of_admitted(store.settings))
    assert compared.ids > len(compared.rows) > 10_000
    assert believed.ids == 0
    assert np.array_equal(compared.rows, believed.rows)
    assert np.array_equal(compared.facts, believed.facts)
    assert np.array_equal(compared.births, believed.births)
    assert np.array_equal(compared.tables.exists, believed.tables.exists)


def test_a_journal_with_a_segment_twice_gives_the_rows_of_each_event_once(room: Room, tmp_path: Path) -> None:
    home = shutil.copytree(room.store, tmp_path / "store")
    first, *later = Journal(home).segments()
    for number, path in reversed(list(enumerate(later, start=3))):
        path.rename(path.with_name(f"{number:06d}.avro"))
    shutil.copy(first, first.with_name("000002.avro"))
    sources = []
    for root in (room.store, home):
        store = DirectoryStore.reading(root)
        sources.append(source_of(store, release_named(store, UPDATE)))
    once, twice = sources
    assert np.array_equal(once.people.rows, twice.people.rows)
    assert np.array_equal(once.births, twice.births)
    assert np.array_equal(once.keys, twice.keys)
