"""Small stores for the chapters of the board: a year of one support, release by release."""

from pathlib import Path

from history import log_file
from program import Done, ocmw

CLAIMS = """
person   | month            | ocmw  | household
p1..p60  | {month}          | 44021 | B
q1..q40  | {month}          | 11002 | A
"""


def update(root: Path, month: str, *further: str) -> Path:
    """Write one update as a file of the log: a hundred persons with a living wage in a month, and further lines."""
    lines = [*CLAIMS.format(month=month).strip().splitlines(), *further, f"close {month}"]
    return log_file(root / f"{month}-{len(list(root.iterdir()))}.avro", "\n".join(lines))


def replayed(store: Path, *months: str, **settings: str) -> Done:
    """Replay the updates of some months into a store, one after the other."""
    files = [update(store.parent, month) for month in months]
    done = ocmw("replay", *files, "--store", store, **settings)
    assert done.returncode == 0, done.stderr
    return done


def key_of(folder: Path, name: str = "seal.key") -> tuple[Path, Path]:
    """Make a key; return its file and a file with the public key that was printed."""
    path, public = folder / name, folder / f"{name}.pub"
    done = ocmw("keys", "sign", "--out", path)
    assert done.returncode == 0, done.stderr
    public.write_text(done.stdout.splitlines()[0].removeprefix("public key "), encoding="utf-8")
    return path, public


def tree_of(store: Path) -> dict[str, bytes]:
    """Return every file of a public tree with its content."""
    root = store / "public"
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
