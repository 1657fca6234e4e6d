"""What the board reads: published releases, wherever they lie."""

from pathlib import Path
from typing import Protocol

from schemas.figures import Cells
from schemas.public_release import PublicBlock, PublicManifest


class PublicSource(Protocol):
    """Published releases, immutable, and a pointer that only grows.

    Each method raises StoreCorruptError for what is gone or broken. A number that was never published raises
    UnknownReleaseError.
    """

    def current(self) -> int:
        """Return the number of the newest published release, 0 when there is none."""
        ...

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the published releases that are held here, ascending."""
        ...

    def manifest(self, number: int) -> PublicManifest:
        """Return the manifest of a release."""
        ...

    def manifest_bytes(self, number: int) -> bytes:
        """Return the manifest of a release as it lies."""
        ...

    def seal_bytes(self, number: int) -> bytes | None:
        """Return the seal file of a release, None where it is not sealed."""
        ...

    def file_bytes(self, sha256: str) -> bytes:
        """Return a file that a manifest names."""
        ...

    def path_of(self, sha256: str) -> Path | None:
        """Return where such a file lies on this machine, None where it lies elsewhere."""
        ...

    def cells(self, block: PublicBlock) -> Cells:
        """Return the cells of a figure."""
        ...

    def rungs(self, block: PublicBlock) -> Cells:
        """Return the block of places of a figure that do not show everything (F3)."""
        ...
