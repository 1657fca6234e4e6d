"""The histories that benchmarks run on, each made once by a version of the generator and kept in ``bench/out``."""

from importlib.resources import files
from pathlib import Path

import xxhash

from schemas.periods import parse_month
from synthetic import generate

OUT = Path(__file__).parent / "out"


def history(persons: int) -> Path:
    """Return the file of a history of 24 months, with an update each."""
    path = OUT / f"history-{persons}-{version()}.avro"
    if not path.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        generate(persons, parse_month("2022-01"), parse_month("2023-12"), 1, path)
    return path


def version() -> str:
    """Return the digest of the generator's sources: what another one made is another history."""
    digest = xxhash.xxh64()
    for source in sorted(files("synthetic").iterdir(), key=lambda file: file.name):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    return digest.hexdigest()
