"""How kernels are compiled: without the interpreter lock, cached on disk where a cache directory was named.

The shell names that directory (``NUMBA_CACHE_DIR``) before the first kernel is imported, after the digest of all
kernel sources, because numba does not notice a change in a function that lives in another file. Without it kernels
are compiled anew in each process: slower to start, never wrong.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.extending import register_jitable

Whole = Any
"""A whole number in a kernel: an int of Python or of numpy, which are one there and two to a type checker."""

_CACHED = bool(getattr(numba.config, "CACHE_DIR", ""))
_NO_REFERENCES: dict[str, Any] = {"_nrt": False}
_NO_WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

_Function = TypeVar("_Function", bound=Callable[..., object])


def kernel(function: _Function) -> _Function:
    """Compile a function of arrays and numbers that Python calls; it gives the interpreter lock back while it runs."""
    return cast("_Function", numba.njit(nogil=True, cache=_CACHED)(function))


def loop(function: _Function) -> _Function:
    """Compile a kernel that makes no array: all it needs is handed to it.

    It then counts no references. Measured: counting them up and down, for each array of each tuple in each iteration,
    took more than the work itself, and the compiler does not see that they cancel out.
    """
    return cast("_Function", numba.njit(nogil=True, cache=_CACHED, **_NO_REFERENCES)(function))


def inlined(function: _Function) -> _Function:
    """Compile a function into the loops that call it; it makes no array. Called from Python it is plain Python."""
    return register_jitable(forceinline=True, **_NO_REFERENCES, **_NO_WRAPPERS)(function)
