"""A release that is being published, as the board would read it: its files are put, its manifest is not yet written."""

from pathlib import Path

from schemas.figures import Cells
from schemas.public_release import PublicBlock, PublicManifest
from sinks.public.protocol import PublicSource


class Draft:
    """A source with one release more (``sinks.public.protocol.PublicSource``)."""

    def __init__(self, below: PublicSource, manifest: PublicManifest) -> None:
        """Take where its files are and what was published before, and the manifest as far as it is made."""
        self._below = below
        self._manifest = manifest

    def current(self) -> int:
        """Return the number of the release."""
        return self._manifest.release

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the releases before, and its own."""
        return (*(one for one in self._below.numbers() if one < self.current()), self.current())

    def manifest(self, number: int) -> PublicManifest:
        """Return the manifest of a release."""
        return self._manifest if number == self.current() else self._below.manifest(number)

    def manifest_bytes(self, number: int) -> bytes:
        """Return the manifest of a release as it lies, or lies so far."""
        return self._manifest.to_bytes() if number == self.current() else self._below.manifest_bytes(number)

    def seal_bytes(self, number: int) -> bytes | None:
        """Return the seal of a release, None where it is not sealed."""
        return None if number == self.current() else self._below.seal_bytes(number)

    def file_bytes(self, sha256: str) -> bytes:
        """Return a file that is put."""
        return self._below.file_bytes(sha256)

    def path_of(self, sha256: str) -> Path | None:
        """Return where a file that is put lies."""
        return self._below.path_of(sha256)

    def cells(self, block: PublicBlock) -> Cells:
        """Return the cells of a figure."""
        return self._below.cells(block)
