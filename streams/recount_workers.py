"""The recount on all processors: each process reads the log for itself and takes shares of the blocks.

Slow code is what makes the recount worth having, so it is given more processors instead of tricks.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ClassVar

from sinks.directory import DirectoryStore
from streams.progress import Report, silent
from streams.recount import Place, Recount, Verdict

SHARES = 40


@dataclass(frozen=True, slots=True)
class Task:
    """What to recount: the files of a store, the store, and the seed of a sample (None: every block)."""

    paths: tuple[Path, ...]
    root: Path
    sample: int | None


class _Worker:
    """What a process has read, kept between its shares."""

    recount: ClassVar[Recount]
    places: ClassVar[list[Place]]

    @classmethod
    def read(cls, task: Task) -> None:
        cls.recount = Recount.of(list(task.paths), DirectoryStore.reading(task.root))
        cls.places = cls.recount.places() if task.sample is None else cls.recount.sample(task.sample)

    @classmethod
    def share(cls, number: int) -> Verdict:
        return cls.recount.blocks(cls.places[number::SHARES])

    @classmethod
    def totals(cls) -> Verdict:
        return cls.recount.totals()

    @classmethod
    def indicators(cls, whole: bool) -> Verdict:  # noqa: FBT001 - handed to another process
        return cls.recount.indicators(whole=whole)


def recounted(
    task: Task, progress: Report = silent, processes: int | None = None, *, indicators: bool = True
) -> Verdict:
    """Return the verdict on a store; ``processes`` (default: one a processor) each hold the whole log in memory."""
    count = processes or os.cpu_count()
    found = Verdict()
    with ProcessPoolExecutor(count, get_context("spawn"), _Worker.read, (task,)) as workers:
        parts = [workers.submit(_Worker.totals)]
        parts += [workers.submit(_Worker.indicators, task.sample is None)] if indicators else []
        parts += [workers.submit(_Worker.share, number) for number in range(SHARES)]
        for done, part in enumerate(parts):
            progress("recounting", done, len(parts))
            found = found.with_(part.result())
    return found
