"""Processes beside the one that works."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def workers(processes: int) -> ProcessPoolExecutor:
    """Return processes that inherit nothing, not even a lock that a thread of this one holds."""
    return ProcessPoolExecutor(processes, get_context("spawn"))
