"""The wall clock, read here and nowhere else: for ages of files and records that people look at, never for figures."""

import time


def now() -> float:
    """Return seconds since 1970."""
    return time.time()
