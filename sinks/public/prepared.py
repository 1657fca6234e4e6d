"""Releases that wait for approval, as the public would see them: made beside the public tree, never in it.

    published releases (the tree)  +  prepared ones (files in a folder of their own)  =  what an officer looks at

Files that the tree holds already are read there, so a folder holds what a release would add. A release that was
approved, or that a higher number skipped, is prepared no more.
"""

from pathlib import Path
from threading import Lock
from typing import NamedTuple

from schemas.figures import Cells
from schemas.public_release import PublicBlock, PublicManifest
from schemas.releases import Release
from sinks.directory.store import DirectoryStore
from sinks.public.tree import PublicTree
from sinks.public.writer import as_it_would_be

MOST = 6
"""Prepared releases that are made, the newest."""


class _Beside(PublicTree):
    """A tree whose published releases lie elsewhere; what is put goes into its own folder."""

    def __init__(self, root: Path, published: PublicTree) -> None:
        super().__init__(root)
        self._published = published

    def current(self) -> int:
        return self._published.current()

    def manifest(self, number: int) -> PublicManifest:
        return self._published.manifest(number)

    def file_path(self, sha256: str) -> Path:
        below = self._published.file_path(sha256)
        return below if below.exists() else super().file_path(sha256)


class _Made(NamedTuple):
    """A prepared release: the published one that it was made above, its manifest, the manifest's bytes."""

    above: int
    manifest: PublicManifest
    data: bytes


class PreparedReleases:
    """Published releases and those that wait above them (``sinks.public.protocol.PublicSource``). Threads share it."""

    def __init__(self, store: DirectoryStore, program: str, folder: Path) -> None:
        """Take the store, the version of the program, and an empty folder for what prepared releases would add."""
        self._store = store
        self._program = program
        self.published = PublicTree.of(store.root)
        self._beside = _Beside(folder, self.published)
        self._made: dict[int, _Made] = {}
        self._turn = Lock()
        (folder / "files").mkdir(parents=True, exist_ok=True)

    def refresh(self) -> None:
        """Make the prepared releases that are not made yet, and forget those that are prepared no more.

        This takes as long as publishing them would. Raises StoreError.
        """
        with self._turn:
            current = self.published.current()
            wanted = self._waiting(current)
            for number in wanted:
                made = self._made.get(number)
                if made is None or made.above != current:
                    manifest = as_it_would_be(self._store, self._beside, number, self._program)
                    self._made[number] = _Made(current, manifest, manifest.to_bytes())
            self._made = {number: self._made[number] for number in wanted}

    def _waiting(self, current: int) -> tuple[int, ...]:
        if self._store.settings.threshold is not None:  # such a store has no public tree
            return ()
        return tuple(number for number in self._store.numbers() if number > current)[-MOST:]

    def releases(self) -> tuple[Release, ...]:
        """Return the prepared releases, newest first."""
        return tuple(self._store.release(number) for number in sorted(self._made, reverse=True))

    def current(self) -> int:
        """Return the number of the newest release, prepared or published, 0 when there is none."""
        return max((self.published.current(), *self._made))

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the releases that are held here, ascending."""
        return tuple(sorted({*self.published.numbers(), *self._made}))

    def manifest(self, number: int) -> PublicManifest:
        """Return the manifest of a release; a prepared one has no time of publication."""
        made = self._made.get(number)
        return made.manifest if made else self.published.manifest(number)

    def manifest_bytes(self, number: int) -> bytes:
        """Return the manifest of a release as it lies, or would."""
        made = self._made.get(number)
        return made.data if made else self.published.manifest_bytes(number)

    def seal_bytes(self, number: int) -> bytes | None:
        """Return the seal file of a release, None where it is not sealed."""
        return None if number in self._made else self.published.seal_bytes(number)

    def file_bytes(self, sha256: str) -> bytes:
        """Return a file that a manifest names."""
        return self._beside.file_bytes(sha256)

    def path_of(self, sha256: str) -> Path | None:
        """Return where a file that a manifest names lies."""
        return self._beside.path_of(sha256)

    def cells(self, block: PublicBlock) -> Cells:
        """Return the cells of a figure."""
        return self._beside.cells(block)
