"""Releases above those of a source, as the board would read them: their manifests are written nowhere yet."""

from collections.abc import Mapping
from pathlib import Path

from schemas.figures import Cells
from schemas.public_release import PublicBlock, PublicManifest
from sinks.public.protocol import PublicSource


class FurtherReleases:
    """A source with some releases more, none of them sealed (``sinks.public.protocol.PublicSource``)."""

    def __init__(self, below: PublicSource, manifests: Mapping[int, PublicManifest]) -> None:
        """Take where the files are and what was published before, and the manifests by number, above those."""
        self._below = below
        self._further = manifests

    def current(self) -> int:
        """Return the number of the newest release, 0 when there is none."""
        return max((self._below.current(), *self._further))

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the releases that are held here, ascending."""
        return tuple(sorted({*self._below.numbers(), *self._further}))

    def manifest(self, number: int) -> PublicManifest:
        """Return the manifest of a release, of a further one as far as it is made."""
        made = self._further.get(number)
        return made or self._below.manifest(number)

    def manifest_bytes(self, number: int) -> bytes:
        """Return the manifest of a release as it lies, or would."""
        made = self._further.get(number)
        return made.to_bytes() if made else self._below.manifest_bytes(number)

    def seal_bytes(self, number: int) -> bytes | None:
        """Return the seal file of a release, None where it is not sealed."""
        return None if number in self._further else self._below.seal_bytes(number)

    def file_bytes(self, sha256: str) -> bytes:
        """Return a file that is put."""
        return self._below.file_bytes(sha256)

    def path_of(self, sha256: str) -> Path | None:
        """Return where a file that is put lies."""
        return self._below.path_of(sha256)

    def cells(self, block: PublicBlock) -> Cells:
        """Return the cells of a figure."""
        return self._below.cells(block)

    def rungs(self, block: PublicBlock) -> Cells:
        """Return the places of a figure that do not show everything."""
        return self._below.rungs(block)
