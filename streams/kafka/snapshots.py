"""Snapshots of intake's partitions and of publish: caches that spare a fold from the beginning.

A snapshot says what it was made of: format, topic, faults, settings that change figures. One that says something else,
or is torn, is not there.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from processors.admission.closings import Closings
from processors.admission.keeping import restored, to_keep
from processors.protocol.all_rows import Gathered
from processors.protocol.barrier import Alignment, Source
from processors.protocol.partition import PartitionFold, Position
from processors.protocol.receipt_sums import Tally
from schemas.faults import FAULT
from schemas.releases import Update
from schemas.rows import CutReached, Rows
from schemas.settings import FigureSettings
from sinks.directory import snapshot
from sinks.directory.snapshot import Snapshot

FORMAT = 5
"""Changes with the layout of ``Tables``, the meaning of a row, or the lists that its numbers refer to.

Format 4, which held the hash tables too, is read.
"""
_READ = (4, FORMAT)


class Last(NamedTuple):
    """The last message read of a partition of the rows topic: offset, digest, when it was written (ms since 1970)."""

    offset: int
    digest: str
    written: int


NOTHING = Last(-1, "", 0)
"""Of a partition of which nothing was read."""


class Keeper:
    """Writes one snapshot at a time beside the work: what is kept is copied, and may change while it is written."""

    def __init__(self) -> None:
        """Begin with none."""
        self._room = snapshot.Room()
        self._writing: asyncio.Task[None] | None = None

    @property
    def is_writing(self) -> bool:
        """Whether the last one is not written yet."""
        return self._writing is not None and not self._writing.done()

    async def keep(self, path: Path, make: Callable[[], Snapshot]) -> None:
        """Copy what ``make`` gives, and begin to write it. Raises what the one before failed with."""
        await self.settle()
        copy = await asyncio.to_thread(lambda: self._room.copied(make()))
        self._writing = asyncio.create_task(asyncio.to_thread(snapshot.save, path, copy.arrays, copy.meta))

    async def settle(self) -> None:
        """Wait until the last one is written. Raises StoreWriteError where the disk refused it."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing


def partition_snapshot(fold: PartitionFold, settings: FigureSettings, topic: str) -> Snapshot:
    """Return what is kept of the fold of a partition: views, which hold until it folds on."""
    meta = _made_of(settings, topic, fold.partitions) | {
        "partition": fold.partition,
        "faults": list(FAULT),
        "closings": [asdict(update) for update in fold.closings.accepted],
        "position": {name: str(value) for name, value in asdict(fold.position).items()},
        "barrier": fold.barrier,
    }
    keys, sums = fold.tally.trimmed()
    arrays = to_keep(fold.ledger) | {"outcomes": fold.outcomes, "tally.keys": keys, "tally.sums": sums}
    return Snapshot(arrays, meta)


def load_partition(path: Path, empty: PartitionFold, settings: FigureSettings, topic: str) -> PartitionFold:
    """Return the fold that was kept, or ``empty`` where there is none of this making."""
    kept = snapshot.load(path)
    made_of = _made_of(settings, topic, empty.partitions) | {"partition": empty.partition, "faults": list(FAULT)}
    if kept is None or not _is_made_of(kept, made_of):
        return empty
    return PartitionFold(
        partition=empty.partition,
        partitions=empty.partitions,
        ledger=restored(settings, kept.arrays),
        closings=Closings([Update(**update) for update in kept.meta["closings"]]),
        position=Position(**{name: int(value) for name, value in kept.meta["position"].items()}),
        barrier=kept.meta["barrier"],
        outcomes=np.array(kept.arrays["outcomes"]),
        tally=Tally(np.array(kept.arrays["tally.keys"]), np.array(kept.arrays["tally.sums"])),
    )


def publish_snapshot(
    gathered: Gathered, alignment: Alignment, lasts: Mapping[int, Last], made_of: dict[str, Any]
) -> Snapshot:
    """Return all rows, what was heard, and of each partition the last message read: views, as above."""
    halves = [
        (partition, session.hex(), start, stop, part, parts[part])
        for partition, source in enumerate(alignment.sources)
        for (session, start, stop), parts in source.halves.items()
        for part in parts
    ]
    arrays = to_keep(gathered.ledger) | {"all_touched": gathered.touched, "all_since": gathered.since}
    arrays |= {
        f"half.{at}.{name}": column for at, half in enumerate(halves) for name, column in half[5]._asdict().items()
    }
    meta = made_of | {
        "format": FORMAT,
        "released": alignment.released,
        "stops": [source.stop for source in alignment.sources],
        "markers": [_marker_fields(source.marker) for source in alignment.sources],
        "halves": [half[:5] for half in halves],
        "lasts": {str(partition): last for partition, last in lasts.items()},
    }
    return Snapshot(arrays, meta)


def load_publish(
    path: Path, settings: FigureSettings, partitions: int, made_of: dict[str, Any]
) -> tuple[Gathered, Alignment, dict[int, Last]] | None:
    """Return what ``publish_snapshot`` gave, None where there is none of this making."""
    kept = snapshot.load(path)
    if kept is None or not _is_made_of(kept, made_of):
        return None
    meta, arrays = kept.meta, kept.arrays
    gathered = Gathered(
        restored(settings, arrays), partitions, np.array(arrays["all_touched"]), np.array(arrays["all_since"])
    )
    sources = [Source(stop, {}, _marker(marker)) for stop, marker in zip(meta["stops"], meta["markers"], strict=True)]
    for at, (partition, session, start, stop, part) in enumerate(meta["halves"]):
        rows = Rows(*(np.array(arrays[f"half.{at}.{name}"]) for name in Rows._fields))
        sources[partition].halves.setdefault((bytes.fromhex(session), start, stop), {})[part] = rows
    lasts = {int(partition): Last(*last) for partition, last in meta["lasts"].items()}
    return gathered, Alignment(sources, meta["released"]), lasts


def _is_made_of(kept: Snapshot, made_of: dict[str, Any]) -> bool:
    """Tell whether a snapshot was made of this, in a format that is read."""
    return kept.meta.get("format") in _READ and (made_of | {"format": kept.meta["format"]}).items() <= kept.meta.items()


def _made_of(settings: FigureSettings, topic: str, partitions: int) -> dict[str, Any]:
    return {"format": FORMAT, "topic": topic, "partitions": partitions, "settings": settings.counted.remembered}


def _marker_fields(marker: CutReached | None) -> dict[str, Any] | None:
    if marker is None:
        return None
    return marker._asdict() | {"update": asdict(marker.update), "digest": marker.digest.hex()}


def _marker(marker: dict[str, Any] | None) -> CutReached | None:
    if marker is None:
        return None
    return CutReached(**marker | {"update": Update(**marker["update"]), "digest": bytes.fromhex(marker["digest"])})
