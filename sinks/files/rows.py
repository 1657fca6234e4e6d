"""Rows of a keyed service as text: CSV or JSON, on standard output or as a file that is whole or not there."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from sinks.durability import put_in_place, temporary


def text_of(columns: Sequence[str], rows: Iterable[Sequence[object]], form: Literal["csv", "json"]) -> str:
    """Return rows as CSV with a header, None as an empty field, or as a JSON list of objects."""
    if form == "json":
        objects = [dict(zip(columns, row, strict=True)) for row in rows]
        return json.dumps(objects, ensure_ascii=False, indent=1) + "\n"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises StoreWriteError where the disk refuses."""
    with temporary(path) as written:
        written.write_text(text, encoding="utf-8")
        put_in_place(written, path)
