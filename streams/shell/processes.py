"""Processes beside the one that works."""

import gc
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

_YOUNG_OBJECTS = 100_000
"""Objects made before rings among them are looked for: a compiler and a slow reader make millions that stay.

Looking for them as often as Python does by itself took an eighth of the work, and found next to nothing.
"""


def workers(processes: int) -> ProcessPoolExecutor:
    """Return processes that inherit nothing, not even a lock that a thread of this one holds."""
    return ProcessPoolExecutor(processes, get_context("spawn"), _begin)


def _begin() -> None:
    """Set up a process; Ctrl-C ends it without a word, for the one that started it has one."""
    gc.set_threshold(_YOUNG_OBJECTS)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
