"""Releases that wait for approval, as the public would see them: made beside the public tree, never in it.

    published releases (the tree)  +  prepared ones (files in a folder of their own)  =  what an officer looks at

Files that the tree holds already are read there, so a folder holds what a release would add. A release that was
approved, or that a higher number skipped, is prepared no more.
"""

from pathlib import Path
from threading import Lock

from schemas.public_release import PublicManifest
from schemas.releases import Release
from sinks.directory.store import DirectoryStore
from sinks.public.further import FurtherReleases
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

    def numbers(self) -> tuple[int, ...]:
        return self._published.numbers()

    def manifest(self, number: int) -> PublicManifest:
        return self._published.manifest(number)

    def manifest_path(self, number: int) -> Path:
        return self._published.manifest_path(number)

    def seal_path(self, number: int) -> Path:
        return self._published.seal_path(number)

    def file_path(self, sha256: str) -> Path:
        below = self._published.file_path(sha256)
        return below if below.exists() else super().file_path(sha256)


class PreparedReleases(FurtherReleases):
    """Published releases and those that wait above them; these have no time of publication. Threads share it."""

    def __init__(self, store: DirectoryStore, program: str, folder: Path) -> None:
        """Take the store, the version of the program, and an empty folder for what prepared releases would add."""
        self._store = store
        self._program = program
        self.published = PublicTree.of(store.root)
        self._beside = _Beside(folder, self.published)
        super().__init__(self._beside, {})
        self._above = 0
        self._turn = Lock()
        (folder / "files").mkdir(parents=True, exist_ok=True)

    def refresh(self) -> None:
        """Make the prepared releases that are not made yet, and forget those that are prepared no more.

        This takes as long as publishing them would. Raises StoreError.
        """
        with self._turn:
            current = self.published.current()
            known = self._further if self._above == current else {}
            self._further = {number: known.get(number) or self._made(number) for number in self._waiting(current)}
            self._above = current

    def _made(self, number: int) -> PublicManifest:
        return as_it_would_be(self._store, self._beside, number, self._program)

    def _waiting(self, current: int) -> tuple[int, ...]:
        return tuple(number for number in self._store.numbers() if number > current)[-MOST:]

    def releases(self) -> tuple[Release, ...]:
        """Return the prepared releases, newest first."""
        return tuple(self._store.release(number) for number in sorted(self._further, reverse=True))
