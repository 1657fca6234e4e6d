"""Who counts: the slow truth and the fast core, behind the same few methods, so that a spec is one text for both."""

# ruff: noqa: D102 - the protocol says what each method returns

from pathlib import Path
from typing import NamedTuple, Protocol

from processors.reference import counting as reference
from processors.reference import gate as reference_gate
from processors.reference.events import admitted
from processors.reference.parts import History
from schemas.figures import BlockKey, Cells
from schemas.releases import BlockRef, Update, Vintage
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from streams.embedded.driver import Embedded


class Outcomes(NamedTuple):
    """What became of the events (L2); each one set aside as (file name, record from 1, slug), in log order."""

    applied: int
    duplicates: int
    set_aside: list[tuple[str, int, str]]


class Engine(Protocol):
    """A log that was read, and everything that can be asked about its figures."""

    def __init__(self, files: list[Path], room: Path, settings: FigureSettings) -> None:
        """Read the files, in this order; ``room`` is a directory for what must be stored."""

    def outcomes(self) -> Outcomes:
        """Return what became of the events."""

    def updates(self) -> list[Update]:
        """Return the closed updates."""

    def known(self, sequence: int) -> set[BlockKey]:
        """Return the figures that are known after an update."""

    def blocks(self, sequence: int) -> dict[BlockKey, Cells]:
        """Return the latest recount of all known figures at an update."""

    def cells(self, key: BlockKey, sequence: int) -> Cells:
        """Return the latest recount of a block at an update."""

    def all_vintages(self) -> dict[BlockKey, dict[int, Vintage]]:
        """Return the vintages of all figures."""

    def vintages(self, key: BlockKey) -> dict[int, Vintage]:
        """Return the vintage of a figure at each update (by sequence) since it is known."""

    def published(self, key: BlockKey, sequence: int) -> Cells | None:
        """Return the block that is shown after an update, None where nothing is shown."""


class Reference:
    """The slow truth."""

    def __init__(self, files: list[Path], room: Path, settings: FigureSettings) -> None:  # noqa: ARG002 - stores nothing
        """Admit the events and cut them into parts."""
        self.log = admitted(files, settings.earliest)
        self.history = History.of(self.log, settings)
        self._known = reference.known(self.history)

    def outcomes(self) -> Outcomes:
        aside = [(event.file.name, event.record, event.slug) for event in self.log.set_aside]
        return Outcomes(self.log.applied, self.log.duplicates, aside)

    def updates(self) -> list[Update]:
        return list(self.log.updates)

    def known(self, sequence: int) -> set[BlockKey]:
        return {key for key, since in self._known.items() if since <= sequence}

    def cells(self, key: BlockKey, sequence: int) -> Cells:
        return reference.count(self.history, key, sequence)

    def blocks(self, sequence: int) -> dict[BlockKey, Cells]:
        return reference.counts(self.history, sorted(self.known(sequence)), sequence)

    def all_vintages(self) -> dict[BlockKey, dict[int, Vintage]]:
        return reference_gate.all_vintages(self.history, [self.blocks(u.sequence) for u in self.updates()])

    def vintages(self, key: BlockKey) -> dict[int, Vintage]:
        return reference_gate.vintages(self.history, key)

    def published(self, key: BlockKey, sequence: int) -> Cells | None:
        sequence_shown = reference_gate.published_at(self.history, self.vintages(key)[sequence])
        return None if sequence_shown is None else self.cells(key, sequence_shown)


class Fast:
    """The fast core and its store, as ``ocmw replay`` runs them."""

    def __init__(self, files: list[Path], room: Path, settings: FigureSettings) -> None:
        """Replay the files into a store of its own."""
        self.run = Embedded.run(room / "store", settings, files)
        self.store = DirectoryStore.reading(room / "store")
        self.entries = {number: self.store.release(number).entries for number in self.store.numbers()}

    def outcomes(self) -> Outcomes:
        aside = [(event.file, event.record, event.fault.slug) for event in self.run.set_aside]
        return Outcomes(self.run.applied, self.run.duplicates, aside)

    def updates(self) -> list[Update]:
        return list(self.store.updates())

    def known(self, sequence: int) -> set[BlockKey]:
        return set(self.entries[sequence])

    def cells(self, key: BlockKey, sequence: int) -> Cells:
        entry = self.entries[sequence].get(key)
        return self._block(entry.latest if entry else None)

    def blocks(self, sequence: int) -> dict[BlockKey, Cells]:
        return {key: self._block(entry.latest) for key, entry in self.entries[sequence].items()}

    def all_vintages(self) -> dict[BlockKey, dict[int, Vintage]]:
        return {key: self.vintages(key) for key in self.known(self.store.latest())}

    def vintages(self, key: BlockKey) -> dict[int, Vintage]:
        return {number: entries[key].vintage for number, entries in self.entries.items() if key in entries}

    def published(self, key: BlockKey, sequence: int) -> Cells | None:
        entry = self.entries[sequence][key]
        return None if entry.vintage.published_update is None else self._block(entry.published)

    def _block(self, ref: BlockRef | None) -> Cells:
        return Cells.empty() if ref is None else self.store.read_block(ref)


ENGINES: dict[str, type[Engine]] = {"reference": Reference, "fast": Fast}
