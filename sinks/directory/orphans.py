"""Files of a store that no kept release names: what dropped releases, lost races and killed writers left behind."""

from collections.abc import Iterator
from pathlib import Path


def sweep(root: Path, named: set[str], last: int | None) -> None:
    """Remove block files, vintages and unfinished manifests of updates up to ``last`` that are not ``named``.

    ``named`` are paths relative to ``root``. What lies above ``last`` may belong to a release that is being made; None
    says that nobody makes one, and sweeps all.
    """
    for number, path in _candidates(root):
        if (last is None or number <= last) and path.relative_to(root).as_posix() not in named:
            path.unlink(missing_ok=True)


def _candidates(root: Path) -> Iterator[tuple[int, Path]]:
    """Yield (number of the update, path); a manifest under its number is never a candidate."""
    yield from ((int(path.parent.name), path) for path in (root / "blocks").glob("[0-9]*/*.parquet"))
    yield from ((int(path.name.partition("-")[0]), path) for path in (root / "vintages").glob("[0-9]*-*.parquet"))
    yield from ((int(path.name[1:].partition(".")[0]), path) for path in (root / "releases").glob(".[0-9]*.tmp"))
