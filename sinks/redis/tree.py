"""The public tree's copy in Redis: manifests, seals and files, so that the board needs Redis alone.

    ocmw:public:published         the newest published release and those held, as JSON
    ocmw:public:manifest:12       a public manifest, as it lies in the tree
    ocmw:public:seal:12           its seal, where there is one
    ocmw:public:file:<sha256>     what a manifest names: definitions, words, population, map, changes, history, ...

Blocks are not put twice: their cells stand under ``ocmw:public:block:`` already (sinks/redis/store.py), under the
digest that the manifest tells. Older releases than are held here are in the tree alone.
"""

import json
from pathlib import Path
from typing import Any

from schemas.figures import Cells
from schemas.public_release import PublicBlock, PublicManifest
from schemas.rungs import rung_cells, rungs_of
from sinks import zones
from sinks.columns import decoded
from sinks.directory.identity import codebook
from sinks.errors import StoreCorruptError, UnknownReleaseError
from sinks.public.tree import PublicTree
from sinks.redis.names import explained, prefix
from sinks.redis.store import KEEP

_PREFIX = prefix("public")
_POINTER = _PREFIX + "published"

_POINT = """
local known = redis.call('GET', KEYS[1])
if known and cjson.decode(known).release > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""
"""KEYS: the pointer. ARGV: the number, and what the pointer will hold. It never goes back."""


class RedisTree:
    """A public tree in Redis, written from a directory; it is read as any ``sinks.public.protocol.PublicSource``."""

    def __init__(self, client: Any, keep: int = KEEP) -> None:  # noqa: ANN401 - see sinks.redis.store.connect
        """Take a client, and how many releases stay readable."""
        self._client = client
        self._keep = keep
        self._point = client.register_script(_POINT)

    def make_up(self, tree: PublicTree) -> int:
        """Put what is missing of the newest releases of a tree, then point at the newest; return how many were new.

        Their blocks must be there already. Raises StoreWriteError where Redis refuses.
        """
        held = [number for number in tree.numbers() if number > tree.current() - self._keep]
        if not held:
            return 0
        known = self.numbers()
        with explained():
            for number in held:
                self._put(tree, number)
            pointer = json.dumps({"release": held[-1], "held": held})
            self._point(keys=[_POINTER], args=[held[-1], pointer])
            self._sweep(tuple(number for number in known if number not in held))
        return len(set(held) - set(known))

    def _put(self, tree: PublicTree, number: int) -> None:
        manifest = tree.manifest(number)
        for sha256 in _beside_blocks(manifest):
            name = f"{_PREFIX}file:{sha256}"
            if not self._client.exists(name):
                self._client.set(name, tree.file_bytes(sha256))
        seal = tree.seal_bytes(number)
        if seal is not None:
            self._client.set(f"{_PREFIX}seal:{number}", seal)
        self._client.set(f"{_PREFIX}manifest:{number}", tree.manifest_bytes(number))

    def _sweep(self, dropped: tuple[int, ...]) -> None:
        if not dropped:
            return
        kept = set().union(*(_beside_blocks(self.manifest(number)) for number in self.numbers()))
        gone = set().union(*(_beside_blocks(self._manifest(number)) for number in dropped)) - kept
        names = [f"{_PREFIX}file:{sha256}" for sha256 in sorted(gone)]
        names += [f"{_PREFIX}{kind}:{number}" for number in dropped for kind in ("manifest", "seal")]
        self._client.unlink(*names)

    def current(self) -> int:
        """Return the number of the newest published release, 0 when there is none."""
        return max(self.numbers(), default=0)

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the releases that are held, ascending."""
        with explained():
            pointer = self._client.get(_POINTER)
        return tuple(json.loads(pointer)["held"]) if pointer else ()

    def manifest(self, number: int) -> PublicManifest:
        """Return the manifest of a release that is held. Raises UnknownReleaseError, StoreCorruptError."""
        if number not in self.numbers():
            message = f"Redis does not hold release {number}; it keeps the last {self._keep} published"
            raise UnknownReleaseError(message)
        return self._manifest(number)

    def _manifest(self, number: int) -> PublicManifest:
        try:
            return PublicManifest.from_bytes(self._value(f"manifest:{number}"))
        except ValueError as error:
            raise _lost(f"manifest:{number}") from error

    def manifest_bytes(self, number: int) -> bytes:
        """Return the manifest of a release as it was published. Raises as ``manifest``."""
        self.manifest(number)
        return self._value(f"manifest:{number}")

    def seal_bytes(self, number: int) -> bytes | None:
        """Return the seal file of a release, None where it is not sealed."""
        with explained():
            seal: bytes | None = self._client.get(f"{_PREFIX}seal:{number}")
        return seal

    def file_bytes(self, sha256: str) -> bytes:
        """Return a file that a manifest names, but for blocks. Raises StoreCorruptError where it is gone."""
        return self._value(f"file:{sha256}")

    def path_of(self, _sha256: str) -> Path | None:
        """Return nothing: no file lies on this machine."""
        return None

    def cells(self, block: PublicBlock) -> Cells:
        """Return the cells of a figure. Raises StoreCorruptError where they are gone or not what was published."""
        cells = decoded(self._value(f"block:{codebook()[:8]}:{block.digest}"), zones.block_zone("public"))
        if cells.digest().hex() != block.digest:
            raise _lost(f"block {block.digest}")
        return cells

    def rungs(self, block: PublicBlock) -> Cells:
        """Return the places of a figure that do not show everything. Raises StoreCorruptError as ``cells``."""
        rungs = rung_cells(rungs_of(decoded(self._value(f"rungs:{codebook()[:8]}:{block.digest}"), "hidden")))
        if rungs.digest().hex() != block.digest:
            raise _lost(f"rungs {block.digest}")
        return rungs

    def _value(self, name: str) -> bytes:
        with explained():
            data: bytes | None = self._client.get(_PREFIX + name)
        if data is None:
            raise _lost(name)
        return data


def _beside_blocks(manifest: PublicManifest) -> set[str]:
    """Return the files of a release that hold no blocks."""
    parts = (part.file for part in manifest.indicators)
    reports = (sha256 for report in manifest.reports.values() for sha256 in report.files.values())
    return {*manifest.tables.values(), *manifest.completeness.values(), *parts, *reports}


def _lost(name: str) -> StoreCorruptError:
    return StoreCorruptError(f"Redis has lost {name}; run ocmw redis-fill")
