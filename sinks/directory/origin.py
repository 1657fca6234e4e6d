"""The origin of a store's events: the key under which their persons are named, and the metadata of their imports.

Pseudonyms of two keys cannot be joined, so each person would count twice: a store takes files of the key of its first
one alone, and files without a key where the first had none. It stands in ``journal/origin.json``, beside the events.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from sinks.directory.journal import Journal
from sinks.durability import put_in_place, temporary
from sinks.errors import KeyMismatchError, StoreCorruptError

FILE = "origin.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """``key_id`` is None where the first file named none; ``imports`` are the entries of ``ocmw.import``, once each."""

    key_id: str | None
    imports: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, root: Path) -> Self | None:
        """Return the origin of a store, None where nothing was replayed into it. Raises StoreCorruptError."""
        path = root / "journal" / FILE
        if not path.exists():
            return cls(None) if Journal(root).segments() else None
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            return cls(known["key_id"], tuple(known["imports"]))
        except (OSError, ValueError, TypeError, KeyError) as error:
            message = f"{path}: cannot be read; restore it from a copy, or replay the log into a new store"
            raise StoreCorruptError(message) from error

    def write(self, root: Path) -> None:
        """Keep it with the store, durably. Raises StoreWriteError where the disk refuses."""
        path = root / "journal" / FILE
        with temporary(path) as written:
            written.write_text(json.dumps({"key_id": self.key_id, "imports": self.imports}) + "\n", encoding="utf-8")
            put_in_place(written, path)


def remember(root: Path, key_id: str | None, imports: Iterable[dict[str, Any]]) -> None:
    """Note of which key files are, and what their imports said. Raises KeyMismatchError where the store has another."""
    known = Origin.of(root)
    if known is not None and known.key_id != key_id:
        there, here = (f"under key {one}" if one else "without a key" for one in (known.key_id, key_id))
        message = f"{root}: holds events {there}, the files are {here}; use a store of their own, or rotate the key"
        raise KeyMismatchError(message)
    known = known or Origin(key_id)
    origin = replace(known, imports=(*known.imports, *(one for one in imports if one not in known.imports)))
    if origin != Origin.of(root) and (origin.key_id or origin.imports):
        origin.write(root)
