"""Lines of a file, in chunks: where each begins and ends, its number, and how wide it is.

A line ends with LF or CRLF. A byte order mark at the beginning of any line goes. An empty line, and one that holds the
byte 1A alone (the end of a file of old), is no line, but is counted in the numbers of lines. Memory is bounded: of a
line longer than LONGEST only its beginning is kept, and it is as wide as no layout is.

The *width* of a line is the number of its characters: its bytes less those that go on a character in UTF-8 (80 to BF).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from edge.errors import EdgeError
from schemas.arrays import Bytes, Int64
from schemas.compiled import Whole, kernel

CHUNK_BYTES = 1 << 23
"""Bytes that are read and worked on together."""
LONGEST = 1 << 22
"""Bytes of a line that are kept at most."""
PADDING = 1 << 11
"""Bytes behind the last line of a chunk, so that a fixed place of a short line can be looked at."""
TOO_WIDE = 1 << 40
_LF, _CR, _END = 10, 13, 0x1A
_MARK = (0xEF, 0xBB, 0xBF)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file: ``data[start:stop]`` each, without mark and end; ``number`` from 1; ``width`` in characters."""

    data: Bytes
    start: Int64
    stop: Int64
    number: Int64
    width: Int64

    def of(self, row: int) -> bytes:
        """Return the bytes of a line."""
        return self.data[self.start[row] : self.stop[row]].tobytes()

    def first(self, count: int) -> "Lines":
        """Return the first lines alone."""
        return Lines(self.data, self.start[:count], self.stop[:count], self.number[:count], self.width[:count])


@kernel
def _split(
    data: Bytes, size: Whole, *, final: bool, number: Whole, start: Int64, stop: Int64, numbers: Int64, width: Int64
) -> tuple[Whole, Whole, Whole]:
    """Return how many lines there are, the place behind the last one, and the number of the line that begins there."""
    count, at = 0, 0
    while at < size:
        end, going_on = at, 0
        while end < size and data[end] != _LF:
            going_on += (data[end] & 0xC0) == 0x80
            end += 1
        if end == size and not final:
            break
        first, last = at, end
        if last > first and data[last - 1] == _CR:
            last -= 1
        while (
            last - first >= 3
            and data[first] == _MARK[0]
            and data[first + 1] == _MARK[1]
            and data[first + 2] == _MARK[2]
        ):
            first += 3
            going_on -= 2
        if last > first and not (last - first == 1 and data[first] == _END):
            start[count], stop[count], numbers[count], width[count] = first, last, number, last - first - going_on
            count += 1
        number += 1
        at = end + 1
    return count, at, number


def lines(path: Path) -> Iterator[Lines]:
    """Yield the lines of a file, as many together as a chunk holds. Raises EdgeError where it cannot be read."""
    try:
        with path.open("rb") as file:
            yield from _chunks(file)
    except OSError as error:
        raise EdgeError(
            f"{path.name or path}: cannot be read ({error.strerror}); check the path and who may read it"
        ) from error


def _chunks(file: IO[bytes]) -> Iterator[Lines]:
    kept, number = b"", 1
    while True:
        read = file.read(CHUNK_BYTES - len(kept))
        final = not read
        content = kept + read
        if final and not content:
            return
        read_lines, rest, number = _lines_of(content, number, final=final)
        if len(read_lines.number):
            yield read_lines
        if final:
            return
        kept = content[rest:]
        if len(kept) > LONGEST:
            yield _too_long(kept, number)
            number, kept = number + 1, _behind_the_line(file)


def _lines_of(content: bytes, number: int, *, final: bool) -> tuple[Lines, int, int]:
    data = np.zeros(len(content) + PADDING, np.uint8)
    data[: len(content)] = np.frombuffer(content, np.uint8)
    most = content.count(b"\n") + 1
    start, stop, numbers, width = (np.empty(most, np.int64) for _ in range(4))
    count, rest, following = _split(
        data, len(content), final=final, number=number, start=start, stop=stop, numbers=numbers, width=width
    )
    return Lines(data, start[:count], stop[:count], numbers[:count], width[:count]), rest, following


def _too_long(content: bytes, number: int) -> Lines:
    data = np.frombuffer(content[:LONGEST] + bytes(PADDING), np.uint8)
    one = np.array([0, LONGEST, number, TOO_WIDE], np.int64)
    return Lines(data, *(one[place : place + 1] for place in range(4)))


def _behind_the_line(file: IO[bytes]) -> bytes:
    """Read to the end of the line and return what was read behind it."""
    while read := file.read(CHUNK_BYTES // 2):
        _, end, behind = read.partition(b"\n")
        if end:
            return behind
    return b""
