"""The log of accesses: who was given what about persons, on which approval; each entry holds the digest of the last.

One JSON object a line. Whoever changes, removes or inserts a line breaks the chain behind it, and ``verified`` says
where; only cutting off the end leaves no trace in the file, so the digest of an entry is also printed with what was
given. No entry holds a person's key or pseudonym.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sinks.durability import explained, sync
from sinks.errors import StoreCorruptError
from sinks.lock import turn_at

FILE = "access.log"
_OWNER_ONLY = 0o600
_BEGINNING = "0" * 64


@dataclass(frozen=True, slots=True)
class Access:
    """What was done: a verb, the approval, and what of."""

    what: str
    approval: str
    of: dict[str, Any]


def note_access(root: Path, access: Access, at: datetime) -> str:
    """Append an entry durably and return its digest; several programs may do so at once.

    Raises StoreCorruptError where the chain so far is broken, StoreWriteError where the disk refuses.
    """
    entry = {"at": at.isoformat(timespec="seconds"), "what": access.what, "approval": access.approval, "of": access.of}
    with turn_at(root / FILE):
        last = verified(root)
        digest = _digest(last, entry)
        _append(root / FILE, json.dumps({"previous": last, **entry, "digest": digest}) + "\n")
    return digest


def verified(root: Path) -> str:
    """Return the digest of the last entry. Raises StoreCorruptError at the first line that breaks the chain."""
    last = _BEGINNING
    for number, line in enumerate(_lines(root), start=1):
        entry = _parsed(line)
        previous, digest = entry.pop("previous", ""), entry.pop("digest", "")
        if previous != last or digest != _digest(last, entry):
            message = f"{root / FILE}: line {number} is not what was written; restore the log of accesses from a copy"
            raise StoreCorruptError(message)
        last = digest
    return last


def _append(path: Path, line: str) -> None:
    with explained(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync(path.parent)


def _lines(root: Path) -> list[str]:
    path = root / FILE
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def _parsed(line: str) -> dict[str, Any]:
    """Return what a line holds; nothing where it is no entry, which breaks the chain as a changed one does."""
    try:
        found = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
    except ValueError:
        return {}
    return dict(found)


def _digest(previous: str, entry: dict[str, Any]) -> str:
    return hashlib.sha256(f"{previous} {json.dumps(entry, sort_keys=True)}".encode()).hexdigest()
