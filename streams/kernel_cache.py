"""Where compiled kernels are kept between runs: a folder named by the digest of their sources.

numba's own check misses a change in a function that lives in another file and would serve old machine code; a folder
per digest cannot. Where no folder can be made, kernels are compiled in each process: slower to start, never wrong.
"""

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path

_VARIABLE = "NUMBA_CACHE_DIR"


def prepare() -> None:
    """Name the cache to numba; must run before the first kernel is imported. An outer setting is respected."""
    if _VARIABLE in os.environ:
        return
    folder = user_cache_path("ocmw") / f"kernels-{_digest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        os.environ[_VARIABLE] = str(folder)


def _digest() -> str:
    """Return the digest of everything a kernel is made of: the arithmetic and the vocabulary."""
    root = Path(__file__).parent.parent
    state = hashlib.blake2b(digest_size=8)
    for source in sorted(path for floor in ("processors", "schemas") for path in (root / floor).rglob("*.*")):
        if source.suffix in (".py", ".yaml", ".csv", ".avsc"):
            state.update(source.read_bytes())
    return state.hexdigest()
