"""The log of accesses: who was given what about persons, on which approval; each entry holds the digest of the last.

One JSON object a line. Whoever changes, removes or inserts a line breaks the chain behind it, and ``verified`` says
where; only cutting off the end leaves no trace in the file, so the digest of an entry is also printed with what was
given. No entry holds a person's key or pseudonym.
"""

import hashlib
import json
import os
from collections.abc import Iterable
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
_LONGEST = 64 << 10
"""Bytes of the longest entry."""


@dataclass(frozen=True, slots=True)
class Access:
    """What was done: a verb, the approval, and what of."""

    what: str
    approval: str
    of: dict[str, Any]


def note_access(root: Path, access: Access, at: datetime) -> str:
    """Append an entry durably and return its digest; several programs may do so at once.

    Raises StoreCorruptError where the last entry is not whole, StoreWriteError where the disk refuses.
    """
    return note_accesses(root, [access], at)


def note_accesses(root: Path, accesses: Iterable[Access], at: datetime) -> str:
    """Append entries durably, all at once, and return the digest of the last; see ``note_access``.

    Only the last entry is read: whether the chain before it is whole, ``verified`` says.
    """
    with explained(root):
        root.mkdir(parents=True, exist_ok=True)
    with turn_at(root / FILE):
        last, lines = _last_digest(root / FILE), []
        for access in accesses:
            entry = {
                "at": at.isoformat(timespec="seconds"),
                "what": access.what,
                "approval": access.approval,
                "of": access.of,
            }
            digest = _digest(last, entry)
            lines.append(json.dumps({"previous": last, **entry, "digest": digest}) + "\n")
            last = digest
        _append(root / FILE, "".join(lines))
    return last


def _last_digest(path: Path) -> str:
    """Return the digest of the last entry of a file, the beginning where there is none. Raises StoreCorruptError."""
    if not path.exists() or not path.stat().st_size:
        return _BEGINNING
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST))
        line = file.read().decode(errors="replace").splitlines(keepends=True)[-1]
    entry = _parsed(line.rstrip("\n")) if line.endswith("\n") else {}
    previous, digest = entry.pop("previous", ""), entry.pop("digest", "")
    if digest != _digest(str(previous), entry):
        message = f"{path}: its last line is not what was written; restore the log of accesses from a copy"
        raise StoreCorruptError(message)
    return str(digest)


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
