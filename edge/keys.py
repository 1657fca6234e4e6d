"""Keys: random bytes in files that their owner alone may read, and what is made under them.

A *key file* holds the person key P and the line key T. Pseudonyms of persons lean on P alone, ids of events and
dossiers on T alone, so that P can be replaced while every event keeps its id. Under each, a purpose has a sub-key of
its own: what one purpose makes says nothing about another.
"""

import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.errors import EdgeError
from schemas.arrays import Bytes, Int64

HALF = 32
"""Bytes of the person key, of the line key, and of a key of a single purpose (outreach)."""
KEY_BYTES = 2 * HALF
_OWNER_ONLY = 0o600
_OTHERS = 0o077
_BLOCK = 64
_INNER, _OUTER = bytes(byte ^ 0x36 for byte in range(256)), bytes(byte ^ 0x5C for byte in range(256))


class Keyed:
    """HMAC-SHA-256 under one key, for many short messages: both states that a key begins with are made once."""

    def __init__(self, key: bytes) -> None:
        """Take the key, at most 64 bytes."""
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def digest(self, message: bytes) -> bytes:
        """Return the 32 bytes of a message."""
        return self.rows(np.frombuffer(message, np.uint8).reshape(1, -1), np.array([len(message)])).tobytes()

    def rows(self, messages: Bytes, lengths: Int64) -> Bytes:
        """Return the 32 bytes of each row of messages, of which so many bytes count."""
        width, content = messages.shape[1], messages.tobytes()
        starts = range(0, max(len(content), 1), max(width, 1))
        made: list[bytes] = []
        inner_copy, outer_copy = self._inner.copy, self._outer.copy
        keep = made.append
        for start, stop in zip(starts, (np.arange(len(lengths)) * width + lengths).tolist(), strict=False):
            inner = inner_copy()
            inner.update(content[start:stop])
            outer = outer_copy()
            outer.update(inner.digest())
            keep(outer.digest())
        return np.frombuffer(b"".join(made), np.uint8).reshape(-1, 32)


def sub_key(key: bytes, purpose: str) -> bytes:
    """Return the key of one purpose under a key."""
    return hmac.digest(key, purpose.encode() + b"\0", "sha256")


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """The content of a key file: the person key and the line key, 32 bytes each. It is never printed."""

    person: bytes
    line: bytes

    @classmethod
    def fresh(cls) -> "Key":
        """Return a new random key."""
        return cls(secrets.token_bytes(HALF), secrets.token_bytes(HALF))

    @classmethod
    def read(cls, path: Path) -> "Key":
        """Return the key of a file. Raises EdgeError where it is no key file, or others may read it."""
        content = secret(path, KEY_BYTES)
        return cls(content[:HALF], content[HALF:])

    @property
    def key_id(self) -> str:
        """Name of the key, eight hexadecimal digits: it stands in files and gives nothing of the key away."""
        return hashlib.sha256(b"id" + self.person + self.line).hexdigest()[:8]

    def rotated(self) -> "Key":
        """Return a key with a fresh person key and this line key: events keep their ids, persons change theirs."""
        return Key(secrets.token_bytes(HALF), self.line)

    def persons(self) -> Keyed:
        """Return what makes the pseudonyms of the dossier log."""
        return Keyed(sub_key(self.person, "log"))

    def lines(self, purpose: str) -> Keyed:
        """Return what is made for a purpose under the line key: ``dossier``, ``line``, ``statement``, a record."""
        return Keyed(sub_key(self.line, purpose))

    def write(self, path: Path) -> None:
        """Make the key file. Raises EdgeError where something is there already, or the disk refuses."""
        write_secret(path, self.person + self.line)


def write_secret(path: Path, content: bytes) -> None:
    """Make a file that its owner alone may read, durably. Raises EdgeError where something is there already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _OWNER_ONLY)
    except FileExistsError:
        raise EdgeError(f"{path}: is there already, and a key is never overwritten; name another file") from None
    except OSError as error:
        raise EdgeError(f"{path}: no key can be written here ({error.strerror}); name another place") from error
    try:
        os.fchmod(descriptor, _OWNER_ONLY)
        os.write(descriptor, content)
        os.fsync(descriptor)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise EdgeError(f"{path}: no key can be written here ({error.strerror}); name another place") from error
    finally:
        os.close(descriptor)


def secret(path: Path, size: int) -> bytes:
    """Return the ``size`` bytes of a secret file.

    Raises EdgeError for a link, for a file of another user, for one that others may read, and for another size.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        made = "make one with ocmw keys new" if isinstance(error, FileNotFoundError) else "name the key file itself"
        raise EdgeError(f"{path}: no key can be read here ({error.strerror}); {made}") from error
    try:
        entry = os.fstat(descriptor)
        _refuse(path, entry, size)
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


def _refuse(path: Path, entry: os.stat_result, size: int) -> None:
    if not stat.S_ISREG(entry.st_mode):
        raise EdgeError(f"{path}: is no file; name the key file itself")
    if entry.st_uid != os.geteuid():
        raise EdgeError(f"{path}: belongs to another user; a key is used by its owner alone")
    if entry.st_mode & _OTHERS:
        raise EdgeError(f"{path}: others may read or write this key; chmod 600 it, and rotate it if somebody did")
    if entry.st_size != size:
        raise EdgeError(f"{path}: holds {entry.st_size} bytes, a key of this kind has {size}; name the key file itself")


def study_id(key: bytes) -> str:
    """Return the name of a study key, eight hexadecimal digits: it stands in what was made with it."""
    return hashlib.sha256(b"id" + key).hexdigest()[:8]
