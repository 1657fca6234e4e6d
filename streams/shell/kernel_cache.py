"""Where compiled kernels are kept between runs: a folder named by the digest of their sources.

numba's own check misses a change in a function that lives in another file and would serve old machine code; a folder
per digest cannot. Where no folder can be made, kernels are compiled in each process: slower to start, never wrong.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_cache_path

_VARIABLE = "NUMBA_CACHE_DIR"
_ROOT = Path(__file__).parents[2]
_IMPORT = re.compile(r"^from ((?:processors|schemas|edge)[\w.]*) import (\([^)]*\)|.*)", re.MULTILINE)
_FLOORS = ("processors", "schemas", "edge")
_COMPILES = re.compile(r"^from (?:processors|schemas)\.compiled import", re.MULTILINE)
_NAME = re.compile(r"\w+")


def prepare() -> None:
    """Name the cache to numba; must run before the first kernel is imported.

    An outer setting comes first, then the user's cache folder. Where nothing can be written in either, no cache is
    named: numba refuses to start with one that it cannot use.
    """
    for folder in _folders():
        if _can_be_written(folder):
            os.environ[_VARIABLE] = str(folder)
            return
    os.environ.pop(_VARIABLE, None)


def is_empty() -> bool:
    """Tell whether a cache is named, and nothing was compiled into it yet."""
    named = os.environ.get(_VARIABLE)
    return named is not None and not any(Path(named).iterdir())


def sources() -> set[Path]:
    """Return all that kernels are made of: their files, what these import, and the parameters."""
    parameters = (path for path in (_ROOT / "schemas").rglob("*.*") if path.suffix in (".yaml", ".csv", ".avsc"))
    return {*_kernel_sources(), *parameters}


def _folders() -> Iterator[Path]:
    """Yield where the cache may be, the best first."""
    if named := os.environ.get(_VARIABLE):
        yield Path(named)
    yield user_cache_path("ocmw") / f"kernels-{_digest()}"


def _can_be_written(folder: Path) -> bool:
    """Make a folder where there is none; tell whether files can be made in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _digest() -> str:
    state = hashlib.blake2b(digest_size=8)
    for source in sorted(sources()):
        state.update(source.read_bytes())
    return state.hexdigest()


def _kernel_sources() -> set[Path]:
    """Return the files that hold kernels, and all files of our floors that these import, directly or not."""
    seen = {path for floor in _FLOORS for path in (_ROOT / floor).rglob("__init__.py")}
    files = (path for floor in _FLOORS for path in (_ROOT / floor).rglob("*.py"))
    waiting = [path for path in files if _COMPILES.search(path.read_text("utf-8"))]
    while waiting:
        source = waiting.pop()
        if source not in seen:
            seen.add(source)
            waiting.extend(_imported(source))
    return seen


def _imported(source: Path) -> Iterator[Path]:
    for module, names in _IMPORT.findall(source.read_text("utf-8")):
        place = _ROOT.joinpath(*module.split("."))
        named = (place / f"{name}.py" for name in _NAME.findall(names))
        yield from (path for path in (place.with_suffix(".py"), *named) if path.is_file())
