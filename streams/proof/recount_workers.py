"""The recount on all processors: one process reads the log, slowly, then all take shares of the blocks.

Slow code is what makes the recount worth having, so it is given more processors instead of tricks.
"""

import pickle
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from processors.reference.events import admitted
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from streams.proof.recount import Place, ReadLog, Recount, Verdict
from streams.shell.progress import Report, silent

SHARES = 24
"""Neighbours in order of updates, so that each share holds few of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to recount: the log that ``keep_log`` kept, the store, and the seed of a sample (None: every block)."""

    log: Path
    root: Path
    sample: int | None


def keep_log(paths: Sequence[Path], log: Path, settings: FigureSettings) -> None:
    """Read the files of a log with the slow reader, and keep what it says for other processes of this run."""
    log.write_bytes(pickle.dumps(ReadLog.of(admitted(paths, settings.earliest), settings)))


def recounted(
    task: Task, beside: ProcessPoolExecutor, progress: Report = silent, *, indicators: bool = True
) -> Verdict:
    """Return the verdict on a store; each of the processes ``beside`` holds the whole log in memory."""
    verdict = Verdict()
    parts = [beside.submit(_totals, task)]
    parts += [beside.submit(_indicators, task)] if indicators else []
    parts += [beside.submit(_share, task, number) for number in range(SHARES)]
    try:
        for done, part in enumerate(parts):
            progress("recounting", done, len(parts))
            verdict = verdict.with_(part.result())
    except BaseException:
        beside.shutdown(cancel_futures=True)
        raise
    return verdict


@cache
def _read(task: Task) -> tuple[Recount, list[Place]]:
    """Return the recount and its blocks, read once in each process; in a task, so that failures reach the caller."""
    log = pickle.loads(task.log.read_bytes())  # noqa: S301 - written by this run
    recount = Recount.of(log, DirectoryStore.reading(task.root))
    return recount, sorted(recount.places() if task.sample is None else recount.sample(task.sample))


def _totals(task: Task) -> Verdict:
    return _read(task)[0].totals()


def _indicators(task: Task) -> Verdict:
    return _read(task)[0].indicators(whole=task.sample is None)


def _share(task: Task, number: int) -> Verdict:
    recount, places = _read(task)
    return recount.blocks(places[number * len(places) // SHARES : (number + 1) * len(places) // SHARES])
