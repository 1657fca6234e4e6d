"""The histories that benchmarks run on, each made once and kept in ``bench/out``."""

from pathlib import Path

from schemas.periods import parse_month
from streams.generator import generate

OUT = Path(__file__).parent / "out"


def history(persons: int) -> Path:
    """Return the file of a history of 24 months, with an update each."""
    path = OUT / f"history-{persons}.avro"
    if not path.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        generate(persons, parse_month("2022-01"), parse_month("2023-12"), 1, path)
    return path
