"""Logs with other pseudonyms in them: every event stays as it is but for its person."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge.errors import EdgeError
from edge.persons.renaming import Renaming
from processors.admission.decoding import Batch, Events, decode
from processors.rules import rules
from schemas.arrays import Bytes, Int64
from schemas.events import UPDATE_CLOSED
from schemas.log import KEY_ID, LogFile
from schemas.settings import FigureSettings
from streams.commands.edge_files import writing_log
from streams.embedded.driver import batches

_ID = 16
_BATCH_OF_PERSONS = np.arange(_ID, 2 * _ID)


def persons_unknown(logs: list[Path], key_id: str, renaming: Renaming) -> int:
    """Return how many persons of logs a renaming does not know. Raises EdgeError for a log of another key.

    A log that names no key (one exported from Kafka does not) is taken: all its persons are known under the key.
    """
    unknown: set[bytes] = set()
    for persons in _persons(logs, (key_id, None)):
        _, known = renaming.renamed(persons)
        unknown.update(person.tobytes() for person in persons[~known])
    return len(unknown)


def joined_persons(logs: list[Path], key_id: str, renaming: Renaming) -> tuple[int, int]:
    """Return how many persons of logs become fewer, and how many. Raises EdgeError for a log of another key."""
    members: dict[bytes, set[bytes]] = {}
    for persons in _persons(logs, (key_id,)):
        new, known = renaming.renamed(persons)
        for old, joined in zip(persons[known], new[known], strict=True):
            members.setdefault(joined.tobytes(), set()).add(old.tobytes())
    several = [len(olds) for olds in members.values() if len(olds) > 1]
    return sum(several), len(several)


def rename(log: Path, out: Path, renaming: Renaming, metadata: dict[str, str]) -> None:
    """Write a log with other pseudonyms; what else its header said stays. Raises StoreWriteError."""
    file = _opened(log)
    if out.exists() and out.samefile(log):
        raise EdgeError(f"{out}: is the log itself; name another folder with --out")
    with writing_log(out) as writer:
        for batch, events in _decoded(file):
            data, rows = _with_branches(batch, events)
            at = _person_places(events, rows)
            data[at], _ = renaming.renamed(data[at])
            writer.log.append(data, rows)
        writer.finish(file.metadata | metadata)


def _opened(log: Path) -> LogFile:
    return LogFile.open(log)


def _decoded(file: LogFile) -> Iterator[tuple[Batch, Events]]:
    for batch in batches(file):
        events = decode(batch, rules(FigureSettings()))
        if (events.start == events.stop).any():
            raise EdgeError(
                f"{file.path.name}: holds records that cannot be read, so nobody knows of whom; export it again"
            )
        yield batch, events


def _with_branches(batch: Batch, events: Events) -> tuple[Bytes, Int64]:
    """Return the records of a batch, each behind the number of its branch, and where each of them ends."""
    sizes = events.stop - events.start
    stops = np.cumsum(sizes + 1)
    data = np.zeros(int(stops[-1]) if len(stops) else 0, np.uint8)
    source = batch.data
    for start, stop, end, kind in zip(
        events.start.tolist(), events.stop.tolist(), stops.tolist(), events.kind.tolist(), strict=True
    ):
        data[end - (stop - start) - 1] = 2 * kind
        data[end - (stop - start) : end] = source[start:stop]
    return data, stops


def _person_places(events: Events, stops: Int64) -> Int64:
    """Return the sixteen places of the person of each record that has one."""
    begins = stops - (events.stop - events.start)
    places: Int64 = begins[events.kind != UPDATE_CLOSED][:, None] + _BATCH_OF_PERSONS
    return places


def _persons(logs: list[Path], taken: tuple[str | None, ...]) -> Iterator[Bytes]:
    for log in logs:
        file = _opened(log)
        if file.metadata.get(KEY_ID) not in taken:
            known = file.metadata.get(KEY_ID) or "none"
            raise EdgeError(f"{log.name}: is of key {known}, not of {taken[0]}; name the key that it was made with")
        for batch, events in _decoded(file):
            starts = events.start[events.kind != UPDATE_CLOSED]
            yield batch.data[starts[:, None] + _BATCH_OF_PERSONS]
