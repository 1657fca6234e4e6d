"""A small store with a figure in every state, made through the real directory store."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from made_figures import FIGURES, NEW, OLD, Figure, entry

from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[[Iterable[Figure]], DirectoryStore]:
    """Return a function that makes a store of two releases, the second with the given figures."""

    def made(
        figures: Iterable[Figure], settings: FigureSettings | None = None, update_id: str = NEW.update_id
    ) -> DirectoryStore:
        store = DirectoryStore.writing(tmp_path / "store", settings or FigureSettings())
        store.publish(Release(OLD, {}))
        store.publish(Release(replace(NEW, update_id=update_id), dict(entry(store, figure) for figure in figures)))
        return store

    return made


@pytest.fixture
def store(make_store: Callable[[Iterable[Figure]], DirectoryStore]) -> DirectoryStore:
    """Return a store with a figure in every state."""
    return make_store(FIGURES)
