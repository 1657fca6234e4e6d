"""How kernels are compiled: without the interpreter lock, cached on disk where a cache directory was named.

The shell names that directory (``NUMBA_CACHE_DIR``) before the first kernel is imported, after the digest of all
kernel sources, because numba does not notice a change in a function that lives in another file. Without it kernels
are compiled anew in each process: slower to start, never wrong.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
from numba.extending import register_jitable

_CACHED = bool(getattr(numba.config, "CACHE_DIR", ""))
_Function = TypeVar("_Function", bound=Callable[..., object])


def kernel(function: _Function) -> _Function:
    """Compile a function of arrays and numbers that Python calls; it gives the interpreter lock back while it runs."""
    return cast("_Function", numba.njit(nogil=True, cache=_CACHED)(function))


def inlined(function: _Function) -> _Function:
    """Compile a function into the loops of the kernels that call it; called from Python it runs as plain Python.

    Without that, each call counts a reference up and down for every array of every tuple that it is given: measured,
    ten times the work of the loop itself.
    """
    options = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("_Function", register_jitable(**options)(function))
