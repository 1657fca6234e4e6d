"""How kernels are compiled: without the interpreter lock, cached on disk where a cache directory was named.

The shell names that directory (``NUMBA_CACHE_DIR``) before the first kernel is imported, after the digest of all
kernel sources, because numba does not notice a change in a function that lives in another file. Without it kernels
are compiled anew in each process: slower to start, never wrong.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., object])


def kernel(function: _Function) -> _Function:
    """Compile a function of arrays and numbers; it must not hold references to Python objects."""
    return cast("_Function", numba.njit(nogil=True, cache=bool(numba.config.CACHE_DIR))(function))
