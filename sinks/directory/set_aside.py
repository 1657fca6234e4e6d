"""``set_aside.csv`` of a store: which events could not be counted, why, and what to do; never whose they are.

The file is made anew at the end of a run, earlier runs' lines first, and replaces the old one whole: a killed run
leaves no lines, and its repetition finds the same faults again, or in the journal what was kept there and waits.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from schemas.faults import Fault
from sinks.durability import put_in_place, temporary
from sinks.formulas import no_formula

FILE = "set_aside.csv"
COLUMNS: tuple[str, ...] = ("run", "file", "record", "slug", "owner", "remedy", "reason")


class SetAside(NamedTuple):
    """An event that was set aside: file name, number of the record in it (from 1), and the fault."""

    file: str
    record: int
    fault: Fault


def append_run(root: Path, lines: Iterable[SetAside]) -> None:
    """Add the lines of one run to the file of the store at ``root``, durably; without any it stays as it is.

    Runs that set something aside are numbered from 1. Raises StoreWriteError where the disk refuses.
    """
    new = list(lines)
    if not new:
        return
    path = root / FILE
    with temporary(path) as written:
        with written.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(_rows(_lines(path), new))
        put_in_place(written, path)


def told_of(root: Path, fault: Fault) -> int:
    """Return how many events all runs reported as set aside for one reason."""
    slug = COLUMNS.index("slug")
    return sum(line[slug] == fault.slug for line in _lines(root / FILE))


def _lines(path: Path) -> Iterator[list[str]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.reader(file)
    else:
        yield list(COLUMNS)


def _rows(earlier: Iterable[list[str]], new: Iterable[SetAside]) -> Iterator[Iterable[str | int]]:
    last = COLUMNS[0]
    for line in earlier:
        yield line
        last = line[0]
    run = 1 if last == COLUMNS[0] else int(last) + 1
    for file, record, fault in new:
        yield run, no_formula(file), record, fault.slug, fault.owner, fault.remedy, fault.reason
