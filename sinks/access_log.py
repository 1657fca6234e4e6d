"""The log of accesses: who was given what about persons, on which approval; each entry holds the digest of the last.

One JSON object a line. Whoever changes, removes or inserts a line breaks the chain behind it, and ``verified`` says
where. Only cutting off the end leaves no trace in the file: so the digest of an entry is also printed with what was
given, and the manifest of every release holds that of the last entry. No entry holds a person's key or pseudonym.
"""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sinks.durability import OWNER_ONLY, explained, sync
from sinks.errors import StoreCorruptError
from sinks.lock import turn_at

FILE = "access.log"
_BEGINNING = "0" * 64
_LONGEST = 64 << 10
"""Bytes of the longest entry."""
_TOLD_EVERY = 4096


@dataclass(frozen=True, slots=True)
class Access:
    """What was done: a verb, the approval, and what of."""

    what: str
    approval: str
    of: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Walked:
    """A chain that is whole: its entries, the digest of the last ("" for none), and asked-for digests not in it."""

    entries: int
    head: str
    missing: frozenset[str]


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
        entry = _entry(file.read().splitlines(keepends=True)[-1])
    previous, digest = entry.pop("previous", ""), entry.pop("digest", "")
    if digest != _digest(str(previous), entry):
        message = f"{path}: its last line is not what was written; restore the log of accesses from a copy"
        raise StoreCorruptError(message)
    return str(digest)


def head(root: Path) -> str:
    """Return the digest of the last entry: "" where there is none, or where it is not what was written.

    A torn log holds up no release; ``walked`` raises for it.
    """
    try:
        last = _last_digest(root / FILE)
    except (StoreCorruptError, OSError):
        return ""
    return "" if last == _BEGINNING else last


def verified(root: Path) -> str:
    """Return the digest of the last entry. Raises StoreCorruptError at the first line that breaks the chain."""
    return walked(root).head


def walked(root: Path, wanted: Iterable[str] = (), report: Callable[[int, int], None] | None = None) -> Walked:
    """Walk the whole chain, in constant memory; ``report`` gets the bytes that are done, and all bytes.

    Raises StoreCorruptError at the first line that breaks the chain.
    """
    last, entries, done, missing = _BEGINNING, 0, 0, set(wanted)
    size = (root / FILE).stat().st_size if (root / FILE).exists() else 0
    for line in _lines(root):
        entries, done = entries + 1, done + len(line)
        entry = _entry(line)
        previous, digest = entry.pop("previous", ""), entry.pop("digest", "")
        if previous != last or digest != _digest(last, entry):
            message = f"{root / FILE}: line {entries} is not what was written; restore the log of accesses from a copy"
            raise StoreCorruptError(message)
        last = digest
        missing.discard(digest)
        if report and entries % _TOLD_EVERY == 0:
            report(done, size)
    return Walked(entries, last if entries else "", frozenset(missing))


def entries_of(root: Path, verbs: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the entries of some verbs as they stand in the file, the oldest first; lines of others are not parsed."""
    wanted = frozenset(verbs)
    marks = [f'"what": {json.dumps(verb)}'.encode() for verb in wanted]
    for line in _lines(root):
        if any(mark in line for mark in marks):
            entry = _entry(line)
            if entry.get("what") in wanted:
                yield entry


def last_entries(root: Path, number: int) -> list[dict[str, Any]]:
    """Return the last entries as they stand in the file, the newest last; {} for a line that is none."""
    return [_entry(line) for line in deque(_lines(root), number)]


def _append(path: Path, line: str) -> None:
    with explained(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync(path.parent)


def _lines(root: Path) -> Iterator[bytes]:
    """Yield the lines; one that is longer than an entry can be comes in pieces, none of which is an entry."""
    path = root / FILE
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            yield from iter(lambda: file.readline(_LONGEST), b"")
    except OSError as error:
        message = f"{path}: the log of accesses cannot be read ({error.strerror}); see who may read it"
        raise StoreCorruptError(message) from error


def _entry(line: bytes) -> dict[str, Any]:
    return _parsed(line[:-1].decode(errors="replace")) if line.endswith(b"\n") else {}


def _parsed(line: str) -> dict[str, Any]:
    """Return what a line holds; nothing where it is no entry, which breaks the chain as a changed one does."""
    try:
        entry = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
    except ValueError:
        return {}
    return dict(entry)


def _digest(previous: str, entry: dict[str, Any]) -> str:
    return hashlib.sha256(f"{previous} {json.dumps(entry, sort_keys=True)}".encode()).hexdigest()
