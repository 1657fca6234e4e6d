"""What a store keeps of questions: the cells hidden for good, the members of cohorts, and the rows of an update.

    questions/patterns/persons LL 2023 sex/000012.json     hidden cells of a table at update 12
    questions/cohorts/000003.npz                            the persons of the third cohort that was answered
    questions/rows/000012/2023.parquet                      rows of 2023, as the log has them at update 12
    questions/coupled/mobility-0002.parquet                 year, region and positions of who left, no pseudonym

All of it stays at the edge, for its owner alone. A pattern is written once; a cohort stands until the last
``destroy_by`` of its study, for a later question may lie too near.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.arrays import Int64
from sinks.durability import write_for_owner

Cells = frozenset[tuple[str, ...]]
Columns = dict[str, npt.NDArray[Any]]
_REPEATED = ["month", "leaf", "municipality", "traits"]
"""Columns of few values: each is written once, and then by number."""
_GROUP = 1 << 18
"""Rows that one thread reads together."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Persons (numbers of the log) who were counted together, of a study, until a day."""

    study: str
    until: date
    persons: Int64


def _folder(root: Path) -> Path:
    return root / "questions"


def pattern(root: Path, table: str, update: int) -> Cells | None:
    """Return the hidden cells of a table at an update, None where nobody asked for it yet."""
    path = _folder(root) / "patterns" / table / f"{update:06d}.json"
    return frozenset(map(tuple, json.loads(path.read_text(encoding="utf-8")))) if path.exists() else None


def hidden_elsewhere(root: Path, table: str, update: int) -> Cells:
    """Return the cells of a table that are hidden at any other update."""
    paths = sorted((_folder(root) / "patterns" / table).glob("[0-9]*.json"))
    others = [path for path in paths if int(path.stem) != update]
    return frozenset().union(*(map(tuple, json.loads(path.read_text(encoding="utf-8"))) for path in others))


def keep_pattern(root: Path, table: str, update: int, cells: Iterable[tuple[str, ...]]) -> None:
    """Write which cells of a table are hidden at an update. Raises StoreWriteError."""
    text = json.dumps(sorted(cells), indent=0) + "\n"
    write_for_owner(_folder(root) / "patterns" / table / f"{update:06d}.json", text)


def tables(root: Path) -> list[str]:
    """Return the names of the tables that were asked for."""
    return sorted(path.name for path in (_folder(root) / "patterns").glob("*"))


def cohorts(root: Path, day: date) -> Iterator[Cohort]:
    """Yield the cohorts that were answered and are not past their day."""
    for path in sorted((_folder(root) / "cohorts").glob("*.npz")):
        with np.load(path) as held:
            until = date.fromordinal(int(held["until"]))
            if until >= day:
                yield Cohort(str(held["study"]), until, held["persons"])


def keep_cohort(root: Path, cohort: Cohort) -> None:
    """Keep the persons of a cohort. Raises StoreWriteError."""
    folder = _folder(root) / "cohorts"
    number = max((int(path.stem) for path in folder.glob("*.npz")), default=0) + 1
    held = BytesIO()
    np.savez(held, study=cohort.study, until=cohort.until.toordinal(), persons=cohort.persons)
    write_for_owner(folder / f"{number:06d}.npz", held.getvalue())


def rows_files(root: Path, update: int) -> dict[int, Path] | None:
    """Return the files of rows of an update by year, None where they were not written."""
    folder = _folder(root) / "rows" / f"{update:06d}"
    return {int(path.stem): path for path in folder.glob("*.parquet")} if (folder / "whole").exists() else None


def keep_rows(root: Path, update: int, years: Iterable[tuple[int, Columns]]) -> None:
    """Write the rows of an update, a file a year, from their (year, columns). Raises StoreWriteError."""
    folder = _folder(root) / "rows" / f"{update:06d}"
    for year, columns in years:
        out = BytesIO()
        pq.write_table(pa.table(columns), out, compression="zstd", use_dictionary=_REPEATED, row_group_size=_GROUP)
        write_for_owner(folder / f"{year}.parquet", out.getvalue())
    write_for_owner(folder / "whole", b"")


def keep_coupled(root: Path, extraction: str, table: pd.DataFrame) -> None:
    """Keep the leavers of a coupling with their positions, for questions. Raises StoreWriteError."""
    write_for_owner(_folder(root) / "coupled" / f"{extraction}.parquet", _parquet(table))


def coupled(root: Path, extraction: str) -> pd.DataFrame | None:
    """Return the leavers of a coupling as they were kept, None where the extraction was none."""
    path = _folder(root) / "coupled" / f"{extraction}.parquet"
    return pq.read_table(path).to_pandas() if path.exists() else None


def forget(root: Path, study: str) -> None:
    """Delete cohorts and couplings of a study, and all rows: what is asked again is read from the log again."""
    for path in sorted((_folder(root) / "cohorts").glob("*.npz")):
        with np.load(path) as held:
            mine = str(held["study"]) == study
        if mine:
            path.unlink()
    for path in (_folder(root) / "coupled").glob(f"{study}-[0-9][0-9][0-9][0-9].parquet"):
        path.unlink()
    rmtree(_folder(root) / "rows", ignore_errors=True)


def _parquet(table: pd.DataFrame) -> bytes:
    out = BytesIO()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), out, compression="zstd")
    return out.getvalue()
