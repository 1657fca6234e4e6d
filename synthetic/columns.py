"""Columns of equal length as frozen dataclasses: chosen and joined by row."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from schemas.arrays import Mask

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Tiny = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Table = TypeVar("Table", bound="DataclassInstance")
"""A dataclass whose fields are arrays, one entry a row."""


def rows(table: Table, chosen: Mask | Ints) -> Table:
    """Return the chosen rows (a mask or row numbers)."""
    return type(table)(**{field.name: getattr(table, field.name)[chosen] for field in fields(table)})


def stacked(tables: Sequence[Table]) -> Table:
    """Return the rows of all tables, one after the other; there must be at least one."""
    kind = type(tables[0])
    names = [field.name for field in fields(kind)]
    return kind(**{name: np.concatenate([getattr(table, name) for table in tables]) for name in names})


def expanded(counts: Ints) -> tuple[Ints, Ints]:
    """Return (row, step) of ``counts[row]`` steps for each row, steps from 0."""
    row = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    return row, step


def draws(rng: np.random.Generator, weights: Sequence[float], size: int) -> Ints:
    """Return ``size`` numbers 0, 1, ... with probabilities in proportion to ``weights``."""
    shares = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(shares / shares[-1], rng.random(size), side="right").clip(max=len(shares) - 1)
