"""The recount on all processors: each process reads the log for itself and takes shares of the blocks.

Slow code is what makes the recount worth having, so it is given more processors instead of tricks.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from sinks.directory import DirectoryStore
from streams.progress import Report, silent
from streams.recount import Place, Recount, Verdict

SHARES = 24
"""Neighbours in order of updates, so that each share holds few of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to recount: the files of a store, the store, and the seed of a sample (None: every block)."""

    paths: tuple[Path, ...]
    root: Path
    sample: int | None


@cache
def _read(task: Task) -> tuple[Recount, list[Place]]:
    """Return the recount and its blocks, read once in each process; in a task, so that failures reach the caller."""
    recount = Recount.of(list(task.paths), DirectoryStore.reading(task.root))
    return recount, sorted(recount.places() if task.sample is None else recount.sample(task.sample))


def _totals(task: Task) -> Verdict:
    return _read(task)[0].totals()


def _indicators(task: Task) -> Verdict:
    return _read(task)[0].indicators(whole=task.sample is None)


def _share(task: Task, number: int) -> Verdict:
    recount, places = _read(task)
    return recount.blocks(places[number * len(places) // SHARES : (number + 1) * len(places) // SHARES])


def recounted(
    task: Task, progress: Report = silent, processes: int | None = None, *, indicators: bool = True
) -> Verdict:
    """Return the verdict on a store; ``processes`` (default: one a processor) each hold the whole log in memory."""
    found = Verdict()
    with ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn")) as workers:
        parts = [workers.submit(_totals, task)]
        parts += [workers.submit(_indicators, task)] if indicators else []
        parts += [workers.submit(_share, task, number) for number in range(SHARES)]
        try:
            for done, part in enumerate(parts):
                progress("recounting", done, len(parts))
                found = found.with_(part.result())
        except BaseException:
            workers.shutdown(cancel_futures=True)
            raise
    return found
