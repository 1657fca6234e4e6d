"""Snapshots: named arrays and a little JSON in one file, as numpy's uncompressed ``npz`` with a checksum behind it.

The zip inside has a checksum of its own, but numpy does not read far enough to meet it when a header lies about its
array; so the whole file is verified before anything is believed. A snapshot is a cache: what cannot be believed is not
there. So nobody waits for the disk either: a kill leaves the old one or the new one, a power cut perhaps none, and the
log is folded again.
"""

import json
import mmap
import os
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import xxhash

from sinks.durability import explained, temporary

VERSION = 1
"""Version of the layout of the file."""

Arrays = dict[str, npt.NDArray[Any]]
_PREFIX = "array."
_CHECKSUM_BYTES = 16
_ALIGNED = 64


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was saved."""

    arrays: Arrays
    meta: dict[str, Any]


class Room:
    """Memory for a copy of what is to be saved, so that the original may change while it is written.

    It is used again and again, for most of a copy's time goes into memory that was not used yet.
    """

    def __init__(self) -> None:
        """Take no memory yet."""
        self._bytes = np.empty(0, np.uint8)

    def copied(self, original: Snapshot) -> Snapshot:
        """Return a copy, which holds until the next one is made."""
        arrays = {name: np.ascontiguousarray(array) for name, array in original.arrays.items()}
        starts = [0, *accumulate(-(-array.nbytes // _ALIGNED) * _ALIGNED for array in arrays.values())]
        if starts[-1] > len(self._bytes):
            self._bytes = np.empty(starts[-1] + starts[-1] // 4, np.uint8)
        return Snapshot(
            {name: self._copy(array, start) for (name, array), start in zip(arrays.items(), starts, strict=False)},
            original.meta,
        )

    def _copy(self, array: npt.NDArray[Any], start: int) -> npt.NDArray[Any]:
        copy = self._bytes[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
        np.copyto(copy, array)
        return copy


def save(path: Path, arrays: Arrays, meta: dict[str, Any]) -> None:
    """Replace the file at ``path``, atomically. Raises StoreWriteError where the disk refuses."""
    header = json.dumps({"version": VERSION, "meta": meta}).encode()
    members = {_PREFIX + name: array for name, array in arrays.items()}
    with temporary(path) as written:
        with written.open("w+b") as file:
            np.savez(file, header=np.frombuffer(header, np.uint8), **members)  # type: ignore[arg-type]  # its stub takes allow_pickle for a member
            file.flush()
            file.write(_checksum(file, file.tell()))
        written.replace(path)


def renew(path: Path) -> bool:
    """Give what was saved the age of a new one; return False where there is nothing. Raises StoreWriteError."""
    if not path.is_file():
        return False
    with explained(path):
        os.utime(path)
    return True


def load(path: Path) -> Snapshot | None:
    """Return what was saved, or None where the file is missing, torn, changed or of another version."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        size = path.stat().st_size - _CHECKSUM_BYTES
        if size <= 0 or _checksum(file, size) != _trailer(file, size):
            return None
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            header = json.loads(archive["header"].tobytes())
            if header["version"] != VERSION:
                return None
            return Snapshot({name.removeprefix(_PREFIX): archive[name] for name in archive.files[1:]}, header["meta"])


def _checksum(file: IO[bytes], size: int) -> bytes:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
        return xxhash.xxh3_128(view[:size]).digest()


def _trailer(file: IO[bytes], size: int) -> bytes:
    file.seek(size)
    return file.read()
