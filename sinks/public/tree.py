"""The public tree of a store, read: ``DIR/public``, or a copy of it, and nothing else of the store.

    current.json             the newest published release; absent: nothing is published
    releases/000012.json     its manifest (schemas/public_release.py)
    seals/000012.json        its seal, where releases are sealed (schemas/seals.py)
    keys/<id>.json           a key that took the place of another
    files/<sha256>           what manifests name, once for all releases that share it

Everything but ``current.json`` is written once. A release number below the current one that has no manifest was
skipped, or is older than the tree: it was never public.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from schemas.figures import Cells
from schemas.public_release import PublicBlock, PublicManifest
from schemas.releases import BlockRef
from schemas.seals import Seal, Succession
from sinks.directory.blocks import read_cells
from sinks.errors import StoreCorruptError, UnknownReleaseError

NAME = "public"
_MANIFESTS = 8
"""Manifests kept parsed; a national one takes some megabytes."""


class PublicTree:
    """A public tree, for reading; nothing is cached but manifests, which never change."""

    def __init__(self, root: Path) -> None:
        """Name the directory; it need not be there."""
        self.root = root
        self._parsed = lru_cache(maxsize=_MANIFESTS)(self._read_manifest)

    @classmethod
    def of(cls, store: Path) -> "PublicTree":
        """Return the tree of a store."""
        return cls(store / NAME)

    def current(self) -> int:
        """Return the number of the newest published release, 0 when there is none. Raises StoreCorruptError."""
        path = self.root / "current.json"
        try:
            return int(json.loads(path.read_bytes())["release"])
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _broken(path) from error

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the published releases, ascending."""
        current = self.current()
        all_numbers = sorted(int(path.stem) for path in (self.root / "releases").glob("[0-9]*.json"))
        return tuple(number for number in all_numbers if number <= current)

    def manifest(self, number: int) -> PublicManifest:
        """Return the manifest of a published release. Raises UnknownReleaseError, StoreCorruptError."""
        if not 0 < number <= self.current():
            raise UnknownReleaseError(f"{self.root}: release {number} is not published")
        return self._parsed(number)

    def _read_manifest(self, number: int) -> PublicManifest:
        path = self.manifest_path(number)
        try:
            return PublicManifest.from_bytes(path.read_bytes())
        except FileNotFoundError:
            raise UnknownReleaseError(f"{self.root}: release {number} is not published") from None
        except (OSError, ValueError) as error:
            raise _broken(path) from error

    def manifest_path(self, number: int) -> Path:
        """Return where the manifest of a release lies, or would."""
        return self.root / "releases" / f"{number:06d}.json"

    def seal_path(self, number: int) -> Path:
        """Return where the seal of a release lies, or would."""
        return self.root / "seals" / f"{number:06d}.json"

    def file_path(self, sha256: str) -> Path:
        """Return where a file lies, or would."""
        return self.root / "files" / sha256

    def manifest_bytes(self, number: int) -> bytes:
        """Return the manifest of a published release as it lies. Raises as ``manifest``."""
        self.manifest(number)
        return self._bytes(self.manifest_path(number))

    def seal_bytes(self, number: int) -> bytes | None:
        """Return the seal file of a release, None where it is not sealed. Raises StoreCorruptError."""
        path = self.seal_path(number)
        return self._bytes(path) if path.exists() else None

    def seal(self, number: int) -> Seal | None:
        """Return the seal of a release, None where it is not sealed. Raises StoreCorruptError."""
        data = self.seal_bytes(number)
        try:
            return None if data is None else Seal.from_bytes(data)
        except ValueError as error:
            raise _broken(self.seal_path(number)) from error

    def successions(self) -> Iterator[Succession]:
        """Yield the keys that took the place of others. Raises StoreCorruptError."""
        for path in sorted((self.root / "keys").glob("*.json")):
            try:
                yield Succession.from_bytes(path.read_bytes())
            except (OSError, ValueError) as error:
                raise _broken(path) from error

    def file_bytes(self, sha256: str) -> bytes:
        """Return a file that a manifest names. Raises StoreCorruptError where it is gone."""
        return self._bytes(self.file_path(sha256))

    def path_of(self, sha256: str) -> Path | None:
        """Return where a file that a manifest names lies, None where it is gone."""
        path = self.file_path(sha256)
        return path if path.is_file() else None

    def cells(self, block: PublicBlock) -> Cells:
        """Return the cells of a figure, verified against their digest. Raises StoreCorruptError."""
        ref = BlockRef(block.file, block.group, bytes.fromhex(block.digest), block.cells)
        return read_cells(self.file_path(block.file), ref)

    def rungs(self, block: PublicBlock) -> Cells:
        """Return the places of a figure that do not show everything. Raises StoreCorruptError."""
        return self.cells(block)

    @staticmethod
    def _bytes(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise _broken(path) from error


def _broken(path: Path) -> StoreCorruptError:
    return StoreCorruptError(f"{path}: missing or torn; restore it from a copy, and run ocmw verify")
